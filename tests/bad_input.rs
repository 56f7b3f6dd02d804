//! What is not what it should be, each with its own clear answer.

use std::time::Duration;

use kezhi_tests::folder::Folder;
use kezhi_tests::server::{Place, kezhi};
use kezhi_tests::{Backend, Client, TestServer, image, on_both};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

on_both!(
    json_that_is_none,
    json_a_hundred_thousand_deep,
    a_body_of_another_shape,
    a_body_that_is_too_large,
    fields_and_entities_that_are_not_there,
    ids_that_are_none,
    texts_that_no_database_takes,
    a_cycle_of_computed_fields,
    a_workflow_node_that_leads_nowhere,
    a_script_that_never_ends,
    a_workbook_that_is_none,
);

const CUSTOMERS: &str = "/api/entities/customer/records";

async fn raw(client: &Client, body: impl Into<String>) -> kezhi_tests::Answer {
    let request =
        client.request(Method::POST, CUSTOMERS).header("content-type", "application/json").body(body.into());
    client.send(request).await
}

async fn json_that_is_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let told = raw(&ann, "{\n  \"name\": \"a\",\n}").await.problem(400, "body.not_json");
    assert!(
        told["detail"].as_str().is_some_and(|detail| detail.contains('3')),
        "it names the line: {told:#}"
    );
    raw(&ann, "{\"name\": \"a").await.problem(400, "body.not_json");
    raw(&ann, "\u{feff}{}").await.problem(400, "body.not_json");
    raw(&ann, "name=a").await.problem(400, "body.not_json");
    raw(&ann, "").await.violations(&["record.required /name"]);
}

async fn json_a_hundred_thousand_deep(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let deep =
        |open: &str, close: &str| format!("{{\"name\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));

    raw(&ann, deep("[", "]")).await.problem(400, "body.too_deep");
    raw(&ann, deep("{\"a\":", "}")).await.problem(400, "body.too_deep");
    raw(&ann, "[".repeat(100_000)).await.problem(400, "body.too_deep");
    ann.get("/api/me").await.expect(200);
    let admin = server.sign_in("admin").await;
    let refused = admin.put("/api/draft/entities/deep", deep("[", "]")).await;
    assert_eq!(refused.body["diagnostics"][0]["code"], "json.too_deep", "{refused:?}");
    admin.get("/api/me").await.expect(200);
}

async fn a_body_of_another_shape(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    raw(&ann, "[]").await.problem(400, "body.wrong_shape");
    raw(&ann, "\"name\"").await.problem(400, "body.wrong_shape");
    let batch = json!({ "operations": [{ "op": "explode" }] });
    ann.post("/api/entities/customer/batch", &batch).await.problem(400, "body.wrong_shape");
    ann.post("/api/session", &json!({ "login": "ann", "pass": "x" })).await.problem(400, "body.wrong_shape");
}

async fn a_body_that_is_too_large(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(11 * 1024 * 1024));

    raw(&ann, large).await.problem(413, "body.too_large");
}

async fn fields_and_entities_that_are_not_there(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    ann.post(CUSTOMERS, &json!({ "name": "a", "colour": "red" }))
        .await
        .violations(&["record.unknown_field /colour"]);
    ann.post(CUSTOMERS, &json!({ "name": 5 })).await.violations(&["record.wrong_type /name"]);
    ann.post("/api/entities/spaceship/records", &json!({})).await.problem(404, "entity.not_found");
    ann.get("/api/entities/sqlite_master/records").await.problem(404, "entity.not_found");
    ann.get("/api/nothing").await.problem(404, "page.not_found");
}

async fn ids_that_are_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    for id in ["1", "x'%20or%20'1'%3D'1", "00000000-0000-7000-8000-000000000000", "..%2F..%2Fetc"] {
        ann.get(&format!("{CUSTOMERS}/{id}")).await.problem(404, "record.not_found");
        ann.patch(&format!("{CUSTOMERS}/{id}"), &json!({ "name": "b" }))
            .await
            .problem(404, "record.not_found");
    }
    let mia = server.sign_in("mia").await;
    let path =
        kezhi_tests::client::path_of("customer", &mia.create("customer", &json!({ "name": "a" })).await);
    let request = mia.request(Method::PATCH, &path).header("if-match", "soon").json(&json!({ "name": "b" }));
    mia.send(request).await.problem(400, "record.etag");
}

async fn texts_that_no_database_takes(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    raw(&ann, r#"{"name": "a\u0000b"}"#).await.violations(&["record.text /name"]);
    raw(&ann, r#"{"name": "a\ud800"}"#).await.problem(400, "body.not_json");
    let odd = "'; DROP TABLE users; -- \" % _ \\ 😀 \u{202e}";
    let made = ann.create("customer", &json!({ "name": odd })).await;
    assert_eq!(made["name"], odd);
    let body = json!({ "where": { "field": "name", "op": "contains", "value": "% _ \\" } });
    let found = ann.post("/api/entities/customer/query", &body).await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    let none = ann
        .post(
            "/api/entities/customer/query",
            &json!({ "where": { "field": "name", "op": "contains", "value": "_a" } }),
        )
        .await;
    assert_eq!(none.expect(200)["items"], json!([]));
}

async fn findings(admin: &Client, path: &str, change: impl FnOnce(&mut Value)) -> Vec<Value> {
    let mut file = admin.get(&format!("/api/draft/{path}")).await.expect(200);
    change(&mut file);
    let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
    assert!(saved.status < 300, "a wrong definition is kept: {saved:?}");
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(422, "draft.invalid");
    let told = admin.post("/api/draft/check", &json!({})).await.expect(200);
    told["diagnostics"].as_array().cloned().unwrap_or_default()
}

async fn a_cycle_of_computed_fields(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;

    let told = findings(&admin, "entities/customer", |entity| {
        let computed = |of: &str| json!({ "title": "x", "x-kind": "computed", "x-result": "integer", "x-compute": format!("{of} + 1") });
        entity["properties"]["ping"] = computed("pong");
        entity["properties"]["pong"] = computed("ping");
    })
    .await;

    let text = serde_json::to_string(&told).expect("JSON");
    assert!(text.contains("cycle") && text.contains("ping") && text.contains("pong"), "{text}");
}

async fn a_workflow_node_that_leads_nowhere(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;

    let told = findings(&admin, "workflows/first_call", |workflow| {
        workflow["nodes"]["pause"]["next"] = json!("nowhere");
        workflow["nodes"]["visit"]["next"] = json!("elsewhere");
    })
    .await;

    let text = serde_json::to_string(&told).expect("JSON");
    assert!(told.iter().all(|found| found["path"] == "workflows/first_call.json"), "{text}");
    assert!(text.contains("nowhere") && text.contains("elsewhere"), "{text}");
}

async fn a_script_that_never_ends(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let rule = json!({
        "title": "无尽", "entity": "visit", "on": ["create"], "script": "endless.rhai", "level": "refuse",
        "field": "subject", "message": "x",
    });
    admin.put("/api/draft/rules/endless", rule.to_string()).await;
    admin
        .put(
            "/api/draft/rules/endless.rhai",
            "//! Never ends.\nlet n = 0;\nloop { n += 1; if n < 0 { break; } }\ntrue\n",
        )
        .await;
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);

    let fields = json!({ "subject": "a" });
    let asked = ann.post("/api/entities/visit/records", &fields);
    let refused = tokio::time::timeout(Duration::from_secs(30), asked).await.expect("it is stopped");

    refused.violations(&["rule.failed /subject"]);
    let other =
        tokio::time::timeout(Duration::from_secs(5), ann.create("customer", &json!({ "name": "a" }))).await;
    other.expect("everything else goes on");
}

async fn a_workbook_that_is_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let send = async |name: &str, bytes: Vec<u8>| {
        let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
        mia.send(mia.request(Method::POST, "/api/entities/customer/import").multipart(form)).await
    };

    for (name, bytes) in [
        ("客户.xlsx", b"PK\x03\x04 this is no workbook".to_vec()),
        ("客户.xlsx", vec![0xff; 4096]),
        ("empty.xlsx", Vec::new()),
    ] {
        let refused = send(name, bytes).await;
        assert!((400..500).contains(&refused.status), "{name}: {refused:?}");
        assert!(
            refused.body["code"].is_string()
                && refused.body["detail"].as_str().is_some_and(|said| !said.is_empty()),
            "{refused:?}"
        );
    }
    let list = mia.get(&format!("{CUSTOMERS}?count=exact")).await.expect(200);
    assert_eq!(list["count"]["value"], 0);
}

/// Runs a command that must end with this code and say one clear line that holds `what`.
async fn refused(place: &Place, arguments: &[&str], code: i32, what: &str) {
    let ended = tokio::time::timeout(Duration::from_secs(30), place.command(arguments).output()).await;
    let output = ended.expect("it does not hang").expect("the binary can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(what), "`{said}` does not say {what}");
    assert!(said.lines().count() <= 3 && !said.contains("panicked"), "not a clear line: {said}");
}

#[tokio::test]
async fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = taken.local_addr().expect("a bound socket has an address").to_string();
    let place = Place::empty(Backend::Sqlite);

    refused(&place, &["serve", "--listen", &address], 3, &address).await;
}

#[tokio::test]
async fn a_second_server_on_the_same_folder() {
    let server = TestServer::start(Backend::Sqlite).await;

    refused(server.place(), &["serve", "--listen", "127.0.0.1:0"], 3, "another process").await;

    server.sign_in("ann").await.get("/api/me").await.expect(200);
    refused(server.place(), &["plan", "/nowhere"], 1, "/nowhere").await;
}

#[tokio::test]
async fn a_database_that_does_not_answer() {
    let place = Place::empty(Backend::Sqlite);
    refused(&place, &["serve", "--listen", "127.0.0.1:0", "--database", "mysql://x"], 1, "mysql://x").await;
    let closed = "postgres://nobody@127.0.0.1:1/none";
    refused(&place, &["serve", "--listen", "127.0.0.1:0", "--database", closed], 3, "kezhi:").await;
}

#[tokio::test]
async fn a_database_from_a_newer_engine() {
    let place = image::of(Backend::Postgres).await.copy();
    place.alter("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_future', 0)");
    refused(&place, &["serve", "--listen", "127.0.0.1:0"], 3, "m29991231_000001_future").await;

    let place = image::of(Backend::Sqlite).await.copy();
    place.alter("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_future', 0)");
    refused(&place, &["serve", "--listen", "127.0.0.1:0"], 3, "m29991231_000001_future").await;
}

#[tokio::test]
async fn a_database_file_that_is_none() {
    let place = Place::empty(Backend::Sqlite);
    place.folder.write("workspaces/default.sqlite", "This is a letter, not a database. ".repeat(200));
    refused(&place, &["serve", "--listen", "127.0.0.1:0"], 3, "not a database").await;
}

#[tokio::test]
async fn commands_and_folders_that_are_not_there() {
    for (arguments, code) in [(["check", "/nowhere"], 1), (["dance", "now"], 2), (["serve", "--lisen"], 2)] {
        let output = kezhi(&arguments).await;
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let folder = Folder::new("definitions");
    folder.write("entities/customer.json", "{ \"title\": \"a\", ");
    let output = kezhi(&["check", &folder.path().to_string_lossy()]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + String::from_utf8_lossy(&output.stderr).as_ref();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("entities/customer.json:1:") && said.contains("json.syntax"), "{said}");
}
