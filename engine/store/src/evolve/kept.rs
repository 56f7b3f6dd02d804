//! The values that an evolution turned or took away, record by record, as they were. They show what a record was at an
//! earlier moment, and come back when an earlier release does. They count once their evolution is live.

use std::collections::BTreeMap;

use kezhi_types::{Fields, Id, Record, Timestamp};
use serde_json::Value;

use super::copy::ByRecord;
use crate::bind::{Bind, binds, json_text};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::records::{columns, record_of};
use crate::sql::Sql;
use crate::tx::reads;

/// Rows in one statement.
const AT_ONCE: usize = 64;

/// What one evolution did to one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The evolution.
    pub generation: i64,
    /// The values that are not what they were, by the keys of the old release.
    pub was: Fields,
    /// What became of them, by the keys of the next release; null where nothing did.
    pub became: Fields,
}

/// An evolution that is live.
#[derive(Debug, Clone, PartialEq)]
pub struct Evolved {
    /// The entity.
    pub entity: String,
    /// The number of the table that it made.
    pub generation: i64,
    /// The release that it made live.
    pub release: i64,
    /// When.
    pub at: Timestamp,
    /// What it did, as whoever asked for it told.
    pub steps: Value,
}

pub(super) async fn keep(conn: &mut Conn, entity: &str, notes: &[(Id, Kept)]) -> Result<(), Error> {
    for some in notes.chunks(AT_ONCE) {
        let mut values: Vec<Bind> = Vec::with_capacity(some.len() * 5);
        for (id, kept) in some {
            values.extend(binds![entity, *id, kept.generation]);
            values.extend([json_text(&kept.was), json_text(&kept.became)]);
        }
        let sql = format!(
            "INSERT INTO evolved (entity, record, generation, was, became) VALUES {}",
            places(some.len(), 5)
        );
        conn.run(sql, values).await?;
    }
    Ok(())
}

pub(super) async fn forget(
    conn: &mut Conn,
    (entity, generation): (&str, i64),
    ids: &[Id],
) -> Result<(), Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let (entity, generation) = (sql.bind(entity), sql.bind(generation));
    let list = sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect());
    let text = format!(
        "DELETE FROM evolved WHERE entity = {entity} AND generation = {generation} AND record IN ({list})"
    );
    conn.run(text, sql.binds).await.map(drop)
}

/// What the named evolutions kept of these records, newest first.
pub(super) async fn of_records(
    conn: &mut Conn,
    entity: &str,
    ids: &[Id],
    generations: &[i64],
) -> Result<ByRecord, Error> {
    let mut found: ByRecord = BTreeMap::new();
    if generations.is_empty() {
        return Ok(found);
    }
    for ids in ids.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let entity = sql.bind(entity);
        let list = sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect());
        let of = sql.bind_all(generations.iter().map(|generation| Bind::from(*generation)).collect());
        let text = format!(
            "SELECT record, generation, was, became FROM evolved WHERE entity = {entity} AND record IN ({list}) \
             AND generation IN ({of}) ORDER BY generation DESC"
        );
        for row in conn.rows(text, sql.binds).await? {
            let kept = Kept { generation: row.int(1)?, was: row.json(2)?, became: row.json(3)? };
            found.entry(row.id(0)?).or_default().push(kept);
        }
    }
    Ok(found)
}

async fn evolutions(conn: &mut Conn, entity: &str) -> Result<Vec<Evolved>, Error> {
    let sql = "SELECT entity, generation, release, at, steps FROM evolutions WHERE entity = $1 AND state = 'live' \
               ORDER BY generation DESC";
    let rows = conn.rows(sql, binds![entity]).await?;
    rows.iter()
        .map(|row| {
            Ok(Evolved {
                entity: row.text(0)?,
                generation: row.int(1)?,
                release: row.int(2)?,
                at: row.at(3)?,
                steps: row.json(4)?,
            })
        })
        .collect()
}

async fn kept(
    conn: &mut Conn,
    entity: &str,
    ids: &[Id],
    generations: &[i64],
) -> Result<BTreeMap<Id, Vec<Kept>>, Error> {
    of_records(conn, entity, ids, generations).await
}

async fn records_after(
    conn: &mut Conn,
    entity: &str,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<Record>, Error> {
    let catalog = conn.catalog();
    let Ok(table) = catalog.entity(entity) else { return Ok(Vec::new()) };
    let sql =
        format!("SELECT {} FROM \"{}\" t WHERE t.id > $1 ORDER BY t.id LIMIT $2", columns("t"), table.table);
    let after = after.unwrap_or(Id(uuid::Uuid::nil()));
    let rows = conn.rows(sql, binds![after, limit]).await?;
    rows.iter().map(|row| record_of(entity, row)).collect()
}

reads! {
    /// Records by id, those in the bin included, for walks over everything: continue after the last.
    fn records_after(entity: &str, after: Option<Id>, limit: u32) -> Vec<Record> = records_after;
    /// The evolutions of an entity that are live and whose values are kept, newest first.
    fn evolutions(entity: &str) -> Vec<Evolved> = evolutions;
    /// What these evolutions kept of these records, newest first.
    fn kept(entity: &str, ids: &[Id], generations: &[i64]) -> BTreeMap<Id, Vec<Kept>> = kept;
}
