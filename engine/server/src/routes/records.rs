//! `/api/entities/{entity}/…`: records.

use std::collections::{BTreeSet, HashMap};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kezhi_plan::query::{AggregateRequest, ListRequest};
use kezhi_runtime::Error;
use kezhi_runtime::records::{BatchOptions, BatchOutcome, Manner, RecordView, UpdateOptions};
use kezhi_types::text::Language;
use kezhi_types::{Entrance, Fields, Id, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::idempotency::Keyed;
use crate::problem::{NotKept, Problem, spoken};

/// Answers of these handlers: problems in the caller's language.
pub(super) type Answer = Result<Response, Response>;

/// Turns a refusal into a response in the caller's language.
pub(super) fn refused(language: Language) -> impl Fn(Error) -> Response {
    move |error| Problem::from(error).respond(language)
}

/// `POST /api/entities/{entity}/records` → `201` with `Location`, `ETag` and the record as the caller may see it.
pub(super) async fn create_record(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    (headers, Keyed(once)): (HeaderMap, Keyed),
    Json(fields): Json<Fields>,
) -> Answer {
    let refused = refused(caller.language);
    let manner = Manner { once, ..manner(&headers, false).map_err(|p| p.respond(caller.language))? };
    let record = app
        .runtime()
        .create_record(&caller, Entrance::Api, &entity, (fields, manner))
        .await
        .map_err(refused)?;
    let location = format!("/api/entities/{entity}/records/{}", record.id);
    let mut response = answered(StatusCode::CREATED, record, caller.language);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// `?as_of=2026-03-01T08:00:00.000Z`: as it was at that moment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Moment {
    as_of: Option<String>,
}

/// `GET …/records/{id}` → `200` with the `ETag`; with `as_of` without one, as nobody can change what was.
pub(super) async fn get_record(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    Query(moment): Query<Moment>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    if let Some(text) = moment.as_of {
        let moment = Timestamp::parse(&text)
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "query.moment").with("value", text))
            .map_err(|problem| problem.respond(caller.language))?;
        let fields = app.runtime().record_as_of(&caller, (&entity, id), moment).await.map_err(&refused)?;
        return Ok(axum::Json(fields).into_response());
    }
    let record = app.runtime().read_record(&caller, &entity, id).await.map_err(&refused)?;
    Ok(tagged(json_text(record.json), record.version))
}

/// `PATCH …/records/{id}` → `200`; `If-Match` makes a stale change `412`.
pub(super) async fn update_record(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json(fields): Json<Fields>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let manner = manner(&headers, app.settings().require_if_match)
        .map_err(|problem| problem.respond(caller.language))?;
    let change = (fields, manner);
    let record =
        app.runtime().update_record(&caller, Entrance::Api, (&entity, id), change).await.map_err(&refused)?;
    Ok(answered(StatusCode::OK, record, caller.language))
}

/// `GET …/records?where=&q=&sort=&fields=&include=&limit=&after=&count=&bin=` → a page.
pub(super) async fn list_records(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Answer {
    let request = list_request(asked).map_err(|problem| problem.respond(caller.language))?;
    let list =
        app.runtime().read_records(&caller, &entity, &request).await.map_err(refused(caller.language))?;
    Ok(json_text(list))
}

/// `POST …/query` → a page.
pub(super) async fn query_records(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Json(request): Json<ListRequest>,
) -> Answer {
    let list =
        app.runtime().read_records(&caller, &entity, &request).await.map_err(refused(caller.language))?;
    Ok(json_text(list))
}

/// `POST …/aggregate` → counts, sums, averages by group.
pub(super) async fn aggregate(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Json(request): Json<AggregateRequest>,
) -> Answer {
    let numbers =
        app.runtime().aggregate(&caller, &entity, &request).await.map_err(refused(caller.language))?;
    Ok(axum::Json(numbers).into_response())
}

/// `?q=&limit=` of a search.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchFor {
    #[serde(default)]
    q: String,
    limit: Option<u32>,
}

/// `GET /api/search?q=` → what words find, over every entity.
pub(super) async fn search(
    State(app): State<App>,
    Asking(caller): Asking,
    asked: Result<Query<SearchFor>, axum::extract::rejection::QueryRejection>,
) -> Answer {
    let wrong = || {
        Problem::new(StatusCode::BAD_REQUEST, "query.parameter")
            .with("key", "limit")
            .with("known", "q, limit")
    };
    let Query(SearchFor { q, limit }) = asked.map_err(|_| wrong().respond(caller.language))?;
    let finds = app.runtime().search(&caller, &q, limit).await.map_err(refused(caller.language))?;
    Ok(axum::Json(finds).into_response())
}

/// `POST …/batch` → `200 {committed, results, batch}`, or `422` with the same results when an atomic batch fails.
pub(super) async fn batch(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Keyed(once): Keyed,
    Json(options): Json<BatchOptions>,
) -> Answer {
    let outcome =
        app.runtime().batch(&caller, &entity, (options, once)).await.map_err(refused(caller.language))?;
    Ok(told(&outcome, caller.language))
}

/// `POST …/update` `{where, record, dry_run?, workflows?, confirm?}` → as a batch. All or nothing, in one
/// transaction; where more than 10,000 records are meant, `422 update.too_many` and nothing is done.
pub(super) async fn update_where(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Keyed(once): Keyed,
    Json(options): Json<UpdateOptions>,
) -> Answer {
    let asked = (options, once);
    let outcome =
        app.runtime().update_where(&caller, &entity, asked).await.map_err(refused(caller.language))?;
    Ok(told(&outcome, caller.language))
}

/// What became of many operations.
fn told(outcome: &BatchOutcome, language: Language) -> Response {
    let status = if outcome.failed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut body = json!({ "committed": outcome.committed, "results": outcome.results });
    let results = body.get_mut("results").and_then(Value::as_array_mut).into_iter().flatten();
    for (result, told) in outcome.results.iter().zip(results) {
        if let (Some(violations), Some(told)) = (&result.violations, told.as_object_mut()) {
            told.insert("violations".to_owned(), spoken(violations, language));
        }
    }
    if let (Some(batch), Some(body)) = (outcome.batch, body.as_object_mut()) {
        body.insert("batch".to_owned(), json!(batch));
    }
    if outcome.failed
        && let Some(body) = body.as_object_mut()
    {
        body.insert("code".to_owned(), json!("batch.failed"));
        body.insert("status".to_owned(), json!(422));
    }
    let mut response = (status, axum::Json(body)).into_response();
    if outcome.results.iter().any(|result| result.status >= 500) {
        // The same request under the same key does what is left.
        response.extensions_mut().insert(NotKept);
    }
    response
}

/// `?after=` of history and timeline.
#[derive(Debug, Deserialize)]
pub(super) struct After {
    after: Option<i64>,
}

/// `GET …/history`.
pub(super) async fn history(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    Query(After { after }): Query<After>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().history(&caller, (&entity, id), after).await.map_err(&refused)?)
        .into_response())
}

/// `GET …/timeline`.
pub(super) async fn timeline(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    Query(After { after }): Query<After>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().timeline(&caller, (&entity, id), after).await.map_err(&refused)?)
        .into_response())
}

/// `GET …/explain`.
pub(super) async fn explain(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    Ok(axum::Json(app.runtime().explain(&caller, (&entity, id)).await.map_err(&refused)?).into_response())
}

/// `GET …/comments`.
pub(super) async fn comments(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let items = app.runtime().comments(&caller, (&entity, id)).await.map_err(&refused)?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// `{text}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CommentBody {
    text: String,
}

/// `POST …/comments` → `201`.
pub(super) async fn comment(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    Keyed(once): Keyed,
    Json(body): Json<CommentBody>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let comment =
        app.runtime().comment(&caller, (&entity, id), (&body.text, once)).await.map_err(&refused)?;
    Ok((StatusCode::CREATED, axum::Json(comment)).into_response())
}

/// A record with its `ETag` and what the caller should know all the same.
pub(super) fn answered(status: StatusCode, record: RecordView, language: Language) -> Response {
    let mut fields = record.fields;
    if !record.warnings.is_empty() {
        fields.insert("warnings".to_owned(), spoken(&record.warnings, language));
    }
    tagged((status, axum::Json(fields)).into_response(), record.version)
}

fn tagged(mut response: Response, version: i64) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// An answer that is JSON already.
fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}

/// Version and confirmations from the headers.
pub(super) fn manner(headers: &HeaderMap, required: bool) -> Result<Manner, Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let version = match text("if-match") {
        None if required => return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "record.if_match")),
        None | Some("*") => None,
        Some(tag) => {
            let number = tag.trim_start_matches("W/").trim_matches('"').parse();
            Some(
                number
                    .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "record.etag").with("value", tag))?,
            )
        }
    };
    let confirmed: BTreeSet<String> = text("x-kezhi-confirm")
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(|rule| rule.trim().to_owned())
        .collect();
    Ok(Manner { confirmed, version, once: None })
}

/// A record's id in a path; what is no id names no record.
pub(super) fn record_id(text: &str) -> Result<Id, Error> {
    text.parse().map_err(|_| Error::NotFound { kind: "record", key: text.to_owned() })
}

pub(super) fn list_request(asked: Vec<(String, String)>) -> Result<ListRequest, Problem> {
    let mut given = HashMap::new();
    for (key, value) in asked {
        if given.insert(key.clone(), value).is_some() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "query.repeated").with("key", key));
        }
    }
    let wrong = |key: &str| {
        let known = "where, q, sort, fields, include, limit, after, count, bin";
        Problem::new(StatusCode::BAD_REQUEST, "query.parameter")
            .with("key", key.to_owned())
            .with("known", known)
    };
    let list = |text: String| text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut request = ListRequest::default();
    for (key, value) in given {
        match key.as_str() {
            "where" if value.is_empty() => {}
            "where" => {
                request.condition = Some(crate::body::parse(value.as_bytes()).map_err(|_| wrong("where"))?)
            }
            "q" => request.q = Some(value).filter(|words| !words.trim().is_empty()),
            "sort" => request.sort = list(value),
            "fields" => request.fields = list(value),
            "include" => request.include = list(value),
            "limit" => request.limit = Some(value.parse().map_err(|_| wrong("limit"))?),
            "after" => request.after = Some(value).filter(|cursor| !cursor.is_empty()),
            "count" => request.count = serde_json::from_value(json!(value)).map_err(|_| wrong("count"))?,
            "bin" => request.bin = value.parse().map_err(|_| wrong("bin"))?,
            _ => return Err(wrong(&key)),
        }
    }
    Ok(request)
}
