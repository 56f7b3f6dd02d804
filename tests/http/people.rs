//! `/api/users` and `/api/departments`.

use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, TestServer, on_both};
use serde_json::json;

on_both!(
    an_administrator_hires_and_lets_go,
    a_login_is_taken_only_once,
    who_may_not_manage_people_does_not,
    the_last_administrator_stays,
    departments_form_a_tree,
    an_address_is_checked_and_shown_to_those_who_manage_people,
    nobody_moves_themselves_to_another_department,
);

async fn an_administrator_hires_and_lets_go(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let person =
        json!({ "login": "zoe", "name": "佐伊", "password": PASSWORD, "roles": ["clerk"], "manager": "mia" });

    let zoe = admin.post("/api/users", &person).await.expect(201);
    assert!(zoe.get("password").is_none(), "a password is never told: {zoe:#}");
    let client = server.sign_in("zoe").await;
    client.get("/api/me").await.expect(200);

    let path = format!("/api/users/{}", zoe["id"].as_str().expect("an id"));
    admin.patch(&path, &json!({ "active": false })).await.expect(200);
    client.get("/api/me").await.problem(401, "session.required");
    let again = json!({ "login": "zoe", "password": PASSWORD });
    server.unknown().post("/api/session", &again).await.problem(401, "session.wrong_password");
}

async fn a_login_is_taken_only_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;

    let twice = json!({ "login": "ANN", "name": "x", "password": PASSWORD, "roles": ["clerk"] });
    admin.post("/api/users", &twice).await.violations(&["user.login_taken /login"]);
    let unknown = json!({ "login": "zoe", "name": "x", "password": PASSWORD, "roles": ["wizard"] });
    admin.post("/api/users", &unknown).await.violations(&["user.unknown_role /roles"]);
}

async fn who_may_not_manage_people_does_not(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, mia) = (server.sign_in("ann").await, server.sign_in("mia").await);
    let person = json!({ "login": "zoe", "name": "x", "password": PASSWORD, "roles": ["admin"] });

    ann.post("/api/users", &person).await.problem(403, "access.denied");
    let me = mia.get("/api/me").await.expect(200);
    let path = format!("/api/users/{}", me["id"].as_str().expect("an id"));
    mia.patch(&path, &json!({ "roles": ["admin"] })).await.problem(403, "access.denied");
    ann.post("/api/departments", &json!({ "key": "d", "title": "d" })).await.problem(403, "access.denied");
}

async fn the_last_administrator_stays(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let me = admin.get("/api/me").await.expect(200);
    let path = format!("/api/users/{}", me["id"].as_str().expect("an id"));

    admin.patch(&path, &json!({ "active": false })).await.problem(409, "user.last_administrator");
    admin.patch(&path, &json!({ "roles": ["clerk"] })).await.problem(409, "user.last_administrator");
}

async fn departments_form_a_tree(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let top = admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    let shop = admin
        .post("/api/departments", &json!({ "key": "shop1", "title": "一店", "parent": "east" }))
        .await
        .expect(201);
    assert_eq!(shop["parent"], top["id"], "{shop:#}");

    let path = format!("/api/departments/{}", top["id"].as_str().expect("an id"));
    let cycle = admin.patch(&path, &json!({ "parent": "shop1" })).await;
    cycle.violations(&["department.cycle /parent"]);
    let list = admin.get("/api/departments").await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
}

async fn an_address_is_checked_and_shown_to_those_who_manage_people(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let person = |email: &str| json!({ "login": "zoe", "name": "z", "email": email, "password": PASSWORD, "roles": ["clerk"] });
    for wrong in ["zoe", "zoe@", "a b@example.com", "zoe@example.com\nBcc: all@example.com"] {
        admin.post("/api/users", &person(wrong)).await.violations(&["user.email /email"]);
    }
    let zoe = admin.post("/api/users", &person(" zoe@example.com ")).await.expect(201);
    assert_eq!(zoe["email"], "zoe@example.com");
    let path = format!("/api/users/{}", zoe["id"].as_str().expect("an id"));
    assert_eq!(admin.get(&path).await.expect(200)["email"], "zoe@example.com");
    assert!(ann.get(&path).await.expect(200).get("email").is_none(), "colleagues choose people by name");
    let list = ann.get("/api/users").await.expect(200);
    let shown: Vec<_> =
        list["items"].as_array().into_iter().flatten().filter(|user| user["email"].is_string()).collect();
    assert!(shown.len() == 1 && shown[0]["login"] == "ann", "{list:#}");
    assert!(admin.patch(&path, &json!({ "email": "" })).await.expect(200).get("email").is_none());

    let made =
        server.place().command(&["user", "create", "kim", "--email", "kim@example.com"]).output().await;
    assert!(made.is_ok_and(|made| made.status.success()));
    let list = admin.get("/api/users").await.expect(200);
    assert!(
        list["items"].as_array().into_iter().flatten().any(|user| user["email"] == "kim@example.com"),
        "{list:#}"
    );
}

async fn nobody_moves_themselves_to_another_department(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    let me = ann.get("/api/me").await.expect(200);
    let path = format!("/api/users/{}", me["id"].as_str().expect("an id"));

    for change in
        [json!({ "department": "east" }), json!({ "manager": "noah" }), json!({ "must_change": false })]
    {
        ann.patch(&path, &change).await.problem(403, "access.denied");
    }
    ann.patch(&path, &json!({ "name": "安安" })).await.expect(200);
}
