//! `/api/entities/{entity}/records`: one record at a time.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_created_record_comes_back_as_it_was_stored,
    every_violation_is_told_at_once_with_its_pointer,
    a_patch_changes_what_it_names_and_null_clears,
    a_stale_if_match_is_refused_with_what_is_stored,
    a_unique_value_is_taken_only_once,
    a_deleted_record_waits_in_the_bin,
    a_referenced_record_is_not_deleted,
    the_same_idempotency_key_creates_once,
    hidden_fields_are_as_if_they_were_not_there,
    nobody_sees_what_belongs_to_somebody_else,
    values_that_hide_are_cleared,
    warnings_are_told_and_confirmations_asked_for,
    money_is_exact,
    system_keys_are_refused_unless_they_say_what_is_stored,
    history_and_timeline_tell_who_changed_what,
    a_record_is_read_as_it_was,
    a_change_is_taken_back_once_and_only_while_it_stands,
    comments_stand_in_the_timeline,
    grades_say_why,
    people_talk_about_a_record_and_read_on,
    a_record_in_approval_is_deleted_by_nobody,
);

const CUSTOMERS: &str = "/api/entities/customer/records";

async fn a_created_record_comes_back_as_it_was_stored(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let fields = json!({
        "name": "春风茶铺", "phone": "139 1234 5678", "industry": "cosmetics", "skin_type": "oily", "staff": 12,
        "budget": "1200.5", "discount": "12.5", "tags": ["新客"], "channels": ["web", "shop"],
        "met_at": "2026-03-01T16:00:00+08:00", "since": "2026-03-01",
    });

    let answer = ann.post(CUSTOMERS, &fields).await;
    let (location, tag) =
        (answer.header("location").map(str::to_owned), answer.header("etag").map(str::to_owned));
    let created = answer.expect(201);

    assert_eq!(location, Some(path_of("customer", &created)));
    assert_eq!(tag.as_deref(), Some("\"1\""));
    let stored = ann.record("customer", &created).await;
    assert_eq!(stored, created);
    for (field, value) in [
        ("budget", json!("1200.50")),
        ("discount", json!("12.50")),
        ("met_at", json!("2026-03-01T08:00:00.000Z")),
        ("phone", json!("139 1234 5678")),
        ("newsletter", json!(false)),
        ("spent", json!("0.00")),
        ("orders", json!(0)),
        ("version", json!(1)),
    ] {
        assert_eq!(stored[field], value, "{field} of {stored:#}");
    }
    assert_eq!(stored["owner"], ann.get("/api/me").await.expect(200)["id"]);
    assert!(stored["code"].as_str().is_some_and(|code| code.starts_with("KH-")), "{stored:#}");
    assert_eq!(stored["value"]["letter"], "C", "{stored:#}");
}

async fn every_violation_is_told_at_once_with_its_pointer(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let wrong = json!({
        "name": "x".repeat(41), "email": "nowhere", "industry": "mining", "staff": "many", "budget": "-1", "since": "soon",
        "colour": "red", "newsletter": true,
    });

    let answer = ann.post(CUSTOMERS, &wrong).await;

    assert_eq!(answer.status, 422, "{answer:?}");
    let told = answer.body["violations"].as_array().expect("violations are told");
    let pointers: Vec<&str> = told.iter().filter_map(|one| one["pointer"].as_str()).collect();
    for pointer in ["/name", "/email", "/industry", "/staff", "/budget", "/since", "/colour"] {
        assert!(pointers.contains(&pointer), "{pointer} is missing in {answer:?}");
    }
    assert!(
        told.iter().all(|one| one["message"].as_str().is_some_and(|message| !message.is_empty())),
        "{answer:?}"
    );
    let unknown = told.iter().find(|one| one["pointer"] == "/colour").expect("checked above");
    assert_eq!(unknown["code"], "record.unknown_field");

    ann.post(CUSTOMERS, &json!({})).await.violations(&["record.required /name"]);
    let list = ann.get(&format!("{CUSTOMERS}?count=exact")).await.expect(200);
    assert_eq!(list["count"]["value"], 0, "nothing was stored");
}

async fn a_patch_changes_what_it_names_and_null_clears(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let created = ann.create("customer", &json!({ "name": "a", "staff": 3, "notes": "first" })).await;
    let path = path_of("customer", &created);

    let changed = ann.patch(&path, &json!({ "staff": 4, "notes": null })).await.expect(200);

    assert_eq!(
        (&changed["name"], &changed["staff"], &changed["version"]),
        (&json!("a"), &json!(4), &json!(2))
    );
    assert!(changed["notes"].is_null(), "{changed:#}");
    let same = ann.patch(&path, &json!({ "staff": 4 })).await.expect(200);
    assert_eq!(same["version"], 2, "what changes nothing makes no version");
    ann.patch(&path, &json!({ "name": null })).await.violations(&["record.required /name"]);
}

async fn a_stale_if_match_is_refused_with_what_is_stored(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let path = path_of("customer", &ann.create("customer", &json!({ "name": "a" })).await);
    let mia = server.sign_in("mia").await;
    mia.patch(&path, &json!({ "name": "b", "cost": "5.00" })).await.expect(200);
    let with = |tag: &str, body: Value| ann.request(Method::PATCH, &path).header("if-match", tag).json(&body);

    let stale = ann.send(with("\"1\"", json!({ "name": "c" }))).await.problem(412, "record.stale");

    assert_eq!((&stale["given"], &stale["stored"]["name"]), (&json!(1), &json!("b")));
    assert!(stale["stored"].get("cost").is_none(), "a hidden field stays hidden: {stale:#}");
    let fresh = ann.send(with("\"2\"", json!({ "name": "c" }))).await.expect(200);
    assert_eq!(fresh["version"], 3);
}

async fn a_unique_value_is_taken_only_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    let first = mia.create("customer", &json!({ "name": "a", "phone": "139-1234-5678" })).await;

    ann.post(CUSTOMERS, &json!({ "name": "b", "phone": "13912345678" }))
        .await
        .violations(&["record.not_unique /phone"]);

    mia.delete(&path_of("customer", &first)).await.expect(204);
    ann.create("customer", &json!({ "name": "b", "phone": "13912345678" })).await;
    let back = mia.post(&format!("{}/restore", path_of("customer", &first)), &json!({})).await;
    back.violations(&["record.not_unique /phone"]);
}

async fn a_deleted_record_waits_in_the_bin(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let path = path_of("customer", &mia.create("customer", &json!({ "name": "a" })).await);

    mia.delete(&path).await.expect(204);

    mia.get(&path).await.problem(404, "record.not_found");
    assert_eq!(mia.get(CUSTOMERS).await.expect(200)["items"], json!([]));
    let bin = mia.get(&format!("{CUSTOMERS}?bin=true")).await.expect(200);
    assert_eq!(bin["items"].as_array().map(Vec::len), Some(1), "{bin:#}");
    mia.post(&format!("{path}/restore"), &json!({})).await.expect(204);
    assert_eq!(mia.get(&path).await.expect(200)["name"], "a");
}

async fn a_referenced_record_is_not_deleted(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let customer = mia.create("customer", &json!({ "name": "a" })).await;
    let friend = mia.create("customer", &json!({ "name": "b", "referrer": customer["id"] })).await;
    let order = mia.create("order", &json!({ "customer": customer["id"] })).await;

    let refused = mia.delete(&path_of("customer", &customer)).await;

    assert!(matches!(refused.status, 409 | 422), "{refused:?}");
    mia.delete(&path_of("order", &order)).await.expect(204);
    mia.delete(&path_of("customer", &customer)).await.expect(204);
    let friend = mia.record("customer", &friend).await;
    assert!(friend["referrer"].is_null(), "a relation that clears is cleared: {friend:#}");
    let unknown = json!({ "customer": "00000000-0000-7000-8000-000000000000" });
    mia.post("/api/entities/order/records", &unknown)
        .await
        .violations(&["record.unknown_reference /customer"]);
}

async fn the_same_idempotency_key_creates_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let with = |body: Value| ann.request(Method::POST, CUSTOMERS).header("idempotency-key", "k1").json(&body);

    let first = ann.send(with(json!({ "name": "a" }))).await.expect(201);
    let again = ann.send(with(json!({ "name": "a" }))).await;

    assert_eq!(again.header("location"), Some(path_of("customer", &first).as_str()));
    assert_eq!(again.expect(201), first);
    ann.send(with(json!({ "name": "b" }))).await.problem(409, "idempotency.mismatch");
    let list = ann.get(&format!("{CUSTOMERS}?count=exact")).await.expect(200);
    assert_eq!(list["count"]["value"], 1);
}

async fn hidden_fields_are_as_if_they_were_not_there(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    let id = ann.create("customer", &json!({ "name": "a" })).await;
    mia.patch(&path_of("customer", &id), &json!({ "cost": "9.00", "contract_no": "C1" })).await.expect(200);

    let seen = ann.record("customer", &id).await;

    assert!(seen.get("cost").is_none(), "{seen:#}");
    assert_eq!(seen["contract_no"], "C1");
    let path = path_of("customer", &id);
    ann.patch(&path, &json!({ "cost": "1.00" })).await.violations(&["record.unknown_field /cost"]);
    ann.patch(&path, &json!({ "contract_no": "C2" })).await.violations(&["record.read_only /contract_no"]);
    ann.get(&format!("{CUSTOMERS}?sort=cost")).await.problem(422, "query.unknown_field");
    ann.get(&format!("{CUSTOMERS}?sort=colour")).await.problem(422, "query.unknown_field");
    let app = ann.get("/api/app").await.expect(200);
    assert!(app["entities"]["customer"]["schema"]["properties"].get("cost").is_none());
    let explained = ann.get(&format!("{path}/history")).await.expect(200);
    assert!(!explained.to_string().contains("\"cost\""), "{explained:#}");
}

async fn nobody_sees_what_belongs_to_somebody_else(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, bob, mia) =
        (server.sign_in("ann").await, server.sign_in("bob").await, server.sign_in("mia").await);
    let path = path_of("customer", &ann.create("customer", &json!({ "name": "a" })).await);

    bob.get(&path).await.problem(404, "record.not_found");
    bob.patch(&path, &json!({ "name": "b" })).await.problem(404, "record.not_found");
    bob.get(&format!("{path}/history")).await.problem(404, "record.not_found");
    bob.get(&format!("{path}/timeline")).await.problem(404, "record.not_found");
    bob.get(&format!("{path}/explain")).await.problem(404, "record.not_found");
    assert_eq!(bob.get(CUSTOMERS).await.expect(200)["items"], json!([]));
    assert_eq!(mia.get(&path).await.expect(200)["name"], "a");
    let refused = ann.delete(&path).await;
    assert!(matches!(refused.status, 403 | 404), "{refused:?}");
    server.unknown().get(&path).await.problem(401, "session.required");
}

async fn values_that_hide_are_cleared(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let fields = json!({ "name": "a", "industry": "cosmetics", "skin_type": "dry" });
    let path = path_of("customer", &ann.create("customer", &fields).await);

    let changed = ann.patch(&path, &json!({ "industry": "retail" })).await.expect(200);

    assert!(changed["skin_type"].is_null(), "{changed:#}");
    let asked = ann.patch(&path, &json!({ "newsletter": true })).await;
    asked.violations(&["record.required /email"]);
}

async fn warnings_are_told_and_confirmations_asked_for(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let customer = ann.create("customer", &json!({ "name": "a" })).await;
    let path = "/api/entities/order/records";

    let warned = ann.post(path, &json!({ "customer": customer["id"] })).await.expect(201);
    assert_eq!(warned["warnings"][0]["pointer"], "/lines", "{warned:#}");

    let large = json!({
        "customer": customer["id"], "lines": [{ "product": "柜台", "quantity": 1, "price": "60000.00" }],
    });
    let asked = ann.post(path, &large).await.problem(422, "rule.confirm");
    assert_eq!(asked["violations"][0]["rule"], "large_order", "{asked:#}");
    let confirmed = ann.request(Method::POST, path).header("x-kezhi-confirm", "large_order").json(&large);
    ann.send(confirmed).await.expect(201);

    let too_much = json!({ "customer": customer["id"], "discount": "1.00" });
    ann.post(path, &too_much).await.violations(&["rule.refused /discount"]);
}

async fn money_is_exact(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let customer = ann.create("customer", &json!({ "name": "a" })).await;
    let line = |price: &str| json!({ "product": "茶", "quantity": 1, "price": price });
    for _ in 0..3 {
        let order =
            json!({ "customer": customer["id"], "status": "paid", "lines": [line("0.10"), line("0.20")] });
        assert_eq!(ann.create("order", &order).await["amount"], "0.30");
    }

    let customer = ann.record("customer", &customer).await;

    assert_eq!((&customer["spent"], &customer["orders"]), (&json!("0.90"), &json!(3)));
    assert_eq!(customer["per_order"], "0.30");
    assert_eq!(customer["version"], 1, "what is derived moves without a version");
    let path = path_of("customer", &customer);
    ann.patch(&path, &json!({ "budget": 0.5 })).await.violations(&["record.wrong_type /budget"]);
    ann.patch(&path, &json!({ "budget": "1.005" })).await.violations(&["record.scale /budget"]);
}

async fn system_keys_are_refused_unless_they_say_what_is_stored(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let created = ann.create("customer", &json!({ "name": "a" })).await;
    let path = path_of("customer", &created);

    let mut whole = created.clone();
    whole["name"] = json!("b");
    ann.patch(&path, &whole).await.expect(200);

    ann.patch(&path, &json!({ "created_at": "2020-01-01T00:00:00.000Z" }))
        .await
        .violations(&["record.read_only /created_at"]);
    ann.patch(&path, &json!({ "spent": "5.00" })).await.violations(&["record.read_only /spent"]);
}

async fn history_and_timeline_tell_who_changed_what(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    let path = path_of("customer", &ann.create("customer", &json!({ "name": "a" })).await);
    mia.patch(&path, &json!({ "name": "b" })).await.expect(200);

    let history = ann.get(&format!("{path}/history")).await.expect(200);

    let newest = &history["items"][0];
    assert_eq!((&newest["by"]["name"], &newest["version"]), (&json!("米亚"), &json!(2)), "{history:#}");
    let change = &newest["changes"][0];
    assert_eq!(
        (&change["field"], &change["from"], &change["to"]),
        (&json!("name"), &json!("a"), &json!("b"))
    );
    let timeline = ann.get(&format!("{path}/timeline")).await.expect(200);
    let kinds: Vec<&str> =
        timeline["items"].as_array().into_iter().flatten().filter_map(|item| item["kind"].as_str()).collect();
    assert!(kinds.contains(&"created") && kinds.contains(&"updated"), "{timeline:#}");
}

async fn a_record_is_read_as_it_was(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let created = ann.create("customer", &json!({ "name": "a", "staff": 3 })).await;
    let path = path_of("customer", &created);
    let first = ann.patch(&path, &json!({ "name": "b" })).await.expect(200);
    let between = first["updated_at"].as_str().expect("a record tells when it changed").to_owned();
    // The next change must fall into a later millisecond.
    let after = |text: &str| {
        text.parse::<jiff::Timestamp>()
            .is_ok_and(|then| jiff::Timestamp::now() > then + jiff::SignedDuration::from_millis(1))
    };
    while !after(&between) {
        tokio::task::yield_now().await;
    }
    ann.patch(&path, &json!({ "name": "c", "staff": null, "email": "c@example.com" })).await.expect(200);

    let then = ann.get(&format!("{path}?as_of={between}")).await.expect(200);

    assert_eq!(
        (&then["name"], &then["staff"], &then["email"], &then["version"]),
        (&json!("b"), &json!(3), &Value::Null, &json!(2)),
        "{then:#}"
    );
    assert_eq!(then["value"], first["value"], "what is derived is as it was, too");
    ann.get(&format!("{path}?as_of=2001-01-01T00:00:00Z")).await.problem(404, "record.not_found");
    ann.get(&format!("{path}?as_of=yesterday")).await.problem(400, "query.moment");
}

async fn a_change_is_taken_back_once_and_only_while_it_stands(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let path = path_of("customer", &ann.create("customer", &json!({ "name": "a" })).await);
    ann.patch(&path, &json!({ "name": "b", "staff": 5 })).await.expect(200);
    let history = ann.get(&format!("{path}/history")).await.expect(200);
    let change = json!({ "change": history["items"][0]["seq"] });
    let items = history["items"].as_array().expect("a history has items");
    let creation = json!({ "change": items[items.len() - 1]["seq"] });
    let undo = format!("{path}/undo");

    ann.patch(&path, &json!({ "staff": 6 })).await.expect(200);
    let refused = ann.post(&undo, &change).await.problem(409, "record.changed_since");
    assert_eq!(refused["fields"], json!(["staff"]), "{refused:#}");
    ann.patch(&path, &json!({ "staff": 5 })).await.expect(200);
    let undone = ann.post(&undo, &change).await.expect(200);
    assert_eq!((&undone["name"], &undone["staff"]), (&json!("a"), &Value::Null), "{undone:#}");

    ann.post(&undo, &change).await.problem(409, "record.changed_since");
    ann.post(&undo, &creation).await.problem(409, "record.cannot_undo");
    ann.post(&undo, &json!({ "change": i64::MAX })).await.problem(404, "change.not_found");
}

async fn comments_stand_in_the_timeline(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let path = path_of("customer", &ann.create("customer", &json!({ "name": "a" })).await);

    ann.post(&format!("{path}/comments"), &json!({ "text": "喜欢乌龙茶" })).await.expect(201);

    let comments = ann.get(&format!("{path}/comments")).await.expect(200);
    assert_eq!(comments["items"][0]["comment"], "喜欢乌龙茶", "{comments:#}");
    let timeline = ann.get(&format!("{path}/timeline")).await.expect(200);
    assert!(
        timeline["items"].as_array().into_iter().flatten().any(|item| item["kind"] == "comment"),
        "{timeline:#}"
    );
}

async fn grades_say_why(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let customer = ann.create("customer", &json!({ "name": "a", "industry": "cosmetics" })).await;

    let explained = ann.get(&format!("{}/explain", path_of("customer", &customer))).await.expect(200);

    assert_eq!(
        customer["value"],
        json!({ "letter": "C", "score": 10, "reasons": ["重点行业"], "overridden": false })
    );
    let grade = &explained["grades"][0];
    assert_eq!((&grade["letter"], &grade["score"]), (&json!("C"), &json!(10)), "{explained:#}");
    let matched: Vec<&Value> =
        grade["rows"].as_array().into_iter().flatten().map(|row| &row["matched"]).collect();
    assert_eq!(matched, [&json!(false), &json!(false), &json!(true)]);
    assert_eq!(explained["computed"][0]["field"], "per_order", "{explained:#}");
    assert!(explained["access"]["read"].is_string(), "{explained:#}");
}

async fn people_talk_about_a_record_and_read_on(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, bob) = (server.sign_in("ann").await, server.sign_in("bob").await);
    let customer = ann.create("customer", &json!({ "name": "a", "staff": 0 })).await;
    let path = path_of("customer", &customer);
    let say = |text: &str| json!({ "text": text });
    ann.post(&format!("{path}/comments"), &say("first")).await.expect(201);
    for staff in 1..=120 {
        ann.patch(&path, &json!({ "staff": staff })).await.expect(200);
    }
    ann.post(&format!("{path}/comments"), &say("last")).await.expect(201);

    bob.post(&format!("{path}/comments"), &say("not mine")).await.problem(404, "record.not_found");
    bob.get(&format!("{path}/comments")).await.problem(404, "record.not_found");
    ann.post(&format!("{path}/comments"), &say(" ")).await.violations(&["comment.length /text"]);
    ann.post(&format!("{path}/comments"), &say("a\0b")).await.violations(&["record.text /text"]);

    let comments = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().into_iter().flatten();
        items.filter_map(|item| item["comment"].as_str().map(str::to_owned)).collect()
    };
    let first = ann.get(&format!("{path}/timeline")).await.expect(200);
    assert_eq!(comments(&first), ["last"], "what lies further back waits for its page");
    let next = first["next"].as_i64().expect("there is more");
    let second = ann.get(&format!("{path}/timeline?after={next}")).await.expect(200);
    assert_eq!(comments(&second), ["first"]);
    assert!(second["next"].is_null(), "{second:#}");
    let kinds = |page: &Value| {
        page["items"].as_array().into_iter().flatten().filter(|item| item["kind"] == "updated").count()
    };
    assert_eq!(kinds(&first) + kinds(&second), 120);
}

async fn a_record_in_approval_is_deleted_by_nobody(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let request = json!({ "subject": "tea", "way": "any", "amount": "1.00" });
    let request = ann.create("request", &request).await;
    kezhi_tests::wait::run(&ann, "request_any", &request, "running").await;

    admin.delete(&path_of("request", &request)).await.problem(409, "record.in_approval");
}
