//! `/api/files`: files sent by people, and read by whoever may read a field that holds one.

use axum::body::{Body, Bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use kezhi_plan::kind::{PICTURES, file_size};
use kezhi_runtime::Error;
use kezhi_runtime::files::{FileRead, Part};
use kezhi_types::Id;
use serde::Deserialize;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::announced;
use crate::download::encoded;
use crate::gate::{Gate, Way};
use crate::problem::Problem;

/// How much of a request that carries a file is read at all, in bytes: enough to tell whoever sends too large a file.
pub fn most(largest: u64) -> usize {
    usize::try_from(largest.saturating_mul(3)).unwrap_or(usize::MAX).saturating_add(64 * 1024)
}

/// What a page may do that a browser makes of a file: nothing but show it.
const SANDBOX: &str = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox";

/// Marks an answer whose bytes are sent as they lie.
#[derive(Debug, Clone, Copy)]
pub struct AsItLies;

/// `POST /api/files` (multipart, one part `file`) → `201 {id, name, type, size}`.
pub(super) async fn send(State(app): State<App>, Asking(caller): Asking, request: Request) -> Answer {
    let refused = refused(caller.language);
    let largest = app.settings().max_file_size;
    let missing = || Error::file("file.missing");
    if announced(request.headers()).is_some_and(|length| length > most(largest) as u64) {
        return Err(refused(Error::file("file.too_large").with("max", file_size(largest))));
    }
    let (request, gate) = Gate::before(request);
    let form = Multipart::from_request(request, &app).await;
    let mut form = form.map_err(|_| refused(missing()))?;
    let part = form.next_field().await.map_err(|error| refused(broken(&error, largest)))?;
    gate.set(Way::Through);
    let part = part.filter(|part| part.name() == Some("file")).ok_or_else(|| refused(missing()))?;
    let name = part.file_name().ok_or_else(|| refused(missing()))?.to_owned();
    let pieces = Box::pin(pieces(part, largest));
    let received = app.runtime().receive_file(&caller, &name, pieces).await;
    if received.is_err() {
        // Whoever is still sending hears the answer only when they have been heard out; the body limit ends it.
        gate.set(Way::Away);
        while let Ok(Some(_)) = form.next_field().await {}
    }
    let received = received.map_err(&refused)?;
    let location = format!("/api/files/{}", received.id);
    let mut response = (StatusCode::CREATED, axum::Json(received)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn pieces(part: Field<'_>, largest: u64) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    part.map(move |piece| piece.map_err(|error| broken(&error, largest)))
}

/// What came is larger than anything that is taken, or no multipart body, or ended too early.
fn broken(error: &MultipartError, largest: u64) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Error::file("file.too_large").with("max", file_size(largest));
    }
    Error::file("file.broken")
}

/// `?thumb=1`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    thumb: Option<String>,
}

/// `GET /api/files/{id}` → its bytes, to be saved; pictures may be shown. With `thumb=1` a small picture of a picture.
pub(super) async fn read(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    (wanted, headers): (Query<Wanted>, HeaderMap),
) -> Answer {
    let refused = refused(caller.language);
    let none = || Error::NotFound { kind: "file", key: id.clone() };
    let id: Id = id.parse().map_err(|_| refused(none()))?;
    let part = match wanted.thumb.as_deref() {
        None | Some("0" | "") => Part::Whole,
        Some("1") => Part::Small,
        Some(_) => {
            let wrong = Problem::new(StatusCode::BAD_REQUEST, "query.parameter").with("key", "thumb");
            return Err(wrong.with("known", "thumb").respond(caller.language));
        }
    };
    let file = app.runtime().read_file(&caller, id, part).await.map_err(&refused)?;
    let tag = format!("\"{}\"", file.tag);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let mut response = if same { StatusCode::NOT_MODIFIED.into_response() } else { whole(file) };
    put(&mut response, header::ETAG, &tag);
    put(&mut response, header::CACHE_CONTROL, "private, no-cache");
    put(&mut response, header::CONTENT_SECURITY_POLICY, SANDBOX);
    put(&mut response, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    response.extensions_mut().insert(AsItLies);
    Ok(response)
}

fn whole(file: FileRead) -> Response {
    let shown = PICTURES.contains(&file.media.as_str());
    let (kind, name) = (if shown { "inline" } else { "attachment" }, disposition(&file.name));
    let (media, size) = (file.media.clone(), file.size.to_string());
    let mut response = Body::from_stream(file.bytes).into_response();
    put(&mut response, header::CONTENT_TYPE, &media);
    put(&mut response, header::CONTENT_LENGTH, &size);
    put(&mut response, header::CONTENT_DISPOSITION, &format!("{kind}; {name}"));
    response
}

/// `filename="contract.pdf"; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf` (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || " .-_()".contains(letter) { letter } else { '_' })
        .collect();
    format!("filename=\"{plain}\"; filename*=UTF-8''{}", encoded(name))
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_is_told_twice_and_breaks_no_header() {
        assert_eq!(
            disposition("合 同\".pdf"),
            "filename=\"_ __.pdf\"; filename*=UTF-8''%E5%90%88%20%E5%90%8C%22.pdf"
        );
    }
}
