//! Kept answers: the same request under the same key is carried out once.

use kezhi_types::{Id, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::error::Error;
use crate::runtime::Runtime;

/// How long an answer is kept: 7 days.
const KEPT: i64 = 7 * 24 * 3_600_000;

/// What a key stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// It is new: carry the request out. The id is for the record that it may create.
    Ours(Id),
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

impl Runtime {
    /// Claims a key for a request, or says what it stands for.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim_answer(
        &self,
        caller: Id,
        (route, key): (&str, &str),
        body: &[u8],
    ) -> Result<Claim, Error> {
        let now = self.0.clock.now();
        let request = hash(body);
        let mut tx = self.0.store.begin().await?;
        tx.delete_old_answers(now.plus_millis(-KEPT)).await?;
        if tx.claim_answer(caller, route, key, &request, now).await? {
            tx.commit().await?;
            return Ok(Claim::Ours(keyed_id(now, caller, (route, key))));
        }
        let Some(answer) = tx.answer(caller, route, key).await? else { return Ok(Claim::InFlight) };
        tx.rollback().await?;
        if answer.request_hash != request {
            return Ok(Claim::Mismatch);
        }
        match answer.status {
            Some(status) => Ok(Claim::Answered {
                status: u16::try_from(status).unwrap_or(200),
                response: answer.response,
            }),
            // Whoever claimed it is gone: the same id makes the repetition find what was done.
            None if answer.at < self.0.opened_at => {
                Ok(Claim::Ours(keyed_id(answer.at, caller, (route, key))))
            }
            None => Ok(Claim::InFlight),
        }
    }

    /// Keeps what was answered.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_answer(
        &self,
        caller: Id,
        (route, key): (&str, &str),
        (status, response): (u16, &Value),
    ) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.keep_answer(caller, route, key, i64::from(status), response).await?;
        Ok(tx.commit().await?)
    }

    /// Frees a key whose request failed through no fault of the caller.
    ///
    /// # Errors
    /// The store's.
    pub async fn drop_answer(&self, caller: Id, (route, key): (&str, &str)) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.drop_answer(caller, route, key).await?;
        Ok(tx.commit().await?)
    }
}

/// An id that follows from the key alone.
fn keyed_id(at: Timestamp, caller: Id, (route, key): (&str, &str)) -> Id {
    let digest = Sha256::digest(format!("{caller}\n{route}\n{key}").as_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    Id(Builder::from_unix_timestamp_millis(u64::try_from(at.0).unwrap_or(0), &random).into_uuid())
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
