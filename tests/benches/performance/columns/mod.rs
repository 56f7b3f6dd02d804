//! The table of columns: the same records stored with typed columns and as documents with indexes on expressions, on the
//! databases alone. It stands behind the design of the store; nothing of the engine runs here.

/// A file of SQLite.
mod sqlite;
/// A table of PostgreSQL.
mod postgres;
/// The rows, and the statements that write them.
mod records;
/// Tables, places and indexes.
mod ways;
/// What is asked.
mod work;

use std::fmt::Write;
use std::time::Duration;

use postgres::Postgres;
use sqlite::Sqlite;
use ways::{Dialect, Scheme, Way};
use work::Work;

use crate::caller::CALLERS;
use crate::report::{machine, thousands};
use crate::subject::Place;
use crate::{Settings, median};

/// Rows in one transaction while SQLite is loaded.
const LOADING: usize = 10_000;
/// New records that are made ahead and inserted under ever new ids.
const FRESH: usize = 20_000;
const MEBIBYTE: f64 = 1_048_576.0;

/// One way on one database, loaded.
trait Measured {
    /// What it takes on the disk as loaded.
    async fn sizes(&self) -> Sizes;
    /// Answers a second, or rows a second where it writes, for at least one answer of each asker.
    async fn rate(&self, work: Work, askers: usize, time: Duration) -> f64;
}

/// Bytes of a table and of all of its indexes, and how long these took to make over the loaded rows.
struct Sizes {
    table: f64,
    indexes: f64,
    indexing: Duration,
}

/// What a figure is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    EachSecond,
    Milliseconds,
}

/// A line of the table.
struct Asked {
    name: &'static str,
    work: Work,
    askers: usize,
    unit: Unit,
}

/// Loads every way and asks it; the tables as Markdown. PostgreSQL only where an address was given.
pub async fn measure(settings: &Settings) -> String {
    let (rows, times, seconds) = (settings.rows, settings.rounds, settings.time.as_secs_f64());
    let mut text =
        format!("{} records · {times} rounds of {seconds} s · {}\n", thousands(rows as f64), machine());
    let scheme = |dialect: Dialect| move |way: Way| Scheme { dialect, way };

    let place = Place::new(None, settings.folder.clone());
    let schemes = [Way::Columns, Way::Document, Way::Binary].map(scheme(Dialect::Sqlite));
    let mut files = Vec::new();
    for scheme in schemes {
        files.push(Sqlite::load(scheme, &place.folder, rows as usize));
        println!("SQLite, {}: loaded", scheme.title());
    }
    let head = format!("SQLite {}, synchronous=FULL", rusqlite::version());
    text.push_str(&table(settings, &head, &schemes, &files).await);
    drop(files);

    let Some(url) = &settings.postgres else {
        println!("PostgreSQL is left out: `--postgres URL` of an empty database was not given");
        text.push_str("\nPostgreSQL was not asked.\n");
        return text;
    };
    let schemes = [Way::Columns, Way::Document].map(scheme(Dialect::Postgres));
    let mut tables = Vec::new();
    for scheme in schemes {
        tables.push(Postgres::load(scheme, url, rows as usize).await);
        println!("PostgreSQL, {}: loaded", scheme.title());
    }
    let head = tables[0].told().await;
    text.push_str(&table(settings, &head, &schemes, &tables).await);
    for table in tables {
        table.remove().await;
    }
    text
}

/// Everything of one database: its ways side by side, the typed columns first.
async fn table(settings: &Settings, head: &str, schemes: &[Scheme], ways: &[impl Measured]) -> String {
    let titles: Vec<&str> = schemes.iter().map(|scheme| scheme.title()).collect();
    let mut text =
        format!("\n| {head} | {} |\n| --- |{}\n", titles.join(" | "), " ---: |".repeat(titles.len()));
    let mut sizes = Vec::new();
    for way in ways {
        sizes.push(way.sizes().await);
    }
    let all = asked(&settings.only);
    // What changes a table comes after everything that only reads it.
    for reads in [true, false] {
        let asked: Vec<&Asked> = all.iter().filter(|asked| asked.work.reads() == reads).collect();
        let mut rates = vec![vec![Vec::new(); ways.len()]; asked.len()];
        for _ in 0..settings.rounds {
            for (asked, rates) in asked.iter().zip(&mut rates) {
                for (way, rates) in ways.iter().zip(rates) {
                    rates.push(way.rate(asked.work, asked.askers, settings.time).await);
                }
            }
        }
        for (asked, mut rates) in asked.into_iter().zip(rates) {
            let rates: Vec<f64> = rates.iter_mut().map(|rounds| median(rounds)).collect();
            let line = format!("| {} | {} |", asked.name, cells(&rates, asked.unit).join(" | "));
            println!("{line}");
            let _ = writeln!(text, "{line}");
        }
    }
    let mut line = |name: &str, of: fn(&Sizes) -> f64| {
        let cells: Vec<String> = sizes.iter().map(|sizes| thousands(of(sizes))).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    };
    line("making the indexes over all records, s", |sizes| sizes.indexing.as_secs_f64());
    line("table, MiB", |sizes| sizes.table / MEBIBYTE);
    line("indexes, MiB", |sizes| sizes.indexes / MEBIBYTE);
    text
}

/// Each rate in its unit, behind it how it stands to that of the typed columns.
fn cells(rates: &[f64], unit: Unit) -> Vec<String> {
    let first = rates.first().copied().unwrap_or(f64::NAN);
    let cell = |(nth, rate): (usize, &f64)| {
        let told = match unit {
            Unit::EachSecond => thousands(*rate),
            Unit::Milliseconds => format!("{:.1}", 1_000.0 / rate),
        };
        if nth == 0 { told } else { format!("{told} ({:.2})", rate / first) }
    };
    rates.iter().enumerate().map(cell).collect()
}

/// The lines of the table whose names contain a word.
fn asked(only: &str) -> Vec<Asked> {
    let line = |name, work, askers, unit| Asked { name, work, askers, unit };
    let (rates, times) = (Unit::EachSecond, Unit::Milliseconds);
    let mut all = vec![
        line("page of 50 by industry and amount, 1 asker, a second", Work::Page, 1, rates),
        line("the same page, 16 askers, a second", Work::Page, CALLERS, rates),
        line("count by grade and amount, 1 asker, a second", Work::CountIndexed, 1, rates),
        line("the same count, 16 askers, a second", Work::CountIndexed, CALLERS, rates),
        line("count by region and score, in no index of their own, ms", Work::CountOther, 1, times),
        line("count and sum by grade, indexed with the amount, ms", Work::GroupIndexed, 1, times),
        line("count and sum by region, in no index of its own, ms", Work::GroupOther, 1, times),
        line("insert, 16 a commit, rows a second", Work::Insert(16), 1, rates),
        line("insert, 1,000 a commit, rows a second", Work::Insert(1_000), 1, rates),
        line("update of the amount, 16 a commit, rows a second", Work::Update("amount", 16), 1, rates),
        line(
            "update of the phone, in no index, 16 a commit, rows a second",
            Work::Update("phone", 16),
            1,
            rates,
        ),
    ];
    all.retain(|asked| asked.name.contains(only));
    all
}
