//! The sealer of the audit's chain: hashes what was committed, in the order of its numbers, and writes it into blocks.
//!
//! No row is passed over. On SQLite one writer gives the numbers and commits in their order, so what a reader sees is
//! whole. On PostgreSQL a smaller number may be committed after a greater one: so the sealer reads which numbers were given
//! ([`Horizon`]), then who writes at that moment (every writing transaction holds the schema's lock, shared, from its
//! first statement), and seals up to those numbers only when all of these have ended. What they left behind is visible
//! then, and nobody is given such a number again. Several servers meet at the head's row: one writes, the others find it
//! moved.

use kezhi_types::Timestamp;

use crate::audit::chain::{
    BlockFacts, CHANGE, Leaf, NOTE, Salt, block_hash, change_leaf, entry_salt, note_leaf,
};
use crate::audit::{AuditHead, begin_chain};
use crate::bind::{Bind, Dialect, Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::store::Store;
use crate::tx::Tx;

/// Entries of a block.
const BLOCK: usize = 1_024;
/// Rows read and hashed at a time, so that long texts are not all in memory.
const PAGE: usize = 256;
/// The transactions of others that write at this moment, by the lock that each holds from its first statement.
const WRITING: &str = "SELECT DISTINCT virtualtransaction FROM pg_locks \
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid() \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
    AND ((classid::bigint << 32) | objid::bigint) = hashtext(current_schema())::bigint";

/// Up to where may be sealed, once those who are writing have ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Horizon {
    /// The last number of `history` that was given.
    pub history: i64,
    /// The last number of `audit` that was given.
    pub audit: i64,
    /// Who may still commit such a number; PostgreSQL only.
    pub writing: Vec<String>,
}

/// What is to become a block.
struct Block {
    facts: BlockFacts,
    links: Vec<u8>,
    salts: Vec<u8>,
}

impl Store {
    /// Up to where may be sealed.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn audit_horizon(&self) -> Result<Horizon, Error> {
        let mut conn = self.reader().connect().await?;
        let mut last = [0; 2];
        for (last, table) in last.iter_mut().zip(["history", "audit"]) {
            let sql = match conn.dialect() {
                Dialect::Sqlite => format!("SELECT COALESCE(MAX(seq), 0) FROM {table}"),
                Dialect::Postgres => {
                    format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_seq_seq")
                }
            };
            *last = conn.row(sql, vec![]).await?.map_or(Ok(0), |row| row.int(0))?;
        }
        // Asked behind the numbers: who was given one of them is found writing, or has ended.
        let writing = writing(&mut conn).await?;
        Ok(Horizon { history: last[0], audit: last[1], writing })
    }

    /// Those of the horizon's writers who have not ended.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn still_writing(&self, horizon: Horizon) -> Result<Horizon, Error> {
        let now = writing(&mut self.reader().connect().await?).await?;
        let writing = horizon.writing.into_iter().filter(|one| now.contains(one)).collect();
        Ok(Horizon { writing, ..horizon })
    }

    /// Seals up to 1,024 entries, none beyond the horizon, whose writers have ended. Answers how many; 0 when there is
    /// nothing to seal, or another server was sooner. `seed` are 32 random bytes.
    ///
    /// # Errors
    /// Only when the database fails; then nothing was sealed.
    pub async fn seal_some(&self, to: &Horizon, now: Timestamp, seed: [u8; 32]) -> Result<usize, Error> {
        let head = self.begun(&seed).await?;
        let mut conn = self.reader().connect().await?;
        let block = gather(&mut conn, &head, to, (now, seed)).await?;
        drop(conn);
        let sealed = usize::try_from(block.facts.changes + block.facts.notes).unwrap_or(0);
        if sealed == 0 {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        // Another server has sealed meanwhile, or somebody erased what was read.
        if tx.audit_head().await?.as_ref() != Some(&head) {
            tx.rollback().await?;
            return Ok(0);
        }
        tx.write_block(&head, block, now).await?;
        tx.commit().await?;
        Ok(sealed)
    }

    /// How far the chain goes; it is begun where it has not been.
    async fn begun(&self, seed: &[u8; 32]) -> Result<AuditHead, Error> {
        if let Some(head) = self.reader().audit_head().await? {
            return Ok(head);
        }
        let mut tx = self.begin().await?;
        begin_chain(&mut tx.conn, seed).await?;
        let head = tx.audit_head().await?;
        tx.commit().await?;
        head.ok_or_else(|| Error::Damaged("the audit's chain has no head".into()))
    }
}

impl Tx {
    async fn write_block(&mut self, head: &AuditHead, block: Block, now: Timestamp) -> Result<(), Error> {
        let Block { facts, links, salts } = block;
        let hash = block_hash(&head.hash, &facts, &links);
        let BlockFacts { number, at, history_to, audit_to, changes, notes, latest } = facts;
        let sql = "INSERT INTO audit_blocks (number, at, history_to, audit_to, changes, notes, latest, previous, hash, \
                   links) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)";
        let mut values = binds![number, at, history_to, audit_to, changes, notes, latest];
        values.extend([Bind::Bytes(head.hash.clone()), Bind::from(&hash[..]), Bind::Bytes(links)]);
        self.conn.run(sql, values).await?;
        let sql = "INSERT INTO audit_salts (block, salts) VALUES ($1,$2)";
        self.conn.run(sql, vec![number.into(), Bind::Bytes(salts)]).await?;
        let sql = "UPDATE audit_head SET block = $1, hash = $2, entries = $3, history_to = $4, audit_to = $5, \
                   latest = $6, sealed_at = $7 WHERE one = 1";
        let entries = head.entries + changes + notes;
        let values = binds![number, &hash[..], entries, history_to, audit_to, latest, now];
        self.conn.run(sql, values).await.map(drop)
    }
}

async fn writing(conn: &mut Conn) -> Result<Vec<String>, Error> {
    match conn.dialect() {
        Dialect::Sqlite => Ok(Vec::new()),
        Dialect::Postgres => conn.rows(WRITING, vec![]).await?.iter().map(|row| row.text(0)).collect(),
    }
}

/// Reads and hashes what comes behind the head: changes first, then notes, up to the size of a block.
async fn gather(
    conn: &mut Conn,
    head: &AuditHead,
    to: &Horizon,
    (now, seed): (Timestamp, [u8; 32]),
) -> Result<Block, Error> {
    let mut block = Block {
        facts: BlockFacts {
            number: head.block + 1,
            at: now.0,
            history_to: head.history_to,
            audit_to: head.audit_to,
            changes: 0,
            notes: 0,
            latest: head.latest.0,
        },
        links: Vec::new(),
        salts: Vec::new(),
    };
    let changes = format!("SELECT {CHANGE} FROM history WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3");
    loop {
        let room = PAGE.min(BLOCK - block.entries());
        let values = binds![block.facts.history_to, to.history, room as i64];
        let rows = conn.rows(changes.as_str(), values).await?;
        let Some(last) = rows.last() else { break };
        block.facts.history_to = last.int(0)?;
        let latest = latest_of(&rows, 4)?;
        let leaves = hashed(rows, move |row| {
            let salt = entry_salt(&seed, row.int(0)?);
            Ok((change_leaf(row, &salt)?, salt))
        });
        for (leaf, salt) in leaves.await? {
            block.link(leaf);
            block.salts.extend(salt);
            block.facts.changes += 1;
        }
        block.facts.latest = block.facts.latest.max(latest);
    }
    let notes =
        format!("SELECT {NOTE} FROM audit a WHERE a.seq > $1 AND a.seq <= $2 ORDER BY a.seq LIMIT $3");
    loop {
        let room = PAGE.min(BLOCK - block.entries());
        let values = binds![block.facts.audit_to, to.audit, room as i64];
        let rows = conn.rows(notes.as_str(), values).await?;
        let Some(last) = rows.last() else { break };
        block.facts.audit_to = last.int(0)?;
        let latest = latest_of(&rows, 1)?;
        for (leaf, _) in hashed(rows, |row| Ok((note_leaf(row)?, Salt::default()))).await? {
            block.link(leaf);
            block.facts.notes += 1;
        }
        block.facts.latest = block.facts.latest.max(latest);
    }
    Ok(block)
}

impl Block {
    fn entries(&self) -> usize {
        self.links.len() / crate::audit::chain::LINK
    }

    fn link(&mut self, leaf: Leaf) {
        self.links.extend(leaf.seq.to_be_bytes());
        self.links.extend(leaf.hash);
    }
}

fn latest_of(rows: &[Row], at: usize) -> Result<i64, Error> {
    rows.iter().try_fold(i64::MIN, |latest, row| Ok(latest.max(row.int(at)?)))
}

/// Hashes rows on a thread that answers no requests.
async fn hashed(
    rows: Vec<Row>,
    hash: impl Fn(&Row) -> Result<(Leaf, Salt), Error> + Send + 'static,
) -> Result<Vec<(Leaf, Salt)>, Error> {
    let hashing = move || rows.iter().map(hash).collect();
    let done = tokio::task::spawn_blocking(hashing).await;
    done.unwrap_or_else(|_| Err(Error::Damaged("an entry of the audit could not be hashed".into())))
}
