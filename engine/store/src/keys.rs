//! Keys by which duplicates are found: beside an entity's table lies one with `(part, key, record)`, written in the
//! transaction that writes the record. A part is something that records are matched by, a key the number of one form of a
//! value. Records in the bin keep their keys, as they keep their columns.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::query::{Layout, Matching};
use kezhi_types::{Fields, Id, Record};

use crate::bind::{Bind, Dialect, binds};
use crate::catalog::{EntityTable, Matched, short};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::matching::{forms, keys};
use crate::sql::Sql;
use crate::store::Store;

/// Keys in one statement.
const AT_ONCE: usize = 128;
/// Keys of what is no longer wanted that are deleted in one transaction.
const CLEARED: i64 = 20_000;

/// A key of a record: part, key, record.
pub(crate) type Key = (i64, i64, Id);
/// A record with its documents.
type Documents<'a> = (Id, &'a Fields, &'a Fields);

/// What the promotions call a part.
fn name(matching: &Matching) -> String {
    let within = matching.within.as_deref().map(|column| format!(".{column}")).unwrap_or_default();
    short(&format!("m_{:?}_{}{within}", matching.by, matching.column.field).to_lowercase())
}

/// Makes the table where it is wanted and new, adds what is to be matched, and forgets what is no longer where nothing
/// live stands on it; says whether old records must be filled in. What was forgotten has missed writes and begins anew.
pub(crate) async fn prepare(
    conn: &mut Conn,
    layout: &Layout,
    (table, empty): (&mut EntityTable, bool),
    forget: bool,
) -> Result<bool, Error> {
    let sql = "SELECT name, definition, state FROM promotions WHERE entity = $1 AND storage = 'keys'";
    let mut known: BTreeMap<String, (Matched, String)> = BTreeMap::new();
    for row in conn.rows(sql, binds![&table.entity]).await? {
        known.insert(row.text(0)?, (Matched::kept(&row, 1)?, row.text(2)?));
    }
    if known.is_empty() && !layout.matched.is_empty() {
        create(conn, table).await?;
    }
    let mut next = known.values().map(|(matched, _)| matched.part + 1).max().unwrap_or(0);
    let mut changed = false;
    for matching in &layout.matched {
        crate::sql::checked(&matching.column.field)?;
        let before = known.remove(&name(matching));
        let same = before.filter(|(matched, state)| matched.matching == *matching && state != "unwanted");
        let (part, state) = match same {
            Some((matched, state)) => (matched.part, Some(state)),
            None => (next, None),
        };
        next = next.max(part + 1);
        let matched =
            Matched { matching: matching.clone(), part, ready: empty || state.as_deref() == Some("ready") };
        let wanted = if matched.ready { "ready" } else { "filling" };
        if state.as_deref() != Some(wanted) {
            save(conn, table, &matched, wanted).await?;
            changed |= !matched.ready;
        }
        table.matched.push(matched);
    }
    for (name, (matched, state)) in known.into_iter().filter(|(_, (_, state))| state != "unwanted") {
        // What is not whole no release stands on.
        if !forget && state == "ready" {
            table.matched.push(Matched { ready: true, ..matched });
            continue;
        }
        let sql = "UPDATE promotions SET state = 'unwanted' WHERE entity = $1 AND name = $2";
        conn.run(sql, binds![&table.entity, name]).await?;
    }
    Ok(changed)
}

/// Makes the table, unless it is there.
pub(crate) async fn create(conn: &mut Conn, table: &EntityTable) -> Result<(), Error> {
    let (id, compact) = match conn.dialect() {
        Dialect::Sqlite => ("BLOB", " WITHOUT ROWID"),
        Dialect::Postgres => ("UUID", ""),
    };
    let (name, found) = (&table.keys, short(&format!("n_{}", table.entity)));
    conn.run(
        format!(
            "CREATE TABLE IF NOT EXISTS \"{name}\" (part BIGINT NOT NULL, key BIGINT NOT NULL, record {id} NOT NULL, \
             PRIMARY KEY (record, part, key)){compact}"
        ),
        vec![],
    )
    .await?;
    conn.run(format!("CREATE INDEX IF NOT EXISTS \"{found}\" ON \"{name}\" (part, key, record)"), vec![])
        .await?;
    Ok(())
}

async fn save(conn: &mut Conn, table: &EntityTable, matched: &Matched, state: &str) -> Result<(), Error> {
    let sql = "INSERT INTO promotions (entity, name, sort_name, definition, storage, is_unique, state) \
               VALUES ($1,$2,$3,$4,'keys',$5,$6) ON CONFLICT (entity, name) DO UPDATE SET \
               definition = excluded.definition, state = excluded.state";
    let definition = matched.definition();
    let values = binds![&table.entity, name(&matched.matching), Bind::Text(None), definition, false, state];
    conn.rows(sql, values).await.map(drop)
}

/// The numbers of the table's parts, as a statement lists them.
pub(crate) fn parts(table: &EntityTable) -> String {
    table.matched.iter().map(|matched| matched.part.to_string()).collect::<Vec<_>>().join(", ")
}

/// Deletes the keys of these parts, where the table of keys is there at all.
pub(crate) async fn clear_parts(
    conn: &mut Conn,
    table: &EntityTable,
    parts: std::ops::Range<i64>,
) -> Result<(), Error> {
    let name = &table.keys;
    let sql = match conn.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1",
        Dialect::Postgres => {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1"
        }
    };
    if conn.row(sql, binds![name]).await?.is_none() {
        return Ok(());
    }
    let sql = format!("DELETE FROM \"{name}\" WHERE part >= $1 AND part < $2");
    conn.run(sql, binds![parts.start, parts.end]).await.map(drop)
}

/// Notes the parts of a table that takes the place of another; what only the other one had is cleared later.
pub(crate) async fn take_over(conn: &mut Conn, old: &EntityTable, table: &EntityTable) -> Result<(), Error> {
    for matched in &table.matched {
        save(conn, table, matched, "ready").await?;
    }
    let kept = |gone: &&Matched| !table.matched.iter().any(|matched| matched.part == gone.part);
    for gone in old.matched.iter().filter(kept) {
        let sql = "INSERT INTO promotions (entity, name, sort_name, definition, storage, is_unique, state) \
                   VALUES ($1,$2,$3,$4,'keys',$5,'unwanted') ON CONFLICT (entity, name) DO NOTHING";
        let name = format!("m_gone_{}", gone.part);
        conn.run(sql, binds![&table.entity, name, Bind::Text(None), gone.definition(), false]).await?;
    }
    Ok(())
}

/// Every part of the table is whole now.
pub(crate) async fn ready(conn: &mut Conn, table: &mut EntityTable) -> Result<(), Error> {
    for matched in table.matched.iter_mut().filter(|matched| !matched.ready) {
        let sql = "UPDATE promotions SET state = 'ready' WHERE entity = $1 AND name = $2";
        conn.run(sql, binds![&table.entity, name(&matched.matching)]).await?;
        matched.ready = true;
    }
    Ok(())
}

/// Whether keys are kept that the layout no longer wants.
pub(crate) async fn has_unwanted(
    conn: &mut Conn,
    table: &EntityTable,
    layout: &Layout,
) -> Result<bool, Error> {
    if table.matched.iter().any(|matched| !layout.matched.contains(&matched.matching)) {
        return Ok(true);
    }
    let sql = "SELECT name FROM promotions WHERE entity = $1 AND storage = 'keys' AND state = 'unwanted'";
    Ok(conn.row(sql, binds![&table.entity]).await?.is_some())
}

impl Store {
    /// Deletes the keys of what is no longer matched, some at a time, and then forgets it.
    pub(crate) async fn clear_keys(&self, table: &EntityTable) -> Result<(), Error> {
        let sql = "SELECT name, state FROM promotions WHERE entity = $1 AND storage = 'keys'";
        let known = self.reader().patient().connect().await?.rows(sql, binds![&table.entity]).await?;
        if known.is_empty() {
            return Ok(());
        }
        let parts: Vec<String> = table.matched.iter().map(|matched| matched.part.to_string()).collect();
        let others = if parts.is_empty() {
            String::new()
        } else {
            format!("WHERE part NOT IN ({})", parts.join(", "))
        };
        loop {
            let mut tx = self.begin().await?;
            let sql = format!(
                "DELETE FROM \"{0}\" WHERE (record, part, key) IN (SELECT record, part, key FROM \"{0}\" {others} LIMIT $1)",
                table.keys
            );
            let gone = tx.conn.run(sql, binds![CLEARED]).await?;
            if gone == 0 {
                let sql =
                    "DELETE FROM promotions WHERE entity = $1 AND storage = 'keys' AND state = 'unwanted'";
                tx.conn.run(sql, binds![&table.entity]).await?;
            }
            tx.commit().await?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}

/// The keys that documents ask for.
pub(crate) fn wanted(table: &EntityTable, data: &Fields, derived: &Fields) -> BTreeSet<(i64, i64)> {
    let one = |matched: &Matched| {
        let found = keys(&forms(&matched.matching, data, derived));
        found.into_iter().map(|key| (matched.part, key)).collect::<Vec<_>>()
    };
    table.matched.iter().flat_map(one).collect()
}

/// Writes the keys of new records.
pub(crate) async fn insert(conn: &mut Conn, table: &EntityTable, records: &[&Record]) -> Result<(), Error> {
    if table.matched.is_empty() {
        return Ok(());
    }
    let of = |record: &&Record| {
        let id = record.id;
        wanted(table, &record.data, &record.derived).into_iter().map(move |(part, key)| (part, key, id))
    };
    let all: Vec<Key> = records.iter().flat_map(of).collect();
    add(conn, table, &all).await
}

/// The keys that an older record lacks of what is not ready.
pub(crate) fn of_old(table: &EntityTable, (id, data, derived): Documents<'_>, fresh: &mut Vec<Key>) {
    for matched in table.matched.iter().filter(|matched| !matched.ready) {
        let found = keys(&forms(&matched.matching, data, derived));
        fresh.extend(found.into_iter().map(|key| (matched.part, key, id)));
    }
}

/// Makes the keys of one record what its documents say. The record's row is locked by whoever calls.
pub(crate) async fn replace(
    conn: &mut Conn,
    table: &EntityTable,
    (id, data, derived): Documents<'_>,
) -> Result<(), Error> {
    if table.matched.is_empty() {
        return Ok(());
    }
    let wanted = wanted(table, data, derived);
    let known = of_records(conn, table, &[id]).await?.remove(&id).unwrap_or_default();
    for (part, key) in known.difference(&wanted) {
        let sql = format!("DELETE FROM \"{}\" WHERE record = $1 AND part = $2 AND key = $3", table.keys);
        conn.run(sql, binds![id, *part, *key]).await?;
    }
    let new: Vec<Key> = wanted.difference(&known).map(|(part, key)| (*part, *key, id)).collect();
    add(conn, table, &new).await
}

/// Adds keys; those that are there already stay.
pub(crate) async fn add(conn: &mut Conn, table: &EntityTable, all: &[Key]) -> Result<(), Error> {
    for some in all.chunks(AT_ONCE) {
        let mut some = some.to_vec();
        if let Some(last) = some.last().copied() {
            some.resize(some.len().next_power_of_two(), last);
        }
        let sql = format!(
            "INSERT INTO \"{}\" (part, key, record) VALUES {} ON CONFLICT DO NOTHING",
            table.keys,
            places(some.len(), 3)
        );
        let binds = some.into_iter().flat_map(|(part, key, record)| binds![part, key, record]).collect();
        conn.run(sql, binds).await?;
    }
    Ok(())
}

/// The keys that these records have.
pub(crate) async fn of_records(
    conn: &mut Conn,
    table: &EntityTable,
    ids: &[Id],
) -> Result<BTreeMap<Id, BTreeSet<(i64, i64)>>, Error> {
    let mut found: BTreeMap<Id, BTreeSet<(i64, i64)>> = BTreeMap::new();
    if table.matched.is_empty() {
        return Ok(found);
    }
    let parts: BTreeSet<i64> = table.matched.iter().map(|matched| matched.part).collect();
    for ids in ids.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let list = sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect());
        let text = format!("SELECT record, part, key FROM \"{}\" WHERE record IN ({list})", table.keys);
        for row in conn.rows(text, sql.binds).await? {
            let part = row.int(1)?;
            if parts.contains(&part) {
                found.entry(row.id(0)?).or_default().insert((part, row.int(2)?));
            }
        }
    }
    Ok(found)
}

/// Records that keys are kept of although they do not exist, each once.
pub(crate) async fn orphans(conn: &mut Conn, table: &EntityTable) -> Result<Vec<Id>, Error> {
    if table.matched.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT DISTINCT record FROM \"{}\" WHERE record NOT IN (SELECT id FROM \"{}\")",
        table.keys, table.table
    );
    conn.rows(sql, vec![]).await?.iter().map(|row| row.id(0)).collect()
}

/// Takes every key of a record out.
pub(crate) async fn forget(conn: &mut Conn, table: &EntityTable, record: Id) -> Result<(), Error> {
    conn.run(format!("DELETE FROM \"{}\" WHERE record = $1", table.keys), binds![record]).await.map(drop)
}
