//! Whatever a workspace holds: converted and restored, every document is what it was.
//!
//! `KEZHI_TEST_DEPTH` multiplies the number of workspaces (1 when absent).

use kezhi_tests::{Backend, Client, TestServer};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Texts, of which some are values of other kinds as well.
const TEXTS: [&str; 14] = [
    "12",
    "-3",
    "1,234.50",
    "¥8",
    "是",
    "no",
    "零售",
    "food",
    "2026-03-01",
    "2026-03-01 08:30",
    "张三",
    "a、b",
    "<b>",
    " x ",
];
/// Fields and the kinds that they may become.
const FIELDS: [(&str, &[&str]); 6] = [
    ("contract_no", &["integer", "money", "boolean", "date", "long_text", "choice", "phone"]),
    ("notes", &["text", "rich_text", "datetime", "decimal"]),
    ("staff", &["text", "money", "boolean", "rating"]),
    ("budget", &["text", "integer", "decimal"]),
    ("tags", &["choice", "text", "choices"]),
    ("since", &["datetime", "text", "lunar_date"]),
];

fn depth() -> usize {
    std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_converted_comes_back_as_it_was_on_sqlite() {
    come_back(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_converted_comes_back_as_it_was_on_postgres() {
    come_back(Backend::Postgres).await;
}

async fn come_back(backend: Backend) {
    for seed in 0..3 * depth() as u64 {
        let mut random = StdRng::seed_from_u64(seed);
        let server = TestServer::start(backend).await;
        let admin = server.sign_in("admin").await;
        let first = admin.get("/api/app").await.expect(200)["release"].clone();
        let operations: Vec<Value> =
            (0..60).map(|number| json!({ "op": "create", "record": record(&mut random, number) })).collect();
        let body = json!({ "operations": operations, "workflows": false });
        admin.post("/api/entities/customer/batch", &body).await.expect(200);
        let before = documents(&admin).await;
        // One to three releases, each of which changes some fields.
        for _ in 0..random.random_range(1..4) {
            change(&admin, &mut random).await;
            let proved = admin.post("/api/verify", &json!({})).await.expect(200);
            assert_eq!(proved["differences"], 0, "seed {seed}: {proved:#}");
        }
        admin.post(&format!("/api/releases/{first}/restore"), &json!({})).await.expect(201);
        assert_eq!(documents(&admin).await, before, "seed {seed}");
    }
}

fn record(random: &mut StdRng, number: usize) -> Value {
    let text = |random: &mut StdRng| *TEXTS.choose(random).expect("there are texts");
    let mut record = json!({ "name": format!("n{number}") });
    if random.random_bool(0.8) {
        record["contract_no"] = json!(text(random));
    }
    if random.random_bool(0.8) {
        record["notes"] = json!(text(random));
    }
    if random.random_bool(0.8) {
        record["staff"] = json!(random.random_range(0..9));
    }
    if random.random_bool(0.8) {
        record["budget"] =
            json!(format!("{}.{:02}", random.random_range(0..9), random.random_range(0..2) * 50));
    }
    if random.random_bool(0.8) {
        let count = random.random_range(1..3);
        record["tags"] = json!(["x", "y", "z"].choose_multiple(random, count).collect::<Vec<_>>());
    }
    if random.random_bool(0.3) {
        record["since"] = json!(null);
    }
    record
}

async fn change(admin: &Client, random: &mut StdRng) {
    let mut entity = admin.get("/api/draft/entities/customer").await.expect(200);
    for (key, kinds) in FIELDS {
        if random.random_bool(0.5) {
            continue;
        }
        let kind = kinds.choose(random).expect("there are kinds");
        let mut field = json!({ "title": key, "x-kind": kind });
        if matches!(*kind, "choice" | "choices") {
            field["enum"] = json!(["retail", "food", "x"]);
            field["x-labels"] = json!({ "retail": "零售" });
        }
        if random.random_bool(0.3) {
            field["x-index"] = json!(true);
        }
        entity["properties"][key] = field;
    }
    // Something always changes.
    entity["properties"]["website"]["title"] = json!(format!("网址 {}", random.random::<u32>()));
    let saved = admin.put("/api/draft/entities/customer", entity.to_string()).await.expect(200);
    assert_eq!(saved["diagnostics"], json!([]), "{entity:#}");
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let steps: Vec<&Value> =
        plan["destructive"].as_array().into_iter().flatten().map(|step| &step["id"]).collect();
    admin.post("/api/draft/publish", &json!({ "note": "", "confirm": steps })).await.expect(201);
}

/// Every record without its version, which counts on.
async fn documents(admin: &Client) -> Vec<Value> {
    let list = admin.get("/api/entities/customer/records?limit=500&sort=name").await.expect(200);
    let mut items = list["items"].as_array().cloned().unwrap_or_default();
    for item in &mut items {
        item.as_object_mut().expect("a record").shift_remove("version");
    }
    items
}
