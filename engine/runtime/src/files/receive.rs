//! A file comes in: written piece by piece where it lies, never whole in memory, and judged by its first bytes.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use kezhi_plan::kind::{PICTURES, file_size};
use kezhi_store::{FileState, StoredFile};
use kezhi_types::{Caller, Id};
use object_store::buffered::BufWriter;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::time::interval;

use super::{media, picture};
use crate::depot::unavailable;
use crate::error::Error;
use crate::runtime::Runtime;

/// How much of a file is looked at to tell what it is, in bytes.
const HEAD: usize = 256 * 1024;
/// The fewest bytes that must come in so much time. Whoever is slower takes turns from others.
const LEAST: u64 = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(60);
/// Files of one person that no record holds yet, within a day.
const LOOSE: i64 = 500;
/// The longest name, in characters.
const NAME: usize = 200;
/// A day, in milliseconds.
pub(super) const DAY: i64 = 24 * 3_600_000;

/// A file as a record names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Received {
    /// Its identifier.
    pub id: Id,
    /// What it is called.
    pub name: String,
    /// Its media type.
    #[serde(rename = "type")]
    pub media: String,
    /// Bytes.
    pub size: u64,
}

impl Runtime {
    /// Takes a file in. It waits for a day to be named by a record; until then only its sender reads it.
    ///
    /// # Errors
    /// `file.…` for what is not taken; whatever the stream of its bytes ends with.
    pub async fn receive_file(
        &self,
        caller: &Caller,
        name: &str,
        bytes: impl Stream<Item = Result<Bytes, Error>> + Send + Unpin,
    ) -> Result<Received, Error> {
        let _turn = self.0.depot.turn(caller.id).await?;
        let now = self.0.clock.now();
        if self.0.store.reader().loose_files_of(caller.id, now.plus_millis(-DAY)).await? >= LOOSE {
            return Err(Error::file("file.too_many"));
        }
        let mut file = StoredFile {
            id: Id::new(now),
            name: cleaned(name),
            media: String::new(),
            size: 0,
            hash: String::new(),
            by: caller.id,
            at: now,
            state: FileState::Coming,
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_file(&file).await?;
        tx.commit().await?;
        if let Err(refused) = self.write_down(&mut file, bytes).await {
            let mut tx = self.0.store.begin().await?;
            tx.give_up_file(file.id).await?;
            tx.commit().await?;
            return Err(refused);
        }
        let mut tx = self.0.store.begin().await?;
        if !tx.complete_file(&file).await? {
            return Err(unavailable("a file was given up while it came"));
        }
        tx.commit().await?;
        let StoredFile { id, name, media, size, .. } = file;
        Ok(Received { id, name, media, size })
    }

    async fn write_down(
        &self,
        file: &mut StoredFile,
        bytes: impl Stream<Item = Result<Bytes, Error>> + Send + Unpin,
    ) -> Result<(), Error> {
        let mut writer = self.0.depot.writer(file.id)?;
        match self.pour(&mut writer, file, bytes).await {
            Ok(()) => writer.shutdown().await.map_err(|error| unavailable(&error.to_string())),
            Err(refused) => {
                if let Err(error) = writer.abort().await {
                    tracing::warn!(%error, "what came of a file that was refused could not be removed");
                }
                Err(refused)
            }
        }
    }

    /// Pours the bytes out and finds out what they are on the way.
    async fn pour(
        &self,
        writer: &mut BufWriter,
        file: &mut StoredFile,
        mut bytes: impl Stream<Item = Result<Bytes, Error>> + Send + Unpin,
    ) -> Result<(), Error> {
        let largest = self.0.depot.options.largest;
        let (mut head, mut digest) = (Vec::new(), Sha256::new());
        let mut minutes = interval(PATIENCE);
        minutes.tick().await;
        let mut before = 0;
        loop {
            let piece = tokio::select! {
                piece = bytes.next() => piece,
                _ = minutes.tick() => {
                    if file.size < before + LEAST {
                        return Err(Error::file("file.broken"));
                    }
                    before = file.size;
                    continue;
                }
            };
            let Some(piece) = piece else { break };
            let piece = piece?;
            file.size += piece.len() as u64;
            if file.size > largest {
                return Err(Error::file("file.too_large").with("max", file_size(largest)));
            }
            let wanted = HEAD.saturating_sub(head.len()).min(piece.len());
            head.extend_from_slice(&piece[..wanted]);
            digest.update(&piece);
            writer.put(piece).await.map_err(|error| unavailable(&error.to_string()))?;
        }
        if file.size == 0 {
            return Err(Error::file("file.empty"));
        }
        file.media = media::judged(&file.name, &head).map_err(|found| {
            Error::file("file.type_mismatch").with("name", file.name.clone()).with("found", found)
        })?;
        let is_picture = PICTURES.contains(&file.media.as_str());
        if is_picture && picture::pixels(&head).is_some_and(|pixels| pixels > picture::PIXELS) {
            return Err(Error::file("file.too_many_pixels").with("max", picture::PIXELS / 1_000_000));
        }
        file.hash = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(())
    }
}

/// The name without any path, without what hides or turns letters around, and not too long to keep its ending.
fn cleaned(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let hides = |letter: &char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let plain: String = last.chars().filter(|letter| !hides(letter)).collect();
    let plain = plain.trim_matches(|letter: char| letter.is_whitespace() || letter == '.');
    // A dot at the beginning would hide the file once it lies in a folder of somebody's.
    if plain.is_empty() {
        return "file".to_owned();
    }
    let letters: Vec<char> = plain.chars().collect();
    if letters.len() <= NAME {
        return plain.to_owned();
    }
    let ending = plain.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.len() <= 10);
    let ending = ending.map(|ending| format!(".{ending}")).unwrap_or_default();
    let kept = NAME - ending.chars().count();
    letters[..kept].iter().collect::<String>() + ending.as_str()
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn a_name_holds_no_path_and_nothing_that_deceives() {
        for (sent, kept) in [
            ("合同.pdf", "合同.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\a b.png", "a b.png"),
            ("..", "file"),
            ("", "file"),
            ("/", "file"),
            (".htaccess", "htaccess"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            (" a.txt . ", "a.txt"),
        ] {
            assert_eq!(cleaned(sent), kept, "{sent:?}");
        }
        let long = cleaned(&format!("{}.pdf", "长".repeat(300)));
        assert!(long.chars().count() == 200 && long.ends_with("长.pdf"), "{long}");
    }
}
