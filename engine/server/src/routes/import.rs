//! `POST /api/entities/{entity}/import` and `POST /api/imports/{id}/undo`: records from a CSV or XLSX file.

use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{Extension, FromRequest, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kezhi_runtime::Error;
use kezhi_runtime::idempotency::Once;
use kezhi_runtime::import::ImportOptions;
use kezhi_runtime::jobs::{JobView, Upload};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::announced;
use crate::gate::{Gate, Way};
use crate::idempotency::{Asked, Keyed, carried_out_once};
use crate::problem::Problem;

/// The largest file, in bytes: 1 GiB.
const LARGEST: u64 = 1024 * 1024 * 1024;
/// The largest other part, in bytes.
const LARGEST_OPTION: usize = 1024 * 1024;
/// The most parts of a request.
const PARTS: usize = 32;
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
    asked: Option<Extension<Asked>>,
    request: Request,
) -> Answer {
    app.runtime().may_begin_import(&caller, &entity).map_err(refused(caller.language))?;
    if announced(request.headers()).is_some_and(|length| length > LARGEST + AROUND) {
        return Err(too_large_for(LARGEST).respond(caller.language));
    }
    let told = |refusal| match refusal {
        Refusal::Problem(problem) => problem.respond(caller.language),
        Refusal::Error(error) => refused(caller.language)(error),
    };
    let Received { name, upload, options, digest } = received(&app, request).await.map_err(told)?;
    let runtime = app.runtime().clone();
    let work = async move |once: Option<Once>| {
        let begun = runtime.start_import(&caller, &entity, (&name, upload, options), once).await;
        begun.map_err(refused(caller.language)).map(self::begun)
    };
    let Some(Extension(asked)) = asked else { return work(None).await };
    let work = |once| async move { work(Some(once)).await.unwrap_or_else(|refusal| refusal) };
    Ok(carried_out_once(app, asked, digest, work).await)
}

/// `POST /api/imports/{id}/undo` → `202` the job that takes the import back.
pub(super) async fn undo(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    Keyed(once): Keyed,
) -> Answer {
    let refused = refused(caller.language);
    let id = super::jobs::job_id(&id).map_err(&refused)?;
    Ok(begun(app.runtime().undo_import(&caller, id, once).await.map_err(&refused)?))
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

/// A form that has come.
struct Received {
    name: String,
    upload: Upload,
    options: ImportOptions,
    /// The same for the same parts, however they were put together.
    digest: Bytes,
}

async fn received(app: &App, request: Request) -> Result<Received, Refusal> {
    let (request, gate) = Gate::before(request);
    let mut form = Multipart::from_request(request, app).await.map_err(|_| broken())?;
    let mut options = Map::new();
    let mut file = None;
    let mut digest = Sha256::new();
    let mut parts = 0;
    loop {
        gate.set(Way::Head);
        let Some(part) = form.next_field().await.map_err(|_| broken())? else { break };
        gate.set(Way::Through);
        parts += 1;
        if parts > PARTS {
            return Err(broken());
        }
        let key = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().unwrap_or("file").to_owned();
        for word in [&key, &name] {
            digest.update(word.len().to_le_bytes());
            digest.update(word);
        }
        match key.as_str() {
            "file" => file = Some((name, stored(app, part, &mut digest).await?)),
            "options" => {
                let text = text(part).await?;
                digest.update(&text);
                options.extend(crate::body::parse::<Map<String, Value>>(&text).map_err(Refusal::Problem)?);
            }
            _ => {
                let text = text(part).await?;
                digest.update(&text);
                let as_text = || Value::String(String::from_utf8_lossy(&text).into_owned());
                options.insert(key, serde_json::from_slice(&text).unwrap_or_else(|_| as_text()));
            }
        }
        // Where one part ends and the next begins counts as well.
        digest = Sha256::new().chain_update(digest.finalize());
    }
    let (name, upload) = file.ok_or_else(broken)?;
    let options = crate::body::parse(Value::Object(options).to_string().as_bytes());
    let options = options.map_err(Refusal::Problem)?;
    Ok(Received { name, upload, options, digest: Bytes::copy_from_slice(&digest.finalize()) })
}

/// Writes a file to the data folder as it comes.
async fn stored(app: &App, mut part: Field<'_>, digest: &mut Sha256) -> Result<Upload, Refusal> {
    let mut upload = app.runtime().receive().await?;
    while let Some(piece) = part.chunk().await.map_err(|_| broken())? {
        if upload.size() + piece.len() as u64 > LARGEST {
            return Err(too_large(LARGEST));
        }
        digest.update(&piece);
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
