//! `/api/users` and `/api/departments`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::people::{DepartmentChange, UserChange};
use serde_json::json;

use super::records::{Answer, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

/// `GET /api/users` → `{items}`.
pub(super) async fn list_users(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().list_users(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `POST /api/users` → `201`.
pub(super) async fn create_user(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(change): Json<UserChange>,
) -> Answer {
    let user = app.runtime().create_user(&caller, change, false).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(user)).into_response())
}

/// `GET /api/users/{id}`.
pub(super) async fn get_user(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().get_user(&caller, id).await.map_err(&refused)?).into_response())
}

/// `PATCH /api/users/{id}`.
pub(super) async fn update_user(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Json(change): Json<UserChange>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().update_user(&caller, id, change).await.map_err(&refused)?).into_response())
}

/// `GET /api/departments` → `{items}`.
pub(super) async fn list_departments(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().list_departments().await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `POST /api/departments` → `201`.
pub(super) async fn create_department(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(change): Json<DepartmentChange>,
) -> Answer {
    let found =
        app.runtime().save_department(&caller, None, change).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(found)).into_response())
}

/// `PATCH /api/departments/{id}`.
pub(super) async fn update_department(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Json(change): Json<DepartmentChange>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().save_department(&caller, Some(id), change).await.map_err(&refused)?)
        .into_response())
}
