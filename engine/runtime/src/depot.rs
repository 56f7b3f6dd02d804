//! Where the bytes of files lie: a folder of the data folder or a bucket, under names that say nothing of theirs.

mod bucket;
mod wire;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock, Weak};

use kezhi_types::Id;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

pub use self::bucket::{Bucket, Keys};
use crate::error::Error;

/// The largest file, in bytes, where the settings say nothing.
pub const LARGEST: u64 = 20 * 1024 * 1024;

/// Settings of files.
#[derive(Debug, Clone)]
pub struct FileOptions {
    /// The largest file, in bytes.
    pub largest: u64,
    /// The bucket in which bytes lie; the folder `files` of the data folder where there is none.
    pub bucket: Option<Bucket>,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self { largest: LARGEST, bucket: None }
    }
}

/// How files are received, so that all of them together take some 40 MB of memory.
struct Flow {
    /// Files at once, and of these of one person, so that nobody takes all turns.
    files: usize,
    own: usize,
    /// Bytes that are written at once.
    piece: usize,
    /// Pieces of one file that are on their way.
    pieces: usize,
}

const TO_FOLDER: Flow = Flow { files: 16, own: 6, piece: 512 * 1024, pieces: 4 };
/// A bucket takes no smaller pieces than 5 MiB.
const TO_BUCKET: Flow = Flow { files: 4, own: 2, piece: 5 * 1024 * 1024, pieces: 1 };

/// The files of a workspace.
#[derive(Debug)]
pub(crate) struct Depot {
    pub(crate) options: FileOptions,
    folder: PathBuf,
    store: OnceLock<Arc<dyn ObjectStore>>,
    /// Turns at receiving: of all together, and of each person who receives.
    receiving: Semaphore,
    persons: Mutex<HashMap<Id, Weak<Semaphore>>>,
    /// The engine's own binary, which draws small pictures.
    pub(crate) program: PathBuf,
    /// One picture is made small at a time: its child may take 512 MiB.
    pub(crate) drawing: Semaphore,
    /// When files were swept last, in milliseconds since 1970.
    pub(crate) swept: AtomicI64,
}

impl Depot {
    pub(crate) fn new(data_dir: &Path, options: FileOptions, program: PathBuf) -> Self {
        Self {
            program,
            receiving: Semaphore::new(flow(&options).files),
            persons: Mutex::new(HashMap::new()),
            options,
            folder: data_dir.join("files"),
            store: OnceLock::new(),
            drawing: Semaphore::new(1),
            swept: AtomicI64::new(0),
        }
    }

    /// The object store, made ready at the first call.
    ///
    /// # Errors
    /// `file.unavailable` when the folder cannot be made.
    pub(crate) fn store(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        if let Some(store) = self.store.get() {
            return Ok(store.clone());
        }
        let made = match &self.options.bucket {
            Some(bucket) => bucket.open(),
            None => open(&self.folder).map_err(|why| format!("{}: {why}", self.folder.display())),
        };
        let made = made.map_err(|why| unavailable(&why))?;
        Ok(self.store.get_or_init(|| made).clone())
    }

    /// Waits for a person's turn at sending a file; it is theirs as long as the value lives.
    ///
    /// # Errors
    /// `file.unavailable` when the depot is closed.
    pub(crate) async fn turn(
        &self,
        person: Id,
    ) -> Result<(OwnedSemaphorePermit, SemaphorePermit<'_>), Error> {
        let closed = |error: tokio::sync::AcquireError| unavailable(&error.to_string());
        let own = self.turns_of(person).acquire_owned().await.map_err(closed)?;
        Ok((own, self.receiving.acquire().await.map_err(closed)?))
    }

    fn turns_of(&self, person: Id) -> Arc<Semaphore> {
        let mut persons = self.persons.lock();
        if let Some(turns) = persons.get(&person).and_then(Weak::upgrade) {
            return turns;
        }
        persons.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(flow(&self.options).own));
        persons.insert(person, Arc::downgrade(&turns));
        turns
    }

    /// What writes a new file, piece by piece.
    ///
    /// # Errors
    /// `file.unavailable` when the folder cannot be made.
    pub(crate) fn writer(&self, id: Id) -> Result<BufWriter, Error> {
        let flow = flow(&self.options);
        let writer = BufWriter::with_capacity(self.store()?, place_of(id), flow.piece);
        Ok(writer.with_max_concurrency(flow.pieces))
    }

    /// Removes the bytes of a file, its small picture, and what a broken upload has left of it.
    ///
    /// # Errors
    /// `file.unavailable`.
    pub(crate) async fn remove(&self, id: Id) -> Result<(), Error> {
        let store = self.store()?;
        for place in [place_of(id), small_place_of(id)] {
            match store.delete(&place).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(unavailable(&error.to_string())),
            }
        }
        if self.options.bucket.is_none() {
            // Pieces lie beside the place under its name and a number until they are whole.
            let staged = self.folder.join(format!("{}#1", place_of(id)));
            match tokio::fs::remove_file(&staged).await {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(unavailable(&format!("{}: {error}", staged.display()))),
            }
        }
        Ok(())
    }
}

fn flow(options: &FileOptions) -> &'static Flow {
    if options.bucket.is_some() { &TO_BUCKET } else { &TO_FOLDER }
}

fn open(folder: &Path) -> Result<Arc<dyn ObjectStore>, String> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| error.to_string())?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| error.to_string())?;
    Ok(Arc::new(store.with_fsync(true)))
}

/// Where a file lies; the last digits of its id spread files over folders.
pub(crate) fn place_of(id: Id) -> Place {
    let text = id.to_string();
    Place::from(format!("{}/{text}", &text[text.len() - 2..]))
}

/// Where its small picture lies; empty where none can be made.
pub(crate) fn small_place_of(id: Id) -> Place {
    Place::from(format!("{}.small", place_of(id)))
}

pub(crate) fn unavailable(why: &str) -> Error {
    tracing::error!(why, "the files cannot be reached");
    Error::file("file.unavailable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_takes_all_turns() {
        let depot = Depot::new(Path::new("/nonexistent"), FileOptions::default(), PathBuf::new());
        let [one, other] = [1, 2].map(|at| Id(uuid::Uuid::from_u128(at)));
        let mut held = Vec::new();
        for _ in 0..TO_FOLDER.own {
            held.push(depot.turn(one).await.expect("a turn"));
        }
        assert_eq!(depot.turns_of(one).available_permits(), 0);
        held.push(depot.turn(other).await.expect("a turn"));
        assert!(depot.receiving.available_permits() > 0);
        held.clear();
        assert_eq!(depot.turns_of(one).available_permits(), TO_FOLDER.own);
        assert_eq!(depot.persons.lock().len(), 1, "who sends nothing is forgotten");
    }
}
