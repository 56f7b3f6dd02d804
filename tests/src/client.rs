//! Somebody who speaks HTTP to a server, with the session and the CSRF token of a browser.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Somebody who asks a server; clones share the session.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    cookie: Option<String>,
    csrf: Option<String>,
}

/// What a server answered.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; a string where it is none, null where there was none.
    pub body: Value,
    /// What was asked, for messages.
    asked: String,
}

impl Client {
    /// Somebody unknown to the server at `base` (`http://127.0.0.1:8080`).
    pub fn unknown(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.to_owned(), cookie: None, csrf: None }
    }

    /// Signs in.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn sign_in(mut self, login: &str, password: &str) -> Self {
        let answer = self.post("/api/session", &json!({ "login": login, "password": password })).await;
        let cookie =
            answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        let csrf = answer.expect(200)["csrf_token"].as_str().map(str::to_owned);
        assert!(cookie.is_some() && csrf.is_some(), "signing in gives a cookie and a token");
        (self.cookie, self.csrf) = (cookie, csrf);
        self
    }

    /// Goes on under the session and the token that an answer gave.
    #[must_use]
    pub fn adopting(mut self, answer: &Answer) -> Self {
        if let Some(cookie) = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next()) {
            self.cookie = Some(cookie.to_owned());
        }
        if let Some(csrf) = answer.body["csrf_token"].as_str() {
            self.csrf = Some(csrf.to_owned());
        }
        self
    }

    /// Holds on to a session that outlived a server.
    #[must_use]
    pub fn holding(mut self, other: &Self) -> Self {
        (self.cookie, self.csrf) = (other.cookie.clone(), other.csrf.clone());
        self
    }

    /// The session's cookie, `name=value`.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// A request with the session's cookie and token, to be shaped further.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut headers = HeaderMap::new();
        for (name, value) in [("cookie", &self.cookie), ("x-csrf-token", &self.csrf)] {
            if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        self.http.request(method, format!("{}{path}", self.base)).headers(headers)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When no answer came, as after the server was killed.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let request = request.build()?;
        let asked = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = match serde_json::from_str(&text) {
            Ok(body) => body,
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => Value::String(text),
        };
        Ok(Answer { status, headers, body, asked })
    }

    /// Sends a request that must be answered.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PUT path` with a text as it is.
    pub async fn put(&self, path: &str, text: impl Into<String>) -> Answer {
        self.send(self.request(Method::PUT, path).body(text.into())).await
    }

    /// `PATCH path` with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Creates a record that must be accepted, and gives it.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn create(&self, entity: &str, fields: &Value) -> Value {
        self.post(&format!("/api/entities/{entity}/records"), fields).await.expect(201)
    }

    /// One record as the caller may see it.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn record(&self, entity: &str, record: &Value) -> Value {
        self.get(&path_of(entity, record)).await.expect(200)
    }
}

/// The path of a record, given by its id or as the server answered it.
///
/// # Panics
/// When `record` is neither.
pub fn path_of(entity: &str, record: &Value) -> String {
    let id = record.as_str().or_else(|| record["id"].as_str()).expect("a record has an id");
    format!("/api/entities/{entity}/records/{id}")
}

impl Answer {
    /// The body, where the status is the one that was expected.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    /// Holds that this is a problem of this status and code, told as problem+json; gives the body.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let detail = self.body["detail"].as_str().unwrap_or_default();
        assert!(!detail.is_empty(), "a problem says in words what it is: {self:?}");
        self.body
    }

    /// Holds that the record was refused with exactly these violations, as `code pointer`, in any order.
    ///
    /// # Panics
    /// When it was accepted or refused otherwise.
    #[track_caller]
    pub fn violations(self, expected: &[&str]) {
        assert_eq!(self.status, 422, "{self:?}");
        let told = self.body["violations"].as_array().into_iter().flatten();
        let mut told: Vec<String> = told
            .map(|one| {
                format!("{} {}", one["code"].as_str().unwrap_or("?"), one["pointer"].as_str().unwrap_or("?"))
            })
            .collect();
        told.sort();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(told, expected, "{self:?}");
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = serde_json::to_string_pretty(&self.body).unwrap_or_default();
        write!(to, "{} → {}\n{body}", self.asked, self.status)
    }
}
