//! `/scim/v2`: people and teams as a directory keeps them (RFC 7643, RFC 7644), under a token of its own. What is here is
//! what directories use: `filter` with `eq`, pages, `PATCH` with and without `path`, `active: false`.

#![allow(clippy::result_large_err, reason = "what is refused is told by an answer")]

/// What is asked of a list.
mod asked;
/// `/scim/v2/Groups`: teams.
mod groups;
/// What a directory may ask for, told to itself.
mod about;
/// Tokens of directories.
mod tokens;
/// `/scim/v2/Users`.
mod users;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kezhi_runtime::Error;
use kezhi_runtime::people::Source;
use kezhi_types::text::{Language, sentence};
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::language_of;

pub(super) use about::{configuration, resource_types, schemas};
pub(super) use groups::{create_group, delete_group, get_group, list_groups, patch_group, replace_group};
pub(super) use tokens::{create_token, delete_token, list_tokens};
pub(super) use users::{create_user, delete_user, get_user, list_users, patch_user, replace_user};

/// The media type of every answer.
const SCIM: &str = "application/scim+json";
/// The schema of a refusal.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Extractor: the directory behind the bearer token, or `401`. Sessions open nothing here, and this token nothing else.
#[derive(Debug, Clone)]
pub(super) struct Directory(pub Source, pub Language);

impl FromRequestParts<App> for Directory {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let language = language_of(&parts.headers);
        let token = bearer(&parts.headers).ok_or_else(|| unknown(language))?;
        match app.runtime().source_of(token).await {
            Ok(source) => Ok(Self(source, language)),
            Err(Error::Unauthenticated) => Err(unknown(language)),
            Err(error) => Err(refused(language)(error)),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn unknown(language: Language) -> Response {
    let detail = sentence(language, "session.required", &kezhi_types::Fields::new());
    let mut response = refusal(StatusCode::UNAUTHORIZED, None, &detail);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// A resource or a list.
fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SCIM));
    if let Some(location) = body["meta"]["location"].as_str()
        && let Ok(location) = HeaderValue::from_str(location)
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A refusal as RFC 7644, 3.12 has it.
fn refusal(status: StatusCode, kind: Option<&str>, detail: &str) -> Response {
    let mut body = json!({ "schemas": [ERROR], "status": status.as_u16().to_string(), "detail": detail });
    if let Some(kind) = kind {
        body["scimType"] = json!(kind);
    }
    answer(status, &body)
}

/// What is wrong with a request itself.
fn bad(kind: &str, detail: impl AsRef<str>) -> Response {
    refusal(StatusCode::BAD_REQUEST, Some(kind), detail.as_ref())
}

/// A refusal of the engine.
fn refused(language: Language) -> impl Fn(Error) -> Response {
    move |error| {
        let said = |code: &str, args: &kezhi_types::Fields| sentence(language, code, args);
        let nothing = kezhi_types::Fields::new();
        match &error {
            Error::NotFound { kind, .. } => {
                refusal(StatusCode::NOT_FOUND, None, &said(&format!("{kind}.not_found"), &nothing))
            }
            Error::Denied { action, subject } => {
                let args = json!({ "action": action, "subject": subject });
                let detail = said("access.denied", args.as_object().unwrap_or(&nothing));
                refusal(StatusCode::FORBIDDEN, None, &detail)
            }
            Error::Conflict { code, .. } => {
                refusal(StatusCode::CONFLICT, Some("mutability"), &said(code, &nothing))
            }
            Error::Invalid(found) => {
                let taken = |code: &str| matches!(code, "user.login_taken" | "team.key");
                let told: Vec<String> = found.0.iter().map(|one| said(&one.code, &one.args)).collect();
                match found.0.iter().any(|one| taken(&one.code)) {
                    true => refusal(StatusCode::CONFLICT, Some("uniqueness"), &told.join(" ")),
                    false => bad("invalidValue", told.join(" ")),
                }
            }
            _ => {
                let problem = crate::problem::Problem::from(error);
                let detail = said(problem.code(), &nothing);
                refusal(problem.status(), None, &detail)
            }
        }
    }
}

/// The address of a resource.
fn location(kind: &str, id: impl std::fmt::Display) -> String {
    format!("/scim/v2/{kind}/{id}")
}
