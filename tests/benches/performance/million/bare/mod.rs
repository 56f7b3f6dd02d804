//! The same rows and questions on the database alone: typed columns, the indexes that the questions need. Sixteen ask as
//! sixteen callers do, one writes groups.

/// A schema of its own in the database that was given.
mod postgres;
/// A file beside the engine's.
mod sqlite;

use std::time::Duration;

use postgres::Postgres;
use serde_json::Value;
use sqlite::Sqlite;

use crate::caller::CALLERS;
use crate::subject::Place;

const INDEXES: &str = "CREATE INDEX by_amount ON customer(department, industry, amount); \
    CREATE INDEX by_grade ON customer(grade, amount); CREATE INDEX by_name ON customer(name)";
const INDUSTRIES: [&str; 6] = ["manufacturing", "finance", "technology", "retail", "health", "education"];
/// In hundredths.
const AMOUNTS: [i64; 5] = [100_000, 1_000_000, 3_000_000, 6_000_000, 10_000_000];

/// The rows in the database that the engine uses too.
pub enum Bare {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// What is asked or told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// One customer by id.
    One,
    /// A page of 50, filtered and sorted.
    Page,
    /// So many new customers in a transaction.
    Insert(usize),
    /// One field of so many customers in a transaction.
    Update(usize),
}

/// What the limits are called in the table.
pub struct Names {
    pub one: &'static str,
    pub page: &'static str,
    /// The page and axum, one after the other.
    pub answered: &'static str,
    /// How many changes of 16 callers the engine writes in one transaction.
    pub group: usize,
    pub rows: &'static str,
    pub changes: &'static str,
    pub batches: &'static str,
    /// Further ways to write, which no gate is about.
    pub other: &'static [(&'static str, Work)],
}

macro_rules! names {
    ($database:literal, ($group:expr, $one:literal), $other:expr) => {
        Names {
            one: concat!($database, ", one record"),
            page: concat!($database, ", a page of 50"),
            answered: concat!($database, " page and bare axum, one after the other"),
            group: $group,
            rows: concat!($database, ", the same rows ", $one),
            changes: concat!($database, ", the same change ", $one),
            batches: concat!($database, ", the same rows in groups of 1,000"),
            other: $other,
        }
    };
}

impl Bare {
    /// Loads the rows beside the engine's, unless they are there.
    ///
    /// # Panics
    /// When the database refuses, or holds fewer rows of an earlier run.
    pub async fn load(place: &Place, rows: usize) -> Self {
        match &place.postgres {
            None => Self::Sqlite(Sqlite::load(&place.folder, rows)),
            Some(url) => Self::Postgres(Postgres::load(url, rows).await),
        }
    }

    /// How often it is done a second: by sixteen where it reads, rows by one where it writes groups.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn rate(&self, work: Work, time: Duration) -> f64 {
        match self {
            Self::Sqlite(sqlite) => sqlite.rate(work, time),
            Self::Postgres(postgres) => postgres.rate(work, time).await,
        }
    }

    /// The limits' names.
    pub fn names(&self) -> &'static Names {
        match self {
            Self::Sqlite(_) => &names!("bare SQLite", (CALLERS, "in groups of 16"), &[]),
            Self::Postgres(_) => &names!(
                "bare PostgreSQL",
                (1, "one a commit by 16 connections"),
                &[
                    ("bare PostgreSQL, the same rows in groups of 16", Work::Insert(CALLERS)),
                    ("bare PostgreSQL, the same change in groups of 16", Work::Update(CALLERS)),
                ]
            ),
        }
    }

    /// The database, and how it waits for the disk.
    pub fn told(&self) -> &str {
        match self {
            Self::Sqlite(_) => "SQLite, synchronous=FULL",
            Self::Postgres(postgres) => postgres.told(),
        }
    }
}

/// One of the first `rows` numbers; all turn up as the turns go on, in no order.
fn any(turn: u64, rows: u64) -> u64 {
    turn.wrapping_mul(2_654_435_761) % rows
}

/// Industry and amount of a page.
fn page(turn: u64) -> (&'static str, i64) {
    (INDUSTRIES[turn as usize % INDUSTRIES.len()], AMOUNTS[turn as usize % AMOUNTS.len()])
}

/// Numbers and new scores of so many among the first `rows` customers, none of them twice.
fn changes(turn: u64, group: usize, rows: u64) -> impl Iterator<Item = (u64, i64)> {
    let numbers = (0..group as u64).map(move |nth| any(turn * 1_000 + nth, rows));
    numbers.map(move |number| (number, ((number ^ turn) % 101) as i64))
}

/// A customer's amount in hundredths.
fn cents(fields: &Value) -> i64 {
    let amount = fields["amount"].as_str();
    amount.and_then(|amount| amount.replace('.', "").parse().ok()).expect("the seeded rows have every field")
}
