//! A file on its way in: written to the data folder piece by piece, so that its size costs no memory, and kept under
//! the id of its job until that has ended.

use std::path::{Path, PathBuf};

use kezhi_types::Id;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::error::Error;
use crate::runtime::Runtime;

/// Where uploads lie, below the data folder.
const FOLDER: &str = "uploads";
/// How long a file that belongs to no job may lie, in milliseconds: a day.
const STRAY: i64 = 24 * 3_600_000;

/// A file on its way in; gone with the value unless it was kept.
#[derive(Debug)]
pub struct Upload {
    file: File,
    path: PathBuf,
    size: u64,
    kept: bool,
}

impl Upload {
    /// Adds a piece.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.size += piece.len() as u64;
        self.file.write_all(piece).await.map_err(|error| disk(&error))
    }

    /// How many bytes have come.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder in which it lies.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Everything has come and is on the disk.
    pub(crate) async fn finish(&mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(|error| disk(&error))?;
        self.file.sync_all().await.map_err(|error| disk(&error))
    }

    /// Keeps it for a job.
    pub(crate) fn keep(mut self, at: &Path) -> Result<(), Error> {
        std::fs::rename(&self.path, at).map_err(|error| disk(&error))?;
        self.kept = true;
        // After a power cut the job must find its file under this name.
        let folder = at.parent().map(std::fs::File::open);
        folder
            .map_or(Ok(()), |folder| folder.and_then(|folder| folder.sync_all()))
            .map_err(|error| disk(&error))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Runtime {
    /// A place for a file that is about to come.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub async fn receive(&self) -> Result<Upload, Error> {
        let folder = self.0.data_dir.join(FOLDER);
        tokio::fs::create_dir_all(&folder).await.map_err(|error| disk(&error))?;
        let path = folder.join(format!("{}.part", Id::new(self.0.clock.unmoved())));
        let file = File::create(&path).await.map_err(|error| disk(&error))?;
        Ok(Upload { file, path, size: 0, kept: false })
    }

    /// Where the file of a job lies.
    pub(crate) fn upload_of(&self, job: Id) -> PathBuf {
        self.0.data_dir.join(FOLDER).join(job.to_string())
    }

    /// Whether this server is to work off an import: its file lies here, or it has not moved for a day.
    pub(crate) async fn is_import_here(&self, job: Id) -> bool {
        if self.upload_of(job).exists() {
            return true;
        }
        let stands = |since: i64| self.0.clock.unmoved().0 - since >= STRAY;
        if !made(job).is_none_or(stands) {
            return false;
        }
        let Ok(Some(job)) = self.0.store.reader().job(job).await else { return false };
        job.checkpoint["at"].as_i64().is_none_or(stands)
    }

    /// The file of a job is needed no more.
    pub(crate) fn forget_upload(&self, job: Id) {
        let _ = std::fs::remove_file(self.upload_of(job));
    }

    /// Removes files that nobody came back for.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn sweep_uploads(&self) -> Result<(), Error> {
        let now = self.0.clock.unmoved();
        let Ok(mut files) = tokio::fs::read_dir(self.0.data_dir.join(FOLDER)).await else { return Ok(()) };
        while let Ok(Some(file)) = files.next_entry().await {
            let name = file.file_name();
            let name = name.to_string_lossy();
            let Ok(id) = name.trim_end_matches(".part").parse::<Id>() else { continue };
            if made(id).is_none_or(|made| now.0 - made < STRAY) {
                continue;
            }
            let job = self.0.store.reader().job(id).await?;
            if name.ends_with(".part") || job.is_none_or(|job| job.state.is_ended()) {
                let _ = tokio::fs::remove_file(file.path()).await;
            }
        }
        Ok(())
    }
}

/// When an id was made, in milliseconds since 1970.
fn made(id: Id) -> Option<i64> {
    i64::try_from(id.0.get_timestamp()?.to_unix().0).ok()?.checked_mul(1_000)
}

fn disk(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            Error::Store(kezhi_store::Error::DiskFull)
        }
        _ => Error::Internal(format!("a file could not be written: {error}")),
    }
}
