//! Who sees what of a record, role by role: a field's right on a record is the strongest among the roles whose
//! read scope holds that record.

use indexmap::IndexMap;
use kezhi_types::def::role::FieldRight;
use kezhi_types::query::Filter;
use kezhi_types::share::Access;
use kezhi_types::{Caller, Fields, Timestamp};

use super::fields::role_right;
use super::role::GrantPlan;
use super::rows::{RowScope, as_scope, contains};
use super::{Action, FieldRights, Held, held, shares};
use crate::app::{AppPlan, EntityPlan};
use crate::facts::{Circumstances, Facts};

/// The roles through which somebody reads records of an entity.
#[derive(Debug)]
pub struct Readers<'a> {
    app: &'a AppPlan,
    entity: &'a EntityPlan,
    caller: &'a Caller,
    roles: Vec<Held<'a>>,
    /// Whether other rows than the record take part in what is shared.
    shares_ask: bool,
}

/// How to learn which records a role lets be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Reach {
    /// It lets every record be read.
    Every,
    /// The record says it by itself: ask [`Readers::holds`].
    Record,
    /// Other records take part: those that fulfil the filter.
    Store(Filter),
}

impl<'a> Readers<'a> {
    /// The caller's roles that read the entity; none of a caller who needs no role.
    pub fn of(app: &'a AppPlan, entity: &'a EntityPlan, caller: &'a Caller) -> Self {
        let reading = |held: &Held<'_>| held.of(Action::Read).is_some();
        let roles = held(app, entity, caller).filter(reading).collect();
        let asks =
            |rule: &shares::SharePlan| rule.condition.as_ref().is_some_and(|one| !one.reads().is_alone());
        let shares_ask =
            shares::singly(entity, caller) || shares::rules(app, entity, caller, Access::Read).any(asks);
        Self { app, entity, caller, roles, shares_ask }
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.roles.len()
    }

    /// How to learn which records one of them lets be read.
    pub fn reach(&self, role: usize, now: Timestamp) -> Reach {
        let Some(grant) = self.roles[role].of(Action::Read) else { return Reach::Record };
        let asks = match grant {
            GrantPlan::All => return Reach::Every,
            GrantPlan::Where(condition) => !condition.reads().is_alone(),
            GrantPlan::Scopes(_) => false,
        };
        if !asks && !self.shares_ask {
            return Reach::Record;
        }
        match as_scope(self.app, self.entity, self.caller, (Action::Read, grant), now) {
            RowScope::All => Reach::Every,
            scope => Reach::Store(scope.into_filter().unwrap_or(Filter::Any(Vec::new()))),
        }
    }

    /// Whether one of them, whose reach is [`Reach::Record`], lets this record be read. `record` is flat.
    pub fn holds(&self, role: usize, record: &Fields, circumstances: &Circumstances) -> bool {
        let facts = Facts::default();
        contains(&self.roles[role], (self.app, self.entity), Action::Read, (record, &facts), circumstances)
    }

    /// The rights on a record that exactly the roles for which `holds` says so let be read.
    pub fn rights(&self, holds: impl Fn(usize) -> bool) -> FieldRights {
        if self.caller.is_unlimited() {
            return FieldRights::full(self.entity);
        }
        let seeing: Vec<&Held<'_>> =
            self.roles.iter().enumerate().filter(|(at, _)| holds(*at)).map(|(_, held)| held).collect();
        let fields: IndexMap<String, FieldRight> = self
            .entity
            .fields
            .iter()
            .map(|(key, field)| {
                let right = seeing.iter().map(|held| role_right(field, held.grants)).max();
                (key.clone(), right.unwrap_or(FieldRight::Hidden))
            })
            .collect();
        FieldRights::of_caller(self.app, self.entity, self.caller, fields)
    }
}
