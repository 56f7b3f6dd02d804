//! Connections that read a SQLite file.
//!
//! It is read on the thread that asks, as long as that takes about a millisecond. A read that takes longer is
//! asked again where it holds nobody up, a few of them at a time; a statement that took long before is asked there
//! at once. Whoever waits for a place there leaves the connection to others.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::bind::{Bind, SqliteRow};
use crate::error::Error;
use crate::sqlite::Sqlite;

/// Connections that are kept open for reading.
const KEPT: usize = 8;
/// Long reads at a time.
const LONG: usize = 4;
/// What a read takes that is short after all.
const SHORT: Duration = Duration::from_micros(500);
/// Statements that are remembered as long.
const REMEMBERED: usize = 256;

/// As many connections as there are threads that read at once.
#[derive(Clone)]
pub(crate) struct SqliteReaders(Arc<Readers>);

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Sqlite>>,
    long: Semaphore,
    /// Statements that took long the last time, by the hash of their text.
    slow: Mutex<HashSet<u64>>,
}

/// One of them, until it is dropped.
pub(crate) struct SqliteReader {
    readers: SqliteReaders,
    sqlite: Option<Sqlite>,
}

impl SqliteReaders {
    pub fn new(path: &Path) -> Self {
        let (path, idle) = (path.to_owned(), Mutex::default());
        Self(Arc::new(Readers { path, idle, long: Semaphore::new(LONG), slow: Mutex::default() }))
    }

    /// A connection that nobody uses.
    pub fn take(&self) -> Result<SqliteReader, Error> {
        Ok(SqliteReader { readers: self.clone(), sqlite: Some(self.connection()?) })
    }

    fn connection(&self) -> Result<Sqlite, Error> {
        let idle = self.0.idle.lock().pop();
        idle.map_or_else(|| Sqlite::reader(&self.0.path), Ok)
    }

    /// Lets the connections go that nobody uses.
    pub fn close(&self) {
        self.0.idle.lock().clear();
    }
}

impl SqliteReader {
    /// All rows of a statement.
    pub async fn rows(&mut self, sql: &str, binds: &[Bind]) -> Result<Vec<SqliteRow>, Error> {
        let readers = self.readers.clone();
        // Search gathers its matches in one step of any length.
        let gathers = sql.contains(" MATCH ");
        let name = hash(sql);
        if !gathers && !readers.0.slow.lock().contains(&name) {
            let sqlite = self.take_sqlite()?;
            let rows = self.sqlite.insert(sqlite).rows_within(sql, binds)?;
            if let Some(rows) = rows {
                return Ok(rows);
            }
            let mut slow = readers.0.slow.lock();
            if slow.len() == REMEMBERED {
                slow.clear();
            }
            slow.insert(name);
        }
        let _place = match readers.0.long.try_acquire() {
            Ok(place) => Ok(place),
            Err(_) => {
                self.give_back();
                readers.0.long.acquire().await
            }
        };
        let (sqlite, begun) = (self.take_sqlite()?, Instant::now());
        let (text, values) = (sql.to_owned(), binds.to_vec());
        let work = move || (sqlite.rows(&text, &values), sqlite);
        let ended = |_| Error::Damaged("a read ended with its thread".into());
        let (rows, sqlite) = spawn_blocking(work).await.map_err(ended)?;
        self.sqlite = Some(sqlite);
        if !gathers && begun.elapsed() < SHORT {
            readers.0.slow.lock().remove(&name);
        }
        rows
    }

    /// The connection, or another one where it was given back: nothing is open on it between two statements.
    fn take_sqlite(&mut self) -> Result<Sqlite, Error> {
        self.sqlite.take().map_or_else(|| self.readers.connection(), Ok)
    }

    fn give_back(&mut self) {
        let sqlite = self.sqlite.take();
        let mut idle = self.readers.0.idle.lock();
        if idle.len() < KEPT {
            idle.extend(sqlite);
        }
    }
}

impl Drop for SqliteReader {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn hash(sql: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    sql.hash(&mut hasher);
    hasher.finish()
}
