//! Records from one table to the other: copied as they lie in one statement, then turned and computed one by one. What was
//! written meanwhile is copied again by the log, until nothing is left.

use std::collections::BTreeMap;

use kezhi_types::{Id, Record};

use super::{Evolving, Kept, Turn, Turned, kept};
use crate::bind::{Bind, Dialect, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::records::{columns, record_of};
use crate::rows::{self, document, named, promoted_names, promoted_values, words_key};
use crate::sql::Sql;
use crate::{keys, links, words};

/// Records copied in one transaction, and writes settled in one.
const BATCH: i64 = 500;

/// The next records in the order of their ids; how many they were.
pub(super) async fn next(conn: &mut Conn, evolving: &Evolving, turn: Turn<'_>) -> Result<i64, Error> {
    let table = &evolving.shadow.table;
    let lock = conn.for_update();
    let sql = format!(
        "SELECT cursor FROM evolutions WHERE entity = $1 AND generation = $2 AND state = 'filling'{lock}"
    );
    let row = conn.row(sql, binds![&table.entity, table.generation]).await?;
    // Somebody else has ended it.
    let Some(row) = row else { return Ok(0) };
    let cursor = row.maybe_id(0)?.unwrap_or(Id(uuid::Uuid::nil()));
    let sql = format!("SELECT id FROM \"{}\" WHERE id > $1 ORDER BY id LIMIT $2", evolving.shadow.old.table);
    let rows = conn.rows(sql, binds![cursor, BATCH]).await?;
    let ids: Vec<Id> = rows.iter().map(|row| row.id(0)).collect::<Result<_, _>>()?;
    copy(conn, evolving, turn, &ids).await?;
    // What comes behind the last is noted by the log and copied by it; whoever takes the evolution up begins there.
    let cursor = ids.last().copied().unwrap_or(Id(uuid::Uuid::max()));
    let sql = "UPDATE evolutions SET cursor = $3, done = done + $4 WHERE entity = $1 AND generation = $2";
    conn.run(sql, binds![&table.entity, table.generation, cursor, ids.len() as i64]).await?;
    Ok(ids.len() as i64)
}

/// Some of the records that the log names; how many of its rows are settled.
pub(super) async fn written(conn: &mut Conn, evolving: &Evolving, turn: Turn<'_>) -> Result<usize, Error> {
    let noted = noted(conn, evolving, BATCH).await?;
    settle(conn, evolving, turn, &noted).await?;
    Ok(noted.len())
}

/// All of them, where nobody writes: first none of them is there any more, so that a value that was passed on is free.
pub(super) async fn rest(conn: &mut Conn, evolving: &Evolving, turn: Turn<'_>) -> Result<(), Error> {
    let noted = noted(conn, evolving, i64::MAX).await?;
    settle(conn, evolving, turn, &noted).await
}

async fn noted(conn: &mut Conn, evolving: &Evolving, limit: i64) -> Result<Vec<(i64, Id)>, Error> {
    let sql = format!("SELECT seq, id FROM \"{}\" ORDER BY seq LIMIT $1", evolving.shadow.log());
    let rows = conn.rows(sql, binds![limit]).await?;
    rows.iter().map(|row| Ok((row.int(0)?, row.id(1)?))).collect()
}

async fn settle(
    conn: &mut Conn,
    evolving: &Evolving,
    turn: Turn<'_>,
    noted: &[(i64, Id)],
) -> Result<(), Error> {
    let mut ids: Vec<Id> = noted.iter().map(|(_, id)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    for ids in ids.chunks(BATCH as usize) {
        take_out(conn, evolving, ids).await?;
    }
    for ids in ids.chunks(BATCH as usize) {
        copy(conn, evolving, turn, ids).await?;
    }
    for some in noted.chunks(BATCH as usize) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let list = sql.bind_all(some.iter().map(|(seq, _)| Bind::from(*seq)).collect());
        let text = format!("DELETE FROM \"{}\" WHERE seq IN ({list})", evolving.shadow.log());
        conn.run(text, sql.binds).await?;
    }
    Ok(())
}

/// Takes records out of the new table, with what lies beside it.
async fn take_out(conn: &mut Conn, evolving: &Evolving, ids: &[Id]) -> Result<(), Error> {
    let shadow = &evolving.shadow;
    let (entity, generation) = (&shadow.table.entity, shadow.table.generation);
    let listed = |conn: &Conn| {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let list = sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect());
        (list, sql.binds)
    };
    let (list, values) = listed(conn);
    let table = &shadow.table.table;
    if conn.dialect() == Dialect::Sqlite && shadow.fresh_words && !shadow.table.searched.is_empty() {
        let words = &shadow.table.words;
        let sql = format!(
            "DELETE FROM \"{words}\" WHERE rowid IN (SELECT row FROM \"{table}\" WHERE id IN ({list}))"
        );
        conn.run(sql, values.clone()).await?;
    }
    for linked in &shadow.fresh.links {
        let sql = format!("DELETE FROM \"{}\" WHERE record IN ({list})", linked.table);
        conn.run(sql, values.clone()).await?;
    }
    if !shadow.fresh.matched.is_empty() {
        let (keys, parts) = (&shadow.table.keys, keys::parts(&shadow.fresh));
        let sql = format!("DELETE FROM \"{keys}\" WHERE record IN ({list}) AND part IN ({parts})");
        conn.run(sql, values.clone()).await?;
    }
    conn.run(format!("DELETE FROM \"{table}\" WHERE id IN ({list})"), values).await?;
    kept::forget(conn, (entity, generation), ids).await
}

/// Copies records of the old table, those that are still there, and makes of each what the next release wants.
async fn copy(conn: &mut Conn, evolving: &Evolving, turn: Turn<'_>, ids: &[Id]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let shadow = &evolving.shadow;
    let (old, table) = (&shadow.old.table, &shadow.table);
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let list = sql.bind_all(ids.iter().map(|id| Bind::from(*id)).collect());
    let names = lying(evolving, conn.dialect());
    let text = format!(
        "INSERT INTO \"{}\" ({names}) SELECT {names} FROM \"{old}\" WHERE id IN ({list}) ORDER BY id",
        table.table
    );
    conn.run(text, sql.binds.clone()).await.map_err(|error| named(error, table))?;
    // What was copied is what is turned, whoever writes to the old table meanwhile.
    let text =
        format!("SELECT {} FROM \"{}\" t WHERE t.id IN ({list}) ORDER BY t.id", columns("t"), table.table);
    let rows = conn.rows(text, sql.binds).await?;
    let records: Vec<Record> =
        rows.iter().map(|row| record_of(&table.entity, row)).collect::<Result<_, _>>()?;
    let earlier = kept::of_records(conn, &table.entity, ids, &evolving.back).await?;
    let mut notes = Vec::new();
    for record in &records {
        let turned = turn(record, earlier.get(&record.id).map_or(&[], Vec::as_slice));
        write(conn, evolving, record, turned.as_ref()).await?;
        notes.extend(turned.filter(|turned| !turned.was.is_empty() || !turned.became.is_empty()).map(
            |turned| {
                let Turned { was, became, .. } = turned;
                (record.id, Kept { generation: table.generation, was, became })
            },
        ));
    }
    kept::keep(conn, &table.entity, &notes).await
}

/// The columns that are copied as they lie.
fn lying(evolving: &Evolving, dialect: Dialect) -> String {
    let shadow = &evolving.shadow;
    let mut names: Vec<String> = [
        "id",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "owner_id",
        "department_id",
        "deleted_at",
        "deleted_by",
        "data",
        "derived",
        "stale",
    ]
    .map(str::to_owned)
    .to_vec();
    if dialect == Dialect::Sqlite {
        names.push("row".to_owned());
    }
    if !shadow.fresh_words {
        names.push("words_key".to_owned());
        if dialect == Dialect::Postgres {
            names.push("words".to_owned());
        }
    }
    names.extend(shadow.same.iter().cloned());
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// Writes what is not as it lay: the documents of a record that was turned, and what is computed of every record.
async fn write(
    conn: &mut Conn,
    evolving: &Evolving,
    record: &Record,
    turned: Option<&Turned>,
) -> Result<(), Error> {
    let shadow = &evolving.shadow;
    if turned.is_none() && !shadow.computes() {
        return Ok(());
    }
    let (data, derived) =
        turned.map_or((&record.data, &record.derived), |turned| (&turned.data, &turned.derived));
    let mut sets: Vec<(String, Bind)> = Vec::new();
    if *data != record.data {
        // What people wrote reads otherwise from now on, so the tag is another.
        sets.push(("version".into(), (record.version + 1).into()));
        sets.push(("data".into(), document(data)));
    }
    if *derived != record.derived {
        sets.push(("derived".into(), document(derived)));
    }
    sets.extend(promoted_names(&shadow.fresh).zip(promoted_values(&shadow.fresh, data, derived)));
    if shadow.fresh_words && !shadow.table.searched.is_empty() {
        let words =
            words::of_record((record.owner, record.department), data, derived, &shadow.table.searched);
        sets.push(("words_key".into(), words_key(&words).into()));
        match conn.dialect() {
            Dialect::Sqlite => rows::write_words(conn, &shadow.table, record.id, &words).await?,
            Dialect::Postgres => sets.push(("words".into(), Bind::Texts(words))),
        }
    }
    rows::set(conn, &shadow.table, record.id, sets).await?;
    links::replace(conn, &shadow.fresh, record.id, data).await?;
    let fresh = keys::wanted(&shadow.fresh, data, derived);
    let fresh: Vec<keys::Key> = fresh.into_iter().map(|(part, key)| (part, key, record.id)).collect();
    keys::add(conn, &shadow.fresh, &fresh).await
}

/// Kept values by record, newest first.
pub(super) type ByRecord = BTreeMap<Id, Vec<Kept>>;
