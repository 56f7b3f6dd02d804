//! Lists of people, departments that go, teams and positions, and who may give which role.

use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    people_are_found_by_what_they_are_called_and_where_they_are,
    a_department_goes_when_nobody_and_nothing_is_in_it,
    teams_share_what_roles_open_to_a_team,
    positions_come_and_go,
    nobody_gives_a_role_that_they_do_not_hold_nor_takes_over_who_holds_more,
    no_release_takes_the_last_manager_away,
    two_administrators_do_not_freeze_each_other,
);

async fn hire(admin: &Client, more: Value) -> Value {
    let mut person = json!({ "login": "zoe", "name": "佐伊", "password": PASSWORD, "roles": ["clerk"] });
    person.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    admin.post("/api/users", &person).await.expect(201)
}

fn path(person: &Value) -> String {
    format!("/api/users/{}", person["id"].as_str().expect("an id"))
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/users?{query}")).await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|user| user["login"].as_str().map(str::to_owned)).collect()
}

async fn people_are_found_by_what_they_are_called_and_where_they_are(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let east = admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    admin
        .post("/api/departments", &json!({ "key": "shop", "title": "一店", "parent": "east" }))
        .await
        .expect(201);
    admin.post("/api/positions", &json!({ "key": "seller", "title": "导购" })).await.expect(201);
    hire(&admin, json!({ "login": "liting", "name": "李婷", "email": "lt@shop.example.com", "department": "shop", "position": "seller" })).await;

    for question in
        ["q=%E5%A9%B7", "q=LITING", "q=lt", "q=shop.example", "department=east&below=true", "position=seller"]
    {
        assert_eq!(found(&admin, question).await, ["liting"], "{question}");
    }
    assert!(found(&admin, "department=east").await.is_empty());
    assert!(found(&ann, "q=shop.example").await.is_empty(), "an address that is not told finds nobody");
    assert_eq!(found(&admin, "role=manager").await, ["mia", "noah"]);
    assert!(found(&admin, "state=frozen").await.is_empty());

    let first = admin.get("/api/users?limit=2").await.expect(200);
    assert_eq!((&first["count"]["value"], first["items"].as_array().map(Vec::len)), (&json!(6), Some(2)));
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/users?limit=2&after={next}")).await.expect(200);
        all.extend(page["items"].as_array().cloned().unwrap_or_default());
        let Some(after) = page["next"].as_str() else { break };
        after.clone_into(&mut next);
    }
    let logins: Vec<&str> = all.iter().filter_map(|user| user["login"].as_str()).collect();
    assert_eq!(logins, ["admin", "ann", "bob", "liting", "mia", "noah"]);
    admin.get("/api/users?department=nowhere").await.violations(&["user.unknown_department /department"]);
    admin.get("/api/users?state=asleep").await.problem(400, "query.parameter");
    assert_eq!(east["people"], 0);
}

async fn a_department_goes_when_nobody_and_nothing_is_in_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let east = admin.post("/api/departments", &json!({ "title": "华东" })).await.expect(201);
    assert!(east["key"].as_str().is_some_and(|key| key.len() > 5), "a key is made: {east:#}");
    let id = east["id"].as_str().expect("an id");
    let deputies = json!({ "head": "mia", "deputies": ["noah", "ann"] });
    let path_of_east = format!("/api/departments/{id}");
    let led = admin.patch(&path_of_east, &deputies).await.expect(200);
    assert_eq!(led["deputies"].as_array().map(Vec::len), Some(2));
    let shop = admin.post("/api/departments", &json!({ "title": "一店", "parent": id })).await.expect(201);
    let zoe = hire(&admin, json!({ "department": shop["key"] })).await;

    let told = admin.delete(&path_of_east).await.problem(409, "department.in_use");
    assert_eq!((&told["people"], &told["departments"]), (&json!(0), &json!(1)));
    let path_of_shop = format!("/api/departments/{}", shop["id"].as_str().expect("an id"));
    mia.delete(&path_of_shop).await.problem(403, "access.denied");
    admin.delete(&path_of_shop).await.problem(409, "department.in_use");
    admin.patch(&path(&zoe), &json!({ "department": "" })).await.expect(200);
    admin.delete(&path_of_shop).await.expect(204);
    admin.delete(&path_of_east).await.expect(204);
    admin.delete(&path_of_east).await.problem(404, "department.not_found");
    admin.post("/api/departments", &json!({ "title": " " })).await.violations(&["department.title /title"]);
    admin
        .post("/api/departments", &json!({ "key": "a b", "title": "x" }))
        .await
        .violations(&["department.key /key"]);
}

async fn teams_share_what_roles_open_to_a_team(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let role = json!({ "title": "同事", "entities": { "visit": { "create": true, "read": "team", "update": "own" } } });
    admin.put("/api/draft/roles/mate", role.to_string()).await.expect(201);
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    hire(&admin, json!({ "roles": ["mate"] })).await;
    hire(&admin, json!({ "login": "kim", "roles": ["mate"] })).await;
    let (zoe, kim) = (server.sign_in("zoe").await, server.sign_in("kim").await);
    let visit = zoe.create("visit", &json!({ "subject": "tea" })).await;
    let there = kezhi_tests::client::path_of("visit", &visit);
    kim.get(&there).await.problem(404, "record.not_found");

    let team = json!({ "title": "茶", "leader": "zoe", "members": ["zoe", "kim"] });
    let team = admin.post("/api/teams", &team).await.expect(201);
    kim.get(&there).await.expect(200);
    let path_of_team = format!("/api/teams/{}", team["id"].as_str().expect("an id"));
    let kim_now = admin.get("/api/users?q=kim").await.expect(200)["items"][0].clone();
    assert_eq!(kim_now["teams"], json!([team["id"]]));

    admin.patch(&path_of_team, &json!({ "remove": ["kim"] })).await.expect(200);
    kim.get(&there).await.problem(404, "record.not_found");
    admin.patch(&path(&kim_now), &json!({ "teams": [team["key"]] })).await.expect(200);
    kim.get(&there).await.expect(200);
    admin.patch(&path_of_team, &json!({ "add": ["nobody"] })).await.violations(&["user.unknown_person /add"]);
    kim.patch(&path_of_team, &json!({ "title": "x" })).await.problem(403, "access.denied");
    admin.delete(&path_of_team).await.expect(204);
    kim.get(&there).await.problem(404, "record.not_found");
}

async fn positions_come_and_go(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let seller = admin.post("/api/positions", &json!({ "key": "seller", "title": "导购" })).await.expect(201);
    admin
        .post("/api/positions", &json!({ "key": "seller", "title": "x" }))
        .await
        .violations(&["position.key /key"]);
    let zoe = hire(&admin, json!({ "position": "seller" })).await;
    assert_eq!(zoe["position"], seller["id"]);
    let list = admin.get("/api/positions").await.expect(200);
    assert_eq!(list["items"][0]["people"], 1);
    let there = format!("/api/positions/{}", seller["id"].as_str().expect("an id"));
    admin.patch(&there, &json!({ "title": "资深导购" })).await.expect(200);
    admin.delete(&there).await.expect(204);
    assert!(admin.get(&path(&zoe)).await.expect(200)["position"].is_null());
    admin
        .patch(&path(&zoe), &json!({ "position": "seller" }))
        .await
        .violations(&["user.unknown_position /position"]);
}

/// A role that manages people and holds no other power.
async fn with_hr(admin: &Client) {
    let role = json!({ "title": "人事", "may": ["manage_users"] });
    admin.put("/api/draft/roles/hr", role.to_string()).await.expect(201);
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
}

async fn nobody_gives_a_role_that_they_do_not_hold_nor_takes_over_who_holds_more(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    with_hr(&admin).await;
    hire(&admin, json!({ "login": "hana", "roles": ["hr", "clerk"] })).await;
    let hana = server.sign_in("hana").await;
    let zoe = hire(&hana, json!({ "roles": ["clerk"] })).await;
    let roles = hana.get("/api/roles").await.expect(200);
    let grantable: Vec<&str> = roles["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|role| role["grantable"] == true)
        .filter_map(|role| role["key"].as_str())
        .collect();
    assert_eq!(grantable, ["clerk", "hr"]);

    hana.patch(&path(&zoe), &json!({ "roles": ["clerk", "manager"] })).await.problem(403, "access.denied");
    hana.patch(&path(&zoe), &json!({ "roles": ["clerk", "hr"] })).await.expect(200);
    admin.patch(&path(&zoe), &json!({ "roles": ["clerk", "hr", "manager"] })).await.expect(200);
    hana.patch(&path(&zoe), &json!({ "roles": ["clerk"] })).await.problem(403, "access.denied");
    let still = json!({ "roles": ["clerk", "manager"], "name": "佐" });
    hana.patch(&path(&zoe), &still).await.expect(200);

    let boss = found_one(&admin, "admin").await;
    for change in
        [json!({ "password": PASSWORD }), json!({ "email": "hana@example.com" }), json!({ "login": "x" })]
    {
        hana.patch(&path(&boss), &change).await.problem(403, "access.denied");
        hana.patch(&path(&zoe), &change).await.problem(403, "access.denied");
    }
    hana.post(&format!("{}/link", path(&boss)), &json!({})).await.problem(403, "access.denied");
    hana.patch(&path(&boss), &json!({ "name": "老板" })).await.expect(200);

    let me = found_one(&admin, "hana").await;
    admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    let team = admin.post("/api/teams", &json!({ "title": "茶", "members": ["mia"] })).await.expect(201);
    let path_of_team = format!("/api/teams/{}", team["id"].as_str().expect("an id"));
    hana.patch(&path(&me), &json!({ "department": "east" })).await.problem(403, "access.denied");
    hana.patch(&path(&me), &json!({ "teams": [team["id"]] })).await.problem(403, "access.denied");
    hana.patch(&path(&boss), &json!({ "manager": "hana" })).await.problem(403, "access.denied");
    hana.patch(&path_of_team, &json!({ "add": ["hana"] })).await.problem(403, "access.denied");
    hana.patch(&path_of_team, &json!({ "add": ["noah"] })).await.expect(200);
    let bob = found_one(&admin, "bob").await;
    let handover = format!("{}/handover", path(&bob));
    hana.post(&handover, &json!({ "to": ["hana"] })).await.problem(403, "access.denied");
    hana.post(&handover, &json!({ "to": ["ann"], "leave": false })).await.problem(403, "access.denied");
    hana.post(&handover, &json!({ "to": ["ann"] })).await.expect(202);
    hana.patch(&path(&zoe), &json!({ "name": "\n" })).await.violations(&["user.name /name"]);
}

async fn found_one(client: &Client, login: &str) -> Value {
    let list = client.get("/api/users").await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().find(|user| user["login"] == login).expect("they are there")
}

async fn no_release_takes_the_last_manager_away(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let role = json!({ "title": "总管", "may": ["manage_users", "manage_roles", "use_builder", "publish", "build:roles"] });
    admin.put("/api/draft/roles/chief", role.to_string()).await.expect(201);
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    hire(&admin, json!({ "login": "chief", "roles": ["chief"] })).await;
    let chief = server.sign_in("chief").await;
    let boss = found_one(&chief, "admin").await;
    chief.patch(&path(&boss), &json!({ "active": false })).await.expect(200);

    let less = json!({ "title": "总管", "may": ["use_builder", "publish", "build:roles"] });
    chief.put("/api/draft/roles/chief", less.to_string()).await.expect(200);
    chief.post("/api/draft/publish", &json!({})).await.problem(409, "user.last_administrator");
    let release = chief.get("/api/releases").await.expect(200)["items"][0]["number"].clone();
    assert_eq!(release, 2, "nothing was published");
    chief.post("/api/releases/1/restore", &json!({})).await.problem(409, "user.last_administrator");
    let me = chief.get("/api/me").await.expect(200);
    chief.patch(&path(&me), &json!({ "left": true })).await.problem(409, "user.last_administrator");
}

async fn two_administrators_do_not_freeze_each_other(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let other = hire(&admin, json!({ "roles": ["admin"] })).await;
    let zoe = server.sign_in("zoe").await;
    let boss = found_one(&admin, "admin").await;
    let freeze = json!({ "active": false });
    let (path_of_other, path_of_boss) = (path(&other), path(&boss));
    let both = tokio::join!(admin.patch(&path_of_other, &freeze), zoe.patch(&path_of_boss, &freeze));
    let frozen = [both.0.status, both.1.status].iter().filter(|status| **status == 200).count();
    assert!(frozen <= 1, "{both:?}");
    let left = if both.0.status == 200 { &admin } else { &zoe };
    assert!(!found(left, "role=admin&state=active").await.is_empty());
}
