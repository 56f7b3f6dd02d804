//! Who was shown a covered value, when and why.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One value of one record that was shown to somebody who asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// Its identifier.
    pub id: Id,
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// Key of the field.
    pub field: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Id,
    /// How `by` was called.
    pub by_name: String,
    /// Why, in their words.
    pub reason: String,
}

const REVEAL: &str = "id, entity, record, field, at, person, person_name, reason";

fn reveal(row: &Row) -> Result<Reveal, Error> {
    Ok(Reveal {
        id: row.id(0)?,
        entity: row.text(1)?,
        record: row.id(2)?,
        field: row.text(3)?,
        at: row.at(4)?,
        by: row.id(5)?,
        by_name: row.text(6)?,
        reason: row.text(7)?,
    })
}

async fn reveals(conn: &mut Conn, entity: &str, record: Id) -> Result<Vec<Reveal>, Error> {
    let sql = format!("SELECT {REVEAL} FROM reveals WHERE entity = $1 AND record = $2 ORDER BY at, id");
    conn.rows(sql, binds![entity, record]).await?.iter().map(reveal).collect()
}

reads! {
    /// What was shown of a record, oldest first.
    fn reveals(entity: &str, record: Id) -> Vec<Reveal> = reveals;
}

impl Tx {
    /// Notes that a value is shown.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_reveal(&mut self, reveal: &Reveal) -> Result<(), Error> {
        let sql = format!("INSERT INTO reveals ({REVEAL}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)");
        let mut values =
            binds![reveal.id, &reveal.entity, reveal.record, &reveal.field, reveal.at, reveal.by];
        values.extend(binds![&reveal.by_name, &reveal.reason]);
        self.conn.run(sql, values).await.map(drop)
    }
}
