//! Connections that read a SQLite file.
//!
//! It is read on the thread that asks, as long as that takes about a millisecond. A read that takes longer is
//! asked again where it holds nobody up, a few of them at a time, and for so long as the store allows. Work that nobody
//! waits for has places of its own, and as long as it takes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

use crate::bind::{Bind, SqliteRow};
use crate::error::Error;
use crate::sqlite::Sqlite;

/// Connections that are kept open for reading.
const KEPT: usize = 4;
/// Long reads at a time: of questions, and of work that nobody waits for.
const LONG: usize = 4;
const PATIENT: usize = 2;

/// As many connections as there are threads that read at once.
#[derive(Clone)]
pub(crate) struct SqliteReaders(Arc<Readers>);

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Sqlite>>,
    long: Semaphore,
    patient: Semaphore,
    /// How long a question may take.
    limit: Option<Duration>,
}

/// One of them, until it is dropped.
pub(crate) struct SqliteReader {
    readers: SqliteReaders,
    sqlite: Option<Sqlite>,
    is_patient: bool,
}

impl SqliteReaders {
    pub fn new(path: &Path, limit: Option<Duration>) -> Self {
        let (path, idle) = (path.to_owned(), Mutex::default());
        let (long, patient) = (Semaphore::new(LONG), Semaphore::new(PATIENT));
        Self(Arc::new(Readers { path, idle, long, patient, limit }))
    }

    /// A connection that nobody uses.
    pub fn take(&self, is_patient: bool) -> Result<SqliteReader, Error> {
        let idle = self.0.idle.lock().pop();
        let sqlite = idle.map_or_else(|| Sqlite::reader(&self.0.path), Ok)?;
        Ok(SqliteReader { readers: self.clone(), sqlite: Some(sqlite), is_patient })
    }

    /// Lets the connections go that nobody uses.
    pub fn close(&self) {
        self.0.idle.lock().clear();
    }
}

impl SqliteReader {
    /// All rows of a statement.
    pub async fn rows(&mut self, sql: &str, binds: &[Bind]) -> Result<Vec<SqliteRow>, Error> {
        let Some(sqlite) = &mut self.sqlite else { return Ok(Vec::new()) };
        // Search gathers its matches in one step of any length.
        if !sql.contains(" MATCH ")
            && let Some(rows) = sqlite.rows_within(sql, binds)?
        {
            return Ok(rows);
        }
        let readers = &*self.readers.0;
        let (places, limit) =
            if self.is_patient { (&readers.patient, None) } else { (&readers.long, readers.limit) };
        let _place = places.acquire().await;
        aside(|| sqlite.rows_until(sql, binds, limit))
    }
}

impl Drop for SqliteReader {
    fn drop(&mut self) {
        let mut idle = self.readers.0.idle.lock();
        if idle.len() < KEPT {
            idle.extend(self.sqlite.take());
        }
    }
}

/// Runs what takes its time where it keeps no other task from its thread.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
