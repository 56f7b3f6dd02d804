//! `GET /api/entities/{entity}/export`: records as a file.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kezhi_runtime::export::{Content, ExportFormat, ExportRequest};

use super::records::{Answer, list_request, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::download::{CSV, JSON, Kind, XLSX, attachment, temporary};
use crate::problem::Problem;

/// What belongs to pages and not to a file.
const OF_PAGES: [&str; 4] = ["limit", "after", "include", "count"];

/// `?format=csv·xlsx·json&where=&q=&sort=&fields=&bin=&labels=&bom=` → the file, streamed. `labels=true` writes titles,
/// labels and names instead of keys and ids; `bom=true` marks a CSV as UTF-8 for spreadsheets (usual with labels). With
/// `dry_run=true` nothing is read: `204` where the export would begin.
pub(super) async fn export_records(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(entity): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Answer {
    let mut asked = asked;
    let given = asked.len();
    asked.retain(|(key, value)| !(key == "dry_run" && value == "true"));
    let only_asks = asked.len() < given;
    let (request, kind) = request(asked).map_err(|problem| problem.respond(caller.language))?;
    if only_asks {
        app.runtime().check_export(&caller, &entity, &request).map_err(refused(caller.language))?;
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let export = app.runtime().export(&caller, &entity, request).await.map_err(refused(caller.language))?;
    let mut response = match export.content {
        Content::File(file) => temporary(file.path(), &export.title, kind)
            .await
            .map_err(|status| Problem::new(status, "server.failed").respond(caller.language))?,
        Content::Pieces(pieces) => {
            let stream = futures_util::stream::unfold(pieces, |mut pieces| async move {
                let piece = pieces.recv().await?;
                // The answer has begun, so all that is left is to break it off where everybody sees it.
                let piece = piece.map(Bytes::from).map_err(|error| {
                    tracing::error!(%error, "an export broke off");
                    std::io::Error::other(error.to_string())
                });
                Some((piece, pieces))
            });
            attachment(Body::from_stream(stream), &export.title, kind)
        }
    };
    spare_compression(&mut response);
    Ok(response)
}

/// A large file is sooner sent than packed.
fn spare_compression(response: &mut Response) {
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
}

fn request(asked: Vec<(String, String)>) -> Result<(ExportRequest, Kind), Problem> {
    let wrong =
        |key: &str| Problem::new(StatusCode::BAD_REQUEST, "query.parameter").with("key", key.to_owned());
    let (mut format, mut labels, mut mark) = (ExportFormat::Csv, false, None);
    let mut rest = Vec::new();
    for (key, value) in asked {
        let switch = || match value.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(wrong(&key)),
        };
        match key.as_str() {
            "format" => {
                format = match value.as_str() {
                    "csv" => ExportFormat::Csv,
                    "xlsx" => ExportFormat::Xlsx,
                    "json" => ExportFormat::Json,
                    _ => return Err(wrong("format")),
                }
            }
            "labels" => labels = switch()?,
            "bom" => mark = Some(switch()?),
            key if OF_PAGES.contains(&key) => return Err(wrong(key)),
            _ => rest.push((key, value)),
        }
    }
    let kind = match format {
        ExportFormat::Csv => CSV,
        ExportFormat::Xlsx => XLSX,
        ExportFormat::Json => JSON,
    };
    let list = list_request(rest)?;
    Ok((ExportRequest { list, format, labels, mark: mark.unwrap_or(labels) }, kind))
}
