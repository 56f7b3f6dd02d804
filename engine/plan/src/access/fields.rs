//! What a caller may do with each field, and a record as the caller may see it.

use indexmap::IndexMap;
use kezhi_types::def::entity::{FieldKind, Sensitivity};
use kezhi_types::def::role::FieldRight;
use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::{Caller, Fields, Record, Violation, Violations};
use serde_json::Value;

use super::role::EntityGrants;
use super::rows::contains;
use super::{Action, held};
use crate::app::{AppPlan, EntityPlan, FieldPlan};
use crate::facts::{Circumstances, Facts};
use crate::kind;

/// What a caller may do with each field of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRights(pub IndexMap<String, FieldRight>);

impl FieldRights {
    /// The right on one field; hidden for a field that does not exist.
    pub fn of(&self, field: &str) -> FieldRight {
        self.0.get(field).copied().unwrap_or(FieldRight::Hidden)
    }

    /// Whether the field may be read as it is.
    pub fn may_read(&self, field: &str) -> bool {
        self.of(field) >= FieldRight::Read
    }

    /// Every field to the full.
    pub fn full(entity: &EntityPlan) -> Self {
        Self(entity.fields.keys().map(|key| (key.clone(), FieldRight::Write)).collect())
    }

    /// What a task gives whoever works it: fields that it does not name may be read.
    pub fn of_task(entity: &EntityPlan, rights: &IndexMap<String, FieldRight>) -> Self {
        let right =
            |key: &String| rights.get(key).or_else(|| rights.get("*")).copied().unwrap_or(FieldRight::Read);
        Self(entity.fields.keys().map(|key| (key.clone(), right(key))).collect())
    }
}

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
    strongest(app, entity, &c.caller, |grants| contains(grants, entity, Action::Read, (&flat, facts), c))
}

fn strongest(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    counts: impl Fn(&EntityGrants) -> bool,
) -> FieldRights {
    if caller.is_unlimited() {
        return FieldRights::full(entity);
    }
    let roles: Vec<&EntityGrants> =
        held(app, entity, caller).map(|(_, grants)| grants).filter(|one| counts(one)).collect();
    let right = |field: &FieldPlan| roles.iter().map(|grants| role_right(field, grants)).max();
    let rights =
        entity.fields.iter().map(|(key, field)| (key.clone(), right(field).unwrap_or(FieldRight::Hidden)));
    FieldRights(rights.collect())
}

/// What one role says of a field: by name, by `*`, else write, but hidden where the field is sensitive.
pub(super) fn role_right(field: &FieldPlan, grants: &EntityGrants) -> FieldRight {
    grants.field(&field.key).unwrap_or(match field.def.sensitivity {
        Some(Sensitivity::Sensitive | Sensitivity::Secret) => FieldRight::Hidden,
        _ => FieldRight::Write,
    })
}

/// A flat record as the caller may see it: hidden fields left out, masked ones as text and named in `masked`.
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
        match rights.of(&key) {
            FieldRight::Hidden => {}
            FieldRight::Masked if kind::is_empty(Some(&value)) => {}
            FieldRight::Masked => {
                masked.push(Value::String(key.clone()));
                seen.insert(key, Value::String(mask(field, &value)));
            }
            FieldRight::Read | FieldRight::Write => _ = seen.insert(key, value),
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

/// What stands for a value that may not be read: `138****1234`, `110***********002X`, `a***@example.com`, `王**`, else `***`.
pub fn mask(field: &FieldPlan, value: &Value) -> String {
    let Value::String(text) = value else { return "***".to_owned() };
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
        if right == FieldRight::Write {
            remaining.insert(key, value);
            continue;
        }
        let titled = |code: &str| Violation::new(code, at.as_str()).with("field", field.title.clone());
        let as_shown = stored.is_some_and(|stored| value.as_str() == Some(&mask(field, stored)));
        if right == FieldRight::Masked && as_shown {
            warnings.push(titled("record.masked_ignored"));
        } else if right == FieldRight::Masked || stored.unwrap_or(&Value::Null) != &value {
            refused.push(titled("record.read_only"));
        }
    }
    refused.into_result().map(|()| (remaining, warnings))
}
