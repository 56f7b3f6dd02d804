//! Whether the server is well.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

use crate::app::App;

/// `GET /healthz` → `200 ok` while the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz` → `200 ok` once the workspace can be read.
pub(super) async fn ready(State(app): State<App>) -> impl IntoResponse {
    match app.runtime().sample_counts().await {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
