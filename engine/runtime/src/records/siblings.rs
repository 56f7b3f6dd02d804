//! New records of one call may point at each other.

use std::collections::HashSet;

use kezhi_plan::app::{EntityPlan, FieldPlan};
use kezhi_plan::facts::ids_in;
use kezhi_types::{Fields, Id};
use serde_json::Value;

/// Whether a field or one of its columns is a relation to the entity.
pub(super) fn points_at(field: &FieldPlan, entity: &str) -> bool {
    let here = field.relation.as_ref().is_some_and(|(target, _)| target == entity);
    here || field.columns.values().any(|column| points_at(column, entity))
}

/// Whether a relation of the document to records of its own entity holds one of these ids.
pub(super) fn points_to_any(entity: &EntityPlan, data: &Fields, ids: &HashSet<Id>) -> bool {
    let holds = |field: &FieldPlan, value: Option<&Value>| {
        field.relation.as_ref().is_some_and(|(target, _)| *target == entity.key)
            && ids_in(value).iter().any(|id| ids.contains(id))
    };
    entity.fields.values().any(|field| {
        let value = data.get(&field.key);
        let mut rows = value.and_then(Value::as_array).into_iter().flatten();
        holds(field, value)
            || rows.any(|row| field.columns.values().any(|column| holds(column, row.get(&column.key))))
    })
}
