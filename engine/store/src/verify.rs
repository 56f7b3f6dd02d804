//! Proof that what lies beside the documents says what they say: promoted columns, their sort and unique keys, links,
//! the keys by which duplicates are found, and the words of search, computed anew from `data` and `derived` for every record.

use std::collections::BTreeSet;
use std::sync::Arc;

use kezhi_types::{Fields, Id};

use crate::bind::{Bind, Dialect, Row, binds};
use crate::catalog::{EntityTable, Promoted};
use crate::conn::Conn;
use crate::error::Error;
use crate::rows::{promoted_names, promoted_values, words_key, write_words};
use crate::store::Store;
use crate::words::Whose;
use crate::{keys, links, rows, words};

/// Records looked at in one statement.
const BATCH: i64 = 500;
/// Words asked for in one match.
const WORDS: usize = 64;

/// Something beside a document that does not say what the document says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The entity.
    pub entity: String,
    /// The record; `None` of words that belong to no record.
    pub record: Option<Id>,
    /// The field whose column differs, `words`, or `duplicates`.
    pub what: String,
}

/// A record as its table has it.
struct Stored {
    id: Id,
    whose: Whose,
    data: Fields,
    derived: Fields,
    columns: Vec<Bind>,
    /// Of each field that names many records, in the table's order.
    links: Vec<BTreeSet<Id>>,
    /// The keys that duplicates are found by.
    keys: BTreeSet<(i64, i64)>,
    key: Option<i64>,
    /// The key of the words' own table, or the words themselves.
    words: Words,
}

enum Words {
    Row(i64),
    Text(String),
}

impl Store {
    /// The entities that have tables.
    pub fn entities(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.catalog.get().entities().map(|table| table.entity.clone()).collect();
        names.sort();
        names
    }

    /// Compares the next records of an entity, in the order of their ids, with what lies beside them; with `repair`
    /// writes anew what differs. Answers the last id and how many it looked at, none when all have been.
    ///
    /// # Errors
    /// Unknown entity; [`Error::NotUnique`] where a repair meets a value that is taken.
    pub async fn verify(
        &self,
        entity: &str,
        after: Option<Id>,
        repair: bool,
        found: &mut Vec<Difference>,
    ) -> Result<Option<(Id, usize)>, Error> {
        let table = self.catalog.get().entity(entity)?.clone();
        let mut conn = self.reader().connect().await?;
        let stored = read(&mut conn, &table, after.unwrap_or(Id(uuid::Uuid::nil()))).await?;
        let mut wrong = Vec::new();
        for one in &stored {
            if !differing(&mut conn, &table, one).await?.is_empty() {
                wrong.push(one.id);
            }
        }
        drop(conn);
        for id in wrong {
            // Somebody may have written between two statements; under its lock a record stands still.
            let mut tx = self.begin().await?;
            let what = look_again(&mut tx.conn, &table, id, repair).await?;
            if repair {
                tx.commit().await?
            } else {
                tx.rollback().await?
            }
            let one = |what| Difference { entity: entity.to_owned(), record: Some(id), what };
            found.extend(what.into_iter().map(one));
        }
        Ok(stored.last().map(|last| (last.id, stored.len())))
    }

    /// Finds links and keys of records that do not exist, and removes them with `repair`.
    ///
    /// # Errors
    /// Unknown entity.
    pub async fn verify_links(
        &self,
        entity: &str,
        repair: bool,
        found: &mut Vec<Difference>,
    ) -> Result<(), Error> {
        let table = self.catalog.get().entity(entity)?.clone();
        if table.links.is_empty() && table.matched.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for record in keys::orphans(&mut tx.conn, &table).await? {
            let what = "duplicates".to_owned();
            found.push(Difference { entity: entity.to_owned(), record: Some(record), what });
            if repair {
                keys::forget(&mut tx.conn, &table, record).await?;
            }
        }
        for linked in &table.links {
            for record in links::orphans(&mut tx.conn, &table, linked).await? {
                let what = linked.promotion.column.field.clone();
                found.push(Difference { entity: entity.to_owned(), record: Some(record), what });
                if repair {
                    links::forget(&mut tx.conn, linked, record).await?;
                }
            }
        }
        if repair { tx.commit().await } else { tx.rollback().await }
    }

    /// Finds words that belong to no record, and removes them with `repair`.
    ///
    /// # Errors
    /// Unknown entity.
    pub async fn verify_words(
        &self,
        entity: &str,
        repair: bool,
        found: &mut Vec<Difference>,
    ) -> Result<(), Error> {
        let table = self.catalog.get().entity(entity)?.clone();
        let mut tx = self.begin().await?;
        if tx.conn.dialect() == Dialect::Postgres || table.searched.is_empty() {
            return tx.rollback().await;
        }
        let orphans =
            format!("FROM \"{}\" WHERE rowid NOT IN (SELECT row FROM \"{}\")", table.words, table.table);
        let rows = tx.conn.rows(format!("SELECT rowid {orphans}"), vec![]).await?;
        for _ in &rows {
            found.push(Difference { entity: entity.to_owned(), record: None, what: "words".into() });
        }
        if repair && !rows.is_empty() {
            tx.conn.run(format!("DELETE {orphans}"), vec![]).await?;
            return tx.commit().await;
        }
        tx.rollback().await
    }
}

/// The columns to compare, as the statement's text names them.
fn selected(table: &EntityTable, dialect: Dialect) -> String {
    let mut names = vec!["id".to_owned(), "data".into(), "derived".into(), "words_key".into()];
    names.extend(["owner_id".into(), "department_id".into()]);
    names.push(match dialect {
        Dialect::Sqlite => "row".into(),
        Dialect::Postgres => "COALESCE(array_to_string(tsvector_to_array(words), ' '), '')".into(),
    });
    names.extend(promoted_names(table).map(|name| format!("\"{name}\"")));
    names.join(", ")
}

async fn read(conn: &mut Conn, table: &Arc<EntityTable>, after: Id) -> Result<Vec<Stored>, Error> {
    let dialect = conn.dialect();
    let sql = format!(
        "SELECT {} FROM \"{}\" WHERE id > $1 ORDER BY id LIMIT $2",
        selected(table, dialect),
        table.table
    );
    let rows = conn.rows(sql, binds![after, BATCH]).await?;
    let mut all: Vec<Stored> =
        rows.iter().map(|row| stored(row, table, dialect)).collect::<Result<_, _>>()?;
    with_links(conn, table, &mut all).await?;
    Ok(all)
}

/// Adds the links and the keys that the records have.
async fn with_links(conn: &mut Conn, table: &EntityTable, all: &mut [Stored]) -> Result<(), Error> {
    let ids: Vec<Id> = all.iter().map(|one| one.id).collect();
    for linked in &table.links {
        let mut known = links::of_records(conn, linked, &ids).await?;
        for one in all.iter_mut() {
            one.links.push(known.remove(&one.id).unwrap_or_default());
        }
    }
    let mut known = keys::of_records(conn, table, &ids).await?;
    for one in all.iter_mut() {
        one.keys = known.remove(&one.id).unwrap_or_default();
    }
    Ok(())
}

fn stored(row: &Row, table: &EntityTable, dialect: Dialect) -> Result<Stored, Error> {
    let (data, derived): (Fields, Fields) = (row.document(1)?, row.document(2)?);
    let words = match dialect {
        Dialect::Sqlite => Words::Row(row.int(6)?),
        Dialect::Postgres => Words::Text(row.text(6)?),
    };
    let wanted = promoted_values(table, &data, &derived);
    let mut columns = Vec::with_capacity(wanted.len());
    for (at, bind) in wanted.iter().enumerate() {
        columns.push(match bind {
            Bind::Int(_) => Bind::Int(row.maybe_int(7 + at)?),
            Bind::Id(_) => Bind::Id(row.maybe_id(7 + at)?),
            _ => Bind::Text(row.maybe_text(7 + at)?),
        });
    }
    let (links, keys) = (Vec::new(), BTreeSet::new());
    let whose = (row.maybe_id(4)?, row.maybe_id(5)?);
    Ok(Stored { id: row.id(0)?, whose, data, derived, columns, links, keys, key: row.maybe_int(3)?, words })
}

/// What differs: fields, and `words`. What is still being filled is asked by nobody and says nothing yet.
async fn differing(conn: &mut Conn, table: &EntityTable, one: &Stored) -> Result<Vec<String>, Error> {
    let wanted = promoted_values(table, &one.data, &one.derived);
    let mut wrong: Vec<String> = Vec::new();
    for ((name, wanted), known) in promoted_names(table).zip(&wanted).zip(&one.columns) {
        if wanted != known && !is_filling(table, &name) {
            wrong.push(field_of(table, &name));
        }
    }
    for (linked, known) in table.links.iter().zip(&one.links) {
        if linked.ready && links::wanted(linked, &one.data) != *known {
            wrong.push(linked.promotion.column.field.clone());
        }
    }
    wrong.dedup();
    let filled = table.matched.iter().all(|matched| matched.ready);
    if filled && keys::wanted(table, &one.data, &one.derived) != one.keys {
        wrong.push("duplicates".to_owned());
    }
    if !table.searched.is_empty() && table.words_ready && !words_agree(conn, table, one).await? {
        wrong.push("words".to_owned());
    }
    Ok(wrong)
}

fn field_of(table: &EntityTable, column: &str) -> String {
    known_as(table, column).map_or(column, |known| &known.promotion.column.field).to_owned()
}

fn is_filling(table: &EntityTable, column: &str) -> bool {
    known_as(table, column).is_some_and(|known| !known.ready)
}

fn known_as<'t>(table: &'t EntityTable, column: &str) -> Option<&'t Promoted> {
    table.columns.iter().find(|known| {
        [Some(&known.name), known.sort_name.as_ref(), known.unique_name.as_ref()]
            .into_iter()
            .flatten()
            .any(|name| name == column)
    })
}

async fn words_agree(conn: &mut Conn, table: &EntityTable, one: &Stored) -> Result<bool, Error> {
    let wanted = words::of_record(one.whose, &one.data, &one.derived, &table.searched);
    if one.key != Some(words_key(&wanted)) {
        return Ok(false);
    }
    match &one.words {
        Words::Text(text) => {
            let mut known: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            known.sort_unstable();
            wanted.sort_unstable();
            Ok(known == wanted)
        }
        Words::Row(row) => {
            for some in wanted.chunks(WORDS) {
                let all: Vec<String> = some.iter().map(|word| format!("\"{word}\"")).collect();
                let name = &table.words;
                let sql = format!("SELECT rowid FROM \"{name}\" WHERE \"{name}\" MATCH $1 AND rowid = $2");
                if conn.row(sql, binds![all.join(" AND "), *row]).await?.is_none() {
                    return Ok(false);
                }
            }
            Ok(true)
        }
    }
}

/// Compares one record under its lock, and writes anew what differs where that is wanted.
async fn look_again(
    conn: &mut Conn,
    table: &EntityTable,
    id: Id,
    repair: bool,
) -> Result<Vec<String>, Error> {
    let dialect = conn.dialect();
    let lock = conn.for_update();
    let sql = format!("SELECT {} FROM \"{}\" WHERE id = $1{lock}", selected(table, dialect), table.table);
    let Some(row) = conn.row(sql, binds![id]).await? else { return Ok(Vec::new()) };
    let mut found = [stored(&row, table, dialect)?];
    with_links(conn, table, &mut found).await?;
    let [one] = found;
    let wrong = differing(conn, table, &one).await?;
    if !repair || wrong.is_empty() {
        return Ok(wrong);
    }
    let values = promoted_values(table, &one.data, &one.derived);
    let mut sets: Vec<(String, Bind)> = promoted_names(table).zip(values).collect();
    if !table.searched.is_empty() {
        let words = words::of_record(one.whose, &one.data, &one.derived, &table.searched);
        sets.push(("words_key".into(), words_key(&words).into()));
        match dialect {
            Dialect::Sqlite => write_words(conn, table, id, &words).await?,
            Dialect::Postgres => sets.push(("words".into(), Bind::Texts(words))),
        }
    }
    rows::set(conn, table, id, sets).await?;
    links::replace(conn, table, id, &one.data).await?;
    keys::replace(conn, table, (id, &one.data, &one.derived)).await?;
    Ok(wrong)
}
