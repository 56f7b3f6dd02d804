//! `make bench`: how fast the release binary is, beside what the machine could do at most.
//!
//! Starts the engine on a temporary folder, publishes a small app, loads records, and asks it with sixteen callers that
//! share its cores. Every round also measures the limits, so a figure can be read as a ratio. Arguments:
//! `--table first` (20,000 customers, the default), `--table million` (1,000,000, with orders, owners and rights) or
//! `--table columns` (1,000,000 on the bare databases, typed columns beside indexes on expressions),
//! `--rows N`, `--seconds N` for each measurement (5, of columns 2), `--rounds N` (3), `--postgres URL` of an empty database,
//! `--folder PATH` (with the same `URL`) to load the million once and ask it again later, `--only WORD` for questions that contain the word, `--write` to renew the table in `docs/performance.md`.
//! Exit code 1 when a gate is not kept.
#![allow(clippy::print_stdout, reason = "a program that reports")]

/// Callers on connections that stay open.
mod caller;
/// Customers from a seed.
mod rows;
/// The rows of the comparison with other products.
mod seeded;
/// What the machine could do at most.
mod limits;
/// The table.
mod report;
/// Bare PostgreSQL.
mod server;
/// The engine's process.
mod subject;
/// The app of the first table, its people and records, and the questions.
mod workspace;
/// What rights cost.
mod rights;
/// The first table: 20,000 customers, one table.
mod first;
/// The table of a million customers.
mod million;
/// The table of the ways to store a record.
mod columns;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use caller::Rate;
use limits::{BARE, serve_bare};
use report::Report;

const SYNC: &str = "fdatasync of 4 KiB, one after the other";
const ONE: &str = "bare axum, one record";
const MANY: &str = "bare axum, 50 records";

#[tokio::main]
async fn main() -> ExitCode {
    let settings = Settings::of(std::env::args().skip(1));
    if let Some(port) = settings.bare {
        serve_bare(port).await;
        return ExitCode::SUCCESS;
    }
    let (table, within) = match settings.table {
        Table::First => told(&first::measure(&settings).await),
        Table::Million => told(&million::measure(&settings).await),
        Table::Columns => (columns::measure(&settings).await, true),
    };
    println!("{table}");
    if settings.write {
        report::write(settings.place(), &table);
    }
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A report as Markdown, and whether its gates are kept.
fn told((report, within): &(Report, bool)) -> (String, bool) {
    (report.table(), *within)
}

/// Which table is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    First,
    Million,
    Columns,
}

impl Table {
    fn named(name: &str) -> Self {
        let all = [Self::First, Self::Million, Self::Columns];
        all.into_iter().find(|table| table.place() == name).unwrap_or_else(|| panic!("no table {name}"))
    }

    /// The name of its place in the document.
    fn place(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Million => "million",
            Self::Columns => "columns",
        }
    }

    fn rows(self) -> u64 {
        match self {
            Self::First => 20_000,
            Self::Million | Self::Columns => 1_000_000,
        }
    }

    /// How long each question is asked in a round.
    fn time(self) -> Duration {
        Duration::from_secs(if self == Self::Columns { 2 } else { 5 })
    }
}

/// The arguments.
struct Settings {
    table: Table,
    rows: u64,
    time: Duration,
    rounds: usize,
    postgres: Option<String>,
    folder: Option<PathBuf>,
    only: String,
    write: bool,
    bare: Option<u16>,
}

impl Settings {
    fn of(mut given: impl Iterator<Item = String>) -> Self {
        let time = Duration::ZERO;
        let (only, postgres, folder, bare) = (String::new(), None, None, None);
        let table = Table::First;
        let mut settings =
            Self { table, rows: 0, time, rounds: 3, postgres, folder, only, write: false, bare };
        while let Some(name) = given.next() {
            let mut text = || given.next().unwrap_or_else(|| panic!("{name} wants a value"));
            match name.as_str() {
                "--table" => settings.table = Table::named(&text()),
                "--rows" => settings.rows = number(&text()),
                "--seconds" => settings.time = Duration::from_secs(number(&text())),
                "--rounds" => settings.rounds = number(&text()) as usize,
                "--postgres" => settings.postgres = Some(text()),
                "--folder" => settings.folder = Some(text().into()),
                "--only" => settings.only = text(),
                "--write" => settings.write = true,
                BARE => settings.bare = u16::try_from(number(&text())).ok(),
                // What cargo adds of its own.
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        if settings.rows == 0 {
            settings.rows = settings.table.rows();
        }
        if settings.time.is_zero() {
            settings.time = settings.table.time();
        }
        settings
    }

    /// The place in the document of what is measured.
    fn place(&self) -> &'static str {
        match (self.table, &self.postgres) {
            (Table::Million, Some(_)) => "million-postgres",
            (table, _) => table.place(),
        }
    }
}

fn number(text: &str) -> u64 {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

fn middle(rates: &[Rate]) -> Rate {
    let of = |part: fn(&Rate) -> f64| median(&mut rates.iter().map(part).collect::<Vec<_>>());
    Rate { each_second: of(|rate| rate.each_second), p50: of(|rate| rate.p50), p99: of(|rate| rate.p99) }
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
