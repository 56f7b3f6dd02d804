//! Cursors: a place in a sorted list as opaque text, bound to the question that it belongs to.

use kezhi_types::query::Position;
use serde_json::{Value, json};

use super::{ListRequest, QueryError};

/// The cursor of the page that follows `place`.
pub fn encode_cursor(request: &ListRequest, entity: &str, place: &Position) -> String {
    let place = json!([binding(request, entity), place.values, place.id]);
    place.to_string().bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The place that a cursor names.
///
/// # Errors
/// `query.cursor` when it is not one or belongs to another condition or order.
pub fn decode_cursor(request: &ListRequest, entity: &str, text: &str) -> Result<Position, QueryError> {
    decoded(request, entity, text).ok_or_else(|| QueryError::new("query.cursor", 400))
}

fn decoded(request: &ListRequest, entity: &str, text: &str) -> Option<Position> {
    if text.len() > 20_000 || !text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let (bound, values, id): (String, Vec<Value>, kezhi_types::Id) = serde_json::from_slice(&bytes?).ok()?;
    // A place among what is found by rank: the rank, and how many were shown before.
    let by_rank = request.sort.is_empty() && request.q.as_deref().is_some_and(|q| !q.trim().is_empty());
    let wanted = if by_rank { 2 } else { request.sort.len() };
    let fits = bound == binding(request, entity) && values.len() == wanted;
    let plain = values.iter().all(|value| !value.is_object() && !value.is_array());
    (fits && plain).then_some(Position { values, id })
}

/// What the list shows and in which order; another page of it has the same.
fn binding(request: &ListRequest, entity: &str) -> String {
    let asked = json!([entity, request.condition, request.q, request.sort, request.bin]).to_string();
    let hash = asked.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
