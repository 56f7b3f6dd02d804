//! A bucket on the loopback that speaks as much of S3 as the engine does.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// The name of the key with which the engine must sign.
pub const KEY_ID: &str = "kezhi";
/// The most bytes of a request: no piece is larger than one of S3's smallest and what came with its last chunk.
const MOST: usize = 6 * 1024 * 1024;

/// The bucket; it listens as long as the runtime that it was started in.
#[derive(Debug, Clone)]
pub struct Bucket {
    address: SocketAddr,
    state: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    objects: BTreeMap<String, Bytes>,
    /// Uploads that are under way: what has come of each, by number.
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    unsigned: usize,
    is_away: bool,
}

impl Bucket {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// When no loopback port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state: Arc<Mutex<Held>> = Arc::default();
        let router =
            Router::new().fallback(answer).layer(DefaultBodyLimit::max(MOST)).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    /// Its address as the engine's settings have it.
    pub fn url(&self) -> String {
        format!("s3://papers/one?endpoint=http://{}", self.address)
    }

    /// Names and sizes of what lies in it.
    pub fn objects(&self) -> BTreeMap<String, usize> {
        self.held().objects.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect()
    }

    /// Uploads that were begun and neither completed nor given up.
    pub fn open_uploads(&self) -> usize {
        self.held().uploads.len()
    }

    /// Requests that no key had signed.
    pub fn unsigned(&self) -> usize {
        self.held().unsigned
    }

    /// Whether it answers `503` from now on.
    pub fn be_away(&self, is_away: bool) {
        self.held().is_away = is_away;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(
    State(state): State<Arc<Mutex<Held>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut held = state.lock().unwrap_or_else(PoisonError::into_inner);
    let signed = format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/");
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    if !authorization.is_some_and(|text| text.starts_with(&signed)) {
        held.unsigned += 1;
        return StatusCode::FORBIDDEN.into_response();
    }
    if held.is_away {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let name = uri.path().trim_start_matches('/').to_owned();
    let pairs = uri.query().unwrap_or_default().split('&');
    let query: BTreeMap<&str, &str> = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    let part = query.get("partNumber").and_then(|number| number.parse::<u32>().ok());
    match (method.as_str(), query.get("uploadId"), part) {
        ("POST", None, _) if query.contains_key("uploads") => {
            let id = format!("u{}", held.uploads.len() + 1);
            held.uploads.insert(id.clone(), BTreeMap::new());
            format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            )
            .into_response()
        }
        ("PUT", Some(id), Some(part)) => {
            held.uploads.entry((*id).to_owned()).or_default().insert(part, body);
            tagged("part")
        }
        ("POST", Some(id), _) => {
            let parts = held.uploads.remove(*id).unwrap_or_default();
            let whole: Vec<u8> = parts.into_values().flatten().collect();
            held.objects.insert(name, whole.into());
            "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>"
                .into_response()
        }
        ("DELETE", Some(id), _) => {
            held.uploads.remove(*id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("PUT", ..) => {
            held.objects.insert(name, body);
            tagged("whole")
        }
        ("DELETE", ..) => {
            held.objects.remove(&name);
            StatusCode::NO_CONTENT.into_response()
        }
        ("GET" | "HEAD", ..) => match held.objects.get(&name) {
            Some(bytes) => {
                let headers = [("etag", "\"whole\""), ("last-modified", "Sun, 22 Nov 2026 00:00:00 GMT")];
                (headers, bytes.clone()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        },
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn tagged(tag: &str) -> Response {
    [("etag", format!("\"{tag}\""))].into_response()
}
