//! `/scim/v2`: a directory makes, finds, changes and freezes people and teams under a token that opens nothing else.

use kezhi_tests::{Answer, Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_directory_makes_finds_and_freezes_people,
    groups_are_teams,
    a_token_opens_the_directory_and_nothing_else,
    a_directory_takes_nobody_over_who_may_do_more,
);

/// A directory with its token.
struct Directory {
    client: Client,
    token: String,
}

impl Directory {
    async fn of(server: &TestServer, admin: &Client, roles: Value) -> Self {
        let made =
            admin.post("/api/directory-tokens", &json!({ "name": "飞书", "roles": roles })).await.expect(201);
        let token = made["token"].as_str().expect("a token is told once").to_owned();
        let list = admin.get("/api/directory-tokens").await.expect(200);
        assert!(!list.to_string().contains(&token), "{list:#}");
        Self { client: server.unknown(), token }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.client.request(method, &format!("/scim/v2{path}")).bearer_auth(&self.token);
        let request = request.header("content-type", "application/scim+json");
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        self.client.send(request).await
    }
}

fn li() -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "li.ting", "externalId": "ou_1",
        "name": { "familyName": "李", "givenName": "婷" }, "active": true,
        "emails": [{ "value": "old@example.com" }, { "value": "lt@example.com", "primary": true }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "华东", "manager": { "value": "mia" } } })
}

async fn a_directory_makes_finds_and_freezes_people(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    let directory = Directory::of(&server, &admin, json!(["clerk"])).await;
    let made = directory.ask(Method::POST, "/Users", li()).await;
    assert_eq!(made.header("content-type"), Some("application/scim+json"));
    let made = made.expect(201);
    let id = made["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        (&made["displayName"], &made["emails"][0]["value"]),
        (&json!("李婷"), &json!("lt@example.com")),
        "{made:#}"
    );
    let account = admin.get(&format!("/api/users/{id}")).await.expect(200);
    assert_eq!((&account["roles"], &account["state"]), (&json!(["clerk"]), &json!("invited")), "{account:#}");
    assert!(account["department"].is_string() && account["manager"].is_string());
    let twice = directory.ask(Method::POST, "/Users", li()).await;
    assert_eq!((twice.status, &twice.body["scimType"]), (409, &json!("uniqueness")), "{twice:?}");

    for (filter, count) in
        [("userName eq \"LI.TING\"", 1), ("externalId eq \"ou_1\"", 1), ("userName eq \"x\"", 0)]
    {
        let request = directory.client.request(Method::GET, "/scim/v2/Users").query(&[("filter", filter)]);
        let list = directory.client.send(request.bearer_auth(&directory.token)).await.expect(200);
        assert_eq!(list["totalResults"], count, "{filter}: {list:#}");
    }
    let request =
        directory.client.request(Method::GET, "/scim/v2/Users").query(&[("filter", "userName sw \"l\"")]);
    let wrong = directory.client.send(request.bearer_auth(&directory.token)).await;
    assert_eq!((wrong.status, &wrong.body["scimType"]), (400, &json!("invalidFilter")));
    let page = directory.ask(Method::GET, "/Users?startIndex=2&count=2", Value::Null).await.expect(200);
    assert_eq!(
        (&page["startIndex"], &page["itemsPerPage"], &page["totalResults"]),
        (&json!(2), &json!(2), &json!(6))
    );

    let patch = |value: Value| json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [value] });
    let at = format!("/Users/{id}");
    let frozen = patch(json!({ "op": "Replace", "path": "active", "value": "False" }));
    assert_eq!(directory.ask(Method::PATCH, &at, frozen).await.expect(200)["active"], false);
    assert_eq!(admin.get(&format!("/api/users/{id}")).await.expect(200)["state"], "frozen");
    let back = patch(json!({ "op": "replace", "value": { "active": true, "displayName": "李婷婷" } }));
    let back = directory.ask(Method::PATCH, &at, back).await.expect(200);
    assert_eq!((&back["active"], &back["displayName"]), (&json!(true), &json!("李婷婷")));
    let mail = patch(
        json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "li@example.com" }),
    );
    assert_eq!(
        directory.ask(Method::PATCH, &at, mail).await.expect(200)["emails"][0]["value"],
        "li@example.com"
    );
    let unknown = patch(
        json!({ "op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "月球" }),
    );
    let unknown = directory.ask(Method::PATCH, &at, unknown).await;
    assert_eq!((unknown.status, &unknown.body["scimType"]), (400, &json!("invalidValue")), "{unknown:?}");

    directory.ask(Method::DELETE, &at, Value::Null).await.expect(204);
    assert_eq!(directory.ask(Method::GET, &at, Value::Null).await.status, 404);
    assert_eq!(admin.get(&format!("/api/users/{id}")).await.expect(200)["state"], "left");
}

async fn groups_are_teams(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let directory = Directory::of(&server, &admin, json!([])).await;
    let id = async |login: &str| {
        let list = admin.get(&format!("/api/users?q={login}")).await.expect(200);
        list["items"][0]["id"].clone()
    };
    let (ann, bob) = (id("ann").await, id("bob").await);
    let group = json!({ "displayName": "茶", "externalId": "g1", "members": [{ "value": ann }] });
    let group = directory.ask(Method::POST, "/Groups", group).await.expect(201);
    let at = format!("/Groups/{}", group["id"].as_str().expect("an id"));
    let add = json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": bob }] }] });
    assert_eq!(
        directory.ask(Method::PATCH, &at, add).await.expect(200)["members"].as_array().map(Vec::len),
        Some(2)
    );
    let path = format!("members[value eq \"{}\"]", ann.as_str().expect("an id"));
    let remove = json!({ "Operations": [{ "op": "remove", "path": path }] });
    let left = directory.ask(Method::PATCH, &at, remove).await.expect(200);
    assert_eq!(left["members"], json!([{ "value": bob, "type": "User" }]));
    let person =
        directory.ask(Method::GET, &format!("/Users/{}", bob.as_str().expect("an id")), Value::Null).await;
    assert_eq!(person.expect(200)["groups"][0]["display"], "茶");
    let teams = admin.get("/api/teams").await.expect(200);
    assert_eq!((&teams["items"][0]["title"], &teams["items"][0]["members"]), (&json!("茶"), &json!([bob])));
    directory.ask(Method::DELETE, &at, Value::Null).await.expect(204);
    assert_eq!(directory.ask(Method::GET, &at, Value::Null).await.status, 404);
}

async fn a_token_opens_the_directory_and_nothing_else(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let directory = Directory::of(&server, &admin, json!(["clerk"])).await;
    for path in ["/api/users", "/api/me", "/api/entities/customer/records", "/api/directory-tokens"] {
        let request = directory.client.request(Method::GET, path).bearer_auth(&directory.token);
        directory.client.send(request).await.problem(401, "session.required");
    }
    for path in ["/Users", "/Groups", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        directory.ask(Method::GET, path, Value::Null).await.expect(200);
        let path = format!("/scim/v2{path}");
        assert_eq!(server.unknown().get(&path).await.status, 401);
        assert_eq!(admin.get(&path).await.status, 401, "a session opens nothing here");
    }
    let told = directory.ask(Method::GET, "/Users", Value::Null).await.expect(200).to_string();
    assert!(!told.contains("roles") && !told.contains("manager\":\"admin"), "{told}");
    ann.post("/api/directory-tokens", &json!({ "name": "x" })).await.problem(403, "access.denied");
    let list = admin.get("/api/directory-tokens").await.expect(200);
    let id = list["items"][0]["id"].as_str().expect("an id").to_owned();
    assert!(list["items"][0]["used_at"].is_string(), "{list:#}");
    admin.delete(&format!("/api/directory-tokens/{id}")).await.expect(204);
    let after = directory.ask(Method::GET, "/Users", Value::Null).await;
    assert_eq!((after.status, after.header("www-authenticate")), (401, Some("Bearer")));
    let over = admin
        .post("/api/directory-tokens", &json!({ "name": "old", "expires_at": "2020-01-01T00:00:00Z" }))
        .await
        .expect(201);
    let old =
        Directory { client: server.unknown(), token: over["token"].as_str().unwrap_or_default().to_owned() };
    assert_eq!(old.ask(Method::GET, "/Users", Value::Null).await.status, 401);
}

async fn a_directory_takes_nobody_over_who_may_do_more(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let directory = Directory::of(&server, &admin, json!(["clerk"])).await;
    let list = directory
        .ask(Method::GET, "/Users?filter=userName%20eq%20%22admin%22", Value::Null)
        .await
        .expect(200);
    let at = format!("/Users/{}", list["Resources"][0]["id"].as_str().expect("an id"));
    let patch = |path: &str, value: Value| json!({ "Operations": [{ "op": "replace", "path": path, "value": value }] });
    let mail =
        directory.ask(Method::PATCH, &at, patch("emails", json!([{ "value": "evil@example.com" }]))).await;
    assert_eq!(mail.status, 403, "{mail:?}");
    assert_eq!(directory.ask(Method::PATCH, &at, patch("userName", json!("evil"))).await.status, 403);
    let frozen = directory.ask(Method::PATCH, &at, patch("active", json!(false))).await;
    assert_eq!(
        (frozen.status, frozen.body["status"].as_str()),
        (409, Some("409")),
        "somebody must remain: {frozen:?}"
    );
    let roles = directory.ask(Method::PATCH, &at, patch("roles", json!(["admin"]))).await.expect(200);
    assert_eq!(roles["userName"], "admin", "what means nothing here is passed over");
    let mine = admin.get("/api/me").await.expect(200);
    assert_eq!(mine["roles"], json!(["admin"]));
}
