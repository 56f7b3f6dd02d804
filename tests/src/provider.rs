//! Providers of OpenID Connect on the loopback. [`Real`] is the npm package `oidc-provider`, run by Node, with real pages
//! where people type; [`Liar`] speaks the protocol as well, signs with a real key, and lies on demand.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use reqwest::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::tree;

/// What both call the server that is tested.
pub const CLIENT: &str = "kezhi";
/// The secret that they share with it.
pub const SECRET: &str = "a secret that both sides know";

/// A real provider.
#[derive(Debug)]
pub struct Real {
    _process: Child,
    /// Its own name of itself.
    pub issuer: String,
}

impl Real {
    /// Starts it; `redirect` is the only address to which it sends people back.
    ///
    /// # Panics
    /// When Node or the package is missing: `npm ci` in `tests/browser`.
    pub async fn start(redirect: &str) -> Self {
        let mut command = Command::new("node");
        command.arg("provider.mjs").args([CLIENT, SECRET, redirect]);
        command.current_dir(tree::root().join("tests/browser")).kill_on_drop(true);
        let mut process =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node can be started");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let told = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
        let issuer = told.expect("it starts in time").expect("it can be read");
        let issuer = issuer.expect("the provider starts: npm ci in tests/browser brings it");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { _process: process, issuer }
    }
}

/// What a [`Liar`] puts into its tokens instead of the truth.
#[derive(Debug, Clone, Default)]
pub struct Lies {
    /// Claims that replace true ones; null takes one away.
    pub claims: BTreeMap<String, Value>,
    /// The algorithm that the header names.
    pub algorithm: Option<&'static str>,
    /// Whether another key signs than the one that is published.
    pub other_key: bool,
}

/// A provider that says what the test wants. It checks the client's secret and PKCE like any other.
#[derive(Debug, Clone)]
pub struct Liar(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    issuer: String,
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    /// By code: the nonce and the PKCE challenge of the question.
    asked: Mutex<BTreeMap<String, (String, String)>>,
    lies: Mutex<Lies>,
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key")
}

impl Liar {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let inside = Inside {
            issuer,
            key: new_key(),
            other: new_key(),
            asked: Mutex::default(),
            lies: Mutex::default(),
        };
        let liar = Self(Arc::new(inside));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(liar.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        liar
    }

    /// Its own name of itself.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// What it puts into the tokens that follow.
    ///
    /// # Panics
    /// Never.
    pub fn lie(&self, lies: Lies) {
        *self.0.lies.lock().expect("no panic") = lies;
    }

    /// Somebody agrees at the address that the server sent them to: the `state` and the code that go back.
    ///
    /// # Panics
    /// When the question is not one by code with PKCE, state and nonce.
    pub fn agree(&self, url: &str) -> (String, String) {
        let url = reqwest::Url::parse(url).expect("an address");
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked.get("response_type").map(String::as_str), Some("code"));
        assert_eq!(asked.get("code_challenge_method").map(String::as_str), Some("S256"));
        assert_eq!(asked.get("client_id").map(String::as_str), Some(CLIENT));
        assert!(
            asked.get("scope").is_some_and(|scope| scope.split(' ').any(|word| word == "openid")),
            "{asked:?}"
        );
        let code = uuid::Uuid::new_v4().to_string();
        let kept = (asked["nonce"].clone(), asked["code_challenge"].clone());
        self.0.asked.lock().expect("no panic").insert(code.clone(), kept);
        (asked["state"].clone(), code)
    }

    fn signed(&self, nonce: &str) -> String {
        let lies = self.0.lies.lock().expect("no panic").clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let mut claims = json!({ "iss": self.0.issuer, "sub": "u-1", "aud": CLIENT, "iat": now, "exp": now + 300,
                                 "auth_time": now, "nonce": nonce, "preferred_username": "zoe", "name": "佐伊",
                                 "email": "ann@example.com", "email_verified": true });
        for (key, value) in lies.claims {
            match value {
                Value::Null => drop(claims.as_object_mut().and_then(|claims| claims.remove(&key))),
                value => claims[key] = value,
            }
        }
        let algorithm = lies.algorithm.unwrap_or("ES256");
        let header = json!({ "alg": algorithm, "typ": "JWT", "kid": "one" });
        let text = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = match algorithm {
            "none" => Vec::new(),
            "HS256" => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            _ => {
                let key = if lies.other_key { &self.0.other } else { &self.0.key };
                key.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature").as_ref().to_vec()
            }
        };
        format!("{text}.{}", BASE64.encode(signature))
    }
}

async fn metadata(State(liar): State<Liar>) -> Json<Value> {
    let issuer = liar.issuer();
    Json(json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
                 "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
                 "response_types_supported": ["code"], "subject_types_supported": ["public"],
                 "id_token_signing_alg_values_supported": ["ES256"],
                 "token_endpoint_auth_methods_supported": ["client_secret_post"] }))
}

async fn keys(State(liar): State<Liar>) -> Json<Value> {
    let point = liar.0.key.public_key().as_ref();
    Json(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one",
                            "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]) }] }))
}

async fn token(State(liar): State<Liar>, body: String) -> (axum::http::StatusCode, Json<Value>) {
    let form = reqwest::Url::parse(&format!("http://form/?{body}")).expect("a form");
    let given: BTreeMap<String, String> = form.query_pairs().into_owned().collect();
    let is_client = given.get("client_id").map(String::as_str) == Some(CLIENT)
        && given.get("client_secret").map(String::as_str) == Some(SECRET);
    let asked = given.get("code").and_then(|code| liar.0.asked.lock().expect("no panic").remove(code));
    let verifier = given.get("code_verifier").cloned().unwrap_or_default();
    let challenge = BASE64.encode(ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes()));
    match asked.filter(|(_, known)| is_client && *known == challenge) {
        Some((nonce, _)) => {
            let answer =
                json!({ "access_token": "x", "token_type": "Bearer", "id_token": liar.signed(&nonce) });
            (axum::http::StatusCode::OK, Json(answer))
        }
        None => (axum::http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))),
    }
}

/// A browser as far as redirects, cookies and the two forms of a [`Real`] provider go.
#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    /// By host: names and values.
    jar: BTreeMap<String, BTreeMap<String, String>>,
    /// The name under which people know the server that is tested, and where it is.
    home: (String, String),
}

impl Browser {
    /// A browser for which `name` (`http://kezhi.test`) is at `base`.
    ///
    /// # Panics
    /// When no client can be made.
    pub fn new(name: &str, base: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("a client");
        Self { http, jar: BTreeMap::new(), home: (name.to_owned(), base.to_owned()) }
    }

    /// Sends one request; cookies go with it and are kept.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn send(
        &mut self,
        method: reqwest::Method,
        url: &str,
        body: Option<Sent<'_>>,
    ) -> reqwest::Response {
        let parsed = reqwest::Url::parse(url).expect("an address");
        let host = parsed.authority().to_owned();
        let real = match url.strip_prefix(&self.home.0) {
            Some(path) => format!("{}{path}", self.home.1),
            None => url.to_owned(),
        };
        let cookies: Vec<String> = self
            .jar
            .entry(host.clone())
            .or_default()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self.http.request(method, real).header(HOST, &host);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        request = match body {
            Some(Sent::Json(body, csrf)) => request.json(body).header("x-csrf-token", csrf),
            Some(Sent::Form(text)) => {
                request.header("content-type", "application/x-www-form-urlencoded").body(text)
            }
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default().to_owned();
            if let Some((name, value)) = pair.split_once('=') {
                let jar = self.jar.entry(host.clone()).or_default();
                match value {
                    "" => jar.remove(name),
                    value => jar.insert(name.to_owned(), value.to_owned()),
                };
            }
        }
        answer
    }

    /// Goes to an address and on from there, filling in the provider's forms as `login`, until a page of the server that
    /// is tested is reached that is no redirect; gives its address.
    ///
    /// # Panics
    /// When it leads nowhere within 20 steps.
    pub async fn follow(&mut self, url: &str, login: &str) -> String {
        let mut url = url.to_owned();
        let mut form: Option<String> = None;
        for _ in 0..20 {
            let callback = format!("{}/api/", self.home.0);
            if url.starts_with(&self.home.0) && !url.starts_with(&callback) {
                return url;
            }
            let method = if form.is_some() { reqwest::Method::POST } else { reqwest::Method::GET };
            let answer = self.send(method, &url, form.take().map(Sent::Form)).await;
            let here = reqwest::Url::parse(&url).expect("an address");
            if let Some(next) = answer.headers().get(LOCATION) {
                url = here.join(next.to_str().expect("an address")).expect("an address").to_string();
                continue;
            }
            let (status, page) = (answer.status(), answer.text().await.expect("a page"));
            let action = page.split("action=\"").nth(1).and_then(|rest| rest.split('"').next());
            let action = action.unwrap_or_else(|| panic!("{url} → {status}\n{page}"));
            url = here.join(action).expect("an address").to_string();
            let is_login = page.contains("name=\"login\"");
            form = Some(if is_login {
                format!("prompt=login&login={login}&password=x")
            } else {
                "prompt=consent".to_owned()
            });
        }
        panic!("it leads nowhere: {url}");
    }
}

/// A body.
#[derive(Debug)]
pub enum Sent<'a> {
    /// JSON with the token of the session.
    Json(&'a Value, &'a str),
    /// A form as browsers write it.
    Form(String),
}
