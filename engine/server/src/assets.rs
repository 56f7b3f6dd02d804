//! The interface and the templates inside the binary. Development builds read them from the source tree.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use kezhi_types::def::files::Folder;
use rand::RngCore;
use rust_embed::RustEmbed;
use serde_json::{Value, json};

#[derive(RustEmbed)]
#[folder = "../../builder-ui/dist"]
#[allow_missing = true]
struct Interface;

#[derive(RustEmbed)]
#[folder = "../../templates"]
#[exclude = "schema/*"]
#[exclude = "*.mjs"]
struct Templates;

/// Every template: `{key, title, summary, version}`.
pub fn templates() -> Vec<Value> {
    let manifests =
        Templates::iter().filter(|path| path.matches('/').count() == 1 && path.ends_with("/manifest.json"));
    manifests
        .filter_map(|path| {
            let file = Templates::get(&path)?;
            let manifest: Value = serde_json::from_slice(&file.data).ok()?;
            let named = |name: &str| manifest.get(name).cloned().unwrap_or_default();
            Some(json!({ "key": named("key"), "title": named("title"), "summary": named("summary"), "version": named("version") }))
        })
        .collect()
}

/// The files of a template.
pub fn template(key: &str) -> Option<Folder> {
    let prefix = format!("{key}/");
    let paths = Templates::iter().filter(|path| path.starts_with(&prefix));
    let files = paths.filter_map(|path| {
        let text = String::from_utf8(Templates::get(&path)?.data.into_owned()).ok()?;
        Some((path[prefix.len()..].to_owned(), text))
    });
    let folder = Folder(files.collect());
    folder.get("manifest.json").is_some().then_some(folder)
}

/// A file of the interface; every other path is a page of the one application.
pub async fn interface(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Interface::get(path).filter(|_| path != "index.html" && !path.starts_with('.')) {
        let kept =
            if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        let kind = file.metadata.mimetype().to_owned();
        let mut response = Response::new(Body::from(file.data.into_owned()));
        insert(&mut response, header::CONTENT_TYPE, &kind);
        insert(&mut response, header::CACHE_CONTROL, kept);
        return response;
    }
    if path.starts_with("api/") || path.starts_with("assets/") {
        return crate::problem::Problem::new(StatusCode::NOT_FOUND, "page.not_found").into_response();
    }
    page()
}

/// The page of the application, with a style nonce of its own.
fn page() -> Response {
    let Some(index) = Interface::get("index.html") else {
        let hint = "The interface has not been built: run `make ui`. The API answers under /api.\n";
        return (StatusCode::NOT_FOUND, hint).into_response();
    };
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    let nonce = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let html = String::from_utf8_lossy(&index.data).replace("__CSP_NONCE__", &nonce);
    let mut response = Response::new(Body::from(html));
    insert(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    insert(&mut response, header::CACHE_CONTROL, "no-store");
    let policy = format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'; form-action 'self'"
    );
    insert(&mut response, header::CONTENT_SECURITY_POLICY, &policy);
    response
}

fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
