//! The first table: a small app on 20,000 customers; create, get, list and update, a cold start and an idle engine's memory.

use std::time::Duration;

use crate::caller::{self, Rate, Requests, ask};
use crate::limits::{Bare, syncs};
use crate::report::{Line, Report};
use crate::subject::{Place, Subject, free_port};
use crate::workspace::{Workspace, plain};
use crate::{MANY, ONE, SYNC, Settings, median, middle};

/// The longest cold start, in seconds.
const COLD_START: f64 = 0.3;
/// The most memory an idle engine may hold, in MiB.
const IDLE_MEMORY: f64 = 80.0;
/// How many cold starts are measured.
const STARTS: usize = 5;
/// How long the engine is left alone before its memory is read.
const REST: Duration = Duration::from_secs(3);

/// Loads, asks, and tells whether the gates are kept.
pub async fn measure(settings: &Settings) -> (Report, bool) {
    let place = Place::new(settings.postgres.clone(), settings.folder.clone());
    let subject = Subject::start(&place).await;
    let workspace = Workspace::fill(&place.address(), settings.rows).await;
    let (mut lines, limits) = rounds(settings, &place, &workspace).await;
    let (by_rights, kept) = crate::rights::measure(settings, &workspace).await;
    lines.extend(by_rights);
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
    (report, start <= COLD_START && idle <= IDLE_MEMORY && kept)
}

/// Every question and every limit, in turn, as often as there are rounds.
async fn rounds(
    settings: &Settings,
    place: &Place,
    workspace: &Workspace,
) -> (Vec<Line>, Vec<(&'static str, f64)>) {
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
        most[0].push(syncs(&place.folder, settings.time.min(Duration::from_secs(2))));
        for (path, most) in ["/one", "/page"].into_iter().zip(&mut most[1..]) {
            most.push(bare(path, settings.time).await);
        }
    }
    let limits: Vec<_> = [SYNC, ONE, MANY].into_iter().zip(most.map(|mut all| median(&mut all))).collect();
    let limit =
        |name: &str| limits.iter().find(|(known, _)| *known == name).map_or(f64::NAN, |(_, most)| *most);
    let line = |((name, _, against), rates): ((&str, Requests, &'static str), Vec<Rate>)| {
        let limit = Some((against, limit(against)));
        Line { asked: name.to_owned(), rate: middle(&rates), limit, gate: None }
    };
    let lines = questions.into_iter().zip(rates).map(line).collect();
    (lines, limits)
}

/// Answers a second of axum without an engine.
pub async fn bare(path: &str, time: Duration) -> f64 {
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
