//! Records shared one by one, and why somebody may do something with a record.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::Error;
use kezhi_runtime::records::{AccessAsked, ShareBody};
use kezhi_types::Id;
use serde_json::json;

use super::records::{Answer, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::problem::Problem;

/// `GET …/records/{id}/shares` → `{items: [{id, with, access, until, ended, by, at}]}`, for whoever may share the record.
pub(super) async fn list_shares(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let items = app.runtime().shares(&caller, (&entity, id)).await.map_err(&refused)?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// `POST …/records/{id}/shares` `{with: {person · role · department, below? · team}, access?, until?}` → `201` the share.
///
/// Problems: `403` · `404` · `422 share.with`, `share.until`, `share.unknown_team`, `user.unknown_…`.
pub(super) async fn share(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    Json(body): Json<ShareBody>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let share = app.runtime().share_record(&caller, (&entity, id), body).await.map_err(&refused)?;
    Ok((StatusCode::CREATED, axum::Json(share)).into_response())
}

/// `DELETE …/records/{id}/shares/{share}` → `204`.
pub(super) async fn unshare(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id, share)): Path<(String, String, String)>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let unknown = |_| Error::NotFound { kind: "share", key: share.clone() };
    let share: Id = share.parse().map_err(unknown).map_err(&refused)?;
    app.runtime().unshare_record(&caller, (&entity, id), share).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET …/records/{id}/access?person=&action=&field=` → `{person, items: [{action, allowed, says, because, missing, field?}]}`.
pub(super) async fn access(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    asked: Result<Query<AccessAsked>, QueryRejection>,
) -> Answer {
    let refused = refused(caller.language);
    let wrong =
        |_| Problem::new(StatusCode::BAD_REQUEST, "query.parameter").with("key", "person, action, field");
    let Query(asked) = asked.map_err(wrong).map_err(|problem| problem.respond(caller.language))?;
    let id = record_id(&id).map_err(&refused)?;
    let said = app.runtime().access(&caller, (&entity, id), asked).await.map_err(&refused)?;
    Ok(axum::Json(said).into_response())
}
