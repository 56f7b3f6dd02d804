//! Messages on their way out: each is leased shortly before it is sent and finished right behind, under the lease's
//! epoch. At least once, always under the same key; after twelve attempts a person is told. Where the channel itself is
//! not well, its messages wait without being counted.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kezhi_plugin::{IdempotencyKey, Outgoing, SendError};
use kezhi_store::{Incident, Message, SendOutcome};
use kezhi_types::Id;
use serde_json::json;

use crate::backoff::{Waiting, pause};
use crate::error::Error;
use crate::runtime::Runtime;

/// Messages sent at the same time.
const AT_ONCE: usize = 4;
/// How long a lease holds, in milliseconds.
const LEASE: i64 = 120_000;
/// The longest a channel may take over one message: half a lease, so that nobody else begins while it is sent.
const PATIENCE: Duration = Duration::from_secs(60);
/// Attempts before a message is given up.
const MOST_ATTEMPTS: i64 = 12;
/// How often it is tried to write down that a message was sent.
const TRIES: usize = 5;
/// What is told of a channel that is not well.
const UNWELL: &str = "channel.failed";

/// What this process knows of its outbox.
#[derive(Debug, Default)]
pub(super) struct Post {
    /// One at a time sends: whoever moves the clock does not overtake the loop.
    sending: tokio::sync::Mutex<()>,
    channels: Waiting,
}

impl Runtime {
    /// Sends what is due; answers how many attempts were made.
    ///
    /// # Errors
    /// The store's. A message that was sent and could not be written down is sent again when its lease ends.
    pub(crate) async fn send_messages(&self) -> Result<usize, Error> {
        let due = self.0.store.reader().next_message_at().await?;
        if due.is_none_or(|due| due > self.0.clock.now()) {
            return Ok(0);
        }
        let _one = self.0.workflows.outbox.sending.lock().await;
        let senders = (0..AT_ONCE).map(|_| self.send_one_by_one());
        let mut count = 0;
        for sent in futures_util::future::join_all(senders).await {
            count += sent?;
        }
        Ok(count)
    }

    /// Leases, sends and finishes one message after another, until none is due.
    async fn send_one_by_one(&self) -> Result<usize, Error> {
        let mut count = 0;
        while count == 0 || !self.0.stopping.load(Ordering::Relaxed) {
            let mut tx = self.0.store.begin().await?;
            let claimed = tx.claim_messages(self.0.clock.now(), 1, LEASE).await?.pop();
            let Some(message) = claimed else {
                tx.rollback().await?;
                break;
            };
            tx.commit().await?;
            let outcome = self.send(&message).await;
            self.finish(&message, &outcome).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn send(&self, message: &Message) -> SendOutcome {
        let Some(channel) = self.0.channels.get(&message.channel) else {
            return SendOutcome::Failed(format!("there is no channel `{}`", message.channel));
        };
        let payload = match self.outgoing(&message.payload).await {
            Ok(Some(payload)) => payload,
            Ok(None) => return SendOutcome::Sent("nobody needs it any more".to_owned()),
            Err(error) => {
                let again = self.0.clock.now().plus_millis(wait(message.attempts, message.id));
                return SendOutcome::Retry(again, error.to_string());
            }
        };
        let outgoing: Outgoing = match serde_json::from_value(payload) {
            Ok(outgoing) => outgoing,
            Err(error) => return SendOutcome::Failed(error.to_string()),
        };
        let key = IdempotencyKey(message.idem_key.clone());
        let sent = tokio::time::timeout(PATIENCE, channel.send(&outgoing, &key)).await;
        let late = |_| Err(SendError::Uncertain(format!("no answer within {} s", PATIENCE.as_secs())));
        let channels = &self.0.workflows.outbox.channels;
        let now = self.0.clock.now();
        match sent.unwrap_or_else(late) {
            Ok(receipt) => SendOutcome::Sent(receipt.id),
            Err(SendError::Permanent(why)) => SendOutcome::Failed(why),
            Err(SendError::Channel(why)) => SendOutcome::Later(channels.failed(&message.channel, now), why),
            // An uncertain message is sent again: it carries the same Message-ID, so the reader's side can tell.
            Err(SendError::Transient(why) | SendError::Uncertain(why)) => match message.attempts {
                MOST_ATTEMPTS.. => SendOutcome::Failed(why),
                attempts => SendOutcome::Retry(now.plus_millis(wait(attempts, message.id)), why),
            },
        }
    }

    /// Writes down what became of a message, and tries hard: it may have been sent.
    async fn finish(&self, message: &Message, outcome: &SendOutcome) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            match self.finish_once(message, outcome).await {
                Err(error) if tries < TRIES => {
                    tracing::warn!(message = %message.id, %error, "what became of a message could not be written");
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(100 << tries)).await;
                }
                finished => return finished,
            }
        }
    }

    async fn finish_once(&self, message: &Message, outcome: &SendOutcome) -> Result<(), Error> {
        let now = self.0.clock.now();
        let channel = &message.channel;
        let mut tx = self.0.store.begin().await?;
        let mine = tx.finish_message(message.id, message.lease_epoch, outcome, now).await?;
        match outcome {
            SendOutcome::Failed(why) if mine => {
                tx.open_incident(&Incident {
                    run: message.run,
                    node: message.node.clone(),
                    entity: message.entity.clone(),
                    record: message.record,
                    context: json!({
                        "message": message.id, "key": message.idem_key, "attempts": message.attempts,
                    }),
                    ..Incident::new("message.failed", format!("message:{}", message.id), why.clone(), now)
                })
                .await?;
            }
            SendOutcome::Later(until, why) => {
                tx.rest_channel(channel, *until).await?;
                let subject = format!("channel:{channel}");
                tx.open_incident(&Incident::new(UNWELL, subject, why.clone(), now)).await?;
            }
            SendOutcome::Sent(_) if self.0.workflows.outbox.channels.went_well(channel) => {
                tx.pass_incident(UNWELL, &format!("channel:{channel}"), now).await?;
            }
            _ => {}
        }
        Ok(tx.commit().await?)
    }
}

/// Twice as long each time, with a jitter that follows from the message.
fn wait(attempts: i64, id: Id) -> i64 {
    let doubled = pause(u32::try_from(attempts).unwrap_or(0));
    let jitter = i64::try_from(id.0.as_u128() % 1_000).unwrap_or(0);
    doubled + doubled * jitter / 4_000
}
