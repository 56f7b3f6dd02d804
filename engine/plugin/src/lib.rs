//! The only crate that a plugin author sees: what the engine asks of a plugin, and what it promises.
//!
//! The engine promises to call at least once and to give the same key for the same effect every time. A plugin
//! promises that sending twice with the same key sends once, as far as the other side allows, and to say
//! truthfully how it ended.

/// Ways to send messages.
pub mod channel;
/// What a plugin says of itself in `plugin.json`.
pub mod manifest;

pub use channel::{Channel, Channels, IdempotencyKey, Outgoing, Receipt, SendError};
pub use manifest::PluginManifest;
