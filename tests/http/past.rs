//! What was: a record as of a moment, and changes taken back, where that must tell no more than today.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    records_that_point_in_a_circle_are_read_as_they_were,
    a_secret_that_is_none_any_more_is_not_taken_back,
    nobody_is_named_who_stands_in_a_hidden_field,
);

async fn publish(admin: &Client, files: &[(&str, Value)]) {
    for (path, file) in files {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{path}: {saved:?}");
    }
    let steps = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let confirm: Vec<&Value> =
        steps["destructive"].as_array().into_iter().flatten().map(|step| &step["id"]).collect();
    let answer = admin.post("/api/draft/publish", &json!({ "note": "", "confirm": confirm })).await;
    assert_eq!(answer.status, 201, "{answer:?} {steps:#}");
}

async fn records_that_point_in_a_circle_are_read_as_they_were(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let friend = json!({ "title": "会员", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "referrer": { "title": "介绍人", "x-kind": "relation", "x-relation": { "entity": "friend" } },
        "by": { "title": "介绍人名称", "x-kind": "lookup", "x-lookup": { "via": "referrer", "field": "name" } },
    } });
    publish(&admin, &[("entities/friend", friend)]).await;
    let one = admin.create("friend", &json!({ "name": "一" })).await;
    let two = admin.create("friend", &json!({ "name": "二", "referrer": one["id"] })).await;
    let (one_path, two_path) = (path_of("friend", &one), path_of("friend", &two));
    admin.patch(&one_path, &json!({ "referrer": two["id"] })).await.expect(200);
    let own = admin.create("friend", &json!({ "name": "三" })).await;
    let own = admin.patch(&path_of("friend", &own), &json!({ "referrer": own["id"] })).await.expect(200);
    let at = own["updated_at"].as_str().expect("an instant").to_owned();
    // What comes later comes at a later instant.
    while admin.create("friend", &json!({ "name": "四" })).await["created_at"] == own["updated_at"] {}
    admin.patch(&two_path, &json!({ "name": "改" })).await.expect(200);

    for (path, by) in [(&one_path, "二"), (&two_path, "一"), (&path_of("friend", &own), "三")] {
        let then = admin.get(&format!("{path}?as_of={at}")).await.expect(200);
        assert_eq!(then["by"], by, "{then:#}");
    }
}

async fn a_secret_that_is_none_any_more_is_not_taken_back(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let vault = |kind: &str| {
        json!({ "title": "保险箱", "properties": {
            "name": { "title": "名称", "x-kind": "text" }, "pin": { "title": "口令", "x-kind": kind },
        } })
    };
    publish(&admin, &[("entities/vault", vault("secret"))]).await;
    let record = admin.create("vault", &json!({ "name": "一", "pin": "canary 1" })).await;
    let path = path_of("vault", &record);
    admin.patch(&path, &json!({ "pin": "canary 2" })).await.expect(200);
    let history = admin.get(&format!("{path}/history")).await.expect(200);
    let change = json!({ "change": history["items"][0]["seq"] });
    publish(&admin, &[("entities/vault", vault("text"))]).await;

    let undone = admin.post(&format!("{path}/undo"), &change).await;
    assert!(undone.status >= 400 && !undone.body.to_string().contains("canary"), "{undone:?}");
    let told = admin.get(&path).await.expect(200);
    assert!(!told.to_string().contains("canary"), "{told:#}");
}

async fn nobody_is_named_who_stands_in_a_hidden_field(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let file = json!({ "title": "额度", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "approver": { "title": "审批人", "x-kind": "person" },
    } });
    let read = json!({ "read": true, "fields": { "approver": "hidden" } });
    let role = json!({ "title": "看", "entities": { "credit": read } });
    publish(&admin, &[("entities/credit", file), ("roles/looker", role)]).await;
    let person = json!({ "login": "looker", "name": "看客", "password": PASSWORD, "roles": ["looker"] });
    admin.post("/api/users", &person).await.expect(201);
    let (looker, mia) = (server.sign_in("looker").await, server.sign_in("mia").await);
    let mia = mia.get("/api/me").await.expect(200);
    let record = admin.create("credit", &json!({ "name": "一", "approver": mia["id"] })).await;

    for what in ["history", "timeline"] {
        let path = format!("{}/{what}", path_of("credit", &record));
        let told = looker.get(&path).await.expect(200);
        assert!(!told.to_string().contains(mia["id"].as_str().expect("an id")), "{told:#}");
        assert!(
            admin.get(&path).await.expect(200)["titles"].get(mia["id"].as_str().expect("an id")).is_some()
        );
    }
}
