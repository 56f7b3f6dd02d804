//! Roles of narrow rights: what they reach, and what they are told of what they do not reach.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    records_in_the_way_are_told_as_far_as_they_may_be_read,
    a_condition_along_a_relation_is_judged_for_every_action,
    a_field_is_seen_and_written_only_on_the_rows_of_the_role_that_shows_it,
    what_may_not_be_read_is_not_pointed_at,
    a_condition_about_rows_tells_nothing_of_what_they_name,
    a_repeated_create_of_what_may_not_be_read_answers_its_id_and_version,
);

/// Publishes a role and gives it, with others, to somebody new.
async fn hired(
    server: &TestServer,
    (login, roles): (&str, &[&str]),
    (key, entities): (&str, Value),
) -> Client {
    let admin = server.sign_in("admin").await;
    let role = json!({ "title": key, "entities": entities });
    let saved = admin.put(&format!("/api/draft/roles/{key}"), role.to_string()).await;
    assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let person = json!({ "login": login, "name": login, "password": PASSWORD, "roles": roles });
    admin.post("/api/users", &person).await.expect(201);
    server.sign_in(login).await
}

async fn records_in_the_way_are_told_as_far_as_they_may_be_read(backend: Backend) {
    let server = TestServer::start(backend).await;
    let keeper = json!({ "customer": { "read": true, "delete": true } });
    let kim = hired(&server, ("kim", &["keeper"]), ("keeper", keeper)).await;
    let admin = server.sign_in("admin").await;
    let person = json!({ "login": "pat", "name": "pat", "password": PASSWORD, "roles": ["keeper", "clerk"] });
    admin.post("/api/users", &person).await.expect(201);
    let (mia, pat) = (server.sign_in("mia").await, server.sign_in("pat").await);
    let customer = mia.create("customer", &json!({ "name": "a" })).await;
    for client in [&mia, &mia, &pat] {
        client.create("order", &json!({ "customer": customer["id"] })).await;
    }

    let told = |answer: kezhi_tests::Answer| {
        let problem = answer.problem(409, "record.referenced");
        json!([problem["entity"], problem["field"], problem["count"]])
    };
    let path = path_of("customer", &customer);
    assert_eq!(told(mia.delete(&path).await), json!(["order", "customer", 3]));
    assert_eq!(told(pat.delete(&path).await), json!(["order", "customer", 1]), "one's own order");
    assert_eq!(told(kim.delete(&path).await), json!([null, null, null]), "whoever may read no order");
}

async fn a_condition_along_a_relation_is_judged_for_every_action(backend: Backend) {
    let server = TestServer::start(backend).await;
    let retail = json!({ "where": { "field": "customer.industry", "op": "eq", "value": "retail" } });
    let order =
        ["create", "read", "update", "delete", "restore"].map(|action| (action.to_owned(), retail.clone()));
    let entities =
        json!({ "customer": { "read": true }, "order": Value::Object(order.into_iter().collect()) });
    let rae = hired(&server, ("rae", &["retailer"]), ("retailer", entities)).await;
    let mia = server.sign_in("mia").await;
    let (shop, diner) = (
        mia.create("customer", &json!({ "name": "shop", "industry": "retail" })).await,
        mia.create("customer", &json!({ "name": "diner", "industry": "food" })).await,
    );
    let theirs = mia.create("order", &json!({ "customer": diner["id"] })).await;

    let denied = rae.post("/api/entities/order/records", &json!({ "customer": diner["id"] })).await;
    denied.problem(403, "access.denied");
    let made = rae.create("order", &json!({ "customer": shop["id"] })).await;
    assert_eq!((&made["customer"], &made["status"]), (&shop["id"], &json!("draft")), "{made:#}");

    let path = path_of("order", &made);
    assert_eq!(rae.get(&path).await.expect(200)["customer"], shop["id"]);
    rae.get(&format!("{path}/timeline")).await.expect(200);
    assert_eq!(rae.patch(&path, &json!({ "status": "paid" })).await.expect(200)["status"], "paid");
    let list = rae.get("/api/entities/order/records").await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list:#}");
    rae.delete(&path).await.expect(204);
    rae.post(&format!("{path}/restore"), &json!({})).await.expect(204);
    assert_eq!(rae.patch(&path, &json!({ "status": "draft" })).await.expect(200)["status"], "draft");

    let path = path_of("order", &theirs);
    rae.get(&path).await.problem(404, "record.not_found");
    rae.patch(&path, &json!({ "status": "paid" })).await.problem(404, "record.not_found");
    rae.delete(&path).await.problem(404, "record.not_found");
    mia.delete(&path).await.expect(204);
    rae.post(&format!("{path}/restore"), &json!({})).await.problem(404, "record.not_found");
}

async fn a_field_is_seen_and_written_only_on_the_rows_of_the_role_that_shows_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let looker = json!({ "customer": { "read": true, "update": true, "fields": { "budget": "hidden" } } });
    hired(&server, ("leo", &["looker"]), ("looker", looker)).await;
    let keeper = json!({ "customer": { "create": true, "read": "own", "update": "own" } });
    let eve = hired(&server, ("eve", &["looker", "keeper"]), ("keeper", keeper)).await;
    let mia = server.sign_in("mia").await;
    let foreign = mia.create("customer", &json!({ "name": "a", "budget": "100.00" })).await;
    let own = eve.create("customer", &json!({ "name": "b", "budget": "200.00" })).await;
    assert_eq!(own["budget"], "200.00");
    let path = path_of("customer", &foreign);
    let changed = mia.patch(&path, &json!({ "budget": "150.00" })).await.expect(200);

    let at = changed["updated_at"].as_str().expect("a record tells when it changed");
    let form = json!({ "record": foreign["id"], "values": {} });
    let stale = eve.request(Method::PATCH, &path).header("if-match", "\"1\"").json(&json!({ "name": "c" }));
    let told = [
        eve.get(&path).await.expect(200),
        eve.get(&format!("{path}?as_of={at}")).await.expect(200),
        eve.get(&format!("{path}/history")).await.expect(200),
        eve.get(&format!("{path}/timeline")).await.expect(200),
        eve.post("/api/forms/customer/evaluate", &form).await.expect(200)["values"].clone(),
        eve.send(stale).await.problem(412, "record.stale"),
    ];
    for answer in told {
        assert!(!answer.to_string().contains("budget"), "{answer:#}");
    }
    eve.patch(&path, &json!({ "budget": "1.00" })).await.violations(&["record.unknown_field /budget"]);
    eve.patch(&path_of("customer", &own), &json!({ "budget": "250.00" })).await.expect(200);
    let stored = mia.record("customer", &foreign).await;
    assert_eq!(stored["budget"], "150.00");
}

async fn what_may_not_be_read_is_not_pointed_at(backend: Backend) {
    let server = TestServer::start(backend).await;
    let seller = json!({
        "customer": { "create": true, "read": "own" }, "order": { "create": true, "read": "own", "update": "own" }
    });
    let sam = hired(&server, ("sam", &["seller"]), ("seller", seller)).await;
    let mia = server.sign_in("mia").await;
    let foreign = mia.create("customer", &json!({ "name": "a" })).await;
    let own = sam.create("customer", &json!({ "name": "b" })).await;

    let unknown = json!({ "customer": "01890000-0000-7000-8000-000000000000" });
    let orders = "/api/entities/order/records";
    for target in [&unknown["customer"], &foreign["id"]] {
        let refused = sam.post(orders, &json!({ "customer": target })).await;
        refused.violations(&["record.unknown_reference /customer"]);
        let form = json!({ "values": { "customer": target } });
        let state = sam.post("/api/forms/order/evaluate", &form).await.expect(200);
        assert_eq!(state["violations"][0]["code"], "record.unknown_reference", "{state:#}");
    }
    let order = sam.create("order", &json!({ "customer": own["id"] })).await;
    let moved = json!({ "customer": foreign["id"] });
    let refused = sam.patch(&path_of("order", &order), &moved).await;
    refused.violations(&["record.unknown_reference /customer"]);

    // What somebody else has pointed at it stays, and can be saved again.
    let admin = server.sign_in("admin").await;
    let given =
        admin.create("order", &json!({ "customer": foreign["id"], "owner": sam_id(&sam).await })).await;
    sam.patch(&path_of("order", &given), &json!({ "status": "cancelled" })).await.expect(200);
}

async fn sam_id(client: &kezhi_tests::Client) -> Value {
    client.get("/api/me").await.expect(200)["id"].clone()
}

async fn a_repeated_create_of_what_may_not_be_read_answers_its_id_and_version(backend: Backend) {
    let server = TestServer::start(backend).await;
    let drop_off = json!({ "customer": { "create": true } });
    let dee = hired(&server, ("dee", &["drop_off"]), ("drop_off", drop_off)).await;
    let create = async |client: &Client| {
        let request = client.request(Method::POST, "/api/entities/customer/records");
        client.send(request.header("idempotency-key", "k1").json(&json!({ "name": "a" }))).await
    };
    let first = create(&dee).await.expect(201);
    assert_eq!(first.as_object().map(serde_json::Map::len), Some(2), "{first:#}");

    // As after a crash between the record's commit and keeping the answer.
    let (_, place) = server.stop().await;
    place.alter("UPDATE idempotency SET status = NULL, until = 0, done = 'true'");
    let server = TestServer::on(place).await;
    let again = create(&server.sign_in("dee").await).await.expect(201);

    assert_eq!(again, first);
    let mia = server.sign_in("mia").await;
    let list = mia.get("/api/entities/customer/records").await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list:#}");
}

async fn a_condition_about_rows_tells_nothing_of_what_they_name(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let item = json!({ "title": "物品", "type": "object", "x-owner": true, "x-title-field": "name", "properties": {
        "name": { "title": "名称", "x-kind": "text" }, "price": { "title": "价格", "x-kind": "money" } } });
    let basket = json!({ "title": "篮子", "type": "object", "x-title-field": "name", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "lines": { "title": "明细", "x-kind": "table", "items": { "type": "object", "properties": {
            "item": { "title": "物品", "x-kind": "relation", "x-relation": { "entity": "item" } },
            "count": { "title": "数量", "x-kind": "integer" } } } } } });
    for (key, entity) in [("item", &item), ("basket", &basket)] {
        admin.put(&format!("/api/draft/entities/{key}"), entity.to_string()).await;
    }
    let entities = json!({ "basket": { "read": true }, "item": { "create": true, "read": "own" } });
    let kim = hired(&server, ("kim", &["packer"]), ("packer", entities)).await;
    let (theirs, own) = (
        admin.create("item", &json!({ "name": "金", "price": "900.00" })).await,
        kim.create("item", &json!({ "name": "铁", "price": "9.00" })).await,
    );
    for (name, item) in [("a", &theirs), ("b", &own)] {
        let lines = json!([{ "item": item["id"], "count": 1 }]);
        admin.create("basket", &json!({ "name": name, "lines": lines })).await;
    }

    let found = async |client: &Client, way: &str, inside: Value| {
        let question = json!({ "where": { way: "lines", "where": inside }, "sort": ["name"] });
        let page = client.post("/api/entities/basket/query", &question).await.expect(200);
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect::<String>()
    };
    let price = |op: &str| json!({ "field": "item.price", "op": op, "value": "5.00" });
    for (way, inside, of_admin, of_kim) in [
        ("some", price("gt"), "ab", "b"),
        ("some", json!({ "field": "item.name", "op": "eq", "value": "金" }), "a", ""),
        ("some", json!({ "field": "item.name", "op": "ne", "value": "金" }), "b", "ab"),
        ("every", price("gt"), "ab", "b"),
        ("some", json!({ "field": "count", "op": "eq", "value": 1 }), "ab", "ab"),
    ] {
        assert_eq!(found(&admin, way, inside.clone()).await, of_admin, "{way} {inside}");
        assert_eq!(found(&kim, way, inside.clone()).await, of_kim, "{way} {inside}");
    }
}
