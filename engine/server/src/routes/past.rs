//! What was done taken back: one change of a record, a batch of changes.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::Error;
use kezhi_types::Id;
use serde::Deserialize;

use super::records::{Answer, answered, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::idempotency::Keyed;

/// `{change}`: the `seq` of an entry of the history.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UndoBody {
    change: i64,
}

/// `POST …/records/{id}/undo` → `200` with the record as it then is.
///
/// Problems: `404` no such change · `409 record.changed_since` · `409 record.cannot_undo` · those of an update.
pub(super) async fn undo(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    Json(body): Json<UndoBody>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let record = app.runtime().undo_change(&caller, (&entity, id), body.change).await.map_err(&refused)?;
    Ok(answered(StatusCode::OK, record, caller.language))
}

/// `POST /api/batches/{id}/undo` → `200 {undone, skipped: [{entity, id, code}], batch?}`; `batch` takes the undo back.
///
/// Problems: `404` no such batch of the caller's · `409 batch.undone`.
pub(super) async fn undo_batch(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Keyed(once): Keyed,
) -> Answer {
    let refused = refused(caller.language);
    let id: Id = id.parse().map_err(|_| refused(Error::NotFound { kind: "batch", key: id.clone() }))?;
    let undone = app.runtime().undo_batch(&caller, id, once).await.map_err(&refused)?;
    Ok(axum::Json(undone).into_response())
}
