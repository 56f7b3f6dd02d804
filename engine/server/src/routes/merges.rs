//! Records taken up by another, and that taken back.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use kezhi_runtime::Error;
use kezhi_runtime::records::{MergeBody, Merged};
use kezhi_types::Id;
use serde_json::{Value, json};

use super::records::{Answer, manner, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::problem::spoken;

/// `POST …/records/{id}/merge` `{from, choose?, version?, dry_run?}` → `{merge, record, moved}`; of a trial `{record, moved, fields}`.
///
/// Problems: `403` · `404` · `409 record.in_approval`, `merge.related` · `412 record.stale` · `422 merge.…` and those of an update.
pub(super) async fn merge(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<MergeBody>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let manner = manner(&headers, false).map_err(|problem| problem.respond(caller.language))?;
    let body = MergeBody { version: body.version.or(manner.version), ..body };
    let merged =
        app.runtime().merge_records(&caller, (&entity, id), (body, manner)).await.map_err(&refused)?;
    let Merged { merge, record, moved, fields } = merged;
    let mut shown = record.fields;
    if !record.warnings.is_empty() {
        shown.insert("warnings".to_owned(), spoken(&record.warnings, caller.language));
    }
    let mut answer = json!({ "record": shown, "moved": moved });
    if let Some(merge) = merge {
        answer["merge"] = json!(merge);
    }
    if let Some(fields) = fields {
        answer["fields"] = json!(fields);
    }
    Ok(axum::Json(answer).into_response())
}

/// `GET …/records/{id}/merges` → `{items: [{id, at, by, from: [{id, title}], undone}]}`.
pub(super) async fn merges(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let items: Vec<Value> = app.runtime().merges(&caller, (&entity, id)).await.map_err(&refused)?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// `POST /api/merges/{id}/undo` → `{records: [ids]}`.
///
/// Problems: `403` · `404 merge.not_found` · `409 merge.changed_since`, `merge.undone`, `record.in_approval`.
pub(super) async fn undo(State(app): State<App>, Asking(caller): Asking, Path(id): Path<String>) -> Answer {
    let refused = refused(caller.language);
    let unknown = |_| Error::NotFound { kind: "merge", key: id.clone() };
    let id: Id = id.parse().map_err(unknown).map_err(&refused)?;
    let records = app.runtime().undo_merge(&caller, id).await.map_err(&refused)?;
    Ok(axum::Json(json!({ "records": records })).into_response())
}
