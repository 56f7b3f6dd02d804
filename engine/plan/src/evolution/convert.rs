//! One value from one kind to another. The table stands in `docs/evolution.md`; what has no rule is refused.

use jiff::tz::TimeZone;
use kezhi_types::def::entity::FieldKind as K;
use kezhi_types::text::Language;
use kezhi_types::{Timestamp, Violations};
use serde_json::{Map, Value, json};

use super::{Reason, read};
use crate::app::FieldPlan;
use crate::calendar::{self, LunarDate};
use crate::kind;
use crate::written::people::date;

/// The value in the form of the new field; `None` where there is nothing to keep.
///
/// # Errors
/// Why it has no such form: there is no rule, it cannot be read, or it breaks a limit of the new field. Nothing is rounded.
pub fn convert(
    old: &FieldPlan,
    new: &FieldPlan,
    value: &Value,
    (zone, language): (&TimeZone, Language),
) -> Result<Option<Value>, Reason> {
    if kind::is_empty(Some(value)) {
        return Ok(None);
    }
    if (old.value_kind, new.kind) == (K::Table, K::Table) {
        return rows(old, new, value, (zone, language)).map(Some);
    }
    // What a secret holds is sealed: it stays what it is, or it goes.
    if (old.kind, new.kind) == (K::Secret, K::Secret) {
        return Ok(Some(value.clone()));
    }
    let shaped = shape(old, new, value, (zone, language))?;
    if kind::is_empty(Some(&shaped)) {
        return Ok(None);
    }
    let mut violations = Violations::default();
    let stored = kind::check(new, &shaped, "", &mut violations);
    match violations.0.into_iter().find(|found| found.code != kind::UNKNOWN_CODE) {
        Some(found) => Err(found.into()),
        None => Ok(Some(stored)),
    }
}

fn is_text(kind: K) -> bool {
    matches!(
        kind,
        K::Text
            | K::LongText
            | K::Phone
            | K::Email
            | K::Url
            | K::IdCard
            | K::CompanyCode
            | K::Barcode
            | K::Color
            | K::Time
            | K::Duration
            | K::Serial
    )
}

/// Whether a value that is written alike in both kinds also means the same in both.
pub(super) fn means_the_same(from: K, to: K) -> bool {
    from == to || is_text(from) && is_text(to)
}

fn is_number(kind: K) -> bool {
    matches!(kind, K::Integer | K::Rating | K::Decimal | K::Money | K::Percent)
}

/// Whether people can read the values as one text that says all of it.
fn has_text(kind: K) -> bool {
    is_text(kind)
        || is_number(kind)
        || matches!(
            kind,
            K::RichText
                | K::Boolean
                | K::Choice
                | K::Choices
                | K::Tags
                | K::Cascade
                | K::Date
                | K::Datetime
                | K::LunarDate
                | K::Address
                | K::Location
                | K::Json
                | K::Grade
        )
}

fn shape(
    old: &FieldPlan,
    new: &FieldPlan,
    value: &Value,
    (zone, language): (&TimeZone, Language),
) -> Result<Value, Reason> {
    let (from, to) = (old.value_kind, new.kind);
    let no_rule = || Reason::new("evolution.no_rule", new, value);
    if let Some(value) = references(old, new, value).or_else(|| options(old, new, value)) {
        return value;
    }
    if from == to {
        return Ok(as_number(from, to, value).unwrap_or_else(|| value.clone()));
    }
    if is_number(from) && is_number(to) {
        return as_number(from, to, value).ok_or_else(|| Reason::new("evolution.not_whole", new, value));
    }
    match (from, to) {
        (K::Boolean, K::Integer | K::Decimal) => Ok(i64::from(value == &json!(true)).into()),
        (K::Date, K::Datetime) => date(&text_of(old, value, zone, language))
            .map(|day| json!(calendar::start_of_day(day, zone).to_string()))
            .ok_or_else(no_rule),
        (K::Datetime, K::Date) => value
            .as_str()
            .and_then(|text| Timestamp::parse(text).ok())
            .map(|at| json!(at.date_in(zone).to_string()))
            .ok_or_else(no_rule),
        (K::LunarDate, K::Date) => value
            .as_str()
            .and_then(|text| LunarDate::parse(text).ok()?.to_solar())
            .map(|day| json!(day.to_string()))
            .ok_or_else(no_rule),
        (K::Date, K::LunarDate) => value
            .as_str()
            .and_then(|text| LunarDate::of_solar(text.parse().ok()?))
            .map(|day| json!(day.to_string()))
            .ok_or_else(no_rule),
        (_, K::RichText) if has_text(from) => Ok(json!(read::markup(&text_of(old, value, zone, language)))),
        _ if has_text(from) => match read::value(new, &text_of(old, value, zone, language), zone) {
            Some(read) => read.map_err(|()| Reason::new("evolution.unreadable", new, value)),
            None => Err(no_rule()),
        },
        _ => Err(no_rule()),
    }
}

/// The value as people read it. An import of the same field would read it back.
fn text_of(field: &FieldPlan, value: &Value, zone: &TimeZone, language: Language) -> String {
    match (field.value_kind, value) {
        (K::RichText, Value::String(markup)) => kind::readable(markup),
        (K::Json, Value::String(text)) => text.clone(),
        _ => kind::cell_text(field, value, kind::Reader { language, zone }),
    }
}

/// Numbers keep their value; digits that say nothing are left out, so that a smaller scale may hold them.
fn as_number(from: K, to: K, value: &Value) -> Option<Value> {
    if !is_number(from) || !is_number(to) {
        return None;
    }
    let number = kind::decimal(value)?.normalize();
    match to {
        K::Integer | K::Rating => {
            (number.scale() == 0).then(|| number.to_string().parse::<i64>().ok()).flatten().map(Value::from)
        }
        _ => Some(Value::String(number.to_string())),
    }
}

/// Ids of people, departments and records, one or many; `None` where neither side is such a field.
fn references(old: &FieldPlan, new: &FieldPlan, value: &Value) -> Option<Result<Value, Reason>> {
    let group = |kind| match kind {
        K::Person | K::People => Some(0),
        K::Department | K::Departments => Some(1),
        K::Relation | K::Relations => Some(2),
        _ => None,
    };
    let many = |kind| matches!(kind, K::People | K::Departments | K::Relations);
    let (from, to) = (group(old.value_kind), group(new.kind));
    if from.is_none() && to.is_none() {
        return None;
    }
    let target = |field: &FieldPlan| field.relation.as_ref().map(|(entity, _)| entity.clone());
    if from != to || target(old) != target(new) {
        return Some(Err(Reason::new("evolution.no_rule", new, value)));
    }
    Some(match (many(old.value_kind), many(new.kind)) {
        (false, true) => Ok(json!([value])),
        (true, false) => match value.as_array().map(Vec::as_slice) {
            Some([one]) => Ok(one.clone()),
            _ => Err(Reason::new("evolution.several", new, value)),
        },
        _ => Ok(value.clone()),
    })
}

/// One option or many of them; `None` where not both fields have options.
fn options(old: &FieldPlan, new: &FieldPlan, value: &Value) -> Option<Result<Value, Reason>> {
    let many = |kind| matches!(kind, K::Choices | K::Tags);
    let (from, to) = (old.value_kind, new.kind);
    if !(from == K::Choice || many(from)) || !(to == K::Choice || many(to)) {
        return None;
    }
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let Some(items) = items.iter().map(Value::as_str).collect::<Option<Vec<&str>>>() else {
        return Some(Err(Reason::new("evolution.unreadable", new, value)));
    };
    let mut named: Vec<String> = Vec::new();
    for item in items.into_iter().map(|item| option(old, new, item)) {
        if !named.contains(&item) {
            named.push(item);
        }
    }
    Some(match named.as_slice() {
        _ if many(to) => Ok(json!(named)),
        [one] => Ok(json!(one)),
        _ => Err(Reason::new("evolution.several", new, value)),
    })
}

/// The option that is called so: by its key, else by what people called the old one.
fn option(old: &FieldPlan, new: &FieldPlan, key: &str) -> String {
    if new.def.options.as_ref().is_none_or(|options| options.iter().any(|known| known == key)) {
        return key.to_owned();
    }
    let label = old.def.labels.get(key).map_or(key, String::as_str);
    read::option(new, label).unwrap_or_else(|| key.to_owned())
}

/// Rows column by column; one value that has no form refuses them all, because rows are replaced as a whole.
fn rows(
    old: &FieldPlan,
    new: &FieldPlan,
    value: &Value,
    readers: (&TimeZone, Language),
) -> Result<Value, Reason> {
    let mut turned = Vec::new();
    for row in value.as_array().into_iter().flatten() {
        let Value::Object(row) = row else { continue };
        let mut next = Map::new();
        if let Some(id) = row.get("id") {
            next.insert("id".to_owned(), id.clone());
        }
        for (key, column) in &new.columns {
            let source =
                column.def.source_field().filter(|from| old.columns.contains_key(*from)).unwrap_or(key);
            let (Some(before), Some(value)) = (old.columns.get(source), row.get(source)) else { continue };
            let same = before.kind == column.kind
                && before.scale == column.scale
                && before.relation == column.relation;
            let kept = if same { Some(value.clone()) } else { convert(before, column, value, readers)? };
            if let Some(kept) = kept.filter(|kept| !kept.is_null()) {
                next.insert(key.clone(), kept);
            }
        }
        turned.push(Value::Object(next));
    }
    Ok(Value::Array(turned))
}
