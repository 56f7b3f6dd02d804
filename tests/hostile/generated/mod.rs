//! Requests that nobody thought of: whatever comes, no route fails, and none answers what the OpenAPI document does not say.

mod make;

use std::time::Duration;

use kezhi_tests::{Answer, Backend, Client, TestServer, on_both};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use self::make::Maker;

on_both!(nothing_is_answered_that_is_not_documented);

/// Requests of one run, where `KEZHI_TEST_DEPTH` does not ask for more of them.
const REQUESTS: usize = 500;
/// The longest that one request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What ends sessions, moves time or takes the app away comes last: `(operation, requests)`.
const LAST: [(&str, usize); 8] = [
    ("post /api/templates/{key}/install", 3),
    ("post /api/releases/{number}/restore", 3),
    ("delete /api/sample", 1),
    ("patch /api/users/{id}", 5),
    ("patch /api/me", 5),
    ("post /api/clock", 3),
    ("post /api/session", 3),
    ("delete /api/session", 1),
];

/// One operation of the document.
struct Operation {
    method: String,
    path: String,
    said: Value,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("there are paths");
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(|(method, said)| Operation {
            method: method.clone(),
            path: path.clone(),
            said: said.clone(),
        })
    });
    each.collect()
}

/// What is wrong with an answer.
fn wrong(operation: &Operation, answer: &Answer) -> Option<String> {
    let said = &operation.said["responses"][answer.status.to_string()];
    if answer.status >= 500 || said.is_null() {
        return Some(format!("{} is not documented", answer.status));
    }
    if answer.header("x-content-type-options") != Some("nosniff")
        || answer.header("content-security-policy").is_none()
    {
        return Some("headers are missing".to_owned());
    }
    let has_code = answer.body["code"].as_str().is_some_and(|code| code.contains('.'));
    let kind = answer.header("content-type").unwrap_or_default();
    // What became of the operations of a batch is told as it would be had they been carried out.
    let is_told = kind == "application/problem+json" || answer.body["results"].is_array();
    let refused = answer.status >= 400 && operation.path.starts_with("/api/");
    (refused && !(has_code && is_told)).then(|| format!("a refusal is no problem: {kind}"))
}

/// Something of everything, so that requests find something.
async fn furnish(admin: &Client) -> Vec<String> {
    let mut ids = Vec::new();
    for name in ["甲", "乙", "丙"] {
        let record = admin.create("customer", &json!({ "name": name })).await;
        ids.push(record["id"].as_str().unwrap_or_default().to_owned());
    }
    for list in ["/api/users", "/api/runs", "/api/tasks", "/api/departments"] {
        let items = admin.get(list).await.expect(200)["items"].as_array().cloned().unwrap_or_default();
        ids.extend(items.iter().take(3).filter_map(|item| item["id"].as_str().map(str::to_owned)));
    }
    ids
}

async fn nothing_is_answered_that_is_not_documented(backend: Backend) {
    let given = std::env::var("KEZHI_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = given.unwrap_or_else(rand::random);
    let depth: usize = std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    eprintln!("KEZHI_TEST_SEED={seed}");
    let server = TestServer::start(backend).await;
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let document = admin.get("/api/openapi.json").await.expect(200);
    let ids = furnish(&admin).await;
    let mut order = StdRng::seed_from_u64(seed);
    let mut maker = Maker::new(StdRng::seed_from_u64(order.random()), document.clone(), ids);
    let (last, usual): (Vec<Operation>, Vec<Operation>) =
        operations(&document).into_iter().partition(|one| LAST.iter().any(|(name, _)| *name == one.name()));
    assert_eq!(last.len(), LAST.len(), "what comes last is there");
    assert!(usual.len() > 70, "the document tells of every route: {}", usual.len());
    let first = REQUESTS * depth - LAST.iter().map(|(_, many)| many).sum::<usize>();
    let then = LAST.iter().flat_map(|(name, many)| std::iter::repeat_n(*name, *many));
    let mut found = Vec::new();
    let chosen = (0..first).map(|at| &usual[at % usual.len()]);
    let chosen = chosen.chain(then.filter_map(|name| last.iter().find(|one| one.name() == name)));
    for (at, operation) in chosen.enumerate() {
        let unknown = server.unknown();
        let client = match order.random_range(0..10) {
            0 => &unknown,
            1..3 => &mia,
            _ => &admin,
        };
        let made = maker.request(client, &operation.method, &operation.path, &operation.said);
        let answer = client.try_send(made.request.timeout(PATIENCE)).await;
        let breach = match &answer {
            Ok(answer) => wrong(operation, answer),
            Err(error) => Some(format!("no answer: {error}")),
        };
        if let Some(breach) = breach {
            found.push(format!("#{at} {breach}\n  {}\n  {answer:?}", made.shown));
        }
    }
    assert!(found.is_empty(), "seed {seed}, {} of {}:\n{}", found.len(), REQUESTS * depth, found.join("\n"));
    server.unknown().get("/healthz").await.expect(200);
}
