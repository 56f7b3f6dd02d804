//! `SIGKILL` at a random instant, again and again: what was acknowledged is there, every event led to exactly one run,
//! no task stands twice.
//!
//! `KEZHI_TEST_KILLS` says how often on SQLite (20 when absent, 200 in `make soak`), a quarter of it on PostgreSQL;
//! `KEZHI_TEST_SEED` repeats a run.

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

use super::check::{Found, Told, breaches};

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

/// The two doors through which a customer comes in.
const DOORS: [&str; 2] = ["/api/entities/customer/records", "/api/forms/customer/submissions"];

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
            told.unheard.extend(heard.unheard);
        }
    }
    let server = TestServer::on(place).await;
    let repeated = told.unheard.len();
    repeat(&server.unknown().sign_in("ann", PASSWORD).await, &mut told).await;
    let admin = server.sign_in("admin").await;
    hold(&admin, &told).await;
    eprintln!(
        "{} created ({repeated} of them repeated), {} patched, {} tasks completed, all there",
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
        let door = DOORS[random.random_range(0..DOORS.len())];
        let Ok(made) = client.try_send(create(&client, door, &name)).await else {
            told.unheard.insert(name, door);
            break;
        };
        if made.status != 201 {
            assert!(matches!(made.status, 500 | 503), "{made:?}");
            told.unheard.insert(name, door);
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

/// A create under a key that is its name.
fn create(client: &Client, door: &str, name: &str) -> reqwest::RequestBuilder {
    let body = if door == DOORS[1] {
        json!({ "values": { "name": name, "phone": phone_of(name) } })
    } else {
        json!({ "name": name, "staff": 0 })
    };
    client.request(Method::POST, door).header("idempotency-key", name).json(&body)
}

/// A mobile number of a customer's own; they are unique.
fn phone_of(name: &str) -> String {
    let numbers: Vec<u32> = name
        .split(|letter: char| !letter.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let [round, caller, number] = numbers[..] else { panic!("{name} has three numbers") };
    format!("13{round:03}{caller:02}{number:04}")
}

/// Sends again what nobody heard an answer to, under the same key: whatever became of it, it is there once then.
async fn repeat(client: &Client, told: &mut Told) {
    for (name, door) in std::mem::take(&mut told.unheard) {
        let made = wait::until("a request of a dead process to be free", async || {
            let answer = client.try_send(create(client, door, &name)).await.expect("the server answers");
            (answer.body["code"] != "idempotency.in_flight").then_some(answer)
        });
        let made = made.await.expect(201);
        told.created.insert(name, made["id"].as_str().expect("a record has an id").to_owned());
    }
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
    let runs = wait::until("every event to lead to a run", async || {
        let runs = everything(admin, "/api/runs?workflow=first_call").await;
        (runs.len() >= customers.len()).then_some(runs)
    })
    .await;
    let mut rested = Vec::new();
    for run in runs {
        let id = run["id"].as_str().unwrap_or_default().to_owned();
        rested.push(
            wait::until("the run to come to rest", async || {
                let run = admin.get(&format!("/api/runs/{id}")).await.expect(200);
                let tasks = run["path"][0]["tasks"].as_array().map_or(0, Vec::len);
                (run["state"] != "running" || tasks > 0).then_some(run)
            })
            .await,
        );
    }
    let visits = everything(admin, "/api/entities/visit/records?count=none").await;
    let breaches = breaches(told, &Found { customers, runs: rested, visits });
    assert!(breaches.is_empty(), "{breaches:#?}");
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
