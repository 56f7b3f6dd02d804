//! Aggregates over the records that point at others, exact to the last decimal.

use std::collections::HashMap;

use kezhi_types::query::{Aggregate, Column, Filter, RollupQuery};
use kezhi_types::{Id, Timestamp};
use serde_json::Value;

use crate::bind::{Bind, Dialect, Row};
use crate::conn::Conn;
use crate::error::Error;
use crate::filter::{Pointing, condition, pointing};
use crate::promote::{Storage, decimal_text, lunar_day, part_value};
use crate::sql::{Form, Place, Source, Sql};
use crate::tx::reads;

/// Decimals that an average has more than what it averages.
const AVERAGE_DECIMALS: u32 = 2;

async fn rollup(conn: &mut Conn, query: &RollupQuery, parents: &[Id]) -> Result<HashMap<Id, Value>, Error> {
    let mut found = HashMap::with_capacity(parents.len());
    for parents in parents.chunks(256) {
        if query.aggregate == Aggregate::Last {
            last(conn, query, parents, &mut found).await?;
        } else {
            aggregate(conn, query, parents, &mut found).await?;
        }
    }
    if let Some(nothing) = of_nothing(query) {
        for parent in parents {
            found.entry(*parent).or_insert_with(|| nothing.clone());
        }
    }
    Ok(found)
}

/// Sum and count of nothing are 0; the others are absent.
fn of_nothing(query: &RollupQuery) -> Option<Value> {
    match (query.aggregate, query.column.as_ref().and_then(|column| Storage::of(&column.shape))) {
        (Aggregate::Count, _) => Some(0.into()),
        (Aggregate::Sum, Some(Storage::Scaled(scale))) => Some(decimal_text(0, scale).into()),
        (Aggregate::Sum, _) => Some(0.into()),
        _ => None,
    }
}

/// `FROM … WHERE …` of the children, and the expression of their parent.
fn children(
    sql: &mut Sql,
    source: &Source,
    query: &RollupQuery,
    parents: &[Id],
) -> Result<(String, String), Error> {
    let Source::Table { alias, .. } = source else { unreachable!("a table was asked for") };
    let Pointing { from, at: via } = pointing(sql, source, &query.via)?;
    let list = sql.bind_all(parents.iter().map(|id| Bind::from(*id)).collect());
    let mut from = format!("{from} WHERE {via} IN ({list}) AND {alias}.deleted_at IS NULL");
    if let Some(filter) = &query.filter {
        from.push_str(&format!(" AND {}", condition(sql, source, filter)?));
    }
    Ok((from, via))
}

async fn aggregate(
    conn: &mut Conn,
    query: &RollupQuery,
    parents: &[Id],
    found: &mut HashMap<Id, Value>,
) -> Result<(), Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(&query.entity)?;
    let (from, via) = children(&mut sql, &source, query, parents)?;
    let Some(column) = query.column.as_ref().filter(|_| query.aggregate != Aggregate::Count) else {
        let text = format!("SELECT {via}, COUNT(*) {from} GROUP BY {via}");
        for row in conn.rows(text, sql.binds).await? {
            found.insert(row.id(0)?, row.int(1)?.into());
        }
        return Ok(());
    };
    let place = sql.place(&source, column)?;
    let expression = &place.expression;
    let function = match query.aggregate {
        Aggregate::Min => "MIN",
        Aggregate::Max => "MAX",
        _ => "SUM",
    };
    // PostgreSQL sums 64-bit integers as NUMERIC; as text the exact number comes across whole.
    let value = match (function, sql.dialect) {
        ("SUM", Dialect::Postgres) => format!("SUM({expression})::text"),
        ("SUM", Dialect::Sqlite) => format!("CAST(SUM({expression}) AS TEXT)"),
        (function, _) if place.form == Form::Stored(Storage::Reference) => {
            return Err(Error::Unsupported(format!("{function} of a relation")));
        }
        (function, _) => format!("{function}({expression})"),
    };
    let text = format!("SELECT {via}, COUNT({expression}), {value} {from} GROUP BY {via}");
    let rows = conn.rows(text, sql.binds).await.map_err(|error| overflow(error, column))?;
    for row in rows {
        if let Some(value) = aggregated(&row, query, column, &place)? {
            found.insert(row.id(0)?, value);
        }
    }
    Ok(())
}

fn overflow(error: Error, column: &Column) -> Error {
    match error {
        Error::TooLarge(_) => Error::TooLarge(column.field.clone()),
        other => other,
    }
}

fn aggregated(
    row: &Row,
    query: &RollupQuery,
    column: &Column,
    place: &Place,
) -> Result<Option<Value>, Error> {
    let count = row.int(1)?;
    if count == 0 {
        return Ok(None);
    }
    let scale = match place.form {
        Form::Stored(Storage::Scaled(scale)) => Some(scale),
        _ => None,
    };
    let sum = || -> Result<i128, Error> {
        let text = row.text(2)?;
        text.parse().map_err(|_| Error::Damaged(format!("a sum of `{}`: {text}", column.field)))
    };
    let value = match query.aggregate {
        Aggregate::Sum => match scale {
            Some(scale) => decimal_text(sum()?, scale).into(),
            None => i64::try_from(sum()?).map_err(|_| Error::TooLarge(column.field.clone()))?.into(),
        },
        Aggregate::Avg => {
            let scale = scale.unwrap_or(0);
            decimal_text(half_up(sum()?, i128::from(count)), scale + AVERAGE_DECIMALS).into()
        }
        _ => match place.form {
            Form::Stored(Storage::Scaled(scale)) => decimal_text(i128::from(row.int(2)?), scale).into(),
            Form::Stored(Storage::Integer) => row.int(2)?.into(),
            Form::Stored(Storage::Boolean) => row.bool(2)?.into(),
            Form::Stored(Storage::Lunar) => lunar_day(&row.text(2)?).into(),
            Form::Stored(Storage::Millis) => Timestamp(row.int(2)?).to_string().into(),
            _ => row.text(2)?.into(),
        },
    };
    Ok(Some(value))
}

/// The average with two more decimals than the sum, halves away from zero.
fn half_up(sum: i128, count: i128) -> i128 {
    let scaled = sum * 10_i128.pow(AVERAGE_DECIMALS);
    let twice = scaled.abs() * 2 + count;
    twice / (count * 2) * scaled.signum()
}

async fn last(
    conn: &mut Conn,
    query: &RollupQuery,
    parents: &[Id],
    found: &mut HashMap<Id, Value>,
) -> Result<(), Error> {
    let Some(column) = &query.column else { return Err(Error::Unsupported("last of nothing".into())) };
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(&query.entity)?;
    let Source::Table { alias, .. } = &source else { unreachable!("a table was asked for") };
    let (from, via) = children(&mut sql, &source, query, parents)?;
    let by = match &query.by {
        Some(by) => sql.place(&source, by)?.expression,
        None => format!("{alias}.id"),
    };
    let text = format!(
        "SELECT parent, data, derived FROM (SELECT {via} AS parent, {alias}.data, {alias}.derived, \
         ROW_NUMBER() OVER (PARTITION BY {via} ORDER BY {by} DESC NULLS LAST, {alias}.id DESC) AS place {from}) AS ranked \
         WHERE place = 1"
    );
    for row in conn.rows(text, sql.binds).await? {
        let (data, derived) = (row.document(1)?, row.document(2)?);
        if let Some(value) = part_value(&data, &derived, column) {
            found.insert(row.id(0)?, value.clone());
        }
    }
    Ok(())
}

async fn count_related(conn: &mut Conn, entity: &str, filter: &Filter) -> Result<i64, Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(entity)?;
    let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
    let inner = condition(&mut sql, &source, filter)?;
    let text = format!(
        "SELECT COUNT(*) FROM \"{}\" {alias} WHERE {alias}.deleted_at IS NULL AND {inner}",
        table.table
    );
    conn.row(text, sql.binds).await?.map_or(Ok(0), |row| row.int(0))
}

reads! {
    /// The aggregate for each parent, in the JSON form of a stored value: count a number, sum a number or
    /// decimal text as the column is, avg decimal text of scale + 2 with halves away from zero, min, max and
    /// last as the column. A parent without children has count 0 and sum 0; for the others it is not in the map.
    fn rollup(query: &RollupQuery, parents: &[Id]) -> HashMap<Id, Value> = rollup;
    /// How many living records of `entity` fulfil the filter; for guards such as `on_delete: refuse`.
    fn count_related(entity: &str, filter: &Filter) -> i64 = count_related;
}

#[cfg(test)]
mod tests {
    use super::half_up;

    #[test]
    fn an_average_is_rounded_half_away_from_zero() {
        assert_eq!(half_up(10, 3), 333);
        assert_eq!(half_up(20, 3), 667);
        assert_eq!(half_up(1, 200), 1);
        assert_eq!(half_up(-1, 200), -1);
    }
}
