//! What changed on a record: who, when, through which door, from what to what. And what people said about it.

use kezhi_types::{Entrance, Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use crate::bind::places;
use crate::bind::{Row, binds, json_text, name_of, pieces};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One change of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRow {
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// Its version after the change.
    pub version: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Id,
    /// How `by` was called, for callers that are no user: `workflow new_customer, release 7`.
    pub by_name: String,
    /// Through which door.
    pub entrance: Entrance,
    /// The live release.
    pub release: i64,
    /// How many workflow steps lie between a person and the change.
    pub depth: u32,
    /// What happened.
    pub kind: HistoryKind,
    /// The run whose step made the change.
    pub run: Option<Id>,
    /// The fields that changed.
    pub changes: Vec<Change>,
}

/// What happened to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum HistoryKind {
    Created,
    Updated,
    Derived,
    Deleted,
    Restored,
    Shared,
    Unshared,
}

/// One field of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Key of the field.
    pub field: String,
    /// The value before, null when absent.
    #[serde(default)]
    pub from: Value,
    /// The value after, null when absent.
    #[serde(default)]
    pub to: Value,
}

/// A stored change with its place in the record's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Grows with time; the cursor of [`crate::Reader::history`].
    pub seq: i64,
    /// The change.
    pub row: HistoryRow,
    /// The batch that it came in.
    pub batch: Option<Id>,
}

/// What somebody said about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its identifier.
    pub id: Id,
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Id,
    /// The words.
    pub text: String,
}

pub(crate) const HISTORY: &str = "seq, entity, record, version, at, person, person_name, entrance, release, depth, kind, run, changes, batch";

pub(crate) fn entry(row: &Row) -> Result<HistoryEntry, Error> {
    Ok(HistoryEntry {
        seq: row.int(0)?,
        row: HistoryRow {
            entity: row.text(1)?,
            record: row.id(2)?,
            version: row.int(3)?,
            at: row.at(4)?,
            by: row.id(5)?,
            by_name: row.text(6)?,
            entrance: row.name(7)?,
            release: row.int(8)?,
            depth: u32::try_from(row.int(9)?).unwrap_or(u32::MAX),
            kind: row.name(10)?,
            run: row.maybe_id(11)?,
            changes: row.json(12)?,
        },
        batch: row.maybe_id(13)?,
    })
}

fn comment(row: &Row) -> Result<Comment, Error> {
    Ok(Comment {
        id: row.id(0)?,
        entity: row.text(1)?,
        record: row.id(2)?,
        at: row.at(3)?,
        by: row.id(4)?,
        text: row.text(5)?,
    })
}

async fn history(
    conn: &mut Conn,
    entity: &str,
    record: Id,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<HistoryEntry>, Error> {
    let sql = format!(
        "SELECT {HISTORY} FROM history WHERE entity = $1 AND record = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4"
    );
    let values = binds![entity, record, after.unwrap_or(i64::MAX), limit];
    conn.rows(sql, values).await?.iter().map(entry).collect()
}

async fn comments(conn: &mut Conn, entity: &str, record: Id) -> Result<Vec<Comment>, Error> {
    let sql = "SELECT id, entity, record, at, person, text FROM comments WHERE entity = $1 AND record = $2 ORDER BY at, id";
    conn.rows(sql, binds![entity, record]).await?.iter().map(comment).collect()
}

reads! {
    /// Changes of a record, newest first, before the entry numbered `after`.
    fn history(entity: &str, record: Id, after: Option<i64>, limit: u32) -> Vec<HistoryEntry> = history;
    /// What people said about a record, oldest first.
    fn comments(entity: &str, record: Id) -> Vec<Comment> = comments;
}

const COLUMNS: usize = 13;

impl Tx {
    /// Appends one change.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn append_history(&mut self, row: &HistoryRow) -> Result<(), Error> {
        self.append_histories(std::slice::from_ref(row)).await
    }

    /// Appends many changes in as few statements as possible.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn append_histories(&mut self, rows: &[HistoryRow]) -> Result<(), Error> {
        let insert = self.conn.dialect().insert();
        for rows in pieces(rows) {
            let mut values = Vec::with_capacity(rows.len() * COLUMNS);
            for row in rows {
                values.extend(binds![&row.entity, row.record, row.version, row.at, row.by, &row.by_name]);
                values.extend([
                    name_of(&row.entrance),
                    row.release.into(),
                    row.depth.into(),
                    name_of(&row.kind),
                ]);
                values.extend([row.run.into(), json_text(&kept(&row.changes)), self.batch.into()]);
            }
            let sql = format!(
                "{insert} INTO history (entity, record, version, at, person, person_name, entrance, release, depth, \
                 kind, run, changes, batch) VALUES {}",
                places(rows.len(), COLUMNS)
            );
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// Stores a comment.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_comment(&mut self, comment: &Comment) -> Result<(), Error> {
        let sql = "INSERT INTO comments (id, entity, record, at, person, text) VALUES ($1,$2,$3,$4,$5,$6)";
        let values =
            binds![comment.id, &comment.entity, comment.record, comment.at, comment.by, &comment.text];
        self.conn.run(sql, values).await.map(drop)
    }
}

/// A change as it is stored: without what was or is absent.
#[derive(Serialize)]
struct Kept<'a> {
    field: &'a str,
    #[serde(skip_serializing_if = "Value::is_null")]
    from: &'a Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    to: &'a Value,
}

fn kept(changes: &[Change]) -> Vec<Kept<'_>> {
    changes.iter().map(|Change { field, from, to }| Kept { field, from, to }).collect()
}
