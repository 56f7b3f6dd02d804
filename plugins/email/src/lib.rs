//! Sends e-mail over SMTP, or into a folder when no server is configured. Sending twice with the same key
//! sends once into a folder; over SMTP the same `Message-ID` lets the other side tell a repetition.

/// Into a folder.
mod folder;
/// A letter from a message: addresses checked, headers free of line breaks.
mod letter;
/// Over SMTP.
mod smtp;

use std::path::Path;

use async_trait::async_trait;
use kezhi_plugin::{Channel, IdempotencyKey, Outgoing, PluginManifest, Receipt, SendError};

use folder::Folder;
use smtp::Smtp;

/// What the plugin must know. Empty means: into the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmailSettings {
    /// `smtps://user:password@host:465` or `smtp://host:587?tls=required`.
    pub smtp_url: Option<String>,
    /// The sender: `Kezhi <crm@example.com>`.
    pub from: Option<String>,
}

impl EmailSettings {
    /// What `KEZHI_SMTP_URL` and `KEZHI_MAIL_FROM` say; empty variables count as absent.
    pub fn from_env() -> Self {
        let read = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Self { smtp_url: read("KEZHI_SMTP_URL"), from: read("KEZHI_MAIL_FROM") }
    }
}

/// The channel `email`.
#[derive(Debug)]
pub struct Email {
    from: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Smtp(Smtp),
    Folder(Folder),
}

impl Email {
    /// The channel that the settings ask for. `data_dir` is where the folder `outbox` is made when it is needed.
    ///
    /// # Errors
    /// One sentence: what is wrong with the settings.
    pub fn open(settings: &EmailSettings, data_dir: &Path) -> Result<Self, String> {
        let from = settings.from.clone().unwrap_or_else(|| "Kezhi <kezhi@localhost>".to_owned());
        letter::mailbox(&from, None)
            .map_err(|error| format!("the sender `{from}` is not an address: {error}"))?;
        let way = match &settings.smtp_url {
            Some(url) => Way::Smtp(Smtp::open(url)?),
            None => Way::Folder(Folder::new(data_dir.join("outbox"))),
        };
        Ok(Self { from, way })
    }

    /// What the plugin says of itself.
    ///
    /// # Panics
    /// Never: the file is part of the program and a test reads it.
    pub fn manifest() -> PluginManifest {
        serde_json::from_str(include_str!("../plugin.json")).expect("a test reads the embedded file")
    }
}

#[async_trait]
impl Channel for Email {
    fn key(&self) -> &'static str {
        "email"
    }

    fn describe(&self) -> String {
        match &self.way {
            Way::Smtp(smtp) => smtp.describe(),
            Way::Folder(folder) => folder.describe(),
        }
    }

    async fn send(&self, message: &Outgoing, key: &IdempotencyKey) -> Result<Receipt, SendError> {
        let letter = letter::write(&self.from, message, key).map_err(SendError::Permanent)?;
        match &self.way {
            Way::Smtp(smtp) => smtp.send(letter).await,
            Way::Folder(folder) => folder.put(&letter, key).await,
        }
    }
}

#[cfg(test)]
mod tests;
