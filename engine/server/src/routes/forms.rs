//! `/api/forms/{form}`: forms while somebody types.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use kezhi_types::{Fields, Id};
use serde::Deserialize;
use serde_json::json;

use super::records::{Answer, answered, manner, refused};
use super::schema_of as schema_for;
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::idempotency::Keyed;
use crate::problem::spoken;

/// `{record?, version?, task?, values}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filled {
    #[serde(default)]
    record: Option<Id>,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    values: Fields,
}

/// `GET /api/forms/{form}` → `{form, entity, schema}`.
pub(super) async fn get_form(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(key): Path<String>,
) -> Answer {
    let (plan, form, entity) = app.runtime().form(&caller, &key).map_err(refused(caller.language))?;
    let schema = schema_for(&plan, &entity, &caller);
    let mut answer = json!({
        "forms": { key.as_str(): *form },
        "entities": { entity.key.clone(): { "schema": schema } },
    });
    super::app::translate(&plan, caller.language, &mut answer);
    let form = answer["forms"][key.as_str()].take();
    let schema = answer["entities"][&entity.key]["schema"].take();
    Ok(axum::Json(json!({ "form": form, "entity": entity.key, "schema": schema })).into_response())
}

/// `POST …/evaluate` → values, what is visible, required, read-only and offered, and what is wrong so far.
pub(super) async fn evaluate(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(key): Path<String>,
    Json(filled): Json<Filled>,
) -> Answer {
    let question = (filled.record, filled.values);
    let state =
        app.runtime().evaluate_form(&caller, &key, question).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({
        "values": state.values,
        "visible": state.visible,
        "required": state.required,
        "readonly": state.readonly,
        "options": state.options,
        "violations": spoken(&state.violations, caller.language),
        "warnings": spoken(&state.warnings, caller.language),
    }))
    .into_response())
}

/// `POST …/submissions` → as create or patch.
pub(super) async fn submit(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(key): Path<String>,
    (headers, Keyed(once)): (HeaderMap, Keyed),
    Json(filled): Json<Filled>,
) -> Answer {
    let mut manner = manner(&headers, false).map_err(|problem| problem.respond(caller.language))?;
    manner.version = filled.version.or(manner.version);
    manner.once = once;
    let status = if filled.record.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let submission = (filled.record, filled.values, manner);
    let record =
        app.runtime().submit_form(&caller, &key, submission).await.map_err(refused(caller.language))?;
    Ok(answered(status, record, caller.language))
}
