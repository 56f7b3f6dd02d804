//! Tokens of the API, and seeing as somebody else: callers with less than a session.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

use super::shares::{hire, id_of, publish, with_sharers};

on_both!(
    a_token_may_no_more_than_its_owner_and_what_it_is_narrowed_to,
    a_token_is_over_when_it_is_taken_back_or_its_owner_leaves,
    seeing_as_somebody_else_shows_their_records_and_changes_nothing,
);

/// Somebody who asks by a token.
async fn by_token(
    server: &TestServer,
    token: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> kezhi_tests::Answer {
    let client = server.unknown();
    let mut request = client.request(method, path).header("authorization", format!("Bearer {token}"));
    if let Some(body) = body {
        request = request.json(&body);
    }
    client.send(request).await
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn a_token_may_no_more_than_its_owner_and_what_it_is_narrowed_to(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let caller = json!({ "title": "接口", "may": ["use_api"] });
    publish(&admin, &[("roles/caller", caller)]).await;
    let sue = hire(&server, "sue", json!({ "roles": ["sharer", "caller"] })).await;
    let own = sue.create("customer", &json!({ "name": "Zebra" })).await;
    let foreign = server.sign_in("mia").await.create("customer", &json!({ "name": "Mule" })).await;

    server
        .sign_in("ann")
        .await
        .post("/api/tokens", &json!({ "name": "x" }))
        .await
        .problem(403, "access.denied");
    for (body, code, pointer) in [
        (json!({ "name": "" }), "token.name", "/name"),
        (json!({ "name": "x", "roles": ["manager"] }), "token.role", "/roles/0"),
        (json!({ "name": "x", "roles": ["admin"] }), "token.role", "/roles/0"),
        (json!({ "name": "x", "entities": ["nothing"] }), "token.entity", "/entities/0"),
        (json!({ "name": "x", "networks": ["everywhere"] }), "token.network", "/networks/0"),
        (json!({ "name": "x", "expires": "2001-01-01T00:00:00Z" }), "token.expires", "/expires"),
    ] {
        sue.post("/api/tokens", &body).await.violations(&[&format!("{code} {pointer}")]);
    }
    let reading = json!({ "name": "报表", "roles": ["sharer"], "entities": ["customer"], "read_only": true });
    let made = sue.post("/api/tokens", &reading).await.expect(201);
    let token = made["token"].as_str().expect("told once").to_owned();
    assert!(token.starts_with(made["prefix"].as_str().expect("a prefix")), "{made:#}");
    let listed = sue.get("/api/tokens").await.expect(200);
    assert!(!listed.to_string().contains(&token) && listed["items"][0].get("hash").is_none(), "{listed:#}");
    let (owned, other) = (path_of("customer", &own), path_of("customer", &foreign));
    assert_eq!(by_token(&server, &token, Method::GET, &owned, None).await.expect(200)["name"], "Zebra");
    by_token(&server, &token, Method::GET, &other, None).await.problem(404, "record.not_found");
    by_token(&server, &token, Method::GET, "/api/entities/order/records", None)
        .await
        .problem(404, "entity.not_found");
    let asked = json!({ "where": { "field": "name", "op": "eq", "value": "Zebra" } });
    let list = by_token(&server, &token, Method::POST, "/api/entities/customer/query", Some(asked))
        .await
        .expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    by_token(&server, &token, Method::PATCH, &owned, Some(json!({ "name": "x" })))
        .await
        .problem(403, "token.read_only");
    for path in ["/api/tokens", "/api/see-as", "/api/session"] {
        by_token(&server, &token, Method::POST, path, Some(json!({ "name": "x" })))
            .await
            .problem(403, "token.not_here");
    }
    by_token(&server, &token, Method::PATCH, "/api/me", Some(json!({ "name": "x" })))
        .await
        .problem(403, "token.not_here");

    let writing = sue.post("/api/tokens", &json!({ "name": "同步", "roles": ["sharer"] })).await.expect(201);
    let writing = writing["token"].as_str().expect("told once").to_owned();
    by_token(&server, &writing, Method::PATCH, &owned, Some(json!({ "name": "Zorro" }))).await.expect(200);
    assert_eq!(sue.get(&owned).await.expect(200)["updated_by"], id_of(&sue).await);

    // A role that its owner has lost is lost to the token.
    let sue_id = id_of(&sue).await;
    let account = format!("/api/users/{}", sue_id.as_str().unwrap_or_default());
    admin.patch(&account, &json!({ "roles": ["caller"] })).await.expect(200);
    by_token(&server, &writing, Method::GET, &owned, None).await.problem(404, "entity.not_found");
    admin.patch(&account, &json!({ "roles": ["sharer"] })).await.expect(200);
    by_token(&server, &writing, Method::GET, &owned, None).await.problem(401, "session.required");

    // An administrator's token with a role is no administrator.
    let narrowed = admin.post("/api/tokens", &json!({ "name": "窄", "roles": ["sharer"] })).await.expect(201);
    let narrowed = narrowed["token"].as_str().expect("told once").to_owned();
    by_token(&server, &narrowed, Method::GET, &owned, None).await.problem(404, "record.not_found");
    by_token(&server, &narrowed, Method::GET, "/api/draft", None).await.problem(403, "access.denied");
}

async fn a_token_is_over_when_it_is_taken_back_or_its_owner_leaves(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let works =
        async |token: &str| by_token(&server, token, Method::GET, "/api/me", None).await.status == 200;
    let make = async |body: Value| admin.post("/api/tokens", &body).await.expect(201);
    let text = |made: &Value| made["token"].as_str().expect("told once").to_owned();

    let local = make(json!({ "name": "本机", "networks": ["127.0.0.0/8"] })).await;
    let elsewhere = make(json!({ "name": "别处", "networks": ["192.0.2.0/24", "2001:db8::/32"] })).await;
    assert!(works(&text(&local)).await && !works(&text(&elsewhere)).await);
    assert!(!works("kz_0000000000000000000000000000000000000000000000000000000000000000").await);
    assert!(!works("").await && !works("kz_").await);

    admin.delete(&format!("/api/tokens/{}", local["id"].as_str().unwrap_or_default())).await.expect(204);
    assert!(!works(&text(&local)).await);
    let listed = admin.get("/api/tokens").await.expect(200);
    let gone = listed["items"].as_array().into_iter().flatten().find(|one| one["id"] == local["id"]);
    assert!(gone.is_some_and(|one| one["active"] == false && !one["revoked_at"].is_null()), "{listed:#}");
    server
        .sign_in("ann")
        .await
        .delete(&format!("/api/tokens/{}", elsewhere["id"].as_str().unwrap_or_default()))
        .await
        .problem(404, "token.not_found");

    let caller = json!({ "title": "接口", "may": ["use_api"] });
    publish(&admin, &[("roles/caller", caller)]).await;
    let sue = hire(&server, "sue", json!({ "roles": ["caller"] })).await;
    let made = sue.post("/api/tokens", &json!({ "name": "x" })).await.expect(201);
    assert!(works(&text(&made)).await);
    let account = format!("/api/users/{}", id_of(&sue).await.as_str().unwrap_or_default());
    admin.patch(&account, &json!({ "active": false })).await.expect(200);
    assert!(!works(&text(&made)).await);

    // The database holds neither the token nor anything that it can be made of.
    let secret = text(&make(json!({ "name": "y" })).await);
    let (_, place) = server.stop().await;
    if backend == Backend::Sqlite {
        for entry in std::fs::read_dir(place.folder.path().join("workspaces")).expect("a folder").flatten() {
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            let held = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!held, "{}", entry.path().display());
        }
    }
}

async fn seeing_as_somebody_else_shows_their_records_and_changes_nothing(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let sue = hire(&server, "sue", json!({ "roles": ["sharer"] })).await;
    let own = sue.create("customer", &json!({ "name": "Zebra", "phone": "13800001111" })).await;
    let foreign =
        server.sign_in("mia").await.create("customer", &json!({ "name": "Mule", "cost": "3.00" })).await;
    let wish = json!({ "person": id_of(&sue).await, "reason": "她说看不到客户" });
    sue.post("/api/see-as", &wish).await.problem(403, "access.denied");
    admin
        .post("/api/see-as", &json!({ "person": id_of(&sue).await }))
        .await
        .violations(&["see_as.reason /reason"]);
    let viewing = admin.post("/api/see-as", &wish).await.expect(201);
    let id = viewing["id"].as_str().expect("an id").to_owned();
    let as_sue = async |method: Method, path: &str, body: Option<Value>| {
        let mut request = admin.request(method, path).header("x-kezhi-see-as", &id);
        if let Some(body) = body {
            request = request.json(&body);
        }
        admin.send(request).await
    };
    let me = as_sue(Method::GET, "/api/me", None).await.expect(200);
    let admin_id = id_of(&admin).await;
    assert_eq!((&me["name"], &me["see_as"]["by"]["id"]), (&json!("sue"), &admin_id), "{me:#}");
    let list = as_sue(Method::GET, "/api/entities/customer/records", None).await.expect(200);
    assert_eq!(list, sue.get("/api/entities/customer/records").await.expect(200));
    as_sue(Method::GET, &path_of("customer", &foreign), None).await.problem(404, "record.not_found");
    as_sue(Method::POST, "/api/entities/customer/query", Some(json!({}))).await.expect(200);
    let path = path_of("customer", &own);
    for (method, path, body) in [
        (Method::PATCH, path.clone(), json!({ "name": "x" })),
        (Method::POST, "/api/entities/customer/records".to_owned(), json!({ "name": "x" })),
        (Method::POST, format!("{path}/comments"), json!({ "text": "x" })),
        (Method::DELETE, path.clone(), json!({})),
        (Method::POST, format!("{path}/reveal"), json!({ "field": "phone", "reason": "x" })),
        (Method::GET, "/api/entities/customer/export?format=csv".to_owned(), json!({})),
        (Method::PATCH, "/api/me".to_owned(), json!({ "name": "x" })),
    ] {
        as_sue(method, &path, Some(body)).await.problem(403, "see_as.read_only");
    }
    let noted = admin.get("/api/see-as").await.expect(200);
    assert_eq!(
        (&noted["items"][0]["person"]["name"], &noted["items"][0]["reason"]),
        (&json!("sue"), &json!("她说看不到客户"))
    );
    // Somebody else's viewing opens nothing.
    let stolen = sue.request(Method::GET, "/api/me").header("x-kezhi-see-as", &id);
    sue.send(stolen).await.problem(403, "see_as.over");
    admin.delete(&format!("/api/see-as/{id}")).await.expect(204);
    as_sue(Method::GET, "/api/me", None).await.problem(403, "see_as.over");
    assert_eq!(id_of(&admin).await, admin_id);
}
