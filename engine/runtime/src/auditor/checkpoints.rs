//! Signed states of the chain. One is made every hour in which something was sealed, and whenever an auditor asks; each is
//! appended to a folder, if the settings name one, so that it leaves the machine.

use std::io::Write;

use kezhi_store::{AuditHead, Checkpoint};
use kezhi_types::{Caller, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rights::AUDIT;
use crate::audit::Note;
use crate::error::Error;
use crate::runtime::Runtime;
use crate::seals;

/// How long after one checkpoint the next is made, in milliseconds.
const EVERY: i64 = 3_600_000;
/// The file in the folder of the settings.
const FILE: &str = "checkpoints.jsonl";
/// Checkpoints on a page at most.
const MOST: u32 = 500;

/// A checkpoint as it leaves the machine: a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedCheckpoint {
    /// The chain that it is of.
    pub chain: String,
    /// Counts from 1, without gaps.
    pub number: i64,
    /// The last block that it covers.
    pub block: i64,
    /// The entries up to that block.
    pub entries: i64,
    /// The hash of that block, in hexadecimal digits.
    pub head: String,
    /// When it was signed.
    pub at: Timestamp,
    /// The public key that it is signed with, in hexadecimal digits.
    pub key: String,
    /// The Ed25519 signature over [`SignedCheckpoint::text`], in hexadecimal digits.
    pub signature: String,
}

impl SignedCheckpoint {
    pub(super) fn new(chain: &str, checkpoint: Checkpoint) -> Self {
        let Checkpoint { number, at, block, entries, head, key, signature } = checkpoint;
        Self { chain: chain.to_owned(), number, block, entries, head, at, key, signature }
    }

    /// What is signed.
    pub(super) fn text(&self) -> String {
        let Self { chain, number, block, entries, head, at, key, .. } = self;
        format!(
            "kezhi audit checkpoint 1\nchain {chain}\nnumber {number}\nblock {block}\nentries {entries}\n\
             head {head}\nat {at}\nkey {key}\n"
        )
    }

    /// Whether the signature is of the key that it names.
    pub(super) fn is_signed(&self) -> bool {
        seals::is_signed(&self.key, &self.text(), &self.signature)
    }
}

impl Runtime {
    /// Checkpoints behind the one numbered `after`, oldest first: `{items, next}`.
    ///
    /// # Errors
    /// Denied without `view_audit`.
    pub async fn audit_checkpoints(&self, caller: &Caller, after: i64) -> Result<Value, Error> {
        self.require_audit(caller, "view_audit")?;
        let reader = self.0.store.reader();
        let Some(head) = reader.audit_head().await? else { return Ok(json!({ "items": [], "next": null })) };
        let found = reader.checkpoints(after, MOST).await?;
        let next = found.last().map(|last| last.number).filter(|_| found.len() == MOST as usize);
        let items: Vec<SignedCheckpoint> =
            found.into_iter().map(|one| SignedCheckpoint::new(&head.chain, one)).collect();
        Ok(json!({ "items": items, "next": next }))
    }

    /// The public key of checkpoints that this server signs: `{algorithm, key, pem}`.
    ///
    /// # Errors
    /// Denied without `view_audit`; `audit.key`.
    pub fn audit_key(&self, caller: &Caller) -> Result<Value, Error> {
        self.require_audit(caller, "view_audit")?;
        let key = self.0.seal_key.public()?;
        Ok(json!({ "algorithm": "Ed25519", "pem": seals::pem(&key), "key": key }))
    }

    /// Seals what waits and signs the state of the chain; the last checkpoint where nothing was sealed since.
    ///
    /// # Errors
    /// Denied without `audit`; `entry.not_found` where there is nothing to sign; `audit.key`.
    pub async fn sign_audit(&self, caller: &Caller) -> Result<SignedCheckpoint, Error> {
        self.require_audit(caller, AUDIT)?;
        self.note_alone(Note::new("audit", "signed", caller, self.0.clock.now())).await?;
        self.seal_pass(true).await?;
        let made = self.sign_state(None).await?;
        made.ok_or_else(|| Error::NotFound { kind: "entry", key: "1".to_owned() })
    }

    /// Signs the state of the chain where the last checkpoint is an hour old.
    pub(super) async fn sign_in_time(&self) -> Result<(), Error> {
        let now = self.0.clock.unmoved();
        let reader = self.0.store.reader();
        let Some(head) = reader.audit_head().await?.filter(|head| head.block > 0) else { return Ok(()) };
        let last = reader.last_checkpoint().await?;
        let due = |last: &Checkpoint| head.block != last.block && now.0 - last.at.0 >= EVERY;
        if last.as_ref().is_none_or(due) {
            self.sign_state(Some(EVERY)).await?;
        }
        Ok(())
    }

    /// Signs the state of the chain under the lock of its head. With `every` only where the last checkpoint is as old: another
    /// server may have been sooner.
    async fn sign_state(&self, every: Option<i64>) -> Result<Option<SignedCheckpoint>, Error> {
        let now = self.0.clock.unmoved();
        let mut tx = self.0.store.begin().await?;
        let Some(head) = tx.audit_head().await?.filter(|head| head.block > 0) else { return Ok(None) };
        let last = tx.last_checkpoint().await?;
        let fresh = |last: &&Checkpoint| {
            last.block == head.block || every.is_some_and(|every| now.0 - last.at.0 < every)
        };
        if let Some(last) = last.as_ref().filter(fresh) {
            let last = SignedCheckpoint::new(&head.chain, last.clone());
            tx.rollback().await?;
            return Ok(Some(last));
        }
        let signed = self.signed(&head, last.map_or(1, |last| last.number + 1), now)?;
        let SignedCheckpoint { number, block, entries, head, at, key, signature, .. } = signed.clone();
        tx.insert_checkpoint(&Checkpoint { number, at, block, entries, head, key, signature }).await?;
        tx.commit().await?;
        self.carry_away(&signed).await?;
        Ok(Some(signed))
    }

    fn signed(&self, head: &AuditHead, number: i64, at: Timestamp) -> Result<SignedCheckpoint, Error> {
        let mut signed = SignedCheckpoint {
            chain: head.chain.clone(),
            number,
            block: head.block,
            entries: head.entries,
            head: head.hash_text(),
            at,
            key: self.0.seal_key.public()?,
            signature: String::new(),
        };
        signed.signature = self.0.seal_key.sign(&signed.text())?;
        Ok(signed)
    }

    /// Appends a checkpoint to the folder of the settings. It stays in the database where that fails, and the failure becomes
    /// an incident.
    async fn carry_away(&self, signed: &SignedCheckpoint) -> Result<(), Error> {
        let Some(folder) = self.0.audit_folder.clone() else { return Ok(()) };
        let line = serde_json::to_string(signed).map_err(|error| Error::Internal(error.to_string()))?;
        let path = folder.join(FILE);
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_all()
        });
        let failure = match written.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(error.to_string()),
        };
        let now = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        match failure {
            None => tx.pass_incident("audit.folder", &shown, now).await?,
            Some(why) => {
                tracing::error!(%why, path = %shown, "a checkpoint of the audit could not be carried away");
                let incident = kezhi_store::Incident::new("audit.folder", shown, why, now);
                tx.open_incident(&incident).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
