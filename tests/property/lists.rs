//! Lists on SQLite and PostgreSQL: the same records, the same questions, the same answers.
//!
//! `KEZHI_TEST_DEPTH` multiplies the number of questions (1 when absent).

use kezhi_tests::{Backend, Client, TestServer};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Names with what tends to go wrong: case, width, 中文, pinyin ties, combining marks, wildcards.
const NAMES: [&str; 14] =
    ["a", "A", "b", "B%", "_b", "安", "按", "張三", "张三", "ａ", "é", "e\u{301}", "10", "9"];

fn depth() -> usize {
    std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn record(random: &mut StdRng, number: usize) -> Value {
    let mut record =
        json!({ "name": NAMES.choose(random).expect("there are names"), "notes": number.to_string() });
    if random.random_bool(0.7) {
        record["staff"] = json!(random.random_range(0..6));
    }
    if random.random_bool(0.7) {
        record["budget"] = json!(format!("{}.{:02}", random.random_range(0..3), random.random_range(0..100)));
    }
    if random.random_bool(0.6) {
        record["industry"] = json!(["retail", "food", "cosmetics"].choose(random).expect("there are three"));
    }
    if random.random_bool(0.5) {
        record["tags"] = json!(["x", "y", "z"].choose_multiple(random, 2).collect::<Vec<_>>());
    }
    if random.random_bool(0.5) {
        record["since"] =
            json!(format!("2026-0{}-1{}", random.random_range(1..9), random.random_range(0..9)));
    }
    record
}

fn one<'a>(random: &mut StdRng, of: &[&'a str]) -> &'a str {
    of.choose(random).expect("there is something to choose from")
}

fn leaf(random: &mut StdRng) -> Value {
    let scalar = one(random, &["eq", "ne", "gt", "gte", "lt", "lte"]);
    let name = one(random, &NAMES);
    match random.random_range(0..8) {
        0 => json!({ "field": "staff", "op": scalar, "value": random.random_range(0..6) }),
        1 => json!({ "field": "budget", "op": scalar, "value": format!("{}.5", random.random_range(0..3)) }),
        2 => json!({ "field": "industry", "op": "in", "value": ["food", "cosmetics"] }),
        3 => {
            json!({ "field": "name", "op": one(random, &["contains", "not_contains", "starts_with"]), "value": name })
        }
        4 => json!({ "field": "tags", "op": one(random, &["has_any", "has_all"]), "value": ["x", "y"] }),
        5 => json!({ "field": "since", "op": scalar, "value": "2026-05-15" }),
        6 => {
            let field = one(random, &["staff", "industry", "tags"]);
            json!({ "field": field, "op": one(random, &["empty", "not_empty"]) })
        }
        _ => json!({ "field": "name", "op": one(random, &["eq", "ne"]), "value": name }),
    }
}

fn condition(random: &mut StdRng, levels: usize) -> Value {
    if levels == 0 || random.random_bool(0.4) {
        return leaf(random);
    }
    let parts = [condition(random, levels - 1), condition(random, levels - 1)];
    match random.random_range(0..3) {
        0 => json!({ "all": parts }),
        1 => json!({ "any": parts }),
        _ => json!({ "not": parts[0] }),
    }
}

async fn filled(backend: Backend, records: &[Value]) -> (TestServer, Client) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let operations: Vec<Value> =
        records.iter().map(|record| json!({ "op": "create", "record": record })).collect();
    ann.post("/api/entities/customer/batch", &json!({ "operations": operations })).await.expect(200);
    (server, ann)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_answer_the_same() {
    let seed = std::env::var("KEZHI_TEST_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| rand::rng().random());
    eprintln!("KEZHI_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let records: Vec<Value> = (0..120).map(|number| record(&mut random, number)).collect();
    let (_one, sqlite) = filled(Backend::Sqlite, &records).await;
    let (_two, postgres) = filled(Backend::Postgres, &records).await;
    for _ in 0..60 * depth() {
        let keys = ["name", "-name", "staff", "-staff", "budget", "-industry", "since", "-since"];
        let sort: Vec<&str> = keys.choose_multiple(&mut random, 2).copied().chain(["notes"]).collect();
        let question =
            json!({ "where": condition(&mut random, 2), "sort": sort, "limit": 500, "count": "exact" });
        let mut answers = Vec::new();
        for client in [&sqlite, &postgres] {
            let answer = client.post("/api/entities/customer/query", &question).await;
            let found =
                answer.body["items"].as_array().into_iter().flatten().map(|item| item["notes"].clone());
            answers.push((answer.status, found.collect::<Vec<_>>(), answer.body["count"]["value"].clone()));
        }
        assert_eq!(answers[0], answers[1], "KEZHI_TEST_SEED={seed}: {question}");
    }
}
