//! Serial numbers, and which records are sample data.

use kezhi_types::Id;

use crate::bind::binds;
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::tx::{Tx, reads};

const NEXT_SERIAL: &str = "INSERT INTO serials (name, scope, value) VALUES ($1, $2, 1) \
                           ON CONFLICT (name, scope) DO UPDATE SET value = serials.value + 1 RETURNING value";

/// The next number of a counter, within the connection's transaction.
pub(crate) async fn next_serial(conn: &mut Conn, name: &str, scope: &str) -> Result<i64, Error> {
    let row = conn.row(NEXT_SERIAL, binds![name, scope]).await?;
    row.ok_or_else(|| Error::Damaged("a counter gave no number".into()))?.int(0)
}

async fn sample_counts(conn: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    let rows =
        conn.rows("SELECT entity, COUNT(*) FROM sample GROUP BY entity ORDER BY entity", vec![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

async fn sample_ids(conn: &mut Conn, entity: &str) -> Result<Vec<Id>, Error> {
    let rows =
        conn.rows("SELECT record FROM sample WHERE entity = $1 ORDER BY record", binds![entity]).await?;
    rows.iter().map(|row| row.id(0)).collect()
}

reads! {
    /// How many sample records each entity has.
    fn sample_counts() -> Vec<(String, i64)> = sample_counts;
    /// The sample records of one entity.
    fn sample_ids(entity: &str) -> Vec<Id> = sample_ids;
}

impl Tx {
    /// The next number of counter `name` in `scope` (the serial's text before the number), without gaps:
    /// the counter stays locked until this transaction ends, so take it last.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn next_serial(&mut self, name: &str, scope: &str) -> Result<i64, Error> {
        next_serial(&mut self.conn, name, scope).await
    }

    /// Takes `count` numbers of a counter at once and gives the first, as [`Tx::next_serial`] takes one.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn next_serials(&mut self, name: &str, scope: &str, count: u32) -> Result<i64, Error> {
        let sql = "INSERT INTO serials (name, scope, value) VALUES ($1, $2, $3) ON CONFLICT (name, scope) \
                   DO UPDATE SET value = serials.value + $3 RETURNING value";
        let row = self.conn.row(sql, binds![name, scope, count]).await?;
        let last = row.ok_or_else(|| Error::Damaged("a counter gave no number".into()))?.int(0)?;
        Ok(last - i64::from(count) + 1)
    }

    /// Gives back the last `count` numbers that this transaction has taken and not used.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn return_serials(&mut self, name: &str, scope: &str, count: u32) -> Result<(), Error> {
        let sql = "UPDATE serials SET value = value - $3 WHERE name = $1 AND scope = $2";
        self.conn.run(sql, binds![name, scope, count]).await.map(drop)
    }

    /// Moves a counter to at least `value`, after imported records brought numbers of their own.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn raise_serial(&mut self, name: &str, scope: &str, value: i64) -> Result<(), Error> {
        let sql = "INSERT INTO serials (name, scope, value) VALUES ($1, $2, $3) ON CONFLICT (name, scope) \
                   DO UPDATE SET value = CASE WHEN serials.value < $3 THEN $3 ELSE serials.value END";
        self.conn.rows(sql, binds![name, scope, value]).await.map(drop)
    }

    /// Notes that records came as sample data.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn mark_sample(&mut self, entity: &str, ids: &[Id]) -> Result<(), Error> {
        for ids in ids.chunks(256) {
            let values = ids.iter().flat_map(|id| binds![entity, *id]).collect();
            let sql = format!(
                "INSERT INTO sample (entity, record) VALUES {} ON CONFLICT DO NOTHING",
                places(ids.len(), 2)
            );
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// Removes the sample records for good, with their events, comments, stale marks, and the runs about them, and the
    /// values in their history; answers how many records went, and the changes that were erased, for a note as
    /// [`Tx::erase_history`] demands. What points at them from other records is not touched: see `pointing_at_sample`.
    /// `seed` are 32 random bytes.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_sample(&mut self, seed: &[u8; 32]) -> Result<(u64, Vec<i64>), Error> {
        crate::erase::delete_sample(&mut self.conn, seed).await
    }
}
