//! Random merges and undos: whatever happens, nothing that pointed at a customer is lost, and everything that is kept beside the
//! records agrees with them: rollups, columns, words, links, keys.
//!
//! `KEZHI_TEST_DEPTH` multiplies the number of steps (1 when absent).

use std::collections::BTreeMap;

use kezhi_tests::{Backend, Client, TestServer};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// Customers and their orders.
const CUSTOMERS: usize = 10;
const ORDERS: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_merges_and_undos_lose_nothing_on_sqlite() {
    hold(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_merges_and_undos_lose_nothing_on_postgres() {
    hold(Backend::Postgres).await;
}

async fn hold(backend: Backend) {
    let depth: usize = std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let seed: u64 = rand::rng().random();
    let mut random = StdRng::seed_from_u64(seed);
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let mut customers = people(&admin, &mut random).await;
    let mut done: Vec<Value> = Vec::new();
    for step in 0..30 * depth {
        if random.random_bool(0.6) && customers.len() > 2 {
            let some: Vec<Value> = customers.choose_multiple(&mut random, 2).cloned().collect();
            let from = json!([some[1]]);
            let choose =
                if random.random_bool(0.5) { json!({ "name": some[1], "tags": some[0] }) } else { json!({}) };
            let path =
                format!("/api/entities/customer/records/{}/merge", some[0].as_str().unwrap_or_default());
            let merged = admin.post(&path, &json!({ "from": from, "choose": choose })).await;
            assert_eq!(merged.status, 200, "seed {seed}, step {step}: {merged:?}");
            customers.retain(|id| *id != some[1]);
            done.push(merged.body["merge"].clone());
        } else if let Some(merge) = done.choose(&mut random).cloned() {
            let path = format!("/api/merges/{}/undo", merge.as_str().unwrap_or_default());
            let undone = admin.post(&path, &json!({})).await;
            assert!(matches!(undone.status, 200 | 404 | 409), "seed {seed}, step {step}: {undone:?}");
            if undone.status == 200 {
                customers.extend(undone.body["records"].as_array().cloned().unwrap_or_default());
                done.retain(|other| *other != merge);
            }
        }
        conserved(&admin, &customers, (seed, step)).await;
    }
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(proved["differences"], 0, "seed {seed}: {proved:#}");
}

async fn people(admin: &Client, random: &mut StdRng) -> Vec<Value> {
    let mut made: Vec<Value> = Vec::new();
    for at in 0..CUSTOMERS {
        let mut customer = json!({ "name": format!("n{at}"), "tags": [format!("t{}", at % 3)] });
        if random.random_bool(0.7) {
            customer["phone"] = json!(format!("1380000{at:04}"));
        }
        if let Some(friend) = made.choose(random).filter(|_| at % 2 == 1) {
            customer["referrer"] = friend.clone();
        }
        made.push(admin.create("customer", &customer).await["id"].clone());
    }
    let order = |random: &mut StdRng| {
        json!({ "op": "create", "record": { "customer": made.choose(random), "status": "paid",
            "lines": [{ "product": "tea", "quantity": random.random_range(1..5), "price": "1.10" }] } })
    };
    let orders: Vec<Value> = (0..ORDERS).map(|_| order(random)).collect();
    let batch = json!({ "operations": orders, "workflows": false });
    admin.post("/api/entities/order/batch", &batch).await.expect(200);
    made
}

/// Exactly these customers live, every order is one of theirs, and each has spent what its orders say.
async fn conserved(admin: &Client, customers: &[Value], at: (u64, usize)) {
    let listed = admin.get("/api/entities/customer/records?limit=500").await.expect(200);
    let living: BTreeMap<String, Value> = listed["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| (item["id"].as_str().unwrap_or_default().to_owned(), item["spent"].clone()))
        .collect();
    assert_eq!(living.len(), customers.len(), "{at:?}");
    assert!(customers.iter().all(|id| living.contains_key(id.as_str().unwrap_or_default())), "{at:?}");
    let asked = json!({ "group_by": ["customer"], "measures": [{ "count": "*" }, { "sum": "amount", "as": "spent" }], "limit": 500 });
    let sums = admin.post("/api/entities/order/aggregate", &asked).await.expect(200);
    let mut orders = 0;
    for group in sums["items"].as_array().into_iter().flatten() {
        let owner = group["customer"].as_str().unwrap_or_default();
        assert_eq!(living.get(owner), Some(&group["spent"]), "{at:?}: {owner}");
        orders += group["count"].as_u64().unwrap_or_default() as usize;
    }
    assert_eq!(orders, ORDERS, "{at:?}");
}
