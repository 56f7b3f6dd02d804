//! `/api/releases`.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use kezhi_runtime::Error;
use kezhi_runtime::releases::{RestoreRequest, Restored};
use serde_json::json;

use super::draft::answered;
use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

/// `GET /api/releases` → `{items}`, the newest first.
pub(super) async fn list_releases(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().list_releases(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `GET /api/releases/{number}` → `{number, files}`.
pub(super) async fn get_release(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(number): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let number = release_number(&number).map_err(&refused)?;
    let files = app.runtime().get_release(&caller, number).await.map_err(&refused)?;
    Ok(axum::Json(json!({ "number": number, "files": files })).into_response())
}

/// `POST /api/releases/{number}/restore` `{confirm?, dry_run?}` → `201`, a new release with the old content, or `202 {job}`;
/// with `dry_run` → `200`, what it would do.
pub(super) async fn restore_release(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(number): Path<String>,
    Json(request): Json<RestoreRequest>,
) -> Answer {
    let refused = refused(caller.language);
    let number = release_number(&number).map_err(&refused)?;
    Ok(match app.runtime().restore_release(&caller, number, request).await.map_err(&refused)? {
        Restored::Planned(plan) => axum::Json(plan).into_response(),
        Restored::Published(published) => answered(published),
    })
}

/// A release's number in a path; what is no number names no release.
fn release_number(text: &str) -> Result<i64, Error> {
    text.parse().map_err(|_| Error::NotFound { kind: "release", key: text.to_owned() })
}
