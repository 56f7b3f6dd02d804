//! Messages on their way out: leased, sent, finished under the lease's epoch. At least once, always under the
//! same key; after twelve attempts a person is told.

use futures_util::StreamExt as _;
use kezhi_plugin::{IdempotencyKey, Outgoing, SendError};
use kezhi_store::{Incident, Message, SendOutcome};
use kezhi_types::{Id, Timestamp};
use serde_json::json;

use crate::error::Error;
use crate::runtime::Runtime;

/// Messages leased at a time.
const BATCH: u32 = 50;
/// Messages sent at the same time.
const AT_ONCE: usize = 4;
/// How long a lease holds; longer than any channel takes.
const LEASE: i64 = 120_000;
/// Attempts before a message is given up.
const MOST_ATTEMPTS: i64 = 12;
/// The longest time between two attempts, in milliseconds.
const LONGEST: i64 = 3_600_000;

impl Runtime {
    /// Sends what is due; answers how many attempts were made.
    pub(super) async fn send_messages(&self) -> Result<usize, Error> {
        let now = self.0.clock.now();
        if self.0.store.reader().next_message_at().await?.is_none_or(|next| next > now) {
            return Ok(0);
        }
        let mut tx = self.0.store.begin().await?;
        let claimed = tx.claim_messages(now, BATCH, LEASE).await?;
        if claimed.is_empty() {
            tx.rollback().await?;
            return Ok(0);
        }
        tx.commit().await?;
        let count = claimed.len();
        let sent: Vec<(Message, SendOutcome)> = futures_util::stream::iter(claimed)
            .map(|message| async move {
                let outcome = self.send(&message, now).await;
                (message, outcome)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (message, outcome) in sent {
            self.finish(&message, &outcome).await?;
        }
        Ok(count)
    }

    async fn send(&self, message: &Message, now: Timestamp) -> SendOutcome {
        let Some(channel) = self.0.channels.get(&message.channel) else {
            return SendOutcome::Failed(format!("there is no channel `{}`", message.channel));
        };
        let outgoing: Outgoing = match serde_json::from_value(message.payload.clone()) {
            Ok(outgoing) => outgoing,
            Err(error) => return SendOutcome::Failed(error.to_string()),
        };
        match channel.send(&outgoing, &IdempotencyKey(message.idem_key.clone())).await {
            Ok(receipt) => SendOutcome::Sent(receipt.id),
            Err(SendError::Permanent(why)) => SendOutcome::Failed(why),
            // An uncertain message is sent again: it carries the same Message-ID, so the reader's side can tell.
            Err(SendError::Transient(why) | SendError::Uncertain(why)) => match message.attempts {
                MOST_ATTEMPTS.. => SendOutcome::Failed(why),
                attempts => SendOutcome::Retry(now.plus_millis(pause(attempts, message.id)), why),
            },
        }
    }

    async fn finish(&self, message: &Message, outcome: &SendOutcome) -> Result<(), Error> {
        let now = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        let mine = tx.finish_message(message.id, message.lease_epoch, outcome, now).await?;
        if let SendOutcome::Failed(why) = outcome
            && mine
        {
            tx.open_incident(&given_up(message, why, now)).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Twice as long each time, with a jitter that follows from the message.
fn pause(attempts: i64, id: Id) -> i64 {
    let doubled = 1_000_i64.saturating_mul(1 << attempts.clamp(0, 20)).min(LONGEST);
    let jitter = i64::try_from(id.0.as_u128() % 1_000).unwrap_or(0);
    doubled + doubled * jitter / 4_000
}

fn given_up(message: &Message, why: &str, now: Timestamp) -> Incident {
    Incident {
        id: Id::new(now),
        code: "message.failed".to_owned(),
        subject: format!("message:{}", message.id),
        detail: why.to_owned(),
        run: message.run,
        node: message.node.clone(),
        entity: message.entity.clone(),
        record: message.record,
        context: json!({ "message": message.id, "key": message.idem_key, "attempts": message.attempts }),
        opened_at: now,
        seen_at: now,
        times: 1,
        resolved_at: None,
        resolved_by: None,
        resolution: None,
    }
}
