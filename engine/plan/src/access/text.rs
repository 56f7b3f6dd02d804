//! A stored record as the JSON that a caller may see, its values written out as they lie.

use std::fmt::{Display, Write};

use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::FieldRight;
use kezhi_types::sealed::{COVER, PREFIX};
use kezhi_types::{Id, Record, Stored};

use super::FieldRights;
use crate::app::EntityPlan;

/// What [`super::visible`] makes of the record, as JSON text, and of that the fields that are `wanted`, `id` and
/// `version` always; every visible field where nothing is said. Masked fields are left out, so it is for
/// rights that mask none, as those of [`super::alike`].
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
    for (key, value) in stored.data.iter().filter(|(key, _)| seen(entity, rights, key)) {
        if is_secret(entity, key) || value[1..].starts_with(PREFIX) {
            if !matches!(value, "null" | "\"\"") && object.wants(key) {
                object.put(key, format_args!("\"{COVER}\""));
                covered.push(key);
            }
            continue;
        }
        // What was authored once and is derived now is told as it is derived.
        let derived = stored.derived.iter().find(|(derived, _)| *derived == key);
        object.put(key, derived.map_or(value, |(_, value)| value));
    }
    for (key, value) in stored.derived.iter().filter(|(key, _)| seen(entity, rights, key)) {
        if !stored.data.iter().any(|(authored, _)| authored == key) {
            object.put(key, value);
        }
    }
    if !covered.is_empty() {
        object.add("masked", serde_json::json!(covered));
    }
    object.text.push('}');
    object.text
}

fn is_secret(entity: &EntityPlan, key: &str) -> bool {
    entity.fields.get(key).is_some_and(|field| field.kind == FieldKind::Secret)
}

fn seen(entity: &EntityPlan, rights: &FieldRights, key: &str) -> bool {
    rights.may_read(key) && entity.fields.get(key).is_some_and(|field| field.lookup.is_none())
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
