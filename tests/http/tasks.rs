//! `/api/tasks` and `/api/runs`: approvals by any, all and in turn, tasks that people fill in.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use serde_json::{Value, json};

on_both!(
    one_approval_is_enough_for_any,
    one_rejection_ends_any,
    all_must_approve_and_one_veto_ends_it,
    in_turn_the_second_is_asked_after_the_first,
    a_closed_task_answers_with_its_state,
    a_task_is_only_for_whoever_it_is,
    what_a_task_demands_must_be_filled_in,
    a_task_is_handed_on,
    a_record_in_approval_waits,
    the_initiator_withdraws_before_anybody_acted,
    an_administrator_ends_a_run,
    decisions_come_in_batches,
    the_last_two_signers_at_the_same_moment,
);

async fn ask(client: &Client, way: &str) -> Value {
    client
        .create("request", &json!({ "subject": format!("采购 {way}"), "way": way, "amount": "100.00" }))
        .await
}

async fn act(client: &Client, task: &Value, verb: &str, body: Value) -> kezhi_tests::Answer {
    client.post(&format!("/api/tasks/{}/{verb}", task["id"].as_str().expect("a task has an id")), &body).await
}

async fn state(client: &Client, task: &Value) -> Value {
    let id = task["id"].as_str().expect("a task has an id");
    client.get(&format!("/api/tasks/{id}")).await.expect(200)["state"].clone()
}

async fn one_approval_is_enough_for_any(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia, noah) =
        (server.sign_in("ann").await, server.sign_in("mia").await, server.sign_in("noah").await);
    let request = ask(&ann, "any").await;
    let (for_mia, for_noah) = (wait::task(&mia, "审批 采购").await, wait::task(&noah, "审批 采购").await);
    assert_eq!((&for_mia["kind"], &for_mia["record"]["title"]), (&json!("approval"), &json!("采购 any")));

    let done = act(&mia, &for_mia, "approve", json!({ "comment": "可以", "fields": { "amount": "90.00" } }))
        .await
        .expect(200);

    assert_eq!((&done["state"], &done["comment"]), (&json!("approved"), &json!("可以")));
    let run = wait::run(&ann, "request_any", &request, "approved").await;
    let stored = ann.record("request", &request).await;
    assert_eq!((&stored["verdict"], &stored["amount"]), (&json!("approved"), &json!("90.00")));
    assert_eq!(state(&noah, &for_noah).await, "cancelled");
    let told = ann.get(&format!("/api/runs/{}", run["id"].as_str().expect("an id"))).await.expect(200);
    let nodes: Vec<&str> =
        told["path"].as_array().into_iter().flatten().filter_map(|step| step["node"].as_str()).collect();
    assert_eq!(nodes, ["ask", "accept", "approved"], "{told:#}");
    assert!(told["chart"].get("ask").is_some());
}

async fn one_rejection_ends_any(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    let request = ask(&ann, "any").await;
    let task = wait::task(&mia, "审批 采购").await;

    act(&mia, &task, "reject", json!({ "comment": "太贵" })).await.expect(200);

    wait::run(&ann, "request_any", &request, "rejected").await;
    assert_eq!(ann.record("request", &request).await["verdict"], "rejected");
}

async fn all_must_approve_and_one_veto_ends_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia, noah) =
        (server.sign_in("ann").await, server.sign_in("mia").await, server.sign_in("noah").await);
    let both = ask(&ann, "all").await;
    act(&mia, &wait::task(&mia, "审批 采购").await, "approve", json!({})).await.expect(200);
    wait::run(&ann, "request_all", &both, "running").await;
    act(&noah, &wait::task(&noah, "审批 采购").await, "approve", json!({})).await.expect(200);
    wait::run(&ann, "request_all", &both, "approved").await;

    let veto = ask(&ann, "all").await;
    let (for_mia, for_noah) = (wait::task(&mia, "审批 采购").await, wait::task(&noah, "审批 采购").await);
    act(&noah, &for_noah, "reject", json!({ "comment": "不行" })).await.expect(200);
    wait::run(&ann, "request_all", &veto, "rejected").await;
    let late = act(&mia, &for_mia, "approve", json!({})).await;
    late.problem(409, "task.closed");
}

async fn in_turn_the_second_is_asked_after_the_first(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia, noah) =
        (server.sign_in("ann").await, server.sign_in("mia").await, server.sign_in("noah").await);
    let request = ask(&ann, "sequential").await;
    // Whoever is asked first depends on the order of the role's people; exactly one of them is.
    let (first, second) = wait::until("the first of two", async || {
        for (one, other) in [(&mia, &noah), (&noah, &mia)] {
            let todo = async |client: &Client| {
                client.get("/api/tasks?box=todo").await.expect(200)["items"].as_array().map_or(0, Vec::len)
            };
            if todo(one).await == 1 {
                assert_eq!(todo(other).await, 0, "only one is asked at a time");
                return Some((one, other));
            }
        }
        None
    })
    .await;

    act(first, &wait::task(first, "审批 采购").await, "approve", json!({})).await.expect(200);
    act(second, &wait::task(second, "审批 采购").await, "approve", json!({})).await.expect(200);

    wait::run(&ann, "request_sequential", &request, "approved").await;
}

async fn a_closed_task_answers_with_its_state(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    ask(&ann, "any").await;
    let task = wait::task(&mia, "审批 采购").await;
    let stale = act(&mia, &task, "approve", json!({ "revision": 99 })).await;
    stale.problem(409, "task.revision");
    act(&mia, &task, "approve", json!({ "revision": task["revision"] })).await.expect(200);

    let again = act(&mia, &task, "reject", json!({ "comment": "反悔" })).await.problem(409, "task.closed");

    assert!(again.to_string().contains("approved"), "it says how it stands: {again:#}");
    let done = mia.get("/api/tasks?box=done").await.expect(200);
    assert_eq!(done["items"][0]["id"], task["id"], "{done:#}");
}

async fn a_task_is_only_for_whoever_it_is(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, bob, mia) =
        (server.sign_in("ann").await, server.sign_in("bob").await, server.sign_in("mia").await);
    ask(&ann, "any").await;
    let task = wait::task(&mia, "审批 采购").await;

    act(&bob, &task, "approve", json!({})).await.problem(404, "task.not_found");
    act(&mia, &task, "dance", json!({})).await.problem(404, "page.not_found");
    let list = bob.get("/api/tasks?box=todo").await.expect(200);
    assert_eq!(list["items"], json!([]));
    let started = ann.get("/api/tasks?box=started").await.expect(200);
    assert!(
        started["items"][0]["task"].is_null() && started["items"][0]["workflow"] == "request_any",
        "{started:#}"
    );
}

async fn what_a_task_demands_must_be_filled_in(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let customer = ann.create("customer", &json!({ "name": "春风" })).await;
    let task = wait::task(&ann, "联系 春风").await;
    assert_eq!((&task["kind"], &task["fields"]["notes"]), (&json!("task"), &json!("required")));

    act(&ann, &task, "complete", json!({ "outcome": "reached" }))
        .await
        .violations(&["record.required /notes"]);
    act(&ann, &task, "complete", json!({ "fields": { "notes": "好" } }))
        .await
        .violations(&["task.outcome_missing /outcome"]);
    let other = json!({ "outcome": "reached", "fields": { "notes": "好", "name": "x" } });
    act(&ann, &task, "complete", other).await.violations(&["record.unknown_field /name"]);
    act(&ann, &task, "complete", json!({ "outcome": "reached", "fields": { "notes": "好" } }))
        .await
        .expect(200);

    wait::run(&ann, "first_call", &customer, "done").await;
    assert_eq!(ann.record("customer", &customer).await["notes"], "好");
    let visits = ann.get("/api/entities/visit/records").await.expect(200);
    assert_eq!(visits["items"][0]["customer"], customer["id"], "{visits:#}");
    let timeline = ann.get(&format!("{}/timeline", path_of("customer", &customer))).await.expect(200);
    let kinds: Vec<&str> =
        timeline["items"].as_array().into_iter().flatten().filter_map(|item| item["kind"].as_str()).collect();
    for kind in ["run_started", "task_opened", "task_done", "run_ended"] {
        assert!(kinds.contains(&kind), "{kind} is missing in {timeline:#}");
    }
}

async fn a_task_is_handed_on(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, bob) = (server.sign_in("ann").await, server.sign_in("bob").await);
    ann.create("customer", &json!({ "name": "春风" })).await;
    let task = wait::task(&ann, "联系 春风").await;
    let bobs = bob.get("/api/me").await.expect(200)["id"].clone();

    act(&ann, &task, "transfer", json!({ "to": bobs })).await.expect(200);

    let handed = wait::task(&bob, "联系 春风").await;
    assert_eq!(handed["assignee"]["name"], "鲍勃", "{handed:#}");
    let todo = ann.get("/api/tasks?box=todo").await.expect(200);
    assert_eq!(todo["items"], json!([]));
    act(&bob, &handed, "complete", json!({ "outcome": "reached", "fields": { "notes": "好" } }))
        .await
        .expect(200);
}

async fn a_record_in_approval_waits(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    let request = ask(&ann, "any").await;
    let task = wait::task(&mia, "审批 采购").await;
    let path = path_of("request", &request);

    ann.patch(&path, &json!({ "amount": "1.00" })).await.problem(409, "record.in_approval");

    act(&mia, &task, "approve", json!({})).await.expect(200);
    wait::run(&ann, "request_any", &request, "approved").await;
    ann.patch(&path, &json!({ "amount": "1.00" })).await.expect(200);
}

async fn the_initiator_withdraws_before_anybody_acted(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, bob, mia) =
        (server.sign_in("ann").await, server.sign_in("bob").await, server.sign_in("mia").await);
    let request = ask(&ann, "all").await;
    let task = wait::task(&mia, "审批 采购").await;
    let run = wait::run(&ann, "request_all", &request, "running").await;
    let path = format!("/api/runs/{}/withdraw", run["id"].as_str().expect("an id"));

    bob.post(&path, &json!({})).await.problem(404, "run.not_found");
    let withdrawn = ann.post(&path, &json!({})).await.expect(200);

    assert_eq!(withdrawn["state"], "withdrawn");
    act(&mia, &task, "approve", json!({})).await.problem(409, "task.closed");

    let request = ask(&ann, "all").await;
    act(&mia, &wait::task(&mia, "审批 采购").await, "approve", json!({})).await.expect(200);
    let run = wait::run(&ann, "request_all", &request, "running").await;
    let late =
        ann.post(&format!("/api/runs/{}/withdraw", run["id"].as_str().expect("an id")), &json!({})).await;
    late.problem(409, "run.too_late");
}

async fn an_administrator_ends_a_run(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia, admin) =
        (server.sign_in("ann").await, server.sign_in("mia").await, server.sign_in("admin").await);
    let request = ask(&ann, "all").await;
    let task = wait::task(&mia, "审批 采购").await;
    let run = wait::run(&ann, "request_all", &request, "running").await;
    let path = format!("/api/runs/{}/terminate", run["id"].as_str().expect("an id"));

    ann.post(&path, &json!({ "reason": "x" })).await.problem(403, "access.denied");
    let ended = admin.post(&path, &json!({ "reason": "作废" })).await.expect(200);

    assert_eq!(ended["state"], "terminated");
    act(&mia, &task, "approve", json!({})).await.problem(409, "task.closed");
}

async fn decisions_come_in_batches(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    let mut tasks = Vec::new();
    for number in 0..3 {
        ann.create("request", &json!({ "subject": format!("第{number}件"), "way": "any" })).await;
        tasks.push(wait::task(&mia, &format!("审批 第{number}件")).await["id"].clone());
    }
    act(&mia, &json!({ "id": tasks[1] }), "approve", json!({})).await.expect(200);

    let operations: Vec<Value> = tasks.iter().map(|task| json!({ "task": task, "do": "approve" })).collect();
    let done = mia.post("/api/tasks/batch", &json!({ "operations": operations })).await.expect(200);

    let statuses: Vec<&Value> =
        done["results"].as_array().into_iter().flatten().map(|result| &result["status"]).collect();
    assert_eq!(statuses, [&json!(200), &json!(409), &json!(200)], "{done:#}");
}

async fn the_last_two_signers_at_the_same_moment(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia, noah) =
        (server.sign_in("ann").await, server.sign_in("mia").await, server.sign_in("noah").await);
    for round in 0..15 {
        let fields = json!({ "subject": format!("第{round}轮"), "way": "all" });
        let request = ann.create("request", &fields).await;
        let title = format!("审批 第{round}轮");
        let (for_mia, for_noah) = (wait::task(&mia, &title).await, wait::task(&noah, &title).await);
        let (one, two) = tokio::join!(
            act(&mia, &for_mia, "approve", json!({})),
            act(&noah, &for_noah, "approve", json!({}))
        );
        one.expect(200);
        two.expect(200);
        wait::run(&ann, "request_all", &request, "approved").await;
    }
}
