//! The chain against the rows: block by block, entry by entry, the first that is wrong first.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::blank::{number_of, salt_at};
use super::chain::{BlockFacts, CHANGE, LINK, Leaf, NOTE, block_hash, change_leaf, note_leaf, unhex};
use super::{AuditHead, EntryKey, Source};
use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::reader::Reader;

/// Rows hashed at a time.
const PAGE: u32 = 256;
/// How often a block is looked at again where somebody may have erased something meanwhile.
const TRIES: usize = 3;

/// Something that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// `changed`, `missing`, `added` or `hidden` for an entry; `block_missing` or `block_changed`; `checkpoint_changed`,
    /// `checkpoint_missing`, `checkpoint_forged` or `checkpoint_key`.
    pub what: &'static str,
    /// The entry: `c123` for a change of a record, `n45` for what was done besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The block, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<i64>,
    /// The checkpoint, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<i64>,
}

impl Fault {
    fn of_entry(what: &'static str, entry: EntryKey, block: i64) -> Self {
        Self { what, entry: Some(entry.to_string()), block: Some(block), checkpoint: None }
    }

    fn of_block(what: &'static str, block: i64) -> Self {
        Self { what, entry: None, block: Some(block), checkpoint: None }
    }

    /// A checkpoint that does not agree with the chain.
    pub fn of_checkpoint(what: &'static str, checkpoint: i64, block: Option<i64>) -> Self {
        Self { what, entry: None, block, checkpoint: Some(checkpoint) }
    }

    /// An entry of which something was erased although nothing says so.
    pub fn hidden(entry: EntryKey) -> Self {
        Self { what: "hidden", entry: Some(entry.to_string()), block: None, checkpoint: None }
    }
}

/// Where a proof stands, and what it has found.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The last block looked at.
    pub block: i64,
    /// Entries looked at.
    pub entries: i64,
    /// What is wrong, in the order of the chain.
    pub faults: Vec<Fault>,
    /// Entries of which something was erased.
    pub erased: Vec<EntryKey>,
    /// The notes that tell of erasures: their details.
    pub told: Vec<Value>,
    hash: Vec<u8>,
    history_to: i64,
    audit_to: i64,
}

/// What was found in one block.
#[derive(Debug, Default)]
struct Found {
    faults: Vec<Fault>,
    erased: Vec<EntryKey>,
    told: Vec<Value>,
}

impl Proof {
    /// Where the chain begins.
    pub fn new(head: &AuditHead) -> Self {
        Self {
            hash: unhex::<16>(&head.chain).map(|name| name.to_vec()).unwrap_or_default(),
            ..Self::default()
        }
    }
}

impl Reader {
    /// Looks at the next block; `false` behind the last one, which is the one that `head` names.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn prove_block(&self, head: &AuditHead, proof: &mut Proof) -> Result<bool, Error> {
        if proof.block >= head.block {
            return Ok(false);
        }
        let number = proof.block + 1;
        // Many blocks lie in memory; whoever waits for this thread has a turn between them.
        tokio::task::yield_now().await;
        let mut conn = self.connect().await?;
        let sql = "SELECT number, at, history_to, audit_to, changes, notes, latest, previous, hash, links \
                   FROM audit_blocks WHERE number >= $1 ORDER BY number LIMIT 1";
        let row = conn.row(sql, binds![number]).await?;
        let Some(row) = row.filter(|row| row.int(0).is_ok_and(|found| found <= head.block)) else {
            // Nothing of the rest is there.
            proof.faults.push(Fault::of_block("block_missing", number));
            proof.block = head.block;
            return Ok(true);
        };
        let facts = facts_of(&row)?;
        if facts.number != number {
            proof.faults.push(Fault::of_block("block_missing", number));
        }
        let (previous, hash, links) = (row.bytes(7)?, row.bytes(8)?, row.bytes(9)?);
        let mut found = Found::default();
        for attempt in 1..=TRIES {
            found = Found::default();
            prove_changes(&mut conn, proof.history_to, &facts, &links, &mut found).await?;
            prove_notes(&mut conn, proof.audit_to, &facts, &links, &mut found).await?;
            if found.faults.is_empty() || attempt == TRIES {
                break;
            }
        }
        let broken = (facts.number == number && previous != proof.hash)
            || hash != block_hash(&previous, &facts, &links)
            || (facts.number == head.block && hash != head.hash);
        // An entry that differs says more than its block.
        if broken {
            found.faults.push(Fault::of_block("block_changed", facts.number));
        }
        proof.faults.append(&mut found.faults);
        proof.erased.append(&mut found.erased);
        proof.told.append(&mut found.told);
        proof.entries = proof.entries.saturating_add(facts.changes).saturating_add(facts.notes);
        (proof.block, proof.hash) = (facts.number, hash);
        (proof.history_to, proof.audit_to) = (facts.history_to, facts.audit_to);
        Ok(true)
    }

    /// What erasures that are not yet sealed are told by, to be taken with those of a proof.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn unsealed_erasures(&self, proof: &Proof) -> Result<Vec<Value>, Error> {
        let mut conn = self.connect().await?;
        let sql = "SELECT detail FROM audit WHERE seq > $1 AND action = $2 ORDER BY seq";
        let rows = conn.rows(sql, binds![proof.audit_to, ERASED]).await?;
        rows.iter().map(|row| row.json(0)).collect()
    }
}

/// The action of a note that tells what was erased: `{changes: [[1, 20], …], notes: [[3, 3], …]}`.
pub(crate) const ERASED: &str = "audit.erased";

fn facts_of(row: &Row) -> Result<BlockFacts, Error> {
    Ok(BlockFacts {
        number: row.int(0)?,
        at: row.int(1)?,
        history_to: row.int(2)?,
        audit_to: row.int(3)?,
        changes: row.int(4)?,
        notes: row.int(5)?,
        latest: row.int(6)?,
    })
}

/// The links of a block's changes, and those of its notes.
fn parted<'l>(facts: &BlockFacts, links: &'l [u8]) -> (&'l [u8], &'l [u8]) {
    let at = usize::try_from(facts.changes).unwrap_or(0).saturating_mul(LINK).min(links.len());
    links.split_at(at)
}

async fn prove_changes(
    conn: &mut Conn,
    from: i64,
    facts: &BlockFacts,
    links: &[u8],
    found: &mut Found,
) -> Result<(), Error> {
    let (links, _) = parted(facts, links);
    let mut linked = Linked::new(links, Source::Change, facts.number);
    let mut from = from;
    let sql = format!("SELECT {CHANGE} FROM history WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT {PAGE}");
    let mut salts: Option<Vec<u8>> = None;
    loop {
        let rows = conn.rows(sql.as_str(), binds![from, facts.history_to]).await?;
        let Some(last) = rows.last() else { break };
        from = last.int(0)?;
        // Read behind the rows: what is erased in between differs, and is looked at again.
        let salts = match &mut salts {
            Some(salts) => salts,
            none => none.insert(salts_of(conn, facts.number).await?),
        };
        for row in &rows {
            let at = linked.place_of(row.int(0)?);
            let salt = salt_at(salts, at.unwrap_or(usize::MAX / 32));
            linked.meet(readable(change_leaf(row, &salt), row)?, found);
        }
    }
    linked.end(found);
    Ok(())
}

async fn salts_of(conn: &mut Conn, block: i64) -> Result<Vec<u8>, Error> {
    let row = conn.row("SELECT salts FROM audit_salts WHERE block = $1", binds![block]).await?;
    row.map_or(Ok(Vec::new()), |row| row.bytes(0))
}

async fn prove_notes(
    conn: &mut Conn,
    from: i64,
    facts: &BlockFacts,
    links: &[u8],
    found: &mut Found,
) -> Result<(), Error> {
    let (_, links) = parted(facts, links);
    let mut linked = Linked::new(links, Source::Note, facts.number);
    let mut from = from;
    let sql = format!(
        "SELECT {NOTE}, p.salt, p.said FROM audit a LEFT JOIN audit_personal p ON p.entry = a.seq \
         WHERE a.seq > $1 AND a.seq <= $2 ORDER BY a.seq LIMIT {PAGE}"
    );
    loop {
        let rows = conn.rows(sql.as_str(), binds![from, facts.audit_to]).await?;
        let Some(last) = rows.last() else { break };
        from = last.int(0)?;
        for row in &rows {
            let leaf = readable(note_leaf(row), row)?;
            let entry = EntryKey { source: Source::Note, seq: leaf.seq };
            match said(row) {
                Said::Erased => found.erased.push(entry),
                Said::Otherwise => found.faults.push(Fault::of_entry("changed", entry, facts.number)),
                Said::AsSealed => {}
            }
            if row.str(4).is_ok_and(|action| action == ERASED) {
                found.told.extend(row.json(8));
            }
            linked.meet(leaf, found);
        }
    }
    linked.end(found);
    Ok(())
}

/// A row that cannot be read was not written so: it agrees with nothing.
fn readable(leaf: Result<Leaf, Error>, row: &Row) -> Result<Leaf, Error> {
    match leaf {
        Err(Error::Damaged(_)) => Ok(Leaf { seq: row.int(0)?, hash: [0; 32], erased: false }),
        leaf => leaf,
    }
}

/// Whether what a note says of a person is what it committed to.
enum Said {
    AsSealed,
    Erased,
    Otherwise,
}

fn said(row: &Row) -> Said {
    let (Ok(committed), Ok(salt)) = (row.json::<HashMap<String, String>>(9), row.maybe_text(10)) else {
        return Said::Otherwise;
    };
    let Some(salt) = salt else {
        return if committed.is_empty() { Said::AsSealed } else { Said::Erased };
    };
    let (Some(salt), Ok(said)) = (unhex(&salt), row.json::<Map<String, Value>>(11)) else {
        return Said::Otherwise;
    };
    let agrees = |(key, value): (&String, &Value)| {
        committed.get(key) == Some(&super::chain::said_commitment(&salt, key, &value.to_string()))
    };
    let same = said.len() == committed.len() && said.iter().all(agrees);
    if same { Said::AsSealed } else { Said::Otherwise }
}

/// The links of one source in one block, met by rows in the order of their numbers.
struct Linked<'l> {
    links: Vec<(i64, &'l [u8])>,
    next: usize,
    source: Source,
    block: i64,
}

impl<'l> Linked<'l> {
    fn new(links: &'l [u8], source: Source, block: i64) -> Self {
        let links = links.chunks_exact(LINK).map(|link| (number_of(link), &link[8..])).collect();
        Self { links, next: 0, source, block }
    }

    /// Where a number stands, if it does.
    fn place_of(&self, seq: i64) -> Option<usize> {
        self.links.binary_search_by_key(&seq, |(number, _)| *number).ok()
    }

    fn fault(&self, what: &'static str, seq: i64) -> Fault {
        Fault::of_entry(what, EntryKey { source: self.source, seq }, self.block)
    }

    /// A row: links before it are missing; one that is not linked was added; one that hashes otherwise was changed.
    fn meet(&mut self, leaf: Leaf, found: &mut Found) {
        while let Some((seq, _)) = self.links.get(self.next).filter(|(seq, _)| *seq < leaf.seq) {
            found.faults.push(self.fault("missing", *seq));
            self.next += 1;
        }
        match self.links.get(self.next).filter(|(seq, _)| *seq == leaf.seq) {
            None => found.faults.push(self.fault("added", leaf.seq)),
            Some((_, hash)) => {
                if **hash != leaf.hash {
                    found.faults.push(self.fault("changed", leaf.seq));
                }
                self.next += 1;
            }
        }
        if leaf.erased {
            found.erased.push(EntryKey { source: self.source, seq: leaf.seq });
        }
    }

    fn end(mut self, found: &mut Found) {
        while let Some((seq, _)) = self.links.get(self.next) {
            found.faults.push(self.fault("missing", *seq));
            self.next += 1;
        }
    }
}
