//! Reading that is the same on every record: where rights need not be added up record by record.

use kezhi_types::Caller;

use super::fields::role_right;
use super::role::GrantPlan;
use super::{Action, FieldRights, held, shares};
use crate::app::{AppPlan, EntityPlan, FieldPlan};

/// How somebody reads records of an entity, where it is the same on all that they may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// What they may do with each field.
    pub rights: FieldRights,
    /// Whether the system fields of a record say if they may read it.
    pub by_system: bool,
}

/// The same of a caller who needs no role, or who reads through one role alone; `None` where rights add up record by
/// record.
pub fn alike(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> Option<Alike> {
    if caller.is_unlimited() {
        return Some(Alike { rights: FieldRights::full(entity), by_system: true });
    }
    let mut reading =
        held(app, entity, caller).filter_map(|held| Some((held.grants, held.of(Action::Read)?)));
    let (Some((grants, grant)), None) = (reading.next(), reading.next()) else { return None };
    let right = |(key, field): (&String, &FieldPlan)| (key.clone(), role_right(field, grants));
    let rights = FieldRights::of_caller(app, entity, caller, entity.fields.iter().map(right).collect());
    let by_system = matches!(grant, GrantPlan::All)
        || (matches!(grant, GrantPlan::Scopes(_)) && shares::none(app, entity, caller));
    Some(Alike { rights, by_system })
}
