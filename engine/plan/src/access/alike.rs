//! Reading that is the same on every record: where rights need not be added up record by record.

use kezhi_types::Caller;
use kezhi_types::def::role::FieldRight;

use super::fields::{FieldRights, role_right};
use super::role::GrantPlan;
use super::{Action, held};
use crate::app::{AppPlan, EntityPlan, FieldPlan};

/// How somebody reads records of an entity, where it is the same on all that they may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// What they may do with each field.
    pub rights: FieldRights,
    /// Whether the system fields of a record say if they may read it.
    pub by_system: bool,
}

/// The same of a caller who needs no role, or who reads through one role alone, where no field is masked; `None` where
/// rights add up record by record or values must be looked at.
pub fn alike(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> Option<Alike> {
    if caller.is_unlimited() {
        return Some(Alike { rights: FieldRights::full(entity), by_system: true });
    }
    let mut reading = held(app, entity, caller)
        .map(|(_, grants)| grants)
        .filter_map(|grants| Some((grants, grants.of(Action::Read)?)));
    let (Some((grants, grant)), None) = (reading.next(), reading.next()) else { return None };
    let right = |(key, field): (&String, &FieldPlan)| (key.clone(), role_right(field, grants));
    let rights = FieldRights(entity.fields.iter().map(right).collect());
    let by_system = !matches!(grant, GrantPlan::Where(_));
    rights.0.values().all(|right| *right != FieldRight::Masked).then_some(Alike { rights, by_system })
}
