//! Refusals and failures as RFC 9457 problem+json. The one place that decides status codes.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kezhi_runtime::Error;
use kezhi_types::diagnostic::views;
use kezhi_types::text::{self, Language};
use kezhi_types::{Diagnostic, Fields, Violations};
use serde_json::{Value, json};

/// What a caller is told when something is refused or fails.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: String,
    /// In the caller's language where the code has a sentence; else what the error says.
    detail: String,
    args: Box<Fields>,
    found: Box<Found>,
    /// More members.
    more: Box<Fields>,
    retry_after: Option<u64>,
}

/// What was found in detail, said in the caller's language when it is known.
#[derive(Debug, Clone, Default)]
struct Found {
    violations: Violations,
    diagnostics: Vec<Diagnostic>,
}

/// Marks an answer that tells of a passing trouble: it is kept under no key, and the same request may be tried again.
#[derive(Debug, Clone, Copy)]
pub struct NotKept;

impl Problem {
    /// A problem of a code that has a sentence.
    pub fn new(status: StatusCode, code: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: String::new(),
            args: Box::default(),
            found: Box::default(),
            more: Box::default(),
            retry_after: None,
        }
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }

    /// Says it in words, where the code has no sentence of its own.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Says after how many seconds it may be tried again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The status it answers with.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its stable slug.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// A member of the problem beside the standard ones.
    #[must_use]
    pub(crate) fn member(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    fn members(mut self, data: Value) -> Self {
        match data {
            Value::Object(data) => self.more.extend(data),
            Value::Null => {}
            other => {
                self.more.insert("data".to_owned(), other);
            }
        }
        self
    }

    /// The response in a language.
    pub fn respond(self, language: Language) -> Response {
        let known = text::is_known(&self.code);
        let sentence = text::sentence(language, &self.code, &self.args);
        let detail = if known { sentence } else { self.detail };
        let mut body = json!({
            "type": format!("https://kezhi.dev/errors#{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("error"),
            "status": self.status.as_u16(),
            "detail": detail,
            "code": self.code,
        });
        if let Some(body) = body.as_object_mut() {
            if !self.found.violations.is_empty() {
                body.insert("violations".to_owned(), spoken(&self.found.violations, language));
            }
            if !self.found.diagnostics.is_empty() {
                body.insert("diagnostics".to_owned(), json!(views(&self.found.diagnostics, language)));
            }
            body.extend(*self.more);
        }
        let mut response = (self.status, axum::Json(body)).into_response();
        if ["release.superseded", "session.prove_again"].contains(&self.code.as_str()) {
            response.extensions_mut().insert(NotKept);
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Violations with their messages in a language.
pub fn spoken(violations: &Violations, language: Language) -> Value {
    let one = |violation: &kezhi_types::Violation| {
        let sentence = || text::sentence(language, &violation.code, &violation.args);
        let mut said = json!({
            "code": violation.code,
            "pointer": violation.pointer,
            "message": violation.message.clone().unwrap_or_else(sentence),
        });
        if let (Some(rule), Some(said)) = (&violation.rule, said.as_object_mut()) {
            said.insert("rule".to_owned(), json!(rule));
        }
        said
    };
    Value::Array(violations.0.iter().map(one).collect())
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let said = error.to_string();
        match error {
            Error::NoRelease => Self::new(StatusCode::CONFLICT, "workspace.empty"),
            Error::UnknownEntity(key) => {
                Self::new(StatusCode::NOT_FOUND, "entity.not_found").with("entity", key)
            }
            Error::NotFound { kind, key } => {
                Self::new(StatusCode::NOT_FOUND, &format!("{kind}.not_found")).with("key", key).detail(said)
            }
            Error::Merged { into, .. } => {
                Self::new(StatusCode::NOT_FOUND, "record.merged").member("merged_into", json!(into))
            }
            Error::Denied { action, subject } => Self::new(StatusCode::FORBIDDEN, "access.denied")
                .with("action", action)
                .with("subject", subject),
            Error::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, "session.required"),
            Error::WrongPassword => Self::new(StatusCode::UNAUTHORIZED, "session.wrong_password"),
            Error::AtDoor(code) => at_door(code),
            Error::TooMany { retry_after } => {
                let problem =
                    Self::new(StatusCode::TOO_MANY_REQUESTS, "session.too_many").with("seconds", retry_after);
                Self { retry_after: Some(retry_after), ..problem }
            }
            Error::TooOften { code, most, retry_after } => Self::new(StatusCode::TOO_MANY_REQUESTS, code)
                .with("max", most)
                .with("seconds", retry_after)
                .retry_after(retry_after),
            Error::Invalid(violations) => invalid(violations),
            Error::Query { code, args, unreadable } => {
                let status =
                    if unreadable { StatusCode::BAD_REQUEST } else { StatusCode::UNPROCESSABLE_ENTITY };
                Self { args: Box::new(args), ..Self::new(status, code) }
            }
            Error::Stale { stored, given } => Self::new(StatusCode::PRECONDITION_FAILED, "record.stale")
                .member("stored", Value::Object(*stored))
                .member("given", given.into()),
            Error::DraftStale { data, .. } => {
                Self::new(StatusCode::PRECONDITION_FAILED, "draft.stale").detail(said).members(data)
            }
            Error::Conflict { code, data, .. } => {
                Self::new(StatusCode::CONFLICT, code).detail(said).members(data)
            }
            Error::Definitions(diagnostics) => {
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "draft.invalid")
                    .with("count", diagnostics.len());
                Self { found: Box::new(Found { diagnostics, ..Found::default() }), ..problem }
            }
            Error::BadFile(why) => Self::new(StatusCode::BAD_REQUEST, "file.unreadable").with("why", why),
            Error::Script(why) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "script.failed").with("error", why)
            }
            Error::NoScripts(why) => no_scripts(&why),
            Error::Secret { code, detail } => no_secret(code, &detail),
            Error::File { code, args } => no_file(code, args),
            Error::Outbound { code, args } => no_call(code, args),
            Error::Superseded { .. } => Self::new(StatusCode::CONFLICT, "release.superseded"),
            Error::Store(error) => store_problem(&error),
            Error::Unjudged | Error::Internal(_) => broken(&said),
        }
    }
}

fn no_call(code: &str, args: kezhi_types::Fields) -> Problem {
    Problem { args: Box::new(args), ..Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code) }
}

fn no_scripts(why: &str) -> Problem {
    tracing::error!(why, "no script can run at present");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "script.unavailable").retry_after(1)
}

fn invalid(violations: Violations) -> Problem {
    let confirms = violations.0.iter().all(|found| found.code == "rule.confirm");
    let code = if confirms && !violations.is_empty() { "rule.confirm" } else { "record.invalid" };
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code);
    let problem = problem.with("count", violations.len()).with("title", "");
    Problem { found: Box::new(Found { violations, ..Found::default() }), ..problem }
}

/// Whoever is not let in learns which proof is missing, and nothing else.
fn at_door(code: &'static str) -> Problem {
    let status = match code {
        "session.wrong_code" | "passkey.refused" => StatusCode::UNPROCESSABLE_ENTITY,
        "oidc.step" => StatusCode::CONFLICT,
        "oidc.unreachable" => StatusCode::BAD_GATEWAY,
        _ => StatusCode::FORBIDDEN,
    };
    Problem::new(status, code)
}

fn no_secret(code: &str, detail: &str) -> Problem {
    tracing::error!(code, detail, "a secret value cannot be used");
    let missing = matches!(code, "secret.key" | "audit.key");
    let status = if missing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    Problem::new(status, code)
}

fn no_file(code: &'static str, args: kezhi_types::Fields) -> Problem {
    let status = match code {
        "file.missing" | "file.broken" => StatusCode::BAD_REQUEST,
        "file.too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "file.too_many" => StatusCode::TOO_MANY_REQUESTS,
        "file.no_thumbnail" => StatusCode::NOT_FOUND,
        "file.unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem { args: Box::new(args), ..Problem::new(status, code) }
}

fn store_problem(error: &kezhi_runtime::store::Error) -> Problem {
    match error {
        kezhi_runtime::store::Error::DiskFull => Problem::new(StatusCode::INSUFFICIENT_STORAGE, "store.full"),
        kezhi_runtime::store::Error::TooLarge(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "query.too_large")
        }
        kezhi_runtime::store::Error::TooSlow => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "query.too_slow")
        }
        kezhi_runtime::store::Error::NoText => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request.text"),
        other => broken(&other.to_string()),
    }
}

fn broken(why: &str) -> Problem {
    tracing::error!(why, "a request failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server.failed")
}
