//! `POST /api/entities/{entity}/import`: creates records from a CSV or XLSX file.

use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::import::ImportOptions;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::problem::Problem;

/// Multipart `file` and, optionally, `options` (JSON as in [`ImportOptions`]) → `200` what was stored and what
/// was refused, cell by cell.
pub(super) async fn import_records(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    mut form: Multipart,
) -> Answer {
    let broken = || Problem::new(StatusCode::BAD_REQUEST, "body.unreadable").respond(caller.language);
    let mut options = ImportOptions::default();
    let mut file = None;
    while let Some(part) = form.next_field().await.map_err(|_| broken())? {
        match part.name() {
            Some("file") => {
                let name = part.file_name().unwrap_or("file").to_owned();
                file = Some((name, part.bytes().await.map_err(|_| broken())?));
            }
            Some("options") => {
                let text = part.bytes().await.map_err(|_| broken())?;
                options = crate::body::parse(&text).map_err(|problem| problem.respond(caller.language))?;
            }
            _ => {}
        }
    }
    let (name, bytes) = file.ok_or_else(broken)?;
    let imported = app
        .runtime()
        .import(&caller, &entity, ((&name, &bytes), options))
        .await
        .map_err(refused(caller.language))?;
    Ok(axum::Json(imported).into_response())
}
