//! One connection to a SQLite file, asked on the thread that asks.
//!
//! A statement on pages in memory takes a few microseconds, less than it would take to hand it to another thread
//! and to wait for the answer. What takes longer is for the caller to know: [`Sqlite::rows_within`] gives up on a
//! read after a number of steps, so that it can be asked again where it holds nobody up.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement, ToSql};

use crate::bind::{Bind, Cell, SqliteRow};
use crate::config::Synchronous;
use crate::error::Error;

/// Statements kept prepared on each connection.
const STATEMENTS: usize = 512;
/// Pages that the writer keeps in memory, in KiB.
const WRITING: u32 = 32_768;
/// Pages that each reader keeps in memory, in KiB: the upper levels of the trees of a million records. With twice as much
/// a read takes no less: the lower ones are as rarely there, and the system's cache holds them for all readers together.
const READING: u32 = 4_096;
/// How long to wait for a lock of the file that another connection holds for a moment.
const PATIENCE: Duration = Duration::from_secs(5);
/// Steps of SQLite's machine between two looks at what is left.
const STEPS: i32 = 1_000;
/// Looks after which a read is no short one: some 40,000 steps, about a millisecond.
const LOOKS: u32 = 40;

thread_local! {
    /// What [`Sqlite::logged`] answers.
    static LOGGED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// A connection, used by one thread at a time.
pub(crate) struct Sqlite {
    connection: Connection,
    left: Arc<Left>,
}

/// What is left to the running statement of a reader.
struct Left {
    /// Looks; `u32::MAX` for as many as it takes.
    looks: AtomicU32,
    /// When it is given up; never when absent.
    until: Mutex<Option<Instant>>,
}

impl Left {
    /// Counts a look, and says whether the statement is to be given up.
    fn is_used_up(&self) -> bool {
        if self.until.lock().is_some_and(|until| Instant::now() >= until) {
            return true;
        }
        match self.looks.load(Ordering::Relaxed) {
            u32::MAX => false,
            0 => true,
            some => {
                self.looks.store(some - 1, Ordering::Relaxed);
                false
            }
        }
    }
}

impl Sqlite {
    /// The connection that writes, making the file if need be. What it may have to undo within a turn goes to a file beyond
    /// 64 KiB: in memory SQLite would walk through all of it, from its beginning, at the end of each statement.
    pub fn writer(path: &Path, synchronous: Synchronous) -> Result<Self, Error> {
        let sqlite = Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let synchronous = match synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        };
        sqlite.batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA journal_size_limit = 67108864; \
             PRAGMA cache_size = -{WRITING}"
        ))?;
        // In place of the checkpoint that a COMMIT would make by itself.
        sqlite.connection.wal_hook(Some(|_, pages| {
            LOGGED.set(pages.unsigned_abs());
            Ok(())
        }));
        Ok(sqlite)
    }

    /// A connection that copies the log to the file of another one that writes.
    pub fn beside(path: &Path) -> Result<Self, Error> {
        Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// How many pages the log held after the last COMMIT of a writer on this thread.
    pub fn logged() -> u32 {
        LOGGED.get()
    }

    /// Copies from the log to the file what no reader still needs there, and answers how many pages are left.
    pub fn checkpoint(&self) -> Result<i64, Error> {
        let rows = self.rows("PRAGMA wal_checkpoint(PASSIVE)", &[])?;
        let number = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(Cell::int).unwrap_or(0);
        Ok(number(1) - number(2))
    }

    /// A connection that can only read, of a file that is there.
    pub fn reader(path: &Path) -> Result<Self, Error> {
        let sqlite = Self::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        sqlite.batch(&format!("PRAGMA query_only = 1; PRAGMA cache_size = -{READING}"))?;
        let left = sqlite.left.clone();
        sqlite.connection.progress_handler(STEPS, Some(move || left.is_used_up()))?;
        Ok(sqlite)
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Self, Error> {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.execute_batch("PRAGMA foreign_keys = 0")?;
        let left = Left { looks: AtomicU32::new(u32::MAX), until: Mutex::new(None) };
        Ok(Self { connection, left: Arc::new(left) })
    }

    /// Runs statements without values and forgets what they answer.
    pub fn batch(&self, sql: &str) -> Result<(), Error> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// Runs a statement and returns the number of rows it touched.
    pub fn run(&self, sql: &str, binds: &[Bind]) -> Result<u64, Error> {
        let mut statement = self.connection.prepare_cached(&numbered(sql))?;
        bind(&mut statement, binds)?;
        Ok(statement.raw_execute()? as u64)
    }

    /// All rows of a statement, however long it takes.
    pub fn rows(&self, sql: &str, binds: &[Bind]) -> Result<Vec<SqliteRow>, Error> {
        let mut statement = self.connection.prepare_cached(&numbered(sql))?;
        bind(&mut statement, binds)?;
        let width = statement.column_count();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((0..width).map(|at| Ok(cell(row.get_ref(at)?))).collect::<Result<_, Error>>()?);
        }
        Ok(found)
    }

    /// All rows of a statement of a reader, or `None` when it is no short one.
    pub fn rows_within(&self, sql: &str, binds: &[Bind]) -> Result<Option<Vec<SqliteRow>>, Error> {
        self.left.looks.store(LOOKS, Ordering::Relaxed);
        let rows = self.rows(sql, binds);
        let over = self.left.looks.swap(u32::MAX, Ordering::Relaxed) == 0;
        match rows {
            Err(Error::Database(error)) if over && error.is_interrupted() => Ok(None),
            rows => rows.map(Some),
        }
    }

    /// All rows of a statement of a reader, unless that takes longer than `limit`.
    pub fn rows_until(
        &self,
        sql: &str,
        binds: &[Bind],
        limit: Option<Duration>,
    ) -> Result<Vec<SqliteRow>, Error> {
        *self.left.until.lock() = limit.and_then(|limit| Instant::now().checked_add(limit));
        let rows = self.rows(sql, binds);
        *self.left.until.lock() = None;
        match rows {
            Err(Error::Database(error)) if limit.is_some() && error.is_interrupted() => Err(Error::TooSlow),
            rows => rows,
        }
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(bytes) => Cell::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

impl ToSql for Bind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let null = ValueRef::Null;
        Ok(match self {
            Self::Int(value) => ToSqlOutput::Borrowed(value.map_or(null, ValueRef::Integer)),
            Self::Text(value) => {
                ToSqlOutput::Borrowed(value.as_ref().map_or(null, |text| ValueRef::Text(text.as_bytes())))
            }
            Self::Id(value) => {
                ToSqlOutput::Borrowed(value.as_ref().map_or(null, |id| ValueRef::Blob(id.0.as_bytes())))
            }
            Self::Json(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Texts(texts) => ToSqlOutput::from(texts.join(" ")),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn bind(statement: &mut Statement<'_>, binds: &[Bind]) -> Result<(), Error> {
    for (at, value) in binds.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    Ok(())
}

/// `$1`, which to SQLite is a name, as the number `?1`. A `$` before anything but a digit stays.
fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let number = after.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        text.push(if number { '?' } else { '$' });
        rest = &after[1..];
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bound_by_their_number_wherever_they_stand() {
        let sqlite = Sqlite::open(Path::new(":memory:"), OpenFlags::SQLITE_OPEN_READ_WRITE).expect("open");
        let sql = "SELECT $2, $1, json_extract('{\"x\":3}', '$.\"x\"'), $2";
        let rows = sqlite.rows(sql, &[Bind::from(1_i64), Bind::from("two")]).expect("rows");
        let two = || Cell::Text("two".into());
        assert_eq!(rows, vec![vec![two(), Cell::Int(1), Cell::Int(3), two()].into_boxed_slice()]);
    }

    #[test]
    fn a_long_read_is_given_up_and_a_short_one_after_it_is_not() {
        let folder = std::env::temp_dir().join(format!("kezhi-sqlite-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("file.db");
        let writer = Sqlite::writer(&path, Synchronous::Normal).expect("a writer");
        writer.batch("CREATE TABLE t (n INTEGER)").expect("a table");
        let reader = Sqlite::reader(&path).expect("a reader");
        let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT COUNT(*) FROM n";
        assert_eq!(reader.rows_within(long, &[]).expect("no error"), None);
        let short = reader.rows_within("SELECT COUNT(*) FROM t", &[]).expect("no error").expect("short");
        assert_eq!(short[0][0].int(), Some(0));
        assert_eq!(reader.rows(long, &[]).expect("rows")[0][0].int(), Some(100_000));
        let endless =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n";
        let limit = Duration::from_millis(50);
        let given_up = reader.rows_until(endless, &[], Some(limit)).expect_err("it never ends");
        assert!(matches!(given_up, Error::TooSlow), "{given_up}");
        let quick = reader.rows_until("SELECT COUNT(*) FROM t", &[], Some(limit)).expect("rows");
        assert_eq!(quick[0][0].int(), Some(0));
        assert_eq!(reader.rows_until(long, &[], None).expect("rows")[0][0].int(), Some(100_000));
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
