//! The recycle bin: what goes into it and comes out of it, and what would go with it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde::Deserialize;

use super::records::{Answer, manner, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::problem::Problem;

/// `?dry_run=` of a deletion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deletion {
    #[serde(default)]
    dry_run: bool,
}

/// `DELETE …/records/{id}` → `204`; with `?dry_run=true` → `200 {allowed, deletes, clears, refuses, hidden?}`, and nothing is
/// deleted.
pub(super) async fn delete_record(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    asked: Result<Query<Deletion>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    let refused = refused(caller.language);
    let wrong = || {
        let key = "dry_run";
        Problem::new(StatusCode::BAD_REQUEST, "query.parameter").with("key", key).with("known", key)
    };
    let Query(Deletion { dry_run }) = asked.map_err(|_| wrong().respond(caller.language))?;
    let id = record_id(&id).map_err(&refused)?;
    let manner = manner(&headers, false).map_err(|problem| problem.respond(caller.language))?;
    if dry_run {
        let preview =
            app.runtime().preview_deletion(&caller, (&entity, id), manner).await.map_err(&refused)?;
        return Ok(axum::Json(preview).into_response());
    }
    app.runtime().delete_record(&caller, (&entity, id), manner).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST …/records/{id}/restore` → `204`.
pub(super) async fn restore_record(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    app.runtime().restore_record(&caller, (&entity, id)).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
