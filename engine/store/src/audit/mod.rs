//! The audit: what was done that is no change of a record, and the chain that seals it with the history of records.
//!
//! A note is a row of `audit`, written in the transaction of what it tells; a change is a row of `history`. Neither knows of
//! the chain: the sealer ([`crate::seal`]) comes behind them, hashes what was committed in the order of its numbers, and
//! writes a block for up to 1,024 entries.

/// What is hashed, byte for byte.
pub(crate) mod chain;
/// Signed states of the chain.
mod checkpoints;
/// Values that are erased while the chain stays.
pub(crate) mod blank;
/// What auditors read.
mod read;
/// The chain against the rows.
mod prove;

use kezhi_types::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bind::{Row, binds, json_text};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

pub use checkpoints::Checkpoint;
pub use prove::{Fault, Proof};
pub use read::{AuditEntry, AuditFilter};

/// Something that was done and is to be noted.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditNote {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: Id,
    /// How `person` is called, for callers that are no user; else empty.
    pub person_name: String,
    /// What was done: `session.signed_in`, `export.begun` …
    pub action: String,
    /// The entity that it was done to.
    pub entity: Option<String>,
    /// The record that it was done to.
    pub record: Option<Id>,
    /// The account that it was done to.
    pub subject: Option<Id>,
    /// What else is to be known and is nobody's own: an object.
    pub detail: Value,
    /// What says something of a person, by key; enters the chain by commitments and can be erased.
    pub personal: Map<String, Value>,
    /// Random bytes that keep `personal` from being found by trying.
    pub salt: [u8; 16],
}

/// From which table an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `history`: a change of a record.
    Change,
    /// `audit`: what was done besides.
    Note,
}

/// An entry of the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey {
    /// From which table.
    pub source: Source,
    /// Its number there.
    pub seq: i64,
}

impl std::fmt::Display for EntryKey {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = if self.source == Source::Change { 'c' } else { 'n' };
        write!(to, "{letter}{}", self.seq)
    }
}

impl std::str::FromStr for EntryKey {
    type Err = ();

    /// `c123` for a change, `n45` for a note.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (letter, number) = text.split_at_checked(1).ok_or(())?;
        let source = match letter {
            "c" => Source::Change,
            "n" => Source::Note,
            _ => return Err(()),
        };
        let seq: i64 = number.parse().map_err(|_| ())?;
        if seq > 0 { Ok(Self { source, seq }) } else { Err(()) }
    }
}

/// How far the chain goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// What this chain is called, at random: 32 hexadecimal digits.
    pub chain: String,
    /// The number of the last block; 0 before the first.
    pub block: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// Entries sealed so far.
    pub entries: i64,
    /// The last number of `history` that is sealed.
    pub history_to: i64,
    /// The last number of `audit` that is sealed.
    pub audit_to: i64,
    /// The latest instant of the entries sealed so far.
    pub latest: Timestamp,
    /// When the last block was sealed.
    pub sealed_at: Option<Timestamp>,
    /// Counts erasures in entries that are not yet sealed.
    pub(crate) revision: i64,
}

impl AuditHead {
    /// The hash of the last block, in hexadecimal digits.
    pub fn hash_text(&self) -> String {
        chain::hex(&self.hash)
    }
}

const HEAD: &str = "chain, block, hash, entries, history_to, audit_to, latest, sealed_at, revision";

fn head_of(row: &Row) -> Result<AuditHead, Error> {
    Ok(AuditHead {
        chain: row.text(0)?,
        block: row.int(1)?,
        hash: row.bytes(2)?,
        entries: row.int(3)?,
        history_to: row.int(4)?,
        audit_to: row.int(5)?,
        latest: row.at(6)?,
        sealed_at: row.maybe_at(7)?,
        revision: row.int(8)?,
    })
}

pub(crate) async fn audit_head(conn: &mut Conn) -> Result<Option<AuditHead>, Error> {
    let lock = conn.for_update();
    conn.row(format!("SELECT {HEAD} FROM audit_head WHERE one = 1{lock}"), vec![])
        .await?
        .as_ref()
        .map(head_of)
        .transpose()
}

async fn count_unsealed(conn: &mut Conn) -> Result<i64, Error> {
    let head = audit_head(conn).await?;
    let (history, audit) = head.map_or((0, 0), |head| (head.history_to, head.audit_to));
    let sql =
        "SELECT (SELECT COUNT(*) FROM history WHERE seq > $1) + (SELECT COUNT(*) FROM audit WHERE seq > $2)";
    let row = conn.row(sql, binds![history, audit]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

reads! {
    /// How far the chain goes; `None` before anything was sealed. In a transaction it is held until the end.
    fn audit_head() -> Option<AuditHead> = audit_head;
    /// How many entries wait to be sealed.
    fn count_unsealed() -> i64 = count_unsealed;
}

impl Tx {
    /// Notes that something is done; answers the number of the entry.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn note_audit(&mut self, note: &AuditNote) -> Result<i64, Error> {
        let said: Map<String, Value> = note
            .personal
            .iter()
            .map(|(key, value)| {
                let hash = chain::said_commitment(&note.salt, key, &value.to_string());
                (key.clone(), Value::String(hash))
            })
            .collect();
        let sql = "INSERT INTO audit (at, person, person_name, action, entity, record, subject, detail, commitments) \
                   VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) RETURNING seq";
        let mut values = binds![note.at, note.person, &note.person_name, &note.action, &note.entity];
        values.extend(binds![note.record, note.subject]);
        values.extend([json_text(&note.detail), json_text(&said)]);
        let row = self.conn.row(sql, values).await?;
        let seq = row.ok_or_else(|| Error::Damaged("a note got no number".into()))?.int(0)?;
        if !note.personal.is_empty() {
            let sql = "INSERT INTO audit_personal (entry, salt, said) VALUES ($1,$2,$3)";
            let values = vec![seq.into(), chain::hex(&note.salt).into(), json_text(&note.personal)];
            self.conn.run(sql, values).await?;
        }
        Ok(seq)
    }
}

/// Begins the chain, where it has not begun.
pub(crate) async fn begin_chain(conn: &mut Conn, seed: &[u8; 32]) -> Result<(), Error> {
    let name = chain::entry_salt(seed, 0);
    let sql = "INSERT INTO audit_head (one, chain, block, hash, entries, history_to, audit_to, latest, revision) \
               VALUES (1, $1, 0, $2, 0, 0, 0, 0, 0) ON CONFLICT (one) DO NOTHING";
    conn.run(sql, binds![chain::hex(&name), &name[..]]).await.map(drop)
}
