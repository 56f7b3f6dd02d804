//! `/api/users`, `/api/roles` and `/api/departments`.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use kezhi_runtime::Error;
use kezhi_runtime::handover::{Handover, HandoverBody};
use kezhi_runtime::people::{DepartmentChange, UserChange, UserQuery};
use kezhi_types::Id;
use serde_json::json;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::idempotency::Keyed;
use crate::problem::Problem;

/// What a list of people may be asked by.
const PARAMETERS: &str = "q, department, below, role, team, position, state, limit, after";

/// An id in a path; what is no id names nothing of the kind.
pub(super) fn id_of(kind: &'static str, text: &str) -> Result<Id, Error> {
    text.parse().map_err(|_| Error::NotFound { kind, key: text.to_owned() })
}

/// `GET /api/users?q=&department=&below=&role=&team=&position=&state=&limit=&after=` → `{items, next, count}`.
pub(super) async fn list_users(
    State(app): State<App>,
    Asking(caller): Asking,
    query: Result<Query<UserQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|_| {
        let problem =
            Problem::new(StatusCode::BAD_REQUEST, "query.parameter").with("key", "state, below, limit");
        problem.with("known", PARAMETERS).respond(caller.language)
    })?;
    let page = app.runtime().list_users(&caller, &query).await.map_err(refused(caller.language))?;
    Ok(axum::Json(page).into_response())
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
    let id = id_of("user", &id).map_err(&refused)?;
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
    let id = id_of("user", &id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().update_user(&caller, id, change).await.map_err(&refused)?).into_response())
}

/// `POST /api/users/{id}/handover` → `202` the job, which `Location` names; of a trial `200` what would move.
pub(super) async fn hand_over(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Keyed(once): Keyed,
    Json(body): Json<HandoverBody>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("user", &id).map_err(&refused)?;
    match app.runtime().hand_over(&caller, id, (body, once)).await.map_err(&refused)? {
        Handover::Preview(preview) => Ok(axum::Json(preview).into_response()),
        Handover::Begun(job) => {
            let location = format!("/api/jobs/{}", job.id);
            let mut response = (StatusCode::ACCEPTED, axum::Json(job)).into_response();
            if let Ok(location) = HeaderValue::from_str(&location) {
                response.headers_mut().insert(header::LOCATION, location);
            }
            Ok(response)
        }
    }
}

/// `GET /api/roles` → `{items: [{key, title, people, grantable}]}`.
pub(super) async fn list_roles(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().list_roles(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
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
    let id = id_of("department", &id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().save_department(&caller, Some(id), change).await.map_err(&refused)?)
        .into_response())
}

/// `DELETE /api/departments/{id}` → `204`; `409 department.in_use` while anybody or anything belongs to it.
pub(super) async fn delete_department(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("department", &id).map_err(&refused)?;
    app.runtime().delete_department(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
