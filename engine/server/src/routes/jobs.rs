//! `/api/jobs`: work that takes longer than a request, as whoever started it sees it.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use kezhi_runtime::Error;
use kezhi_runtime::jobs::JobView;
use kezhi_types::{Caller, Id};
use serde::Deserialize;
use serde_json::json;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::download::{XLSX, temporary};
use crate::problem::Problem;

/// Between two looks at a job that is being watched.
const LOOK: Duration = Duration::from_millis(250);

/// A job's id in a path; what is no id names no job.
pub(super) fn job_id(text: &str) -> Result<Id, Error> {
    text.parse().map_err(|_| Error::NotFound { kind: "job", key: text.to_owned() })
}

/// `GET /api/jobs` → the caller's own, newest first.
pub(super) async fn list_jobs(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().jobs(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// `GET /api/jobs/{id}` → `{id, kind, state, done, total, errors, result}`.
pub(super) async fn get_job(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = job_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().job(&caller, id).await.map_err(&refused)?).into_response())
}

/// `DELETE /api/jobs/{id}` → the job, stopped; what it has done stays.
pub(super) async fn cancel_job(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = job_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().cancel_job(&caller, id).await.map_err(&refused)?).into_response())
}

/// `?format=xlsx` for a workbook, else `?after=` the row to go on behind.
#[derive(Debug, Deserialize)]
pub(super) struct Errors {
    format: Option<String>,
    after: Option<i64>,
}

/// `GET /api/jobs/{id}/errors` → what was refused, 500 rows at a time; as a workbook all of it.
pub(super) async fn errors(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Query(Errors { format, after }): Query<Errors>,
) -> Answer {
    let refused = refused(caller.language);
    let id = job_id(&id).map_err(&refused)?;
    if format.as_deref() == Some("xlsx") {
        let path = app.runtime().error_workbook(&caller, id).await.map_err(&refused)?;
        let name = format!("errors-{id}");
        return temporary(&path, &name, XLSX)
            .await
            .map_err(|status| Problem::new(status, "server.failed").respond(caller.language));
    }
    let items = app.runtime().job_errors(&caller, id, after.unwrap_or(0)).await.map_err(&refused)?;
    let next = items.last().map(|row| row.row).filter(|_| items.len() == 500);
    Ok(axum::Json(json!({ "items": items, "next": next })).into_response())
}

/// Where a watched job stood when it was told last.
struct Watching {
    app: App,
    caller: Caller,
    id: Id,
    told: Option<JobView>,
}

/// `GET /api/jobs/{id}/events` → server-sent events `progress` with the job, each time it has moved; the last one
/// says how it ended.
pub(super) async fn events(State(app): State<App>, Asking(caller): Asking, Path(id): Path<String>) -> Answer {
    let refused = refused(caller.language);
    let id = job_id(&id).map_err(&refused)?;
    app.runtime().job(&caller, id).await.map_err(&refused)?;
    let watching = Watching { app, caller, id, told: None };
    let stream = futures_util::stream::unfold(watching, next);
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

async fn next(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    if watching.told.as_ref().is_some_and(JobView::is_ended) {
        return None;
    }
    loop {
        let job = watching.app.runtime().job(&watching.caller, watching.id).await.ok()?;
        if watching.told.as_ref() != Some(&job) {
            let event = Event::default().event("progress").json_data(&job).ok()?;
            watching.told = Some(job);
            return Some((Ok(event), watching));
        }
        tokio::time::sleep(LOOK).await;
    }
}
