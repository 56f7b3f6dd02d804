//! `/api/jobs`: work that takes longer than a request, as whoever started it sees it.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, Query, Request, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use kezhi_runtime::Error;
use kezhi_runtime::jobs::JobView;
use kezhi_types::{Caller, Id};
use serde::Deserialize;
use serde_json::json;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::{Asking, SignedIn, address_of, answers_demo};
use crate::download::{XLSX, temporary};
use crate::problem::Problem;

/// Between two looks at a job that is being watched.
const LOOK: Duration = Duration::from_millis(250);
/// So many looks lie between two at whether whoever watches is still signed in: five seconds.
const LOOKS: u32 = 20;

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
        let file = app.runtime().error_workbook(&caller, id).await.map_err(&refused)?;
        let name = format!("errors-{id}");
        return temporary(file.path(), &name, XLSX)
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
    /// The session of whoever watches; none of the operator.
    session: Option<Session>,
    id: Id,
    told: Option<JobView>,
    looks: u32,
}

/// By what a caller was known.
struct Session {
    token: String,
    demo: bool,
    address: Option<std::net::IpAddr>,
}

impl Watching {
    /// Whether whoever watches is still signed in.
    async fn is_signed_in(&self) -> bool {
        let Some(session) = &self.session else { return true };
        self.app.runtime().caller_of(&session.token, session.demo, session.address).await.is_ok()
    }
}

/// `GET /api/jobs/{id}/events` → server-sent events `progress` with the job, each time it has moved; the last one
/// says how it ended. Whoever is signed out hears no more.
pub(super) async fn events(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let refused = refused(caller.language);
    let id = job_id(&id).map_err(&refused)?;
    app.runtime().job_in_short(&caller, id).await.map_err(&refused)?;
    let token = request.extensions().get::<SignedIn>().map(|signed_in| signed_in.token.clone());
    let (demo, address) = (answers_demo(&app, &request), address_of(&app, &request));
    let session = token.filter(|token| !token.is_empty()).map(|token| Session { token, demo, address });
    let watching = Watching { app, caller, session, id, told: None, looks: 0 };
    let stream = futures_util::stream::unfold(watching, next);
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

async fn next(mut watching: Watching) -> Option<(Result<Event, Infallible>, Watching)> {
    if watching.told.as_ref().is_some_and(JobView::is_ended) {
        return None;
    }
    loop {
        watching.looks += 1;
        if watching.looks.is_multiple_of(LOOKS) && !watching.is_signed_in().await {
            return None;
        }
        let (runtime, caller) = (watching.app.runtime(), &watching.caller);
        let stands = runtime.job_in_short(caller, watching.id).await.ok()?;
        if watching.told.as_ref() != Some(&stands) {
            let job = runtime.job(caller, watching.id).await.ok()?;
            let event = Event::default().event("progress").json_data(&job).ok()?;
            watching.told = Some(stands);
            return Some((Ok(event), watching));
        }
        tokio::time::sleep(LOOK).await;
    }
}
