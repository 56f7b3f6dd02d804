//! Into a folder: one `.eml` a key, written aside and renamed, so that it is there whole or not at all.

use std::path::PathBuf;

use kezhi_plugin::{IdempotencyKey, Receipt, SendError};
use lettre::Message;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

/// The folder.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub fn describe(&self) -> String {
        format!("folder {}", self.0.display())
    }

    pub async fn put(&self, letter: &Message, key: &IdempotencyKey) -> Result<Receipt, SendError> {
        let name = file_name(key);
        self.write(&name, &letter.formatted())
            .await
            .map_err(|error| SendError::Transient(error.to_string()))?;
        Ok(Receipt { id: name })
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        fs::create_dir_all(&self.0).await?;
        let aside = self.0.join(format!(".{name}.part"));
        let mut file = fs::File::create(&aside).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(&aside, self.0.join(name)).await?;
        // The name is part of the folder, which a power cut must not forget either.
        fs::File::open(&self.0).await?.sync_all().await
    }
}

/// The key with what a file name cannot hold replaced; long keys end in their hash.
fn file_name(key: &IdempotencyKey) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let safe: String = key.0.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    let short: String = safe.chars().take(150).collect();
    format!("{short}.{}.eml", &super::letter::hashed(&key.0)[..12])
}
