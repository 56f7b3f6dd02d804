//! Batches: changes of many records that came in one request and can be taken back together.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::{HISTORY, HistoryEntry, entry};
use crate::tx::{Tx, reads};

/// One request that changed records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its identifier.
    pub id: Id,
    /// The entity whose records it named.
    pub entity: String,
    /// Whose it is.
    pub by: Id,
    /// When.
    pub at: Timestamp,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
}

const BATCH: &str = "id, entity, person, at, undone_at";

fn batch_of(row: &Row) -> Result<Batch, Error> {
    Ok(Batch {
        id: row.id(0)?,
        entity: row.text(1)?,
        by: row.id(2)?,
        at: row.at(3)?,
        undone_at: row.maybe_at(4)?,
    })
}

async fn changes(
    conn: &mut Conn,
    batch: Id,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<HistoryEntry>, Error> {
    let sql = format!(
        "SELECT {HISTORY} FROM history WHERE batch = $1 AND seq < $2 AND kind <> 'derived' ORDER BY seq DESC LIMIT $3"
    );
    let values = binds![batch, before.unwrap_or(i64::MAX), limit];
    conn.rows(sql, values).await?.iter().map(entry).collect()
}

reads! {
    /// What a batch did, the newest change first, before the entry numbered `before`; what was derived is not among it.
    fn batch_changes(batch: Id, before: Option<i64>, limit: u32) -> Vec<HistoryEntry> = changes;
}

impl Tx {
    /// Begins a batch, or goes on with it: what is noted in this transaction from here on belongs to it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn begin_batch(&mut self, batch: &Batch) -> Result<(), Error> {
        let sql =
            "INSERT INTO batches (id, entity, person, at) VALUES ($1,$2,$3,$4) ON CONFLICT (id) DO NOTHING";
        self.conn.run(sql, binds![batch.id, &batch.entity, batch.by, batch.at]).await?;
        self.batch = Some(batch.id);
        Ok(())
    }

    /// A batch, held until the transaction ends.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lock_batch(&mut self, id: Id) -> Result<Option<Batch>, Error> {
        let lock = self.conn.for_update();
        let sql = format!("SELECT {BATCH} FROM batches WHERE id = $1{lock}");
        self.conn.row(sql, binds![id]).await?.as_ref().map(batch_of).transpose()
    }

    /// Notes that a batch was taken back.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn note_batch_undone(&mut self, id: Id, at: Timestamp) -> Result<(), Error> {
        self.conn.run("UPDATE batches SET undone_at = $2 WHERE id = $1", binds![id, at]).await.map(drop)
    }
}
