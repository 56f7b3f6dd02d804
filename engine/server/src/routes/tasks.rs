//! `/api/tasks`: what people have to do.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use kezhi_runtime::workflows::{TaskInput, TaskVerb};
use kezhi_types::{Fields, Id};
use serde::Deserialize;
use serde_json::{Value, json};

use super::records::{Answer, manner, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::idempotency::Keyed;
use crate::problem::Problem;

/// The most decisions in one request.
const BATCH: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    r#box: Option<String>,
    after: Option<u32>,
    limit: Option<u32>,
}

/// `GET /api/tasks?box=todo·overdue·done·started` → a page.
pub(super) async fn list_tasks(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(asked): Query<Asked>,
) -> Answer {
    let which = asked.r#box.as_deref().unwrap_or("todo");
    let place = (asked.after.unwrap_or(0), asked.limit.unwrap_or(50));
    let page = app.runtime().tasks(&caller, which, place).await.map_err(refused(caller.language))?;
    Ok(axum::Json(page).into_response())
}

/// `GET /api/tasks/{id}`.
pub(super) async fn get_task(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().task(&caller, id).await.map_err(&refused)?).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Deed {
    comment: Option<String>,
    fields: Fields,
    outcome: Option<String>,
    to: Option<Id>,
    revision: Option<i64>,
}

/// `POST /api/tasks/{id}/{approve·reject·complete·transfer·comment}` → `200` the task; closed: `409` with its state.
pub(super) async fn act(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((id, action)): Path<(String, String)>,
    (headers, Keyed(once)): (HeaderMap, Keyed),
    Json(deed): Json<Deed>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let verb = verb(&action).map_err(|problem| problem.respond(caller.language))?;
    let confirmed = manner(&headers, false).map_err(|problem| problem.respond(caller.language))?.confirmed;
    let Deed { comment, fields, outcome, to, revision } = deed;
    let input = TaskInput { comment, fields, outcome, to, revision, confirmed, once };
    let task = app.runtime().act_on_task(&caller, id, (verb, input)).await.map_err(&refused)?;
    Ok(axum::Json(task).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchBody {
    operations: Vec<BatchDeed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchDeed {
    task: Id,
    r#do: String,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    fields: Fields,
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    revision: Option<i64>,
}

/// `POST /api/tasks/batch` `{operations: [{task, do, …}]}` → `{results: [{index, status, task?, code?}]}`.
pub(super) async fn batch(
    State(app): State<App>,
    Asking(caller): Asking,
    Keyed(once): Keyed,
    Json(body): Json<BatchBody>,
) -> Answer {
    if body.operations.len() > BATCH {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "batch.too_large")
            .with("max", BATCH)
            .respond(caller.language));
    }
    let mut results = Vec::new();
    for (index, operation) in body.operations.into_iter().enumerate() {
        let BatchDeed { task, r#do: action, comment, fields, outcome, revision } = operation;
        let once = once.as_ref().map(|once| once.part(index));
        let input = TaskInput { comment, fields, outcome, revision, once, ..TaskInput::default() };
        let outcome = match verb(&action) {
            Ok(verb) => app.runtime().act_on_task(&caller, task, (verb, input)).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        results.push(match outcome {
            Ok(task) => json!({ "index": index, "status": 200, "task": task }),
            Err(problem) => {
                json!({ "index": index, "status": problem.status().as_u16(), "code": problem.code() })
            }
        });
    }
    Ok(axum::Json(json!({ "results": results })).into_response())
}

fn verb(action: &str) -> Result<TaskVerb, Problem> {
    serde_json::from_value(Value::String(action.to_owned()))
        .map_err(|_| Problem::new(StatusCode::NOT_FOUND, "page.not_found"))
}
