//! `SIGKILL` in the middle of a hand-over, again and again: it goes on by itself, everything moves once, and what the job
//! counts is what moved.
//!
//! `KEZHI_TEST_HANDOVER_KILLS` says how often on SQLite (4 when absent), a half of it on PostgreSQL.

use std::time::Duration;

use kezhi_tests::image;
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer, wait};
use rand::Rng;
use serde_json::{Value, json};

/// Records with a task each, and records without.
const WITH_TASKS: usize = 60;
const PLAIN: usize = 900;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_over_survives_power_cuts_on_sqlite() {
    survive(Backend::Sqlite, kills()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_over_survives_power_cuts_on_postgres() {
    survive(Backend::Postgres, kills().div_ceil(2)).await;
}

fn kills() -> usize {
    std::env::var("KEZHI_TEST_HANDOVER_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

async fn survive(backend: Backend, kills: usize) {
    let place: Place = image::of(backend).await.copy();
    let server = TestServer::on(place).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    fill(&ann).await;
    let (her, mia, noah) = (id(&admin, "ann").await, id(&admin, "mia").await, id(&admin, "noah").await);
    let path = format!("/api/users/{}/handover", her.as_str().expect("an id"));
    let job = admin.post(&path, &json!({ "to": ["mia", "noah"], "workflows": false })).await.expect(202);
    let mut server = server;
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(20..250))).await;
        let place = server.kill().await;
        server = TestServer::on(place).await;
    }
    let admin = server.sign_in("admin").await;
    let done = wait::job(&admin, &job).await;
    let all = WITH_TASKS * 2 + PLAIN;
    assert_eq!(
        (&done["state"], &done["done"], &done["errors"]),
        (&json!("done"), &json!(all), &json!(0)),
        "{done:#}"
    );
    assert_eq!(done["result"]["tasks"], WITH_TASKS, "{done:#}");
    assert_eq!(done["result"]["records"], json!({ "customer": WITH_TASKS, "visit": PLAIN }));
    let mut owned = 0;
    for (who, entity) in [(&mia, "customer"), (&noah, "customer"), (&mia, "visit"), (&noah, "visit")] {
        owned += count(&admin, entity, who).await;
    }
    assert_eq!(owned, i64::try_from(WITH_TASKS + PLAIN).expect("few"), "everything has one of the two");
    assert_eq!(count(&admin, "customer", &her).await + count(&admin, "visit", &her).await, 0);
    let mut tasks = 0;
    for login in ["mia", "noah"] {
        let list = server.sign_in(login).await.get("/api/tasks?box=todo").await.expect(200);
        tasks += list["count"]["value"].as_i64().unwrap_or(0);
    }
    assert_eq!(tasks, i64::try_from(WITH_TASKS).expect("few"));
    let moved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(moved["differences"], 0, "{moved:#}");
}

async fn fill(ann: &Client) {
    let batch = async |entity: &str, count: usize, record: &dyn Fn(usize) -> Value, workflows: bool| {
        let operations: Vec<Value> =
            (0..count).map(|at| json!({ "op": "create", "record": record(at) })).collect();
        let body = json!({ "operations": operations, "workflows": workflows });
        ann.post(&format!("/api/entities/{entity}/batch"), &body).await.expect(200);
    };
    batch("customer", WITH_TASKS, &|at| json!({ "name": format!("n{at}") }), true).await;
    batch("visit", PLAIN, &|at| json!({ "subject": format!("v{at}") }), false).await;
    wait::until("every task", async || {
        let list = ann.get("/api/tasks?box=todo").await.expect(200);
        (list["count"]["value"] == WITH_TASKS).then_some(())
    })
    .await;
}

async fn id(client: &Client, login: &str) -> Value {
    let list = client.get(&format!("/api/users?q={login}")).await.expect(200);
    list["items"][0]["id"].clone()
}

async fn count(client: &Client, entity: &str, owner: &Value) -> i64 {
    let body =
        json!({ "where": { "field": "owner", "op": "eq", "value": owner }, "count": "exact", "limit": 1 });
    let list = client.post(&format!("/api/entities/{entity}/query"), &body).await.expect(200);
    list["count"]["value"].as_i64().unwrap_or(-1)
}
