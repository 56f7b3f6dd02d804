//! Ways to send messages: one trait, one message, one outcome.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Names one effect for ever: the same key on every attempt, another key for another effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(pub String);

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One message to one recipient, rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Where to: an address in the channel's own form.
    pub to: String,
    /// Who that is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// What the other side said when it took a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its own name for the message, or its answer.
    pub id: String,
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying again cannot help: no such address, refused content.
    #[error("refused: {0}")]
    Permanent(String),
    /// The channel itself is not well: unreachable, a wrong password. Nothing has been sent, and every other message
    /// would fare the same.
    #[error("the channel is not well: {0}")]
    Channel(String),
    /// Trying again may help: busy, a full mailbox. Nothing has been sent.
    #[error("not reached: {0}")]
    Transient(String),
    /// It may or may not have been sent: the answer was lost.
    #[error("uncertain: {0}")]
    Uncertain(String),
}

/// A way to send messages.
#[async_trait]
pub trait Channel: fmt::Debug + Send + Sync {
    /// Its key, as messages name it: `email`.
    fn key(&self) -> &'static str;

    /// Where messages go, in one line for the operator: `folder /data/outbox`, `smtp.example.com:587`.
    fn describe(&self) -> String;

    /// Sends one message. Sending twice with the same key sends once, as far as the other side allows.
    ///
    /// # Errors
    /// How it failed, so that the engine knows whether to try again.
    async fn send(&self, message: &Outgoing, key: &IdempotencyKey) -> Result<Receipt, SendError>;
}

/// The channels of a workspace by key. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Channels(BTreeMap<&'static str, Arc<dyn Channel>>);

impl Channels {
    /// Adds a channel under its own key.
    #[must_use]
    pub fn with(mut self, channel: impl Channel + 'static) -> Self {
        self.0.insert(channel.key(), Arc::new(channel));
        self
    }

    /// The channel with this key.
    pub fn get(&self, key: &str) -> Option<&Arc<dyn Channel>> {
        self.0.get(key)
    }

    /// Every channel, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Channel>> {
        self.0.values()
    }
}
