//! Conditions: checked against the catalog, judged over a record, turned into filters for the store.

use kezhi_types::query::Filter;
use serde::{Deserialize, Serialize};

/// A question about records that point here, to be counted by the store before judging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelatedProbe {
    /// The number that the compiler gave it, unique within the entity.
    pub number: u32,
    /// A [`Filter::Related`] whose count is wanted (its `op` and `value` are ignored).
    pub filter: Filter,
}

/// A condition, checked.
#[derive(Debug, Clone)]
pub struct ConditionPlan {}
