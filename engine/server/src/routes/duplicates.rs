//! Records that are the same: asked for one record, and as a report over all.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use kezhi_runtime::duplicates::ReportBody;
use kezhi_runtime::records::DuplicatesBody;
use serde::Deserialize;
use serde_json::json;

use super::jobs::job_id;
use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

/// `POST …/duplicates` `{record, id?}` → `{items: [{rule, title, then, records: [{id, title, score, fields}], hidden}]}`.
///
/// Problems: `404` unknown entity or record · `422 record.unknown_field` · `429`.
pub(super) async fn duplicates(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Json(body): Json<DuplicatesBody>,
) -> Answer {
    let items = app.runtime().duplicates(&caller, &entity, body).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// `POST …/duplicates/report` `{rules?}` → `202` the job that makes the report.
pub(super) async fn report(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Json(body): Json<ReportBody>,
) -> Answer {
    let job =
        app.runtime().report_duplicates(&caller, &entity, body).await.map_err(refused(caller.language))?;
    let location = format!("/api/jobs/{}", job.id);
    let mut response = (StatusCode::ACCEPTED, axum::Json(job)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// `?after=&limit=` of groups.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    after: Option<i64>,
    limit: Option<u32>,
}

/// `GET /api/jobs/{id}/groups` → `{items: [{rule, title, records}], next}`.
pub(super) async fn groups(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    let refused = refused(caller.language);
    let id = job_id(&id).map_err(&refused)?;
    let asked = (page.after, page.limit);
    let groups = app.runtime().duplicate_groups(&caller, id, asked).await.map_err(&refused)?;
    Ok(axum::Json(groups).into_response())
}
