//! Listening: on TCP for people and programs, on the operator's socket for commands.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::{TcpListener, UnixListener};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};

use crate::answers::{on_every_answer, refusals_as_problems};
use crate::app::App;
use crate::auth::{Peer, admit};
use crate::body::{BODY_LIMIT, not_too_large};
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
        .layer(CatchPanicLayer::new())
        .layer(from_fn(refusals_as_problems))
        .layer(from_fn_with_state(app.clone(), on_every_answer))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
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
