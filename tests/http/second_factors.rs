//! Second factors: codes of an app, recovery codes, roles that demand them, and proving once more who one is.

use kezhi_tests::authenticator::code;
use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::{Backend, Client, TestServer, on_both, tree};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_code_is_asked_for_after_the_password_and_taken_once,
    recovery_codes_open_once_each,
    guesses_of_codes_are_slowed_down_wherever_they_come_from,
    a_role_may_demand_a_second_factor,
    the_workspace_may_demand_one_of_everybody,
    what_matters_asks_once_more_who_one_is,
    an_administrator_resets_what_somebody_lost_and_nobody_resets_more_than_they_are,
    a_secret_is_nowhere_in_plain,
);

/// Sets up an app; gives its secret and the recovery codes.
async fn enrol(client: &Client) -> (String, Vec<String>) {
    let offer = client.post("/api/me/totp", &json!({})).await.expect(200);
    let secret = offer["secret"].as_str().expect("a secret").to_owned();
    let url = offer["url"].as_str().expect("an address");
    assert!(url.starts_with("otpauth://totp/") && url.contains(&secret), "{url}");
    let codes = client.post("/api/me/totp/confirm", &json!({ "code": code(&secret, 0) })).await.expect(200);
    let codes = codes["recovery_codes"].as_array().expect("codes").iter();
    (secret, codes.map(|code| code.as_str().expect("a code").to_owned()).collect())
}

/// The first half of a sign-in, which owes a second factor.
async fn half(server: &TestServer, login: &str) -> (Client, Value) {
    let given = json!({ "login": login, "password": PASSWORD });
    let answer = server.unknown().post("/api/session", &given).await;
    (server.unknown().adopting(&answer), answer.expect(200))
}

async fn a_code_is_asked_for_after_the_password_and_taken_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let elsewhere = server.sign_in("ann").await;
    ann.post("/api/me/totp/confirm", &json!({ "code": "000000" }))
        .await
        .problem(409, "second_factor.not_offered");
    let offer = ann.post("/api/me/totp", &json!({})).await.expect(200);
    let secret = offer["secret"].as_str().expect("a secret").to_owned();
    ann.post("/api/me/totp/confirm", &json!({ "code": code(&secret, -5) }))
        .await
        .problem(422, "session.wrong_code");
    server.sign_in("ann").await.get("/api/app").await.expect(200);
    ann.post("/api/me/totp/confirm", &json!({ "code": code(&secret, 0) })).await.expect(200);
    elsewhere.get("/api/me").await.problem(401, "session.required");
    ann.post("/api/me/totp", &json!({})).await.problem(409, "second_factor.there");

    let (halfway, answer) = half(&server, "ann").await;
    assert_eq!(answer["second_factor"], json!(["totp", "recovery"]));
    halfway.get("/api/me").await.problem(401, "session.second_factor");
    let door = halfway.get("/api/session").await.expect(200);
    assert_eq!(door["second_factor"], answer["second_factor"]);
    assert_eq!(door["csrf_token"], answer["csrf_token"], "a page that is loaded anew goes on");
    halfway.get("/api/entities/customer/records").await.problem(401, "session.second_factor");
    halfway
        .patch("/api/me", &json!({ "password": "quite another phrase 2" }))
        .await
        .problem(401, "session.second_factor");
    halfway
        .post("/api/session/proof", &json!({ "password": PASSWORD }))
        .await
        .problem(401, "session.required");
    halfway
        .post("/api/session/second", &json!({ "password": PASSWORD }))
        .await
        .violations(&["session.proof "]);
    halfway
        .post("/api/session/second", &json!({ "code": code(&secret, 0) }))
        .await
        .problem(422, "session.wrong_code");
    let answer = halfway.post("/api/session/second", &json!({ "code": code(&secret, 1) })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let whole = server.unknown().adopting(&answer);
    assert_ne!(whole.cookie(), halfway.cookie(), "another token");
    assert_eq!(whole.get("/api/me").await.expect(200)["login"], "ann");
    halfway.get("/api/me").await.problem(401, "session.required");

    let (again, _) = half(&server, "ann").await;
    again
        .post("/api/session/second", &json!({ "code": code(&secret, 1) }))
        .await
        .problem(422, "session.wrong_code");
    whole.delete("/api/me/totp").await.expect(204);
    server.sign_in("ann").await.get("/api/app").await.expect(200);
}

async fn recovery_codes_open_once_each(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    ann.post("/api/me/recovery-codes", &json!({})).await.problem(409, "second_factor.none");
    let (_, codes) = enrol(&ann).await;
    assert_eq!(codes.len(), 10);

    let (first, _) = half(&server, "ann").await;
    let typed = codes[0].to_uppercase().replace('-', " ");
    first.post("/api/session/second", &json!({ "code": typed })).await.expect(200);
    let (second, _) = half(&server, "ann").await;
    second.post("/api/session/second", &json!({ "code": codes[0] })).await.problem(422, "session.wrong_code");
    let answer = second.post("/api/session/second", &json!({ "code": codes[1] })).await;
    let ann = server.unknown().adopting(&answer);
    assert_eq!(ann.get("/api/me/security").await.expect(200)["recovery_codes"], 8);

    let fresh = ann.post("/api/me/recovery-codes", &json!({})).await.expect(200);
    let (third, _) = half(&server, "ann").await;
    third.post("/api/session/second", &json!({ "code": codes[2] })).await.problem(422, "session.wrong_code");
    third.post("/api/session/second", &json!({ "code": fresh["recovery_codes"][0] })).await.expect(200);
}

async fn guesses_of_codes_are_slowed_down_wherever_they_come_from(backend: Backend) {
    let server = proxied(backend).await;
    let ann = server.sign_in("ann").await;
    let (secret, _) = enrol(&ann).await;
    let mut heard = 0;
    for network in 1..=60 {
        let from = format!("203.0.113.{network}");
        let given = json!({ "login": "ann", "password": PASSWORD });
        let unknown = server.unknown();
        let request =
            unknown.request(Method::POST, "/api/session").header("x-forwarded-for", &from).json(&given);
        let halfway = server.unknown().adopting(&unknown.send(request).await);
        let request = halfway.request(Method::POST, "/api/session/second").header("x-forwarded-for", &from);
        let answer = halfway.send(request.json(&json!({ "code": code(&secret, -9) }))).await;
        if answer.status == 429 {
            assert!(
                answer.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok()),
                "{answer:?}"
            );
            break;
        }
        assert_eq!(answer.status, 422, "{answer:?}");
        heard += 1;
    }
    assert!((5..=14).contains(&heard), "{heard} of 60 guesses were heard");
    ann.get("/api/me").await.expect(200);
}

async fn a_role_may_demand_a_second_factor(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let ann = server.sign_in("ann").await;
    let text =
        std::fs::read_to_string(tree::root().join("tests/fixtures/app/roles/clerk.json")).expect("a role");
    let mut clerk: Value = serde_json::from_str(&text).expect("a role");
    clerk["sign_in"] = json!({ "second_factor": true, "networks": ["nonsense"] });
    admin.put("/api/draft/roles/clerk", clerk.to_string()).await;
    let found = admin.post("/api/draft/check", &json!({})).await.expect(200);
    assert_eq!(found["diagnostics"][0]["code"], "role.network", "{found:#}");
    clerk["sign_in"] = json!({ "second_factor": true });
    admin.put("/api/draft/roles/clerk", clerk.to_string()).await;
    admin.post("/api/draft/publish", &json!({ "note": "stricter" })).await.expect(201);

    ann.get("/api/app").await.problem(403, "session.must_enrol");
    ann.get("/api/entities/customer/records").await.problem(403, "session.must_enrol");
    assert_eq!(ann.get("/api/me").await.expect(200)["must_enrol"], true);
    let bob = server.sign_in("bob").await;
    bob.get("/api/app").await.problem(403, "session.must_enrol");
    let (_, codes) = enrol(&bob).await;
    bob.get("/api/app").await.expect(200);
    bob.delete("/api/me/totp").await.problem(409, "second_factor.demanded");
    let (halfway, answer) = half(&server, "bob").await;
    assert_eq!(answer["second_factor"], json!(["totp", "recovery"]));
    halfway.post("/api/session/second", &json!({ "code": codes[0] })).await.expect(200);
    server.sign_in("mia").await.get("/api/app").await.expect(200);
}

async fn the_workspace_may_demand_one_of_everybody(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let policy = json!({ "second_factor": true, "networks": [] });
    ann.put("/api/sign-in", policy.to_string()).await.problem(403, "access.denied");
    ann.get("/api/sign-in").await.problem(403, "access.denied");
    assert_eq!(
        admin.get("/api/sign-in").await.expect(200),
        json!({ "networks": [], "second_factor": false })
    );
    let put = |body: &Value| admin.request(Method::PUT, "/api/sign-in").json(body);
    admin
        .send(put(&json!({ "networks": ["10.0.0.0/8", "x"] })))
        .await
        .violations(&["network.unknown /networks/1"]);
    admin.send(put(&json!({ "networks": ["10.0.0.0/8"] }))).await.violations(&["network.own /networks"]);
    assert_eq!(admin.send(put(&policy)).await.expect(200), policy);

    ann.get("/api/app").await.problem(403, "session.must_enrol");
    admin.get("/api/app").await.problem(403, "session.must_enrol");
    enrol(&ann).await;
    ann.get("/api/app").await.expect(200);
}

async fn what_matters_asks_once_more_who_one_is(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let users = admin.get("/api/users").await.expect(200);
    let ann = id_of(&users, "ann");
    let (_, place) = server.stop().await;
    place.alter("UPDATE sessions SET proved_at = 0");
    let server = TestServer::on(place).await;
    let admin = server.unknown().holding(&admin);

    admin.get("/api/app").await.expect(200);
    let key = "roles-once";
    let change = json!({ "login": "zoe", "password": PASSWORD, "roles": ["clerk"] });
    let hire = |client: &Client| {
        client.request(Method::POST, "/api/users").header("idempotency-key", key).json(&change)
    };
    admin.send(hire(&admin)).await.problem(403, "session.prove_again");
    admin
        .patch(&format!("/api/users/{ann}"), &json!({ "roles": ["manager"] }))
        .await
        .problem(403, "session.prove_again");
    admin
        .patch(&format!("/api/users/{ann}"), &json!({ "password": "quite another phrase 2" }))
        .await
        .problem(403, "session.prove_again");
    admin
        .patch("/api/me", &json!({ "password": "quite another phrase 2" }))
        .await
        .problem(403, "session.prove_again");
    admin.post("/api/me/totp", &json!({})).await.problem(403, "session.prove_again");
    admin.delete(&format!("/api/users/{ann}/factors")).await.problem(403, "session.prove_again");
    admin.patch(&format!("/api/users/{ann}"), &json!({ "name": "安安" })).await.expect(200);

    admin
        .post("/api/session/proof", &json!({ "password": "guess" }))
        .await
        .problem(401, "session.wrong_password");
    let answer = admin.post("/api/session/proof", &json!({ "password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let proved = server.unknown().adopting(&answer);
    assert_ne!(proved.cookie(), admin.cookie(), "another token");
    admin.get("/api/me").await.problem(401, "session.required");
    proved.send(hire(&proved)).await.expect(201);
    proved.patch(&format!("/api/users/{ann}"), &json!({ "roles": ["manager"] })).await.expect(200);
}

async fn an_administrator_resets_what_somebody_lost_and_nobody_resets_more_than_they_are(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let mut hr = json!({ "title": "人事", "entities": {}, "may": ["manage_users"] });
    hr["menus"] = json!([]);
    admin.put("/api/draft/roles/hr", hr.to_string()).await;
    admin.post("/api/draft/publish", &json!({ "note": "hr" })).await.expect(201);
    let zoe = json!({ "login": "zoe", "password": PASSWORD, "roles": ["hr", "clerk"] });
    admin.post("/api/users", &zoe).await.expect(201);
    let users = admin.get("/api/users").await.expect(200);
    let (ann, root) = (id_of(&users, "ann"), id_of(&users, "admin"));
    let zoe = server.sign_in("zoe").await;
    let (_, codes) = enrol(&server.sign_in("ann").await).await;
    assert!(!codes.is_empty());

    zoe.delete(&format!("/api/users/{root}/factors")).await.problem(403, "access.denied");
    zoe.patch(&format!("/api/users/{root}"), &json!({ "password": "quite another phrase 2" }))
        .await
        .problem(403, "access.denied");
    zoe.patch(&format!("/api/users/{root}"), &json!({ "email": "zoe@example.com" }))
        .await
        .problem(403, "access.denied");
    server
        .sign_in("bob")
        .await
        .delete(&format!("/api/users/{ann}/factors"))
        .await
        .problem(403, "access.denied");
    zoe.delete(&format!("/api/users/{ann}/factors")).await.expect(204);
    server.sign_in("ann").await.get("/api/app").await.expect(200);
    enrol(&server.sign_in("ann").await).await;
    let command = server.place().command(&["user", "reset-factors", "ann"]).output().await.expect("it runs");
    assert!(command.status.success(), "{}", String::from_utf8_lossy(&command.stderr));
    server.sign_in("ann").await.get("/api/app").await.expect(200);
}

async fn a_secret_is_nowhere_in_plain(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let request =
        ann.request(Method::POST, "/api/me/totp").header("idempotency-key", "once").json(&json!({}));
    let offer = ann.send(request).await.expect(200);
    let secret = offer["secret"].as_str().expect("a secret");
    let codes = ann.post("/api/me/totp/confirm", &json!({ "code": code(secret, 0) })).await.expect(200);
    let code = codes["recovery_codes"][0].as_str().expect("a code");
    let (_, place) = server.stop().await;
    assert_ne!(place.read("SELECT secret FROM totp"), secret);
    assert!(!place.read("SELECT code_hash FROM recovery_codes").contains(&code.replace('-', "")));
    assert_eq!(place.read("SELECT COUNT(*) FROM idempotency"), "0", "no answer with a secret is kept");
}

/// A server behind a proxy on this machine that is believed.
async fn proxied(backend: Backend) -> TestServer {
    let place = image::of(backend).await.copy();
    let server = TestServer::launch_in(place, &[], &[("KEZHI_PROXIES", "127.0.0.1")]).await;
    server.unwrap_or_else(|(why, _)| panic!("{why}"))
}

fn id_of(users: &Value, login: &str) -> String {
    let found = users["items"].as_array().into_iter().flatten().find(|user| user["login"] == login);
    found.and_then(|user| user["id"].as_str()).expect("the person is there").to_owned()
}
