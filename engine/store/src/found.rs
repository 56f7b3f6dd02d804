//! What is found by words: matches of the index as SQL, and pages of them by rank.
//!
//! Every word is kept with the field that it stands in, so that a search asks only the fields that the asker may
//! read on that row; where only records of some people or departments may be seen, whose they are is asked of the index too.
//! What leads a record (its title) ranks before all else, then the newest come first; at most
//! 1,000 records are found. SQLite walks the index from the newest row on and stops when it has enough.

use kezhi_types::condition::Op;
use kezhi_types::query::{Filter, Part, Position, Query, Search};
use kezhi_types::{Id, Record};
use serde_json::{Value, json};

use crate::bind::Dialect;
use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;
use crate::filter::condition;
use crate::records::{columns, record_of};
use crate::sql::{Source, Sql};
use crate::words::{Holder, Wanted, class, of_holder, of_question};

/// How many records a search finds at most.
pub(crate) const FOUND: u32 = 1_000;
/// Filters whose every combination is asked; of more only each alone and all together.
const COMBINED: usize = 3;
/// People or departments that the index is asked for.
const HOLDERS: usize = 64;

/// Which matches are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// Every one.
    Any,
    /// Those by what leads a record.
    Leading,
    /// The others.
    Rest,
}

/// A match of fields that may be asked on the rows that fulfil the filters.
struct Way<'a> {
    filters: Vec<&'a Filter>,
    all: String,
    leading: Option<String>,
}

/// A statement's `FROM` and conditions, without the words `FROM` and `WHERE`.
pub(crate) struct Matching {
    pub from: String,
    pub conditions: Vec<String>,
    /// What grows with every record, for the order.
    pub newest: String,
}

/// The living records, or those in the bin, that fulfil the filter and are found by the words.
pub(crate) fn matching(
    sql: &mut Sql,
    source: &Source,
    query: &Query,
    search: &Search,
) -> Result<Matching, Error> {
    ranked_matching(sql, source, (query, search), Rank::Any)
}

fn ranked_matching(
    sql: &mut Sql,
    source: &Source,
    (query, search): (&Query, &Search),
    rank: Rank,
) -> Result<Matching, Error> {
    let Source::Table { alias, table } = source else { unreachable!("a table was asked for") };
    let mut conditions = Vec::new();
    let ways = ways(sql.dialect, table, search);
    let held =
        query.filter.as_ref().filter(|_| table.words_ready).and_then(|filter| held(sql.dialect, filter));
    let newest = match sql.dialect {
        Dialect::Sqlite => format!("\"{}\".rowid", table.words),
        Dialect::Postgres => format!("{alias}.id"),
    };
    let from = match sql.dialect {
        Dialect::Sqlite if !table.searched.is_empty() => {
            let words = &table.words;
            format!("\"{words}\" CROSS JOIN \"{}\" {alias} ON {alias}.row = \"{words}\".rowid", table.table)
        }
        _ => format!("\"{}\" {alias}", table.table),
    };
    match ways.as_slice() {
        [] => {
            let from = format!("\"{}\" {alias}", table.table);
            return Ok(Matching { from, conditions: vec!["FALSE".into()], newest: format!("{alias}.id") });
        }
        [Way { filters, all, leading }] if filters.is_empty() => {
            let text = match (rank, leading, sql.dialect) {
                (Rank::Any, _, _) | (Rank::Rest, None, _) => Some(all.clone()),
                (Rank::Leading, leading, _) => leading.clone(),
                (Rank::Rest, Some(leading), Dialect::Sqlite) => Some(format!("({all}) NOT ({leading})")),
                (Rank::Rest, Some(leading), Dialect::Postgres) => Some(format!("({all}) & !({leading})")),
            };
            match text.map(|text| among(sql.dialect, &text, held.as_deref())) {
                Some(text) => conditions.push(matched(sql, alias, table, text)),
                None => conditions.push("FALSE".into()),
            }
        }
        several => {
            // The index is walked by whatever may match at all; each row then says which of its fields count.
            let last = several.last().map(|way| way.all.clone()).unwrap_or_default();
            let last = among(sql.dialect, &last, held.as_deref());
            conditions.push(matched(sql, alias, table, last));
            conditions.push(match rank {
                Rank::Any => one_of_ways(sql, source, several, false)?,
                Rank::Leading => one_of_ways(sql, source, several, true)?,
                Rank::Rest => {
                    let any = one_of_ways(sql, source, several, false)?;
                    let leading = one_of_ways(sql, source, several, true)?;
                    format!("({any} AND NOT COALESCE({leading}, FALSE))")
                }
            });
        }
    }
    conditions.push(format!("{alias}.deleted_at {}", if query.bin { "IS NOT NULL" } else { "IS NULL" }));
    if let Some(filter) = &query.filter {
        let text = condition(sql, source, filter)?;
        conditions.push(match (sql.dialect, &held) {
            // Whose a record is stands among its words: PostgreSQL shall not walk an index of that besides.
            (Dialect::Postgres, Some(_)) => format!("({text}) IS TRUE"),
            _ => text,
        });
    }
    Ok(Matching { from, conditions, newest })
}

/// The condition that a record is one of the newest that are found: for lists in an order of their own.
pub(crate) fn among_found(
    sql: &mut Sql,
    alias: &str,
    query: &Query,
    search: &Search,
) -> Result<String, Error> {
    let inner = sql.source(&query.entity)?;
    let Source::Table { alias: found, .. } = &inner else { unreachable!("a table was asked for") };
    let Matching { from, conditions, newest } = matching(sql, &inner, query, search)?;
    let newest = if search.whole { String::new() } else { format!(" ORDER BY {newest} DESC LIMIT {FOUND}") };
    let conditions = conditions.join(" AND ");
    Ok(format!("{alias}.id IN (SELECT {found}.id FROM {from} WHERE {conditions}{newest})"))
}

/// A page by rank.
pub(crate) struct Ranked {
    pub records: Vec<Record>,
    /// How many of them were found by what leads them; they come first.
    pub leading: usize,
    /// Where the next page begins, where there is one.
    pub next: Option<Position>,
}

/// A page of what is found, by rank and then the newest first.
pub(crate) async fn ranked(conn: &mut Conn, query: &Query, search: &Search) -> Result<Ranked, Error> {
    let (mut rank, shown, mut after) = begin(query.after.as_ref());
    let most = if search.whole { u32::MAX } else { FOUND };
    let wanted = query.limit.min(most.saturating_sub(shown)) as usize;
    let mut records = Vec::with_capacity(wanted + 1);
    let mut leading = 0;
    loop {
        let (text, binds) = statement(conn, (query, search), rank, (after, wanted + 1 - records.len()))?;
        for row in conn.rows(text, binds).await? {
            records.push(record_of(&query.entity, &row)?);
        }
        if rank == Rank::Leading {
            leading = records.len();
        }
        if rank == Rank::Rest || records.len() > wanted {
            break;
        }
        (rank, after) = (Rank::Rest, None);
    }
    let shown = shown + u32::try_from(wanted).unwrap_or(FOUND);
    let more = records.len() > wanted && shown < most;
    records.truncate(wanted);
    let leading = leading.min(records.len());
    let next = records.last().filter(|_| more).map(|last| {
        let rest = leading < records.len() || rank_of(query.after.as_ref()) == Rank::Rest;
        Position { values: vec![json!(i32::from(rest)), json!(shown)], id: last.id }
    });
    Ok(Ranked { records, leading, next })
}

/// Rank, number of records shown before, and the last of them.
fn begin(after: Option<&Position>) -> (Rank, u32, Option<Id>) {
    let shown = after.and_then(|after| after.values.get(1)).and_then(Value::as_u64).unwrap_or(0);
    (rank_of(after), u32::try_from(shown).unwrap_or(FOUND).min(FOUND), after.map(|after| after.id))
}

fn rank_of(after: Option<&Position>) -> Rank {
    let rest = after.and_then(|after| after.values.first()).and_then(Value::as_u64) == Some(1);
    if rest { Rank::Rest } else { Rank::Leading }
}

fn statement(
    conn: &Conn,
    asked: (&Query, &Search),
    rank: Rank,
    (after, wanted): (Option<Id>, usize),
) -> Result<(String, Vec<crate::bind::Bind>), Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(&asked.0.entity)?;
    let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
    let Matching { from, mut conditions, newest } = ranked_matching(&mut sql, &source, asked, rank)?;
    if let Some(after) = after {
        let bound = sql.bind(after);
        conditions.push(match sql.dialect {
            Dialect::Sqlite if newest.ends_with(".rowid") => {
                format!("{newest} < (SELECT row FROM \"{}\" WHERE id = {bound})", table.table)
            }
            _ => format!("{newest} < {bound}"),
        });
    }
    let limit = sql.bind(wanted as i64);
    let text = format!(
        "SELECT {} FROM {from} WHERE {} ORDER BY {newest} DESC LIMIT {limit}",
        columns(alias),
        conditions.join(" AND ")
    );
    Ok((text, sql.binds))
}

/// One match of the index.
fn matched(sql: &mut Sql, alias: &str, table: &EntityTable, text: String) -> String {
    let bound = sql.bind(text);
    match sql.dialect {
        Dialect::Sqlite => format!("\"{}\" MATCH {bound}", table.words),
        Dialect::Postgres => format!("{alias}.words @@ {bound}::tsquery"),
    }
}

/// The same of a row that is at hand.
fn row_matched(sql: &mut Sql, alias: &str, table: &EntityTable, text: String) -> String {
    match sql.dialect {
        Dialect::Sqlite => {
            let inner = matched(sql, alias, table, text);
            format!("{alias}.row IN (SELECT rowid FROM \"{}\" WHERE {inner})", table.words)
        }
        Dialect::Postgres => matched(sql, alias, table, text),
    }
}

fn one_of_ways(
    sql: &mut Sql,
    source: &Source,
    ways: &[Way<'_>],
    only_leading: bool,
) -> Result<String, Error> {
    let Source::Table { alias, table } = source else { unreachable!("a table was asked for") };
    let mut parts = vec!["FALSE".to_owned()];
    for way in ways {
        let text = if only_leading { way.leading.as_ref() } else { Some(&way.all) };
        let Some(text) = text else { continue };
        let mut all = vec![row_matched(sql, alias, table, text.clone())];
        for filter in &way.filters {
            all.push(condition(sql, source, filter)?);
        }
        parts.push(format!("({})", all.join(" AND ")));
    }
    Ok(format!("({})", parts.join(" OR ")))
}

/// Which fields may be asked where: for each combination of the filters of fields that are not visible
/// everywhere. The last way asks every field. None where nothing may be asked.
fn ways<'a>(dialect: Dialect, table: &EntityTable, search: &'a Search) -> Vec<Way<'a>> {
    let wanted = of_question(&search.text);
    let mut filters: Vec<&Filter> = Vec::new();
    for filter in search.fields.iter().filter_map(|field| field.visible.as_ref()) {
        if !filters.contains(&filter) {
            filters.push(filter);
        }
    }
    let combinations: Vec<Vec<&Filter>> = if filters.len() <= COMBINED {
        let chosen = |bits: usize| {
            filters.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0).map(|(_, one)| *one).collect()
        };
        (0..1 << filters.len()).map(chosen).collect()
    } else {
        let alone = filters.iter().map(|one| vec![*one]);
        std::iter::once(Vec::new()).chain(alone).chain(std::iter::once(filters.clone())).collect()
    };
    let classes = |chosen: &[&Filter], only_leading: bool| -> Vec<String> {
        search
            .fields
            .iter()
            .filter(|field| field.leading || !only_leading)
            .filter(|field| field.visible.as_ref().is_none_or(|filter| chosen.contains(&filter)))
            .filter_map(|field| table.searched.iter().position(|known| *known == field.column))
            .map(class)
            .collect()
    };
    combinations
        .into_iter()
        .filter_map(|chosen| {
            let all = expression(dialect, &classes(&chosen, false), &wanted)?;
            let leading = expression(dialect, &classes(&chosen, true), &wanted);
            Some(Way { filters: chosen, all, leading })
        })
        .collect()
}

/// A match that is held so besides.
fn among(dialect: Dialect, text: &str, held: Option<&str>) -> String {
    let and = if dialect == Dialect::Sqlite { "AND" } else { "&" };
    held.map_or_else(|| text.to_owned(), |held| format!("({text}) {and} ({held})"))
}

/// Whose the records are that a filter may find, as a match; none where it does not say. A weaker match than the filter:
/// that one is asked besides.
fn held(dialect: Dialect, filter: &Filter) -> Option<String> {
    let (quote, or, and) = match dialect {
        Dialect::Sqlite => ('"', " OR ", " AND "),
        Dialect::Postgres => ('\'', " | ", " & "),
    };
    let joined =
        |parts: Vec<String>, with: &str| (!parts.is_empty()).then(|| format!("({})", parts.join(with)));
    match filter {
        Filter::All(parts) => joined(parts.iter().filter_map(|part| held(dialect, part)).collect(), and),
        Filter::Any(parts) => {
            joined(parts.iter().map(|part| held(dialect, part)).collect::<Option<_>>()?, or)
        }
        Filter::Compare { path, column, op: op @ (Op::Eq | Op::In), value }
            if path.is_empty() && column.part == Part::System =>
        {
            let holder = match column.field.as_str() {
                "owner" => Holder::Owner,
                "department" => Holder::Department,
                _ => return None,
            };
            let word = |value: &Value| {
                let id: Id = value.as_str()?.parse().ok()?;
                Some(format!("{quote}{}{quote}", of_holder(holder, id)))
            };
            match (op, value) {
                (Op::Eq, one) => word(one),
                (_, Value::Array(all)) if all.len() <= HOLDERS => {
                    joined(all.iter().map(word).collect::<Option<_>>()?, or)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Every word in one of the fields. Words are letters and digits, so quoting them is enough.
fn expression(dialect: Dialect, classes: &[String], wanted: &[Wanted]) -> Option<String> {
    if classes.is_empty() || wanted.is_empty() {
        return None;
    }
    let (quote, end, or, and) = match dialect {
        Dialect::Sqlite => ('"', "*", " OR ", " AND "),
        Dialect::Postgres => ('\'', ":*", " | ", " & "),
    };
    let one = |wanted: &Wanted| {
        let (word, end) = match wanted {
            Wanted::Whole(word) => (word, ""),
            Wanted::Beginning(word) => (word, end),
        };
        let each: Vec<String> =
            classes.iter().map(|class| format!("{quote}{class}{word}{quote}{end}")).collect();
        format!("({})", each.join(or))
    };
    Some(wanted.iter().map(one).collect::<Vec<_>>().join(and))
}
