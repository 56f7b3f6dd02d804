//! `/api/teams` and `/api/positions`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::people::{PositionChange, TeamChange};
use serde_json::json;

use super::people::id_of;
use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

/// `GET /api/teams` → `{items}`.
pub(super) async fn list_teams(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().list_teams().await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `POST /api/teams` → `201`.
pub(super) async fn create_team(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(change): Json<TeamChange>,
) -> Answer {
    let team = app.runtime().save_team(&caller, None, change).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(team)).into_response())
}

/// `PATCH /api/teams/{id}`.
pub(super) async fn update_team(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Json(change): Json<TeamChange>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("team", &id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().save_team(&caller, Some(id), change).await.map_err(&refused)?)
        .into_response())
}

/// `DELETE /api/teams/{id}` → `204`; its people stay.
pub(super) async fn delete_team(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("team", &id).map_err(&refused)?;
    app.runtime().delete_team(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/positions` → `{items}`.
pub(super) async fn list_positions(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().list_positions().await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `POST /api/positions` → `201`.
pub(super) async fn create_position(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(change): Json<PositionChange>,
) -> Answer {
    let found = app.runtime().save_position(&caller, None, change).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(found)).into_response())
}

/// `PATCH /api/positions/{id}`.
pub(super) async fn update_position(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Json(change): Json<PositionChange>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("position", &id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().save_position(&caller, Some(id), change).await.map_err(&refused)?)
        .into_response())
}

/// `DELETE /api/positions/{id}` → `204`; whoever had it has none.
pub(super) async fn delete_position(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("position", &id).map_err(&refused)?;
    app.runtime().delete_position(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
