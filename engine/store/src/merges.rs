//! Records that were merged into others, and what each merge moved, so that it can be undone.

use std::collections::HashMap;

use kezhi_types::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bind::{Bind, Row, binds, json_text, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::sql::Sql;
use crate::tx::{Tx, reads};

/// Merges of one record in a list.
const LISTED: i64 = 100;

/// One merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// Its identifier.
    pub id: Id,
    /// Entity of the records.
    pub entity: String,
    /// The record that stayed.
    pub survivor: Id,
    /// Those that went to the bin.
    pub losers: Vec<Id>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Id,
    /// When it was undone, if it was.
    pub undone_at: Option<Timestamp>,
}

/// One thing that a merge changed.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeMove {
    /// What it is.
    pub what: Moved,
    /// The entity of the record that was changed.
    pub entity: String,
    /// That record; of a comment or a run its own id.
    pub record: Id,
    /// The field; empty of comments and runs.
    pub field: String,
    /// The value before, null when absent; of a comment or a run the record that it belonged to.
    pub before: Value,
    /// The value after.
    pub after: Value,
}

/// What a merge moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// A field of the record that stayed.
    Own,
    /// A field of another record that pointed at one that went.
    Related,
    /// What somebody said.
    Comment,
    /// A run of a workflow, its tasks with it.
    Run,
}

const MERGE: &str = "id, entity, survivor, losers, at, person, undone_at";
const MOVE_COLUMNS: usize = 8;

fn merge_of(row: &Row) -> Result<Merge, Error> {
    Ok(Merge {
        id: row.id(0)?,
        entity: row.text(1)?,
        survivor: row.id(2)?,
        losers: row.json(3)?,
        at: row.at(4)?,
        by: row.id(5)?,
        undone_at: row.maybe_at(6)?,
    })
}

async fn merge(conn: &mut Conn, id: Id) -> Result<Option<Merge>, Error> {
    let sql = format!("SELECT {MERGE} FROM merges WHERE id = $1");
    conn.row(sql, binds![id]).await?.as_ref().map(merge_of).transpose()
}

async fn merges_of(conn: &mut Conn, entity: &str, survivor: Id) -> Result<Vec<Merge>, Error> {
    let sql =
        format!("SELECT {MERGE} FROM merges WHERE survivor = $1 AND entity = $2 ORDER BY id DESC LIMIT $3");
    conn.rows(sql, binds![survivor, entity, LISTED]).await?.iter().map(merge_of).collect()
}

async fn merge_moves(conn: &mut Conn, merge: Id) -> Result<Vec<MergeMove>, Error> {
    let sql =
        "SELECT what, entity, record, field, before, after FROM merge_moves WHERE merge = $1 ORDER BY number";
    let one = |row: &Row| {
        Ok(MergeMove {
            what: row.name(0)?,
            entity: row.text(1)?,
            record: row.id(2)?,
            field: row.text(3)?,
            before: row.json(4)?,
            after: row.json(5)?,
        })
    };
    conn.rows(sql, binds![merge]).await?.iter().map(one).collect()
}

async fn merged_into(conn: &mut Conn, entity: &str, records: &[Id]) -> Result<HashMap<Id, Id>, Error> {
    let mut found = HashMap::new();
    for records in records.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let entity = sql.bind(entity);
        let list = sql.bind_all(records.iter().map(|id| Bind::from(*id)).collect());
        let text =
            format!("SELECT record, survivor FROM merged WHERE entity = {entity} AND record IN ({list})");
        for row in conn.rows(text, sql.binds).await? {
            found.insert(row.id(0)?, row.id(1)?);
        }
    }
    Ok(found)
}

reads! {
    /// One merge.
    fn merge(id: Id) -> Option<Merge> = merge;
    /// The merges into a record, newest first, a hundred at most, those that were undone among them.
    fn merges_of(entity: &str, survivor: Id) -> Vec<Merge> = merges_of;
    /// What a merge changed, in the order in which it did.
    fn merge_moves(merge: Id) -> Vec<MergeMove> = merge_moves;
    /// Of those of the records that were merged into another, that one.
    fn merged_into(entity: &str, records: &[Id]) -> HashMap<Id, Id> = merged_into;
}

impl Tx {
    /// Writes a merge down.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_merge(&mut self, merge: &Merge, moves: &[MergeMove]) -> Result<(), Error> {
        let mut values = binds![merge.id, &merge.entity, merge.survivor];
        values.extend([json_text(&merge.losers), merge.at.into(), merge.by.into(), merge.undone_at.into()]);
        self.conn.run(format!("INSERT INTO merges ({MERGE}) VALUES {}", places(1, 7)), values).await?;
        for loser in &merge.losers {
            let sql = "INSERT INTO merged (record, entity, survivor, merge) VALUES ($1,$2,$3,$4) \
                       ON CONFLICT (record, entity) DO UPDATE SET survivor = excluded.survivor, merge = excluded.merge";
            self.conn.run(sql, binds![*loser, &merge.entity, merge.survivor, merge.id]).await?;
        }
        let mut number = 0_i64;
        for moves in moves.chunks(64) {
            let mut values = Vec::with_capacity(moves.len() * MOVE_COLUMNS);
            for one in moves {
                number += 1;
                values.extend(binds![merge.id, number]);
                values.extend([
                    name_of(&one.what),
                    (&one.entity).into(),
                    one.record.into(),
                    (&one.field).into(),
                ]);
                values.extend([json_text(&one.before), json_text(&one.after)]);
            }
            let sql = format!(
                "INSERT INTO merge_moves (merge, number, what, entity, record, field, before, after) VALUES {}",
                places(moves.len(), MOVE_COLUMNS)
            );
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// One merge, locked until this transaction ends.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lock_merge(&mut self, id: Id) -> Result<Option<Merge>, Error> {
        let lock = self.conn.for_update();
        let sql = format!("SELECT {MERGE} FROM merges WHERE id = $1{lock}");
        self.conn.row(sql, binds![id]).await?.as_ref().map(merge_of).transpose()
    }

    /// Notes that a merge was undone; its records are no longer said to be merged.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn undo_merge(&mut self, id: Id, at: Timestamp) -> Result<(), Error> {
        self.conn.run("UPDATE merges SET undone_at = $2 WHERE id = $1", binds![id, at]).await?;
        self.conn.run("DELETE FROM merged WHERE merge = $1", binds![id]).await.map(drop)
    }

    /// The record is no longer said to be merged into another.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn forget_merged(&mut self, entity: &str, record: Id) -> Result<(), Error> {
        let sql = "DELETE FROM merged WHERE record = $1 AND entity = $2";
        self.conn.run(sql, binds![record, entity]).await.map(drop)
    }

    /// Gives the comments and the runs of a record to another and tells which they were.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn give_away(&mut self, entity: &str, from: Id, to: Id) -> Result<Vec<(Moved, Id)>, Error> {
        let mut moved = Vec::new();
        for (what, table) in [(Moved::Comment, "comments"), (Moved::Run, "runs")] {
            let sql =
                format!("UPDATE {table} SET record = $3 WHERE record = $1 AND entity = $2 RETURNING id");
            for row in self.conn.rows(sql, binds![from, entity, to]).await? {
                moved.push((what, row.id(0)?));
            }
        }
        Ok(moved)
    }

    /// Gives one comment or run to a record.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn give_back(&mut self, (what, id): (Moved, Id), to: Id) -> Result<(), Error> {
        let table = match what {
            Moved::Comment => "comments",
            Moved::Run => "runs",
            Moved::Own | Moved::Related => return Ok(()),
        };
        self.conn.run(format!("UPDATE {table} SET record = $2 WHERE id = $1"), binds![id, to]).await.map(drop)
    }
}
