//! `/api/runs` and `/api/incidents`.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::workflows::RunQuestion;
use serde::Deserialize;

use super::records::{Answer, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::problem::Problem;

/// `GET /api/runs?entity=&record=&state=&workflow=` → a page.
pub(super) async fn list_runs(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(asked): Query<RunQuestion>,
) -> Answer {
    let page = app.runtime().runs(&caller, &asked).await.map_err(refused(caller.language))?;
    Ok(axum::Json(page).into_response())
}

/// `GET /api/runs/{id}` → the run, its path and its chart.
pub(super) async fn get_run(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().run(&caller, id).await.map_err(&refused)?).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ActBody {
    reason: String,
}

/// `POST /api/runs/{id}/{withdraw·terminate}` → `200` the run.
pub(super) async fn act(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((id, action)): Path<(String, String)>,
    Json(body): Json<ActBody>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let run = match action.as_str() {
        "withdraw" => app.runtime().withdraw_run(&caller, id).await,
        "terminate" => app.runtime().terminate_run(&caller, id, &body.reason).await,
        _ => return Err(Problem::new(StatusCode::NOT_FOUND, "page.not_found").respond(caller.language)),
    };
    Ok(axum::Json(run.map_err(&refused)?).into_response())
}

/// `GET /api/incidents` → `{items}`.
pub(super) async fn list_incidents(State(app): State<App>, Asking(caller): Asking) -> Answer {
    Ok(axum::Json(app.runtime().incidents(&caller).await.map_err(refused(caller.language))?).into_response())
}

/// `POST /api/incidents/{id}/retry` → `204`.
pub(super) async fn act_on_incident(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((id, action)): Path<(String, String)>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    if action != "retry" {
        return Err(Problem::new(StatusCode::NOT_FOUND, "page.not_found").respond(caller.language));
    }
    app.runtime().retry_incident(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
