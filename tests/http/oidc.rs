//! Accounts elsewhere: a real provider, and one that lies.

use std::collections::BTreeMap;

use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::provider::{Browser, CLIENT, Liar, Lies, Real, SECRET, Sent};
use kezhi_tests::{Answer, Backend, Client, TestServer, on_both};
use reqwest::Method;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

on_both!(
    a_real_provider_signs_in_whom_it_is_linked_to,
    an_account_is_linked_by_issuer_and_subject_alone,
    a_token_that_does_not_hold_lets_nobody_in,
    an_answer_is_taken_once_and_from_the_browser_that_asked,
    whoever_comes_first_gets_an_account_where_the_settings_say_so,
    who_was_asked_anew_has_proved_who_they_are,
);

const NAME: &str = "http://kezhi.test";

/// A server that knows one provider under the key `local`, and reaches people as `kezhi.test`.
async fn knowing(backend: Backend, issuer: &str, more: &str) -> TestServer {
    let place = image::of(backend).await.copy();
    let settings = format!(
        "[[oidc]]\nkey = \"local\"\ntitle = \"公司账号\"\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT}\"\n{more}\n"
    );
    std::fs::write(place.folder.path().join("kezhi.toml"), settings).expect("settings can be written");
    let environment = [("KEZHI_OIDC_LOCAL_SECRET", SECRET), ("KEZHI_PUBLIC_URL", NAME)];
    TestServer::launch_in(place, &[], &environment).await.unwrap_or_else(|(why, _)| panic!("{why}"))
}

/// Somebody leaves for the provider: where they are sent, and the cookie that their browser keeps.
async fn leave(client: &Client, body: &Value) -> (String, String) {
    let answer = client.post("/api/session/oidc/local", body).await;
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    let url = answer.expect(200)["url"].as_str().expect("an address").to_owned();
    (url, cookie.expect("the browser keeps something"))
}

/// Somebody comes back with these parameters and cookies; no redirect is followed.
async fn come_back(server: &TestServer, query: &str, cookies: &str) -> Answer {
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let client = Client::unknown(http, server.base());
    let path = format!("/api/session/oidc/local/callback?{query}");
    let request = client.request(Method::GET, &path).header("cookie", cookies.to_owned());
    client.send(request).await
}

fn place(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").expect("a place")
}

/// The session that an answer gave.
fn session(server: &TestServer, answer: &Answer) -> Client {
    let cookies = answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    assert!(cookies.into_iter().any(|cookie| cookie.starts_with("kezhi=")), "{answer:?}");
    server.unknown().adopting(answer)
}

/// Links the account of a liar with somebody.
async fn link(server: &TestServer, liar: &Liar, login: &str) -> Client {
    let client = server.sign_in(login).await;
    let (url, kept) = leave(&client, &json!({ "purpose": "link", "next": "/me/security" })).await;
    let (state, code) = liar.agree(&url);
    let cookies = format!("{kept}; {}", client.cookie().expect("a session"));
    let answer = come_back(server, &format!("code={code}&state={state}"), &cookies).await;
    assert_eq!(place(&answer), format!("{NAME}/me/security"));
    client
}

/// One pass through a liar without a session; gives the answer to the way back.
async fn pass(server: &TestServer, liar: &Liar) -> Answer {
    let (url, kept) = leave(&server.unknown(), &json!({ "next": "/e/customer?q=1" })).await;
    let (state, code) = liar.agree(&url);
    come_back(server, &format!("code={code}&state={state}"), &kept).await
}

async fn a_real_provider_signs_in_whom_it_is_linked_to(backend: Backend) {
    let real = Real::start(&format!("{NAME}/api/session/oidc/local/callback")).await;
    let server = knowing(backend, &real.issuer, "").await;
    let ways = server.unknown().get("/api/session").await.expect(200);
    assert_eq!(ways["ways"]["oidc"], json!([{ "key": "local", "title": "公司账号" }]));
    let away = |purpose: &str| json!({ "purpose": purpose, "next": "/e/customer" });

    let mut browser = Browser::new(NAME, server.base());
    let left = browser
        .send(Method::POST, &format!("{NAME}/api/session/oidc/local"), Some(Sent::Json(&away("sign_in"), "")))
        .await;
    let left: Value = left.json().await.expect("an answer");
    let end = browser.follow(left["url"].as_str().expect("an address"), "ann-at-work").await;
    assert_eq!(end, format!("{NAME}/login?problem=oidc.unlinked"));

    let mut browser = Browser::new(NAME, server.base());
    let given = json!({ "login": "ann", "password": PASSWORD });
    let signed_in =
        browser.send(Method::POST, &format!("{NAME}/api/session"), Some(Sent::Json(&given, ""))).await;
    let csrf: Value = signed_in.json().await.expect("an answer");
    let csrf = csrf["csrf_token"].as_str().expect("a token").to_owned();
    let left = browser
        .send(Method::POST, &format!("{NAME}/api/session/oidc/local"), Some(Sent::Json(&away("link"), &csrf)))
        .await;
    let left: Value = left.json().await.expect("an answer");
    let end = browser.follow(left["url"].as_str().expect("an address"), "ann-at-work").await;
    assert_eq!(end, format!("{NAME}/e/customer"));

    let mut browser = Browser::new(NAME, server.base());
    let left = browser
        .send(Method::POST, &format!("{NAME}/api/session/oidc/local"), Some(Sent::Json(&away("sign_in"), "")))
        .await;
    let left: Value = left.json().await.expect("an answer");
    let end = browser.follow(left["url"].as_str().expect("an address"), "ann-at-work").await;
    assert_eq!(end, format!("{NAME}/e/customer"));
    let me = browser.send(Method::GET, &format!("{NAME}/api/me"), None).await;
    let me: Value = me.json().await.expect("an answer");
    assert_eq!(me["login"], "ann", "{me:#}");
}

/// The liar's account bears the mail address of somebody here; that opens nothing.
async fn an_account_is_linked_by_issuer_and_subject_alone(backend: Backend) {
    let liar = Liar::start().await;
    let server = knowing(backend, liar.issuer(), "").await;
    assert_eq!(place(&pass(&server, &liar).await), format!("{NAME}/login?problem=oidc.unlinked"));
    let bob = link(&server, &liar, "bob").await;
    let answer = pass(&server, &liar).await;
    assert_eq!(place(&answer), format!("{NAME}/e/customer?q=1"));
    let me = session(&server, &answer).get("/api/me").await.expect(200);
    assert_eq!(me["login"], "bob", "whose mail address it bears does not matter");
    let known = bob.get("/api/me/security").await.expect(200);
    assert_eq!(known["identities"][0]["name"], "zoe");

    let ann = server.sign_in("ann").await;
    let (url, kept) = leave(&ann, &json!({ "purpose": "link" })).await;
    let (state, code) = liar.agree(&url);
    let cookies = format!("{kept}; {}", ann.cookie().expect("a session"));
    let answer = come_back(&server, &format!("code={code}&state={state}"), &cookies).await;
    assert_eq!(place(&answer), format!("{NAME}/me/security?problem=oidc.linked"));
    liar.lie(Lies { claims: BTreeMap::from([("sub".into(), json!("u-2"))]), ..Lies::default() });
    assert_eq!(place(&pass(&server, &liar).await), format!("{NAME}/login?problem=oidc.unlinked"));

    let path = format!("/api/me/identities/{}", known["identities"][0]["id"].as_str().expect("an id"));
    ann.delete(&path).await.problem(404, "identity.not_found");
    bob.delete(&path).await.expect(204);
    liar.lie(Lies::default());
    assert_eq!(place(&pass(&server, &liar).await), format!("{NAME}/login?problem=oidc.unlinked"));
}

async fn a_token_that_does_not_hold_lets_nobody_in(backend: Backend) {
    let liar = Liar::start().await;
    let server = knowing(backend, liar.issuer(), "").await;
    link(&server, &liar, "ann").await;
    let past = jiff::Timestamp::now().as_second() - 600;
    let claims = [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("somebody-else")),
        ("aud", json!([CLIENT, "somebody-else"])),
        ("iss", json!("https://evil.example")),
        ("exp", json!(past)),
        ("exp", Value::Null),
        ("sub", Value::Null),
    ];
    let refused = format!("{NAME}/login?problem=oidc.refused");
    for (claim, value) in claims {
        liar.lie(Lies { claims: BTreeMap::from([(claim.into(), value.clone())]), ..Lies::default() });
        assert_eq!(place(&pass(&server, &liar).await), refused, "{claim} {value}");
    }
    for algorithm in ["none", "HS256", "RS256"] {
        liar.lie(Lies { algorithm: Some(algorithm), ..Lies::default() });
        assert_eq!(place(&pass(&server, &liar).await), refused, "{algorithm}");
    }
    liar.lie(Lies { other_key: true, ..Lies::default() });
    assert_eq!(place(&pass(&server, &liar).await), refused, "another key");
    liar.lie(Lies::default());
    let answer = pass(&server, &liar).await;
    assert_eq!(
        session(&server, &answer).get("/api/me").await.expect(200)["login"],
        "ann",
        "the truth still opens"
    );
}

async fn an_answer_is_taken_once_and_from_the_browser_that_asked(backend: Backend) {
    let liar = Liar::start().await;
    let server = knowing(backend, liar.issuer(), "").await;
    link(&server, &liar, "ann").await;
    let over = format!("{NAME}/login?problem=oidc.step");

    // Somebody else's browser: the attacker's own answer must not sign the victim in.
    let (url, _) = leave(&server.unknown(), &json!({})).await;
    let (state, code) = liar.agree(&url);
    assert_eq!(place(&come_back(&server, &format!("code={code}&state={state}"), "").await), over);
    let (_, other) = leave(&server.unknown(), &json!({})).await;
    let (url, kept) = leave(&server.unknown(), &json!({})).await;
    let (state, code) = liar.agree(&url);
    assert_eq!(place(&come_back(&server, &format!("code={code}&state={state}"), &other).await), over);
    assert_eq!(
        place(&come_back(&server, &format!("code={code}&state={state}"), &kept).await),
        over,
        "it is used up"
    );

    let (url, kept) = leave(&server.unknown(), &json!({ "next": "//evil.example" })).await;
    let (state, code) = liar.agree(&url);
    let query = format!("code={code}&state={state}");
    assert_eq!(place(&come_back(&server, &format!("{query}x"), &kept).await), over);
    assert_eq!(place(&come_back(&server, &format!("code={code}"), &kept).await), over);
    assert_eq!(place(&come_back(&server, &query, &kept).await), format!("{NAME}/"), "one stays inside");
    assert_eq!(place(&come_back(&server, &query, &kept).await), over, "once");

    let (url, kept) = leave(&server.unknown(), &json!({})).await;
    let (state, code) = liar.agree(&url);
    let query = format!("code={code}&state={state}&iss=https://evil.example");
    assert_eq!(place(&come_back(&server, &query, &kept).await), format!("{NAME}/login?problem=oidc.refused"));
    let (url, kept) = leave(&server.unknown(), &json!({})).await;
    let (state, _) = liar.agree(&url);
    let query = format!("error=access_denied&state={state}");
    assert_eq!(place(&come_back(&server, &query, &kept).await), format!("{NAME}/login?problem=oidc.denied"));

    server
        .unknown()
        .post("/api/session/oidc/local", &json!({ "purpose": "link" }))
        .await
        .problem(401, "session.required");
    server.unknown().post("/api/session/oidc/other", &json!({})).await.problem(404, "provider.not_found");
    // Whoever is signed in as another one than left is linked with nothing.
    let (ann, bob) = (server.sign_in("ann").await, server.sign_in("bob").await);
    let (url, kept) = leave(&ann, &json!({ "purpose": "link" })).await;
    let (state, code) = liar.agree(&url);
    let cookies = format!("{kept}; {}", bob.cookie().expect("a session"));
    let answer = come_back(&server, &format!("code={code}&state={state}"), &cookies).await;
    assert_eq!(place(&answer), format!("{NAME}/me/security?problem=oidc.step"));
}

async fn whoever_comes_first_gets_an_account_where_the_settings_say_so(backend: Backend) {
    let liar = Liar::start().await;
    let server = knowing(backend, liar.issuer(), "roles = [\"clerk\"]").await;
    let answer = pass(&server, &liar).await;
    let zoe = session(&server, &answer);
    let told = zoe.get("/api/me").await;
    let (zoe, me) = (zoe.adopting(&told), told.expect(200));
    assert_eq!((&me["login"], &me["name"], &me["roles"]), (&json!("zoe"), &json!("佐伊"), &json!(["clerk"])));
    let again = session(&server, &pass(&server, &liar).await).get("/api/me").await.expect(200);
    assert_eq!(again["id"], me["id"]);
    let only = zoe.get("/api/me/security").await.expect(200);
    let path = format!("/api/me/identities/{}", only["identities"][0]["id"].as_str().expect("an id"));
    zoe.delete(&path).await.problem(409, "oidc.last");
    // Another account with a name that is taken gets another login, never the account that has it.
    liar.lie(Lies {
        claims: BTreeMap::from([("sub".into(), json!("u-9")), ("preferred_username".into(), json!("admin"))]),
        ..Lies::default()
    });
    let other = session(&server, &pass(&server, &liar).await).get("/api/me").await.expect(200);
    assert!(other["login"].as_str().is_some_and(|login| login.starts_with("local-")), "{other:#}");
    assert_eq!(other["roles"], json!(["clerk"]));
}

async fn who_was_asked_anew_has_proved_who_they_are(backend: Backend) {
    let liar = Liar::start().await;
    let server = knowing(backend, liar.issuer(), "").await;
    let ann = link(&server, &liar, "ann").await;
    let (_, place_of) = server.stop().await;
    place_of.alter("UPDATE sessions SET proved_at = 0");
    let environment = [("KEZHI_OIDC_LOCAL_SECRET", SECRET), ("KEZHI_PUBLIC_URL", NAME)];
    let server =
        TestServer::launch_in(place_of, &[], &environment).await.unwrap_or_else(|(why, _)| panic!("{why}"));
    let ann = server.unknown().holding(&ann);
    ann.post("/api/me/totp", &json!({})).await.problem(403, "session.prove_again");
    let cookie = ann.cookie().expect("a session").to_owned();

    liar.lie(Lies {
        claims: BTreeMap::from([("auth_time".into(), json!(jiff::Timestamp::now().as_second() - 3_600))]),
        ..Lies::default()
    });
    let (url, kept) = leave(&ann, &json!({ "purpose": "prove", "next": "/me/proved" })).await;
    assert!(url.contains("max_age=0") && url.contains("prompt=login"), "{url}");
    let (state, code) = liar.agree(&url);
    let answer =
        come_back(&server, &format!("code={code}&state={state}"), &format!("{kept}; {cookie}")).await;
    assert_eq!(place(&answer), format!("{NAME}/me/security?problem=oidc.refused"));

    liar.lie(Lies::default());
    let (url, kept) = leave(&ann, &json!({ "purpose": "prove", "next": "/me/proved" })).await;
    let (state, code) = liar.agree(&url);
    let answer =
        come_back(&server, &format!("code={code}&state={state}"), &format!("{kept}; {cookie}")).await;
    assert_eq!(place(&answer), format!("{NAME}/me/proved"));
    let proved = session(&server, &answer);
    let csrf = proved.get("/api/me").await;
    let proved = proved.adopting(&csrf);
    proved.post("/api/me/totp", &json!({})).await.expect(200);
}
