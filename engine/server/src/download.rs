//! Files that go out: streamed, never whole in memory.

use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::io::AsyncReadExt as _;

/// How much of a file is read at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// What a file is for a browser.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The media type.
    pub media: &'static str,
    /// The ending of its name.
    pub ending: &'static str,
}

/// An Excel workbook.
pub const XLSX: Kind =
    Kind { media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ending: "xlsx" };

/// Rows as text.
pub const CSV: Kind = Kind { media: "text/csv; charset=utf-8", ending: "csv" };
/// An object a line.
pub const JSONL: Kind = Kind { media: "application/x-ndjson", ending: "jsonl" };
/// A list of objects.
pub const JSON: Kind = Kind { media: "application/json", ending: "json" };

/// A body that a browser saves as `<name>.<ending>`. Names beyond ASCII are given as RFC 6266 says.
pub fn attachment(body: Body, name: &str, kind: Kind) -> Response {
    let encoded = encoded(&format!("{name}.{}", kind.ending));
    let disposition =
        format!("attachment; filename=\"download.{}\"; filename*=UTF-8''{encoded}", kind.ending);
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.media));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A name for `filename*=UTF-8''…` (RFC 6266).
pub fn encoded(name: &str) -> String {
    let letter = |byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(letter).collect()
}

/// A temporary file as an answer. It is taken out of its folder at once and is gone when the last byte has been sent.
pub async fn temporary(path: &Path, name: &str, kind: Kind) -> Result<Response, StatusCode> {
    let opened = tokio::fs::File::open(path).await;
    let _ = tokio::fs::remove_file(path).await;
    let file = opened.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(attachment(body_of(file), name, kind))
}

/// A file as a body, piece by piece.
pub fn body_of(file: tokio::fs::File) -> Body {
    Body::from_stream(futures_util::stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let length = file.read(&mut piece).await?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), file)))
    }))
}
