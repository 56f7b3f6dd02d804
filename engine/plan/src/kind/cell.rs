//! A value as the text of one cell, for exports and for people; an import of the same field reads it back.

use jiff::tz::TimeZone;
use kezhi_types::Timestamp;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::sealed::COVER;
use kezhi_types::text::Language;
use serde_json::Value;

use super::tree;
use crate::app::FieldPlan;
use crate::regions;

/// What stands between the items of a list.
pub const BETWEEN: &str = "、";

/// What stands between the levels of a tree.
pub const BELOW: &str = "/";

/// For whom cells are written.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The words for yes and no.
    pub language: Language,
    /// The zone in which instants are written; an import reads what has no offset in the workspace's zone.
    pub zone: &'a TimeZone,
}

/// The text of a value: options by their labels, a way down a tree as `浙江省/杭州市`, instants as `2026-03-01 08:00:00`, a place as `31.2304,121.4737`, a
/// grade as its letter, files by their names, rows and other JSON as JSON. Ids of people and records stay ids: their names are not known
/// here. Nothing for what is absent.
pub fn text(field: &FieldPlan, value: &Value, reader: Reader<'_>) -> String {
    let words = |value: &Value| match value {
        Value::String(text) => label(field, text),
        other => other.to_string(),
    };
    match (field.value_kind, value) {
        (_, Value::Null) => String::new(),
        (FieldKind::Secret, _) => COVER.to_owned(),
        (FieldKind::Boolean, Value::Bool(yes)) => match (reader.language, yes) {
            (Language::Chinese, true) => "是".to_owned(),
            (Language::Chinese, false) => "否".to_owned(),
            (Language::English, true) => "yes".to_owned(),
            (Language::English, false) => "no".to_owned(),
        },
        (FieldKind::Datetime, Value::String(instant)) => moment(instant, reader.zone),
        (FieldKind::Grade, Value::Object(grade)) => grade.get("letter").map(words).unwrap_or_default(),
        (FieldKind::Location, Value::Object(place)) => {
            let part = |key: &str| place.get(key).map(Value::to_string).unwrap_or_default();
            format!("{},{}", part("lat"), part("lng"))
        }
        (FieldKind::Cascade, Value::Array(codes)) => {
            let names = codes.iter().filter_map(Value::as_str).map(|code| tree::name(field, code));
            names.collect::<Vec<_>>().join(BELOW)
        }
        (FieldKind::Address, Value::Object(address)) => {
            let codes = address.get("region").and_then(Value::as_array).into_iter().flatten();
            let names = codes.filter_map(Value::as_str).map(|code| regions::name(code).unwrap_or(code));
            let detail = address.get("detail").and_then(Value::as_str).unwrap_or_default();
            format!("{} {detail}", names.collect::<Vec<_>>().join(BELOW)).trim().to_owned()
        }
        (FieldKind::Signature, file) => called(file).to_owned(),
        (FieldKind::Attachment | FieldKind::Image, Value::Array(files)) => {
            files.iter().map(called).collect::<Vec<_>>().join(BETWEEN)
        }
        (FieldKind::Json | FieldKind::Table, value) => value.to_string(),
        (_, Value::Array(items)) => items.iter().map(words).collect::<Vec<_>>().join(BETWEEN),
        (_, value) => words(value),
    }
}

fn called(file: &Value) -> &str {
    file.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// What people call an option.
fn label(field: &FieldPlan, option: &str) -> String {
    field.def.labels.get(option).map_or(option, String::as_str).to_owned()
}

fn moment(instant: &str, zone: &TimeZone) -> String {
    let Ok(parsed) = Timestamp::parse(instant) else { return instant.to_owned() };
    parsed.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
