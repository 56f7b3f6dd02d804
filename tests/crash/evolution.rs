//! `SIGKILL` while a release is being published that turns or fills every record: it goes on by itself, the release is
//! either the old or the new one, and everything beside the records agrees with them.
//!
//! `KEZHI_TEST_EVOLUTION_KILLS` says how often, of each sort, on SQLite (5 when absent, 100 in `make soak`), a quarter of it
//! on PostgreSQL.

use std::time::Duration;

use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer, wait};
use rand::Rng;
use serde_json::{Value, json};

use crate::http::evolution::customers;

/// Records; more than are turned while a request waits.
const RECORDS: usize = 20_500;
/// Cuts in one publication, at most.
const CUTS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_are_turned_survive_power_cuts_on_sqlite() {
    survive(Backend::Sqlite, kills(), turn).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_are_turned_survive_power_cuts_on_postgres() {
    survive(Backend::Postgres, kills().div_ceil(4), turn).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_are_filled_survive_power_cuts_on_sqlite() {
    survive(Backend::Sqlite, kills(), promote).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_are_filled_survive_power_cuts_on_postgres() {
    survive(Backend::Postgres, kills().div_ceil(4), promote).await;
}

fn kills() -> usize {
    std::env::var("KEZHI_TEST_EVOLUTION_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// Turns a text into a number, and in the next round back.
fn turn(entity: &mut Value, round: usize) {
    let kind = if round % 2 == 1 { "integer" } else { "text" };
    entity["properties"]["contract_no"] = json!({ "title": "合同号", "x-kind": kind, "x-index": true });
}

/// Wants columns and words of fields that had none, another in each round.
fn promote(entity: &mut Value, round: usize) {
    for (at, field) in ["website", "contract_no", "cost"].into_iter().enumerate() {
        let wanted = at == round % 3;
        let field = entity["properties"][field].as_object_mut().expect("a field");
        field.insert("x-index".into(), json!(wanted));
        if field["x-kind"] != "money" {
            field.insert("x-search".into(), json!(wanted));
        }
    }
}

async fn survive(backend: Backend, kills: usize, change: fn(&mut Value, usize)) {
    let mut place: Place = image::of(backend).await.copy();
    let server = TestServer::on(place).await;
    customers(&sign_in(&server).await, RECORDS).await;
    (_, place) = server.stop().await;
    let (mut left, mut round) = (kills, 0);
    while left > 0 {
        round += 1;
        let mut server = TestServer::on(place).await;
        let admin = sign_in(&server).await;
        let before = admin.get("/api/app").await.expect(200)["release"].clone();
        let mut entity = admin.get("/api/draft/entities/customer").await.expect(200);
        change(&mut entity, round);
        admin.put("/api/draft/entities/customer", entity.to_string()).await.expect(200);
        let answer = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
        let job = answer.expect(202)["job"].clone();
        for _ in 0..left.min(CUTS) {
            tokio::time::sleep(Duration::from_millis(rand::rng().random_range(1..900))).await;
            place = server.kill().await;
            left -= 1;
            server = TestServer::on(place).await;
            whole(&sign_in(&server).await, &entity, &before).await;
        }
        let admin = sign_in(&server).await;
        let job = wait::job(&admin, &job).await;
        assert_eq!(job["state"], "done", "{job:#}");
        assert_eq!(job["result"]["number"], json!(before.as_i64().unwrap_or(0) + 1));
        whole(&admin, &entity, &before).await;
        let all = admin.get("/api/entities/customer/records?count=exact&limit=1").await.expect(200);
        assert_eq!(all["count"]["value"], json!(RECORDS), "round {round}");
        let proved = admin.post("/api/verify", &json!({})).await.expect(200);
        assert_eq!(proved["differences"], 0, "round {round}: {proved:#}");
        (_, place) = server.stop().await;
    }
}

async fn sign_in(server: &TestServer) -> Client {
    server.unknown().sign_in("admin", PASSWORD).await
}

/// Records are as the live release wants them, whichever of the two it is: every one of a page, and those that are found.
async fn whole(admin: &Client, next: &Value, before: &Value) {
    let page = admin.get("/api/entities/customer/records?limit=200&sort=created_at").await.expect(200);
    // Another release may have become live while the page was read; then it is read once more.
    let release = admin.get("/api/app").await.expect(200)["release"].clone();
    if release == *before {
        return;
    }
    let page = if page["items"].is_array() {
        admin.get("/api/entities/customer/records?limit=200&sort=created_at").await.expect(200)
    } else {
        page
    };
    let integers = next["properties"]["contract_no"]["x-kind"] == "integer";
    for record in page["items"].as_array().into_iter().flatten() {
        assert_eq!(record["contract_no"].is_i64(), integers, "{record:#}");
    }
}
