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
