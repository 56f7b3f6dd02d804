//! `make bench`: how fast the release binary is, beside what the machine could do at most.
//!
//! Starts the engine on a temporary folder, publishes the small app in `app/`, loads records, and asks it with sixteen
//! callers that share its cores. Every round also measures the limits, so a figure can be read as a ratio. Arguments:
//! `--rows N` (20,000), `--seconds N` for each measurement (5), `--rounds N` (3), `--postgres URL` of an empty
//! database, `--only WORD` for questions that contain the word, `--write` to renew the table in `docs/performance.md`.
//! Exit code 1 when the cold start or the idle memory is beyond its gate.
#![allow(clippy::print_stdout, reason = "a program that reports")]

/// Callers on connections that stay open.
mod caller;
/// What the machine could do at most.
mod limits;
/// The table.
mod report;
/// Customers from a seed.
mod rows;
/// The engine's process.
mod subject;
/// The app, its people and records, and the questions.
mod workspace;

use std::process::ExitCode;
use std::time::Duration;

use caller::{Rate, Requests, ask};
use limits::{BARE, Bare, serve_bare, syncs};
use report::Report;
use subject::{Place, Subject, free_port};
use workspace::{Workspace, plain};

/// The longest cold start, in seconds.
const COLD_START: f64 = 0.3;
/// The most memory an idle engine may hold, in MiB.
const IDLE_MEMORY: f64 = 80.0;
/// How many cold starts are measured.
const STARTS: usize = 5;
/// How long the engine is left alone before its memory is read.
const REST: Duration = Duration::from_secs(3);
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
    let (report, within) = measure(&settings).await;
    println!("{}", report.table());
    if settings.write {
        report.write();
    }
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The arguments.
struct Settings {
    rows: u64,
    time: Duration,
    rounds: usize,
    postgres: Option<String>,
    only: String,
    write: bool,
    bare: Option<u16>,
}

impl Settings {
    fn of(mut given: impl Iterator<Item = String>) -> Self {
        let time = Duration::from_secs(5);
        let (only, postgres, bare) = (String::new(), None, None);
        let mut settings = Self { rows: 20_000, time, rounds: 3, postgres, only, write: false, bare };
        while let Some(name) = given.next() {
            let mut text = || given.next().unwrap_or_else(|| panic!("{name} wants a value"));
            match name.as_str() {
                "--rows" => settings.rows = number(&text()),
                "--seconds" => settings.time = Duration::from_secs(number(&text())),
                "--rounds" => settings.rounds = number(&text()) as usize,
                "--postgres" => settings.postgres = Some(text()),
                "--only" => settings.only = text(),
                "--write" => settings.write = true,
                BARE => settings.bare = u16::try_from(number(&text())).ok(),
                // What cargo adds of its own.
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        settings
    }
}

fn number(text: &str) -> u64 {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

async fn measure(settings: &Settings) -> (Report, bool) {
    let place = Place::new(settings.postgres.clone());
    let subject = Subject::start(&place).await;
    let workspace = Workspace::fill(&place.address(), settings.rows).await;
    let (lines, limits) = rounds(settings, &place, &workspace).await;
    tokio::time::sleep(REST).await;
    let after = subject.memory();
    subject.stop();
    let (start, idle) = cold(&place).await;
    let rows = settings.rows;
    let loading = rows as f64 / workspace.loaded_in.as_secs_f64();
    let database = if settings.postgres.is_some() { "PostgreSQL" } else { "SQLite, synchronous=FULL" };
    let figures = vec![
        ("cold start until `/readyz`, s", format!("{start:.3}"), "≤ 0.3"),
        ("memory after a start, MiB", format!("{idle:.1}"), "≤ 80"),
        ("memory after the run, MiB", format!("{after:.1}"), ""),
        ("loading through `/batch`, rows a second", format!("{loading:.0}"), ""),
    ];
    let (times, seconds) = (settings.rounds, settings.time.as_secs());
    let workspace = format!("{database} · {rows} customers · {times} rounds of {seconds} s");
    let report = Report { workspace, lines, limits, figures };
    (report, start <= COLD_START && idle <= IDLE_MEMORY)
}

type Lines = Vec<(String, Rate, &'static str, f64)>;

/// Every question and every limit, in turn, as often as there are rounds.
async fn rounds(
    settings: &Settings,
    place: &Place,
    workspace: &Workspace,
) -> (Lines, Vec<(&'static str, f64)>) {
    let questions: Vec<(&str, Requests, &str)> = vec![
        ("create, 13 fields", workspace.creates(), SYNC),
        ("get by id", workspace.gets(), ONE),
        ("list of 50, filtered and sorted", workspace.lists("none"), MANY),
        ("list of 50 with an exact count", workspace.lists("exact"), MANY),
        ("update of one field", workspace.updates(), SYNC),
    ];
    let questions: Vec<_> =
        questions.into_iter().filter(|(name, ..)| name.contains(&settings.only)).collect();
    let mut rates: Vec<Vec<Rate>> = vec![Vec::new(); questions.len()];
    let mut most: [Vec<f64>; 3] = Default::default();
    for _ in 0..settings.rounds {
        for ((_, requests, _), rates) in questions.iter().zip(&mut rates) {
            rates.push(ask(workspace.address(), requests, settings.time).await);
        }
        most[0].push(syncs(place.folder.path(), settings.time.min(Duration::from_secs(2))));
        for (path, most) in ["/one", "/page"].into_iter().zip(&mut most[1..]) {
            most.push(bare(path, settings.time).await);
        }
    }
    let limits: Vec<_> = [SYNC, ONE, MANY].into_iter().zip(most.map(|mut all| median(&mut all))).collect();
    let limit =
        |name: &str| limits.iter().find(|(known, _)| *known == name).map_or(f64::NAN, |(_, most)| *most);
    let line = |((name, _, against), rates): ((&str, Requests, &'static str), Vec<Rate>)| {
        (name.to_owned(), middle(&rates), against, limit(against))
    };
    let lines = questions.into_iter().zip(rates).map(line).collect();
    (lines, limits)
}

/// Answers a second of axum without an engine.
async fn bare(path: &str, time: Duration) -> f64 {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let server = Bare::start(port);
    while caller::Connection::open(&address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = ask(&address, &plain(&address, path), time).await;
    drop(server);
    rate.each_second
}

/// Seconds until ready, the median of several starts on a database that is there; memory at rest after the last.
async fn cold(place: &Place) -> (f64, f64) {
    let mut starts = Vec::new();
    let mut memory = 0.0;
    for nth in 1..=STARTS {
        let subject = Subject::start(place).await;
        starts.push(subject.ready_after.as_secs_f64());
        if nth == STARTS {
            tokio::time::sleep(REST).await;
            memory = subject.memory();
        }
        subject.stop();
    }
    (median(&mut starts), memory)
}

fn middle(rates: &[Rate]) -> Rate {
    let of = |part: fn(&Rate) -> f64| median(&mut rates.iter().map(part).collect::<Vec<_>>());
    Rate { each_second: of(|rate| rate.each_second), p50: of(|rate| rate.p50), p99: of(|rate| rate.p99) }
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
