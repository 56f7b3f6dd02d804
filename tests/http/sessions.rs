//! Sessions: their list and their end, networks, devices that are known, cookies and headers, passwords.

use argon2::password_hash::PasswordHasher as _;
use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::wait::until;
use kezhi_tests::{Answer, Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    sessions_are_listed_and_ended,
    a_new_password_ends_every_other_session,
    a_session_ends_when_it_is_idle_and_after_seven_days,
    passwords_that_are_soon_guessed_are_refused,
    a_hash_of_old_parameters_is_made_anew,
    nobody_can_lock_out_whom_a_browser_knows,
    a_network_that_is_not_listed_is_kept_out,
    cookies_and_headers_close_what_browsers_leave_open,
    a_browser_that_speaks_of_another_site_is_refused,
);

const OTHER: &str = "quite another phrase 2";

async fn sessions_are_listed_and_ended(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (one, two, three) =
        (server.sign_in("ann").await, server.sign_in("ann").await, server.sign_in("ann").await);
    let bob = server.sign_in("bob").await;
    let listed = one.get("/api/me/sessions").await.expect(200);
    let items = listed["items"].as_array().expect("a list");
    assert_eq!(items.len(), 3);
    assert_eq!(items.iter().filter(|item| item["current"] == true).count(), 1);
    assert!(
        items.iter().all(|item| item["network"] == "127.0.0.1" && item["way"] == "password"),
        "{listed:#}"
    );
    let other = two.get("/api/me/sessions").await.expect(200);
    let own = other["items"].as_array().into_iter().flatten().find(|item| item["current"] == true);
    let id = own.and_then(|item| item["id"].as_str()).expect("one's own");
    assert!(!two.cookie().expect("a cookie").contains(id), "the list opens nothing");

    bob.delete(&format!("/api/me/sessions/{id}")).await.problem(404, "session.not_found");
    one.delete(&format!("/api/me/sessions/{id}")).await.expect(204);
    two.get("/api/me").await.problem(401, "session.required");
    three.get("/api/me").await.expect(200);
    one.delete("/api/me/sessions").await.expect(204);
    three.get("/api/me").await.problem(401, "session.required");
    one.get("/api/me").await.expect(200);

    let admin = server.sign_in("admin").await;
    let me = one.get("/api/me").await.expect(200);
    let path = format!("/api/users/{}/sessions", me["id"].as_str().expect("an id"));
    bob.delete(&path).await.problem(403, "access.denied");
    admin.delete(&path).await.expect(204);
    one.get("/api/me").await.problem(401, "session.required");
    bob.get("/api/me").await.expect(200);
}

async fn a_new_password_ends_every_other_session(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (here, there) = (server.sign_in("ann").await, server.sign_in("ann").await);
    let answer = here.patch("/api/me", &json!({ "password": OTHER })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["login"], "ann");
    there.get("/api/me").await.problem(401, "session.required");
    here.get("/api/me").await.problem(401, "session.required");
    let on = server.unknown().adopting(&answer);
    on.get("/api/app").await.expect(200);
    on.post("/api/entities/customer/records", &json!({ "name": "a" })).await.expect(201);
    server.unknown().sign_in("ann", OTHER).await;
}

async fn a_session_ends_when_it_is_idle_and_after_seven_days(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (idle, old) = (server.sign_in("ann").await, server.sign_in("bob").await);
    let listed = old.get("/api/me/sessions").await.expect(200);
    let hours = |from: &Value, to: &Value| {
        let at = |value: &Value| {
            value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()).expect("an instant")
        };
        (at(to).as_millisecond() - at(from).as_millisecond()) / 3_600_000
    };
    let first = &listed["items"][0];
    assert_eq!(hours(&first["seen_at"], &first["expires_at"]), 12, "{first:#}");
    let ids = [idle.get("/api/me").await.expect(200), old.get("/api/me").await.expect(200)];
    let (_, place) = server.stop().await;
    let now = jiff::Timestamp::now().as_millisecond();
    let who = |login: &str| format!("(SELECT id FROM users WHERE login = '{login}')");
    place.alter(&format!("UPDATE sessions SET expires_at = {} WHERE person = {}", now - 1, who("ann")));
    // Begun nearly seven days ago, used an hour ago.
    let begun = now - 7 * 86_400_000 + 60_000;
    let seen = now - 3_600_000;
    place.alter(&format!(
        "UPDATE sessions SET created_at = {begun}, seen_at = {seen} WHERE person = {}",
        who("bob")
    ));
    let server = TestServer::on(place).await;
    server.unknown().holding(&idle).get("/api/me").await.problem(401, "session.required");
    let old = server.unknown().holding(&old);
    assert_eq!(old.get("/api/me").await.expect(200)["id"], ids[1]["id"]);
    let listed = old.get("/api/me/sessions").await.expect(200);
    let first = &listed["items"][0];
    assert_eq!(hours(&first["created_at"], &first["expires_at"]), 168, "no use makes it longer: {first:#}");
}

async fn passwords_that_are_soon_guessed_are_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    for bad in ["password1", "12345678", "woaini1314", "P@ssw0rd", "qwertyuiop", "ann@example.com"] {
        ann.patch("/api/me", &json!({ "password": bad })).await.violations(&["password.common /password"]);
    }
    let person = json!({ "login": "lihua", "password": "lihua2026", "roles": ["clerk"] });
    admin.post("/api/users", &person).await.violations(&["password.common /password"]);
    let empty = TestServer::empty(backend).await;
    let setup = json!({ "title": "店", "login": "root", "password": "administrator" });
    empty.unknown().post("/api/setup", &setup).await.violations(&["password.common /password"]);
}

async fn a_hash_of_old_parameters_is_made_anew(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (_, place) = server.stop().await;
    let weak = argon2::Params::new(8192, 1, 1, None).expect("parameters");
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, weak);
    let hash = weak.hash_password(PASSWORD.as_bytes()).expect("hashed").to_string();
    place.alter(&format!("UPDATE users SET password = '{hash}' WHERE login = 'ann'"));
    let server = TestServer::on(place).await;
    let wrong = json!({ "login": "ann", "password": "guess" });
    server.unknown().post("/api/session", &wrong).await.problem(401, "session.wrong_password");
    server.sign_in("ann").await.get("/api/me").await.expect(200);
    server.sign_in("ann").await;
    let (_, place) = server.stop().await;
    let stored = place.read("SELECT password FROM users WHERE login = 'ann'");
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
}

/// Whoever guesses at a login from the same network makes the guessers wait, and not the browser that knows the way.
async fn nobody_can_lock_out_whom_a_browser_knows(backend: Backend) {
    let server = TestServer::start(backend).await;
    let right = json!({ "login": "ann", "password": PASSWORD });
    let first = server.unknown().post("/api/session", &right).await;
    let device = cookie(&first, "kezhi_device").expect("the browser is named");
    guess_until_slow(&server, "ann").await;
    server.unknown().post("/api/session", &right).await.problem(429, "session.too_many");
    let with = |cookie: &str, body: &Value| {
        server
            .unknown()
            .request(Method::POST, "/api/session")
            .header("cookie", format!("kezhi_device={cookie}"))
            .json(body)
    };
    server.unknown().send(with(&device, &right)).await.expect(200);
    let forged = format!("{}0", &device[..device.len() - 1]);
    let forged = if forged == device { format!("{}1", &device[..device.len() - 1]) } else { forged };
    server.unknown().send(with(&forged, &right)).await.problem(429, "session.too_many");
    guess_until_slow(&server, "bob").await;
    let bob = json!({ "login": "bob", "password": PASSWORD });
    server.unknown().send(with(&device, &bob)).await.problem(429, "session.too_many");
}

/// Guesses at a login until guesses are put off for some seconds.
async fn guess_until_slow(server: &TestServer, login: &str) {
    let guess = json!({ "login": login, "password": "guess" });
    until("guessing is slow", async || {
        let answer = server.unknown().post("/api/session", &guess).await;
        let wait = answer.header("retry-after").and_then(|wait| wait.parse::<u64>().ok());
        wait.is_some_and(|wait| wait >= 5).then_some(())
    })
    .await;
}

async fn a_network_that_is_not_listed_is_kept_out(backend: Backend) {
    let place = image::of(backend).await.copy();
    let server = TestServer::launch_in(place, &[], &[("KEZHI_PROXIES", "127.0.0.1")]).await;
    let server = server.unwrap_or_else(|(why, _)| panic!("{why}"));
    let right = json!({ "login": "ann", "password": PASSWORD });
    let from = |client: &Client, method: Method, path: &str, address: &str| {
        client.request(method, path).header("x-forwarded-for", address.to_owned())
    };
    let admin = server.sign_in("admin").await;
    let ann = server.sign_in("ann").await;
    let policy = json!({ "networks": ["203.0.113.0/24", "127.0.0.1"] });
    admin.send(admin.request(Method::PUT, "/api/sign-in").json(&policy)).await.expect(200);

    let unknown = server.unknown();
    let office = from(&unknown, Method::POST, "/api/session", "203.0.113.9").json(&right);
    let office = server.unknown().adopting(&unknown.send(office).await);
    office.send(from(&office, Method::GET, "/api/me", "203.0.113.9")).await.expect(200);
    office.send(from(&office, Method::GET, "/api/me", "198.51.100.1")).await.problem(403, "session.network");
    // What a stranger writes before the proxy's own entry counts for nothing.
    office
        .send(from(&office, Method::GET, "/api/me", "203.0.113.9, 198.51.100.1"))
        .await
        .problem(403, "session.network");
    let home = from(&unknown, Method::POST, "/api/session", "198.51.100.1").json(&right);
    unknown.send(home).await.problem(403, "session.network");
    let wrong = json!({ "login": "ann", "password": "guess" });
    let home = from(&unknown, Method::POST, "/api/session", "198.51.100.1").json(&wrong);
    unknown.send(home).await.problem(401, "session.wrong_password");
    ann.get("/api/me").await.expect(200);
    let command = server.place().command(&["user", "list"]).output().await.expect("it runs");
    assert!(command.status.success(), "the operator's socket is open whatever the list says");
}

async fn cookies_and_headers_close_what_browsers_leave_open(backend: Backend) {
    let server = TestServer::start(backend).await;
    let right = json!({ "login": "ann", "password": PASSWORD });
    let answer = server.unknown().post("/api/session", &right).await;
    let cookies: Vec<&str> = all(&answer, "set-cookie");
    assert!(cookies.iter().all(|cookie| cookie.contains("; HttpOnly; SameSite=Lax")), "{cookies:?}");
    assert!(cookies[0].starts_with("kezhi=") && !cookies[0].contains("Secure"), "{cookies:?}");
    assert_eq!(answer.header("strict-transport-security"), None);
    let (_, place) = server.stop().await;

    let server = TestServer::launch_in(place, &[], &[("KEZHI_PUBLIC_URL", "https://crm.example.com")]).await;
    let server = server.unwrap_or_else(|(why, _)| panic!("{why}"));
    let answer = server.unknown().post("/api/session", &right).await;
    let cookies: Vec<&str> = all(&answer, "set-cookie");
    assert!(cookies[0].starts_with("__Host-kezhi=") && cookies[0].contains("; Path=/;"), "{cookies:?}");
    assert!(
        cookies.iter().all(|cookie| cookie.ends_with("; Secure") && !cookie.contains("Domain")),
        "{cookies:?}"
    );
    for path in ["/api/me", "/", "/healthz", "/api/nothing"] {
        let answer = server.unknown().get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
        assert!(
            answer.header("permissions-policy").is_some_and(|value| value.contains("microphone=()")),
            "{path}"
        );
    }
    let client = server.unknown().adopting(&server.unknown().post("/api/session", &right).await);
    client.get("/api/me").await.expect(200);
    client.delete("/api/session").await.expect(204);
    client.get("/api/me").await.problem(401, "session.required");
}

async fn a_browser_that_speaks_of_another_site_is_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let from = |site: &str| {
        let request = ann
            .request(Method::POST, "/api/entities/customer/records")
            .header("sec-fetch-site", site.to_owned());
        request.json(&json!({ "name": "a" }))
    };
    ann.send(from("cross-site")).await.problem(403, "session.origin");
    ann.send(from("same-origin")).await.expect(201);
    let old = ann.cookie().expect("a cookie").to_owned();
    let again = server.unknown();
    let request = again.request(Method::POST, "/api/session").header("cookie", &old);
    let answer = again.send(request.json(&json!({ "login": "bob", "password": PASSWORD }))).await;
    assert_ne!(
        server.unknown().adopting(&answer).cookie(),
        Some(old.as_str()),
        "signing in gives another token"
    );
}

fn all<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    answer.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
}

fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let start = format!("{name}=");
    let found = all(answer, "set-cookie")
        .into_iter()
        .find_map(|cookie| cookie.strip_prefix(&start).map(str::to_owned))?;
    found.split(';').next().map(str::to_owned)
}
