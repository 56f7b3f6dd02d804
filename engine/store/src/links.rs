//! Fields that name many records: each has a table of its links beside the documents, written in the transaction that
//! writes the record, so that a record finds those that name it as fast as through a promoted column. Records in the
//! bin keep their links, as they keep their columns.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::query::{Layout, Promotion, Shape};
use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

use crate::bind::{Bind, Dialect, binds};
use crate::catalog::{EntityTable, Linked};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::sql::Sql;

/// Links in one statement.
const AT_ONCE: usize = 64;

/// Links of one field: a record and one that it names.
type Pair = (Id, Id);

/// Makes the tables that are wanted and new, and forgets those that are no longer wanted where nothing live stands on
/// them; says whether old records must be filled in. A table that was forgotten has missed writes and begins anew.
pub(crate) async fn prepare(
    conn: &mut Conn,
    layout: &Layout,
    (table, empty): (&mut EntityTable, bool),
    forget: bool,
) -> Result<bool, Error> {
    let sql =
        "SELECT name, state, definition, generation FROM promotions WHERE entity = $1 AND storage = 'links'";
    let mut known = BTreeMap::new();
    for row in conn.rows(sql, binds![&table.entity]).await? {
        known.insert(row.text(0)?, (row.text(1)?, row.json::<Promotion>(2)?, row.int(3)?));
    }
    let mut changed = false;
    for promotion in layout.promoted.iter().filter(|one| one.column.shape == Shape::Links) {
        crate::sql::checked(&promotion.column.field)?;
        let mut linked = Linked::new(&table.entity, promotion, table.generation);
        let before = known.remove(&linked.name);
        if let Some((_, _, generation)) = &before {
            linked = Linked::new(&table.entity, promotion, *generation);
        }
        let state = before.map(|(state, _, _)| state);
        match state.as_deref() {
            None => create(conn, &linked).await?,
            Some("unwanted") => drop(conn.run(format!("DELETE FROM \"{}\"", linked.table), vec![]).await?),
            Some(_) => {}
        }
        linked.ready = empty || state.as_deref() == Some("ready");
        let wanted = if linked.ready { "ready" } else { "filling" };
        if state.as_deref() != Some(wanted) {
            save(conn, table, &linked, wanted).await?;
            changed |= !linked.ready;
        }
        table.links.push(linked);
    }
    for (name, (state, promotion, generation)) in
        known.into_iter().filter(|(_, (state, ..))| state != "unwanted")
    {
        // What is not whole no release stands on.
        if !forget && state == "ready" {
            table.links.push(Linked { ready: true, ..Linked::new(&table.entity, &promotion, generation) });
            continue;
        }
        let sql = "UPDATE promotions SET state = 'unwanted' WHERE entity = $1 AND name = $2";
        conn.run(sql, binds![&table.entity, name]).await?;
    }
    Ok(changed)
}

pub(crate) async fn create(conn: &mut Conn, linked: &Linked) -> Result<(), Error> {
    let (id, compact) = match conn.dialect() {
        Dialect::Sqlite => ("BLOB", " WITHOUT ROWID"),
        Dialect::Postgres => ("UUID", ""),
    };
    let (name, back) = (&linked.table, linked.back());
    conn.run(
        format!(
            "CREATE TABLE \"{name}\" (record {id} NOT NULL, target {id} NOT NULL, PRIMARY KEY (record, target)){compact}"
        ),
        vec![],
    )
    .await?;
    conn.run(format!("CREATE INDEX \"{back}\" ON \"{name}\" (target, record)"), vec![]).await.map(drop)
}

pub(crate) async fn save(
    conn: &mut Conn,
    table: &EntityTable,
    linked: &Linked,
    state: &str,
) -> Result<(), Error> {
    let sql = "INSERT INTO promotions (entity, name, sort_name, definition, storage, is_unique, state, generation) \
               VALUES ($1,$2,$3,$4,'links',$5,$6,$7) ON CONFLICT (entity, name) DO UPDATE SET \
               definition = excluded.definition, state = excluded.state";
    let definition = serde_json::to_string(&linked.promotion).unwrap_or_default();
    let values =
        binds![&table.entity, &linked.name, Bind::Text(None), definition, false, state, linked.generation];
    conn.rows(sql, values).await.map(drop)
}

/// The links that a document asks for.
pub(crate) fn wanted(linked: &Linked, data: &Fields) -> BTreeSet<Id> {
    let items = data.get(&linked.promotion.column.field).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item.as_str()?.parse().ok()).collect()
}

/// Writes the links of new records.
pub(crate) async fn insert(conn: &mut Conn, table: &EntityTable, records: &[&Record]) -> Result<(), Error> {
    for linked in &table.links {
        let one =
            |record: &Record| wanted(linked, &record.data).into_iter().map(|to| (record.id, to)).collect();
        let pairs: Vec<Pair> = records.iter().flat_map(|record| -> Vec<Pair> { one(record) }).collect();
        add(conn, linked, &pairs).await?;
    }
    Ok(())
}

/// Makes the links of one record what its document says. The record's row is locked by whoever calls.
pub(crate) async fn replace(
    conn: &mut Conn,
    table: &EntityTable,
    id: Id,
    data: &Fields,
) -> Result<(), Error> {
    for linked in &table.links {
        let wanted = wanted(linked, data);
        let known = of_records(conn, linked, &[id]).await?.remove(&id).unwrap_or_default();
        let gone: Vec<Bind> = known.difference(&wanted).map(|target| Bind::from(*target)).collect();
        if !gone.is_empty() {
            let mut sql = Sql::new(conn.dialect(), conn.catalog());
            let (record, list) = (sql.bind(id), sql.bind_all(gone));
            let text =
                format!("DELETE FROM \"{}\" WHERE record = {record} AND target IN ({list})", linked.table);
            conn.run(text, sql.binds).await?;
        }
        let new: Vec<Pair> = wanted.difference(&known).map(|target| (id, *target)).collect();
        add(conn, linked, &new).await?;
    }
    Ok(())
}

async fn add(conn: &mut Conn, linked: &Linked, pairs: &[Pair]) -> Result<(), Error> {
    for pairs in pairs.chunks(AT_ONCE) {
        let binds = pairs.iter().flat_map(|(record, target)| binds![*record, *target]).collect();
        let sql = format!(
            "INSERT INTO \"{}\" (record, target) VALUES {} ON CONFLICT DO NOTHING",
            linked.table,
            places(pairs.len(), 2)
        );
        conn.run(sql, binds).await?;
    }
    Ok(())
}

/// The links that these records have.
pub(crate) async fn of_records(
    conn: &mut Conn,
    linked: &Linked,
    ids: &[Id],
) -> Result<BTreeMap<Id, BTreeSet<Id>>, Error> {
    let mut found: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
    for ids in ids.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let list = sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect());
        let text = format!("SELECT record, target FROM \"{}\" WHERE record IN ({list})", linked.table);
        for row in conn.rows(text, sql.binds).await? {
            found.entry(row.id(0)?).or_default().insert(row.id(1)?);
        }
    }
    Ok(found)
}

/// Records that links are kept of although they do not exist, each once.
pub(crate) async fn orphans(conn: &mut Conn, table: &EntityTable, linked: &Linked) -> Result<Vec<Id>, Error> {
    let sql = format!(
        "SELECT DISTINCT record FROM \"{}\" WHERE record NOT IN (SELECT id FROM \"{}\")",
        linked.table, table.table
    );
    conn.rows(sql, vec![]).await?.iter().map(|row| row.id(0)).collect()
}

/// Takes every link of a record out.
pub(crate) async fn forget(conn: &mut Conn, linked: &Linked, record: Id) -> Result<(), Error> {
    let sql = format!("DELETE FROM \"{}\" WHERE record = $1", linked.table);
    conn.run(sql, binds![record]).await.map(drop)
}
