//! `POST /api/imports/{id}/undo`: what is taken back, what stays, and what another try does.

use kezhi_tests::client::path_of;
use kezhi_tests::files::{import, send};
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    what_hangs_on_a_record_keeps_it,
    an_undo_that_could_not_go_on_is_gone_on_with,
    an_import_gives_no_record_to_another_owner,
    a_file_under_a_key_is_imported_once,
);

/// Takes an import back; gives the job once it has ended.
async fn undo(client: &Client, job: &Value) -> Value {
    let id = job["id"].as_str().expect("a job has an id");
    let undo = client.post(&format!("/api/imports/{id}/undo"), &json!({})).await.expect(202);
    wait::job(client, &undo).await
}

async fn named(client: &Client, entity: &str) -> Vec<Value> {
    let list = client.get(&format!("/api/entities/{entity}/records?sort=name&limit=500")).await.expect(200);
    list["items"].as_array().cloned().unwrap_or_default()
}

async fn publish(admin: &Client, files: &[(&str, Value)]) {
    for (path, file) in files {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{path}: {saved:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
}

async fn what_hangs_on_a_record_keeps_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let club = json!({ "title": "会员", "x-title-field": "name", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "referrer": { "title": "介绍人", "x-kind": "relation", "x-relation": { "entity": "member" } },
    } });
    let card = json!({ "title": "卡", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "member": { "title": "会员", "x-kind": "relation", "x-relation": { "entity": "member", "on_delete": "cascade" } },
    } });
    publish(&admin, &[("entities/member", club), ("entities/card", card)]).await;
    let first = import(&admin, "member", "名称\n甲\n乙\n丙\n丁\n", &json!({})).await;
    let of = named(&admin, "member").await;
    let member = |name: &str| of.iter().find(|one| one["name"] == name).expect("it was imported");
    let card = admin.create("card", &json!({ "name": "卡", "member": member("乙")["id"] })).await;
    let said = format!("{}/comments", path_of("member", member("丙")));
    admin.post(&said, &json!({ "text": "已联系" })).await.expect(201);
    // What a row calls by name must have come in with an earlier slice.
    let between: String = (0..500).map(|number| format!("庚{number},\n")).collect();
    let second = format!("名称,介绍人\n戊,丁\n{between}己,戊\n");
    let second = import(&admin, "member", second, &json!({})).await;
    assert_eq!(second["result"]["created"], 502, "{second:#}");

    let undone = undo(&admin, &first).await;
    assert_eq!(
        (&undone["result"]["deleted"], &undone["errors"], &undone["state"]),
        (&json!(1), &json!(3), &json!("done")),
        "{undone:#}"
    );
    for row in undone["result"]["refused"].as_array().into_iter().flatten() {
        assert_eq!(row["problems"][0]["code"], "import.changed_since", "{undone:#}");
    }
    admin.get(&path_of("card", &card)).await.expect(200);
    for (name, status) in [("甲", 404), ("乙", 200), ("丙", 200), ("丁", 200)] {
        assert_eq!(admin.get(&path_of("member", member(name))).await.status, status, "{name}");
    }
    let undone = undo(&admin, &second).await;
    assert_eq!(
        (&undone["result"]["deleted"], &undone["errors"]),
        (&json!(502), &json!(0)),
        "rows of one import that point at each other go together: {undone:#}"
    );
}

async fn an_undo_that_could_not_go_on_is_gone_on_with(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let job = import(&mia, "customer", "名称\n甲\n乙\n", &json!({})).await;
    let undone = undo(&mia, &job).await;
    assert_eq!((&undone["state"], &undone["result"]["deleted"]), (&json!("done"), &json!(2)), "{undone:#}");
    let path = format!("/api/imports/{}/undo", job["id"].as_str().expect("an id"));
    mia.post(&path, &json!({})).await.problem(409, "import.undone");

    let (_, place) = server.stop().await;
    place.alter("UPDATE jobs SET state = 'failed' WHERE kind = 'undo'");
    let server = TestServer::on(place).await;
    let mia = server.sign_in("mia").await;
    let told = mia.get(&format!("/api/jobs/{}", job["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(told["result"]["undone_by"], Value::Null, "it may be pressed again: {told:#}");
    let again = undo(&mia, &job).await;
    assert_eq!(
        (&again["state"], &again["done"], &again["errors"]),
        (&json!("done"), &json!(0), &json!(0)),
        "what the first one did is not done again: {again:#}"
    );
    mia.post(&path, &json!({})).await.problem(409, "import.undone");
}

async fn an_import_gives_no_record_to_another_owner(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let hers = mia.create("customer", &json!({ "name": "甲", "phone": "13900000001" })).await;
    let file = "手机,负责人\n13900000001,ann\n";
    let job = import(&mia, "customer", file, &json!({ "mode": "update", "key": "phone" })).await;
    let told = &job["result"]["refused"][0]["problems"][0];
    assert_eq!((&told["code"], &told["pointer"]), (&json!("record.read_only"), &json!("/owner")), "{job:#}");
    assert_eq!(mia.record("customer", &hers).await["owner"], hers["owner"]);
}

async fn a_file_under_a_key_is_imported_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let keyed = async |text: &str| {
        let part = reqwest::multipart::Part::bytes(text.as_bytes().to_vec()).file_name("rows.csv");
        let form = reqwest::multipart::Form::new().text("options", "{}").part("file", part);
        let request = mia.request(Method::POST, "/api/entities/customer/import").multipart(form);
        mia.send(request.header("idempotency-key", "k1")).await
    };
    let first = keyed("名称\n甲\n").await;
    let again = keyed("名称\n甲\n").await;
    assert_eq!(
        (again.status, &again.body["id"]),
        (202, &first.body["id"]),
        "each with a boundary of its own"
    );
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    keyed("名称\n乙\n").await.problem(409, "idempotency.mismatch");
    let job = wait::job(&mia, &first.expect(202)).await;
    assert_eq!((&job["state"], named(&mia, "customer").await.len()), (&json!("done"), 1), "{job:#}");

    let path = format!("/api/imports/{}/undo", job["id"].as_str().expect("an id"));
    let back = async || mia.send(mia.request(Method::POST, &path).header("idempotency-key", "k2")).await;
    let (first, again) = (back().await, back().await);
    assert_eq!((first.status, again.status, &again.body["id"]), (202, 202, &first.body["id"]));
    let open = send(&mia, "customer", "名称,备注\n甲,\"x\n乙,y\n", &json!({})).await;
    let told = open.problem(400, "file.unreadable");
    assert!(told["detail"].as_str().is_some_and(|said| said.contains('2')), "{told:#}");
}
