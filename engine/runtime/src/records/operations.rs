//! What a request of many changes says, and what it is answered.

use kezhi_types::{Fields, Id, Violations};
use serde::{Deserialize, Serialize};

/// One operation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract has them")]
pub enum BatchOperation {
    Create {
        record: Fields,
    },
    Update {
        id: Id,
        #[serde(default)]
        version: Option<i64>,
        record: Fields,
    },
    Upsert {
        key: Fields,
        record: Fields,
    },
    Delete {
        id: Id,
        #[serde(default)]
        version: Option<i64>,
    },
}

/// A request of many operations on one entity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract has them")]
pub struct BatchOptions {
    pub operations: Vec<BatchOperation>,
    #[serde(default = "yes")]
    pub atomic: bool,
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default = "yes")]
    pub workflows: bool,
    #[serde(default)]
    pub confirm: Vec<String>,
}

/// What became of a request.
#[derive(Debug, Clone, Serialize)]
pub struct BatchOutcome {
    /// How many operations are stored.
    pub committed: usize,
    /// One for each operation, in order.
    pub results: Vec<BatchResult>,
    /// What the request is taken back by; none where nothing is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Id>,
    /// Whether an atomic request failed and nothing is stored.
    #[serde(skip)]
    pub failed: bool,
}

/// What became of one operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BatchResult {
    /// Its place in the request.
    pub index: usize,
    /// As the single route would have answered: 200, 201, 204, 404, 422 …
    pub status: u16,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why not, in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violations: Option<Violations>,
}

/// What a request means that does not say otherwise.
pub(super) fn yes() -> bool {
    true
}
