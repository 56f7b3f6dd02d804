//! People and departments from files: trials, errors by row, superiors further down, and the whole file or what is right.

use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Answer, Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_list_of_people_is_tried_and_stored,
    a_list_of_departments_makes_a_tree,
    what_is_wrong_is_told_by_row_and_the_rest_goes_in,
    a_list_gives_no_more_than_whoever_sends_it_may,
);

async fn send(client: &Client, kind: &str, file: impl Into<Vec<u8>>, dry_run: bool) -> Answer {
    let path = format!("/api/{kind}/import?dry_run={dry_run}&name=list.csv");
    let request = client.request(Method::POST, &path).header("content-type", "text/csv").body(file.into());
    client.send(request).await
}

async fn person(client: &Client, login: &str) -> Value {
    let list = client.get("/api/users").await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().find(|user| user["login"] == login).unwrap_or_default()
}

async fn a_list_of_people_is_tried_and_stored(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    let file = "登录名,姓名,邮箱,角色,部门,直属上级,在职,工号\n\
                wang,王强,wang@example.com,店长,,,是,1\n\
                liting,李婷,lt@example.com,clerk,华东,王强,是,2\n\
                ann,安安,ann@example.com,,华东,wang,,3\n";
    // 店长 is a title; roles are named by their keys.
    let tried = send(&admin, "users", file, true).await.expect(200);
    assert_eq!(
        (&tried["errors"], &tried["refused"][0]["problems"][0]["code"]),
        (&json!(3), &json!("user.unknown_role")),
        "{tried:#}"
    );
    let file = file.replace("店长", "manager");
    let tried = send(&admin, "users", file.clone(), true).await.expect(200);
    assert_eq!(
        (&tried["dry_run"], &tried["created"], &tried["updated"], &tried["errors"]),
        (&json!(true), &json!(2), &json!(1), &json!(0)),
        "{tried:#}"
    );
    assert_eq!(tried["ignored"], json!(["工号"]));
    assert!(person(&admin, "liting").await.is_null(), "a trial stores nothing");

    let stored = send(&admin, "users", format!("\u{feff}{file}"), false).await.expect(200);
    assert_eq!((&stored["dry_run"], &stored["created"]), (&json!(false), &json!(2)), "{stored:#}");
    let (liting, wang) = (person(&admin, "liting").await, person(&admin, "wang").await);
    assert_eq!((&liting["manager"], &liting["state"]), (&wang["id"], &json!("invited")), "{liting:#}");
    let ann = person(&admin, "ann").await;
    assert_eq!(
        (&ann["name"], &ann["roles"], &ann["manager"]),
        (&json!("安安"), &json!(["clerk"]), &wang["id"])
    );
    let again = send(&admin, "users", file, false).await.expect(200);
    assert_eq!((&again["unchanged"], &again["updated"]), (&json!(3), &json!(0)), "{again:#}");
    server.unknown().sign_in("ann", PASSWORD).await.get("/api/me").await.expect(200);
}

async fn a_list_of_departments_makes_a_tree(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let file = "名称,标识,上级部门,负责人,副职\n\
                一店,shop1,华东,ann,bob、mia\n\
                华东,east,,mia,\n\
                绕圈,loop,绕圈,,\n\
                无上级,lost,没有,,\n";
    let stored = send(&admin, "departments", file, false).await.expect(200);
    assert_eq!((&stored["created"], &stored["errors"]), (&json!(2), &json!(2)), "{stored:#}");
    let codes: Vec<&str> = stored["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| row["problems"][0]["code"].as_str())
        .collect();
    assert_eq!(codes, ["department.cycle", "user.unknown_department"]);
    let list = admin.get("/api/departments").await.expect(200);
    let shop = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|found| found["key"] == "shop1")
        .cloned()
        .unwrap_or_default();
    let east = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|found| found["key"] == "east")
        .cloned()
        .unwrap_or_default();
    assert_eq!(
        (&shop["parent"], shop["deputies"].as_array().map(Vec::len)),
        (&east["id"], Some(2)),
        "{list:#}"
    );
    let moved = send(&admin, "departments", "标识,上级部门\neast,shop1\n", false).await.expect(200);
    assert_eq!((&moved["errors"], &moved["updated"]), (&json!(1), &json!(0)), "{moved:#}");
}

async fn what_is_wrong_is_told_by_row_and_the_rest_goes_in(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let file = "login,name,email,active,manager\n\
                zoe,Zoe,zoe@example.com,yes,nobody\n\
                kim,Kim,not an address,yes,\n\
                kim,Kim,kim@example.com,yes,\n\
                lee,Lee,lee@example.com,perhaps,\n\
                max,Max,max@example.com,yes,zoe\n\
                ida,Ida,ida@example.com,no,mia\n";
    let stored = send(&admin, "users", file, false).await.expect(200);
    let told: Vec<String> = stored["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| format!("{} {}", row["row"], row["problems"][0]["code"].as_str().unwrap_or("?")))
        .collect();
    assert_eq!(
        told,
        [
            "2 user.unknown_person",
            "3 user.email",
            "4 import.key_repeated",
            "5 people.active",
            "6 user.unknown_person"
        ],
        "{stored:#}"
    );
    assert_eq!(stored["refused"][0]["problems"][0]["column"], "E");
    assert_eq!(stored["created"], 1);
    assert_eq!(person(&admin, "ida").await["state"], "frozen");
    send(&admin, "users", "x,y\n1,2\n", true).await.violations(&["people.no_header "]);
    send(&admin, "users", "", true).await.problem(400, "file.unreadable");
    send(&admin, "users", b"\xff\xfe\x00".to_vec(), true).await.problem(400, "file.unreadable");
    let many = format!("login\n{}", (0..5_001).map(|at| format!("p{at}\n")).collect::<String>());
    send(&admin, "users", many, true).await.violations(&["people.too_many_rows "]);
    let freezing = send(&admin, "users", "login,active\nadmin,no\n", false).await;
    freezing.problem(409, "user.last_administrator");
    let ann = server.sign_in("ann").await;
    send(&ann, "users", "login\nx\n", true).await.problem(403, "access.denied");
}

async fn a_list_gives_no_more_than_whoever_sends_it_may(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    admin
        .put("/api/draft/roles/hr", json!({ "title": "人事", "may": ["manage_users"] }).to_string())
        .await
        .expect(201);
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let hana = json!({ "login": "hana", "name": "Hana", "password": PASSWORD, "roles": ["hr"] });
    admin.post("/api/users", &hana).await.expect(201);
    let hana = server.sign_in("hana").await;
    let file = "login,name,email,roles\nevil,Evil,e@example.com,admin\nadmin,Boss,evil@example.com,\nplain,Plain,p@example.com,\n";
    let stored = send(&hana, "users", file, false).await.expect(200);
    let codes: Vec<&str> = stored["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| row["problems"][0]["code"].as_str())
        .collect();
    assert_eq!(
        (codes, &stored["created"]),
        (vec!["access.denied", "access.denied"], &json!(1)),
        "{stored:#}"
    );
    assert!(person(&admin, "admin").await.get("email").is_none());
}
