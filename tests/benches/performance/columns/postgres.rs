//! One way on PostgreSQL: a table in a schema of its own of the database that was given, over the engine's driver; a
//! connection for each asker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, Postgres as Driver};
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};

use super::records::{self, Value};
use super::ways::{Scheme, TABLE};
use super::work::Work;
use super::{FRESH, Measured, Sizes};
use crate::server::{options, run, told};

/// Rows of one statement while loading.
const PIECE: usize = 1_000;

/// A loaded table.
pub struct Postgres {
    known: Arc<Known>,
    indexing: Duration,
}

/// What every asker knows.
struct Known {
    scheme: Scheme,
    options: PgConnectOptions,
    rows: u64,
    /// The number of the next new record or change.
    next: AtomicU64,
    /// New records, made ahead so that making them takes nothing from the database.
    fresh: Vec<Vec<Value>>,
}

impl Postgres {
    /// Loads the rows into a new table, in place of an earlier run's, and makes the indexes over them.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn load(scheme: Scheme, url: &str, rows: usize) -> Self {
        let schema = format!("{:?}", scheme.way).to_lowercase();
        let options = options(url, &schema);
        let fresh = records::fresh(scheme, FRESH);
        let known = Known { scheme, options, rows: rows as u64, next: AtomicU64::new(rows as u64), fresh };
        let mut connection = known.open().await;
        run(&mut connection, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
        run(&mut connection, &format!("CREATE SCHEMA {schema}")).await;
        run(&mut connection, &scheme.create()).await;
        let insert: Arc<str> = records::insert(scheme, PIECE).into();
        let mut all = records::loaded(scheme).take(rows);
        loop {
            let piece: Vec<Vec<Value>> = all.by_ref().take(PIECE).collect();
            if piece.is_empty() {
                break;
            }
            let whole = piece.len() == PIECE;
            let statement = if whole { insert.clone() } else { records::insert(scheme, piece.len()).into() };
            let done = query(&statement, piece.into_iter().flatten()).execute(&mut connection).await;
            done.expect("the rows can be stored");
        }
        let begun = Instant::now();
        for index in scheme.indexes() {
            run(&mut connection, &index).await;
        }
        let indexing = begun.elapsed();
        run(&mut connection, &format!("VACUUM (ANALYZE) {TABLE}")).await;
        Self { known: Arc::new(known), indexing }
    }

    /// The server's version, and whether it waits for the disk.
    pub async fn told(&self) -> String {
        told(&mut self.known.open().await).await
    }

    /// Takes the table away with its schema.
    pub async fn remove(self) {
        let schema = format!("{:?}", self.known.scheme.way).to_lowercase();
        run(&mut self.known.open().await, &format!("DROP SCHEMA {schema} CASCADE")).await;
    }
}

impl Known {
    async fn open(&self) -> PgConnection {
        self.options.connect().await.expect("the database lets us in")
    }

    /// Asks or tells once; how many answers or rows that were.
    async fn once(&self, connection: &mut PgConnection, work: Work, statement: &Arc<str>, turn: u64) -> u64 {
        match work {
            Work::Insert(group) => {
                let start = self.next.fetch_add(group as u64, Ordering::Relaxed);
                let rows = (start..start + group as u64).flat_map(|number| {
                    let mut row = self.fresh[number as usize % self.fresh.len()].clone();
                    records::renumber(&mut row, number);
                    row
                });
                let done = query(statement, rows).execute(connection).await.expect("the rows can be stored");
                assert_eq!(done.rows_affected(), group as u64);
                group as u64
            }
            Work::Update(key, group) => {
                let group = group as u64;
                let start = self.next.fetch_add(group, Ordering::Relaxed);
                let mut transaction = connection.begin().await.expect("nothing is under way");
                for nth in start..start + group {
                    let values = records::changed(self.scheme, key, (nth, self.rows));
                    let done = query(statement, values).execute(&mut *transaction).await;
                    assert_eq!(done.expect("the row can be changed").rows_affected(), 1);
                }
                transaction.commit().await.expect("the disk has room");
                group
            }
            read => {
                let rows = query(statement, read.asked(turn)).fetch_all(connection).await;
                std::hint::black_box(rows.expect("the statement can run"));
                1
            }
        }
    }
}

impl Measured for Postgres {
    async fn sizes(&self) -> Sizes {
        let mut connection = self.known.open().await;
        let sql: Arc<str> = format!("SELECT pg_table_size('{TABLE}'), pg_indexes_size('{TABLE}')").into();
        let row = query(&sql, []).fetch_one(&mut connection).await.expect("a table has a size");
        let size = |at: usize| row.get::<i64, _>(at) as f64;
        Sizes { table: size(0), indexes: size(1), indexing: self.indexing }
    }

    async fn rate(&self, work: Work, askers: usize, time: Duration) -> f64 {
        let rows = if let Work::Insert(group) = work { group } else { 1 };
        let statement: Arc<str> = work.statement(self.known.scheme, rows).into();
        let mut connections = Vec::with_capacity(askers);
        for _ in 0..askers {
            connections.push(self.known.open().await);
        }
        let begun = Instant::now();
        let tasks: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(nth, mut connection)| {
                let (known, statement) = (self.known.clone(), statement.clone());
                tokio::spawn(async move {
                    let (mut done, mut turn) = (0, nth as u64 * 7_919);
                    while begun.elapsed() < time {
                        turn += 1;
                        done += known.once(&mut connection, work, &statement, turn).await;
                    }
                    done
                })
            })
            .collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.expect("an asker is answered to the end");
        }
        done as f64 / begun.elapsed().as_secs_f64()
    }
}

fn query(
    statement: &Arc<str>,
    values: impl IntoIterator<Item = Value>,
) -> Query<'static, Driver, PgArguments> {
    let query: Query<'static, Driver, PgArguments> = sqlx::query(AssertSqlSafe(statement.clone()));
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Id(id) => query.bind(id),
        Value::Document(text) => query.bind(Json(RawValue::from_string(text).expect("we wrote it as JSON"))),
    })
}
