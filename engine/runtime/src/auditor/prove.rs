//! The chain against the rows, the checkpoints against the chain, and what was erased against what was noted of it.

use std::collections::HashSet;

use kezhi_store::{AuditHead, EntryKey, Fault, Proof, Source};
use kezhi_types::{Caller, Id};
use serde::Serialize;
use serde_json::{Value, json};

use super::SignedCheckpoint;
use crate::error::Error;
use crate::runtime::Runtime;

/// Faults that are told one by one.
const TOLD: usize = 100;
/// Blocks between two looks at the job.
const BLOCKS: i64 = 64;
/// Checkpoints read at a time.
const PAGE: u32 = 500;

/// What became of a proof.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditProof {
    /// Blocks of the chain.
    pub blocks: i64,
    /// Sealed entries that were looked at.
    pub entries: i64,
    /// Entries that wait to be sealed.
    pub unsealed: i64,
    /// Checkpoints that were looked at, those from outside included.
    pub checkpoints: i64,
    /// Entries of which something was erased, as the chain tells.
    pub erased: i64,
    /// How much is wrong.
    pub wrong: usize,
    /// The first hundred, in the order of the chain; checkpoints behind the entries.
    pub faults: Vec<Fault>,
}

impl AuditProof {
    fn take(&mut self, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            self.wrong += 1;
            if self.faults.len() < TOLD {
                self.faults.push(fault);
            }
        }
    }
}

impl Runtime {
    /// The state of the chain: `{chain, entries, blocks, unsealed, sealed_at, head, key, checkpoint}`.
    ///
    /// # Errors
    /// Denied without `view_audit`.
    pub async fn audit_state(&self, caller: &Caller) -> Result<Value, Error> {
        self.require_audit(caller, "view_audit")?;
        let reader = self.0.store.reader();
        let head = reader.audit_head().await?;
        let unsealed = reader.count_unsealed().await?;
        let chain = head.as_ref().map(|head| head.chain.clone()).unwrap_or_default();
        let checkpoint = reader.last_checkpoint().await?.map(|last| SignedCheckpoint::new(&chain, last));
        Ok(json!({
            "chain": head.as_ref().map(|head| &head.chain),
            "entries": head.as_ref().map_or(0, |head| head.entries),
            "blocks": head.as_ref().map_or(0, |head| head.block),
            "head": head.as_ref().map(AuditHead::hash_text),
            "sealed_at": head.as_ref().and_then(|head| head.sealed_at),
            "unsealed": unsealed,
            "checkpoint": checkpoint,
            "may_audit": self.may_audit(caller, super::rights::AUDIT),
        }))
    }

    /// Proves the chain; `outside` are checkpoints that lay elsewhere. A job that is named is told how far it is, and ends the
    /// proof (`None`) when somebody has stopped it.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn prove_audit(
        &self,
        outside: &[SignedCheckpoint],
        job: Option<Id>,
    ) -> Result<Option<AuditProof>, Error> {
        let reader = self.0.store.reader();
        let mut proof = AuditProof::default();
        let Some(head) = reader.audit_head().await? else {
            proof.unsealed = reader.count_unsealed().await?;
            // A chain that is not there contradicts whoever has seen it.
            proof.checkpoints = outside.len() as i64;
            proof
                .take(outside.iter().map(|one| Fault::of_checkpoint("checkpoint_changed", one.number, None)));
            return Ok(Some(proof));
        };
        let mut chain = Proof::new(&head);
        while reader.prove_block(&head, &mut chain).await? {
            proof.take(chain.faults.drain(..));
            if let Some(job) = job.filter(|_| chain.block % BLOCKS == 0)
                && !self.tell_job(job, (chain.entries, head.entries)).await?
            {
                return Ok(None);
            }
        }
        proof.take(chain.faults.drain(..));
        (proof.blocks, proof.entries) = (chain.block, chain.entries);
        proof.unsealed = reader.count_unsealed().await?;
        proof.erased = chain.erased.len() as i64;
        let mut told: HashSet<EntryKey> = HashSet::new();
        let unsealed = reader.unsealed_erasures(&chain).await?;
        chain.told.iter().chain(&unsealed).for_each(|detail| tell(detail, &mut told));
        let hidden = chain.erased.iter().filter(|entry| !told.contains(*entry));
        proof.take(hidden.map(|entry| Fault::hidden(*entry)));
        self.prove_checkpoints(&head, outside, &mut proof).await?;
        Ok(Some(proof))
    }

    /// The checkpoints in the database, each signed by this server's key, numbered without gaps, and of the chain as it
    /// is; then those from outside, signed by whatever key they name: whoever kept them knows it.
    async fn prove_checkpoints(
        &self,
        head: &AuditHead,
        outside: &[SignedCheckpoint],
        proof: &mut AuditProof,
    ) -> Result<(), Error> {
        let reader = self.0.store.reader();
        let mut last = 0;
        loop {
            let page = reader.checkpoints(last, PAGE).await?;
            if page.is_empty() {
                break;
            }
            let ours = self.0.seal_key.public()?;
            for checkpoint in page {
                let signed = SignedCheckpoint::new(&head.chain, checkpoint);
                if signed.number != last + 1 {
                    proof.take([Fault::of_checkpoint("checkpoint_missing", last + 1, None)]);
                }
                last = signed.number;
                proof.checkpoints += 1;
                if signed.is_signed() && signed.key != ours {
                    proof.take([Fault::of_checkpoint("checkpoint_key", signed.number, Some(signed.block))]);
                }
                proof.take(self.fault_of(head, &signed).await?);
            }
        }
        for signed in outside {
            proof.checkpoints += 1;
            if signed.chain != head.chain {
                let (number, block) = (signed.number, Some(signed.block));
                proof.take([Fault::of_checkpoint("checkpoint_changed", number, block)]);
                continue;
            }
            proof.take(self.fault_of(head, signed).await?);
            if signed.number > last {
                proof.take([Fault::of_checkpoint("checkpoint_missing", signed.number, Some(signed.block))]);
            }
        }
        Ok(())
    }

    async fn fault_of(&self, head: &AuditHead, signed: &SignedCheckpoint) -> Result<Option<Fault>, Error> {
        let fault = |what| Some(Fault::of_checkpoint(what, signed.number, Some(signed.block)));
        if !signed.is_signed() {
            return Ok(fault("checkpoint_forged"));
        }
        let block = self.0.store.reader().block_head(signed.block).await?;
        let agrees = signed.block <= head.block && block.as_ref() == Some(&signed.head);
        Ok(if agrees { None } else { fault("checkpoint_changed") })
    }
}

/// The entries that a note about an erasure names: `{changes: [[1, 20]], notes: [[3, 3]]}`.
fn tell(detail: &Value, told: &mut HashSet<EntryKey>) {
    for (key, source) in [("changes", Source::Change), ("notes", Source::Note)] {
        for range in detail[key].as_array().into_iter().flatten() {
            if let (Some(from), Some(to)) = (range[0].as_i64(), range[1].as_i64()) {
                told.extend((from..=to).map(|seq| EntryKey { source, seq }));
            }
        }
    }
}
