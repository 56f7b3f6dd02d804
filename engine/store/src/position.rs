//! Where a record stands in a sorted list: the values that the next page begins after.

use std::borrow::Cow;

use kezhi_types::query::{Column, Part, Position, Sort};
use kezhi_types::{Id, Record};
use serde_json::Value;

use crate::bind::Row;
use crate::conn::Conn;
use crate::error::Error;
use crate::promote::part_value;
use crate::records::{COLUMNS, get_record};

/// Whether each sort key may be seen on the record: after the record its row says so of those that are not visible
/// everywhere.
pub(crate) fn seen_of(sort: &[Sort], row: &Row) -> Result<Vec<bool>, Error> {
    let mut at = COLUMNS;
    let one = |key: &Sort| match key.visible {
        None => Ok(true),
        Some(_) => {
            at += 1;
            row.bool(at - 1)
        }
    };
    sort.iter().map(one).collect()
}

/// Where a record stands in a sorted list. What lies in other records is read there.
pub(crate) async fn position(
    conn: &mut Conn,
    record: &Record,
    sort: &[Sort],
    seen: &[bool],
) -> Result<Position, Error> {
    let mut values = Vec::with_capacity(sort.len());
    for (key, seen) in sort.iter().zip(seen) {
        values.push(if *seen { reached_value(conn, record, key).await? } else { Value::Null });
    }
    Ok(Position { values, id: record.id })
}

async fn reached_value(conn: &mut Conn, record: &Record, key: &Sort) -> Result<Value, Error> {
    let mut here = Cow::Borrowed(record);
    for (relation, entity) in &key.path {
        let id = column_value(&here, relation).as_str().and_then(|id| id.parse::<Id>().ok());
        let Some(id) = id else { return Ok(Value::Null) };
        let found = get_record(conn, entity, id).await?.filter(|found| found.deleted_at.is_none());
        let Some(found) = found else { return Ok(Value::Null) };
        here = Cow::Owned(found);
    }
    Ok(column_value(&here, &key.column))
}

fn column_value(record: &Record, column: &Column) -> Value {
    if column.part == Part::System {
        return record.system().get(&column.field).cloned().unwrap_or(Value::Null);
    }
    part_value(&record.data, &record.derived, column).cloned().unwrap_or(Value::Null)
}
