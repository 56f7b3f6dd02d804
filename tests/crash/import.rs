//! `SIGKILL` in the middle of an import, again and again: it goes on by itself, and in the end every right row is there
//! once, every wrong one is told once.
//!
//! `KEZHI_TEST_IMPORT_KILLS` says how often on SQLite (5 when absent, 100 in `make soak`), a quarter of it on PostgreSQL.

use std::collections::BTreeSet;
use std::time::Duration;

use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer, files, wait};
use rand::Rng;
use serde_json::json;

/// Rows of the file; one in a hundred is wrong, one in three changes what an earlier import brought.
const ROWS: usize = 6_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_survives_power_cuts_on_sqlite() {
    survive(Backend::Sqlite, kills()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_survives_power_cuts_on_postgres() {
    survive(Backend::Postgres, kills().div_ceil(4)).await;
}

fn kills() -> usize {
    std::env::var("KEZHI_TEST_IMPORT_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

fn file(round: usize) -> String {
    let mut file = String::from("名称,手机,人数\n");
    for at in 0..ROWS {
        let phone = 13_000_000_000 + if at % 3 == 0 { at } else { round * ROWS + at };
        let staff = if at % 100 == 99 { "许多".to_owned() } else { round.to_string() };
        file.push_str(&format!("r{round}n{at},{phone},{staff}\n"));
    }
    file
}

async fn survive(backend: Backend, kills: usize) {
    let mut place: Place = image::of(backend).await.copy();
    let mut left = kills;
    let mut round = 0;
    while left > 0 {
        round += 1;
        let options = json!({ "key": "phone", "workflows": false });
        let mut server = TestServer::on(place).await;
        let mia = sign_in(&server).await;
        let job = files::send(&mia, "customer", file(round), &options).await.expect(202);
        let path = format!("/api/jobs/{}", job["id"].as_str().unwrap_or_default());
        // Several cuts in one import, each at a random moment of it.
        for _ in 0..left.min(3) {
            tokio::time::sleep(Duration::from_millis(rand::rng().random_range(1..150))).await;
            place = server.kill().await;
            left -= 1;
            server = TestServer::on(place).await;
            let mia = sign_in(&server).await;
            let seen = mia.get(&path).await.expect(200);
            assert!(seen["done"].as_i64().unwrap_or(0) <= ROWS as i64, "{seen:#}");
        }
        let mia = sign_in(&server).await;
        let job = wait::job(&mia, &job).await;
        assert_eq!((&job["state"], &job["done"]), (&json!("done"), &json!(ROWS)), "{job:#}");
        assert_eq!(job["errors"], ROWS / 100, "every wrong row is told once: {}", job["result"]);
        hold(&mia, round).await;
        (_, place) = server.stop().await;
    }
}

async fn sign_in(server: &TestServer) -> Client {
    server.unknown().sign_in("mia", PASSWORD).await
}

/// Every right row of this round is there, once.
async fn hold(mia: &Client, round: usize) {
    let condition = json!({ "field": "staff", "op": "eq", "value": round }).to_string();
    let request = mia
        .request(reqwest::Method::GET, "/api/entities/customer/export")
        .query(&[("fields", "name,phone"), ("where", &condition)]);
    let text = request.send().await.expect("the server answers").text().await.expect("the whole file comes");
    let names: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    let once: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!((names.len(), once.len()), (ROWS - ROWS / 100, ROWS - ROWS / 100), "round {round}");
}

/// Two servers over one database: the one that has the file works it off, an undo is done by both, nothing twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_happens_once_whoever_looks_after_it() {
    let server = TestServer::start(Backend::Postgres).await;
    let other = server.beside().await;
    let mia = sign_in(&server).await;
    let elsewhere = sign_in(&other).await;
    let options = json!({ "key": "phone", "workflows": false });

    let job = files::send(&mia, "customer", file(1), &options).await.expect(202);
    let done = wait::job(&elsewhere, &job).await;
    assert_eq!((&done["state"], &done["done"]), (&json!("done"), &json!(ROWS)), "{done:#}");
    hold(&elsewhere, 1).await;
    let path = format!("/api/imports/{}/undo", job["id"].as_str().unwrap_or_default());
    let undo = elsewhere.post(&path, &json!({})).await.expect(202);
    let undone = wait::job(&mia, &undo).await;
    assert_eq!(
        (&undone["result"]["deleted"], &undone["errors"]),
        (&json!(ROWS - ROWS / 100), &json!(0)),
        "{undone:#}"
    );
    let left = mia.get("/api/entities/customer/records?count=exact&limit=1").await.expect(200);
    assert_eq!(left["count"]["value"], 0);
}
