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

/// While one of them publishes, the other goes on writing: what became unique is unique at both, and the columns made
/// meanwhile hold every record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_publishes_holds_for_what_the_other_writes_meanwhile() {
    let one = TestServer::start(Backend::Postgres).await;
    let other = one.beside().await;
    let (admin, ann) = (one.sign_in("admin").await, other.sign_in("ann").await);
    for number in 0..60 {
        let fields = json!({ "name": format!("old {number}"), "email": format!("o{number}@acme.example") });
        ann.create("customer", &fields).await;
    }
    let mut customer = admin.get("/api/draft/entities/customer").await.expect(200);
    customer["properties"]["email"]["x-unique"] = json!(true);
    customer["properties"]["staff"]["x-index"] = json!(true);
    admin.put("/api/draft/entities/customer", customer.to_string()).await;

    let published = std::sync::atomic::AtomicBool::new(false);
    let publish = async {
        admin.post("/api/draft/publish", &json!({ "note": "unique" })).await.expect(201);
        published.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let write = async {
        let mut number = 0;
        // Ten more after the publication.
        let mut left = 10;
        while left > 0 {
            let fields = json!({ "name": format!("new {number}"), "email": format!("n{number}@acme.example"), "staff": number });
            ann.create("customer", &fields).await;
            number += 1;
            left -= i32::from(published.load(std::sync::atomic::Ordering::SeqCst));
        }
        number
    };
    let ((), made) = futures_util::future::join(publish, write).await;

    for taken in
        ["o0".to_owned(), "n0".to_owned(), format!("n{}", made - 1)].map(|name| name + "@acme.example")
    {
        let double = json!({ "name": "double", "email": taken });
        let refused = ann.post("/api/entities/customer/records", &double).await;
        refused.violations(&["record.not_unique /email"]);
    }
    let question =
        json!({ "where": { "field": "staff", "op": "gte", "value": 0 }, "count": "exact", "limit": 1 });
    let found = ann.post("/api/entities/customer/query", &question).await.expect(200);
    assert_eq!(found["count"]["value"], json!(made), "{found:#}");
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(proved["items"], json!([]), "{proved:#}");
}

/// A customer may be deleted as long as no order points at it, and an order may point at one that is not deleted: of two who
/// do both at the same moment one is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_points_at_what_is_deleted_at_the_same_moment() {
    let one = TestServer::start(Backend::Postgres).await;
    let other = one.beside().await;
    let (admin, ann) = (one.sign_in("admin").await, other.sign_in("ann").await);
    let (mut deleted, mut ordered) = (0, 0);
    for number in 0..40 {
        let customer = ann.create("customer", &json!({ "name": format!("c{number}") })).await;
        let path = kezhi_tests::client::path_of("customer", &customer);
        let order = json!({ "customer": customer["id"], "status": "draft" });
        let (gone, new) =
            futures_util::future::join(admin.delete(&path), ann.post("/api/entities/order/records", &order))
                .await;
        let both = (gone.status < 300, new.status < 300);
        assert!(both.0 != both.1, "customer {number}: {gone:?} {new:?}");
        deleted += i32::from(both.0);
        ordered += i32::from(both.1);
    }
    assert_eq!(deleted + ordered, 40);
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(proved["items"], json!([]), "{proved:#}");
}
