//! Files: attachments, pictures, a signature. The engine fills in what a file is called, of which type it is and how
//! large; of what is sent only the id counts.

use std::collections::BTreeSet;

use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Id, Violations};
use serde_json::{Map, Value};

use super::list::count;
use super::{Fault, pointer};
use crate::app::FieldPlan;

/// Files of a field, when it does not say.
const MOST: u32 = 200;
/// Letters of an id.
const ID_LETTERS: usize = 36;
/// Pictures that every browser shows, and that hold nothing but a picture.
pub const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Whether values of a kind name files.
pub fn names_files(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Attachment | FieldKind::Image | FieldKind::Signature)
}

/// Whether values of a field, or of a column of it, name files: rich text shows pictures by their address.
pub fn holds_files(field: &FieldPlan) -> bool {
    let holds = |kind| names_files(kind) || kind == FieldKind::RichText;
    holds(field.kind) || field.columns.values().any(|column| holds(column.kind))
}

/// The files that a rich text shows or leads to: `/api/files/{id}`.
pub fn shown(text: &str) -> Vec<Id> {
    let after = text.split("/api/files/").skip(1);
    after.filter_map(|rest| rest.get(..ID_LETTERS)?.parse::<Id>().ok()).collect()
}

/// `[{"id", "name", "type", "size"}]`, each file once.
pub(super) fn files(field: &FieldPlan, value: &Value, at: &str, violations: &mut Violations) -> Value {
    let Value::Array(items) = value else {
        violations.push(Fault::wrong_type("files").at(field, at));
        return value.clone();
    };
    if let Err(fault) = count(field, items.len(), MOST) {
        violations.push(fault.at(field, at));
        return value.clone();
    }
    let mut seen = BTreeSet::new();
    let checked = items.iter().enumerate().map(|(index, item)| {
        let here = pointer(at, &index.to_string());
        let checked =
            file(field, item, "files").and_then(|file| match file.get("id").and_then(Value::as_str) {
                Some(id) if !seen.insert(id.to_owned()) => {
                    Err(Fault::with("record.duplicate_item", "value", id))
                }
                _ => Ok(file),
            });
        checked.unwrap_or_else(|fault| {
            violations.push(fault.at(field, &here));
            item.clone()
        })
    });
    Value::Array(checked.collect())
}

/// `{"id", "name", "type", "size"}`
pub(super) fn signature(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    file(field, value, "file")
}

/// One file; what else stands in it is left out.
fn file(field: &FieldPlan, value: &Value, expected: &'static str) -> Result<Value, Fault> {
    let wrong = || Fault::wrong_type(expected);
    let Value::Object(sent) = value else { return Err(wrong()) };
    let id =
        sent.get("id").and_then(Value::as_str).and_then(|text| text.parse::<Id>().ok()).ok_or_else(wrong)?;
    let mut file = Map::new();
    file.insert("id".to_owned(), Value::String(id.to_string()));
    for key in ["name", "type", "size"] {
        let fits = |value: &Value| if key == "size" { value.is_u64() } else { value.is_string() };
        match sent.get(key) {
            Some(value) if fits(value) => _ = file.insert(key.to_owned(), value.clone()),
            Some(value) if !value.is_null() => return Err(wrong()),
            _ => {}
        }
    }
    let media = file.get("type").and_then(Value::as_str);
    if media.is_some_and(|media| !takes(field, media)) {
        let name = file.get("name").and_then(Value::as_str).unwrap_or_default();
        return Err(Fault::with("record.file_type", "value", name));
    }
    let size = file.get("size").and_then(Value::as_u64);
    if let Some(most) = field.def.max_size.filter(|most| size.is_some_and(|size| size > *most)) {
        return Err(Fault::with("record.file_too_large", "max", file_size(most)));
    }
    Ok(Value::Object(file))
}

/// Whether a field takes files of this media type: pictures for images and signatures, and what `x-types` names.
fn takes(field: &FieldPlan, media: &str) -> bool {
    let is_picture = field.value_kind == FieldKind::Attachment || PICTURES.contains(&media);
    let fits = |pattern: &String| match pattern.strip_suffix("/*") {
        Some(family) => media.split('/').next() == Some(family),
        None => pattern == media,
    };
    is_picture && field.def.types.as_ref().is_none_or(|types| types.iter().any(fits))
}

/// Bytes as people read them: `512 B`, `20 kB`, `1.5 MB`, in steps of 1,024.
pub fn file_size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} kB", bytes / 1024),
        _ if bytes.is_multiple_of(1_048_576) => format!("{} MB", bytes / 1_048_576),
        _ => format!("{}.{} MB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}
