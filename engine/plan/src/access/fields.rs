//! What a caller may do with each field, and a record as the caller may see it.

use std::borrow::Cow;

use indexmap::IndexMap;
use kezhi_types::def::entity::{FieldKind, Sensitivity};
use kezhi_types::def::role::FieldRight;
use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::sealed::{COVER, covered, is_sealed};
use kezhi_types::{Caller, Fields, Id, Record, Violation, Violations};
use serde_json::Value;

use super::role::EntityGrants;
use super::rows::contains;
use super::{Action, FieldRights, Held, held};
use crate::app::{AppPlan, EntityPlan, FieldPlan};
use crate::facts::{Circumstances, Facts};
use crate::kind;

/// What the caller may do with each field: the strongest right among the roles that hold the entity.
pub fn field_rights(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> FieldRights {
    strongest(app, entity, caller, |_| true)
}

/// The same on one record: only roles count whose read scope contains it.
pub fn field_rights_on(
    app: &AppPlan,
    entity: &EntityPlan,
    (record, facts): (&Record, &Facts),
    c: &Circumstances,
) -> FieldRights {
    if held(app, entity, &c.caller).count() < 2 {
        return field_rights(app, entity, &c.caller);
    }
    let flat = record.flat();
    strongest(app, entity, &c.caller, |held| contains(held, (app, entity), Action::Read, (&flat, facts), c))
}

fn strongest(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    counts: impl Fn(&Held<'_>) -> bool,
) -> FieldRights {
    if caller.is_unlimited() {
        return FieldRights::full(entity);
    }
    let roles: Vec<&EntityGrants> =
        held(app, entity, caller).filter(|one| counts(one)).map(|one| one.grants).collect();
    let right = |field: &FieldPlan| roles.iter().map(|grants| role_right(field, grants)).max();
    let rights =
        entity.fields.iter().map(|(key, field)| (key.clone(), right(field).unwrap_or(FieldRight::Hidden)));
    FieldRights::of_caller(app, entity, caller, rights.collect())
}

/// What one role says of a field: by name, by `*`, else write, but hidden where the field is sensitive.
pub(super) fn role_right(field: &FieldPlan, grants: &EntityGrants) -> FieldRight {
    grants.field(&field.key).unwrap_or_else(|| unsaid(field))
}

/// The same of rights as authored.
pub fn role_says(field: &FieldPlan, rights: &IndexMap<String, FieldRight>) -> FieldRight {
    rights.get(&field.key).or_else(|| rights.get("*")).copied().unwrap_or_else(|| unsaid(field))
}

fn unsaid(field: &FieldPlan) -> FieldRight {
    match field.def.sensitivity {
        Some(Sensitivity::Sensitive | Sensitivity::Secret) => FieldRight::Hidden,
        _ => FieldRight::Write,
    }
}

/// A flat record as the caller may see it: hidden fields left out, masked ones and secrets as text and named in `masked`.
/// Lookups are not in it: what stands behind them is another record's, see [`look_up`].
pub fn visible(entity: &EntityPlan, fields: Fields, rights: &FieldRights) -> Fields {
    let mut seen = Fields::new();
    let mut masked = Vec::new();
    for (key, value) in fields {
        let Some(field) = entity.fields.get(&key) else {
            if SYSTEM_KEYS.contains(&key.as_str()) {
                seen.insert(key, value);
            }
            continue;
        };
        if field.lookup.is_some() {
            continue;
        }
        let right = rights.of(&key);
        let covers = right == FieldRight::Masked || field.kind == FieldKind::Secret || is_sealed(&value);
        match right {
            FieldRight::Hidden => {}
            _ if covers && kind::is_empty(Some(&value)) => {}
            _ if covers => {
                masked.push(Value::String(key.clone()));
                seen.insert(key, Value::String(mask(field, &value)));
            }
            _ => {
                let told = match rights.told(&key, &value) {
                    Cow::Owned(told) => Some(told),
                    Cow::Borrowed(_) => None,
                };
                seen.insert(key, told.unwrap_or(value));
            }
        }
    }
    if let Some(Value::Array(stale)) = seen.get_mut("stale") {
        stale.retain(|key| key.as_str().is_some_and(|key| rights.of(key) != FieldRight::Hidden));
    }
    if !masked.is_empty() {
        seen.insert("masked".to_owned(), Value::Array(masked));
    }
    seen
}

/// Puts the lookups of a record beside what the caller sees of it already. `related` gives the records that its
/// relations lead to as the caller may see them, nothing of one that they may not. A lookup is as open as its own
/// right, the relation's and that of the field that it reads allow.
pub fn look_up<'r>(
    entity: &EntityPlan,
    fields: &mut Fields,
    rights: &FieldRights,
    related: impl Fn(&str, Id) -> Option<&'r Fields>,
) {
    let mut masked = Vec::new();
    for (key, field) in &entity.fields {
        let Some(lookup) = field.lookup.as_ref().filter(|_| rights.of(key) >= FieldRight::Masked) else {
            continue;
        };
        let id = fields.get(&lookup.via).and_then(Value::as_str).and_then(|id| id.parse().ok());
        let Some(record) = id.and_then(|id| related(&lookup.entity, id)) else { continue };
        let Some(value) = record.get(&lookup.field).filter(|value| !value.is_null()) else { continue };
        let covered = record.get("masked").and_then(Value::as_array);
        let covered = covered.is_some_and(|keys| keys.iter().any(|key| *key == lookup.field.as_str()));
        let value = match rights.of(key) {
            FieldRight::Masked if covered => value.clone(),
            FieldRight::Masked => Value::String(mask(field, value)),
            _ => value.clone(),
        };
        if covered || rights.of(key) == FieldRight::Masked {
            masked.push(Value::String(key.clone()));
        }
        fields.insert(key.clone(), value);
    }
    match fields.get_mut("masked") {
        _ if masked.is_empty() => {}
        Some(Value::Array(known)) => known.extend(masked),
        _ => _ = fields.insert("masked".to_owned(), Value::Array(masked)),
    }
}

/// A value of a field as history tells it to whoever may read the field: a secret is covered.
pub fn told(entity: &EntityPlan, key: &str, value: &Value) -> Value {
    match entity.fields.get(key) {
        Some(field) if field.kind == FieldKind::Secret && !kind::is_empty(Some(value)) => {
            Value::String(mask(field, value))
        }
        _ => covered(value),
    }
}

/// What stands for a value that may not be read: `138****1234`, `110***********002X`, `a***@example.com`, `王**`, else `***`.
pub fn mask(field: &FieldPlan, value: &Value) -> String {
    let Value::String(text) = value else { return COVER.to_owned() };
    if is_sealed(value) {
        return COVER.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let part = |range: &[char]| range.iter().collect::<String>();
    match field.value_kind {
        FieldKind::Phone if letters.len() >= 8 => {
            format!("{}****{}", part(&letters[..3]), part(&letters[letters.len() - 4..]))
        }
        FieldKind::IdCard if letters.len() == 18 => {
            format!("{}***********{}", part(&letters[..3]), part(&letters[14..]))
        }
        FieldKind::Email => match text.rsplit_once('@') {
            Some((_, domain)) => format!("{}***@{domain}", part(&letters[..1])),
            None => "***".to_owned(),
        },
        FieldKind::Text if letters.len() >= 2 => format!("{}**", letters[0]),
        _ => "***".to_owned(),
    }
}

/// What is wrong with a write body, field by field; see [`writable`].
pub fn check_input(
    entity: &EntityPlan,
    rights: &FieldRights,
    before: Option<&Record>,
    input: &Fields,
) -> Violations {
    writable(entity, rights, before, input.clone()).err().unwrap_or_default()
}

/// Takes from a write body what the caller may write: `(what remains, warnings)`.
///
/// A value equal to what is stored, or to its masked text, is dropped where there is no right to write; the
/// latter with a warning.
///
/// # Errors
/// `record.unknown_field` for hidden and unknown fields, `record.read_only` for fields without `write`.
pub fn writable(
    entity: &EntityPlan,
    rights: &FieldRights,
    before: Option<&Record>,
    input: Fields,
) -> Result<(Fields, Violations), Violations> {
    let mut remaining = Fields::new();
    let mut warnings = Violations::default();
    let mut refused = Violations::default();
    for (key, value) in input {
        let at = kind::pointer("", &key);
        let field = entity.fields.get(&key).filter(|_| rights.of(&key) != FieldRight::Hidden);
        let Some(field) = field else {
            refused.push(Violation::new("record.unknown_field", at).with("field", key));
            continue;
        };
        let stored = before.and_then(|record| record.value(&key));
        let right = rights.of(&key);
        let covers = right == FieldRight::Masked || field.kind == FieldKind::Secret;
        let as_shown = covers && stored.is_some_and(|stored| value.as_str() == Some(&mask(field, stored)));
        if right == FieldRight::Write && !as_shown {
            remaining.insert(key, value);
            continue;
        }
        let titled = |code: &str| Violation::new(code, at.as_str()).with("field", field.title.clone());
        if as_shown {
            warnings.push(titled("record.masked_ignored"));
        } else if right == FieldRight::Masked || stored.unwrap_or(&Value::Null) != &value {
            refused.push(titled("record.read_only"));
        }
    }
    refused.into_result().map(|()| (remaining, warnings))
}

/// Takes out of what somebody sent who may write everything the covers of secrets that they were shown and left as
/// they were; the answer tells which.
pub fn left_covered(entity: &EntityPlan, before: Option<&Record>, input: &mut Fields) -> Violations {
    let mut notes = Violations::default();
    let Some(before) = before else { return notes };
    let shown = |field: &&FieldPlan| {
        let stored = before.value(&field.key).filter(|stored| !kind::is_empty(Some(stored)));
        field.kind == FieldKind::Secret
            && stored.is_some_and(|stored| input.get(&field.key) == Some(&Value::String(mask(field, stored))))
    };
    let left: Vec<&FieldPlan> = entity.fields.values().filter(shown).collect();
    for field in left {
        input.remove(&field.key);
        let at = kind::pointer("", &field.key);
        notes.push(Violation::new("record.masked_ignored", at).with("field", field.title.clone()));
    }
    notes
}
