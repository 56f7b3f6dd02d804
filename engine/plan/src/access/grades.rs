//! How a grade was reached, told to somebody who may not read everything that it looks at.

use kezhi_types::Caller;
use kezhi_types::def::role::FieldRight;
use serde_json::Value;

use super::{FieldRights, field_rights, may_know};
use crate::app::{AppPlan, EntityPlan};

/// Takes from `{letter, score, reasons, rows, inputs}` of the grade in a field what would tell the caller of values that
/// they may not read: reasons, rows and inputs. Letter and score stay, as the right on the field says.
pub fn tell_grade(
    (app, entity): (&AppPlan, &EntityPlan),
    caller: &Caller,
    (field, rights): (&str, &FieldRights),
    said: &mut Value,
) {
    if caller.is_unlimited() {
        return;
    }
    let told = rights.told(field, said).into_owned();
    *said = told;
    if let Some(rows) = said.get_mut("rows").and_then(Value::as_array_mut) {
        rows.retain(|row| {
            let reason = serde_json::json!({ "reasons": [row.get("reason")] });
            rights
                .told(field, &reason)
                .get("reasons")
                .and_then(Value::as_array)
                .is_some_and(|all| !all.is_empty())
        });
    }
    if let Some(inputs) = said.get_mut("inputs").and_then(Value::as_object_mut) {
        inputs.retain(|name, _| may_hear((app, entity), caller, rights, name));
    }
}

/// Whether somebody may know an input by its name: `spent`, `referrer.owner`, `order.customer`.
fn may_hear(
    (app, entity): (&AppPlan, &EntityPlan),
    caller: &Caller,
    rights: &FieldRights,
    name: &str,
) -> bool {
    let mut steps = name.split('.');
    let first = steps.next().unwrap_or_default();
    let Some(field) = entity.fields.get(first) else {
        // Records that point here, or a system field.
        let Some(other) = app.entity(first) else { return steps.next().is_none() };
        let via = steps.next().unwrap_or_default();
        return may_know(app, other, caller) && field_rights(app, other, caller).of(via) >= FieldRight::Read;
    };
    if !rights.may_read(first) {
        return false;
    }
    let mut here = field.relation.as_ref().and_then(|(target, _)| app.entity(target));
    for step in steps {
        // Parts of a grade or an address.
        let Some(target) = here else { return true };
        let known = !target.fields.contains_key(step) || field_rights(app, target, caller).may_read(step);
        if !may_know(app, target, caller) || !known {
            return false;
        }
        let next = target.fields.get(step).and_then(|field| field.relation.as_ref());
        here = next.and_then(|(target, _)| app.entity(target));
    }
    true
}
