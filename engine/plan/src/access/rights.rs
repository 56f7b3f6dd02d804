//! What a caller may do with each field, and what they are told of what is made of fields that they may not read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use kezhi_types::Caller;
use kezhi_types::def::role::FieldRight;
use serde_json::Value;

use super::fields::role_right;
use super::{held, may_know};
use crate::app::{AppPlan, EntityPlan, FieldPlan};
use crate::condition::{PathRead, Reads};
use crate::grade::MethodPlan;

/// What a caller may do with each field of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldRights {
    rights: IndexMap<String, FieldRight>,
    /// Of grades that they may read: reasons that would tell of what they may not.
    silent: BTreeMap<String, Silent>,
}

/// Reasons of a grade that somebody is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Silent {
    /// Those of a script that reads what they may not: which one tells of that, nobody knows.
    All,
    /// These sentences.
    Some(BTreeSet<String>),
}

impl FieldRights {
    /// The right on one field; hidden for a field that does not exist.
    pub fn of(&self, field: &str) -> FieldRight {
        self.rights.get(field).copied().unwrap_or(FieldRight::Hidden)
    }

    /// Whether the field may be read as it is.
    pub fn may_read(&self, field: &str) -> bool {
        self.of(field) >= FieldRight::Read
    }

    /// Every field to the full.
    pub fn full(entity: &EntityPlan) -> Self {
        let rights = entity.fields.keys().map(|key| (key.clone(), FieldRight::Write)).collect();
        Self { rights, silent: BTreeMap::new() }
    }

    /// These rights of the caller, who is told no reason of a grade that reads what they may not.
    pub(super) fn of_caller(
        app: &AppPlan,
        entity: &EntityPlan,
        caller: &Caller,
        rights: IndexMap<String, FieldRight>,
    ) -> Self {
        let mut known = Self { rights, silent: BTreeMap::new() };
        for (key, field) in &entity.fields {
            let Some(grade) = field.grade.as_ref().filter(|_| known.may_read(key)) else { continue };
            let reads = |reads: &Reads| may_know_inputs((app, entity), caller, &known, reads);
            let silent = match &grade.method {
                MethodPlan::Script(script) if reads(script.reads()) => continue,
                MethodPlan::Script(_) => Silent::All,
                MethodPlan::Table(rows) => {
                    let closed = rows.iter().filter(|row| !reads(row.when.reads()));
                    Silent::Some(closed.map(|row| row.reason.clone()).collect())
                }
            };
            if silent != Silent::Some(BTreeSet::new()) {
                known.silent.insert(key.clone(), silent);
            }
        }
        known
    }

    /// Whether every reason of a grade may be told.
    pub fn tells_reasons(&self, field: &str) -> bool {
        !self.silent.contains_key(field)
    }

    /// A value of a field without what it says of fields that may not be read: the reasons of a grade.
    pub fn told<'v>(&self, field: &str, value: &'v Value) -> Cow<'v, Value> {
        let Some(silent) = self.silent.get(field) else { return Cow::Borrowed(value) };
        let mut value = value.clone();
        if let Some(reasons) = value.get_mut("reasons").and_then(Value::as_array_mut) {
            reasons.retain(|reason| match silent {
                Silent::All => false,
                Silent::Some(closed) => !reason.as_str().is_some_and(|reason| closed.contains(reason)),
            });
        }
        Cow::Owned(value)
    }

    /// What a task shows and lets be written of its record: of the fields that it names, nothing of others.
    pub fn of_desk(entity: &EntityPlan, rights: &IndexMap<String, FieldRight>) -> Self {
        let right =
            |key: &String| rights.get(key).or_else(|| rights.get("*")).copied().unwrap_or(FieldRight::Hidden);
        let rights = entity.fields.keys().map(|key| (key.clone(), right(key))).collect();
        Self { rights, silent: BTreeMap::new() }
    }

    /// The stronger of both on each field; of a grade's reasons what both are silent of.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let stronger = |(key, right): (&String, &FieldRight)| (key.clone(), (*right).max(other.of(key)));
        let silent =
            self.silent.iter().filter(|(key, _)| other.silent.contains_key(*key) || !other.may_read(key));
        Self {
            rights: self.rights.iter().map(stronger).collect(),
            silent: silent.map(|(key, silent)| (key.clone(), silent.clone())).collect(),
        }
    }

    /// What a task gives whoever works it: fields that it does not name may be read.
    pub fn of_task(entity: &EntityPlan, rights: &IndexMap<String, FieldRight>) -> Self {
        let right =
            |key: &String| rights.get(key).or_else(|| rights.get("*")).copied().unwrap_or(FieldRight::Read);
        let rights = entity.fields.keys().map(|key| (key.clone(), right(key))).collect();
        Self { rights, silent: BTreeMap::new() }
    }
}

/// Whether the caller may know everything that something reads: fields of the record by its rights, those of other records
/// where some row of theirs shows them.
pub fn may_know_inputs(
    (app, entity): (&AppPlan, &EntityPlan),
    caller: &Caller,
    rights: &FieldRights,
    reads: &Reads,
) -> bool {
    let own = |field: &String| !entity.fields.contains_key(field) || rights.may_read(field);
    let there = |target: &str, fields: &[&String]| {
        let Some(target) = app.entity(target) else { return true };
        let shown = |field: &FieldPlan| {
            held(app, target, caller).any(|one| role_right(field, one.grants) >= FieldRight::Read)
        };
        let knows = |field: &&String| target.fields.get(*field).is_none_or(shown);
        caller.is_unlimited() || may_know(app, target, caller) && fields.iter().all(knows)
    };
    let along = |path: &PathRead| {
        let ends = path.hops.iter().enumerate().all(|(at, (_, target))| {
            let next = path.hops.get(at + 1).map_or(&path.field, |(relation, _)| relation);
            there(target, &[next])
        });
        ends && path
            .hops
            .first()
            .is_none_or(|(relation, _)| path.table.as_ref().is_none_or(own) && own(relation))
    };
    reads.fields.iter().all(own)
        && reads.paths.iter().all(along)
        && reads.related.iter().all(|related| {
            let fields: Vec<&String> = related.fields.iter().chain([&related.via]).collect();
            there(&related.entity, &fields)
        })
}
