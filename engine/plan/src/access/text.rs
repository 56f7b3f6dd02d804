//! A stored record as the JSON that a caller may see, its values written out as they lie.

use std::fmt::{Display, Write};

use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::FieldRight;
use kezhi_types::sealed::PREFIX;
use kezhi_types::{Id, Record, Stored};
use serde_json::Value;

use super::{FieldRights, mask};
use crate::app::EntityPlan;
use crate::kind;

/// What [`super::visible`] makes of the record, as JSON text, and of that the fields that are `wanted`, `id` and
/// `version` always; every visible field where nothing is said.
pub fn visible_text(
    entity: &EntityPlan,
    stored: &Stored,
    rights: &FieldRights,
    wanted: Option<&[String]>,
) -> String {
    let mut object = Object { text: String::with_capacity(1024), wanted };
    system(&mut object, &stored.head);
    let stale: Vec<&String> = stored
        .head
        .stale
        .iter()
        .filter(|key| rights.of(key) != FieldRight::Hidden && object.wants(key))
        .collect();
    if !stale.is_empty() {
        object.add("stale", serde_json::json!(stale));
    }
    let mut covered = Vec::new();
    let authored = stored.data.iter().map(|(key, value)| {
        // What was authored once and is derived now is told as it is derived.
        (key, stored.derived.iter().find(|(derived, _)| *derived == key).map_or(value, |(_, value)| value))
    });
    let derived =
        stored.derived.iter().filter(|(key, _)| !stored.data.iter().any(|(authored, _)| authored == *key));
    for (key, value) in authored.chain(derived) {
        let field = entity.fields.get(key).filter(|field| field.lookup.is_none());
        let Some(field) = field.filter(|_| rights.of(key) != FieldRight::Hidden && object.wants(key)) else {
            continue;
        };
        let covers =
            !rights.may_read(key) || field.kind == FieldKind::Secret || value[1..].starts_with(PREFIX);
        if !covers && rights.tells_reasons(key) {
            object.add(key, value);
            continue;
        }
        let value: Value = serde_json::from_str(value).unwrap_or(Value::Null);
        if !covers {
            object.add(key, rights.told(key, &value));
            continue;
        }
        if !kind::is_empty(Some(&value)) {
            object.add(key, Value::String(mask(field, &value)));
            covered.push(key);
        }
    }
    if !covered.is_empty() {
        object.add("masked", serde_json::json!(covered));
    }
    object.text.push('}');
    object.text
}

/// As [`Record::system`] has it, without `stale`.
fn system(object: &mut Object<'_>, head: &Record) {
    let quoted = |id: Option<Id>| id.map_or("null".to_owned(), |id| format!("\"{id}\""));
    object.add("id", format_args!("\"{}\"", head.id));
    object.add("version", head.version);
    object.put("created_at", format_args!("\"{}\"", head.created_at));
    object.put("created_by", quoted(head.created_by));
    object.put("updated_at", format_args!("\"{}\"", head.updated_at));
    object.put("updated_by", quoted(head.updated_by));
    object.put("owner", quoted(head.owner));
    object.put("department", quoted(head.department));
    if let Some(at) = head.deleted_at {
        object.put("deleted_at", format_args!("\"{at}\""));
    }
}

/// A JSON object in the making. Keys are keys of fields and need no escapes, values are JSON.
struct Object<'a> {
    text: String,
    wanted: Option<&'a [String]>,
}

impl Object<'_> {
    fn wants(&self, key: &str) -> bool {
        self.wanted.is_none_or(|wanted| wanted.iter().any(|one| one == key))
    }

    fn put(&mut self, key: &str, value: impl Display) {
        if self.wants(key) {
            self.add(key, value);
        }
    }

    fn add(&mut self, key: &str, value: impl Display) {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        let _ = write!(self.text, "\"{key}\":{value}");
    }
}
