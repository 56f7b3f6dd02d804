//! Listening: on TCP for people and programs, on the operator's socket for commands.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Extension};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::{Router, extract::Request, middleware::Next};
use tokio::net::{TcpListener, UnixListener};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};

use crate::app::App;
use crate::auth::{Peer, admit};
use crate::body::{BODY_LIMIT, not_too_large};
use crate::headers::sealed_headers;
use crate::{assets, idempotency, routes};

/// How long open requests may take to finish after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// The whole application as one service.
pub fn service(app: App) -> Router {
    let largest = app.settings().max_file_size;
    let loosely =
        DefaultPredicate::new().and(|_: StatusCode, _: Version, _: &HeaderMap, about: &Extensions| {
            about.get::<routes::AsItLies>().is_none()
        });
    routes::router(largest)
        .fallback(assets::interface)
        .method_not_allowed_fallback(routes::wrong_method)
        .layer(from_fn_with_state(app.clone(), idempotency::once))
        .layer(from_fn(not_too_large))
        .layer(from_fn_with_state(app.clone(), admit))
        .layer(from_fn(plain_headers))
        .layer(from_fn_with_state(app.clone(), sealed_headers))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::new())
        .layer(CompressionLayer::new().compress_when(loosely))
        .with_state(app)
}

/// Serves until it is told to stop.
///
/// # Errors
/// A sentence when the sockets cannot be served.
pub async fn serve(
    app: App,
    listener: TcpListener,
    (operators, socket): (UnixListener, PathBuf),
) -> Result<(), String> {
    let for_operators = service(app.clone()).layer(Extension(Peer::Operator));
    let side_door = tokio::spawn(async move { axum::serve(operators, for_operators).await });
    let people = service(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, people).with_graceful_shutdown(told_to_stop());
    let stopping = async {
        told_to_stop().await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        served = served => served.map_err(|error| error.to_string())?,
        () = stopping => {}
    }
    side_door.abort();
    let _ = std::fs::remove_file(socket);
    Ok(())
}

/// Headers that every answer carries.
async fn plain_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The operator's socket: whoever may write in the data folder holds the machine.
pub fn operator_socket(path: &Path) -> Result<UnixListener, String> {
    use std::os::unix::fs::PermissionsExt;
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).map_err(|error| format!("{}: {error}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(|error| error.to_string())?;
    Ok(listener)
}

async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        let _ = interrupted.await;
        return;
    };
    tokio::select! {
        _ = interrupted => {}
        _ = terminated.recv() => {}
    }
}
