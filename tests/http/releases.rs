//! `/api/releases`: what was published stays, and can come back.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use serde_json::{Value, json};

on_both!(
    an_earlier_release_comes_back_as_a_new_one,
    a_run_keeps_the_workflow_it_started_under,
    what_stands_against_a_field_is_told_before_it_changes,
    only_living_values_that_may_be_read_stand_against_a_field,
    a_column_of_a_table_may_be_required_later,
    whoever_restores_a_release_needs_what_its_draft_would_need,
    a_publication_that_is_refused_leaves_nothing_of_it_behind,
);

async fn an_earlier_release_comes_back_as_a_new_one(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let first = admin.get("/api/app").await.expect(200)["release"].clone();
    let mut entity = admin.get("/api/draft/entities/customer").await.expect(200);
    entity["required"] = json!(["name", "phone"]);
    admin.put("/api/draft/entities/customer", entity.to_string()).await;
    admin.post("/api/draft/publish", &json!({ "note": "手机必填" })).await.expect(201);
    let path = "/api/entities/customer/records";
    ann.post(path, &json!({ "name": "a" })).await.violations(&["record.required /phone"]);

    let back = admin.post(&format!("/api/releases/{first}/restore"), &json!({})).await.expect(201);

    ann.create("customer", &json!({ "name": "a" })).await;
    let list = admin.get("/api/releases").await.expect(200);
    let told: Vec<(&Value, &Value)> = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|release| (&release["number"], &release["live"]))
        .collect();
    assert_eq!(told[0], (&back["number"], &json!(true)), "the newest first: {list:#}");
    assert_eq!(told.iter().filter(|(_, live)| **live == json!(true)).count(), 1, "{list:#}");
    assert_eq!(list["items"][1]["note"], "手机必填");
    let files = admin.get(&format!("/api/releases/{first}")).await.expect(200);
    assert!(files["files"]["entities/customer.json"].is_string(), "{files:#}");
    admin.get("/api/releases/99").await.problem(404, "release.not_found");
}

async fn a_run_keeps_the_workflow_it_started_under(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let old = ann.create("customer", &json!({ "name": "旧客" })).await;
    let task = wait::task(&ann, "联系 旧客").await;
    let mut workflow = admin.get("/api/draft/workflows/first_call").await.expect(200);
    workflow["nodes"]["call"]["title"] = json!("致电 {{ record.name }}");
    workflow["nodes"]["visit"]["set"]["subject"] = json!("新式拜访");
    admin.put("/api/draft/workflows/first_call", workflow.to_string()).await;
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);

    let new = ann.create("customer", &json!({ "name": "新客" })).await;
    let second = wait::task(&ann, "致电 新客").await;
    for task in [&task, &second] {
        let path = format!("/api/tasks/{}/complete", task["id"].as_str().expect("an id"));
        ann.post(&path, &json!({ "outcome": "reached", "fields": { "notes": "好" } })).await.expect(200);
    }

    for (customer, subject) in [(&old, "首次拜访"), (&new, "新式拜访")] {
        wait::run(&ann, "first_call", customer, "done").await;
        let body = json!({ "where": { "field": "customer", "op": "eq", "value": customer["id"] } });
        let visits = ann.post("/api/entities/visit/query", &body).await.expect(200);
        assert_eq!(visits["items"][0]["subject"], subject, "{visits:#}");
    }
}

async fn what_stands_against_a_field_is_told_before_it_changes(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    for (name, email) in [("甲", "a@acme.example"), ("乙", "a@acme.example"), ("丙", "c@acme.example")] {
        ann.create("customer", &json!({ "name": name, "email": email })).await;
    }
    ann.create("customer", &json!({ "name": "丁" })).await;
    let entity = admin.get("/api/draft/entities/customer").await.expect(200);

    let mut unique = entity.clone();
    unique["properties"]["email"]["x-unique"] = json!(true);
    admin.put("/api/draft/entities/customer", unique.to_string()).await;
    let refused = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    let refused = refused.problem(409, "draft.not_unique");
    let standing = &refused["standing"][0];
    assert_eq!((&standing["field"], &standing["count"]), (&json!("email"), &json!(2)), "{refused:#}");
    let mut titles: Vec<&str> = standing["examples"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|example| example["title"].as_str())
        .collect();
    titles.sort_unstable();
    assert_eq!(titles, ["乙", "甲"]);
    ann.create("customer", &json!({ "name": "戊", "email": "a@acme.example" })).await;

    let mut required = entity.clone();
    required["required"] = json!(["name", "email"]);
    admin.put("/api/draft/entities/customer", required.to_string()).await;
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let told = (&plan["standing"][0]["count"], &plan["standing"][0]["examples"][0]["title"]);
    assert_eq!(told, (&json!(1), &json!("丁")), "{plan:#}");
    let asked = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    assert_eq!(asked.problem(409, "draft.needs_confirm")["destructive"][0]["id"], "require:customer.email");
    let confirmed = json!({ "note": "", "confirm": ["require:customer.email"] });
    admin.post("/api/draft/publish", &confirmed).await.expect(201);
    ann.post("/api/entities/customer/records", &json!({ "name": "己" }))
        .await
        .violations(&["record.required /email"]);
}

/// An author who sees their own customers only.
async fn builder(server: &TestServer, admin: &Client) -> Client {
    let right = json!({ "create": true, "read": "own", "update": "own" });
    let role = json!({ "title": "作者", "entities": { "customer": right, "order": right }, "may": ["use_builder", "publish"] });
    admin.put("/api/draft/roles/author", role.to_string()).await;
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
    let person = json!({ "login": "author", "name": "author", "password": PASSWORD, "roles": ["author"] });
    admin.post("/api/users", &person).await.expect(201);
    server.unknown().sign_in("author", PASSWORD).await
}

fn titles(standing: &Value) -> Vec<String> {
    let examples = standing["examples"].as_array().into_iter().flatten();
    let mut titles: Vec<String> =
        examples.map(|example| example["title"].as_str().unwrap_or_default().to_owned()).collect();
    titles.sort_unstable();
    titles
}

async fn only_living_values_that_may_be_read_stand_against_a_field(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let author = builder(&server, &admin).await;
    // Nulls share nothing, and what lies in the bin stands against nothing.
    for name in ["空", "无"] {
        author.create("customer", &json!({ "name": name })).await;
    }
    let first = author.create("customer", &json!({ "name": "甲", "email": "a@acme.example" })).await;
    let gone = mia.create("customer", &json!({ "name": "旧", "email": "a@acme.example" })).await;
    mia.delete(&path_of("customer", &gone)).await.expect(204);
    let entity = author.get("/api/draft/entities/customer").await.expect(200);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut changed = entity.clone();
        change(&mut changed);
        changed.to_string()
    };
    let unique = with(&|entity| entity["properties"]["email"]["x-unique"] = json!(true));

    let second = mia.create("customer", &json!({ "name": "别人的", "email": "a@acme.example" })).await;
    author.put("/api/draft/entities/customer", unique.clone()).await;
    let refused =
        author.post("/api/draft/publish", &json!({ "note": "" })).await.problem(409, "draft.not_unique");
    assert_eq!(
        (&refused["standing"][0]["count"], titles(&refused["standing"][0])),
        (&json!(2), vec!["甲".to_owned()])
    );
    assert_eq!(refused["standing"][0]["examples"][0]["id"], first["id"], "{refused:#}");
    mia.patch(&path_of("customer", &second), &json!({ "email": "b@acme.example" })).await.expect(200);
    author.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);

    mia.post("/api/entities/customer/records", &json!({ "name": "新", "email": "a@acme.example" }))
        .await
        .violations(&["record.not_unique /email"]);
    author.create("customer", &json!({ "name": "没有" })).await;
    mia.post(&format!("{}/restore", path_of("customer", &gone)), &json!({}))
        .await
        .violations(&["record.not_unique /email"]);

    let required = with(&|entity| {
        entity["properties"]["email"]["x-unique"] = json!(true);
        entity["required"] = json!(["name", "email"]);
    });
    mia.create("customer", &json!({ "name": "也没有" })).await;
    author.put("/api/draft/entities/customer", required).await;
    let plan = author.post("/api/draft/plan", &json!({})).await.expect(200);
    let told = (&plan["standing"][0]["count"], titles(&plan["standing"][0]));
    assert_eq!(told, (&json!(4), vec!["无".to_owned(), "没有".to_owned(), "空".to_owned()]), "{plan:#}");
}

async fn a_column_of_a_table_may_be_required_later(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let mut entity = admin.get("/api/draft/entities/order").await.expect(200);
    entity["properties"]["lines"]["items"]["properties"]["batch"] =
        json!({ "title": "批号", "x-kind": "text" });
    let required = |entity: &mut Value, keys: Value| {
        entity["properties"]["lines"]["items"]["required"] = keys;
        entity.to_string()
    };
    let before = required(&mut entity, json!(["product", "quantity", "price"]));
    admin.put("/api/draft/entities/order", before).await;
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
    let customer = mia.create("customer", &json!({ "name": "a" })).await;
    let row = |batch: Value| json!({ "product": "p", "quantity": 1, "price": "1.00", "batch": batch });
    let order = |rows: Value| json!({ "customer": customer["id"], "lines": rows });
    let lacks = mia.create("order", &order(json!([row(json!("1")), row(Value::Null)]))).await;
    mia.create("order", &order(json!([row(json!("2"))]))).await;
    mia.create("order", &order(json!([]))).await;
    let gone = mia.create("order", &order(json!([row(Value::Null)]))).await;
    mia.delete(&path_of("order", &gone)).await.expect(204);

    let after = required(&mut entity, json!(["product", "quantity", "price", "batch"]));
    admin.put("/api/draft/entities/order", after).await;
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let standing = &plan["standing"];
    assert_eq!((standing.as_array().map(Vec::len), &standing[0]["count"]), (Some(1), &json!(1)), "{plan:#}");
    assert_eq!(
        (&standing[0]["field"], &standing[0]["title"]),
        (&json!("lines.batch"), &json!("明细 · 批号"))
    );
    assert_eq!(standing[0]["examples"][0]["id"], lacks["id"], "{plan:#}");
    let asked =
        admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(409, "draft.needs_confirm");
    assert_eq!(asked["destructive"][0]["id"], "require:order.lines.batch", "{asked:#}");
    let confirmed = json!({ "note": "", "confirm": ["require:order.lines.batch"] });
    admin.post("/api/draft/publish", &confirmed).await.expect(201);
    mia.post("/api/entities/order/records", &order(json!([row(Value::Null)])))
        .await
        .violations(&["record.required /lines/0/batch"]);
}

async fn whoever_restores_a_release_needs_what_its_draft_would_need(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let first = admin.get("/api/app").await.expect(200)["release"].clone();
    let author = builder(&server, &admin).await;
    let second = admin.get("/api/app").await.expect(200)["release"].clone();
    let mut entity = author.get("/api/draft/entities/customer").await.expect(200);
    entity["title"] = json!("老客户");
    author.put("/api/draft/entities/customer", entity.to_string()).await.expect(200);
    author.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);

    // The first had other roles; an earlier one might give somebody back what was taken from them.
    for body in [json!({}), json!({ "dry_run": true })] {
        let refused = author.post(&format!("/api/releases/{first}/restore"), &body).await;
        refused.problem(403, "access.denied");
    }
    author.post(&format!("/api/releases/{second}/restore"), &json!({})).await.expect(201);
    author.get("/api/releases/first").await.problem(404, "release.not_found");
}

async fn a_publication_that_is_refused_leaves_nothing_of_it_behind(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let customer = admin.create("customer", &json!({ "name": "甲", "email": "a@acme.example" })).await;
    for _ in 0..2 {
        admin.create("visit", &json!({ "subject": "同", "customer": customer["id"] })).await;
    }
    for (entity, field) in [("customer", "email"), ("visit", "subject")] {
        let mut file = admin.get(&format!("/api/draft/entities/{entity}")).await.expect(200);
        file["properties"][field]["x-unique"] = json!(true);
        admin.put(&format!("/api/draft/entities/{entity}"), file.to_string()).await.expect(200);
    }
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(409, "draft.not_unique");

    // Under the live release a mail address may be that of two.
    admin.create("customer", &json!({ "name": "乙", "email": "a@acme.example" })).await;
}
