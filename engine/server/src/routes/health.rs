//! Whether the server is well.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::auditor::SignedCheckpoint;
use serde::Deserialize;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

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

/// `{repair, checkpoints}`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VerifyBody {
    repair: bool,
    /// Checkpoints of the audit that lay elsewhere.
    checkpoints: Vec<SignedCheckpoint>,
}

/// `POST /api/verify` `{repair, checkpoints?}` → what beside the records does not agree with them, and what is wrong with
/// the audit; for administrators.
pub(super) async fn verify(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(VerifyBody { repair, checkpoints }): Json<VerifyBody>,
) -> Answer {
    let verified =
        app.runtime().verify(&caller, repair, &checkpoints).await.map_err(refused(caller.language))?;
    Ok(axum::Json(verified).into_response())
}
