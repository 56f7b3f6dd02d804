//! Records of entities: read, locked, stored, put into the bin and taken out of it.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};

use kezhi_types::query::{Column, Layout, Shape};
use kezhi_types::stored::{Document, Stored};
use kezhi_types::{Fields, Id, Record, Timestamp};
use serde_json::Value;

use crate::bind::{Bind, Row, binds};
use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;
use crate::keys;
use crate::links;
use crate::promote::{part_value, unique_key};
use crate::rows::{
    document, insert_piece, named, pieces, promoted_names, promoted_values, stale, update, words_of,
};
use crate::sql::{Source, Sql};
use crate::tx::{Tx, padded, reads};

/// How many columns [`record_of`] reads.
pub(crate) const COLUMNS: usize = 12;

/// Values that one statement may bind.
const BINDS: usize = 32_000;
/// Columns of a record beside those that are promoted, at most.
const SYSTEM: usize = 16;

/// The columns that [`record_of`] reads, of alias `t`.
pub(crate) fn columns(alias: &str) -> String {
    let names: [&str; COLUMNS] = [
        "id",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "owner_id",
        "department_id",
        "deleted_at",
        "data",
        "derived",
        "stale",
    ];
    names.map(|name| format!("{alias}.{name}")).join(", ")
}

/// A record from a row that begins with [`columns`].
pub(crate) fn record_of(entity: &str, row: &Row) -> Result<Record, Error> {
    Ok(Record { data: row.document(9)?, derived: row.document(10)?, ..head_of(entity, row)? })
}

/// Everything of a record but its documents.
fn head_of(entity: &str, row: &Row) -> Result<Record, Error> {
    let stale = row.maybe_text(11)?.map(|_| row.json(11)).transpose()?.unwrap_or_default();
    Ok(Record {
        id: row.id(0)?,
        entity: entity.to_owned(),
        version: row.int(1)?,
        created_at: row.at(2)?,
        created_by: row.maybe_id(3)?,
        updated_at: row.at(4)?,
        updated_by: row.maybe_id(5)?,
        owner: row.maybe_id(6)?,
        department: row.maybe_id(7)?,
        deleted_at: row.maybe_at(8)?,
        data: Fields::new(),
        derived: Fields::new(),
        stale,
    })
}

/// The same with its documents as they lie.
pub(crate) fn stored_of(entity: &str, row: &Row) -> Result<Stored, Error> {
    let document = |at: usize| {
        Document::read(row.document_text(at)?)
            .map_err(|error| Error::Damaged(format!("column {at}: {error}")))
    };
    Ok(Stored { head: head_of(entity, row)?, data: document(9)?, derived: document(10)? })
}

async fn fetch(conn: &mut Conn, entity: &str, ids: &[Id], lock: &str) -> Result<Vec<Record>, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(256) {
        let ids = padded(ids);
        let list = (1..=ids.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let order = if lock.is_empty() { "" } else { " ORDER BY t.id" };
        let sql =
            format!("SELECT {} FROM \"{}\" t WHERE t.id IN ({list}){order}{lock}", columns("t"), table.table);
        for row in conn.rows(sql, ids.into_iter().map(Into::into).collect()).await? {
            found.push(record_of(entity, &row)?);
        }
    }
    Ok(found)
}

pub(crate) async fn get_record(conn: &mut Conn, entity: &str, id: Id) -> Result<Option<Record>, Error> {
    Ok(fetch(conn, entity, &[id], "").await?.pop())
}

async fn get_stored(conn: &mut Conn, entity: &str, id: Id) -> Result<Option<Stored>, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let sql = format!("SELECT {} FROM \"{}\" t WHERE t.id = $1", columns("t"), table.table);
    conn.row(sql, binds![id]).await?.map(|row| stored_of(entity, &row)).transpose()
}

async fn get_records(conn: &mut Conn, entity: &str, ids: &[Id]) -> Result<Vec<Record>, Error> {
    fetch(conn, entity, ids, "").await
}

async fn taken(
    conn: &mut Conn,
    entity: &str,
    column: &Column,
    value: &Value,
    except: Option<Id>,
) -> Result<Option<Id>, Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(entity)?;
    let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
    let known = table.columns.iter().find(|known| known.holds(column));
    let digits = known.is_some_and(|known| known.promotion.digits);
    let Some(key) = unique_key(Some(value), digits) else { return Ok(None) };
    let same = match known.filter(|known| known.ready).and_then(|known| known.unique_name.as_ref()) {
        Some(name) => format!("{alias}.\"{name}\" = {}", sql.bind(key)),
        None => format!("{} = {}", sql.place(&source, column)?.expression, sql.bind(key)),
    };
    let except = sql.bind(except.unwrap_or(Id(uuid::Uuid::nil())));
    let text = format!(
        "SELECT {alias}.id FROM \"{}\" {alias} WHERE {same} AND {alias}.deleted_at IS NULL AND {alias}.id <> {except} LIMIT 1",
        table.table
    );
    conn.row(text, sql.binds).await?.map(|row| row.id(0)).transpose()
}

async fn taken_many(
    conn: &mut Conn,
    entity: &str,
    column: &Column,
    values: &[&Value],
) -> Result<Vec<Option<Id>>, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let known = table.columns.iter().find(|known| known.holds(column));
    let digits = known.is_some_and(|known| known.promotion.digits);
    let name = known.filter(|known| known.ready).and_then(|known| known.unique_name.as_ref());
    if name.is_none() && column.shape != Shape::Text {
        let mut found = Vec::with_capacity(values.len());
        for value in values {
            found.push(taken(conn, entity, column, value, None).await?);
        }
        return Ok(found);
    }
    let keys: Vec<Option<String>> = values.iter().map(|value| unique_key(Some(value), digits)).collect();
    let distinct: Vec<&String> = keys.iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
    let mut found: HashMap<String, Id> = HashMap::new();
    for part in distinct.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let source = sql.source(entity)?;
        let Source::Table { alias, .. } = &source else { unreachable!("a table was asked for") };
        let place = match name {
            Some(name) => format!("{alias}.\"{name}\""),
            None => sql.place(&source, column)?.expression,
        };
        let list = sql.bind_all(part.iter().map(|key| Bind::from(*key)).collect());
        let text = format!(
            "SELECT {place}, {alias}.id FROM \"{}\" {alias} WHERE {place} IN ({list}) AND {alias}.deleted_at IS NULL",
            table.table
        );
        for row in conn.rows(text, sql.binds).await? {
            found.insert(row.text(0)?, row.id(1)?);
        }
    }
    Ok(keys.into_iter().map(|key| key.and_then(|key| found.get(&key).copied())).collect())
}

reads! {
    /// One record, in the bin or not. Not locked: see [`Tx::lock_record`].
    fn get_record(entity: &str, id: Id) -> Option<Record> = get_record;
    /// One record, in the bin or not, its documents as they lie.
    fn get_stored(entity: &str, id: Id) -> Option<Stored> = get_stored;
    /// Those of the records that exist, in the bin or not, in no order. Not locked: see [`Tx::lock_records`].
    fn get_records(entity: &str, ids: &[Id]) -> Vec<Record> = get_records;
    /// The living record other than `except` that has this value, compared as the promotion says: trimmed,
    /// or by its digits. Nothing has an empty value.
    fn taken(entity: &str, column: &Column, value: &Value, except: Option<Id>) -> Option<Id> = taken;
    /// For each of the values the living record that has it, compared as for [`Tx::taken`].
    fn taken_many(entity: &str, column: &Column, values: &[&Value]) -> Vec<Option<Id>> = taken_many;
}

/// The columns of a known record that every change writes.
fn told(record: &Record) -> Vec<(String, Bind)> {
    vec![
        ("version".into(), record.version.into()),
        ("updated_at".into(), record.updated_at.into()),
        ("updated_by".into(), record.updated_by.into()),
        ("owner_id".into(), record.owner.into()),
        ("department_id".into(), record.department.into()),
        ("derived".into(), document(&record.derived)),
        ("stale".into(), stale(record)),
    ]
}

impl Tx {
    /// One record, in the bin or not, with its row locked until this transaction ends.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn lock_record(&mut self, entity: &str, id: Id) -> Result<Option<Record>, Error> {
        Ok(self.lock_records(entity, &[id]).await?.pop())
    }

    /// Those of the records that exist, locked in the order of their ids, so that two that lock the same
    /// records never wait for each other. Lock entities in the order of their keys.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn lock_records(&mut self, entity: &str, ids: &[Id]) -> Result<Vec<Record>, Error> {
        let lock = self.conn.for_update();
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        fetch(&mut self.conn, entity, &ids, lock).await
    }

    /// Whether rows are locked one by one; where there is one writer, nobody else writes anyway.
    pub fn locks_rows(&self) -> bool {
        !self.conn.for_update().is_empty()
    }

    /// As [`Tx::lock_records`], beside others that hold them so too; nobody changes or deletes them meanwhile.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn share_records(&mut self, entity: &str, ids: &[Id]) -> Result<Vec<Record>, Error> {
        let lock = if self.locks_rows() { " FOR SHARE" } else { "" };
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        fetch(&mut self.conn, entity, &ids, lock).await
    }

    /// Stores a new record with everything that its layout promotes and searches.
    ///
    /// # Errors
    /// [`Error::NotUnique`] naming the field; on PostgreSQL the transaction can then only be dropped.
    /// [`Error::UnknownEntity`].
    pub async fn insert_record(&mut self, record: &Record, layout: &Layout) -> Result<(), Error> {
        self.insert_records(std::slice::from_ref(record), layout).await
    }

    /// Stores many new records of one entity in as few statements as possible.
    ///
    /// # Errors
    /// As [`Tx::insert_record`]; which record it was is not said.
    pub async fn insert_records<R: Borrow<Record> + Sync>(
        &mut self,
        records: &[R],
        layout: &Layout,
    ) -> Result<(), Error> {
        let records: Vec<&Record> = records.iter().map(Borrow::borrow).collect();
        let catalog = self.conn.catalog();
        let table = catalog.entity(&layout.entity)?;
        // A wide entity takes fewer records in a statement: databases bind some 32,000 values at once.
        let most = (BINDS / (SYSTEM + promoted_names(table).count())).max(1);
        for piece in records.chunks(most).flat_map(pieces) {
            insert_piece(&mut self.conn, table, piece).await?;
            links::insert(&mut self.conn, table, piece).await?;
            keys::insert(&mut self.conn, table, piece).await?;
        }
        Ok(())
    }

    /// Stores everything about a known record but `id`, `created_at`, `created_by` and `deleted_at`.
    ///
    /// # Errors
    /// As [`Tx::insert_record`].
    pub async fn update_record(&mut self, record: &Record, layout: &Layout) -> Result<(), Error> {
        let catalog = self.conn.catalog();
        let table = catalog.entity(&layout.entity)?;
        let mut sets = told(record);
        sets.push(("data".into(), document(&record.data)));
        sets.extend(promoted_names(table).zip(promoted_values(table, &record.data, &record.derived)));
        update(&mut self.conn, table, record.id, sets, words_of(table, record)).await?;
        links::replace(&mut self.conn, table, record.id, &record.data).await?;
        keys::replace(&mut self.conn, table, (record.id, &record.data, &record.derived)).await
    }

    /// The same for a record that is stored as `before`, under this transaction's lock: what did not change is not written
    /// again, neither columns with their indexes nor words nor links.
    ///
    /// # Errors
    /// As [`Tx::insert_record`].
    pub async fn change_record(
        &mut self,
        before: &Record,
        record: &Record,
        layout: &Layout,
    ) -> Result<(), Error> {
        let catalog = self.conn.catalog();
        let table = catalog.entity(&layout.entity)?;
        let mut sets = told(record);
        let kept = |name: &str| match name {
            "owner_id" => before.owner == record.owner,
            "department_id" => before.department == record.department,
            _ => false,
        };
        sets.retain(|(name, _)| !kept(name));
        if before.data != record.data {
            sets.push(("data".into(), document(&record.data)));
        }
        self.change(table, (before, record), sets).await
    }

    /// Stores only `derived` and `stale` of a record that is stored as `before`; its version stays.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn change_derived(
        &mut self,
        before: &Record,
        record: &Record,
        layout: &Layout,
    ) -> Result<(), Error> {
        let catalog = self.conn.catalog();
        let table = catalog.entity(&layout.entity)?;
        let sets = vec![("derived".into(), document(&record.derived)), ("stale".into(), stale(record))];
        self.change(table, (before, record), sets).await
    }

    async fn change(
        &mut self,
        table: &EntityTable,
        (before, record): (&Record, &Record),
        mut sets: Vec<(String, Bind)>,
    ) -> Result<(), Error> {
        let was = promoted_values(table, &before.data, &before.derived);
        let is = promoted_values(table, &record.data, &record.derived);
        let values = promoted_names(table).zip(was.into_iter().zip(is));
        sets.extend(values.filter(|(_, (was, is))| was != is).map(|(name, (_, is))| (name, is)));
        let moved = |column: &Column| {
            part_value(&before.data, &before.derived, column)
                != part_value(&record.data, &record.derived, column)
        };
        let given = (before.owner, before.department) != (record.owner, record.department);
        let reworded = given || table.searched.iter().any(moved);
        let words = reworded.then(|| words_of(table, record)).flatten();
        update(&mut self.conn, table, record.id, sets, words).await?;
        if before.data != record.data {
            links::replace(&mut self.conn, table, record.id, &record.data).await?;
        }
        let matched = table.matched.iter().any(|matched| moved(&matched.matching.column));
        if !matched {
            return Ok(());
        }
        keys::replace(&mut self.conn, table, (record.id, &record.data, &record.derived)).await
    }

    /// Puts a record into the bin; `false` when it is there already or does not exist.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn delete_record(
        &mut self,
        entity: &str,
        id: Id,
        by: Id,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let catalog = self.conn.catalog();
        let table = &catalog.entity(entity)?.table;
        let sql = format!(
            "UPDATE \"{table}\" SET deleted_at = $2, deleted_by = $3 WHERE id = $1 AND deleted_at IS NULL"
        );
        Ok(self.conn.run(sql, binds![id, at, by]).await? == 1)
    }

    /// Takes a record out of the bin; `false` when it is not there.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when its place was taken meanwhile.
    pub async fn restore_record(&mut self, entity: &str, id: Id) -> Result<bool, Error> {
        let catalog = self.conn.catalog();
        let table = catalog.entity(entity)?;
        let sql = format!(
            "UPDATE \"{}\" SET deleted_at = NULL, deleted_by = NULL WHERE id = $1 AND deleted_at IS NOT NULL",
            table.table
        );
        let touched = self.conn.run(sql, binds![id]).await.map_err(|error| named(error, table))?;
        Ok(touched == 1)
    }
}
