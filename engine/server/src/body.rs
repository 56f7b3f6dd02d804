//! JSON bodies, with limits that are told: 10 MiB, depth 64.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt as _;
use serde::Deserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use tokio::time::timeout;

use crate::auth::language_of;
use crate::problem::Problem;

/// The largest body, in bytes.
pub const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// How much of a larger body is thrown away, in bytes, and how long that may take.
const THROWN: usize = 4 * BODY_LIMIT;
const PATIENCE: Duration = Duration::from_secs(5);
/// The deepest JSON.
const DEPTH: usize = 64;

/// A JSON body. An empty one counts as `{}`.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let language = language_of(request.headers());
        if !may_be_json(request.headers()) {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "body.media_type");
            return Err(problem.respond(language));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let status = rejection.status();
            let code =
                if status == StatusCode::PAYLOAD_TOO_LARGE { "body.too_large" } else { "body.unreadable" };
            Problem::new(status, code).with("max", BODY_LIMIT).respond(language)
        })?;
        parse(&bytes).map(Self).map_err(|problem| problem.respond(language))
    }
}

/// Middleware over every route: a body that is announced as too large is refused. What is on its way is thrown away first,
/// some of it and for a while, since who still sends would not hear why the connection ends. Those that take files look
/// for themselves.
pub async fn not_too_large(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let takes_files = path == "/api/files" || path.ends_with("/import");
    if !takes_files && announced(request.headers()).is_some_and(|length| length > BODY_LIMIT as u64) {
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large");
        let answer = problem.with("max", BODY_LIMIT).respond(language_of(request.headers()));
        let _ = timeout(PATIENCE, throw_away(request.into_body())).await;
        return answer;
    }
    next.run(request).await
}

async fn throw_away(body: Body) {
    let mut pieces = body.into_data_stream();
    let mut thrown = 0;
    while let Some(Ok(piece)) = pieces.next().await {
        thrown += piece.len();
        if thrown > THROWN {
            return;
        }
    }
}

/// How many bytes a body says that it has.
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the sender calls the body JSON, or nothing at all. A foreign page can only send other types unasked.
fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(named) = headers.get(header::CONTENT_TYPE) else { return true };
    let named = named.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let named = named.to_ascii_lowercase();
    named == "application/json" || named.starts_with("application/") && named.ends_with("+json")
}

/// Reads JSON.
///
/// # Errors
/// `400` with line and column where it is not JSON, too deep, has a key twice, or is of another shape.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    if depth(bytes) > DEPTH {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "body.too_deep").with("max", DEPTH));
    }
    let twice = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let single = Single(&twice).deserialize(&mut json);
    if let (Err(error), Some(key)) = (single, twice.into_inner()) {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "body.repeated_key").with("key", key);
        return Err(problem.with("line", error.line()).with("column", error.column()));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() { "body.wrong_shape" } else { "body.not_json" };
        Problem::new(StatusCode::BAD_REQUEST, code)
            .with("why", error.to_string())
            .with("line", error.line())
            .with("column", error.column())
    })
}

/// JSON in which no object has a key twice; the engine does not guess which of two values was meant. The key that stands
/// twice is left in the cell.
#[derive(Clone, Copy)]
struct Single<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Single<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Single<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if seen.contains(&key) {
                *self.0.borrow_mut() = Some(key);
                return Err(A::Error::custom("a key stands twice"));
            }
            seen.insert(key);
            object.next_value_seed(self)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// How deep brackets nest, without building anything.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_named() {
        for (body, key) in [(r#"{"a": 1, "a": 2}"#, "a"), (r#"[{"a": {"b": 1, "c": [], "b": 2}}]"#, "b")] {
            let found = parse::<serde_json::Value>(body.as_bytes()).expect_err(body);
            assert!(format!("{found:?}").contains(&format!("{:?}", key)), "{found:?}");
        }
        assert!(parse::<serde_json::Value>(br#"{"a": {"a": 1.5, "b": "a"}, "b": [null, -1, true]}"#).is_ok());
    }

    #[test]
    fn a_hundred_thousand_brackets_are_refused_without_parsing() {
        let bomb = "[".repeat(100_000);
        assert!(parse::<serde_json::Value>(bomb.as_bytes()).is_err());
        assert_eq!(depth(br#"{"a": "[[[[", "b": ["\"[["]}"#), 2);
    }
}
