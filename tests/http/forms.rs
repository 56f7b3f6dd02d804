//! `/api/forms/{form}`: what a form says while somebody types, and what it stores.

use kezhi_tests::{Backend, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    a_form_comes_with_its_schema,
    evaluating_shows_hides_and_demands,
    a_submission_creates_and_changes,
    a_form_narrows_what_the_entity_allows,
    an_entity_without_a_form_has_a_generated_one,
);

async fn a_form_comes_with_its_schema(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let form = ann.get("/api/forms/customer").await.expect(200);

    assert_eq!((&form["entity"], &form["form"]["title"]), (&json!("customer"), &json!("客户")));
    let properties = &form["schema"]["properties"];
    assert!(properties.get("phone").is_some() && properties.get("cost").is_none(), "{properties:#}");
    let none = ann.get("/api/forms/nothing").await;
    none.problem(404, "form.not_found");
}

async fn evaluating_shows_hides_and_demands(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let evaluate = async |values: Value| {
        ann.post("/api/forms/customer/evaluate", &json!({ "values": values })).await.expect(200)
    };

    let cosmetics = evaluate(json!({ "name": "a", "industry": "cosmetics", "newsletter": true })).await;
    assert_eq!(
        (&cosmetics["visible"]["skin_type"], &cosmetics["required"]["email"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(cosmetics["required"]["phone"], true, "the form demands it");
    let food = evaluate(json!({ "name": "a", "industry": "food" })).await;
    assert_eq!((&food["visible"]["skin_type"], &food["required"]["email"]), (&json!(false), &json!(false)));
    assert_eq!(food["readonly"]["contract_no"], true);
    let wrong = evaluate(json!({ "name": "a", "staff": "many" })).await;
    assert!(
        wrong["violations"].as_array().into_iter().flatten().any(|one| one["pointer"] == "/staff"),
        "{wrong:#}"
    );
    let list = ann.get("/api/entities/customer/records").await.expect(200);
    assert_eq!(list["items"], json!([]), "evaluating stores nothing");
}

async fn a_submission_creates_and_changes(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let path = "/api/forms/customer/submissions";

    let made =
        ann.post(path, &json!({ "values": { "name": "a", "phone": "13900000001" } })).await.expect(201);
    let change = json!({ "record": made["id"], "version": 1, "values": { "name": "b" } });
    let changed = ann.post(path, &change).await.expect(200);

    assert_eq!((&changed["name"], &changed["version"]), (&json!("b"), &json!(2)));
    ann.post(path, &change).await.problem(412, "record.stale");
}

async fn a_form_narrows_what_the_entity_allows(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let path = "/api/forms/customer/submissions";

    let without = ann.post(path, &json!({ "values": { "name": "a" } })).await;
    without.violations(&["record.required /phone"]);
    let list = ann.get("/api/entities/customer/records").await.expect(200);
    assert_eq!(list["items"], json!([]));
}

async fn an_entity_without_a_form_has_a_generated_one(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let made = ann
        .post("/api/forms/visit/submissions", &json!({ "values": { "subject": "看店" } }))
        .await
        .expect(201);

    assert_eq!(made["subject"], "看店");
    let app = ann.get("/api/app").await.expect(200);
    assert!(app["forms"].get("visit").is_some() && app["views"].get("visit").is_some(), "{app:#}");
    assert_eq!(app["entities"]["customer"]["actions"]["delete"], false);
}
