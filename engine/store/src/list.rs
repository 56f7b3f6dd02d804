//! Pages of records in a stable order, counts, matches and titles.
//!
//! Paging is by key, never by offset. The first sort key is asked in two phases, rows that have it and rows
//! that do not, so that an index on it serves both directions although absent values always come last.

use kezhi_types::query::{Count, CountKind, CountMode, Filter, Position, Query, Shape};
use kezhi_types::{Id, Record, Stored};
use serde_json::Value;

use crate::bind::{Bind, Dialect, Row};
use crate::conn::Conn;
use crate::error::Error;
use crate::filter::{condition, literal};
use crate::found::{Matching, Ranked, among_found, matching as matching_words, ranked};
use crate::position::{position, seen_of};
use crate::promote::sort_key;
use crate::records::{columns, record_of, stored_of};
use crate::sql::{Place, Source, Sql};
use crate::tx::reads;

/// The number up to which a capped count counts.
const COUNTED: i64 = 1_000;

/// A page of records.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<R = Record> {
    /// At most `limit` records, in order.
    pub records: Vec<R>,
    /// Of records by rank: how many, from the first on, were found by what leads them.
    pub leading: usize,
    /// Whether more follow.
    pub has_more: bool,
    /// The position of the last record, when more follow; give it back as [`Query::after`].
    pub next: Option<Position>,
    /// How many there are in all, when asked.
    pub count: Option<Count>,
}

/// Which rows of the first sort key a phase asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Every,
    Present,
    Absent,
}

/// One sort key as SQL.
struct Key {
    expression: String,
    descending: bool,
    nullable: bool,
    /// Where the value may be seen; else it counts as absent and its expression says so.
    visible: Option<String>,
    /// The bound value of the position; `None` where it is absent there.
    after: Option<Bind>,
}

async fn list(conn: &mut Conn, query: &Query) -> Result<Page, Error> {
    let mut page = match (&query.words, query.sort.is_empty()) {
        (Some(search), true) => {
            let Ranked { records, leading, next } = ranked(conn, query, search).await?;
            Page { records, leading, has_more: next.is_some(), next, count: None }
        }
        _ => sorted_page(conn, query, record_of).await?,
    };
    page.count = count(conn, query, query.count).await?;
    Ok(page)
}

async fn list_stored(conn: &mut Conn, query: &Query) -> Result<Page<Stored>, Error> {
    let mut page = sorted_page(conn, query, stored_of).await?;
    page.count = count(conn, query, query.count).await?;
    Ok(page)
}

async fn sorted_page<R>(
    conn: &mut Conn,
    query: &Query,
    read: fn(&str, &Row) -> Result<R, Error>,
) -> Result<Page<R>, Error> {
    let wanted = query.limit as usize + 1;
    let first_is_absent =
        query.after.as_ref().and_then(|after| after.values.first()).is_some_and(Value::is_null);
    let nullable = {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let source = sql.source(&query.entity)?;
        query
            .sort
            .first()
            .map(|sort| sql.reached(&source, &sort.path, &sort.column))
            .transpose()?
            .is_some_and(|place| place.nullable || query.sort[0].visible.is_some())
    };
    let phases: &[Phase] = match (nullable, first_is_absent) {
        (false, _) => &[Phase::Every],
        (true, false) => &[Phase::Present, Phase::Absent],
        (true, true) => &[Phase::Absent],
    };
    let mut records = Vec::with_capacity(wanted);
    let mut last = None;
    for phase in phases {
        if records.len() < wanted {
            let (sql, binds) = statement(conn, query, *phase, wanted - records.len())?;
            for row in conn.rows(sql, binds).await? {
                if records.len() + 2 == wanted {
                    last = Some((record_of(&query.entity, &row)?, seen_of(&query.sort, &row)?));
                }
                records.push(read(&query.entity, &row)?);
            }
        }
    }
    let has_more = records.len() == wanted;
    records.truncate(query.limit as usize);
    let next = match last.filter(|_| has_more) {
        Some((record, seen)) => Some(position(conn, &record, &query.sort, &seen).await?),
        None => None,
    };
    Ok(Page { records, leading: 0, has_more, next, count: None })
}

fn statement(conn: &Conn, query: &Query, phase: Phase, wanted: usize) -> Result<(String, Vec<Bind>), Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(&query.entity)?;
    let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
    let mut conditions = conditions(&mut sql, &source, query)?;
    let mut keys = keys(&mut sql, &source, query)?;
    let seen: String = keys
        .iter()
        .filter_map(|key| key.visible.as_deref())
        .map(|visible| format!(", CASE WHEN {visible} THEN CAST(1 AS BIGINT) ELSE 0 END"))
        .collect();
    let mut after = query.after.as_ref();
    match phase {
        Phase::Every => {}
        Phase::Present => {
            conditions.push(format!("{} IS NOT NULL", keys[0].expression));
            keys[0].nullable = false;
        }
        Phase::Absent => {
            conditions.push(format!("{} IS NULL", keys[0].expression));
            let first = keys.remove(0);
            after = after.filter(|_| first.after.is_none());
        }
    }
    let down = query.sort.last().is_some_and(|sort| sort.descending);
    let id = Key {
        expression: format!("{alias}.id"),
        descending: down,
        nullable: false,
        visible: None,
        after: after.map(|position| Bind::from(position.id)),
    };
    keys.push(id);
    if after.is_some() {
        conditions.push(beyond(&mut sql, &keys));
    }
    let order: Vec<String> = keys.iter().map(ordering).collect();
    let text = format!(
        "SELECT {}{seen} FROM \"{}\" {alias} WHERE {} ORDER BY {} LIMIT {}",
        columns(alias),
        table.table,
        conditions.join(" AND "),
        order.join(", "),
        sql.bind(wanted as i64)
    );
    Ok((text, sql.binds))
}

fn ordering(key: &Key) -> String {
    let direction = if key.descending { " DESC" } else { "" };
    let nulls = if key.nullable { " NULLS LAST" } else { "" };
    format!("{}{direction}{nulls}", key.expression)
}

/// The rows after the position: beyond it in the first key, or equal there and beyond in the rest.
fn beyond(sql: &mut Sql, keys: &[Key]) -> String {
    let Some((key, rest)) = keys.split_first() else { return "FALSE".into() };
    let Key { expression, descending, nullable, after, .. } = key;
    let Some(value) = after else {
        return format!("({expression} IS NULL AND {})", beyond(sql, rest));
    };
    let sign = if *descending { "<" } else { ">" };
    let bound = sql.bind(value.clone());
    if rest.is_empty() {
        return format!("{expression} {sign} {bound}");
    }
    let beyond_rest = beyond(sql, rest);
    if *nullable {
        return format!(
            "({expression} {sign} {bound} OR {expression} IS NULL OR ({expression} = {bound} AND {beyond_rest}))"
        );
    }
    format!("({expression} {sign}= {bound} AND ({expression} {sign} {bound} OR {beyond_rest}))")
}

fn keys(sql: &mut Sql, source: &Source, query: &Query) -> Result<Vec<Key>, Error> {
    let mut keys = Vec::with_capacity(query.sort.len() + 1);
    for (at, sort) in query.sort.iter().enumerate() {
        let place = sql.reached(source, &sort.path, &sort.column)?;
        let value =
            query.after.as_ref().and_then(|after| after.values.get(at)).filter(|value| !value.is_null());
        let (expression, after) = match (&sort.column.shape, value) {
            (Shape::Option { order }, value) => {
                (by_order(sql, &place, order), value.map(|value| Bind::from(rank(order, value))))
            }
            (_, value) => sorted(&place, value),
        };
        let visible = match &sort.visible {
            Some(filter) => Some(condition(sql, source, filter)?),
            None => None,
        };
        let (expression, nullable) = match &visible {
            Some(visible) => (format!("(CASE WHEN {visible} THEN {expression} END)"), true),
            None => (expression, place.nullable),
        };
        keys.push(Key { expression, descending: sort.descending, nullable, visible, after });
    }
    Ok(keys)
}

fn sorted(place: &Place, value: Option<&Value>) -> (String, Option<Bind>) {
    match &place.sorted {
        Some(column) => {
            (column.clone(), value.and_then(Value::as_str).map(|text| Bind::from(sort_key(text))))
        }
        None => {
            let bound = value.and_then(|value| literal(place.form, value)).map(|(bound, _)| bound);
            (place.expression.clone(), bound)
        }
    }
}

/// Options sort by their place in the definition, unknown ones after all others.
pub(crate) fn by_order(sql: &mut Sql, place: &Place, order: &[String]) -> String {
    let expression = &place.expression;
    let mut text = format!("(CASE WHEN {expression} IS NULL THEN NULL");
    for (rank, option) in order.iter().enumerate() {
        text.push_str(&format!(" WHEN {expression} = {} THEN {rank}", sql.bind(option)));
    }
    text.push_str(&format!(" ELSE {} END)", order.len()));
    text
}

fn rank(order: &[String], value: &Value) -> i64 {
    let place = order.iter().position(|option| Some(option.as_str()) == value.as_str());
    place.unwrap_or(order.len()) as i64
}

fn conditions(sql: &mut Sql, source: &Source, query: &Query) -> Result<Vec<String>, Error> {
    let Source::Table { alias, .. } = source else { unreachable!("a table was asked for") };
    let living = if query.bin { "IS NOT NULL" } else { "IS NULL" };
    let mut conditions = vec![format!("{alias}.deleted_at {living}")];
    if let Some(filter) = &query.filter {
        conditions.push(condition(sql, source, filter)?);
    }
    if let Some(search) = &query.words {
        conditions.push(among_found(sql, alias, query, search)?);
    }
    Ok(conditions)
}

async fn count(conn: &mut Conn, query: &Query, mode: CountMode) -> Result<Option<Count>, Error> {
    if mode == CountMode::None {
        return Ok(None);
    }
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(&query.entity)?;
    let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
    let from = match &query.words {
        Some(search) => {
            let Matching { from, conditions, .. } = matching_words(&mut sql, &source, query, search)?;
            format!("FROM {from} WHERE {}", conditions.join(" AND "))
        }
        None => {
            let conditions = conditions(&mut sql, &source, query)?.join(" AND ");
            format!("FROM \"{}\" {alias} WHERE {conditions}", table.table)
        }
    };
    let text = match mode {
        CountMode::Capped => {
            format!("SELECT COUNT(*) FROM (SELECT 1 AS one {from} LIMIT {}) AS counted", COUNTED + 1)
        }
        _ => format!("SELECT COUNT(*) {from}"),
    };
    let value = conn.row(text, sql.binds).await?.map_or(Ok(0), |row| row.int(0))?;
    Ok(Some(match mode {
        CountMode::Capped if value > COUNTED => Count { value: COUNTED, kind: CountKind::Capped },
        _ => Count { value, kind: CountKind::Exact },
    }))
}

/// How the database would find the page of a query: its own words, one line a step, with the statement's values.
async fn explain(conn: &mut Conn, query: &Query) -> Result<Vec<String>, Error> {
    let phase = match query.sort.first() {
        Some(_) => Phase::Present,
        None => Phase::Every,
    };
    let (text, binds) = statement(conn, query, phase, query.limit as usize)?;
    let (verb, at) = match conn.dialect() {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Dialect::Postgres => ("EXPLAIN", 0),
    };
    conn.rows(format!("{verb} {text}"), binds).await?.iter().map(|row| row.text(at)).collect()
}

async fn matching(conn: &mut Conn, entity: &str, filter: &Filter, ids: &[Id]) -> Result<Vec<Id>, Error> {
    let mut found = Vec::new();
    for ids in ids.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let source = sql.source(entity)?;
        let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
        let inner = condition(&mut sql, &source, filter)?;
        let list = sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect());
        let text = format!(
            "SELECT {alias}.id FROM \"{}\" {alias} WHERE {alias}.id IN ({list}) AND {inner}",
            table.table
        );
        for row in conn.rows(text, sql.binds).await? {
            found.push(row.id(0)?);
        }
    }
    Ok(found)
}

async fn matches(conn: &mut Conn, entity: &str, filter: &Filter, id: Id) -> Result<bool, Error> {
    Ok(!matching(conn, entity, filter, &[id]).await?.is_empty())
}

async fn ids(
    conn: &mut Conn,
    entity: &str,
    filter: Option<&Filter>,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<Id>, Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(entity)?;
    let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
    let mut conditions = vec![format!("{alias}.deleted_at IS NULL")];
    if let Some(filter) = filter {
        conditions.push(condition(&mut sql, &source, filter)?);
    }
    if let Some(after) = after {
        conditions.push(format!("{alias}.id > {}", sql.bind(after)));
    }
    let text = format!(
        "SELECT {alias}.id FROM \"{}\" {alias} WHERE {} ORDER BY {alias}.id LIMIT {}",
        table.table,
        conditions.join(" AND "),
        sql.bind(limit)
    );
    conn.rows(text, sql.binds).await?.iter().map(|row| row.id(0)).collect()
}

reads! {
    /// A page of an entity: living records, or those in the bin. Without sort keys by id, or by
    /// rank and the newest first when words are asked for.
    fn list(query: &Query) -> Page = list;
    /// How the database finds the first page of a query, in its own words, a line a step.
    fn explain(query: &Query) -> Vec<String> = explain;
    /// The same with the documents of the records as they lie; by its sort keys, also where words are asked for.
    fn list_stored(query: &Query) -> Page<Stored> = list_stored;
    /// How many records answer a query, paging aside.
    fn count(query: &Query, mode: CountMode) -> Option<Count> = count;
    /// Whether a record, in the bin or not, fulfils a filter.
    fn matches(entity: &str, filter: &Filter, id: Id) -> bool = matches;
    /// Those of the records that fulfil a filter, in no order.
    fn matching(entity: &str, filter: &Filter, ids: &[Id]) -> Vec<Id> = matching;
    /// Living records by id, for walks over everything: continue after the last id given.
    fn ids(entity: &str, filter: Option<&Filter>, after: Option<Id>, limit: u32) -> Vec<Id> = ids;
}
