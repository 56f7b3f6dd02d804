//! The random cases asked of the databases: each record is stored, and its condition finds it or does not.

use kezhi_tests::{Backend, Client, TestServer, on_both, tree};
use serde_json::{Value, json};

on_both!(the_database_judges_the_random_cases_as_the_engine_does);

/// What people do not write, what names others, and what needs the moment of the case.
const APART: [&str; 21] = [
    "ref",
    "within",
    "changed",
    "parent",
    "peers",
    "origin",
    "sample",
    "manager",
    "owner",
    "team",
    "unit",
    "created_at",
    "code",
    "doubled",
    "total",
    "children",
    "value.",
    "\"field\":\"value\"",
    "place",
    "extra",
    "story",
];

fn cases() -> Vec<Value> {
    let file = tree::root().join(super::FILE);
    let text = std::fs::read_to_string(file).expect("the cases can be read");
    let all: Vec<Value> = serde_json::from_str(&text).expect("the cases are JSON");
    let is_here = |case: &Value| {
        let condition = case["condition"].to_string();
        !APART.iter().any(|apart| condition.contains(apart))
    };
    all.into_iter().filter(is_here).collect()
}

async fn publish(admin: &Client) {
    for (path, file) in
        [("entities/sample", "entity"), ("entities/child", "child"), ("grades/sample_value", "grade")]
    {
        let text = std::fs::read_to_string(tree::root().join(format!("tests/cases/{file}.json")));
        let saved = admin.put(&format!("/api/draft/{path}"), text.expect("a definition can be read")).await;
        assert!(saved.status < 300, "{path}: {saved:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
}

/// Whether what is stored is what the case says, so that the same thing is judged.
fn is_kept(sent: &Value, stored: &Value) -> bool {
    let mut fields = sent.as_object().expect("a record").iter();
    fields.all(|(key, value)| {
        if key == "lines" {
            // Rows get an id of their own.
            let rows = |value: &Value| value.as_array().map_or(0, Vec::len);
            return rows(value) == rows(&stored["lines"]);
        }
        stored[key.as_str()] == *value
    })
}

async fn the_database_judges_the_random_cases_as_the_engine_does(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    publish(&admin).await;
    let cases = cases();
    let operations: Vec<Value> =
        cases.iter().map(|case| json!({ "op": "create", "record": case["record"] })).collect();
    let mut made = Vec::new();
    for some in operations.chunks(500) {
        let body = json!({ "operations": some, "atomic": false });
        let done = admin.post("/api/entities/sample/batch", &body).await.expect(200);
        made.extend(done["results"].as_array().cloned().unwrap_or_default());
    }
    let mut asked = 0;
    for (case, made) in cases.iter().zip(&made) {
        // What is written is held to its kind, so not every record of the cases can be stored as it is.
        if made["status"] != 201 || !is_kept(&case["record"], &admin.record("sample", &made["id"]).await) {
            continue;
        }
        let this = json!({ "field": "id", "op": "eq", "value": made["id"] });
        let question =
            json!({ "where": { "all": [this, case["condition"]] }, "fields": ["id"], "count": "none" });
        let found = admin.post("/api/entities/sample/query", &question).await.expect(200);
        let found = found["items"].as_array().is_some_and(|items| items.len() == 1);
        assert_eq!(json!(found), case["expect"], "{case}");
        asked += 1;
    }
    assert!(asked > 200, "{asked} of {} cases could be asked", cases.len());
}
