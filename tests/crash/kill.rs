//! `SIGKILL` at a random instant, again and again: what was acknowledged is there, every event led to exactly one run,
//! no task stands twice.
//!
//! `KEZHI_TEST_KILLS` says how often on SQLite (20 when absent, 200 in `make soak`), a quarter of it on PostgreSQL;
//! `KEZHI_TEST_SEED` repeats a run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer, wait};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};

/// Callers at the same time.
const CALLERS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_on_sqlite() {
    survive(Backend::Sqlite, kills()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_happens_twice_on_postgres() {
    survive(Backend::Postgres, kills().div_ceil(4)).await;
}

fn kills() -> usize {
    std::env::var("KEZHI_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

fn seed() -> u64 {
    std::env::var("KEZHI_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| rand::rng().random())
}

/// What the callers were told: names of customers that were acknowledged, and notes that a patch acknowledged.
#[derive(Default)]
struct Told {
    created: BTreeMap<String, String>,
    patched: BTreeMap<String, i64>,
    tried: BTreeSet<String>,
    completed: BTreeSet<String>,
}

async fn survive(backend: Backend, kills: usize) {
    let seed = seed();
    eprintln!("crash test on {backend:?}: {kills} kills, KEZHI_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut place: Place = image::of(backend).await.copy();
    let mut told = Told::default();
    for round in 0..kills {
        let server = TestServer::on(place).await;
        let client = server.unknown().sign_in("ann", PASSWORD).await;
        let stop = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                tokio::spawn(work(client.clone(), (round, caller), Arc::clone(&stop), random.random()))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(random.random_range(5..400))).await;
        place = server.kill().await;
        stop.store(true, Ordering::Relaxed);
        for caller in callers {
            let heard = caller.await.expect("a caller does not fail");
            told.created.extend(heard.created);
            told.patched.extend(heard.patched);
            told.tried.extend(heard.tried);
            told.completed.extend(heard.completed);
        }
    }
    let server = TestServer::on(place).await;
    let admin = server.sign_in("admin").await;
    hold(&admin, &told).await;
    eprintln!(
        "{} created, {} patched, {} tasks completed, all there",
        told.created.len(),
        told.patched.len(),
        told.completed.len()
    );
}

/// Creates, changes and completes until the server is gone; notes only what it was told.
async fn work(client: Client, (round, caller): (usize, usize), stop: Arc<AtomicBool>, seed: u64) -> Told {
    let mut random = StdRng::seed_from_u64(seed);
    let mut told = Told::default();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("r{round}c{caller}n{number}");
        told.tried.insert(name.clone());
        let create = client
            .request(Method::POST, "/api/entities/customer/records")
            .header("idempotency-key", &name)
            .json(&json!({ "name": name, "staff": 0 }));
        let Ok(made) = client.try_send(create).await else { break };
        if made.status != 201 {
            assert!(matches!(made.status, 500 | 503), "{made:?}");
            continue;
        }
        let id = made.body["id"].as_str().expect("a record has an id").to_owned();
        told.created.insert(name, id.clone());
        let path = format!("/api/entities/customer/records/{id}");
        for staff in 1..=random.random_range(0..3_i64) {
            let patch = client.request(Method::PATCH, &path).json(&json!({ "staff": staff }));
            let Ok(answer) = client.try_send(patch).await else { return told };
            if answer.status == 200 {
                told.patched.insert(id.clone(), staff);
            }
        }
        if random.random_bool(0.3) && complete(&client, &mut told).await.is_none() {
            break;
        }
    }
    told
}

/// Completes whichever task is open; `None` when the server is gone.
async fn complete(client: &Client, told: &mut Told) -> Option<()> {
    let list = client.try_send(client.request(Method::GET, "/api/tasks?box=todo&limit=1")).await.ok()?;
    let Some(id) = list.body["items"][0]["id"].as_str().map(str::to_owned) else { return Some(()) };
    let deed = json!({ "outcome": "reached", "fields": { "notes": "好" } });
    let done = client
        .try_send(client.request(Method::POST, &format!("/api/tasks/{id}/complete")).json(&deed))
        .await
        .ok()?;
    if done.status == 200 {
        told.completed.insert(id);
    }
    Some(())
}

/// Everything that was acknowledged is there, once.
async fn hold(admin: &Client, told: &Told) {
    let customers = everything(admin, "/api/entities/customer/records?count=none&sort=name").await;
    let mut names = BTreeMap::new();
    for customer in &customers {
        let name = customer["name"].as_str().unwrap_or_default().to_owned();
        assert!(told.tried.contains(&name), "nobody created {name}");
        let id = customer["id"].as_str().unwrap_or_default().to_owned();
        assert!(names.insert(name.clone(), id).is_none(), "{name} is there twice");
    }
    for (name, id) in &told.created {
        assert_eq!(names.get(name), Some(id), "the acknowledged {name} is lost");
    }
    for customer in &customers {
        let id = customer["id"].as_str().unwrap_or_default();
        let staff = customer["staff"].as_i64().unwrap_or_default();
        assert!(
            told.patched.get(id).is_none_or(|patched| staff >= *patched),
            "an acknowledged change of {id} is lost"
        );
    }

    let expected: BTreeSet<String> = names.values().cloned().collect();
    let runs = wait::until("every event to lead to a run", async || {
        let runs = everything(admin, "/api/runs?workflow=first_call").await;
        (runs.len() >= expected.len()).then_some(runs)
    })
    .await;
    let mut started = BTreeMap::<String, usize>::new();
    for run in &runs {
        *started.entry(run["record"]["id"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    assert_eq!(
        started.keys().cloned().collect::<BTreeSet<_>>(),
        expected,
        "every customer has its run, and nothing else has"
    );
    assert!(started.values().all(|count| *count == 1), "a run stands twice");

    settled(admin, told).await;
}

/// Each run has its one task, each completed task its one visit.
async fn settled(admin: &Client, told: &Told) {
    let mut finished = BTreeSet::new();
    for run in everything(admin, "/api/runs?workflow=first_call").await {
        let id = run["id"].as_str().unwrap_or_default().to_owned();
        let run = wait::until("the run to come to rest", async || {
            let run = admin.get(&format!("/api/runs/{id}")).await.expect(200);
            let tasks = run["path"][0]["tasks"].as_array().map_or(0, Vec::len);
            let rests = run["state"] != "running" || tasks > 0;
            rests.then_some(run)
        })
        .await;
        let tasks: Vec<&Value> = run["path"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|step| step["tasks"].as_array())
            .flatten()
            .collect();
        assert_eq!(tasks.len(), 1, "one task and not two: {run:#}");
        if tasks[0]["state"] == "completed" {
            finished.insert(tasks[0]["id"].as_str().unwrap_or_default().to_owned());
        }
    }
    assert!(told.completed.is_subset(&finished), "an acknowledged decision is lost");
    let visits = everything(admin, "/api/entities/visit/records?count=none").await;
    let visited: BTreeSet<&str> = visits.iter().filter_map(|visit| visit["customer"].as_str()).collect();
    assert_eq!(
        (visits.len(), visited.len()),
        (finished.len(), finished.len()),
        "a decision has its one effect"
    );
}

/// Every item of a list, page by page.
async fn everything(client: &Client, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let place = if path.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{path}{place}limit=500{after}")).await.expect(200);
        found.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return found,
        }
    }
}
