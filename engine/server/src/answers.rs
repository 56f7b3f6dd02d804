//! What every answer carries, whoever gives it: headers for browsers, and a problem where something was refused.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::auth::language_of;
use crate::body::BODY_LIMIT;
use crate::problem::Problem;

/// Headers of every answer.
const HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-permitted-cross-domain-policies", "none"),
];
/// Headers where the answer has none of its own: what is no page shows and runs nothing, and nobody else embeds it.
const OTHERWISE: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS),
    ("cache-control", "no-store"),
];
/// What pages may ask a browser for: passkeys, places and the camera (codes of goods); nothing else.
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), geolocation=(self), \
     gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-create=(self), \
     publickey-credentials-get=(self), usb=()";
/// Of an address that begins with `https`: browsers ask for it in no other way for a year.
const ALWAYS_SECURE: &str = "max-age=31536000";
/// How much of a library's own words is told, in bytes.
const WORDS: usize = 300;

/// Middleware over everything.
pub async fn on_every_answer(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for (name, value) in OTHERWISE {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if app.settings().public_url.as_deref().is_some_and(|url| url.starts_with("https://")) {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static(ALWAYS_SECURE));
    }
    response
}

/// Middleware under `/api`: what a library refuses in its own words is told as a problem like any other.
pub async fn refusals_as_problems(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let language = language_of(request.headers());
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_told = kind.is_some_and(|kind| kind.starts_with("application/"));
    if !is_api || is_told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let problem = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(status, "body.too_large").with("max", BODY_LIMIT),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(status, "body.media_type"),
        StatusCode::NOT_FOUND => Problem::new(status, "page.not_found"),
        status if status.is_server_error() => Problem::new(status, "server.failed"),
        status => Problem::new(status, "request.unreadable").with("why", words(response.into_body()).await),
    };
    problem.respond(language)
}

/// The beginning of what a library said.
async fn words(body: Body) -> String {
    let said = to_bytes(body, 64 * 1024).await.unwrap_or_default();
    String::from_utf8_lossy(&said).chars().take(WORDS).collect()
}
