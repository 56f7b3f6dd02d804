//! `POST /api/users/{id}/handover`: tasks, records, departments and people of somebody who leaves.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use serde_json::{Value, json};

on_both!(
    everything_of_somebody_who_leaves_goes_to_their_successor,
    work_is_divided_and_a_rule_may_hold_a_record_back,
    who_may_not_hand_over_does_not_and_wrong_successors_are_refused,
    workflows_that_name_whoever_left_ask_the_successor,
    a_voice_counts_once,
);

async fn person(client: &Client, login: &str) -> Value {
    let list = client.get("/api/users").await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().find(|user| user["login"] == login).expect("they are there")
}

fn handover(person: &Value) -> String {
    format!("/api/users/{}/handover", person["id"].as_str().expect("an id"))
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn everything_of_somebody_who_leaves_goes_to_their_successor(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann, bob) =
        (server.sign_in("admin").await, server.sign_in("ann").await, server.sign_in("bob").await);
    let east = admin.post("/api/departments", &json!({ "title": "华东", "head": "ann" })).await.expect(201);
    admin
        .post("/api/teams", &json!({ "title": "茶", "leader": "ann", "members": ["ann", "mia"] }))
        .await
        .expect(201);
    let (her, him) = (person(&admin, "ann").await, person(&admin, "bob").await);
    let noah = person(&admin, "noah").await;
    admin
        .patch(&format!("/api/users/{}", noah["id"].as_str().expect("an id")), &json!({ "manager": "ann" }))
        .await
        .expect(200);
    let mut customers = Vec::new();
    for at in 0..3 {
        customers.push(ann.create("customer", &json!({ "name": format!("n{at}") })).await);
    }
    ann.create("visit", &json!({ "subject": "tea" })).await;
    let theirs = bob.create("customer", &json!({ "name": "his" })).await;
    wait::task(&bob, "联系 his").await;
    for at in 0..3 {
        wait::task(&ann, &format!("联系 n{at}")).await;
    }

    let preview = admin.post(&handover(&her), &json!({ "dry_run": true })).await.expect(200);
    assert_eq!((&preview["tasks"], &preview["reports"]), (&json!(3), &json!(1)), "{preview:#}");
    let records = preview["records"].as_array().cloned().unwrap_or_default();
    let count = |entity: &str| {
        records.iter().find(|owned| owned["entity"] == entity).map(|owned| owned["count"].clone())
    };
    assert_eq!((count("customer"), count("visit"), count("order")), (Some(json!(3)), Some(json!(1)), None));
    assert_eq!(
        (&preview["departments"][0]["title"], &preview["teams"][0]["title"]),
        (&json!("华东"), &json!("茶"))
    );
    assert_eq!(ann.record("customer", &customers[0]).await["owner"], her["id"], "a trial moves nothing");

    let job = admin.post(&handover(&her), &json!({ "to": "bob" })).await.expect(202);
    let done = wait::job(&admin, &job).await;
    assert_eq!(
        (&done["state"], &done["done"], &done["errors"]),
        (&json!("done"), &json!(7), &json!(0)),
        "{done:#}"
    );
    let result = &done["result"];
    assert_eq!(
        (&result["tasks"], &result["records"]["customer"], &result["left"]),
        (&json!(3), &json!(3), &json!(true))
    );

    ann.get("/api/me").await.problem(401, "session.required");
    let gone = person(&admin, "ann").await;
    assert_eq!((&gone["state"], &gone["successor"]), (&json!("left"), &him["id"]), "{gone:#}");
    assert_eq!(bob.get("/api/tasks?box=todo").await.expect(200)["count"]["value"], 4);
    let moved = bob.record("customer", &customers[0]).await;
    assert_eq!(moved["owner"], him["id"]);
    let history = admin.get(&format!("{}/history", path_of("customer", &customers[0]))).await.expect(200);
    assert!(history.to_string().contains("handover"), "history tells how: {history:#}");
    assert_eq!(bob.record("customer", &theirs).await["version"], 1, "what was his stays as it is");
    let departments = admin.get("/api/departments").await.expect(200);
    assert_eq!((&departments["items"][0]["id"], &departments["items"][0]["head"]), (&east["id"], &him["id"]));
    assert_eq!(person(&admin, "noah").await["manager"], him["id"]);
    let again = admin.post(&handover(&her), &json!({ "dry_run": true })).await.expect(200);
    assert_eq!((&again["tasks"], &again["records"]), (&json!(0), &json!([])), "nothing is left with her");
    let verified = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(verified["differences"], 0, "{verified:#}");
}

async fn work_is_divided_and_a_rule_may_hold_a_record_back(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let rule = json!({ "title": "别动", "entity": "visit", "on": ["update"], "message": "这次拜访不能换人",
        "must": { "field": "subject", "op": "ne", "value": "stay" } });
    let saved = admin.put("/api/draft/rules/stay", rule.to_string()).await;
    assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    for at in 0..4 {
        ann.create("customer", &json!({ "name": format!("n{at}") })).await;
    }
    ann.create("visit", &json!({ "subject": "stay" })).await;
    ann.create("visit", &json!({ "subject": "go" })).await;
    let her = person(&admin, "ann").await;
    let body = json!({ "to": ["bob"], "entities": { "customer": ["mia", "noah"], "visit": ["bob"] }, "leave": false });
    let done = wait::job(&admin, &admin.post(&handover(&her), &body).await.expect(202)).await;
    assert_eq!(done["state"], "done", "{done:#}");
    assert_eq!(person(&admin, "ann").await["state"], "active", "whoever stays stays");
    ann.get("/api/me").await.expect(200);
    let owned = async |login: &str, entity: &str| {
        let who = person(&admin, login).await;
        let condition = json!({ "field": "owner", "op": "eq", "value": who["id"] });
        let body = json!({ "where": condition, "count": "exact" });
        admin.post(&format!("/api/entities/{entity}/query"), &body).await.expect(200)["count"]["value"]
            .clone()
    };
    assert_eq!((owned("mia", "customer").await, owned("noah", "customer").await), (json!(2), json!(2)));
    assert_eq!((owned("bob", "visit").await, owned("ann", "visit").await), (json!(1), json!(1)));
    assert_eq!(done["errors"], 1, "{done:#}");
    assert!(done["result"]["refused"].to_string().contains("这次拜访不能换人"), "{done:#}");
}

async fn who_may_not_hand_over_does_not_and_wrong_successors_are_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let (ann, boss) = (person(&admin, "ann").await, person(&admin, "admin").await);
    mia.post(&handover(&ann), &json!({ "dry_run": true })).await.problem(403, "access.denied");
    admin.post(&handover(&ann), &json!({})).await.violations(&["handover.successor /to"]);
    admin.post(&handover(&ann), &json!({ "to": ["ann"] })).await.violations(&["handover.successor /to"]);
    admin.post(&handover(&ann), &json!({ "to": ["nobody"] })).await.violations(&["user.unknown_person /to"]);
    admin.post(&handover(&boss), &json!({ "to": ["mia"] })).await.problem(409, "handover.own");
    admin.post("/api/users/none/handover", &json!({ "to": ["mia"] })).await.problem(404, "user.not_found");
    let bob = person(&admin, "bob").await;
    admin
        .patch(&format!("/api/users/{}", bob["id"].as_str().expect("an id")), &json!({ "active": false }))
        .await
        .expect(200);
    let wrong = json!({ "to": ["mia"], "tasks": ["bob"] });
    admin.post(&handover(&ann), &wrong).await.violations(&["handover.successor /tasks"]);
}

async fn workflows_that_name_whoever_left_ask_the_successor(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, bob) = (server.sign_in("admin").await, server.sign_in("bob").await);
    let workflow = json!({ "title": "看一眼", "entity": "visit", "trigger": { "on": "record_created" }, "start": "look",
        "settings": { "lock": false },
        "nodes": { "look": { "type": "task", "title": "看看 {{ record.subject }}", "assignees": [{ "person": "noah" }],
                             "outcomes": { "done": { "title": "好", "next": "end" } }, "next": "end" },
                   "end": { "type": "end", "outcome": "done" } } });
    let saved = admin.put("/api/draft/workflows/look", workflow.to_string()).await;
    assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let noah = person(&admin, "noah").await;
    let preview = admin.post(&handover(&noah), &json!({ "dry_run": true })).await.expect(200);
    assert_eq!(
        preview["assignments"][0],
        json!({ "workflow": "look", "title": "看一眼", "node": "look" }),
        "{preview:#}"
    );
    let done =
        wait::job(&admin, &admin.post(&handover(&noah), &json!({ "to": "bob" })).await.expect(202)).await;
    assert_eq!(done["state"], "done", "{done:#}");
    admin.create("visit", &json!({ "subject": "茶" })).await;
    wait::task(&bob, "看看 茶").await;

    let path = format!("/api/users/{}", noah["id"].as_str().expect("an id"));
    let back = admin.patch(&path, &json!({ "active": true })).await.expect(200);
    assert!(back["state"] == "active" && back.get("successor").is_none(), "{back:#}");
    admin.create("visit", &json!({ "subject": "酒" })).await;
    wait::task(&server.sign_in("noah").await, "看看 酒").await;
}

async fn a_voice_counts_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann, mia) =
        (server.sign_in("admin").await, server.sign_in("ann").await, server.sign_in("mia").await);
    let request = ann.create("request", &json!({ "subject": "采购", "way": "all", "amount": "1.00" })).await;
    let asked = wait::task(&mia, "审批 采购").await;
    let noah = person(&admin, "noah").await;
    let done =
        wait::job(&admin, &admin.post(&handover(&noah), &json!({ "to": "mia" })).await.expect(202)).await;
    assert_eq!((&done["state"], &done["errors"]), (&json!("done"), &json!(0)), "{done:#}");
    let tasks = mia.get("/api/tasks?box=todo").await.expect(200);
    assert_eq!(tasks["count"]["value"], 1, "she has a voice already: {tasks:#}");
    let path = format!("/api/tasks/{}/approve", asked["id"].as_str().expect("an id"));
    mia.post(&path, &json!({})).await.expect(200);
    wait::run(&ann, "request_all", &request, "approved").await;
}
