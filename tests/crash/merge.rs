//! `SIGKILL` in the middle of merges and undos, again and again: each is entire or absent, and what lies beside the
//! records agrees with them.
//!
//! `KEZHI_TEST_MERGE_KILLS` says how often on SQLite (5 when absent, 100 in `make soak`), a quarter of it on PostgreSQL.

use std::time::Duration;

use kezhi_tests::image;
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer};
use rand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

/// Customers of one round, merged two by two.
const CUSTOMERS: usize = 24;
/// Orders of each.
const ORDERS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merges_survive_power_cuts_on_sqlite() {
    survive(Backend::Sqlite, kills()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merges_survive_power_cuts_on_postgres() {
    survive(Backend::Postgres, kills().div_ceil(4)).await;
}

fn kills() -> usize {
    std::env::var("KEZHI_TEST_MERGE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

async fn survive(backend: Backend, kills: usize) {
    let mut place: Place = image::of(backend).await.copy();
    for _ in 0..kills {
        let server = TestServer::on(place).await;
        let admin = server.sign_in("admin").await;
        let pairs = customers(&admin).await;
        let merging = tokio::spawn(merge_all(admin.clone(), pairs.clone()));
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(1..400))).await;
        place = server.kill().await;
        merging.abort();

        let server = TestServer::on(place).await;
        let admin = server.sign_in("admin").await;
        for pair in &pairs {
            entire_or_absent(&admin, pair).await;
        }
        let proved = admin.post("/api/verify", &json!({})).await.expect(200);
        assert_eq!(proved["differences"], 0, "{proved:#}");
        (_, place) = server.stop().await;
    }
}

/// Pairs of customers, each with orders of its own.
async fn customers(admin: &Client) -> Vec<[Value; 2]> {
    let mut made = Vec::new();
    for at in 0..CUSTOMERS {
        let customer = admin.create("customer", &json!({ "name": format!("n{at}") })).await;
        let one = json!({ "op": "create", "record": { "customer": customer["id"], "status": "paid",
            "lines": [{ "product": "tea", "quantity": 1, "price": "1.00" }] } });
        let orders = json!({ "operations": vec![one; ORDERS], "workflows": false });
        admin.post("/api/entities/order/batch", &orders).await.expect(200);
        made.push(customer["id"].clone());
    }
    made.chunks(2).map(|pair| [pair[0].clone(), pair[1].clone()]).collect()
}

/// Merges every pair and takes every other merge back, until nobody answers any more.
async fn merge_all(admin: Client, pairs: Vec<[Value; 2]>) {
    for (at, [one, two]) in pairs.into_iter().enumerate() {
        let path = format!("/api/entities/customer/records/{}/merge", one.as_str().unwrap_or_default());
        let request = admin.request(Method::POST, &path).json(&json!({ "from": [two] }));
        let Ok(answer) = admin.try_send(request).await else { return };
        assert_eq!(answer.status, 200, "{answer:?}");
        if at % 2 == 1 {
            let path = format!("/api/merges/{}/undo", answer.body["merge"].as_str().unwrap_or_default());
            let Ok(answer) = admin.try_send(admin.request(Method::POST, &path).json(&json!({}))).await else {
                return;
            };
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
}

/// Either both live with their own orders, or one has all of them and the other lies in the bin.
async fn entire_or_absent(admin: &Client, [one, two]: &[Value; 2]) {
    let orders = async |customer: &Value| {
        let condition = json!({ "where": { "field": "customer", "op": "eq", "value": customer }, "count": "exact", "limit": 1 });
        let found = admin.post("/api/entities/order/query", &condition).await.expect(200);
        found["count"]["value"].as_u64().unwrap_or_default() as usize
    };
    let path = |id: &Value| format!("/api/entities/customer/records/{}", id.as_str().unwrap_or_default());
    let gone = admin.get(&path(two)).await;
    let merges = admin.get(&format!("{}/merges", path(one))).await.expect(200);
    let merged = merges["items"].as_array().into_iter().flatten().any(|merge| merge["undone"] == false);
    let counts = (orders(one).await, orders(two).await);
    if merged {
        assert_eq!((gone.status, &gone.body["merged_into"]), (404, one));
        assert_eq!(counts, (2 * ORDERS, 0));
        return;
    }
    assert_eq!(gone.status, 200);
    assert_eq!(counts, (ORDERS, ORDERS));
}
