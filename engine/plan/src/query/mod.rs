//! Requests for records, checked into queries: every field known and readable, every limit kept, the caller's
//! row scope part of the filter.

use kezhi_types::query::{CountMode, Query};
use kezhi_types::{Caller, Fields, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::app::{AppPlan, EntityPlan};

/// What a caller asked for; the keys of `GET …/records` and of `POST …/query`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListRequest {
    /// A condition.
    #[serde(rename = "where")]
    pub condition: Option<Value>,
    /// Words to find.
    pub q: Option<String>,
    /// At most four fields, `-amount` for descending.
    pub sort: Vec<String>,
    /// Fields wanted; all readable ones when empty. `id` and `version` always come.
    pub fields: Vec<String>,
    /// Relations to follow, at most two hops each: `customer`, `customer.referrer`.
    pub include: Vec<String>,
    /// At most 500; 50 when absent.
    pub limit: Option<u32>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// How the total is wanted.
    pub count: CountMode,
    /// The recycle bin instead of the living.
    pub bin: bool,
}

/// What to make of the records that a query finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Fields wanted, all of them readable, in the order asked for or of the entity; `id` and `version` not named.
    pub fields: Vec<String>,
    /// Whether `fields` was asked for by name.
    pub chosen: bool,
    /// Relations to follow.
    pub include: Vec<Include>,
    /// What [`encode_cursor`] binds the next cursor to.
    pub binding: u64,
}

/// One path of relations to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// As asked for: `customer.referrer`.
    pub path: String,
    /// `(relation, entity it leads to)`, one or two of them.
    pub hops: Vec<(String, String)>,
}

/// Why a request for records is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}")]
pub struct QueryError {
    /// A stable slug such as `query.unknown_field`, with a sentence in [`kezhi_types::text`].
    pub code: &'static str,
    /// What fills the sentence.
    pub args: Fields,
    /// The status that the HTTP interface answers: 400 or 422.
    pub status: u16,
}

/// Checks a request and adds the caller's row scope.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn plan_list(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    request: &ListRequest,
    now: Timestamp,
) -> Result<(Query, Projection), QueryError> {
    let _ = (app, entity, caller, request, now);
    Err(QueryError { code: "query.condition", args: Fields::new(), status: 400 })
}

/// The opaque text of a place in a sorted list.
pub fn encode_cursor(binding: u64, position: &kezhi_types::query::Position) -> String {
    let _ = (binding, position);
    String::new()
}

/// The place that a cursor names.
///
/// # Errors
/// `query.cursor` when it is not one or belongs to another condition or order.
pub fn decode_cursor(binding: u64, text: &str) -> Result<kezhi_types::query::Position, QueryError> {
    let _ = (binding, text);
    Err(QueryError { code: "query.cursor", args: Fields::new(), status: 400 })
}
