//! `/api/sample`: sample data goes, what people made of it stays.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, TestServer, on_both};
use serde_json::{Value, json};

use super::files::{address, bytes_of, sent};

on_both!(
    records_that_stay_lose_what_pointed_at_sample_data,
    files_that_only_sample_records_hold_go_with_them,
    a_template_with_its_people_is_installed_before_there_is_an_administrator,
);

async fn records_that_stay_lose_what_pointed_at_sample_data(backend: Backend) {
    let server = TestServer::empty(backend).await;
    let setup = json!({ "title": "b2b", "login": "admin", "password": PASSWORD });
    server.unknown().post("/api/setup", &setup).await.expect(201);
    let admin = server.sign_in("admin").await;
    admin.post("/api/templates/b2b-sales/install", &json!({ "sample": true })).await.expect(201);
    let of = async |entity: &str| {
        let list = admin.get(&format!("/api/entities/{entity}/records?limit=1")).await.expect(200);
        list["items"][0].clone()
    };
    let contact = of("contact").await;
    let deal = json!({ "name": "mine", "account": contact["account"], "contact": contact["id"] });
    let deal = admin.create("opportunity", &deal).await;
    let other = json!({ "name": "untouched", "account": admin.create("account", &json!({ "name": "own" })).await["id"] });
    let other = admin.create("opportunity", &other).await;

    let removed = admin.delete("/api/sample").await.expect(200);
    assert!(removed["removed"].as_i64().is_some_and(|removed| removed > 50), "{removed:#}");

    let kept = admin.record("opportunity", &deal).await;
    assert_eq!(kept["name"], "mine");
    assert!(
        kept["account"].is_null() && kept["contact"].is_null(),
        "nothing points at what is gone: {kept:#}"
    );
    assert_eq!(kept["version"], json!(2));
    let history = admin.get(&format!("{}/history", path_of("opportunity", &deal))).await.expect(200);
    let changes = &history["items"].as_array().expect("items")[0]["changes"];
    let cleared = |field: &str| {
        let found = changes.as_array().into_iter().flatten().find(|change| change["field"] == field);
        found.map(|change| (change["from"].clone(), change["to"].clone()))
    };
    assert_eq!(cleared("account"), Some((contact["account"].clone(), Value::Null)), "{history:#}");
    assert_eq!(cleared("contact"), Some((contact["id"].clone(), Value::Null)), "{history:#}");
    let untouched = admin.record("opportunity", &other).await;
    assert_eq!((&untouched["version"], &untouched["account"]), (&json!(1), &other["account"]));
    assert_eq!(admin.get("/api/sample").await.expect(200)["records"], json!(0));
}

async fn files_that_only_sample_records_hold_go_with_them(backend: Backend) {
    let server = TestServer::empty(backend).await;
    let setup = json!({ "title": "b2b", "login": "admin", "password": PASSWORD });
    server.unknown().post("/api/setup", &setup).await.expect(201);
    let admin = server.sign_in("admin").await;
    admin.post("/api/templates/b2b-sales/install", &json!({ "sample": true })).await.expect(201);
    let mut account = admin.get("/api/draft/entities/account").await.expect(200);
    account["properties"]["papers"] = json!({ "title": "附件", "x-kind": "attachment" });
    let saved = admin.put("/api/draft/entities/account", account.to_string()).await;
    assert!(saved.status < 300, "{saved:?}");
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
    let (lost, kept) = (sent(&admin, "a.txt", "a").await, sent(&admin, "b.txt", "b").await);
    let list = admin.get("/api/entities/account/records?limit=1").await.expect(200);
    let papers = json!({ "papers": [lost, kept] });
    admin.patch(&path_of("account", &list["items"][0]), &papers).await.expect(200);
    admin.create("account", &json!({ "name": "own", "papers": [kept] })).await;

    admin.delete("/api/sample").await.expect(200);

    admin.get(&address(&lost)).await.problem(404, "file.not_found");
    assert_eq!(bytes_of(&admin, &address(&kept)).await, b"b", "another record holds it");
}

/// The straight path of a consultant: a new folder, one command.
async fn a_template_with_its_people_is_installed_before_there_is_an_administrator(backend: Backend) {
    let place = Place::empty(backend);
    let said =
        place.command(&["template", "install", "b2b-sales", "--sample"]).output().await.expect("it runs");
    assert!(said.status.success(), "{said:?}");
    let server = TestServer::on(place).await;
    let ma = server.unknown().sign_in("ma", "demo").await;
    let accounts = ma.get("/api/entities/account/records").await.expect(200);
    assert_ne!(accounts["items"], json!([]), "{accounts:#}");
}
