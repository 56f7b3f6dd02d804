//! `POST /api/users/import` and `POST /api/departments/import`: lists as CSV or XLSX, the file itself as the body.

use axum::RequestPartsExt as _;
use axum::body::to_bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::roster::Roster;
use serde::Deserialize;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::BODY_LIMIT;
use crate::problem::Problem;

/// `?dry_run=true` checks everything and stores nothing; `name` is what the file is called in sentences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    name: Option<String>,
}

/// People → `200 {dry_run, rows, created, updated, unchanged, errors, refused: [{row, problems}], ignored}`.
pub(super) async fn users(state: State<App>, asking: Asking, request: Request) -> Answer {
    take_in(state, asking, (Roster::Users, request)).await
}

/// Departments, likewise.
pub(super) async fn departments(state: State<App>, asking: Asking, request: Request) -> Answer {
    take_in(state, asking, (Roster::Departments, request)).await
}

async fn take_in(
    State(app): State<App>,
    Asking(caller): Asking,
    (roster, request): (Roster, Request),
) -> Answer {
    let problem = |problem: Problem| problem.respond(caller.language);
    let (mut parts, body) = request.into_parts();
    let options: Result<Query<Options>, QueryRejection> = parts.extract().await;
    let Query(options) = options.map_err(|_| {
        let wrong = Problem::new(StatusCode::BAD_REQUEST, "query.parameter");
        problem(wrong.with("key", "dry_run").with("known", "dry_run, name"))
    })?;
    let bytes = to_bytes(body, BODY_LIMIT).await.map_err(|_| {
        problem(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large").with("max", BODY_LIMIT))
    })?;
    let refused = refused(caller.language);
    let mut file = app.runtime().receive().await.map_err(&refused)?;
    file.write(&bytes).await.map_err(&refused)?;
    let name = options.name.as_deref().unwrap_or("file");
    let report = app
        .runtime()
        .import_roster(&caller, roster, (name, file, options.dry_run))
        .await
        .map_err(&refused)?;
    Ok(axum::Json(report).into_response())
}
