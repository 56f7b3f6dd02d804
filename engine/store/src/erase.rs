//! Taking records out for good, with everything that is kept about them.

use kezhi_types::Id;
use kezhi_types::query::{Column, Shape};

use crate::bind::{Bind, Dialect, binds};
use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;
use crate::filter::rows_from;
use crate::sql::{Source, Sql};
use crate::tx::reads;

/// Tables that keep rows about a record, by `entity` and `record`. The history stays, without values: it is sealed.
const ABOUT: [&str; 11] = [
    "comments",
    "reveals",
    "file_uses",
    "events",
    "stale",
    "outbox",
    "incidents",
    "evolved",
    "merged",
    "record_shares",
    "merge_moves",
];

/// Answers how many records went, and the changes whose values were erased.
pub(crate) async fn delete_sample(conn: &mut Conn, seed: &[u8; 32]) -> Result<(u64, Vec<i64>), Error> {
    let sql = "SELECT h.seq FROM history h JOIN sample s ON s.record = h.record AND s.entity = h.entity ORDER BY h.seq";
    let seqs: Vec<i64> =
        conn.rows(sql, vec![]).await?.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let erased = crate::audit::blank::blank_changes(conn, &seqs, None, seed).await?;
    let catalog = conn.catalog();
    let mut gone = 0;
    for table in catalog.entities() {
        gone += erase_sample(conn, table).await?;
    }
    crate::files::abandon(conn).await?;
    conn.run("DELETE FROM sample", vec![]).await?;
    Ok((gone, erased))
}

/// Records that are no sample themselves, in the bin or not, whose relation `via` names a sample record of
/// `target`; with `table` the relation stands in the rows of that sub-table.
async fn pointing_at_sample(
    conn: &mut Conn,
    entity: &str,
    (table, via): (Option<&Column>, &Column),
    target: &str,
) -> Result<Vec<Id>, Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(entity)?;
    let Source::Table { alias, table: stored } = &source else { unreachable!("a table was asked for") };
    let (own, other) = (sql.bind(entity), sql.bind(target));
    let these = format!("(SELECT record FROM sample WHERE entity = {other})");
    let points = match table {
        None if via.shape == Shape::Links => {
            let (links, link) = sql.links(stored, via)?;
            format!(
                "EXISTS (SELECT 1 FROM {links} WHERE {link}.record = {alias}.id AND {link}.target IN {these})"
            )
        }
        None => format!("{} IN {these}", sql.place(&source, via)?.expression),
        Some(table) => {
            let (from, rows) = rows_from(&mut sql, &source, table)?;
            format!("EXISTS (SELECT 1 {from} WHERE {} IN {these})", sql.place(&rows, via)?.expression)
        }
    };
    let text = format!(
        "SELECT {alias}.id FROM \"{}\" {alias} WHERE {points} \
         AND {alias}.id NOT IN (SELECT record FROM sample WHERE entity = {own}) ORDER BY {alias}.id",
        stored.table
    );
    conn.rows(text, sql.binds).await?.iter().map(|row| row.id(0)).collect()
}

async fn sample_among(conn: &mut Conn, entity: &str, ids: &[Id]) -> Result<Vec<Id>, Error> {
    let mut found = Vec::new();
    for ids in ids.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let (entity, list) = (sql.bind(entity), sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect()));
        let text = format!("SELECT record FROM sample WHERE entity = {entity} AND record IN ({list})");
        for row in conn.rows(text, sql.binds).await? {
            found.push(row.id(0)?);
        }
    }
    Ok(found)
}

reads! {
    /// Records that are no sample themselves, in the bin or not, whose relation names a sample record of `target`,
    /// by id. The relation is a field, or a column in the rows of a sub-table: `(table, relation)`.
    fn pointing_at_sample(entity: &str, via: (Option<&Column>, &Column), target: &str) -> Vec<Id> = pointing_at_sample;
    /// Those of the records that came as sample data, in no order.
    fn sample_among(entity: &str, ids: &[Id]) -> Vec<Id> = sample_among;
}

async fn erase_sample(conn: &mut Conn, table: &EntityTable) -> Result<u64, Error> {
    let these = "SELECT record FROM sample WHERE entity = $1";
    let runs = format!("SELECT id FROM runs WHERE entity = $1 AND record IN ({these})");
    let entity = || -> Vec<Bind> { binds![&table.entity] };
    for about in ["visits", "tasks", "timers", "outbox", "incidents"] {
        conn.run(format!("DELETE FROM {about} WHERE run IN ({runs})"), entity()).await?;
    }
    conn.run(format!("DELETE FROM runs WHERE entity = $1 AND record IN ({these})"), entity()).await?;
    for about in ABOUT {
        conn.run(format!("DELETE FROM {about} WHERE entity = $1 AND record IN ({these})"), entity()).await?;
    }
    for linked in &table.links {
        conn.run(format!("DELETE FROM \"{}\" WHERE record IN ({these})", linked.table), entity()).await?;
    }
    if !table.matched.is_empty() {
        conn.run(format!("DELETE FROM \"{}\" WHERE record IN ({these})", table.keys), entity()).await?;
    }
    if conn.dialect() == Dialect::Sqlite && !table.searched.is_empty() {
        let sql = format!(
            "DELETE FROM \"{}\" WHERE rowid IN (SELECT row FROM \"{}\" WHERE id IN ({these}))",
            table.words, table.table
        );
        conn.run(sql, entity()).await?;
    }
    conn.run(format!("DELETE FROM \"{}\" WHERE id IN ({these})", table.table), entity()).await
}
