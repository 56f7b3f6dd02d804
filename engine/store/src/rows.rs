//! A record as one row of its entity's table: what is bound for it, and the statements that put it there.

use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

pub(crate) use crate::bind::pieces;
use crate::bind::{Bind, Dialect, binds, json_text};
use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::promote::{part_value, sort_key, unique_key};
use crate::words;
use crate::writer::Words;

/// Columns of a record in the order in which [`values`] binds them.
fn names(table: &EntityTable, dialect: Dialect) -> Vec<String> {
    let system = [
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
        [Some(&known.name), known.sort_name.as_ref(), known.unique_name.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
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

pub(crate) fn document(fields: &Fields) -> Bind {
    Bind::Json(serde_json::to_string(fields).unwrap_or_else(|_| "{}".into()))
}

pub(crate) fn stale(record: &Record) -> Bind {
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

pub(crate) fn words_of(table: &EntityTable, record: &Record) -> Option<Vec<String>> {
    let whose = (record.owner, record.department);
    (!table.searched.is_empty())
        .then(|| words::of_record(whose, &record.data, &record.derived, &table.searched))
}

/// Names the field of a violated unique index.
pub(crate) fn named(error: Error, table: &EntityTable) -> Error {
    let Error::Database(inner) = &error else { return error };
    let Some(name) = inner.not_unique() else { return error };
    let field = table.unique_field(&name).unwrap_or("id").to_owned();
    Error::NotUnique { entity: table.entity.clone(), field }
}

pub(crate) async fn insert_piece(
    conn: &mut Conn,
    table: &EntityTable,
    records: &[&Record],
) -> Result<(), Error> {
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
            rows_of_places =
                rows_of_places.replace(&format!(",${last})"), &format!(",array_to_tsvector(${last}))"));
        }
    }
    let (insert, columns) = (dialect.insert(), quoted.join(", "));
    let sql = format!("{insert} INTO \"{}\" ({columns}) VALUES {rows_of_places}", table.table);
    if dialect == Dialect::Postgres || table.searched.is_empty() {
        return conn.rows(sql, binds).await.map(drop).map_err(|error| named(error, table));
    }
    let rows = conn.rows(sql + " RETURNING id, row", binds).await.map_err(|error| named(error, table))?;
    for row in &rows {
        let id = row.id(0)?;
        let at = records.iter().position(|record| record.id == id).unwrap_or_default();
        let words = words[at].as_deref().unwrap_or_default().join(" ");
        conn.write_words(Words { table: table.words.clone(), row: row.int(1)?, words });
    }
    Ok(())
}

/// SQLite: writes the words of a record again when they changed; before the record itself is updated.
async fn update_words(conn: &mut Conn, table: &EntityTable, id: Id, words: &[String]) -> Result<(), Error> {
    let sql = format!("SELECT row FROM \"{}\" WHERE id = $1 AND words_key IS NOT $2", table.table);
    if let Some(row) = conn.row(sql, binds![id, words_key(words)]).await? {
        conn.write_words(Words { table: table.words.clone(), row: row.int(0)?, words: words.join(" ") });
    }
    Ok(())
}

/// SQLite: writes the words of a record whatever they were.
pub(crate) async fn write_words(
    conn: &mut Conn,
    table: &EntityTable,
    id: Id,
    words: &[String],
) -> Result<(), Error> {
    let sql = format!(
        "INSERT OR REPLACE INTO \"{}\" (rowid, words) SELECT row, $2 FROM \"{}\" WHERE id = $1",
        table.words, table.table
    );
    conn.run(sql, binds![id, words.join(" ")]).await.map(drop)
}

pub(crate) async fn update(
    conn: &mut Conn,
    table: &EntityTable,
    id: Id,
    mut sets: Vec<(String, Bind)>,
    words: Option<Vec<String>>,
) -> Result<(), Error> {
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
pub(crate) async fn set(
    conn: &mut Conn,
    table: &EntityTable,
    id: Id,
    sets: Vec<(String, Bind)>,
) -> Result<(), Error> {
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
    conn.rows(sql, binds).await.map(drop).map_err(|error| named(error, table))
}
