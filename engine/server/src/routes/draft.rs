//! `/api/draft`: definitions are edited, checked and published.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kezhi_runtime::Error;
use kezhi_runtime::records::GradeTrial;
use kezhi_runtime::releases::{PublishRequest, Published};
use kezhi_types::diagnostic::views;
use kezhi_types::{Fields, Id};
use serde::Deserialize;
use serde_json::{Value, json};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    all: Option<String>,
}

/// `GET /api/draft` → `{base, items}`; `?all=1` adds the files that are as they are live.
pub(super) async fn list_draft(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(asked): Query<Listing>,
) -> Answer {
    let listing =
        app.runtime().list_draft(&caller, asked.all.is_some()).await.map_err(refused(caller.language))?;
    Ok(axum::Json(listing).into_response())
}

/// `GET /api/draft/{folder}/{file}` → the text, with its `ETag`.
pub(super) async fn get_file(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((folder, file)): Path<(String, String)>,
) -> Answer {
    let (text, tag) =
        app.runtime().get_draft_file(&caller, &folder, &file).await.map_err(refused(caller.language))?;
    let json_file = !file.contains('.') || file.ends_with(".json");
    let kind = if json_file { "application/json" } else { "text/plain; charset=utf-8" };
    let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
    tagged(&mut response, &tag);
    Ok(response)
}

/// `PUT …` → `200`/`201 {etag, diagnostics}`, also when the definition is wrong.
pub(super) async fn put_file(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((folder, file)): Path<(String, String)>,
    headers: HeaderMap,
    text: String,
) -> Answer {
    let change = (text, given_tag(&headers));
    let saved = app
        .runtime()
        .put_draft_file(&caller, (&folder, &file), change)
        .await
        .map_err(refused(caller.language))?;
    let status = if saved.created { StatusCode::CREATED } else { StatusCode::OK };
    let body = json!({ "etag": saved.etag, "diagnostics": views(&saved.diagnostics, caller.language) });
    let mut response = (status, axum::Json(body)).into_response();
    tagged(&mut response, &saved.etag);
    Ok(response)
}

/// `DELETE …` → `204`.
pub(super) async fn delete_file(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((folder, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let tag = given_tag(&headers);
    app.runtime()
        .delete_draft_file(&caller, (&folder, &file), tag)
        .await
        .map_err(refused(caller.language))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/draft/check` → `{diagnostics}`.
pub(super) async fn check(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let diagnostics = app.runtime().check_draft(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "diagnostics": views(&diagnostics, caller.language) })).into_response())
}

/// `POST /api/draft/plan` → `{changes, affected, destructive, standing, evolution}`.
pub(super) async fn plan(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let plan = app.runtime().plan_draft(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(plan).into_response())
}

/// `POST /api/draft/publish` → `201 {number, at, note}`, or `202 {job}`.
pub(super) async fn publish(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(request): Json<PublishRequest>,
) -> Answer {
    let published = app.runtime().publish_draft(&caller, request).await.map_err(refused(caller.language))?;
    Ok(answered(published))
}

/// `201` with a release that is live, `202` with the job that publishes it and where that is watched.
pub(super) fn answered(published: Published) -> Response {
    match published {
        Published::Live(release) => (StatusCode::CREATED, axum::Json(release)).into_response(),
        Published::Job(job) => {
            let place = HeaderValue::from_str(&format!("/api/jobs/{}", job.id));
            let mut response = (StatusCode::ACCEPTED, axum::Json(json!({ "job": job }))).into_response();
            if let Ok(place) = place {
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
    }
}

/// `?after=` a record, `&limit=` at most 500.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET /api/draft/evolution/{entity}/{field}` → `{items: [{id, title, value, reason}], next}`.
pub(super) async fn refused_values(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, field)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Answer {
    let refused = refused(caller.language);
    let after = page.after.map(|after| after.parse::<Id>().map_err(|_| unreadable(&after)));
    let after = after.transpose().map_err(&refused)?;
    let found = app.runtime().refused_values(&caller, (&entity, &field), (after, page.limit)).await;
    Ok(axum::Json(found.map_err(&refused)?).into_response())
}

fn unreadable(after: &str) -> Error {
    let args = Fields::from_iter([("value".to_owned(), Value::from(after))]);
    Error::Query { code: "query.cursor", args, unreadable: true }
}

/// `POST /api/draft/discard` → `200 {discarded}`.
pub(super) async fn discard(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let discarded = app.runtime().discard_draft(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "discarded": discarded })).into_response())
}

/// `POST /api/grades/{grade}/try` → `{letter, score, reasons, rows, inputs}`.
pub(super) async fn try_grade(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(key): Path<String>,
    Json(trial): Json<GradeTrial>,
) -> Answer {
    let said: Value =
        app.runtime().try_grade(&caller, &key, trial).await.map_err(refused(caller.language))?;
    Ok(axum::Json(said).into_response())
}

fn given_tag(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_NONE_MATCH) == Some("*") {
        return Some("*".to_owned());
    }
    text(header::IF_MATCH).map(|tag| tag.trim_matches('"').to_owned())
}

fn tagged(response: &mut Response, tag: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
}
