//! What the engine fills by itself: computed fields, rollups and grades.

use kezhi_types::def::entity::{FieldKind, OnHide};
use kezhi_types::query::Aggregate;
use kezhi_types::{Fields, Violation, Violations};
use serde_json::{Value, json};

use super::case::{Case, Scripts};
use crate::app::FieldPlan;
use crate::grade::{self, GradePlan, MethodPlan};
use crate::kind;

/// Fills every derived field of a stored record anew. Authored fields stay as they are.
pub(super) fn walk(case: &Case<'_>) -> (Fields, Violations) {
    let mut flat = case.stood.clone().unwrap_or_default();
    let mut warnings = Violations::default();
    for key in &case.entity.order {
        let Some(field) = case.entity.fields.get(key).filter(|field| field.is_derived()) else { continue };
        let shown = field.show.as_ref().is_none_or(|show| show.judge(&case.sight(&flat)));
        if shown || field.on_hide != OnHide::Clear {
            fill(case, field, &mut flat, &mut warnings);
        } else {
            flat.remove(&field.key);
        }
    }
    (flat, warnings)
}

/// Fills one derived field. Where there is no value the field is left out; where an expression or a script
/// fails a warning says why.
pub(super) fn fill(case: &Case<'_>, field: &FieldPlan, flat: &mut Fields, warnings: &mut Violations) {
    let result = match field.kind {
        FieldKind::Computed => computed(case, field, flat).map_err(|error| ("record.compute_failed", error)),
        FieldKind::Rollup => rollup(case, field).map_err(|error| ("record.compute_failed", error)),
        _ => graded(case, field, flat).map_err(|error| ("grade.failed", error)),
    };
    let value = result.unwrap_or_else(|(code, error)| {
        let warning = Violation::new(code, kind::pointer("", &field.key)).with("field", field.title.clone());
        warnings.push(warning.with("error", error));
        None
    });
    match value {
        Some(value) => _ = flat.insert(field.key.clone(), value),
        None => _ = flat.remove(&field.key),
    }
}

fn computed(case: &Case<'_>, field: &FieldPlan, flat: &Fields) -> Result<Option<Value>, String> {
    let Some(compute) = &field.compute else { return Ok(None) };
    let value = compute.eval(&case.sight(flat))?;
    value.filter(|value| !value.is_null()).map(|value| kind::settle(field, &value)).transpose()
}

/// The store's answer where it was asked, else what is stored: records that point here have not changed.
fn rollup(case: &Case<'_>, field: &FieldPlan) -> Result<Option<Value>, String> {
    let value = match case.facts.rollups.get(&field.key) {
        Some(value) => Some(value),
        None => case.stored(&field.key),
    };
    match value.filter(|value| !value.is_null()) {
        Some(value) => kind::settle(field, value).map(Some),
        None => Ok(of_nothing(field)),
    }
}

/// Sum and count of nothing are 0; there is no smallest, largest, last or average of nothing.
fn of_nothing(field: &FieldPlan) -> Option<Value> {
    let aggregate = field.rollup.as_ref()?.aggregate;
    let zero = matches!(aggregate, Aggregate::Count | Aggregate::Sum);
    zero.then(|| kind::settle(field, &json!(0)).unwrap_or(json!(0)))
}

fn graded(case: &Case<'_>, field: &FieldPlan, flat: &Fields) -> Result<Option<Value>, String> {
    let Some(plan) = &field.grade else { return Ok(None) };
    let stored = case.stored(&field.key);
    if case.scripts == Scripts::Leave && is_scripted(plan) {
        return Ok(stored.cloned());
    }
    let mut grade = grade::grade(plan, &case.sight(flat))?.grade;
    let overridden = stored.filter(|stored| stored.get("overridden") == Some(&Value::Bool(true)));
    if let Some(letter) = overridden.and_then(|stored| stored.get("letter")).and_then(Value::as_str) {
        grade.letter = letter.to_owned();
        grade.overridden = true;
    }
    serde_json::to_value(grade).map(Some).map_err(|error| error.to_string())
}

fn is_scripted(plan: &GradePlan) -> bool {
    matches!(plan.method, MethodPlan::Script(_))
}
