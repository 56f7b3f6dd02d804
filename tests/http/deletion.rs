//! `DELETE …/records/{id}?dry_run=true`: what would go with a record.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    a_preview_tells_what_would_go_and_deletes_nothing,
    what_stands_against_a_deletion_is_told_as_far_as_it_may_be_read,
    a_preview_is_refused_as_the_deletion_would_be,
    a_long_tail_is_counted_and_named_in_part,
);

async fn preview(client: &Client, entity: &str, record: &Value) -> Value {
    client.delete(&format!("{}?dry_run=true", path_of(entity, record))).await.expect(200)
}

async fn a_preview_tells_what_would_go_and_deletes_nothing(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let host = mia.create("customer", &json!({ "name": "host" })).await;
    let guest = mia.create("customer", &json!({ "name": "guest", "referrer": host["id"] })).await;
    let visit = mia.create("visit", &json!({ "subject": "tea", "customer": host["id"] })).await;
    let tour = mia.create("visit", &json!({ "subject": "tour", "guests": [host["id"], guest["id"]] })).await;

    let told = preview(&mia, "customer", &host).await;

    let named = |record: &Value, title: &str| json!([{ "id": record["id"], "title": title }]);
    let expected = json!({
        "allowed": true,
        "deletes": [{ "entity": "visit", "title": "拜访", "field": "customer", "count": 1, "records": named(&visit, "tea") }],
        "clears": [
            { "entity": "customer", "title": "客户", "field": "referrer", "count": 1, "records": named(&guest, "guest") },
            { "entity": "visit", "title": "拜访", "field": "guests", "count": 1, "records": named(&tour, "tour") },
        ],
        "refuses": [],
    });
    assert_eq!(told, expected);
    for (entity, record) in [("customer", &host), ("customer", &guest), ("visit", &visit), ("visit", &tour)] {
        let now = mia.record(entity, record).await;
        assert_eq!(now["version"], record["version"], "nothing has changed: {now:#}");
        let history = mia.get(&format!("{}/history", path_of(entity, record))).await.expect(200);
        assert_eq!(history["items"].as_array().map(Vec::len), Some(1), "and nothing was noted: {history:#}");
    }
    mia.delete(&path_of("customer", &host)).await.expect(204);
    mia.get(&path_of("visit", &visit)).await.problem(404, "record.not_found");
}

async fn what_stands_against_a_deletion_is_told_as_far_as_it_may_be_read(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let role = json!({ "title": "half", "entities": {
        "customer": { "read": true, "update": true, "delete": true },
        "order": { "read": { "where": { "field": "discount", "op": "eq", "value": "1.00" } } } } });
    admin.put("/api/draft/roles/half", role.to_string()).await;
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let person = json!({ "login": "half", "name": "half", "password": PASSWORD, "roles": ["half"] });
    admin.post("/api/users", &person).await.expect(201);
    let half = server.unknown().sign_in("half", PASSWORD).await;
    let lines = json!([{ "product": "p", "quantity": 1, "price": "100.00" }]);
    let customer = admin.create("customer", &json!({ "name": "kept" })).await;
    let mut orders = Vec::new();
    for discount in ["1.00", "0.00", "0.00"] {
        let order = json!({ "customer": customer["id"], "lines": lines, "discount": discount });
        orders.push(admin.create("order", &order).await);
    }
    let hers = admin.create("visit", &json!({ "subject": "hers", "customer": customer["id"] })).await;
    assert!(hers["id"].is_string());

    let told = preview(&half, "customer", &customer).await;

    assert_eq!((&told["allowed"], &told["hidden"]), (&json!(false), &json!(2)), "{told:#}");
    assert_eq!((&told["deletes"], &told["clears"]), (&json!([]), &json!([])));
    assert_eq!(
        told["refuses"][0]["records"],
        json!([{ "id": orders[0]["id"], "title": orders[0]["number"] }])
    );
    assert_eq!(told["refuses"].as_array().map(Vec::len), Some(1), "{told:#}");
    let whole = preview(&admin, "customer", &customer).await;
    assert_eq!((&whole["refuses"][0]["count"], whole.get("hidden")), (&json!(3), None), "{whole:#}");

    // Of what would go and may not be read nothing is said.
    let alone = admin.create("customer", &json!({ "name": "alone" })).await;
    admin.create("visit", &json!({ "subject": "secret", "customer": alone["id"] })).await;
    let told = preview(&half, "customer", &alone).await;
    assert_eq!(told, json!({ "allowed": true, "deletes": [], "clears": [], "refuses": [] }));
    assert_eq!(preview(&admin, "customer", &alone).await["deletes"][0]["count"], 1);
}

async fn a_preview_is_refused_as_the_deletion_would_be(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, ann, bob) =
        (server.sign_in("mia").await, server.sign_in("ann").await, server.sign_in("bob").await);
    let customer = ann.create("customer", &json!({ "name": "a" })).await;
    let path = format!("{}?dry_run=true", path_of("customer", &customer));

    ann.delete(&path).await.problem(403, "access.denied");
    bob.delete(&path).await.problem(404, "record.not_found");
    let told = mia.delete(&format!("{}?dry_run=perhaps", path_of("customer", &customer))).await;
    let told = told.problem(400, "query.parameter");
    assert!(told["detail"].as_str().is_some_and(|said| !said.contains('{')), "{told:#}");
    let late = mia.request(reqwest::Method::DELETE, &path).header("if-match", "\"7\"");
    mia.send(late).await.problem(412, "record.stale");
    mia.delete(&path_of("customer", &customer)).await.expect(204);
    mia.delete(&path).await.problem(404, "record.not_found");
}

async fn a_long_tail_is_counted_and_named_in_part(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let host = mia.create("customer", &json!({ "name": "host" })).await;
    let visits: Vec<Value> = (0..30)
        .map(
            |at| json!({ "op": "create", "record": { "subject": format!("v{at}"), "customer": host["id"] } }),
        )
        .collect();
    mia.post("/api/entities/visit/batch", &json!({ "operations": visits })).await.expect(200);

    let told = preview(&mia, "customer", &host).await;

    assert_eq!(told["deletes"][0]["count"], 30, "{told:#}");
    assert_eq!(told["deletes"][0]["records"].as_array().map(Vec::len), Some(20));
}
