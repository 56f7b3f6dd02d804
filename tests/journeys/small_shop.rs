//! A customer of the small shop, from the first call to an A.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use serde_json::{Value, json};

on_both!(
    an_order_raises_the_grade_and_the_grade_asks_for_thanks,
    a_customer_who_was_missed_is_called_again_after_three_days,
    what_was_open_before_a_restart_goes_on_after_it,
    one_field_more_while_everybody_works,
);

async fn order(client: &Client, customer: &Value, price: &str) -> Value {
    let line = json!({ "product": "茶", "quantity": 1, "price": price });
    client.create("order", &json!({ "customer": customer["id"], "status": "paid", "lines": [line] })).await
}

async fn complete(client: &Client, title: &str, deed: Value) {
    let task = wait::task(client, title).await;
    let path = format!("/api/tasks/{}/complete", task["id"].as_str().expect("an id"));
    client.post(&path, &deed).await.expect(200);
}

async fn an_order_raises_the_grade_and_the_grade_asks_for_thanks(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let customer = ann.create("customer", &json!({ "name": "春风" })).await;
    assert_eq!(customer["value"]["letter"], "C");

    order(&ann, &customer, "9000.00").await;
    assert_eq!(ann.record("customer", &customer).await["value"]["letter"], "C");
    let second = order(&ann, &customer, "1000.00").await;

    let graded = ann.record("customer", &customer).await;
    assert_eq!(
        graded["value"],
        json!({ "letter": "A", "score": 80, "reasons": ["累计消费过万", "下单两次以上"], "overridden": false })
    );
    complete(&ann, "答谢 春风", json!({})).await;
    wait::run(&ann, "grade_rose", &customer, "done").await;
    let mails = server.place().folder.path().join("outbox");
    wait::until("the letter", async || std::fs::read_dir(&mails).ok()?.next()?.ok()).await;

    ann.patch(&path_of("order", &second), &json!({ "status": "cancelled" })).await.expect(200);
    assert_eq!(
        ann.record("customer", &customer).await["value"]["letter"],
        "C",
        "what falls away is taken away"
    );
    let runs = ann
        .get(&format!("/api/runs?workflow=grade_rose&record={}", customer["id"].as_str().expect("an id")))
        .await
        .expect(200);
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(1), "{runs:#}");
}

async fn a_customer_who_was_missed_is_called_again_after_three_days(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let customer = ann.create("customer", &json!({ "name": "春风" })).await;
    complete(&ann, "联系 春风", json!({ "outcome": "missed", "fields": { "notes": "没人接" } })).await;
    let run = wait::run(&ann, "first_call", &customer, "running").await;
    let path = format!("/api/runs/{}", run["id"].as_str().expect("an id"));
    let waiting = ann.get(&path).await.expect(200);
    assert_eq!(waiting["current"], json!(["pause"]), "{waiting:#}");

    admin.post("/api/clock", &json!({ "advance": "2d" })).await.expect(200);
    assert_eq!(ann.get("/api/tasks?box=todo").await.expect(200)["items"], json!([]), "not yet");
    admin.post("/api/clock", &json!({ "advance": "1d" })).await.expect(200);

    complete(&ann, "联系 春风", json!({ "outcome": "reached", "fields": { "notes": "好" } })).await;
    wait::run(&ann, "first_call", &customer, "done").await;
}

async fn what_was_open_before_a_restart_goes_on_after_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let customer = ann.create("customer", &json!({ "name": "春风" })).await;
    let task = wait::task(&ann, "联系 春风").await;

    let server = TestServer::on(server.kill().await).await;

    let ann = server.sign_in("ann").await;
    assert_eq!(wait::task(&ann, "联系 春风").await["id"], task["id"]);
    complete(&ann, "联系 春风", json!({ "outcome": "reached", "fields": { "notes": "好" } })).await;
    wait::run(&ann, "first_call", &customer, "done").await;
}

async fn one_field_more_while_everybody_works(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let mut entity = admin.get("/api/draft/entities/customer").await.expect(200);
    entity["properties"]["hair_type"] = json!({
        "title": "发质", "x-kind": "choice", "enum": ["straight", "curly"],
        "x-show": { "field": "industry", "op": "eq", "value": "cosmetics" },
    });
    admin.put("/api/draft/entities/customer", entity.to_string()).await;
    let mut form = admin.get("/api/draft/forms/customer").await.expect(200);
    let control = json!({ "type": "Control", "scope": "#/properties/hair_type" });
    form["layout"]["elements"].as_array_mut().expect("a list").push(control);
    admin.put("/api/draft/forms/customer", form.to_string()).await;
    let before = ann.get("/api/forms/customer").await.expect(200);
    assert!(before["schema"]["properties"].get("hair_type").is_none());

    admin.post("/api/draft/publish", &json!({ "note": "发质" })).await.expect(201);

    let evaluate = async |industry: &str| {
        let values = json!({ "values": { "name": "a", "industry": industry } });
        ann.post("/api/forms/customer/evaluate", &values).await.expect(200)["visible"]["hair_type"].clone()
    };
    assert_eq!((evaluate("cosmetics").await, evaluate("food").await), (json!(true), json!(false)));
    let fields = json!({ "name": "a", "industry": "cosmetics", "hair_type": "curly" });
    assert_eq!(ann.create("customer", &fields).await["hair_type"], "curly");
}
