//! `POST /api/batches/{id}/undo`: what a batch did, taken back.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_batch_is_taken_back_and_brought_again,
    a_record_changed_since_is_skipped_and_named,
    a_change_by_condition_is_taken_back,
    what_a_deletion_took_along_comes_back,
    each_record_asks_for_the_callers_rights,
    only_whoever_sent_it_takes_it_back,
    under_a_key_it_happens_once,
);

async fn batch(client: &Client, entity: &str, operations: Value) -> Value {
    let body = json!({ "operations": operations });
    client.post(&format!("/api/entities/{entity}/batch"), &body).await.expect(200)
}

async fn undo(client: &Client, done: &Value) -> Value {
    let id = done["batch"].as_str().unwrap_or_else(|| panic!("a batch says what takes it back: {done:#}"));
    client.post(&format!("/api/batches/{id}/undo"), &json!({})).await.expect(200)
}

/// What people wrote of a record, and what follows from it.
async fn stands(client: &Client, id: &Value) -> Value {
    let record = client.record("customer", id).await;
    json!([record["name"], record["phone"], record["staff"], record["orders"], record["spent"]])
}

async fn a_batch_is_taken_back_and_brought_again(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let one = mia.create("customer", &json!({ "name": "one", "phone": "13900000001", "staff": 1 })).await;
    let two = mia.create("customer", &json!({ "name": "two", "phone": "13900000002" })).await;
    let (before, gone) = (stands(&mia, &one["id"]).await, stands(&mia, &two["id"]).await);

    let done = batch(
        &mia,
        "customer",
        json!([
            { "op": "update", "id": one["id"], "record": { "name": "uno", "staff": null } },
            { "op": "update", "id": one["id"], "record": { "phone": "13900000009" } },
            { "op": "update", "id": two["id"], "record": { "name": "dos" } },
            { "op": "delete", "id": two["id"] },
            { "op": "create", "record": { "name": "three", "phone": "13900000003" } },
            { "op": "upsert", "key": { "phone": "13900000003" }, "record": { "name": "tres", "phone": "13900000003" } },
        ]),
    )
    .await;
    let three = &done["results"][4]["id"];
    let history = mia.get(&format!("{}/history", path_of("customer", three))).await.expect(200);
    assert_eq!(history["items"][0]["batch"], done["batch"], "history knows the batch: {history:#}");

    let back = undo(&mia, &done).await;

    assert_eq!((&back["undone"], &back["skipped"]), (&json!(3), &json!([])), "{back:#}");
    assert_eq!(stands(&mia, &one["id"]).await, before);
    assert_eq!(stands(&mia, &two["id"]).await, gone);
    mia.get(&path_of("customer", three)).await.problem(404, "record.not_found");
    let again = mia.post(&format!("/api/batches/{}/undo", done["batch"].as_str().unwrap()), &json!({})).await;
    again.problem(409, "batch.undone");

    let brought = undo(&mia, &back).await;
    assert_eq!((&brought["undone"], &brought["skipped"]), (&json!(3), &json!([])), "{brought:#}");
    assert_eq!(stands(&mia, &one["id"]).await[0], "uno");
    assert_eq!(stands(&mia, three).await[0], "tres");
    mia.get(&path_of("customer", &two["id"])).await.problem(404, "record.not_found");
    let proof = server.sign_in("admin").await.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(proof["differences"], 0, "{proof:#}");
}

async fn a_record_changed_since_is_skipped_and_named(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, noah) = (server.sign_in("mia").await, server.sign_in("noah").await);
    let one = mia.create("customer", &json!({ "name": "one", "staff": 1 })).await;
    let two = mia.create("customer", &json!({ "name": "two", "staff": 2 })).await;
    let done = batch(
        &mia,
        "customer",
        json!([
            { "op": "update", "id": one["id"], "record": { "staff": 10, "name": "uno" } },
            { "op": "update", "id": two["id"], "record": { "staff": 20 } },
            { "op": "create", "record": { "name": "three", "phone": "13900000003" } },
            { "op": "create", "record": { "name": "four" } },
            { "op": "create", "record": { "name": "five" } },
        ]),
    )
    .await;
    let id = |at: usize| done["results"][at]["id"].clone();
    noah.patch(&path_of("customer", &one["id"]), &json!({ "staff": 11 })).await.expect(200);
    noah.patch(&path_of("customer", &two["id"]), &json!({ "budget": "5.00" })).await.expect(200);
    noah.patch(&path_of("customer", &id(2)), &json!({ "notes": "kept" })).await.expect(200);
    noah.delete(&path_of("customer", &id(3))).await.expect(204);

    let back = undo(&mia, &done).await;

    assert_eq!(back["undone"], 2, "two and five: {back:#}");
    let mut skipped: Vec<(String, String)> = back["skipped"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            (
                one["id"].as_str().unwrap_or_default().to_owned(),
                one["code"].as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    skipped.sort();
    let mut expected: Vec<(String, String)> = [one["id"].clone(), id(2), id(3)]
        .iter()
        .map(|id| (id.as_str().unwrap_or_default().to_owned(), "record.changed_since".to_owned()))
        .collect();
    expected.sort();
    assert_eq!(skipped, expected);
    assert_eq!(stands(&mia, &one["id"]).await[0], "uno", "nothing of a skipped record is taken back");
    let two = mia.record("customer", &two["id"]).await;
    assert_eq!(
        (&two["staff"], &two["budget"]),
        (&json!(2), &json!("5.00")),
        "another field may have changed"
    );
    mia.get(&path_of("customer", &id(4))).await.problem(404, "record.not_found");
}

async fn a_change_by_condition_is_taken_back(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let made: Vec<Value> = (0..30)
        .map(|at| json!({ "op": "create", "record": { "name": format!("c{at}"), "staff": at } }))
        .collect();
    batch(&mia, "customer", json!(made)).await;
    let low = json!({ "field": "staff", "op": "lt", "value": 10 });
    let change = json!({ "where": low, "record": { "industry": "food" } });

    let tried = json!({ "where": low, "record": { "industry": "food" }, "dry_run": true });
    let tried = mia.post("/api/entities/customer/update", &tried).await.expect(200);
    assert!(tried.get("batch").is_none(), "nothing was stored: {tried:#}");
    let done = mia.post("/api/entities/customer/update", &change).await.expect(200);
    let back = undo(&mia, &done).await;

    assert_eq!(back["undone"], 10, "{back:#}");
    let food = json!({ "where": { "field": "industry", "op": "not_empty" }, "count": "exact" });
    let left = mia.post("/api/entities/customer/query", &food).await.expect(200);
    assert_eq!(left["count"]["value"], 0);
    let none =
        json!({ "where": { "field": "staff", "op": "gt", "value": 1000 }, "record": { "industry": "food" } });
    let none = mia.post("/api/entities/customer/update", &none).await.expect(200);
    assert!(none.get("batch").is_none(), "there is nothing to take back: {none:#}");
}

async fn what_a_deletion_took_along_comes_back(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let customer = mia.create("customer", &json!({ "name": "host" })).await;
    let guest = mia.create("customer", &json!({ "name": "guest", "referrer": customer["id"] })).await;
    let visit = mia.create("visit", &json!({ "subject": "tea", "customer": customer["id"] })).await;
    let both = json!([customer["id"], guest["id"]]);
    let tour = mia.create("visit", &json!({ "subject": "tour", "guests": both })).await;

    let done = batch(&mia, "customer", json!([{ "op": "delete", "id": customer["id"] }])).await;
    mia.get(&path_of("visit", &visit["id"])).await.problem(404, "record.not_found");
    assert_eq!(mia.record("visit", &tour["id"]).await["guests"], json!([guest["id"]]));
    let back = undo(&mia, &done).await;

    assert_eq!((&back["undone"], &back["skipped"]), (&json!(4), &json!([])), "{back:#}");
    assert_eq!(mia.record("visit", &visit["id"]).await["customer"], customer["id"]);
    assert_eq!(mia.record("visit", &tour["id"]).await["guests"], both);
    assert_eq!(mia.record("customer", &guest["id"]).await["referrer"], customer["id"]);
}

async fn each_record_asks_for_the_callers_rights(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    // A clerk creates and changes customers and never deletes one; a `contract_no` she only reads.
    let mine = ann.create("customer", &json!({ "name": "mine" })).await;
    let done = batch(
        &ann,
        "customer",
        json!([
            { "op": "create", "record": { "name": "new" } },
            { "op": "update", "id": mine["id"], "record": { "staff": 3 } },
        ]),
    )
    .await;

    let back = undo(&ann, &done).await;

    let code = |id: &Value| {
        let found = back["skipped"].as_array().into_iter().flatten().find(|one| one["id"] == *id);
        found.map(|one| json!([one["entity"], one["code"]]))
    };
    let denied = json!(["customer", "access.denied"]);
    assert_eq!(code(&done["results"][0]["id"]), Some(denied), "{back:#}");
    assert_eq!(code(&mine["id"]), None, "{back:#}");
    assert_eq!(ann.record("customer", &mine["id"]).await["staff"], Value::Null);
}

async fn only_whoever_sent_it_takes_it_back(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, noah) = (server.sign_in("mia").await, server.sign_in("noah").await);
    let done = batch(&mia, "customer", json!([{ "op": "create", "record": { "name": "a" } }])).await;
    let path = format!("/api/batches/{}/undo", done["batch"].as_str().expect("an id"));

    noah.post(&path, &json!({})).await.problem(404, "batch.not_found");
    noah.post("/api/batches/nonsense/undo", &json!({})).await.problem(404, "batch.not_found");
    let body = json!({ "operations": [{ "op": "create", "record": { "name": 1 } }] });
    let failed = mia.post("/api/entities/customer/batch", &body).await;
    assert!(failed.status == 422 && failed.body.get("batch").is_none(), "{failed:?}");
    let admin = server.sign_in("admin").await;
    assert_eq!(admin.post(&path, &json!({})).await.expect(200)["undone"], 1, "an administrator may");
}

async fn under_a_key_it_happens_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let keyed = |path: &str, key: &str, body: &Value| {
        mia.request(Method::POST, path).header("idempotency-key", key).json(body)
    };
    let body = json!({ "operations": [{ "op": "create", "record": { "name": "a" } }], "atomic": false });
    let done = mia.send(keyed("/api/entities/customer/batch", "one", &body)).await.expect(200);
    let same = mia.send(keyed("/api/entities/customer/batch", "one", &body)).await.expect(200);
    assert_eq!(done["batch"], same["batch"]);
    let path = format!("/api/batches/{}/undo", done["batch"].as_str().expect("an id"));

    let back = mia.send(keyed(&path, "two", &json!({}))).await.expect(200);
    let again = mia.send(keyed(&path, "two", &json!({}))).await.expect(200);

    assert_eq!((&back, &back["undone"]), (&again, &json!(1)));
}
