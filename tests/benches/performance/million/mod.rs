//! The table of a million: the customers that every product of the comparison loads, with orders, a rollup, a grade and rights,
//! beside the bare database on the same rows and bare axum on the same bytes.

/// The audit's chain.
mod audit;
/// The bare database on the same rows.
mod bare;
/// Loading.
mod company;
/// Import and export.
mod files;
/// The rows and what they gain.
pub mod people;
/// What is asked.
mod questions;

use std::time::Duration;

use bare::{Bare, Names, Work};
use company::{BATCH, Company};

use crate::caller::{CALLERS, Rate, Requests, ask_by};
use crate::first::bare as axum;
use crate::report::{Line, Report};
use crate::subject::{Memory, Place, Subject};
use crate::{MANY, ONE, Settings, middle};

/// Customers with one of these are up to a tenth of all.
const CHINESE: [&str; 6] = ["王伟", "建国", "志文", "雪婷", "陈明", "晓东"];
const INITIALS: [&str; 6] = ["ww", "zjg", "lzw", "cm", "lx", "wxd"];

/// One question, how many ask it, what it is compared with, what is demanded.
struct Asked {
    name: &'static str,
    requests: Requests,
    callers: usize,
    /// Records in one answer, where records are counted.
    each: f64,
    limit: Option<&'static str>,
    gate: Option<Gate>,
}

type Gate = (&'static str, fn(&Rate, f64) -> bool);

/// Loads, asks, and tells whether the gates are kept.
pub async fn measure(settings: &Settings) -> (Report, bool) {
    let place = Place::new(settings.postgres.clone(), settings.folder.clone());
    let subject = Subject::start(&place).await;
    let company = Company::fill(&place.address(), settings.rows as usize).await;
    let bare = Bare::load(&place, settings.rows as usize).await;
    let memory = Memory::watch(&subject);
    let asked = questions(settings, &company, bare.names());
    let limits = limits(settings, &bare, &asked).await;
    let limit =
        |name: &str| limits.iter().find(|(known, _)| *known == name).map_or(f64::NAN, |(_, most)| *most);
    let (mut lines, mut within) = (Vec::new(), true);
    for asked in asked {
        let mut rates = Vec::new();
        for _ in 0..settings.rounds {
            let mut rate = ask_by(&place.address(), &asked.requests, asked.callers, settings.time).await;
            rate.each_second *= asked.each;
            rates.push(rate);
        }
        let rate = middle(&rates);
        let limit = asked.limit.map(|name| (name, limit(name)));
        let share = limit.map_or(f64::NAN, |(_, most)| rate.each_second / most);
        let gate = asked.gate.map(|(gate, kept)| (gate, kept(&rate, share)));
        within &= gate.is_none_or(|(_, kept)| kept);
        println!("{}: {:.0}/s, p50 {:.1} ms, p99 {:.1} ms", asked.name, rate.each_second, rate.p50, rate.p99);
        lines.push(Line { asked: asked.name.to_owned(), rate, limit, gate });
    }
    let under_load = memory.highest();
    let mut figures = loading(settings, &company);
    figures.push(("memory under load, the highest, MiB", format!("{under_load:.1}"), "≤ 250"));
    within &= under_load <= 250.0;
    if settings.only.is_empty() || settings.only == "audit" {
        within &= audit::measure(&company, &mut figures).await;
    }
    let subject = if settings.only.is_empty() {
        // What an export needs, without what the load before it left with the allocators.
        subject.stop();
        let fresh = Subject::start(&place).await;
        within &= files::measure(&place, &company, &fresh, &mut figures).await;
        fresh
    } else {
        subject
    };
    subject.stop();
    let (database, rows, times, seconds) =
        (bare.told(), settings.rows, settings.rounds, settings.time.as_secs());
    let workspace = format!(
        "{database} · {rows} customers, three orders each; the caller sees a tenth · {times} rounds of {seconds} s"
    );
    (Report { workspace, lines, limits, figures }, within)
}

/// The limits that these questions are compared with, in the order of the table.
async fn limits(settings: &Settings, bare: &Bare, asked: &[Asked]) -> Vec<(&'static str, f64)> {
    let time = settings.time.min(Duration::from_secs(3));
    let (names, whole) = (bare.names(), settings.only.is_empty());
    let wanted = |name: &str| whole || asked.iter().any(|asked| asked.limit == Some(name));
    let mut limits = Vec::new();
    if wanted(ONE) {
        limits.push((ONE, axum("/one", time).await));
    }
    if wanted(names.answered) {
        let (many, page) = (axum("/page", time).await, bare.rate(Work::Page, time).await);
        limits.extend([(MANY, many), (names.page, page)]);
        limits.push((names.answered, 1.0 / (1.0 / page + 1.0 / many)));
    }
    let groups = [
        (names.rows, Work::Insert(names.group)),
        (names.changes, Work::Update(names.group)),
        (names.batches, Work::Insert(BATCH)),
    ];
    for (name, work) in groups {
        if wanted(name) {
            limits.push((name, bare.rate(work, time).await));
        }
    }
    if whole {
        for (name, work) in names.other.iter().chain(&[(names.one, Work::One)]) {
            limits.push((name, bare.rate(*work, time).await));
        }
    }
    limits
}

fn questions(settings: &Settings, company: &Company, names: &Names) -> Vec<Asked> {
    let asked =
        |name, requests, limit, gate| Asked { name, requests, callers: CALLERS, each: 1.0, limit, gate };
    let alone = |name, requests, gate| Asked { name, requests, callers: 1, each: 1.0, limit: None, gate };
    let gets: Gate = if settings.postgres.is_some() {
        ("≥ 9,000/s", |rate, _| rate.each_second >= 9_000.0)
    } else {
        ("≥ 30,000/s", |rate, _| rate.each_second >= 30_000.0)
    };
    let soon: Gate = ("p99 ≤ 40 ms", |rate, _| rate.p99 <= 40.0);
    let forty: Gate = ("≥ 0.40", |_, share| share >= 0.4);
    let lists: Gate = ("p99 ≤ 20 ms, ≥ 0.50", |rate, share| rate.p99 <= 20.0 && share >= 0.5);
    let mut all = vec![
        asked("get by id", questions::get(company), Some(ONE), Some(gets)),
        asked("list of 50", questions::list(company, "none"), Some(names.answered), Some(lists)),
        asked("list of 50 with a capped count", questions::list(company, "capped"), None, Some(soon)),
        asked("search, two Chinese characters", questions::search(company, &CHINESE), None, Some(soon)),
        asked("search, initials", questions::search(company, &INITIALS), None, Some(soon)),
        asked("search, four digits", questions::search_digits(company), None, Some(soon)),
        alone(
            "count and sum by grade",
            questions::totals(company, "grade"),
            Some(("p50 ≤ 150 ms", |rate, _| rate.p50 <= 150.0)),
        ),
        alone(
            "count and sum by region",
            questions::totals(company, "region"),
            Some(("p50 ≤ 900 ms", |rate, _| rate.p50 <= 900.0)),
        ),
        asked("update of one field", questions::update(company), Some(names.changes), Some(forty)),
        asked("create", questions::create(company), Some(names.rows), Some(forty)),
        Asked {
            each: BATCH as f64,
            ..alone("batch of 1,000, records", questions::batch(company), Some(forty))
        },
    ];
    if let Some(batch) = all.last_mut() {
        batch.limit = Some(names.batches);
    }
    all.retain(|asked| asked.name.contains(&settings.only));
    all
}

fn loading(settings: &Settings, company: &Company) -> Vec<(&'static str, String, &'static str)> {
    let each_second = |rows: f64, time: Duration| format!("{:.0}", rows / time.as_secs_f64());
    let rows = settings.rows as f64;
    // A folder that was loaded before says nothing of loading.
    if company.customers_in.is_zero() {
        return Vec::new();
    }
    vec![
        ("loading customers by one caller, records a second", each_second(rows, company.customers_in), ""),
        (
            "loading orders by two callers, each order moving a rollup and a grade, records a second",
            each_second(rows * people::ORDERS as f64, company.orders_in),
            "",
        ),
    ]
}
