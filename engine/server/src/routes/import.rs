//! `POST /api/entities/{entity}/import` and `POST /api/imports/{id}/undo`: records from a CSV or XLSX file.

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kezhi_runtime::Error;
use kezhi_runtime::import::ImportOptions;
use kezhi_runtime::jobs::{JobView, Upload};
use serde_json::{Map, Value};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::problem::Problem;

/// The largest file, in bytes: 1 GiB.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// The largest other part, in bytes.
const LARGEST_OPTION: usize = 1024 * 1024;
/// What may stand around the file in a request, in bytes.
const AROUND: u64 = 8 * 1024 * 1024;

/// Why a request is not carried out, before a language is known.
enum Refusal {
    Problem(Problem),
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Multipart `file` and, optionally, `options` (JSON as in [`ImportOptions`]) or its keys as parts of their own →
/// `202` the job, which `Location` names. `400 file.unreadable` where the file as a whole is wrong.
pub(super) async fn import_records(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    headers: HeaderMap,
    form: Multipart,
) -> Answer {
    let runtime = app.runtime();
    runtime.may_begin_import(&caller, &entity).map_err(refused(caller.language))?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > LARGEST + AROUND) {
        return Err(too_large_for(LARGEST).respond(caller.language));
    }
    let told = |refusal| match refusal {
        Refusal::Problem(problem) => problem.respond(caller.language),
        Refusal::Error(error) => refused(caller.language)(error),
    };
    let (name, upload, options) = received(&app, form).await.map_err(told)?;
    let job = runtime
        .start_import(&caller, &entity, (&name, upload, options))
        .await
        .map_err(refused(caller.language))?;
    Ok(begun(job))
}

/// `POST /api/imports/{id}/undo` → `202` the job that takes the import back.
pub(super) async fn undo(State(app): State<App>, Asking(caller): Asking, Path(id): Path<String>) -> Answer {
    let refused = refused(caller.language);
    let id = super::jobs::job_id(&id).map_err(&refused)?;
    Ok(begun(app.runtime().undo_import(&caller, id).await.map_err(&refused)?))
}

/// A job that has begun, and where it is to be watched.
fn begun(job: JobView) -> Response {
    let location = format!("/api/jobs/{}", job.id);
    let mut response = (StatusCode::ACCEPTED, axum::Json(job)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

async fn received(app: &App, mut form: Multipart) -> Result<(String, Upload, ImportOptions), Refusal> {
    let mut options = Map::new();
    let mut file = None;
    while let Some(part) = form.next_field().await.map_err(|_| broken())? {
        match part.name().unwrap_or_default().to_owned().as_str() {
            "file" => {
                let name = part.file_name().unwrap_or("file").to_owned();
                file = Some((name, stored(app, part).await?));
            }
            "options" => {
                let text = text(part).await?;
                options.extend(crate::body::parse::<Map<String, Value>>(&text).map_err(Refusal::Problem)?);
            }
            key => {
                let key = key.to_owned();
                let text = text(part).await?;
                let as_text = || Value::String(String::from_utf8_lossy(&text).into_owned());
                options.insert(key, serde_json::from_slice(&text).unwrap_or_else(|_| as_text()));
            }
        }
    }
    let (name, upload) = file.ok_or_else(broken)?;
    let options = crate::body::parse(Value::Object(options).to_string().as_bytes());
    Ok((name, upload, options.map_err(Refusal::Problem)?))
}

/// Writes a file to the data folder as it comes.
async fn stored(app: &App, mut part: Field<'_>) -> Result<Upload, Refusal> {
    let mut upload = app.runtime().receive().await?;
    while let Some(piece) = part.chunk().await.map_err(|_| broken())? {
        if upload.size() + piece.len() as u64 > LARGEST {
            return Err(too_large(LARGEST));
        }
        upload.write(&piece).await?;
    }
    Ok(upload)
}

async fn text(mut part: Field<'_>) -> Result<Vec<u8>, Refusal> {
    let mut text = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|_| broken())? {
        text.extend_from_slice(&piece);
        if text.len() > LARGEST_OPTION {
            return Err(too_large(LARGEST_OPTION as u64));
        }
    }
    Ok(text)
}

fn broken() -> Refusal {
    Refusal::Problem(Problem::new(StatusCode::BAD_REQUEST, "body.unreadable"))
}

fn too_large(max: u64) -> Refusal {
    Refusal::Problem(too_large_for(max))
}

fn too_large_for(max: u64) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large").with("max", max)
}
