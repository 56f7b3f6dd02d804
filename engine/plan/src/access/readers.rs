//! Who sees what of a record, role by role: a field's right on a record is the strongest among the roles whose
//! read scope holds that record.

use indexmap::IndexMap;
use kezhi_types::def::role::FieldRight;
use kezhi_types::query::Filter;
use kezhi_types::{Caller, Fields, Timestamp};

use super::fields::{FieldRights, role_right};
use super::role::{EntityGrants, GrantPlan};
use super::rows::{RowScope, as_scope, contains};
use super::{Action, held};
use crate::app::{AppPlan, EntityPlan};
use crate::facts::{Circumstances, Facts};

/// The roles through which somebody reads records of an entity.
#[derive(Debug)]
pub struct Readers<'a> {
    app: &'a AppPlan,
    entity: &'a EntityPlan,
    caller: &'a Caller,
    roles: Vec<&'a EntityGrants>,
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
        let reading = |grants: &&EntityGrants| grants.of(Action::Read).is_some();
        let roles = held(app, entity, caller).map(|(_, grants)| grants).filter(reading).collect();
        Self { app, entity, caller, roles }
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.roles.len()
    }

    /// How to learn which records one of them lets be read.
    pub fn reach(&self, role: usize, now: Timestamp) -> Reach {
        match self.roles[role].of(Action::Read) {
            Some(GrantPlan::All) => Reach::Every,
            Some(grant @ GrantPlan::Where(condition)) if !condition.reads().is_alone() => {
                match as_scope(self.app, self.entity, self.caller, grant, now) {
                    RowScope::Where(filter) => Reach::Store(filter),
                    _ => Reach::Record,
                }
            }
            _ => Reach::Record,
        }
    }

    /// Whether one of them, whose reach is [`Reach::Record`], lets this record be read. `record` is flat.
    pub fn holds(&self, role: usize, record: &Fields, circumstances: &Circumstances) -> bool {
        let facts = Facts::default();
        contains(self.roles[role], self.entity, Action::Read, (record, &facts), circumstances)
    }

    /// The rights on a record that exactly the roles for which `holds` says so let be read.
    pub fn rights(&self, holds: impl Fn(usize) -> bool) -> FieldRights {
        if self.caller.is_unlimited() {
            return FieldRights::full(self.entity);
        }
        let seeing: Vec<&EntityGrants> =
            self.roles.iter().enumerate().filter(|(at, _)| holds(*at)).map(|(_, grants)| *grants).collect();
        let fields: IndexMap<String, FieldRight> = self
            .entity
            .fields
            .iter()
            .map(|(key, field)| {
                let right = seeing.iter().map(|grants| role_right(field, grants)).max();
                (key.clone(), right.unwrap_or(FieldRight::Hidden))
            })
            .collect();
        FieldRights(fields)
    }
}
