//! One way on SQLite: a file of its own, settings as the engine's, a thread for each asker.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::records::{self, Value};
use super::ways::{Scheme, TABLE};
use super::work::Work;
use super::{FRESH, LOADING, Measured, Sizes};

/// Pages in the memory of a connection that writes and of one that reads, in KiB, as the engine's.
const WRITING: u32 = 32_768;
const READING: u32 = 16_384;

/// A loaded file.
pub struct Sqlite {
    scheme: Scheme,
    path: PathBuf,
    rows: u64,
    /// The number of the next new record or change.
    next: AtomicU64,
    /// New records, made ahead so that making them takes nothing from the database.
    fresh: Vec<Vec<Value>>,
    indexing: Duration,
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) | Self::Document(text) => ValueRef::Text(text.as_bytes()),
            Self::Id(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}

impl Sqlite {
    /// Loads the rows into a new file of this folder and makes the indexes over them.
    ///
    /// # Panics
    /// When the disk is full or the file cannot be written.
    pub fn load(scheme: Scheme, folder: &Path, rows: usize) -> Self {
        let path = folder.join(format!("{:?}.db", scheme.way).to_lowercase());
        for file in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{file}", path.display()));
        }
        let fresh = records::fresh(scheme, FRESH);
        let next = AtomicU64::new(rows as u64);
        let mut loaded = Self { scheme, path, rows: rows as u64, next, fresh, indexing: Duration::ZERO };
        let database = loaded.open(WRITING);
        database.execute_batch(&scheme.create()).expect("an empty file takes a table");
        let insert = records::insert(scheme, 1);
        let mut all = records::loaded(scheme).take(rows).peekable();
        while all.peek().is_some() {
            written(&database, &insert, all.by_ref().take(LOADING));
        }
        let begun = Instant::now();
        for index in scheme.indexes() {
            database.execute_batch(&index).expect("every expression has a value");
        }
        loaded.indexing = begun.elapsed();
        // The engine gathers statistics when it is stopped; with them its statements are planned on most days.
        let statistics = "PRAGMA optimize(0x10002); PRAGMA wal_checkpoint(TRUNCATE)";
        database.execute_batch(statistics).expect("the disk has room");
        loaded
    }

    fn open(&self, memory: u32) -> Connection {
        let database = Connection::open(&self.path).expect("a file can be opened");
        let settings = format!(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; \
             PRAGMA cache_size=-{memory}; PRAGMA busy_timeout=5000"
        );
        database.execute_batch(&settings).expect("settings are known");
        database
    }

    /// Asks or tells once; how many answers or rows that were.
    fn once(&self, database: &Connection, work: Work, statement: &str, turn: u64) -> u64 {
        match work {
            Work::Insert(group) => {
                let start = self.next.fetch_add(group as u64, Ordering::Relaxed);
                let rows = (start..start + group as u64).map(|number| {
                    let mut row = self.fresh[number as usize % self.fresh.len()].clone();
                    records::renumber(&mut row, number);
                    row
                });
                written(database, statement, rows)
            }
            Work::Update(key, group) => {
                let group = group as u64;
                let start = self.next.fetch_add(group, Ordering::Relaxed);
                let rows = start..start + group;
                let rows = rows.map(|nth| records::changed(self.scheme, key, (nth, self.rows)));
                written(database, statement, rows)
            }
            read => {
                read_all(database, statement, &read.asked(turn));
                1
            }
        }
    }
}

impl Measured for Sqlite {
    async fn sizes(&self) -> Sizes {
        let database = self.open(READING);
        let size = |kind: &str| -> f64 {
            let sql = "SELECT SUM(pgsize) FROM dbstat WHERE aggregate = TRUE \
                       AND name IN (SELECT name FROM sqlite_schema WHERE type = ?1 AND tbl_name = ?2)";
            database.query_row(sql, [kind, TABLE], |row| row.get(0)).expect("the pages can be counted")
        };
        Sizes { table: size("table"), indexes: size("index"), indexing: self.indexing }
    }

    async fn rate(&self, work: Work, askers: usize, time: Duration) -> f64 {
        let statement = work.statement(self.scheme, 1);
        let (done, begun) = (AtomicU64::new(0), Instant::now());
        std::thread::scope(|scope| {
            for nth in 0..askers {
                let (done, statement) = (&done, &statement);
                scope.spawn(move || {
                    let database = self.open(if work.reads() { READING } else { WRITING });
                    let mut turn = nth as u64 * 7_919;
                    while begun.elapsed() < time {
                        turn += 1;
                        done.fetch_add(self.once(&database, work, statement, turn), Ordering::Relaxed);
                    }
                });
            }
        });
        done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
    }
}

/// Runs a statement for each of the rows in one transaction and says how many they were.
fn written(database: &Connection, statement: &str, rows: impl Iterator<Item = Vec<Value>>) -> u64 {
    let mut prepared = database.prepare_cached(statement).expect("the statement is right");
    let mut done = 0;
    database.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
    for row in rows {
        let touched = prepared.execute(params_from_iter(row.iter())).expect("the row can be written");
        assert_eq!(touched, 1, "{statement}");
        done += 1;
    }
    database.execute_batch("COMMIT").expect("the disk has room");
    done
}

/// Reads all columns of all rows.
fn read_all(database: &Connection, statement: &str, values: &[Value]) {
    let mut prepared = database.prepare_cached(statement).expect("the statement is right");
    let width = prepared.column_count();
    let mut rows = prepared.query(params_from_iter(values)).expect("the statement can run");
    while let Some(row) = rows.next().expect("the rows can be read") {
        for column in 0..width {
            std::hint::black_box(row.get_ref(column).expect("a column is there"));
        }
    }
}
