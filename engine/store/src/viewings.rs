//! Who looked at the workspace as somebody else, when and why.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One span in which somebody sees what another sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewing {
    /// Its identifier.
    pub id: Id,
    /// Who looks.
    pub by: Id,
    /// How `by` was called.
    pub by_name: String,
    /// As whom.
    pub seen_as: Id,
    /// How they were called.
    pub seen_as_name: String,
    /// Why, in the words of `by`.
    pub reason: String,
    /// From when.
    pub at: Timestamp,
    /// Until when at the latest.
    pub expires_at: Timestamp,
    /// When it was ended before that.
    pub ended_at: Option<Timestamp>,
}

const VIEWING: &str = "id, person, person_name, seen_as, seen_as_name, reason, at, expires_at, ended_at";

fn viewing(row: &Row) -> Result<Viewing, Error> {
    Ok(Viewing {
        id: row.id(0)?,
        by: row.id(1)?,
        by_name: row.text(2)?,
        seen_as: row.id(3)?,
        seen_as_name: row.text(4)?,
        reason: row.text(5)?,
        at: row.at(6)?,
        expires_at: row.at(7)?,
        ended_at: row.maybe_at(8)?,
    })
}

async fn viewing_by_id(conn: &mut Conn, id: Id) -> Result<Option<Viewing>, Error> {
    let sql = format!("SELECT {VIEWING} FROM viewings WHERE id = $1");
    conn.row(sql, binds![id]).await?.as_ref().map(viewing).transpose()
}

async fn viewings(conn: &mut Conn, limit: u32) -> Result<Vec<Viewing>, Error> {
    let sql = format!("SELECT {VIEWING} FROM viewings ORDER BY at DESC, id DESC LIMIT $1");
    conn.rows(sql, binds![limit]).await?.iter().map(viewing).collect()
}

reads! {
    /// One viewing.
    fn viewing(id: Id) -> Option<Viewing> = viewing_by_id;
    /// The newest viewings.
    fn viewings(limit: u32) -> Vec<Viewing> = viewings;
}

impl Tx {
    /// Notes that somebody begins to see as another.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_viewing(&mut self, viewing: &Viewing) -> Result<(), Error> {
        let sql = format!("INSERT INTO viewings ({VIEWING}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)");
        let mut values = binds![viewing.id, viewing.by, &viewing.by_name, viewing.seen_as];
        values.extend(binds![&viewing.seen_as_name, &viewing.reason, viewing.at]);
        values.extend(binds![viewing.expires_at, viewing.ended_at]);
        self.conn.run(sql, values).await.map(drop)
    }

    /// Notes that it is over; one that has ended keeps its moment.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn end_viewing(&mut self, id: Id, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE viewings SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
        self.conn.run(sql, binds![id, at]).await.map(drop)
    }
}
