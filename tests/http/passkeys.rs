//! Passkeys: made, shown, refused where anything about them is not as it was.

use kezhi_tests::authenticator::Authenticator;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Answer, Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_passkey_signs_in_without_a_password,
    an_answer_that_does_not_fit_is_refused,
    a_passkey_gives_the_second_factor_and_proves_again,
    there_are_none_where_the_host_is_an_address,
    a_passkey_is_forgotten_by_its_person_alone,
);

/// The origin under which people reach a test server by a name.
fn origin(server: &TestServer) -> String {
    server.base().replace("127.0.0.1", "localhost")
}

/// A request by a name of the host, as browsers send it.
async fn post(server: &TestServer, client: &Client, path: &str, body: &Value) -> Answer {
    let origin = origin(server);
    let host = origin.trim_start_matches("http://").to_owned();
    let request = client.request(Method::POST, path).header("host", host).header("origin", &origin);
    client.send(request.json(body)).await
}

/// Makes a passkey for somebody who is signed in.
async fn enrol(server: &TestServer, client: &Client, key: &mut Authenticator) -> Value {
    let asked = post(server, client, "/api/me/passkeys/options", &json!({})).await.expect(200);
    let credential = key.make(&asked["options"], &origin(server));
    let new = json!({ "step": asked["step"], "title": "手机", "credential": credential });
    post(server, client, "/api/me/passkeys", &new).await.expect(201)
}

/// What an authenticator answers to a new question of the server.
async fn shown(server: &TestServer, key: &mut Authenticator) -> Value {
    let asked = post(server, &server.unknown(), "/api/session/passkey/options", &json!({})).await.expect(200);
    json!({ "step": asked["step"], "credential": key.show(&asked["options"], &origin(server)) })
}

async fn a_passkey_signs_in_without_a_password(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let mut key = Authenticator::new();
    let asked = post(&server, &ann, "/api/me/passkeys/options", &json!({})).await.expect(200);
    assert_eq!(asked["options"]["rp"]["id"], "localhost");
    assert_eq!(asked["options"]["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(asked["options"]["authenticatorSelection"]["userVerification"], "required");
    let made = enrol(&server, &ann, &mut key).await;
    assert_eq!(made["recovery_codes"].as_array().map(Vec::len), Some(10));
    let known = ann.get("/api/me/security").await.expect(200);
    assert_eq!(known["passkeys"][0]["title"], "手机");

    let credential = shown(&server, &mut key).await;
    let answer = post(&server, &server.unknown(), "/api/session/passkey", &credential).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let entered = server.unknown().adopting(&answer);
    assert_eq!(entered.get("/api/me").await.expect(200)["login"], "ann");
    let listed = entered.get("/api/me/sessions").await.expect(200);
    assert_eq!(listed["items"][0]["way"], "passkey");
    post(&server, &server.unknown(), "/api/session/passkey", &credential).await.problem(409, "passkey.step");
    let twice = enrol_again(&server, &ann, &mut key).await;
    twice.problem(409, "passkey.known");
    // A passkey alone does not make the password ask for more.
    server.sign_in("ann").await.get("/api/app").await.expect(200);
}

async fn enrol_again(server: &TestServer, client: &Client, key: &mut Authenticator) -> Answer {
    let asked = post(server, client, "/api/me/passkeys/options", &json!({})).await.expect(200);
    assert_eq!(asked["options"]["excludeCredentials"].as_array().map(Vec::len), Some(1), "{asked:#}");
    let credential = key.make(&asked["options"], &origin(server));
    post(
        server,
        client,
        "/api/me/passkeys",
        &json!({ "step": asked["step"], "title": "x", "credential": credential }),
    )
    .await
}

async fn an_answer_that_does_not_fit_is_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let mut key = Authenticator::new();
    let asked = post(&server, &ann, "/api/me/passkeys/options", &json!({})).await.expect(200);
    let evil = key.make(&asked["options"], "https://evil.example");
    let new = |credential: &Value| json!({ "step": asked["step"], "title": "x", "credential": credential });
    post(&server, &ann, "/api/me/passkeys", &new(&evil)).await.problem(422, "passkey.refused");
    post(&server, &ann, "/api/me/passkeys", &new(&evil)).await.problem(409, "passkey.step");
    let asked = post(&server, &ann, "/api/me/passkeys/options", &json!({})).await.expect(200);
    let bob = server.sign_in("bob").await;
    let credential = key.make(&asked["options"], &origin(&server));
    let stolen = json!({ "step": asked["step"], "title": "x", "credential": credential });
    post(&server, &bob, "/api/me/passkeys", &stolen).await.problem(409, "passkey.step");
    key.verifies = false;
    let asked = post(&server, &ann, "/api/me/passkeys/options", &json!({})).await.expect(200);
    let careless = json!({ "step": asked["step"], "title": "x", "credential": key.make(&asked["options"], &origin(&server)) });
    post(&server, &ann, "/api/me/passkeys", &careless).await.problem(422, "passkey.refused");
    key.verifies = true;
    enrol(&server, &ann, &mut key).await;

    let refused = async |change: fn(&mut Value), key: &mut Authenticator| {
        let mut given = shown(&server, key).await;
        change(&mut given["credential"]["response"]);
        post(&server, &server.unknown(), "/api/session/passkey", &given)
            .await
            .problem(422, "passkey.refused");
    };
    refused(|response| response["signature"] = json!("AAAA"), &mut key).await;
    refused(|response| response["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA"), &mut key).await;
    refused(|response| response["authenticatorData"] = json!("AAAA"), &mut key).await;
    let nonsense = json!({ "step": "x", "credential": {} });
    post(&server, &server.unknown(), "/api/session/passkey", &nonsense).await.problem(409, "passkey.step");
    let mut stranger = Authenticator::new();
    let asked =
        post(&server, &server.unknown(), "/api/session/passkey/options", &json!({})).await.expect(200);
    let forged =
        json!({ "step": asked["step"], "credential": stranger.show(&asked["options"], &origin(&server)) });
    post(&server, &server.unknown(), "/api/session/passkey", &forged).await.problem(422, "passkey.refused");
    let asked =
        post(&server, &server.unknown(), "/api/session/passkey/options", &json!({})).await.expect(200);
    let elsewhere =
        json!({ "step": asked["step"], "credential": key.show(&asked["options"], "https://evil.example") });
    post(&server, &server.unknown(), "/api/session/passkey", &elsewhere)
        .await
        .problem(422, "passkey.refused");

    let good = shown(&server, &mut key).await;
    post(&server, &server.unknown(), "/api/session/passkey", &good).await.expect(200);
    // A copy of the key does not know how often it was used.
    key.forget_uses();
    let copied = shown(&server, &mut key).await;
    post(&server, &server.unknown(), "/api/session/passkey", &copied).await.problem(422, "passkey.refused");
}

async fn a_passkey_gives_the_second_factor_and_proves_again(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let ann = server.sign_in("ann").await;
    let (mut key, mut other) = (Authenticator::new(), Authenticator::new());
    enrol(&server, &ann, &mut key).await;
    enrol(&server, &server.sign_in("bob").await, &mut other).await;
    let policy = admin.request(Method::PUT, "/api/sign-in").json(&json!({ "second_factor": true }));
    admin.send(policy).await.expect(200);

    let given = json!({ "login": "ann", "password": PASSWORD });
    let first = server.unknown().post("/api/session", &given).await;
    assert_eq!(first.body["second_factor"], json!(["passkey", "recovery"]), "{first:?}");
    let half = server.unknown().adopting(&first);
    let wrong = shown(&server, &mut other).await;
    post(&server, &half, "/api/session/second", &wrong).await.problem(422, "passkey.refused");
    let right = shown(&server, &mut key).await;
    let whole = server.unknown().adopting(&post(&server, &half, "/api/session/second", &right).await);
    whole.get("/api/app").await.expect(200);

    let (_, place) = server.stop().await;
    place.alter("UPDATE sessions SET proved_at = 0");
    let server = TestServer::on(place).await;
    let whole = server.unknown().holding(&whole);
    whole.post("/api/me/totp", &json!({})).await.problem(403, "session.prove_again");
    let credential = shown(&server, &mut key).await;
    let proved = server.unknown().adopting(&post(&server, &whole, "/api/session/proof", &credential).await);
    proved.post("/api/me/totp", &json!({})).await.expect(200);
}

async fn there_are_none_where_the_host_is_an_address(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    assert_eq!(
        server.unknown().get("/api/session").await.expect(200),
        json!({ "ways": { "passkey": false, "oidc": [] } })
    );
    assert_eq!(ann.get("/api/me/security").await.expect(200)["passkeys_here"], false);
    ann.post("/api/me/passkeys/options", &json!({})).await.problem(409, "passkey.host");
    server.unknown().post("/api/session/passkey/options", &json!({})).await.problem(409, "passkey.host");
    let host = origin(&server).trim_start_matches("http://").to_owned();
    let unknown = server.unknown();
    let request = unknown.request(Method::GET, "/api/session").header("host", host);
    assert_eq!(unknown.send(request).await.expect(200)["ways"]["passkey"], true);
}

async fn a_passkey_is_forgotten_by_its_person_alone(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let mut key = Authenticator::new();
    enrol(&server, &ann, &mut key).await;
    let known = ann.get("/api/me/security").await.expect(200);
    let path = format!("/api/me/passkeys/{}", known["passkeys"][0]["id"].as_str().expect("an id"));
    server.sign_in("bob").await.delete(&path).await.problem(404, "passkey.not_found");
    ann.delete(&path).await.expect(204);
    let credential = shown(&server, &mut key).await;
    post(&server, &server.unknown(), "/api/session/passkey", &credential)
        .await
        .problem(422, "passkey.refused");
    assert_eq!(
        ann.get("/api/me/security").await.expect(200)["recovery_codes"],
        0,
        "there is nothing left to recover"
    );
}
