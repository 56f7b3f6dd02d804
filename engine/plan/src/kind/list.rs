//! Options, lists of them, addresses and the rows of sub-tables.

use std::collections::BTreeSet;

use kezhi_types::{Id, Violations};
use serde_json::{Map, Value};

use super::{Fault, check, pointer};
use crate::app::FieldPlan;

/// Items of a list, when the field does not say.
const ITEMS: u32 = 200;
/// Rows of a sub-table, when the field does not say.
const ROWS: u32 = 1000;
/// Characters of a tag.
const TAG: usize = 64;

pub(super) fn choice(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let Value::String(text) = value else { return Err(Fault::wrong_type("text")) };
    option(field, text).map(|()| value.clone())
}

pub(super) fn choices(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let Value::Array(items) = value else { return Err(Fault::wrong_type("texts")) };
    count(field, items.len(), ITEMS)?;
    let mut seen = BTreeSet::new();
    for item in items {
        let Value::String(text) = item else { return Err(Fault::wrong_type("texts")) };
        option(field, text)?;
        if !seen.insert(text) {
            return Err(Fault::with("record.duplicate_item", "value", text.as_str()));
        }
    }
    Ok(value.clone())
}

/// Ids, each once, in the order in which they were given.
pub(super) fn references(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let Value::Array(items) = value else { return Err(Fault::wrong_type("ids")) };
    count(field, items.len(), ITEMS)?;
    let mut seen = BTreeSet::new();
    for item in items {
        let id = item.as_str().and_then(|text| text.parse::<Id>().ok()).ok_or(Fault::wrong_type("ids"))?;
        if !seen.insert(id) {
            return Err(Fault::with("record.duplicate_item", "value", id.to_string()));
        }
    }
    let ids = items.iter().filter_map(|item| item.as_str()?.parse::<Id>().ok());
    Ok(Value::Array(ids.map(|id| Value::String(id.to_string())).collect()))
}

/// `{"region": ["33", "3301"], "detail": "…"}`, both optional.
pub(super) fn address(value: &Value) -> Result<Value, Fault> {
    let wrong = || Fault::wrong_type("address");
    let Value::Object(map) = value else { return Err(wrong()) };
    let mut address = Map::new();
    for (key, part) in map {
        match (key.as_str(), part) {
            (_, Value::Null) => {}
            ("region", region) => super::tree::region(region)?,
            ("detail", Value::String(text)) if text.chars().count() <= 500 => {}
            ("detail", Value::String(_)) => return Err(Fault::with("record.too_long", "max", 500)),
            _ => return Err(wrong()),
        }
        if part.to_string().contains("\\u0000") {
            return Err(Fault::new("record.text"));
        }
        if !super::is_empty(Some(part)) {
            address.insert(key.clone(), part.clone());
        }
    }
    Ok(Value::Object(address))
}

/// Rows, each checked column by column. Ids that were sent are kept; computed columns are dropped, since they
/// are reached again; a column that was cleared stays as null until the record is settled.
pub(super) fn rows(field: &FieldPlan, value: &Value, at: &str, violations: &mut Violations) -> Value {
    let fault = match value {
        Value::Array(rows) => count(field, rows.len(), ROWS).err(),
        _ => Some(Fault::wrong_type("rows")),
    };
    if let Some(fault) = fault {
        violations.push(fault.at(field, at));
        return value.clone();
    }
    let rows = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ids = BTreeSet::new();
    let checked = rows.iter().enumerate().map(|(index, sent)| {
        let at = format!("{at}/{index}");
        let Value::Object(sent) = sent else {
            violations.push(Fault::wrong_type("row").at(field, &at));
            return sent.clone();
        };
        Value::Object(row(field, sent, &at, &mut ids, violations))
    });
    Value::Array(checked.collect())
}

fn row(
    field: &FieldPlan,
    sent: &Map<String, Value>,
    at: &str,
    ids: &mut BTreeSet<Id>,
    violations: &mut Violations,
) -> Map<String, Value> {
    let mut row = Map::new();
    for (key, value) in sent {
        let here = pointer(at, key);
        if key == "id" {
            match row_id(value, ids) {
                Ok(Some(id)) => _ = row.insert(key.clone(), Value::String(id.to_string())),
                Ok(None) => {}
                Err(fault) => violations.push(fault.at(field, &here)),
            }
            continue;
        }
        let Some(column) = field.columns.get(key) else {
            let unknown = kezhi_types::Violation::new("record.unknown_field", here);
            violations.push(unknown.with("field", key.as_str()));
            continue;
        };
        if value.is_null() {
            row.insert(key.clone(), Value::Null);
        }
        if !value.is_null() && !column.is_derived() {
            row.insert(key.clone(), check(column, value, &here, violations));
        }
    }
    row
}

fn row_id(value: &Value, ids: &mut BTreeSet<Id>) -> Result<Option<Id>, Fault> {
    let id = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        value => value.as_str().and_then(|text| text.parse::<Id>().ok()).ok_or(Fault::wrong_type("id"))?,
    };
    if !ids.insert(id) {
        return Err(Fault::with("record.duplicate_item", "value", id.to_string()));
    }
    Ok(Some(id))
}

fn option(field: &FieldPlan, text: &str) -> Result<(), Fault> {
    if text.contains('\0') {
        return Err(Fault::new("record.text"));
    }
    match &field.def.options {
        Some(options) if options.iter().any(|option| option == text) => Ok(()),
        Some(_) => Err(Fault::with("record.not_an_option", "value", text)),
        None if text.chars().count() > TAG => Err(Fault::with("record.too_long", "max", TAG)),
        None if text.is_empty() => Err(Fault::with("record.not_an_option", "value", text)),
        None => Ok(()),
    }
}

pub(super) fn count(field: &FieldPlan, items: usize, most: u32) -> Result<(), Fault> {
    let max = field.def.max_items.unwrap_or(most);
    if items > max as usize {
        return Err(Fault::with("record.too_many", "max", max));
    }
    match field.def.min_items.filter(|min| items < *min as usize && items > 0) {
        Some(min) => Err(Fault::with("record.too_few", "min", min)),
        None => Ok(()),
    }
}
