//! `/api/audit`: what was done, for auditors. Nothing here changes an entry.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::auditor::{AuditQuestion, ExportFormat};
use kezhi_types::text::Language;
use kezhi_types::{Id, Timestamp};
use serde::Deserialize;

use super::jobs::job_id;
use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::download::{CSV, JSONL, attachment, body_of};
use crate::problem::Problem;

/// What the list may be asked.
const KNOWN: &str = "person, subject, entity, record, action, from, to, after, limit";

/// `GET /api/audit?person=&subject=&entity=&record=&action=&from=&to=&after=&limit=` → `{items, next, looked_to}`, newest
/// first. `action` is a comma list of actions or groups.
pub(super) async fn list(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(asked): Query<Vec<(String, String)>>,
) -> Answer {
    let question = question(asked).map_err(|problem| problem.respond(caller.language))?;
    let page = app.runtime().audit(&caller, &question).await.map_err(refused(caller.language))?;
    Ok(axum::Json(page).into_response())
}

/// `GET /api/audit/entries/{id}` → one entry with the block that seals it.
pub(super) async fn entry(State(app): State<App>, Asking(caller): Asking, Path(id): Path<String>) -> Answer {
    let entry = app.runtime().audit_entry(&caller, &id).await.map_err(refused(caller.language))?;
    Ok(axum::Json(entry).into_response())
}

/// `GET /api/audit/state` → how far the chain goes.
pub(super) async fn state(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let state = app.runtime().audit_state(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(state).into_response())
}

/// `?after=` the number to go on behind.
#[derive(Debug, Deserialize)]
pub(super) struct After {
    after: Option<i64>,
}

/// `GET /api/audit/checkpoints?after=` → `{items, next}`, oldest first.
pub(super) async fn checkpoints(
    State(app): State<App>,
    Asking(caller): Asking,
    Query(After { after }): Query<After>,
) -> Answer {
    let found = app
        .runtime()
        .audit_checkpoints(&caller, after.unwrap_or(0))
        .await
        .map_err(refused(caller.language))?;
    Ok(axum::Json(found).into_response())
}

/// `POST /api/audit/checkpoints` → `201` the state of the chain, signed.
pub(super) async fn sign(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let signed = app.runtime().sign_audit(&caller).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(signed)).into_response())
}

/// `GET /api/audit/key` → `{algorithm, key, pem}`.
pub(super) async fn key(State(app): State<App>, Asking(caller): Asking) -> Answer {
    Ok(axum::Json(app.runtime().audit_key(&caller).map_err(refused(caller.language))?).into_response())
}

/// `POST /api/audit/proof` → `202` a job that proves the chain.
pub(super) async fn prove(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let job = app.runtime().begin_audit_proof(&caller).await.map_err(refused(caller.language))?;
    Ok((StatusCode::ACCEPTED, axum::Json(job)).into_response())
}

/// `{format, …}` with the keys of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ExportBody {
    format: ExportFormat,
    person: Option<Id>,
    subject: Option<Id>,
    entity: Option<String>,
    record: Option<Id>,
    action: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// `POST /api/audit/export` → `202` a job that writes the entries into a file.
pub(super) async fn export(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(body): Json<ExportBody>,
) -> Answer {
    let ExportBody { format, person, subject, entity, record, action, from, to } = body;
    let question =
        AuditQuestion { person, subject, entity, record, action, from, to, ..AuditQuestion::default() };
    let job = app
        .runtime()
        .begin_audit_export(&caller, question, format)
        .await
        .map_err(refused(caller.language))?;
    Ok((StatusCode::ACCEPTED, axum::Json(job)).into_response())
}

/// `GET /api/audit/exports/{id}` → the file of an export that is done.
pub(super) async fn exported(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = job_id(&id).map_err(&refused)?;
    let (path, format) = app.runtime().audit_export_file(&caller, id).await.map_err(&refused)?;
    let file = tokio::fs::File::open(path).await;
    let file = file.map_err(|_| broken(caller.language))?;
    let (name, kind) = match (caller.language, format) {
        (Language::Chinese, ExportFormat::Csv) => ("审计", CSV),
        (Language::Chinese, ExportFormat::Jsonl) => ("审计", JSONL),
        (Language::English, ExportFormat::Csv) => ("audit", CSV),
        (Language::English, ExportFormat::Jsonl) => ("audit", JSONL),
    };
    Ok(attachment(body_of(file), name, kind))
}

fn broken(language: Language) -> axum::response::Response {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "server.failed").respond(language)
}

fn question(asked: Vec<(String, String)>) -> Result<AuditQuestion, Problem> {
    let mut question = AuditQuestion::default();
    for (key, value) in asked.into_iter().filter(|(_, value)| !value.is_empty()) {
        let wrong = || {
            let problem = Problem::new(StatusCode::BAD_REQUEST, "query.parameter");
            problem.with("key", key.clone()).with("known", KNOWN)
        };
        let id = || value.parse::<Id>().map(Some).map_err(|_| wrong());
        let at = || {
            let no_instant = Problem::new(StatusCode::BAD_REQUEST, "query.moment");
            Timestamp::parse(&value).map(Some).map_err(|_| no_instant.with("value", value.clone()))
        };
        match key.as_str() {
            "person" => question.person = id()?,
            "subject" => question.subject = id()?,
            "record" => question.record = id()?,
            "entity" => question.entity = Some(value.clone()),
            "action" => question.action = value.split(',').map(str::to_owned).collect(),
            "from" => question.from = at()?,
            "to" => question.to = at()?,
            "after" => question.after = Some(value.clone()),
            "limit" => question.limit = Some(value.parse().map_err(|_| wrong())?),
            _ => return Err(wrong()),
        }
    }
    Ok(question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_and_what_is_none_is_refused_by_name() {
        let asked = |pairs: &[(&str, &str)]| {
            question(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
        };
        let found =
            asked(&[("action", "session,record.updated"), ("from", "2026-03-01T08:00:00Z"), ("person", "")]);
        let Ok(found) = found else { unreachable!("a question") };
        assert_eq!(found.action, ["session", "record.updated"]);
        assert!(found.from.is_some() && found.person.is_none());
        for wrong in [("person", "x"), ("from", "yesterday"), ("limit", "many"), ("where", "{}")] {
            assert!(asked(&[wrong]).is_err(), "{wrong:?}");
        }
    }
}
