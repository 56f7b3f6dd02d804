//! Conditions: checked against the catalog, judged over a record, turned into filters for the store.

mod reads;

use std::cell::Cell;
use std::sync::Arc;

use jiff::tz::TimeZone;
use kezhi_types::query::Filter;
use kezhi_types::{Caller, Condition, Fields, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::reads::{PathRead, Reads, RelatedRead};
use crate::catalog::Catalog;
use crate::facts::Sight;
use crate::problem::Problem;

/// A question about records that point here, to be counted by the store before judging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelatedProbe {
    /// The number that the compiler gave it, unique within the entity.
    pub number: u32,
    /// A [`Filter::Related`] whose count is wanted (its `op` and `value` are ignored).
    pub filter: Filter,
}

/// Where a condition, an expression or a script stands: what its names mean and what it may ask.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// What exists.
    pub catalog: &'a Catalog,
    /// The entity whose records are judged.
    pub entity: &'a str,
    /// Inside a row of this table field of the entity: names are columns, `record.x` is the record around.
    pub row_of: Option<&'a str>,
    /// The entity that `record.x` names where it is another one (the records that a relation offers).
    pub outer: Option<&'a str>,
    /// Whether `changed` and `changed_to` may be asked.
    pub may_change: bool,
    /// Whether the result is stored: `now` is refused.
    pub stored: bool,
    /// Number of the entity's next probe.
    pub probes: &'a Cell<u32>,
}

impl<'a> Scope<'a> {
    /// Over the records of `entity`; not stored, without change.
    pub fn of(catalog: &'a Catalog, entity: &'a str, probes: &'a Cell<u32>) -> Self {
        Self { catalog, entity, row_of: None, outer: None, may_change: false, stored: false, probes }
    }
}

/// What turns references into literals when a condition becomes a filter.
#[derive(Debug, Clone, Copy)]
pub struct FilterContext<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The instant.
    pub now: Timestamp,
    /// The workspace's zone.
    pub zone: &'a TimeZone,
    /// The record that `record.x` names, flat; `None` where there is none and such a reference is absent.
    pub record: Option<&'a Fields>,
}

/// A condition, checked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ConditionPlan {
    source: Arc<Condition>,
    reads: Arc<Reads>,
}

impl ConditionPlan {
    /// Checks a condition in its place; pointers of the problems are relative to it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile(condition: &Condition, scope: &Scope<'_>) -> Result<Self, Vec<Problem>> {
        let _ = scope;
        Ok(Self { source: Arc::new(condition.clone()), reads: Arc::new(Reads::default()) })
    }

    /// Whether it holds. True or false, never unknown; what `facts` does not answer counts as absent.
    pub fn judge(&self, sight: &Sight<'_>) -> bool {
        let _ = sight;
        true
    }

    /// The same condition for the store, references resolved to literals. Conditions that read `record.x` of
    /// the very records that are filtered ([`Reads::record`] with no record in the context) have no filter.
    pub fn filter(&self, context: &FilterContext<'_>) -> Filter {
        let _ = context;
        Filter::All(Vec::new())
    }

    /// The counts that the store must answer (`facts.probes`) before [`Self::judge`]. On create none is needed: nothing
    /// points at a record that does not exist.
    pub fn probes(&self, context: &FilterContext<'_>) -> Vec<RelatedProbe> {
        let _ = context;
        Vec::new()
    }

    /// What it reads.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// As authored.
    pub fn source(&self) -> &Condition {
        &self.source
    }
}
