//! The same POST twice is one: a key given in `Idempotency-Key` answers for seven days with what it answered first.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use kezhi_runtime::idempotency::Claim;
use kezhi_types::Id;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::{SignedIn, language_of};
use crate::body::BODY_LIMIT;
use crate::problem::Problem;

/// The longest key, in bytes.
const KEY: usize = 200;

/// The id that a create under a key gives its record, so that a repetition after a crash finds it.
#[derive(Debug, Clone, Copy)]
pub struct KeyedId(pub Id);

/// Middleware over every route; only POST with a key and a caller is concerned.
pub async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let key =
        request.headers().get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let caller = request.extensions().get::<SignedIn>().map(|signed_in| signed_in.caller.clone());
    let (Some(key), Some(caller), true) = (key, caller, request.method() == Method::POST) else {
        return next.run(request).await;
    };
    let language = language_of(request.headers());
    let route = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) if key.len() <= KEY => body,
        Ok(_) => {
            return Problem::new(StatusCode::BAD_REQUEST, "idempotency.key")
                .with("max", KEY)
                .respond(language);
        }
        Err(_) => {
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large")
                .with("max", BODY_LIMIT)
                .respond(language);
        }
    };
    let claim = match app.runtime().claim_answer(caller.id, (&route, &key), &body).await {
        Ok(claim) => claim,
        Err(error) => return Problem::from(error).respond(language),
    };
    match claim {
        Claim::Answered { status, response } => replay(status, &response),
        Claim::Mismatch => Problem::new(StatusCode::CONFLICT, "idempotency.mismatch").respond(language),
        Claim::InFlight => Problem::new(StatusCode::CONFLICT, "idempotency.in_flight").respond(language),
        Claim::Ours(id) => {
            let mut request = Request::from_parts(parts, Body::from(body));
            request.extensions_mut().insert(KeyedId(id));
            let response = next.run(request).await;
            keep(&app, (caller.id, &route, &key), response).await
        }
    }
}

/// Keeps an answer unless it is our own failure, which may be tried again.
async fn keep(app: &App, (caller, route, key): (Id, &str, &str), response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    let kept = if parts.status.is_server_error() {
        app.runtime().drop_answer(caller, (route, key)).await
    } else {
        let named = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let answer = json!({
            "body": String::from_utf8_lossy(&bytes),
            "type": named(header::CONTENT_TYPE),
            "location": named(header::LOCATION),
            "etag": named(header::ETAG),
        });
        app.runtime().keep_answer(caller, (route, key), (parts.status.as_u16(), &answer)).await
    };
    if let Err(error) = kept {
        tracing::error!(%error, "an answer could not be kept");
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn replay(status: u16, answer: &Value) -> Response {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let mut response = Response::new(Body::from(Bytes::from(text("body").unwrap_or_default().to_owned())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    for (name, header) in
        [("type", header::CONTENT_TYPE), ("location", header::LOCATION), ("etag", header::ETAG)]
    {
        if let Some(value) = text(name).and_then(|value| HeaderValue::from_str(value).ok()) {
            response.headers_mut().insert(header, value);
        }
    }
    response.headers_mut().insert("idempotent-replay", HeaderValue::from_static("true"));
    response
}
