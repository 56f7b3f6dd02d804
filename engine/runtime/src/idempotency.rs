//! The same request under the same key is carried out once, whoever hangs up, dies or comes at the same time.
//!
//! A request is claimed in a transaction of its own, held while it is worked on, and answered. What it changes is noted
//! in the very transaction that changes it ([`Once::settle`]): a repetition after a crash finds either nothing done, and
//! does it under the same ids, or everything done, and is told so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kezhi_plan::app::EntityPlan;
use kezhi_store::{RequestKey, Tx};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Id, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::error::Error;
use crate::runtime::Runtime;
use crate::secrets::USED;

/// How long an answer is kept, in milliseconds: 7 days.
const KEPT: i64 = 7 * 24 * 3_600_000;
/// How long a claim holds without a word from whoever works on it, in milliseconds. Two nodes whose clocks differ by
/// less never both work on it; if they differ by more, the turn lets only one of them commit.
const HELD: i64 = 15_000;
/// How often whoever works on a request says so.
const SAY_SO: Duration = Duration::from_secs(5);

/// What a key stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Carry the request out.
    Ours(Once),
    /// It has been answered.
    Answered {
        /// The status.
        status: u16,
        /// What was kept of the answer.
        response: Value,
    },
    /// It was used with another body.
    Mismatch,
    /// It is being carried out.
    InFlight,
}

/// One turn at carrying out a request that must happen once, or at one part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Once {
    request: RequestKey,
    turn: i64,
    /// When the request came first: ids follow from it, whoever carries it out.
    at: Timestamp,
    part: Option<usize>,
    done: Option<Value>,
    parts: Arc<BTreeMap<i64, Value>>,
}

impl Once {
    /// The id of what the request, or this part of it, creates: the same in every turn.
    pub fn id(&self) -> Id {
        let RequestKey { caller, route, key } = &self.request;
        let part = self.part.map(|part| format!("\n{part}")).unwrap_or_default();
        let digest = Sha256::digest(format!("{caller}\n{route}\n{key}{part}").as_bytes());
        let mut random = [0; 10];
        random.copy_from_slice(&digest[..10]);
        Id(Builder::from_unix_timestamp_millis(u64::try_from(self.at.0).unwrap_or(0), &random).into_uuid())
    }

    /// What an earlier turn committed, as it gave it to [`Once::settle`].
    pub fn done(&self) -> Option<&Value> {
        match self.part {
            None => self.done.as_ref(),
            Some(part) => self.parts.get(&i64::try_from(part).unwrap_or(i64::MAX)),
        }
    }

    /// One part of a request whose parts are committed one by one.
    #[must_use]
    pub fn part(&self, part: usize) -> Self {
        Self { part: Some(part), ..self.clone() }
    }

    /// Notes what was done in the transaction that did it.
    ///
    /// # Errors
    /// `idempotency.in_flight` when somebody else has taken the request over; then nothing of it may be committed.
    pub(crate) async fn settle(&self, tx: &mut Tx, done: &Value) -> Result<(), Error> {
        let mine = match self.part {
            None => tx.note_done(&self.request, self.turn, done).await?,
            Some(part) => {
                let part = i64::try_from(part).unwrap_or(i64::MAX);
                tx.note_part(&self.request, (self.turn, part), done).await?
            }
        };
        if mine {
            return Ok(());
        }
        Err(Error::Conflict {
            code: "idempotency.in_flight",
            detail: "somebody else carries the same request out".to_owned(),
            data: Value::Null,
        })
    }
}

/// Notes what was done, where the request came under a key.
pub(crate) async fn settle(once: Option<&Once>, tx: &mut Tx, done: &Value) -> Result<(), Error> {
    match once {
        Some(once) => once.settle(tx, done).await,
        None => Ok(()),
    }
}

impl Runtime {
    /// Claims a request, or says what its key stands for.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim_answer(
        &self,
        caller: Id,
        (route, key): (&str, &str),
        body: &[u8],
    ) -> Result<Claim, Error> {
        let request = RequestKey { caller, route: route.to_owned(), key: key.to_owned() };
        let now = self.0.clock.now();
        let until = now.plus_millis(HELD);
        let mut tx = self.0.store.begin().await?;
        let hashes = self.request_hashes(&mut tx, body).await?;
        if tx.claim_answer(&request, &hashes[0], (now, until)).await? {
            tx.commit().await?;
            let parts = Arc::default();
            return Ok(Claim::Ours(Once { request, turn: 1, at: now, part: None, done: None, parts }));
        }
        let Some(known) = tx.answer(&request).await? else { return Ok(Claim::InFlight) };
        if !hashes.contains(&known.request_hash) {
            return Ok(Claim::Mismatch);
        }
        if let Some(status) = known.status {
            let status = u16::try_from(status).unwrap_or(200);
            return Ok(Claim::Answered { status, response: known.response });
        }
        if known.until > now || !tx.take_over_answer(&request, known.turn, until).await? {
            return Ok(Claim::InFlight);
        }
        let parts = Arc::new(tx.request_parts(&request).await?);
        tx.commit().await?;
        let turn = known.turn + 1;
        Ok(Claim::Ours(Once { request, turn, at: known.at, part: None, done: known.done, parts }))
    }

    /// What may stand for a body, first what stands for it from now on. A body may hold a secret, and what lies in the
    /// database must not tell it to whoever tries: where the app has secrets, their key makes the difference.
    async fn request_hashes(&self, tx: &mut Tx, body: &[u8]) -> Result<Vec<String>, Error> {
        let mut hashes = self.0.secrets.stamps(body);
        if hashes.is_empty() && self.plan().is_ok_and(|plan| plan.entities.values().any(keeps_secrets)) {
            let used = tx.setting(USED).await?;
            let used = used.as_ref().and_then(Value::as_str);
            if let Ok(key) = self.0.secrets.sealing(used) {
                tx.save_setting(USED, &json!(used.unwrap_or(key.name()))).await?;
                hashes = self.0.secrets.stamps(body);
            }
        }
        hashes.push(hash(body));
        Ok(hashes)
    }

    /// Holds a request for as long as it is worked on; ends only when somebody else has it.
    pub async fn hold_answer(&self, once: &Once) {
        loop {
            tokio::time::sleep(SAY_SO).await;
            match self.held_until(once, self.0.clock.now().plus_millis(HELD)).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "a request could not be held; it is tried again"),
            }
        }
    }

    /// Keeps what was answered.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_answer(&self, once: &Once, (status, response): (u16, &Value)) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.keep_answer(&once.request, once.turn, (i64::from(status), response)).await?;
        Ok(tx.commit().await?)
    }

    /// Lets go of a request that failed through no fault of the caller: it may be tried again, under the same ids and
    /// knowing what was committed.
    ///
    /// # Errors
    /// The store's.
    pub async fn release_answer(&self, once: &Once) -> Result<(), Error> {
        self.held_until(once, Timestamp(0)).await.map(drop)
    }

    /// Forgets what came longer ago than answers are kept.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn forget_answers(&self) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.delete_old_answers(self.0.clock.now().plus_millis(-KEPT)).await?;
        Ok(tx.commit().await?)
    }

    async fn held_until(&self, once: &Once, until: Timestamp) -> Result<bool, Error> {
        let mut tx = self.0.store.begin().await?;
        let held = tx.hold_answer(&once.request, once.turn, until).await?;
        tx.commit().await?;
        Ok(held)
    }
}

fn keeps_secrets(entity: &Arc<EntityPlan>) -> bool {
    entity.fields.values().any(|field| field.kind == FieldKind::Secret)
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
