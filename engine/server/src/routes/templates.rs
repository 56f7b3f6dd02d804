//! Templates, sample data and the demo's clock.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::problem::Problem;

/// `GET /api/templates` → `{items: [{key, title, summary, version}]}`.
pub(super) async fn list_templates(Asking(_): Asking) -> Answer {
    let items: Vec<Value> = crate::assets::templates();
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct InstallBody {
    sample: bool,
}

/// `POST /api/templates/{key}/install` `{sample?}` → `201 {release, records, users, refused}`.
pub(super) async fn install(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(key): Path<String>,
    Json(body): Json<InstallBody>,
) -> Answer {
    let folder = crate::assets::template(&key).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "template.not_found").with("key", key).respond(caller.language)
    })?;
    let installed = app
        .runtime()
        .install_template(&caller, &folder, body.sample)
        .await
        .map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(installed)).into_response())
}

/// `GET /api/sample` → `{records, entities}`.
pub(super) async fn sample(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let counts = app.runtime().sample_records(&caller).await.map_err(refused(caller.language))?;
    let records: i64 = counts.iter().map(|(_, count)| count).sum();
    let entities: serde_json::Map<String, Value> =
        counts.into_iter().map(|(key, count)| (key, json!(count))).collect();
    Ok(axum::Json(json!({ "records": records, "entities": entities })).into_response())
}

/// `DELETE /api/sample` → `{removed}`.
pub(super) async fn remove_sample(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let removed = app.runtime().remove_sample(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "removed": removed })).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockBody {
    advance: String,
}

/// `POST /api/clock` `{advance: "7d"}` → `{now}`; only in a demo.
pub(super) async fn move_clock(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(body): Json<ClockBody>,
) -> Answer {
    if !app.settings().demo {
        return Err(Problem::new(StatusCode::NOT_FOUND, "page.not_found").respond(caller.language));
    }
    let now = app.runtime().move_clock(&caller, &body.advance).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "now": now })).into_response())
}
