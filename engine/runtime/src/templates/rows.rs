//! Rows of CSV files as fields of records: references by name, dates moved to the day of install.

use std::collections::HashMap;

use jiff::Span;
use jiff::civil::Date;
use kezhi_plan::app::{EntityPlan, FieldPlan};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Fields, Id, Timestamp};
use serde_json::Value;

use crate::people::Directory;

/// What cells may name.
pub(super) struct Names<'a> {
    /// `(entity, ref)` to id.
    pub refs: &'a HashMap<(String, String), Id>,
    /// Logins.
    pub directory: &'a Directory,
    /// How many days dates move.
    pub shift: i64,
}

/// One row, read.
pub(super) struct Row {
    /// The name other rows know it by.
    pub name: Option<String>,
    /// The fields.
    pub fields: Fields,
    /// Whose it is.
    pub owner: Option<Id>,
}

/// Reads one row.
///
/// # Errors
/// A sentence naming the column.
pub(super) fn row(
    entity: &EntityPlan,
    header: &[String],
    cells: &csv::StringRecord,
    names: &Names<'_>,
) -> Result<Row, String> {
    let mut row = Row { name: None, fields: Fields::new(), owner: None };
    for (column, cell) in header.iter().zip(cells) {
        if cell.is_empty() {
            continue;
        }
        match column.as_str() {
            "ref" => row.name = Some(cell.to_owned()),
            "owner" => row.owner = Some(person(cell, names)?),
            key => {
                let field = entity.fields.get(key).ok_or_else(|| format!("there is no field `{key}`"))?;
                row.fields.insert(key.to_owned(), value(field, cell, names)?);
            }
        }
    }
    Ok(row)
}

fn value(field: &FieldPlan, cell: &str, names: &Names<'_>) -> Result<Value, String> {
    let text = || Value::String(cell.to_owned());
    Ok(match field.kind {
        FieldKind::Integer | FieldKind::Rating => {
            cell.parse::<i64>().map(Value::from).map_err(|_| format!("`{cell}` is not a number"))?
        }
        FieldKind::Boolean => Value::Bool(cell == "true"),
        FieldKind::Choices | FieldKind::Tags | FieldKind::Cascade => {
            cell.split(['|', ';']).map(|part| Value::from(part.trim())).collect()
        }
        FieldKind::Date => Value::String(shifted(cell, names.shift)?),
        FieldKind::Datetime => Value::String(shifted_instant(cell, names.shift)?),
        FieldKind::Person => Value::String(person(cell, names)?.to_string()),
        FieldKind::People => {
            let people = cell.split(['|', ';']).map(|login| person(login.trim(), names));
            people.map(|id| Ok(Value::String(id?.to_string()))).collect::<Result<_, String>>()?
        }
        FieldKind::Department => Value::String(department(cell, names)?.to_string()),
        FieldKind::Departments => {
            let departments = cell.split(['|', ';']).map(|key| department(key.trim(), names));
            departments.map(|id| Ok(Value::String(id?.to_string()))).collect::<Result<_, String>>()?
        }
        FieldKind::Relation => Value::String(reference(field, cell, names)?.to_string()),
        FieldKind::Relations => {
            let records = cell.split(['|', ';']).map(|name| reference(field, name.trim(), names));
            records.map(|id| Ok(Value::String(id?.to_string()))).collect::<Result<_, String>>()?
        }
        FieldKind::Table => table(field, cell, names)?,
        FieldKind::Address | FieldKind::Location | FieldKind::Json => {
            serde_json::from_str(cell).map_err(|error| error.to_string())?
        }
        _ => text(),
    })
}

fn table(field: &FieldPlan, cell: &str, names: &Names<'_>) -> Result<Value, String> {
    let mut rows: Vec<Fields> =
        serde_json::from_str(cell).map_err(|error| format!("{}: {error}", field.key))?;
    for (key, value) in rows.iter_mut().flat_map(|row| row.iter_mut()) {
        let Some(column) = field.columns.get(key) else { continue };
        if let (
            FieldKind::Relation | FieldKind::Person | FieldKind::Date | FieldKind::Datetime,
            Value::String(cell),
        ) = (column.kind, &*value)
        {
            *value = self::value(column, &cell.clone(), names)?;
        }
    }
    Ok(Value::Array(rows.into_iter().map(Value::Object).collect()))
}

fn reference(field: &FieldPlan, cell: &str, names: &Names<'_>) -> Result<Id, String> {
    let (target, _) = field.relation.as_ref().ok_or("it leads nowhere")?;
    let key = (target.clone(), cell.to_owned());
    names.refs.get(&key).copied().ok_or_else(|| format!("no row of {target} is called `{cell}`"))
}

fn person(login: &str, names: &Names<'_>) -> Result<Id, String> {
    names.directory.by_login(login).map(|user| user.id).ok_or_else(|| format!("nobody signs in as `{login}`"))
}

fn department(key: &str, names: &Names<'_>) -> Result<Id, String> {
    let mut known = names.directory.departments.values();
    known.find(|known| known.key == key).map(|known| known.id).ok_or_else(|| format!("no department `{key}`"))
}

fn shifted(cell: &str, days: i64) -> Result<String, String> {
    let date: Date = cell.parse().map_err(|_| format!("`{cell}` is not a date"))?;
    let moved = date.checked_add(Span::new().days(days)).map_err(|error| error.to_string())?;
    Ok(moved.to_string())
}

fn shifted_instant(cell: &str, days: i64) -> Result<String, String> {
    Ok(Timestamp::parse(cell)?.plus_millis(days * 86_400_000).to_string())
}
