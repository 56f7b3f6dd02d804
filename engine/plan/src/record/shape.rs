//! The first step: is everything that was sent of the right type, and does the caller's side own it?

use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::{Entrance, Fields, Violation, Violations};
use serde_json::Value;

use super::case::Case;
use crate::app::FieldPlan;
use crate::kind;

/// What was sent, in stored form; null means: clear it.
pub(super) struct Sent {
    pub fields: Fields,
    pub violations: Violations,
    /// What is kept although it is not known.
    pub warnings: Violations,
}

pub(super) fn check(case: &Case<'_>, input: Fields) -> Sent {
    let mut sent =
        Sent { fields: Fields::new(), violations: Violations::default(), warnings: Violations::default() };
    for (key, value) in input {
        let at = kind::pointer("", &key);
        let Some(field) = case.entity.fields.get(&key) else {
            unknown(case, &key, &value, at, &mut sent.violations);
            continue;
        };
        if is_filled_by_engine(case, field) {
            if !same(case.stored(&key), &value) {
                sent.violations.push(read_only(field, at));
            }
            continue;
        }
        let value = match value {
            Value::Null => Value::Null,
            value => checked(case, field, (&value, &at), &mut sent),
        };
        sent.fields.insert(key, value);
    }
    sent
}

/// The value in its stored form. A code that its tree does not know is kept with a warning where an older system
/// brings it, and where it is stored already; a person chooses another one.
fn checked(case: &Case<'_>, field: &FieldPlan, (value, at): (&Value, &str), sent: &mut Sent) -> Value {
    let mut found = Violations::default();
    let checked = kind::check(field, value, at, &mut found);
    let brought = matches!(case.c.entrance, Entrance::Import | Entrance::Template);
    let (unknown, wrong): (Vec<_>, Vec<_>) =
        found.0.into_iter().partition(|violation| violation.code == kind::UNKNOWN_CODE);
    if brought {
        sent.warnings.0.extend(unknown);
    } else if !same(case.stored(&field.key), value) {
        sent.violations.0.extend(unknown);
    }
    sent.violations.0.extend(wrong);
    checked
}

/// Derived fields, lookups and serial numbers; an import and a template bring the serial numbers of an older system along.
fn is_filled_by_engine(case: &Case<'_>, field: &FieldPlan) -> bool {
    use kezhi_types::def::entity::FieldKind;
    let brings = case.before.is_none() && matches!(case.c.entrance, Entrance::Import | Entrance::Template);
    let never = field.is_derived() || field.kind == FieldKind::Lookup;
    never || field.kind == FieldKind::Serial && !brings
}

fn unknown(case: &Case<'_>, key: &str, value: &Value, at: String, violations: &mut Violations) {
    if key == "owner" && case.before.is_none() {
        return;
    }
    let code = if SYSTEM_KEYS.contains(&key) { "record.read_only" } else { "record.unknown_field" };
    let stored = case.stood.as_ref().and_then(|stood| stood.get(key));
    if code == "record.unknown_field" || !same(stored, value) {
        violations.push(Violation::new(code, at).with("field", key));
    }
}

pub(super) fn read_only(field: &FieldPlan, at: impl Into<String>) -> Violation {
    Violation::new("record.read_only", at).with("field", field.title.clone())
}

/// Whether a value is what is stored; null is the same as nothing stored.
pub(super) fn same(stored: Option<&Value>, value: &Value) -> bool {
    stored.unwrap_or(&Value::Null) == value
}
