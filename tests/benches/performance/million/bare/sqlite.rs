//! Bare SQLite, in this process: a thread and a connection for each asker; rows are written one by one by a prepared
//! statement, each group in a transaction.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use serde_json::Value;

use super::{INDEXES, Work, any, cents, changes, page};
use crate::caller::CALLERS;
use crate::million::people::{Customers, DEPARTMENTS};

const TABLE: &str = "CREATE TABLE customer(id TEXT PRIMARY KEY, name TEXT, person TEXT, phone TEXT, industry TEXT, \
    region TEXT, amount INTEGER, score INTEGER, grade TEXT, birthday TEXT, status TEXT, notes TEXT, department INTEGER) \
    WITHOUT ROWID";
const INSERT: &str = "INSERT INTO customer VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
const PAGE: &str = "SELECT * FROM customer WHERE department = 0 AND industry = ?1 AND amount > ?2 \
    ORDER BY amount DESC LIMIT 50";
const ONE: &str = "SELECT * FROM customer WHERE id = ?1";
/// Customers in one transaction while loading.
const LOADING: usize = 10_000;

/// A database of its own with so many customers.
pub struct Sqlite {
    path: PathBuf,
    rows: u64,
    next: AtomicU64,
}

impl Sqlite {
    /// Loads the rows into a file of this folder, unless it is there.
    pub fn load(folder: &Path, rows: usize) -> Self {
        let path = folder.join("bare.db");
        let known = path.exists();
        let bare = Self { path, rows: rows as u64, next: AtomicU64::new(rows as u64) };
        let database = bare.open();
        if known {
            let sql = "SELECT COUNT(*) FROM customer";
            let count: i64 = database.query_row(sql, [], |row| row.get(0)).expect("the rows can be counted");
            assert!(count >= rows as i64, "{} holds {count} rows only; remove it", bare.path.display());
            bare.next.store(count as u64, Ordering::Relaxed);
            return bare;
        }
        database.execute_batch(&format!("{TABLE}; {INDEXES}")).expect("an empty database takes a table");
        let mut all = Customers::loaded().take(rows).enumerate().peekable();
        while all.peek().is_some() {
            database.execute_batch("BEGIN").expect("nobody else writes");
            for (number, customer) in all.by_ref().take(LOADING) {
                insert(&database, number as u64, &customer.fields, customer.owner % DEPARTMENTS);
            }
            database.execute_batch("COMMIT").expect("the disk has room");
        }
        database.execute_batch("ANALYZE").expect("a database can be analysed");
        bare
    }

    /// How often it is done a second: by sixteen threads where it reads, rows by one where it writes.
    pub fn rate(&self, work: Work, time: Duration) -> f64 {
        let threads = if matches!(work, Work::One | Work::Page) { CALLERS } else { 1 };
        let done = AtomicU64::new(0);
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for nth in 0..threads {
                let done = &done;
                scope.spawn(move || {
                    let database = self.open();
                    let mut turn = nth as u64 * 7_919;
                    while begun.elapsed() < time {
                        turn += 1;
                        done.fetch_add(self.one(&database, work, turn), Ordering::Relaxed);
                    }
                });
            }
        });
        done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
    }

    fn one(&self, database: &Connection, work: Work, turn: u64) -> u64 {
        match work {
            Work::One => read(database, ONE, params![id(any(turn, self.rows))]),
            Work::Page => {
                let (industry, amount) = page(turn);
                read(database, PAGE, params![industry, amount]);
                1
            }
            Work::Insert(group) => {
                let start = self.next.fetch_add(group as u64, Ordering::Relaxed);
                let rows = Customers::new(turn as u32, start).take(group);
                self.write(
                    database,
                    rows.collect::<Vec<_>>().into_iter().zip(start..),
                    |database, (row, number)| {
                        insert(database, number, &row.fields, row.owner % DEPARTMENTS);
                    },
                )
            }
            Work::Update(group) => {
                self.write(database, changes(turn, group, self.rows), |database, (number, score)| {
                    let sql = "UPDATE customer SET score = ?2 WHERE id = ?1";
                    let mut statement = database.prepare_cached(sql).expect("the statement is right");
                    statement.execute(params![id(number), score]).expect("the row can be changed");
                })
            }
        }
    }

    fn write<T>(
        &self,
        database: &Connection,
        all: impl Iterator<Item = T>,
        each: impl Fn(&Connection, T),
    ) -> u64 {
        let mut done = 0;
        database.execute_batch("BEGIN IMMEDIATE").expect("nobody else writes");
        for one in all {
            each(database, one);
            done += 1;
        }
        database.execute_batch("COMMIT").expect("the disk has room");
        done
    }

    fn open(&self) -> Connection {
        let database = Connection::open(&self.path).expect("a file can be opened");
        let settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; \
                        PRAGMA mmap_size=268435456; PRAGMA busy_timeout=5000";
        database.execute_batch(settings).expect("settings are known");
        database
    }
}

fn id(number: u64) -> String {
    format!("019aa0b0-0000-7000-8000-{number:012}")
}

/// Reads all columns of all rows.
fn read(database: &Connection, sql: &str, bound: impl rusqlite::Params) -> u64 {
    let mut statement = database.prepare_cached(sql).expect("the statement is right");
    let columns = statement.column_count();
    let mut rows = statement.query(bound).expect("the statement can run");
    let mut read = 0;
    while let Some(row) = rows.next().expect("the rows can be read") {
        for column in 0..columns {
            std::hint::black_box(row.get_ref(column).expect("a column is there"));
        }
        read += 1;
    }
    read
}

fn insert(database: &Connection, number: u64, fields: &Value, department: usize) {
    let text = |key: &str| fields[key].as_str();
    let mut statement = database.prepare_cached(INSERT).expect("the statement is right");
    let row = params![
        id(number),
        text("name"),
        text("person"),
        text("phone"),
        text("industry"),
        text("region"),
        cents(fields),
        fields["score"].as_i64(),
        text("grade"),
        text("birthday"),
        text("status"),
        text("notes"),
        department as i64,
    ];
    statement.execute(row).expect("the row can be stored");
}
