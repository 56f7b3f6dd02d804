//! `/api/releases`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;

/// `GET /api/releases` → `{items}`, the newest first.
pub(super) async fn list_releases(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().list_releases(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `GET /api/releases/{number}` → `{number, files}`.
pub(super) async fn get_release(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(number): Path<i64>,
) -> Answer {
    let files = app.runtime().get_release(&caller, number).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "number": number, "files": files })).into_response())
}

/// `POST /api/releases/{number}/restore` → `201`, a new release with the old content.
pub(super) async fn restore_release(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(number): Path<i64>,
) -> Answer {
    let release = app.runtime().restore_release(&caller, number).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(release)).into_response())
}
