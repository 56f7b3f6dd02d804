//! How fast writing and reading are. By hand: `cargo test -p kezhi-store --test store -- --ignored --nocapture speed`.

#![allow(clippy::print_stdout, reason = "prints what it measures")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kezhi_store::{Change, HistoryKind, HistoryRow};
use kezhi_types::{Entrance, Event, EventKind, Id, Record};
use serde_json::{Value, json};

use crate::sample::*;
use crate::support::{TestStore, postgres, sqlite};

const TIME: Duration = Duration::from_secs(3);

fn history(record: &Record) -> HistoryRow {
    let change =
        |(field, to): (&String, &Value)| Change { field: field.clone(), from: Value::Null, to: to.clone() };
    HistoryRow {
        entity: record.entity.clone(),
        record: record.id,
        version: 1,
        at: NOW,
        by: Id::SYSTEM,
        by_name: "li".into(),
        entrance: Entrance::Api,
        release: 1,
        depth: 0,
        kind: HistoryKind::Created,
        run: None,
        changes: record.data.iter().map(change).collect(),
    }
}

fn event(record: &Record) -> Event {
    Event {
        id: Id::new(NOW),
        kind: EventKind::RecordCreated,
        at: NOW,
        entity: record.entity.clone(),
        record: record.id,
        changed: record.data.keys().cloned().collect(),
        before: serde_json::Map::new(),
        after: record.data.clone(),
        by: Id::SYSTEM,
        entrance: Entrance::Api,
        release: 1,
        depth: 0,
        workflows: true,
    }
}

/// What the runtime does for one create: release, record, history, event.
async fn create(test: &TestStore, number: usize) -> Id {
    let record = customer_of(json!({"name": format!("客户{number}"), "phone": format!("13{number:09}"),
        "budget": "12.50", "level": "gold", "birthday": "1990-05-15"}));
    let mut tx = test.store.begin().await.expect("begin");
    tx.live_release_number().await.expect("release");
    tx.insert_record(&record, &full()).await.expect("insert");
    tx.append_history(&history(&record)).await.expect("history");
    tx.append_event(&event(&record)).await.expect("event");
    tx.commit().await.expect("commit");
    record.id
}

async fn measure(test: TestStore, what: &str) {
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("layout");
    let test = Arc::new(test);
    for callers in [1, 16] {
        let done = Arc::new(AtomicUsize::new(0));
        let (start, base) = (Instant::now(), callers * 10_000_000);
        let tasks = (0..callers).map(|_| {
            let (test, done) = (test.clone(), done.clone());
            tokio::spawn(async move {
                while start.elapsed() < TIME {
                    let number = done.fetch_add(1, Ordering::Relaxed);
                    create(&test, base + number).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("a caller ends");
        }
        println!(
            "{what}: create, {callers} callers: {:.0}/s",
            done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
        );
    }
    let id = create(&test, 1).await;
    let reader = test.store.reader();
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < TIME {
        reader.get_record("customer", id).await.expect("get");
        done += 1;
    }
    println!("{what}: get, 1 caller: {:.0}/s", f64::from(done) / start.elapsed().as_secs_f64());
    let mut list = query(None, vec![]);
    list.limit = 50;
    let start = Instant::now();
    let mut done = 0;
    while start.elapsed() < TIME {
        reader.list(&list).await.expect("list");
        done += 1;
    }
    println!(
        "{what}: list of 50 with capped count, 1 caller: {:.0}/s",
        f64::from(done) / start.elapsed().as_secs_f64()
    );
    let mut tx = test.store.begin().await.expect("begin");
    let start = Instant::now();
    for _ in 0..10_000 {
        tx.live_release_number().await.expect("read");
    }
    println!("{what}: one statement inside a transaction: {:.1} µs", start.elapsed().as_secs_f64() * 100.0);
}

/// The same small read by the store, on the thread that asks, and by the driver that asks a thread of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; by hand"]
async fn speed_of_a_statement() {
    use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
    const TIMES: u32 = 20_000;
    let test = sqlite().await;
    let reader = test.store.reader();
    let start = Instant::now();
    for _ in 0..TIMES {
        reader.live_release_number().await.expect("read");
    }
    println!("on the thread that asks: {:.1} µs", micros(start, TIMES));
    let path = test._folder.as_ref().expect("a folder").0.join("kezhi.db");
    let other = Database::connect(format!("sqlite://{}", path.display())).await.expect("connect");
    let start = Instant::now();
    for _ in 0..TIMES {
        let sql = Statement::from_string(DbBackend::Sqlite, "SELECT number FROM live_release");
        other.query_one_raw(sql).await.expect("read");
    }
    println!("on a thread of the driver: {:.1} µs", micros(start, TIMES));
}

fn micros(start: Instant, times: u32) -> f64 {
    start.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; by hand"]
async fn speed_of_sqlite() {
    measure(sqlite().await, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; by hand"]
async fn speed_of_postgres() {
    measure(postgres().await, "PostgreSQL, fsync off").await;
}

/// How long sealing and proving a million entries take, from some.
async fn measure_chain(test: TestStore, what: &str) {
    const ENTRIES: usize = 100_000;
    let record = customer_of(
        json!({"name": "客户", "phone": "13800001234", "budget": "12.50", "level": "gold",
        "birthday": "1990-05-15", "note": "常客，喜欢乌龙茶", "region": "310101", "score": 80, "active": true}),
    );
    let rows: Vec<HistoryRow> = (0..1_000).map(|_| history(&record)).collect();
    for _ in 0..ENTRIES / rows.len() {
        let mut tx = test.store.begin().await.expect("begin");
        tx.append_histories(&rows).await.expect("append");
        tx.commit().await.expect("commit");
    }
    let each = |start: Instant| start.elapsed().as_secs_f64() * 1e6 / ENTRIES as f64;
    let to = test.store.audit_horizon().await.expect("a horizon");
    let start = Instant::now();
    while test.store.seal_some(&to, NOW, [1; 32]).await.expect("seal") > 0 {}
    println!("{what}: a million entries sealed in {:.1} s", each(start));
    let reader = test.store.reader();
    let head = reader.audit_head().await.expect("read").expect("a head");
    let mut proof = kezhi_store::Proof::new(&head);
    let start = Instant::now();
    while reader.prove_block(&head, &mut proof).await.expect("prove") {}
    println!("{what}: a million entries proved in {:.1} s", each(start));
    assert_eq!((proof.entries as usize, proof.faults.len()), (ENTRIES, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; by hand"]
async fn speed_of_the_chain() {
    measure_chain(sqlite().await, "SQLite").await;
    measure_chain(postgres().await, "PostgreSQL, fsync off").await;
}
