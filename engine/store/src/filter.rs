//! Conditions as SQL, with the exact meaning that the judges in Rust and TypeScript give them.
//!
//! A leaf is true or false. Where SQL would say unknown it means false, and every `NOT` is put over a
//! `COALESCE(…, FALSE)`; without a `NOT`, unknown and false leave out the same rows, so indexes stay usable.
//! The operators that hold for an absent value (`ne not_in not_contains empty`) are negations of their opposites.

use kezhi_types::condition::Op;
use kezhi_types::query::{Column, Filter, Shape};
use serde_json::Value;

use crate::bind::{Bind, Dialect};
use crate::error::Error;
use crate::promote::{Storage, instant, integer, lunar_key, reference, scaled};
use crate::sharing::{self, Wanted};
use crate::sql::{Form, Place, Source, Sql};

/// The condition as SQL text over `source`; its values are bound in `sql`.
pub(crate) fn condition(sql: &mut Sql, source: &Source, filter: &Filter) -> Result<String, Error> {
    match filter {
        Filter::All(parts) => joined(sql, source, parts, " AND ", "TRUE"),
        Filter::Any(parts) => joined(sql, source, parts, " OR ", "FALSE"),
        Filter::Not(part) => Ok(not(&condition(sql, source, part)?)),
        Filter::Compare { path, column, op, value } => {
            compare(sql, source, path, &Leaf { column, op: *op, value })
        }
        Filter::Related { entity, via, filter, op, value } => {
            let rows = sql.source(entity)?;
            let from = related(sql, source, &rows, via, filter.as_deref())?;
            counted(sql, &from, *op, *value)
        }
        Filter::Linked { column, entity, filter, op, value } => {
            let records = sql.source(entity)?;
            let from = named(sql, source, &records, column, filter.as_deref())?;
            counted(sql, &from, *op, *value)
        }
        Filter::Rows { column, filter, op, value } => {
            let from = rows_of_table(sql, source, column, filter.as_deref())?;
            counted(sql, &from, *op, *value)
        }
        Filter::Shared { path, entity, with, access, at } => {
            sharing::shared(sql, source, path, &Wanted { entity, with, access: *access, at: *at })
        }
    }
}

fn joined(sql: &mut Sql, source: &Source, parts: &[Filter], word: &str, none: &str) -> Result<String, Error> {
    if parts.is_empty() {
        return Ok(none.to_owned());
    }
    let parts = parts.iter().map(|part| condition(sql, source, part)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("({})", parts.join(word)))
}

fn not(inner: &str) -> String {
    format!("(NOT COALESCE({inner}, FALSE))")
}

struct Leaf<'a> {
    column: &'a Column,
    op: Op,
    value: &'a Value,
}

fn compare(
    sql: &mut Sql,
    source: &Source,
    path: &[(Column, String)],
    leaf: &Leaf<'_>,
) -> Result<String, Error> {
    let (op, negated) = match leaf.op {
        Op::Ne => (Op::Eq, true),
        Op::NotIn => (Op::In, true),
        Op::NotContains => (Op::Contains, true),
        Op::Empty => (Op::NotEmpty, true),
        other => (other, false),
    };
    let positive = walk(sql, source, path, &Leaf { op, ..*leaf })?;
    Ok(if negated { not(&positive) } else { positive })
}

/// Follows relations to the record whose column is compared; of many records one must fulfil it.
fn walk(sql: &mut Sql, source: &Source, path: &[(Column, String)], leaf: &Leaf<'_>) -> Result<String, Error> {
    let Some(((relation, entity), rest)) = path.split_first() else {
        return positive(sql, source, leaf);
    };
    let target = sql.source(entity)?;
    if relation.shape == Shape::Links {
        let from = named_from(sql, source, &target, relation)?;
        let inner = walk(sql, &target, rest, leaf)?;
        return Ok(format!("EXISTS (SELECT 1 {from} AND {inner})"));
    }
    let from = sql.place(source, relation)?;
    let Source::Table { alias, table } = &target else { unreachable!("a table was asked for") };
    let inner = walk(sql, &target, rest, leaf)?;
    Ok(format!(
        "EXISTS (SELECT 1 FROM \"{}\" {alias} WHERE {alias}.id = {} AND {alias}.deleted_at IS NULL AND {inner})",
        table.table, from.expression
    ))
}

fn positive(sql: &mut Sql, source: &Source, leaf: &Leaf<'_>) -> Result<String, Error> {
    match leaf.op {
        Op::Has | Op::HasAny | Op::HasAll => return member(sql, source, leaf),
        Op::Under if Storage::of(&leaf.column.shape).is_none() => return member(sql, source, leaf),
        _ => {}
    }
    let place = sql.place(source, leaf.column)?;
    match leaf.op {
        Op::Eq | Op::Gt | Op::Gte | Op::Lt | Op::Lte => Ok(ordered(sql, &place, leaf.op, leaf.value)),
        Op::In | Op::Under => Ok(one_of(sql, &place, leaf.value)),
        Op::Contains | Op::StartsWith => Ok(part_of_text(sql, &place, leaf.op, leaf.value)),
        Op::NotEmpty => not_empty(sql, source, leaf.column, &place),
        other => Err(Error::Unsupported(format!("the operator {other:?}"))),
    }
}

fn ordered(sql: &mut Sql, place: &Place, op: Op, value: &Value) -> String {
    let Some((bound, exact)) = literal(place.form, value) else { return "FALSE".into() };
    // A decimal with more places than the field: `> 1.005` holds where `> 1.00` does, nothing equals it.
    let sign = match (op, exact) {
        (Op::Eq, true) => "=",
        (Op::Eq, false) => return "FALSE".into(),
        (Op::Gt, _) | (Op::Gte, false) => ">",
        (Op::Gte, true) => ">=",
        (Op::Lt, true) => "<",
        _ => "<=",
    };
    format!("{} {sign} {}", place.expression, sql.bind(bound))
}

fn one_of(sql: &mut Sql, place: &Place, value: &Value) -> String {
    let values = match value {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    let binds: Vec<Bind> = values
        .iter()
        .filter_map(|value| literal(place.form, value))
        .filter_map(|(bound, exact)| exact.then_some(bound))
        .collect();
    if binds.is_empty() {
        return "FALSE".into();
    }
    format!("{} IN ({})", place.expression, sql.bind_all(binds))
}

fn part_of_text(sql: &mut Sql, place: &Place, op: Op, value: &Value) -> String {
    let Some(part) = value.as_str() else { return "FALSE".into() };
    let part = part.to_ascii_lowercase();
    let length = part.chars().count();
    let bound = sql.bind(part);
    let text = match sql.dialect {
        Dialect::Sqlite => format!("lower({})", place.expression),
        Dialect::Postgres => format!("lower({} COLLATE \"C\")", place.expression),
    };
    match (op, sql.dialect) {
        (Op::StartsWith, _) => format!("substr({text}, 1, {length}) = {bound}"),
        (_, Dialect::Sqlite) => format!("instr({text}, {bound}) > 0"),
        (_, Dialect::Postgres) => format!("strpos({text}, {bound}) > 0"),
    }
}

fn not_empty(sql: &Sql, source: &Source, column: &Column, place: &Place) -> Result<String, Error> {
    let expression = &place.expression;
    Ok(match (place.form, sql.dialect) {
        (
            Form::Stored(Storage::Text | Storage::Choice | Storage::Date | Storage::Lunar)
            | Form::InstantText,
            _,
        ) => {
            format!("({expression} IS NOT NULL AND {expression} <> '')")
        }
        (Form::Stored(_), _) => format!("{expression} IS NOT NULL"),
        (Form::Document, Dialect::Sqlite) => {
            format!("({expression} IS NOT NULL AND {expression} NOT IN ('', '[]', '{{}}'))")
        }
        (Form::Document, Dialect::Postgres) => {
            let document = sql.document(source, column)?;
            format!(
                "({document} IS NOT NULL AND {document} NOT IN ('null'::jsonb, '\"\"'::jsonb, '[]'::jsonb, '{{}}'::jsonb))"
            )
        }
    })
}

/// `has`, `has_any` (and `under` of a list) and `has_all` of a list of texts.
fn member(sql: &mut Sql, source: &Source, leaf: &Leaf<'_>) -> Result<String, Error> {
    let wanted: Vec<String> = match leaf.value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    };
    if let Source::Table { alias, table } = source
        && let Some(linked) = table.linked(leaf.column)
    {
        let ids = wanted.iter().map(|text| text.parse::<kezhi_types::Id>().ok());
        return Ok(naming(sql, (alias, &linked.table), ids.collect(), leaf.op == Op::HasAll));
    }
    let document = sql.document(source, leaf.column)?;
    let each: Vec<String> = wanted
        .into_iter()
        .map(|text| {
            let bound = sql.bind(text);
            match sql.dialect {
                Dialect::Sqlite => {
                    format!("EXISTS (SELECT 1 FROM json_each({document}) WHERE value = {bound})")
                }
                Dialect::Postgres => format!("COALESCE(jsonb_exists({document}, {bound}), FALSE)"),
            }
        })
        .collect();
    let (word, none) = if leaf.op == Op::HasAll { (" AND ", "TRUE") } else { (" OR ", "FALSE") };
    Ok(if each.is_empty() { none.to_owned() } else { format!("({})", each.join(word)) })
}

/// The records whose links name one of these, or all of them. A text that is no id is nobody's.
fn naming(
    sql: &mut Sql,
    (alias, links): (&str, &str),
    ids: Vec<Option<kezhi_types::Id>>,
    all: bool,
) -> String {
    let mut one = |list: Vec<Bind>| {
        if list.is_empty() {
            return "FALSE".to_owned();
        }
        let list = sql.bind_all(list);
        format!("{alias}.id IN (SELECT record FROM \"{links}\" WHERE target IN ({list}))")
    };
    if !all {
        return one(ids.into_iter().flatten().map(Bind::from).collect());
    }
    let each: Vec<String> = ids.into_iter().map(|id| one(id.into_iter().map(Bind::from).collect())).collect();
    if each.is_empty() { "TRUE".to_owned() } else { format!("({})", each.join(" AND ")) }
}

/// `FROM … WHERE …` of the living records that this one names.
fn named_from(sql: &mut Sql, source: &Source, records: &Source, column: &Column) -> Result<String, Error> {
    let Source::Table { alias: own, table: holding } = source else {
        return Err(Error::Unsupported("records named by a sub-table's row".into()));
    };
    let Source::Table { alias, table } = records else { unreachable!("a table was asked for") };
    let (links, link) = sql.links(holding, column)?;
    Ok(format!(
        "FROM {links} JOIN \"{}\" {alias} ON {alias}.id = {link}.target WHERE {link}.record = {own}.id AND {alias}.deleted_at IS NULL",
        table.table
    ))
}

fn named(
    sql: &mut Sql,
    source: &Source,
    records: &Source,
    column: &Column,
    filter: Option<&Filter>,
) -> Result<String, Error> {
    let from = named_from(sql, source, records, column)?;
    let inner = filter.map(|filter| condition(sql, records, filter)).transpose()?;
    Ok(inner.map_or_else(|| from.clone(), |inner| format!("{from} AND {inner}")))
}

/// `FROM … WHERE …` of the living rows of another entity that point at this record.
fn related(
    sql: &mut Sql,
    source: &Source,
    rows: &Source,
    via: &Column,
    filter: Option<&Filter>,
) -> Result<String, Error> {
    let Source::Table { alias: own, .. } = source else {
        return Err(Error::Unsupported("records related to a sub-table's row".into()));
    };
    let Source::Table { alias, .. } = rows else { unreachable!("a table was asked for") };
    let points = pointing(sql, rows, via)?;
    let inner = filter.map(|filter| condition(sql, rows, filter)).transpose()?;
    let inner = inner.map(|inner| format!(" AND {inner}")).unwrap_or_default();
    let Pointing { from, at } = points;
    Ok(format!("{from} WHERE {at} = {own}.id AND {alias}.deleted_at IS NULL{inner}"))
}

/// `FROM …` of the rows of an entity that point at records, and the expression of the record that they point at.
pub(crate) struct Pointing {
    pub from: String,
    pub at: String,
}

/// The rows of an entity by their relation; by many relations a row comes once for each record that it names.
pub(crate) fn pointing(sql: &mut Sql, rows: &Source, via: &Column) -> Result<Pointing, Error> {
    let Source::Table { alias, table } = rows else { unreachable!("a table was asked for") };
    if via.shape != Shape::Links {
        let at = sql.place(rows, via)?.expression;
        return Ok(Pointing { from: format!("FROM \"{}\" {alias}", table.table), at });
    }
    let (links, link) = sql.links(table, via)?;
    let from = format!("FROM {links} JOIN \"{}\" {alias} ON {alias}.id = {link}.record", table.table);
    Ok(Pointing { from, at: format!("{link}.target") })
}

fn rows_of_table(
    sql: &mut Sql,
    source: &Source,
    column: &Column,
    filter: Option<&Filter>,
) -> Result<String, Error> {
    let (from, rows) = rows_from(sql, source, column)?;
    let inner = filter.map(|filter| condition(sql, &rows, filter)).transpose()?;
    Ok(inner.map_or_else(|| from.clone(), |inner| format!("{from} WHERE {inner}")))
}

/// `FROM …` of the rows of a sub-table, and how to name them.
pub(crate) fn rows_from(sql: &mut Sql, source: &Source, column: &Column) -> Result<(String, Source), Error> {
    let document = sql.document(source, column)?;
    let alias = sql.alias();
    let from = match sql.dialect {
        Dialect::Sqlite => format!("FROM json_each({document}) {alias}"),
        Dialect::Postgres => format!(
            "FROM jsonb_array_elements(CASE WHEN jsonb_typeof({document}) = 'array' THEN {document} ELSE '[]'::jsonb END) {alias}(value)"
        ),
    };
    Ok((from, Source::Row { alias }))
}

fn counted(sql: &mut Sql, from: &str, op: Op, value: i64) -> Result<String, Error> {
    let sign = match op {
        Op::Gte if value == 1 => return Ok(format!("EXISTS (SELECT 1 {from})")),
        Op::Eq if value == 0 => return Ok(format!("NOT EXISTS (SELECT 1 {from})")),
        Op::Eq => "=",
        Op::Ne => "<>",
        Op::Gt => ">",
        Op::Gte => ">=",
        Op::Lt => "<",
        Op::Lte => "<=",
        other => return Err(Error::Unsupported(format!("counting with {other:?}"))),
    };
    let bound = sql.bind(value);
    Ok(format!("(SELECT COUNT(*) {from}) {sign} {bound}"))
}

/// A literal as it compares with the place, and whether nothing of it was rounded away.
pub(crate) fn literal(form: Form, value: &Value) -> Option<(Bind, bool)> {
    let bound = match form {
        Form::Stored(Storage::Text | Storage::Date | Storage::Choice) => Bind::from(value.as_str()?),
        Form::Stored(Storage::Lunar) => Bind::from(lunar_key(value.as_str()?)),
        Form::Stored(Storage::Integer) => Bind::from(integer(value)?),
        Form::Stored(Storage::Scaled(scale)) => {
            let (number, exact) = scaled(value, scale)?;
            return Some((Bind::from(number), exact));
        }
        Form::Stored(Storage::Boolean) => Bind::from(value.as_bool()?),
        Form::Stored(Storage::Millis) => Bind::from(instant(value)?),
        Form::Stored(Storage::Reference) => Bind::from(reference(value)?),
        Form::InstantText => Bind::from(instant(value)?.to_string()),
        Form::Document => return None,
    };
    Some((bound, true))
}
