//! System keys of a write body, and what people call a record.

use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::{Fields, Id, Record, Violation, Violations};
use serde_json::Value;

use super::shape::same;
use crate::app::EntityPlan;

/// Splits the system keys off a write body: `(the entity's fields, the owner that was asked for)`.
///
/// System keys are refused unless equal to what is stored; `owner` may be named on create. `masked`, `stale` and
/// `warnings` say something about an answer and are dropped when they come back as they were given: as lists.
///
/// # Errors
/// `record.read_only` for every system key with another value, `record.wrong_type` for an owner that is no id.
pub fn system_keys(input: Fields, before: Option<&Record>) -> Result<(Fields, Option<Id>), Violations> {
    let stored = before.map(Record::system).unwrap_or_default();
    let mut fields = Fields::new();
    let mut owner = None;
    let mut violations = Violations::default();
    for (key, value) in input {
        if !SYSTEM_KEYS.contains(&key.as_str()) {
            fields.insert(key, value);
            continue;
        }
        if key == "owner" && before.is_none() {
            owner = value.as_str().and_then(|text| text.parse().ok());
            if owner.is_none() && !value.is_null() {
                let wrong = Violation::new("record.wrong_type", "/owner").with("field", "owner");
                violations.push(wrong.with("expected", "id"));
            }
            continue;
        }
        let returned =
            before.is_some() && value.is_array() && matches!(key.as_str(), "stale" | "masked" | "warnings");
        if !returned && !same(stored.get(&key), &value) {
            violations.push(Violation::new("record.read_only", format!("/{key}")).with("field", key));
        }
    }
    violations.into_result().map(|()| (fields, owner))
}

/// What people call a record: the value of its title field (of a choice its label), else of its first serial
/// number or text, else the entity's title.
pub fn title(entity: &EntityPlan, fields: &Fields) -> String {
    use kezhi_types::def::entity::FieldKind::{Phone, Serial, Text};
    let named = entity.title_field.as_deref().and_then(|key| entity.fields.get(key));
    let others = entity.fields.values().filter(|field| matches!(field.kind, Serial | Text | Phone));
    for field in named.into_iter().chain(others) {
        let text = match fields.get(&field.key) {
            Some(Value::String(text)) => field.def.labels.get(text).unwrap_or(text).clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        if !text.trim().is_empty() {
            return text;
        }
    }
    entity.title.clone()
}
