//! Bare PostgreSQL over the engine's driver: a connection for each asker; a group is written by one prepared statement
//! over arrays, which is a transaction of its own, and waits for the disk as the server is set to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, Postgres as Driver};
use sqlx::query::Query;
use sqlx::{ConnectOptions, Row};
use uuid::Uuid;

use super::{INDEXES, Work, any, cents, changes, page};
use crate::caller::CALLERS;
use crate::million::people::{Customer, Customers, DEPARTMENTS};
use crate::server::{options, run, told};

const SCHEMA: &str = "bare";
const TABLE: &str = "CREATE TABLE customer(id UUID PRIMARY KEY, name TEXT, person TEXT, phone TEXT, industry TEXT, \
    region TEXT, amount BIGINT, score BIGINT, grade TEXT, birthday TEXT, status TEXT, notes TEXT, department BIGINT)";
const INSERT: &str = "INSERT INTO customer SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], \
    $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[])";
const UPDATE: &str = "UPDATE customer SET score = changed.score FROM unnest($1::uuid[], $2::bigint[]) \
    AS changed(id, score) WHERE customer.id = changed.id";
const PAGE: &str = "SELECT * FROM customer WHERE department = 0 AND industry = $1 AND amount > $2 \
    ORDER BY amount DESC LIMIT 50";
const ONE: &str = "SELECT * FROM customer WHERE id = $1";
/// Customers of one statement while loading.
const LOADING: usize = 1_000;
/// New customers that are made ahead, so that making them takes nothing from the database, and stored under ever new ids.
const FRESH: usize = 20_000;

/// A schema with so many customers.
pub struct Postgres {
    known: Arc<Known>,
    told: String,
}

/// What every asker knows.
struct Known {
    options: PgConnectOptions,
    rows: u64,
    /// The number of the next new customer.
    next: AtomicU64,
    fresh: Vec<Customer>,
}

impl Postgres {
    /// Loads the rows into a schema of this database, unless it is there. Then everything in the database is vacuumed and
    /// analysed, the engine's tables too, as the server would do of itself some minutes later.
    pub async fn load(url: &str, rows: usize) -> Self {
        let options = options(url, SCHEMA);
        let fresh = Customers::new(7, 5_000_000).take(FRESH).collect();
        let next = AtomicU64::new(rows as u64);
        let known = Known { options, rows: rows as u64, next, fresh };
        let mut connection = known.open().await;
        if let Some(count) = stored(&mut connection).await {
            assert!(count >= rows as u64, "schema {SCHEMA} holds {count} rows only; drop it");
            known.next.store(count, Ordering::Relaxed);
        } else {
            fill(&mut connection, rows).await;
        }
        run(&mut connection, "VACUUM (ANALYZE)").await;
        let told = told(&mut connection).await;
        Self { known: Arc::new(known), told }
    }

    /// The server and how it waits for the disk.
    pub fn told(&self) -> &str {
        &self.told
    }

    /// How often it is done a second: by sixteen connections where it reads or writes one row a commit, rows by one
    /// where it writes groups.
    pub async fn rate(&self, work: Work, time: Duration) -> f64 {
        let askers = if matches!(work, Work::Insert(2..) | Work::Update(2..)) { 1 } else { CALLERS };
        let mut connections = Vec::with_capacity(askers);
        for _ in 0..askers {
            connections.push(self.known.open().await);
        }
        let begun = Instant::now();
        let asker = |(nth, mut connection): (usize, PgConnection)| {
            let known = self.known.clone();
            tokio::spawn(async move {
                let (mut done, mut turn) = (0, nth as u64 * 7_919);
                while begun.elapsed() < time {
                    turn += 1;
                    done += known.once(&mut connection, work, turn).await;
                }
                done
            })
        };
        let tasks: Vec<_> = connections.into_iter().enumerate().map(asker).collect();
        let mut done = 0;
        for task in tasks {
            done += task.await.expect("an asker is answered to the end");
        }
        done as f64 / begun.elapsed().as_secs_f64()
    }
}

impl Known {
    async fn open(&self) -> PgConnection {
        self.options.connect().await.expect("the database lets us in")
    }

    /// Asks or tells once; how many answers or rows that were.
    async fn once(&self, connection: &mut PgConnection, work: Work, turn: u64) -> u64 {
        match work {
            Work::One => {
                let row = sqlx::query(ONE).bind(id(any(turn, self.rows))).fetch_one(connection).await;
                std::hint::black_box(row.expect("the row is there"));
                1
            }
            Work::Page => {
                let (industry, amount) = page(turn);
                let rows = sqlx::query(PAGE).bind(industry).bind(amount).fetch_all(connection).await;
                std::hint::black_box(rows.expect("the statement can run"));
                1
            }
            Work::Insert(group) => {
                let start = self.next.fetch_add(group as u64, Ordering::Relaxed);
                let fresh = self.fresh.iter().cycle().skip(start as usize % self.fresh.len()).take(group);
                written(connection, insert(&fresh.collect::<Vec<_>>(), start)).await
            }
            Work::Update(group) => {
                let (numbers, scores): (Vec<u64>, Vec<i64>) = changes(turn, group, self.rows).unzip();
                let ids: Vec<Uuid> = numbers.into_iter().map(id).collect();
                let done = written(connection, sqlx::query(UPDATE).bind(ids).bind(scores)).await;
                assert_eq!(done, group as u64, "every row is there");
                done
            }
        }
    }
}

/// How many rows an earlier run left.
async fn stored(connection: &mut PgConnection) -> Option<u64> {
    let known = sqlx::query("SELECT to_regclass('customer') IS NOT NULL").fetch_one(&mut *connection).await;
    if !known.expect("a name can be looked up").get::<bool, _>(0) {
        return None;
    }
    let count = sqlx::query("SELECT COUNT(*) FROM customer").fetch_one(connection).await;
    Some(count.expect("the rows can be counted").get::<i64, _>(0) as u64)
}

/// Makes the schema with its rows, whole or not at all.
async fn fill(connection: &mut PgConnection, rows: usize) {
    run(connection, &format!("BEGIN; CREATE SCHEMA {SCHEMA}; {TABLE}")).await;
    let (mut all, mut start) = (Customers::loaded().take(rows), 0);
    loop {
        let piece: Vec<Customer> = all.by_ref().take(LOADING).collect();
        if piece.is_empty() {
            break;
        }
        start += written(connection, insert(&piece.iter().collect::<Vec<_>>(), start)).await;
    }
    run(connection, &format!("{INDEXES}; COMMIT")).await;
}

/// The statement that stores these customers under ids from a number on.
fn insert(rows: &[&Customer], start: u64) -> Query<'static, Driver, PgArguments> {
    let ids: Vec<Uuid> = (start..).take(rows.len()).map(id).collect();
    let texts = |key: &str| -> Vec<Option<String>> {
        rows.iter().map(|row| row.fields[key].as_str().map(str::to_owned)).collect()
    };
    let amounts: Vec<i64> = rows.iter().map(|row| cents(&row.fields)).collect();
    let scores: Vec<Option<i64>> = rows.iter().map(|row| row.fields["score"].as_i64()).collect();
    let departments: Vec<i64> = rows.iter().map(|row| (row.owner % DEPARTMENTS) as i64).collect();
    let begun = ["name", "person", "phone", "industry", "region"]
        .into_iter()
        .fold(sqlx::query(INSERT).bind(ids), |query, key| query.bind(texts(key)));
    ["grade", "birthday", "status", "notes"]
        .into_iter()
        .fold(begun.bind(amounts).bind(scores), |query, key| query.bind(texts(key)))
        .bind(departments)
}

async fn written(connection: &mut PgConnection, query: Query<'static, Driver, PgArguments>) -> u64 {
    query.execute(connection).await.expect("the rows can be written").rows_affected()
}

fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x019a_a0b0_0000_7000_8000_0000_0000_0000 + u128::from(number))
}
