//! `/api/session`, `/api/me`, `/api/setup`: who asks, and from where.

use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    signing_in_and_out,
    a_wrong_password_is_refused_and_counted,
    guesses_at_the_same_time_are_counted_like_those_one_after_another,
    a_cookie_needs_the_csrf_token,
    a_foreign_origin_is_refused,
    an_unknown_host_is_refused,
    a_restart_signs_nobody_out,
    setting_up_happens_once,
    demo_accounts_answer_only_while_the_demo_is_served,
    a_person_changes_their_own_password,
    whoever_must_choose_a_new_password_does_nothing_else_before,
    another_site_can_neither_sign_in_nor_set_up,
    the_operator_opens_every_door_and_only_over_the_socket,
);

const CUSTOMERS: &str = "/api/entities/customer/records";

async fn signing_in_and_out(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let me = ann.get("/api/me").await.expect(200);
    assert_eq!((&me["login"], &me["name"], &me["roles"]), (&json!("ann"), &json!("安"), &json!(["clerk"])));
    assert_eq!(me["may"], json!([]));
    assert!(me["csrf_token"].as_str().is_some_and(|token| token.len() >= 16));
    let admin = server.sign_in("admin").await.get("/api/me").await.expect(200);
    assert!(admin["may"].as_array().is_some_and(|may| may.contains(&json!("publish"))), "{admin:#}");

    ann.delete("/api/session").await.expect(204);
    ann.get("/api/me").await.problem(401, "session.required");
    server.unknown().get("/api/app").await.problem(401, "session.required");
}

async fn a_wrong_password_is_refused_and_counted(backend: Backend) {
    let server = TestServer::start(backend).await;
    let wrong = json!({ "login": "ann", "password": "guess" });

    server.unknown().post("/api/session", &wrong).await.problem(401, "session.wrong_password");
    let nobody = json!({ "login": "nobody", "password": "guess" });
    server.unknown().post("/api/session", &nobody).await.problem(401, "session.wrong_password");

    let mut last = 401;
    for _ in 0..30 {
        let answer = server.unknown().post("/api/session", &wrong).await;
        last = answer.status;
        if last == 429 {
            assert!(
                answer.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok()),
                "{answer:?}"
            );
            break;
        }
    }
    assert_eq!(last, 429, "guessing is slowed down");
}

async fn guesses_at_the_same_time_are_counted_like_those_one_after_another(backend: Backend) {
    let server = TestServer::start(backend).await;
    let at_once = async |password: &str, count: usize| {
        let credentials = json!({ "login": "ann", "password": password });
        let asked = (0..count).map(|_| {
            let (client, credentials) = (server.unknown(), credentials.clone());
            tokio::spawn(async move { client.post("/api/session", &credentials).await.status })
        });
        let mut statuses = Vec::new();
        for asked in asked.collect::<Vec<_>>() {
            statuses.push(asked.await.expect("the server answers"));
        }
        statuses
    };

    let known = at_once(PASSWORD, 12).await;
    assert!(known.iter().all(|status| *status == 200), "who knows the password is not held up: {known:?}");
    let guessed = at_once("guess", 40).await;
    let heard = guessed.iter().filter(|status| **status == 401).count();
    assert!((5..=8).contains(&heard), "{heard} of 40 guesses were heard: {guessed:?}");
    assert!(guessed.iter().all(|status| matches!(status, 401 | 429)), "{guessed:?}");
}

async fn a_cookie_needs_the_csrf_token(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let cookie = ann.cookie().expect("ann has signed in").to_owned();
    let forged = server.unknown();

    let request =
        forged.request(Method::POST, CUSTOMERS).header("cookie", &cookie).json(&json!({ "name": "a" }));
    forged.send(request).await.problem(403, "session.csrf");
    let reading = forged.request(Method::GET, CUSTOMERS).header("cookie", &cookie);
    forged.send(reading).await.expect(200);
}

async fn a_foreign_origin_is_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let from = |origin: &str| {
        ann.request(Method::POST, CUSTOMERS).header("origin", origin).json(&json!({ "name": "a" }))
    };

    ann.send(from("https://evil.example")).await.problem(403, "session.origin");
    ann.send(from("null")).await.problem(403, "session.origin");
    ann.send(from(server.base())).await.expect(201);
}

async fn an_unknown_host_is_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let request = ann.request(Method::GET, "/api/me").header("host", "evil.example");
    ann.send(request).await.problem(421, "host.unknown");
}

async fn a_restart_signs_nobody_out(backend: Backend) {
    let server = TestServer::start(backend).await;
    let cookie = server.sign_in("ann").await.cookie().expect("ann has signed in").to_owned();

    let (ended, place) = server.stop().await;
    assert!(ended.success(), "it ends well when it is told to: {ended}");
    let server = TestServer::on(place).await;

    let client = server.unknown();
    let request = client.request(Method::GET, "/api/me").header("cookie", &cookie);
    assert_eq!(client.send(request).await.expect(200)["login"], "ann");
}

async fn setting_up_happens_once(backend: Backend) {
    let server = TestServer::empty(backend).await;
    let setup = json!({ "title": "店", "login": "root", "password": PASSWORD });
    let elsewhere = server.unknown();
    server.unknown().get("/api/setup").await.expect(200);

    let request =
        elsewhere.request(Method::POST, "/api/setup").header("x-forwarded-for", "203.0.113.9").json(&setup);
    elsewhere.send(request).await.problem(404, "page.not_found");
    server.unknown().post("/api/setup", &setup).await.expect(201);

    server.unknown().post("/api/setup", &setup).await.problem(404, "page.not_found");
    server.unknown().get("/api/setup").await.problem(404, "page.not_found");
    let root = server.unknown().sign_in("root", PASSWORD).await;
    assert_eq!(root.get("/api/me").await.expect(200)["roles"], json!(["admin"]));
}

/// People of a template's sample data are demo accounts, until somebody gives them a password of their own.
async fn demo_accounts_answer_only_while_the_demo_is_served(backend: Backend) {
    let server = TestServer::empty(backend).await;
    let setup = json!({ "title": "店", "login": "root", "password": PASSWORD });
    server.unknown().post("/api/setup", &setup).await.expect(201);
    let root = server.unknown().sign_in("root", PASSWORD).await;
    root.post("/api/templates/b2b-sales/install", &json!({ "sample": true })).await.expect(201);
    let demo = json!({ "login": "ma", "password": "demo" });
    server.unknown().post("/api/session", &demo).await.problem(401, "session.wrong_password");

    let (_, place) = server.stop().await;
    let shown = TestServer::on(place).await;
    let ma = shown.unknown().sign_in("ma", "demo").await;
    let cookie = ma.cookie().expect("ma has signed in").to_owned();
    let (_, place) = shown.stop().await;
    let server = TestServer::plain(place).await;
    let request = server.unknown().request(Method::GET, "/api/me").header("cookie", &cookie);
    server.unknown().send(request).await.problem(401, "session.required");

    let root = server.unknown().sign_in("root", PASSWORD).await;
    let users = root.get("/api/users").await.expect(200);
    let ma = users["items"].as_array().into_iter().flatten().find(|user| user["login"] == "ma");
    let id = ma.and_then(|ma| ma["id"].as_str()).expect("ma is there");
    root.patch(&format!("/api/users/{id}"), &json!({ "password": PASSWORD })).await.expect(200);
    server.unknown().sign_in("ma", PASSWORD).await;
}

async fn a_person_changes_their_own_password(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    ann.patch("/api/me", &json!({ "password": "quite another phrase 2", "roles": ["admin"] }))
        .await
        .expect(200);

    let old = json!({ "login": "ann", "password": PASSWORD });
    server.unknown().post("/api/session", &old).await.problem(401, "session.wrong_password");
    let ann = server.unknown().sign_in("ann", "quite another phrase 2").await;
    assert_eq!(
        ann.get("/api/me").await.expect(200)["roles"],
        json!(["clerk"]),
        "nobody makes themselves more"
    );
}

async fn the_operator_opens_every_door_and_only_over_the_socket(backend: Backend) {
    let server = TestServer::start(backend).await;
    let command = server.place().command(&["user", "list"]).output().await.expect("the command runs");
    let said = String::from_utf8_lossy(&command.stdout).into_owned();
    assert!(command.status.success() && said.contains("ann") && said.contains("manager"), "{said}");

    let socket = server.place().folder.path().join("kezhi.sock");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(&socket).expect("the socket is there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    let users: Value = server.unknown().get("/api/users").await.problem(401, "session.required");
    assert!(users["items"].is_null());
}

async fn whoever_must_choose_a_new_password_does_nothing_else_before(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let person = json!({ "login": "zoe", "name": "z", "password": PASSWORD, "roles": ["manager"], "must_change": true });
    admin.post("/api/users", &person).await.expect(201);
    let sign_in = async |password: &str| {
        let credentials = json!({ "login": "zoe", "password": password });
        server.unknown().post("/api/session", &credentials).await.expect(200)["must_change"].clone()
    };
    assert_eq!(sign_in(PASSWORD).await, true);
    let zoe = server.sign_in("zoe").await;

    assert_eq!(zoe.get("/api/me").await.expect(200)["must_change"], true);
    zoe.get("/api/app").await.problem(403, "session.must_change");
    zoe.get(CUSTOMERS).await.problem(403, "session.must_change");
    zoe.post(CUSTOMERS, &json!({ "name": "a" })).await.problem(403, "session.must_change");
    zoe.patch("/api/me", &json!({ "password": PASSWORD })).await.violations(&["password.same /password"]);
    zoe.patch("/api/me", &json!({ "password": "short" })).await.violations(&["password.length /password"]);
    zoe.patch("/api/me", &json!({ "password": "quite another phrase 2" })).await.expect(200);

    assert_eq!(sign_in("quite another phrase 2").await, false);
    let zoe = server.unknown().sign_in("zoe", "quite another phrase 2").await;
    zoe.get(CUSTOMERS).await.expect(200);
}

async fn another_site_can_neither_sign_in_nor_set_up(backend: Backend) {
    let server = TestServer::empty(backend).await;
    let setup = json!({ "title": "店", "login": "root", "password": PASSWORD });
    let unknown = server.unknown();
    let from = unknown.request(Method::POST, "/api/setup").header("origin", "https://evil.example");
    unknown.send(from.json(&setup)).await.problem(403, "session.origin");
    let plain = unknown.request(Method::POST, "/api/setup").header("content-type", "text/plain");
    unknown.send(plain.body(setup.to_string())).await.problem(415, "body.media_type");
    unknown.get("/api/setup").await.expect(200);
    unknown.post("/api/setup", &setup).await.expect(201);
}
