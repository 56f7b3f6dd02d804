//! Two live servers over one PostgreSQL: each event leads to one run, each letter is sent once, each derived value is
//! right, whichever of them does the work; and what came under a key at both is there once.

use std::collections::BTreeSet;

use kezhi_tests::{Backend, Client, TestServer, wait};
use reqwest::Method;
use serde_json::{Value, json};

/// Customers that are made, each with two orders.
const MANY: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_events_letters_and_derived_values() {
    let one = TestServer::start(Backend::Postgres).await;
    let other = one.beside().await;
    let clients = [one.sign_in("ann").await, other.sign_in("ann").await];

    let customers = futures_util::future::join_all((0..MANY).map(|number| sell(&clients, number))).await;
    for (number, customer) in customers.iter().enumerate() {
        answer_thanks(&clients[number % 2], number).await;
        wait::run(&clients[0], "grade_rose", customer, "done").await;
    }

    let path = "/api/entities/customer/records?limit=500";
    for customer in clients[1].get(path).await.expect(200)["items"].as_array().expect("a list") {
        assert_eq!(
            (&customer["orders"], &customer["spent"]),
            (&json!(2), &json!("12000.00")),
            "{customer:#}"
        );
        assert_eq!(customer["value"]["letter"], "A", "{customer:#}");
        for workflow in ["first_call", "grade_rose"] {
            let id = customer["id"].as_str().expect("an id");
            let runs =
                clients[0].get(&format!("/api/runs?workflow={workflow}&record={id}")).await.expect(200);
            assert_eq!(runs["items"].as_array().map(Vec::len), Some(1), "{workflow}: {runs:#}");
        }
    }
    let sent = wait::until("every letter to be sent", async || {
        let sent = letters(&[&one, &other]);
        (sent.len() >= MANY).then_some(sent)
    })
    .await;
    assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), MANY, "{sent:?}");
    assert_eq!(sent.len(), MANY, "no letter twice: {sent:?}");
}

/// A customer at one server, and an order at each, at the same time.
async fn sell(clients: &[Client; 2], number: usize) -> Value {
    let create = |client: &Client| {
        let request = client.request(Method::POST, "/api/entities/customer/records");
        request
            .header("idempotency-key", format!("customer {number}"))
            .json(&json!({ "name": format!("c{number}") }))
    };
    // Under one key at both: whoever comes second hears the first one's answer, or is told to wait.
    let (first, second) = futures_util::future::join(
        clients[0].try_send(create(&clients[0])),
        clients[1].try_send(create(&clients[1])),
    )
    .await;
    let answers = [first.expect("it answers"), second.expect("it answers")];
    let made = answers.iter().find(|answer| answer.status == 201).expect("one of them created it");
    for answer in &answers {
        let waits = answer.body["code"] == "idempotency.in_flight";
        assert!(waits || answer.body["id"] == made.body["id"], "{answer:?}");
    }
    let lines = json!([{ "product": "x", "quantity": 1, "price": "6000.00" }]);
    let order = json!({ "customer": made.body["id"], "lines": lines, "status": "paid" });
    let orders = clients.iter().map(|client| client.post("/api/entities/order/records", &order));
    for ordered in futures_util::future::join_all(orders).await {
        ordered.expect(201);
    }
    made.body.clone()
}

async fn answer_thanks(client: &Client, number: usize) {
    let task = wait::task(client, &format!("答谢 c{number}")).await;
    let path = format!("/api/tasks/{}/complete", task["id"].as_str().expect("an id"));
    client.post(&path, &json!({})).await.expect(200);
}

/// The names of the letters in the folders of these servers, one for each time a letter was sent.
fn letters(servers: &[&TestServer]) -> Vec<String> {
    let mut found = Vec::new();
    for server in servers {
        let folder = std::fs::read_dir(server.place().folder.path().join("outbox"));
        found.extend(
            folder.into_iter().flatten().flatten().filter_map(|file| file.file_name().into_string().ok()),
        );
    }
    found.retain(|name| name.ends_with(".eml"));
    found
}
