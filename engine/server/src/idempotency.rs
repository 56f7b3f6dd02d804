//! The same POST twice is one: a key given in `Idempotency-Key` answers for seven days with what it answered first.
//!
//! The request is carried out in a task of its own, so that whoever hangs up changes nothing: the work goes on, its
//! answer is kept, and the repetition hears it.

use std::convert::Infallible;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use kezhi_runtime::idempotency::{Claim, Once};
use kezhi_types::Id;
use kezhi_types::text::Language;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::{SignedIn, language_of};
use crate::body::{BODY_LIMIT, announced};
use crate::problem::{NotKept, Problem};

/// The longest key, in bytes.
const KEY: usize = 200;

/// The turn at a request that came under a key; handlers hand it to the verb that must happen once.
#[derive(Debug, Clone)]
pub struct Keyed(pub Option<Once>);

impl FromRequestParts<App> for Keyed {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self(None)))
    }
}

/// Middleware over every route; only POST with a key and a caller is concerned.
pub async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let key =
        request.headers().get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let caller = request.extensions().get::<SignedIn>().map(|signed_in| signed_in.caller.clone());
    let concerned = request.method() == Method::POST && changes_something(request.uri().path());
    let (Some(key), Some(caller), true) = (key, caller, concerned) else {
        return next.run(request).await;
    };
    let language = language_of(request.headers());
    if key.len() > KEY {
        return Problem::new(StatusCode::BAD_REQUEST, "idempotency.key").with("max", KEY).respond(language);
    }
    // What was answered to somebody is not for whoever comes with less than their rights.
    let narrowed = caller.narrowed.as_ref().map(|narrowed| format!("{} ", narrowed.token));
    let route = format!("{}{}", narrowed.unwrap_or_default(), request.uri().path());
    let asked = Asked { caller: caller.id, route, key, language };
    let (mut parts, body) = request.into_parts();
    if is_upload(parts.uri.path()) {
        parts.extensions.insert(asked);
        return next.run(Request::from_parts(parts, body)).await;
    }
    // Whoever announces too much is not waited for, a file neither.
    if announced(&parts.headers).is_some_and(|length| length > BODY_LIMIT as u64) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large")
            .with("max", BODY_LIMIT)
            .respond(language);
    }
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large")
            .with("max", BODY_LIMIT)
            .respond(language);
    };
    let sent = body.clone();
    carried_out_once(app, asked, sent, move |once| {
        let mut request = Request::from_parts(parts, Body::from(body));
        request.extensions_mut().insert(Keyed(Some(once)));
        next.run(request)
    })
    .await
}

/// A request that came under a key. A handler that takes its body piece by piece finds it among the extensions, and
/// gives it to [`carried_out_once`] with what the body came to.
#[derive(Debug, Clone)]
pub struct Asked {
    caller: Id,
    route: String,
    key: String,
    language: Language,
}

/// Carries a request out unless it has been already, in a task that outlives the connection. `sent` is what another
/// request under the same key is compared with.
pub async fn carried_out_once<F>(
    app: App,
    Asked { caller, route, key, language }: Asked,
    sent: Bytes,
    work: impl FnOnce(Once) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Response> + Send + 'static,
{
    let carried_out = tokio::spawn(async move {
        let claim = match app.runtime().claim_answer(caller, (&route, &key), &sent).await {
            Ok(claim) => claim,
            Err(error) => return Problem::from(error).respond(language),
        };
        match claim {
            Claim::Answered { status, response } => replay(status, &response),
            Claim::Mismatch => Problem::new(StatusCode::CONFLICT, "idempotency.mismatch").respond(language),
            Claim::InFlight => in_flight().respond(language),
            Claim::Ours(once) => carry_out((app, language), once.clone(), work(once)).await,
        }
    });
    carried_out.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request ended abnormally");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server.failed").respond(language)
    })
}

/// Whether the body is a file that is too large to be held.
fn is_upload(path: &str) -> bool {
    path.starts_with("/api/entities/") && path.trim_end_matches('/').ends_with("/import")
}

fn in_flight() -> Problem {
    Problem::new(StatusCode::CONFLICT, "idempotency.in_flight").retry_after(1)
}

/// Whether a POST may change something that a repetition would change again. Questions may be asked twice, and what a
/// sign-in answers, or what a secret is, is kept nowhere; a file that came twice and is in no record goes by itself.
fn changes_something(path: &str) -> bool {
    let asks = ["query", "aggregate", "evaluate", "try", "check", "plan", "reveal", "link", "look", "use"];
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    // A token is told once, and kept nowhere.
    let of_the_door = path.starts_with("/api/session") || path.starts_with("/api/me/");
    !asks.contains(&last)
        && !of_the_door
        && !["/api/setup", "/api/files", "/api/directory-tokens", "/api/tokens"].contains(&path)
}

/// Holds the claim while the request is carried out, and keeps its answer.
async fn carry_out(
    (app, language): (App, Language),
    once: Once,
    work: impl Future<Output = Response> + Send + 'static,
) -> Response {
    let worked = tokio::spawn(work);
    let response = tokio::select! {
        response = worked => response,
        // Another turn has begun: what this one still tries to commit is refused, and its answer with it.
        () = app.runtime().hold_answer(&once) => return in_flight().respond(language),
    };
    let response = response.unwrap_or_else(|error| {
        tracing::error!(%error, "a request ended abnormally");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server.failed").respond(language)
    });
    keep(&app, &once, response).await
}

/// Keeps an answer unless it tells of our own failure or of a passing trouble, which may be tried again.
async fn keep(app: &App, once: &Once, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let passing = parts.status.is_server_error() || parts.status == StatusCode::TOO_MANY_REQUESTS;
    if passing || parts.extensions.get::<NotKept>().is_some() {
        if let Err(error) = app.runtime().release_answer(once).await {
            tracing::error!(%error, "a request could not be let go of; it can be repeated a little later");
        }
        return Response::from_parts(parts, body);
    }
    let (held, rest) = gathered(body).await;
    let named = |name: header::HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let answer = json!({
        "body": rest.is_none().then(|| String::from_utf8_lossy(&held)),
        "type": named(header::CONTENT_TYPE),
        "location": named(header::LOCATION),
        "etag": named(header::ETAG),
    });
    if let Err(error) = app.runtime().keep_answer(once, (parts.status.as_u16(), &answer)).await {
        tracing::error!(%error, "an answer could not be kept");
    }
    let body = match rest {
        None => Body::from(held),
        Some(rest) => Body::from_stream(stream::iter([Ok(Bytes::from(held))]).chain(rest.into_data_stream())),
    };
    Response::from_parts(parts, body)
}

/// The whole body; or what came of it before it grew too large to be kept, and the rest.
async fn gathered(body: Body) -> (Vec<u8>, Option<Body>) {
    let mut held = Vec::new();
    let mut stream = body.into_data_stream();
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => held.extend_from_slice(&piece),
            Err(error) => {
                let broken = stream::once(async move { Err::<Bytes, _>(error) });
                return (held, Some(Body::from_stream(broken)));
            }
        }
        if held.len() > BODY_LIMIT {
            return (held, Some(Body::from_stream(stream)));
        }
    }
    (held, None)
}

/// What was answered first. Of an answer that was too large only the status and the headers are left.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_sessions_are_not_kept() {
        for path in [
            "/api/session",
            "/api/session/proof",
            "/api/me/totp",
            "/api/me/recovery-codes",
            "/api/files",
            "/api/entities/customer/query",
            "/api/forms/customer/evaluate",
            "/api/entities/a/records/1/reveal",
            "/api/users/1/link",
            "/api/links/use",
            "/api/directory-tokens",
        ] {
            assert!(!changes_something(path), "{path}");
        }
        for path in ["/api/entities/query/records", "/api/forms/customer/submissions", "/api/draft/publish"] {
            assert!(changes_something(path), "{path}");
        }
    }

    #[tokio::test]
    async fn an_answer_too_large_to_keep_still_arrives_whole() {
        let piece = Bytes::from(vec![b'x'; BODY_LIMIT / 2 + 1]);
        let pieces = [piece.clone(), piece.clone(), piece.clone()].map(Ok::<_, Infallible>);
        let (held, rest) = gathered(Body::from_stream(stream::iter(pieces))).await;
        let rest = to_bytes(rest.expect("it is too large"), usize::MAX).await.expect("it arrives");
        assert_eq!(held.len() + rest.len(), 3 * piece.len());
        let (held, rest) = gathered(Body::from("short")).await;
        assert_eq!((held, rest.is_none()), (b"short".to_vec(), true));
    }
}
