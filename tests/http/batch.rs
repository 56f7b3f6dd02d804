//! `POST /api/entities/{entity}/batch`.

use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    an_atomic_batch_is_all_or_nothing,
    a_batch_that_is_not_atomic_keeps_what_is_right,
    a_dry_run_stores_nothing,
    upsert_finds_by_a_unique_field,
    operations_see_what_earlier_ones_have_done,
    a_condition_says_which_records_are_changed,
    a_condition_holds_when_the_change_is_made,
    versions_are_held_in_a_batch,
    sums_follow_a_batch_in_its_transaction,
);

const BATCH: &str = "/api/entities/customer/batch";

async fn count(client: &Client) -> Value {
    client.get("/api/entities/customer/records?count=exact").await.expect(200)["count"]["value"].clone()
}

fn create(name: &str) -> Value {
    json!({ "op": "create", "record": { "name": name } })
}

fn wrong() -> Value {
    json!({ "op": "create", "record": { "name": "w", "staff": "many" } })
}

async fn an_atomic_batch_is_all_or_nothing(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let failed = ann.post(BATCH, &json!({ "operations": [create("a"), wrong(), create("b")] })).await;

    assert_eq!((failed.status, &failed.body["committed"]), (422, &json!(0)), "{failed:?}");
    let result = &failed.body["results"][1];
    assert_eq!(
        (&result["index"], &result["violations"][0]["pointer"]),
        (&json!(1), &json!("/staff")),
        "{failed:?}"
    );
    assert_eq!(count(&ann).await, 0);

    let done = ann.post(BATCH, &json!({ "operations": [create("a"), create("b")] })).await.expect(200);
    assert_eq!(done["committed"], 2);
    assert!(done["results"][1]["id"].is_string() && done["results"][1]["version"] == 1, "{done:#}");
    assert_eq!(count(&ann).await, 2);
}

async fn a_batch_that_is_not_atomic_keeps_what_is_right(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let body = json!({ "operations": [create("a"), wrong(), create("b")], "atomic": false });
    let done = ann.post(BATCH, &body).await.expect(200);

    assert_eq!(done["committed"], 2, "{done:#}");
    assert_eq!(done["results"][1]["status"], 422, "{done:#}");
    assert_eq!(count(&ann).await, 2);
}

async fn a_dry_run_stores_nothing(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let body = json!({ "operations": [create("a"), create("b")], "dry_run": true });
    let tried = ann.post(BATCH, &body).await.expect(200);

    assert_eq!(tried["committed"], 0, "{tried:#}");
    assert_eq!(tried["results"].as_array().map(Vec::len), Some(2));
    assert_eq!(count(&ann).await, 0);
}

async fn upsert_finds_by_a_unique_field(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let upsert = |name: &str, phone: &str| json!({ "op": "upsert", "key": { "phone": phone }, "record": { "name": name, "phone": phone } });

    ann.post(BATCH, &json!({ "operations": [upsert("a", "13900000001"), upsert("b", "13900000002")] }))
        .await
        .expect(200);
    ann.post(BATCH, &json!({ "operations": [upsert("c", "139-0000-0001")] })).await.expect(200);

    assert_eq!(count(&ann).await, 2);
    let list = ann.get("/api/entities/customer/records?sort=name&fields=name").await.expect(200);
    assert_eq!((&list["items"][0]["name"], &list["items"][1]["name"]), (&json!("b"), &json!("c")));
}

async fn versions_are_held_in_a_batch(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let id = mia.create("customer", &json!({ "name": "a" })).await["id"].clone();

    let stale =
        json!({ "operations": [{ "op": "update", "id": id, "version": 7, "record": { "name": "b" } }] });
    let refused = mia.post(BATCH, &stale).await;
    assert_eq!((refused.status, &refused.body["results"][0]["status"]), (422, &json!(412)), "{refused:?}");
    assert_eq!(refused.body["results"][0]["code"], "record.stale");

    let both = json!({ "operations": [
        { "op": "update", "id": id, "version": 1, "record": { "name": "b" } }, { "op": "delete", "id": id },
    ] });
    mia.post(BATCH, &both).await.expect(200);
    assert_eq!(count(&mia).await, 0);
}

async fn operations_see_what_earlier_ones_have_done(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let old = mia.create("customer", &json!({ "name": "旧", "phone": "13900000001" })).await["id"].clone();
    let upsert = |name: &str, phone: &str| json!({ "op": "upsert", "key": { "phone": phone }, "record": { "name": name } });

    let operations = json!([
        upsert("a", "13900000002"),
        upsert("b", "13900000002"),
        { "op": "delete", "id": old },
        upsert("c", "13900000001"),
        { "op": "create", "record": { "name": "d", "phone": "13900000003" } },
        upsert("e", "139-0000-0003"),
        { "op": "create", "record": { "name": "f", "phone": "13900000003" } },
        { "op": "upsert", "key": { "name": "x" }, "record": {} },
    ]);
    for atomic in [false, true] {
        let body = json!({ "operations": operations, "atomic": atomic, "dry_run": atomic });
        let done = mia.post(BATCH, &body).await;
        let statuses: Vec<&Value> =
            done.body["results"].as_array().into_iter().flatten().map(|result| &result["status"]).collect();
        let expected = if atomic {
            [200, 200, 404, 200, 422, 200, 422, 422]
        } else {
            [201, 200, 204, 201, 201, 200, 422, 422]
        };
        assert_eq!(json!(statuses), json!(expected), "{done:?}");
    }
    let list = mia.get("/api/entities/customer/records?sort=name&fields=name,phone").await.expect(200);
    let names: Vec<&Value> =
        list["items"].as_array().into_iter().flatten().map(|item| &item["name"]).collect();
    assert_eq!(names, ["b", "c", "e"], "{list:#}");
}

async fn a_condition_says_which_records_are_changed(backend: Backend) {
    const UPDATE: &str = "/api/entities/customer/update";
    let server = TestServer::start(backend).await;
    let (mia, ann) = (server.sign_in("mia").await, server.sign_in("ann").await);
    for (client, name, staff) in [(&mia, "a", 1), (&mia, "b", 5), (&ann, "c", 6)] {
        client.create("customer", &json!({ "name": name, "staff": staff })).await;
    }
    let many = json!({ "field": "staff", "op": "gte", "value": 5 });
    let change = |dry_run: bool, budget: &str| json!({ "where": many, "record": { "budget": budget }, "dry_run": dry_run });

    let tried = mia.post(UPDATE, &change(true, "7.00")).await.expect(200);
    assert_eq!(
        (&tried["committed"], tried["results"].as_array().map(Vec::len)),
        (&json!(0), Some(2)),
        "{tried:#}"
    );
    let own = ann.post(UPDATE, &change(false, "8.00")).await.expect(200);
    assert_eq!(own["committed"], 1, "what the caller may not change is not meant: {own:#}");
    let wrong = mia.post(UPDATE, &change(false, "-1.00")).await;
    assert_eq!(
        (wrong.status, &wrong.body["code"], &wrong.body["committed"]),
        (422, &json!("batch.failed"), &json!(0))
    );
    let both = mia.post(UPDATE, &change(false, "9.00")).await.expect(200);
    assert_eq!(both["committed"], 2, "{both:#}");
    let list = mia.get("/api/entities/customer/records?sort=name&fields=budget").await.expect(200);
    let budgets: Vec<&Value> =
        list["items"].as_array().into_iter().flatten().map(|item| &item["budget"]).collect();
    assert_eq!(json!(budgets), json!([null, "9.00", "9.00"]), "{list:#}");
    mia.post(UPDATE, &json!({ "record": {} })).await.problem(400, "body.wrong_shape");
    mia.post(UPDATE, &json!({ "where": {}, "record": {} })).await.problem(422, "query.condition");
}

/// Also where many records are summed into many others.
async fn sums_follow_a_batch_in_its_transaction(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let customers: Vec<Value> = (0..300).map(|nth| create(&format!("c{nth}"))).collect();
    let done = ann.post(BATCH, &json!({ "operations": customers })).await.expect(200);
    let ids: Vec<&Value> = done["results"].as_array().into_iter().flatten().map(|one| &one["id"]).collect();
    let orders: Vec<Value> = (0..600)
        .map(|nth| {
            let lines = json!([{ "product": "p", "quantity": 1, "price": "10.50" }]);
            let order = json!({ "customer": ids[nth % 300], "lines": lines, "status": "paid" });
            json!({ "op": "create", "record": order })
        })
        .collect();
    ann.post("/api/entities/order/batch", &json!({ "operations": orders })).await.expect(200);

    let page = ann.get("/api/entities/customer/records?limit=500&count=none").await.expect(200);

    let items: Vec<&Value> = page["items"].as_array().into_iter().flatten().collect();
    assert_eq!(items.len(), 300);
    for item in items {
        assert_eq!((&item["spent"], &item["orders"]), (&json!("21.00"), &json!(2)), "{item:#}");
    }
}

async fn a_condition_holds_when_the_change_is_made(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    for round in 0..10 {
        let fresh = mia.create("customer", &json!({ "name": format!("甲{round}"), "staff": 0 })).await;
        let take = |number: usize| json!({ "where": { "field": "staff", "op": "eq", "value": 0 }, "record": { "staff": number }, "workflows": false });
        let takes =
            (1..=8).map(|number| {
                let (mia, body) = (&mia, take(number));
                async move {
                    mia.post("/api/entities/customer/update", &body).await.expect(200)["committed"].clone()
                }
            });
        let committed = futures_util::future::join_all(takes).await;
        assert_eq!(committed.iter().filter_map(Value::as_i64).sum::<i64>(), 1, "one takes it: {committed:?}");
        mia.delete(&kezhi_tests::client::path_of("customer", &fresh)).await;
    }
}
