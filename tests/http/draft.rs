//! `/api/draft`: definitions are edited, checked and published while people work.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_wrong_definition_is_kept_and_explained,
    malformed_json_is_refused,
    what_is_published_holds_one_request_later,
    two_authors_do_not_overwrite_each_other,
    what_loses_something_needs_a_word,
    the_plan_says_what_would_change,
    who_may_not_build_does_not,
    publishing_while_people_work,
    a_grade_is_tried_before_it_is_published,
);

const CUSTOMER: &str = "/api/draft/entities/customer";

/// The customer entity as the draft has it, changed.
async fn edited(admin: &Client, change: impl FnOnce(&mut Value)) -> String {
    let mut entity = admin.get(CUSTOMER).await.expect(200);
    change(&mut entity);
    serde_json::to_string_pretty(&entity).expect("JSON")
}

async fn publish(admin: &Client) -> Value {
    admin.post("/api/draft/publish", &json!({ "note": "a test" })).await.expect(201)
}

async fn a_wrong_definition_is_kept_and_explained(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let text = edited(&admin, |entity| {
        entity["properties"]["per_order"]["x-compute"] = json!("spent / colours");
        entity["properties"]["staff"]["x-show"] = json!({ "field": "colour", "op": "eq", "value": "red" });
    })
    .await;

    let saved = admin.put(CUSTOMER, text.clone()).await;

    assert!(matches!(saved.status, 200 | 201), "{saved:?}");
    let diagnostics = saved.body["diagnostics"].as_array().cloned().unwrap_or_default();
    assert!(diagnostics.len() >= 2, "every finding is told: {saved:?}");
    for found in &diagnostics {
        assert_eq!(
            (&found["path"], &found["severity"]),
            (&json!("entities/customer.json"), &json!("error")),
            "{found:#}"
        );
        assert!(found["line"].as_u64().is_some_and(|line| line > 1) && found["column"].is_u64(), "{found:#}");
        assert!(
            found["code"].is_string() && found["message"].is_string() && found["help"].is_string(),
            "{found:#}"
        );
    }
    assert_eq!(admin.get(CUSTOMER).await.expect(200), serde_json::from_str::<Value>(&text).expect("JSON"));
    let checked = admin.post("/api/draft/check", &json!({})).await.expect(200);
    assert_eq!(checked["diagnostics"].as_array().map(Vec::len), Some(diagnostics.len()));
    let refused =
        admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(422, "draft.invalid");
    assert!(refused["diagnostics"].as_array().is_some_and(|found| !found.is_empty()), "{refused:#}");
    told_in_the_language_that_is_asked_for(&admin, &text).await;

    admin.post("/api/draft/discard", &json!({})).await.expect(200);
    assert_eq!(admin.get("/api/draft").await.expect(200)["items"], json!([]));
}

/// What is told while saving, checking and publishing is in the language of the request, its shape the same.
async fn told_in_the_language_that_is_asked_for(admin: &Client, text: &str) {
    for (language, chinese) in [("zh-CN", true), ("en", false)] {
        let asks = |method, path: &str| admin.request(method, path).header("accept-language", language);
        let publish = asks(Method::POST, "/api/draft/publish").json(&json!({ "note": "" }));
        for request in [
            asks(Method::PUT, CUSTOMER).body(text.to_owned()),
            asks(Method::POST, "/api/draft/check").json(&json!({})),
            publish,
        ] {
            let answer = admin.send(request).await;
            let found = answer.body["diagnostics"].as_array().cloned().unwrap_or_default();
            assert!(!found.is_empty(), "{answer:?}");
            for one in found {
                let keys: Vec<_> = one.as_object().expect("an object").keys().map(String::as_str).collect();
                assert_eq!(
                    keys,
                    ["severity", "code", "message", "help", "path", "pointer", "line", "column"]
                );
                for side in ["message", "help"] {
                    let said = one[side].as_str().unwrap_or_default();
                    let is_han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
                    assert!(said.is_empty() || said.contains(is_han) == chinese, "{language}: {one:#}");
                }
            }
        }
    }
}

async fn malformed_json_is_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;

    let refused = admin.put(CUSTOMER, "{ \"title\": ").await;

    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(admin.get("/api/draft").await.expect(200)["items"], json!([]), "nothing was kept");
}

async fn what_is_published_holds_one_request_later(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let old = ann.create("customer", &json!({ "name": "a" })).await;
    let text = edited(&admin, |entity| {
        entity["properties"]["colour"] =
            json!({ "title": "颜色", "x-kind": "choice", "enum": ["red", "blue"] });
        entity["required"] = json!(["name", "colour"]);
    })
    .await;
    admin.put(CUSTOMER, text).await;
    let before = admin.get("/api/app").await.expect(200)["release"].clone();
    ann.post("/api/entities/customer/records", &json!({ "name": "b", "colour": "red" }))
        .await
        .violations(&["record.unknown_field /colour"]);

    // One customer has no colour yet; who publishes must say that they know.
    let known = json!({ "note": "", "confirm": ["require:customer.colour"] });
    let release = admin.post("/api/draft/publish", &known).await.expect(201);

    ann.post("/api/entities/customer/records", &json!({ "name": "b" }))
        .await
        .violations(&["record.required /colour"]);
    let made = ann.create("customer", &json!({ "name": "b", "colour": "red" })).await;
    assert_eq!(made["colour"], "red");
    assert_eq!(release["number"].as_i64(), before.as_i64().map(|number| number + 1));
    assert_eq!(ann.get("/api/app").await.expect(200)["release"], release["number"]);
    ann.patch(&path_of("customer", &old), &json!({ "colour": "blue" })).await.expect(200);
    let by_colour = r#"/api/entities/customer/query"#;
    let list = ann
        .post(
            by_colour,
            &json!({ "where": { "field": "colour", "op": "eq", "value": "blue" }, "sort": ["colour"] }),
        )
        .await
        .expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "a new field is found and sorted by");
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(409, "draft.empty");
}

async fn two_authors_do_not_overwrite_each_other(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let first = admin.get(CUSTOMER).await;
    let tag = first.header("etag").expect("a file has a tag").to_owned();
    let text = serde_json::to_string(&first.expect(200)).expect("JSON");
    let with = |text: String| admin.request(Method::PUT, CUSTOMER).header("if-match", &tag).body(text);

    let saved = admin.send(with(text.replace("客户", "会员"))).await;
    assert!(matches!(saved.status, 200 | 201), "{saved:?}");
    let stale = admin.send(with(text.replace("客户", "顾客"))).await.problem(412, "draft.stale");

    assert!(stale["theirs"].to_string().contains("会员"), "{stale:#}");
    assert!(
        stale["base"].to_string().contains("客户") && stale["ours"].to_string().contains("顾客"),
        "{stale:#}"
    );
}

async fn what_loses_something_needs_a_word(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let customer = ann.create("customer", &json!({ "name": "a", "website": "https://a.example" })).await;
    let text = edited(&admin, |entity| {
        entity["properties"].as_object_mut().expect("an object").remove("website");
    })
    .await;
    admin.put(CUSTOMER, text).await;

    let asked =
        admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(409, "draft.needs_confirm");

    let steps: Vec<&Value> =
        asked["destructive"].as_array().into_iter().flatten().map(|step| &step["id"]).collect();
    assert_eq!(steps.len(), 1, "{asked:#}");
    admin.post("/api/draft/publish", &json!({ "note": "", "confirm": steps })).await.expect(201);
    assert!(ann.record("customer", &customer).await.get("website").is_none());
}

async fn the_plan_says_what_would_change(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    ann.create("customer", &json!({ "name": "a" })).await;
    let text = edited(&admin, |entity| entity["properties"]["notes"]["title"] = json!("备忘")).await;
    admin.put(CUSTOMER, text).await;

    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);

    assert!(plan["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{plan:#}");
    assert_eq!(plan["destructive"], json!([]));
    let list = admin.get("/api/draft").await.expect(200);
    assert_eq!(
        (&list["items"][0]["path"], &list["items"][0]["state"]),
        (&json!("entities/customer.json"), &json!("changed"))
    );
    let all = admin.get("/api/draft?all=1").await.expect(200);
    assert!(all["items"].as_array().is_some_and(|items| items.len() > 15), "{all:#}");
}

async fn who_may_not_build_does_not(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    ann.get("/api/draft").await.problem(403, "access.denied");
    ann.put(CUSTOMER, "{}").await.problem(403, "access.denied");
    ann.post("/api/draft/publish", &json!({ "note": "" })).await.problem(403, "access.denied");
    ann.get("/api/releases").await.problem(403, "access.denied");
}

async fn publishing_while_people_work(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let working = async |client: Client| {
        let mut made = 0;
        for number in 0..60 {
            let answer =
                client.post("/api/entities/customer/records", &json!({ "name": format!("n{number}") })).await;
            assert_eq!(answer.status, 201, "nobody notices a publication: {answer:?}");
            made += 1;
        }
        made
    };
    let publishing = async {
        for number in 0..5 {
            let text = edited(&admin, |entity| {
                entity["properties"][format!("extra_{number}")] =
                    json!({ "title": "更多", "x-kind": "text" });
            })
            .await;
            admin.put(CUSTOMER, text).await;
            publish(&admin).await;
        }
    };

    let (one, two, ()) = tokio::join!(working(ann.clone()), working(ann.clone()), publishing);

    let list = ann.get("/api/entities/customer/records?count=exact&limit=1").await.expect(200);
    assert_eq!(list["count"]["value"], one + two);
}

async fn a_grade_is_tried_before_it_is_published(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let customer = ann.create("customer", &json!({ "name": "a", "industry": "food" })).await;
    let mut grade = admin.get("/api/draft/grades/customer_value").await.expect(200);
    grade["method"]["table"][2]["when"]["value"] = json!("food");
    grade["method"]["table"][2]["points"] = json!(80);

    let tried = admin
        .post("/api/grades/customer_value/try", &json!({ "grade": grade, "record": customer["id"] }))
        .await
        .expect(200);

    assert_eq!(
        (&tried["letter"], &tried["score"], &tried["rows"][2]["matched"]),
        (&json!("A"), &json!(80), &json!(true))
    );
    let live =
        admin.post("/api/grades/customer_value/try", &json!({ "record": customer["id"] })).await.expect(200);
    assert_eq!((&live["letter"], &live["score"]), (&json!("C"), &json!(0)));
    assert_eq!(ann.record("customer", &customer).await["value"]["letter"], "C", "trying stores nothing");
}
