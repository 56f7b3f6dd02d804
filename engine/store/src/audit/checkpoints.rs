//! Signed states of the chain: what it was at some moment, so that nobody writes it anew from an earlier one.

use kezhi_types::Timestamp;

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// A state of the chain under a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Counts from 1, without gaps.
    pub number: i64,
    /// When it was signed.
    pub at: Timestamp,
    /// The last block that it covers.
    pub block: i64,
    /// The entries up to that block.
    pub entries: i64,
    /// The hash of that block, in hexadecimal digits.
    pub head: String,
    /// The public key that it is signed with, in hexadecimal digits.
    pub key: String,
    /// The signature, in hexadecimal digits.
    pub signature: String,
}

const CHECKPOINT: &str = "number, at, block, entries, head, key, signature";

fn checkpoint(row: &Row) -> Result<Checkpoint, Error> {
    Ok(Checkpoint {
        number: row.int(0)?,
        at: row.at(1)?,
        block: row.int(2)?,
        entries: row.int(3)?,
        head: row.text(4)?,
        key: row.text(5)?,
        signature: row.text(6)?,
    })
}

async fn checkpoints(conn: &mut Conn, after: i64, limit: u32) -> Result<Vec<Checkpoint>, Error> {
    let sql =
        format!("SELECT {CHECKPOINT} FROM audit_checkpoints WHERE number > $1 ORDER BY number LIMIT $2");
    conn.rows(sql, binds![after, limit]).await?.iter().map(checkpoint).collect()
}

async fn last_checkpoint(conn: &mut Conn) -> Result<Option<Checkpoint>, Error> {
    let sql = format!("SELECT {CHECKPOINT} FROM audit_checkpoints ORDER BY number DESC LIMIT 1");
    conn.row(sql, vec![]).await?.as_ref().map(checkpoint).transpose()
}

async fn block_head(conn: &mut Conn, number: i64) -> Result<Option<String>, Error> {
    let row = conn.row("SELECT hash FROM audit_blocks WHERE number = $1", binds![number]).await?;
    row.map(|row| Ok(super::chain::hex(&row.bytes(0)?))).transpose()
}

reads! {
    /// Checkpoints behind the one numbered `after`, oldest first.
    fn checkpoints(after: i64, limit: u32) -> Vec<Checkpoint> = checkpoints;
    /// The last checkpoint.
    fn last_checkpoint() -> Option<Checkpoint> = last_checkpoint;
    /// The hash that a block says it has, in hexadecimal digits.
    fn block_head(number: i64) -> Option<String> = block_head;
}

impl Tx {
    /// Stores a checkpoint.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let sql = format!("INSERT INTO audit_checkpoints ({CHECKPOINT}) VALUES ($1,$2,$3,$4,$5,$6,$7)");
        let Checkpoint { number, at, block, entries, head, key, signature } = checkpoint;
        self.conn.run(sql, binds![*number, *at, *block, *entries, head, key, signature]).await.map(drop)
    }
}
