//! Records of entities: the documents, their promoted columns and their words, in one statement where possible.

use kezhi_types::query::{Column, Layout};
use kezhi_types::{Fields, Id, Record, Timestamp};
use serde_json::Value;

use crate::bind::{Bind, Dialect, Row, binds, json_text};
use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::promote::{part_value, sort_key, unique_key};
use crate::sql::{Source, Sql};
use crate::tx::{Tx, padded, reads};
use crate::words;

/// The columns that [`record_of`] reads, of alias `t`.
pub(crate) fn columns(alias: &str) -> String {
    let names = [
        "id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner_id", "department_id",
        "deleted_at", "data", "derived", "stale",
    ];
    names.map(|name| format!("{alias}.{name}")).join(", ")
}

/// A record from a row that begins with [`columns`].
pub(crate) fn record_of(entity: &str, row: &Row) -> Result<Record, Error> {
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
        data: row.document(9)?,
        derived: row.document(10)?,
        stale,
    })
}

async fn fetch(conn: &mut Conn, entity: &str, ids: &[Id], lock: &str) -> Result<Vec<Record>, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(256) {
        let ids = padded(ids);
        let list = (1..=ids.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let order = if lock.is_empty() { "" } else { " ORDER BY t.id" };
        let sql = format!("SELECT {} FROM \"{}\" t WHERE t.id IN ({list}){order}{lock}", columns("t"), table.table);
        for row in conn.rows(sql, ids.into_iter().map(Into::into).collect()).await? {
            found.push(record_of(entity, &row)?);
        }
    }
    Ok(found)
}

async fn get_record(conn: &mut Conn, entity: &str, id: Id) -> Result<Option<Record>, Error> {
    Ok(fetch(conn, entity, &[id], "").await?.pop())
}

async fn get_records(conn: &mut Conn, entity: &str, ids: &[Id]) -> Result<Vec<Record>, Error> {
    fetch(conn, entity, ids, "").await
}

async fn taken(conn: &mut Conn, entity: &str, column: &Column, value: &Value, except: Option<Id>) -> Result<Option<Id>, Error> {
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

reads! {
    /// One record, in the bin or not. Not locked: see [`Tx::lock_record`].
    fn get_record(entity: &str, id: Id) -> Option<Record> = get_record;
    /// Those of the records that exist, in the bin or not, in no order. Not locked: see [`Tx::lock_records`].
    fn get_records(entity: &str, ids: &[Id]) -> Vec<Record> = get_records;
    /// The living record other than `except` that has this value, compared as the promotion says: trimmed,
    /// or by its digits. Nothing has an empty value.
    fn taken(entity: &str, column: &Column, value: &Value, except: Option<Id>) -> Option<Id> = taken;
}

/// Columns of a record in the order in which [`values`] binds them.
fn names(table: &EntityTable, dialect: Dialect) -> Vec<String> {
    let system = [
        "id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner_id", "department_id",
        "deleted_at", "data", "derived", "stale",
    ];
    let mut names: Vec<String> = system.map(str::to_owned).to_vec();
    names.extend(promoted_names(table));
    if !table.searched.is_empty() {
        names.push("words_key".into());
        if dialect == Dialect::Postgres {
            names.push("words".into());
        }
    }
    names
}

pub(crate) fn promoted_names(table: &EntityTable) -> impl Iterator<Item = String> {
    table.columns.iter().flat_map(|known| {
        [Some(&known.name), known.sort_name.as_ref(), known.unique_name.as_ref()].into_iter().flatten().cloned()
    })
}

/// The values of [`promoted_names`].
pub(crate) fn promoted_values(table: &EntityTable, data: &Fields, derived: &Fields) -> Vec<Bind> {
    let mut values = Vec::with_capacity(table.columns.len() * 2);
    for known in &table.columns {
        let value = part_value(data, derived, &known.promotion.column);
        values.push(known.storage.bind(value));
        if known.sort_name.is_some() {
            values.push(Bind::Text(value.and_then(Value::as_str).map(sort_key)));
        }
        if known.unique_name.is_some() {
            values.push(Bind::Text(unique_key(value, known.promotion.digits)));
        }
    }
    values
}

fn document(fields: &Fields) -> Bind {
    Bind::Json(serde_json::to_string(fields).unwrap_or_else(|_| "{}".into()))
}

fn stale(record: &Record) -> Bind {
    if record.stale.is_empty() { Bind::Text(None) } else { json_text(&record.stale) }
}

/// A number that changes when the words do; it spares writing them again.
pub(crate) fn words_key(words: &[String]) -> i64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish().cast_signed()
}

fn values(table: &EntityTable, dialect: Dialect, record: &Record, words: Option<&[String]>) -> Vec<Bind> {
    let mut values = binds![
        record.id,
        record.version,
        record.created_at,
        record.created_by,
        record.updated_at,
        record.updated_by,
        record.owner,
        record.department,
        record.deleted_at,
    ];
    values.extend([document(&record.data), document(&record.derived), stale(record)]);
    values.extend(promoted_values(table, &record.data, &record.derived));
    if let Some(words) = words {
        values.push(words_key(words).into());
        if dialect == Dialect::Postgres {
            values.push(Bind::Texts(words.to_vec()));
        }
    }
    values
}

fn words_of(table: &EntityTable, record: &Record) -> Option<Vec<String>> {
    (!table.searched.is_empty()).then(|| words::of_record(&record.data, &record.derived, &table.searched))
}

/// Names the field of a violated unique index.
pub(crate) fn named(error: Error, table: &EntityTable) -> Error {
    let Error::Database(inner) = &error else { return error };
    let Some(database) = inner.as_database_error().filter(|inner| inner.is_unique_violation()) else { return error };
    let message = database.message();
    let name = database.constraint().or_else(|| message.rsplit('.').next()).unwrap_or_default();
    let field = table.unique_field(name.trim_matches('\'')).unwrap_or("id").to_owned();
    Error::NotUnique { entity: table.entity.clone(), field }
}

/// Pieces of power-of-two length, so that few statements need preparing.
fn pieces<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = (1..=6).map(|power| 64 >> (power - 1)).find(|length| *length <= rest.len()).unwrap_or(rest.len().min(1));
        let (piece, after) = rest.split_at(length);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

async fn insert_piece(conn: &mut Conn, table: &EntityTable, records: &[Record]) -> Result<(), Error> {
    let dialect = conn.dialect();
    let names = names(table, dialect);
    let words: Vec<Option<Vec<String>>> = records.iter().map(|record| words_of(table, record)).collect();
    let mut binds = Vec::with_capacity(names.len() * records.len());
    for (record, words) in records.iter().zip(&words) {
        binds.extend(values(table, dialect, record, words.as_deref()));
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let mut rows_of_places = places(records.len(), names.len());
    if names.last().is_some_and(|name| name == "words") {
        for row in 1..=records.len() {
            let last = row * names.len();
            rows_of_places = rows_of_places.replace(&format!(",${last})"), &format!(",array_to_tsvector(${last}))"));
        }
    }
    let sql = format!("INSERT INTO \"{}\" ({}) VALUES {rows_of_places}", table.table, quoted.join(", "));
    if dialect == Dialect::Postgres || table.searched.is_empty() {
        return conn.run(sql, binds).await.map(drop).map_err(|error| named(error, table));
    }
    let rows = conn.rows(sql + " RETURNING id, row", binds).await.map_err(|error| named(error, table))?;
    let mut found = Vec::with_capacity(rows.len() * 2);
    for row in &rows {
        let id = row.id(0)?;
        let at = records.iter().position(|record| record.id == id).unwrap_or_default();
        found.extend(binds![row.int(1)?, words[at].as_deref().unwrap_or_default().join(" ")]);
    }
    let sql = format!("INSERT INTO \"{}\" (rowid, words) VALUES {}", table.words, places(rows.len(), 2));
    conn.run(sql, found).await.map(drop)
}

/// SQLite: writes the words of a record again when they changed; before the record itself is updated.
async fn update_words(conn: &mut Conn, table: &EntityTable, id: Id, words: &[String]) -> Result<(), Error> {
    let sql = format!(
        "INSERT OR REPLACE INTO \"{}\" (rowid, words) SELECT row, $2 FROM \"{}\" WHERE id = $1 AND words_key IS NOT $3",
        table.words, table.table
    );
    conn.run(sql, binds![id, words.join(" "), words_key(words)]).await.map(drop)
}

/// SQLite: writes the words of a record whatever they were.
pub(crate) async fn write_words(conn: &mut Conn, table: &EntityTable, id: Id, words: &[String]) -> Result<(), Error> {
    let sql = format!(
        "INSERT OR REPLACE INTO \"{}\" (rowid, words) SELECT row, $2 FROM \"{}\" WHERE id = $1",
        table.words, table.table
    );
    conn.run(sql, binds![id, words.join(" ")]).await.map(drop)
}

async fn update(conn: &mut Conn, table: &EntityTable, id: Id, mut sets: Vec<(String, Bind)>, words: Option<Vec<String>>) -> Result<(), Error> {
    if let Some(words) = words {
        sets.push(("words_key".into(), words_key(&words).into()));
        match conn.dialect() {
            Dialect::Sqlite => update_words(conn, table, id, &words).await?,
            Dialect::Postgres => sets.push(("words".into(), Bind::Texts(words))),
        }
    }
    set(conn, table, id, sets).await
}

/// Sets columns of one record; nothing when there are none.
pub(crate) async fn set(conn: &mut Conn, table: &EntityTable, id: Id, sets: Vec<(String, Bind)>) -> Result<(), Error> {
    if sets.is_empty() {
        return Ok(());
    }
    let mut binds = binds![id];
    let mut texts = Vec::with_capacity(sets.len());
    for (name, bind) in sets {
        binds.push(bind);
        let place = binds.len();
        texts.push(match name.as_str() {
            "words" => format!("words = array_to_tsvector(${place})"),
            _ => format!("\"{name}\" = ${place}"),
        });
    }
    let sql = format!("UPDATE \"{}\" SET {} WHERE id = $1", table.table, texts.join(", "));
    conn.run(sql, binds).await.map(drop).map_err(|error| named(error, table))
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
    pub async fn insert_records(&mut self, records: &[Record], layout: &Layout) -> Result<(), Error> {
        let catalog = self.conn.catalog();
        let table = catalog.entity(&layout.entity)?;
        for piece in pieces(records) {
            insert_piece(&mut self.conn, table, piece).await?;
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
        let mut sets: Vec<(String, Bind)> = vec![
            ("version".into(), record.version.into()),
            ("updated_at".into(), record.updated_at.into()),
            ("updated_by".into(), record.updated_by.into()),
            ("owner_id".into(), record.owner.into()),
            ("department_id".into(), record.department.into()),
            ("data".into(), document(&record.data)),
            ("derived".into(), document(&record.derived)),
            ("stale".into(), stale(record)),
        ];
        sets.extend(promoted_names(table).zip(promoted_values(table, &record.data, &record.derived)));
        update(&mut self.conn, table, record.id, sets, words_of(table, record)).await
    }

    /// Stores only `derived` and `stale` of a known record, as `record` has them; its version stays.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn update_derived(&mut self, record: &Record, layout: &Layout) -> Result<(), Error> {
        let catalog = self.conn.catalog();
        let table = catalog.entity(&layout.entity)?;
        let mut sets: Vec<(String, Bind)> =
            vec![("derived".into(), document(&record.derived)), ("stale".into(), stale(record))];
        sets.extend(promoted_names(table).zip(promoted_values(table, &record.data, &record.derived)));
        update(&mut self.conn, table, record.id, sets, words_of(table, record)).await
    }

    /// Puts a record into the bin; `false` when it is there already or does not exist.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn delete_record(&mut self, entity: &str, id: Id, by: Id, at: Timestamp) -> Result<bool, Error> {
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
