//! A customer list as 用友 U8 exports it goes into the retail template: the right rows in, graded, their follow-up
//! waiting; the wrong ones told cell by cell.

use std::time::{Duration, Instant};

use kezhi_tests::files::{import, send};
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer, image, on_both, workbook};
use serde_json::{Value, json};

/// The longest that two thousand runs may take to start.
const PATIENCE: Duration = Duration::from_secs(180);

on_both!(a_customer_list_goes_in_and_leads_to_work, what_is_no_list_is_refused_with_the_reason);

async fn a_customer_list_goes_in_and_leads_to_work(backend: Backend) {
    let server = shop(backend).await;
    let zhao = server.sign_in("zhao").await;

    let tried = import(&zhao, "customer", workbook::bytes(), &json!({ "dry_run": true })).await;
    assert_eq!(
        (&tried["result"]["created"], &tried["errors"], &tried["total"]),
        (&json!(1_960), &json!(40), &json!(workbook::ROWS))
    );
    told_as_expected(&tried["result"]);
    assert_eq!(count(&zhao, &json!({})).await, 0, "a trial stores nothing");

    let imported = import(&zhao, "customer", workbook::bytes(), &json!({})).await;
    assert_eq!((&imported["done"], &imported["state"]), (&json!(workbook::ROWS), &json!("done")));
    let result = &imported["result"];
    assert_eq!((&result["created"], &result["unmapped"]), (&json!(1_960), &json!(workbook::UNMAPPED)));
    told_as_expected(result);

    assert_eq!(count(&zhao, &json!({})).await, 1_960);
    let ungraded = json!({ "field": "value", "op": "empty" });
    assert_eq!(count(&zhao, &ungraded).await, 0, "every customer is graded on the way in");
    as_written(&zhao).await;
    work_waits(&server).await;

    let again =
        import(&zhao, "customer", workbook::bytes(), &json!({ "key": "code", "dry_run": true })).await;
    assert_eq!(
        (&again["result"]["created"], &again["result"]["unchanged"]),
        (&json!(0), &json!(1_960)),
        "{:?}",
        again["result"]["refused"][0]
    );
}

async fn what_is_no_list_is_refused_with_the_reason(backend: Backend) {
    let server = shop(backend).await;
    let zhao = server.sign_in("zhao").await;
    for bytes in [
        b"PK\x03\x04 half a workbook".to_vec(),
        b"\x89PNG\r\n\x00".to_vec(),
        "甲,乙\n1,2\n".into(),
        Vec::new(),
    ] {
        let answer = send(&zhao, "customer", bytes, &json!({})).await;
        answer.problem(400, "file.unreadable");
    }
    let clerk = server.sign_in("li").await;
    send(&clerk, "customer", workbook::bytes(), &json!({})).await.problem(403, "access.denied");
}

/// The retail template without its sample data, and the people that the list names.
async fn shop(backend: Backend) -> TestServer {
    let server = TestServer::plain(Place::empty(backend)).await;
    let setup = json!({ "title": "零售", "login": "admin", "password": image::PASSWORD });
    server.unknown().post("/api/setup", &setup).await.expect(201);
    let admin = server.sign_in("admin").await;
    admin.post("/api/templates/retail-membership/install", &json!({ "sample": false })).await.expect(201);
    let people = [
        ("zhao", "赵敏", "headquarters"),
        ("li", workbook::CLERKS[0], "clerk"),
        ("chen", workbook::CLERKS[1], "clerk"),
    ];
    for (login, name, role) in people {
        let person = json!({ "login": login, "name": name, "password": image::PASSWORD, "roles": [role] });
        admin.post("/api/users", &person).await.expect(201);
    }
    server
}

async fn count(caller: &Client, condition: &Value) -> i64 {
    let mut question = json!({ "limit": 1, "count": "exact" });
    if condition.as_object().is_some_and(|condition| !condition.is_empty()) {
        question["where"] = condition.clone();
    }
    let page = caller.post("/api/entities/customer/query", &question).await.expect(200);
    page["count"]["value"].as_i64().expect("a count was asked for")
}

/// Every wrong cell is told by its row, column and code, in words, and nothing else is.
fn told_as_expected(imported: &Value) {
    let refused = imported["refused"].as_array().expect("a list of rows");
    let told: Vec<(u64, Vec<(&str, &str)>)> = refused
        .iter()
        .map(|row| {
            let problems = row["problems"].as_array().expect("a list of problems").iter();
            let mut cells: Vec<(&str, &str)> = problems
                .map(|problem| {
                    assert!(!problem["message"].as_str().unwrap_or_default().is_empty(), "{problem}");
                    (problem["column"].as_str().unwrap_or("?"), problem["code"].as_str().unwrap_or("?"))
                })
                .collect();
            cells.sort_unstable();
            (row["row"].as_u64().unwrap_or(0), cells)
        })
        .collect();
    let expected: Vec<(u64, Vec<(&str, &str)>)> =
        workbook::broken().into_iter().map(|(row, cells)| (u64::from(row), cells.to_vec())).collect();
    assert_eq!(told, expected);
}

/// Codes, phones, amounts and dates are what the sheet shows, however Excel stored them.
async fn as_written(caller: &Client) {
    let question = |code: &str| json!({ "where": { "field": "code", "op": "eq", "value": code } });
    for (code, wanted) in [
        (
            "600003",
            json!({ "phone": "13900000003", "credit_limit": "13000.50", "category": "corporate", "address": "中山路 4 号" }),
        ),
        (
            "600004",
            json!({ "phone": "13900000004", "joined_on": "2018-01-05", "category": "individual", "region": "southwest" }),
        ),
        ("600007", json!({ "joined_on": "2025-08-08", "landline": "025-80000007" })),
    ] {
        let page = caller.post("/api/entities/customer/query", &question(code)).await.expect(200);
        for (field, value) in wanted.as_object().into_iter().flatten() {
            assert_eq!(&page["items"][0][field], value, "{field} of {code}: {page}");
        }
    }
}

/// Whoever the list names has a welcome to give to each of their customers.
async fn work_waits(server: &TestServer) {
    let mut people = Vec::new();
    for login in ["li", "chen"] {
        people.push(server.sign_in(login).await);
    }
    let begin = Instant::now();
    loop {
        let mut waiting = 0;
        for person in &people {
            let page = person.get("/api/tasks?box=todo&limit=1").await.expect(200);
            waiting += page["count"]["value"].as_i64().unwrap_or(0);
        }
        if waiting == 1_960 {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{waiting} tasks wait after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
