//! What becomes of stored values when another release goes live: fields that change their kind, take their values from
//! others (`x-from`) or go. Decided here, record by record; carried out by the store.

/// One value from one kind to another.
mod convert;
/// What is wrong with an `x-from`, seen from the live release.
mod findings;
/// Which fields are concerned.
mod steps;
/// Texts as people write them, read as values of other kinds.
mod read;
/// One record.
mod turn;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::text::{Language, sentence};
use kezhi_types::{Fields, Timestamp, Violation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use convert::convert;
pub use findings::findings;
pub use steps::{between, tightened};
pub use turn::{Earlier, Outcome, Refused};

use crate::app::{EntityPlan, FieldPlan};
use crate::expr::ExprPlan;
use crate::kind;

/// What happens to the records of one entity.
#[derive(Debug)]
pub struct Evolution {
    /// The entity.
    pub entity: String,
    /// The fields concerned, in the order of the new file, those that go behind them.
    pub steps: Vec<Step>,
    back: Option<turn::Back>,
    old: Arc<EntityPlan>,
    new: Arc<EntityPlan>,
    zone: TimeZone,
    zone_name: String,
    language: Language,
    now: Timestamp,
}

/// What happens to one field.
#[derive(Debug)]
pub struct Step {
    /// The field of the new release; of one that goes, of the old.
    pub field: String,
    /// What people call it.
    pub title: String,
    /// What changes.
    pub change: Change,
    /// The fields of the old release from which its values come.
    pub sources: Vec<String>,
    /// The kind before, where one field becomes one field.
    pub from: Option<FieldKind>,
    /// The kind afterwards.
    pub to: Option<FieldKind>,
    how: How,
}

/// What changes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Change {
    Kind,
    Rename,
    From,
    Drop,
}

#[derive(Debug)]
enum How {
    /// By rule, from the first source.
    Convert,
    Expression(ExprPlan),
    Drop,
}

/// A step as it is kept with the evolution, for whoever restores a release later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptStep {
    /// The field that got values; none where one only went.
    pub field: Option<String>,
    /// Where they came from.
    pub sources: Vec<String>,
    /// What changed.
    pub change: Change,
}

/// Why a value is not converted: a code and what fills its sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason(pub Box<Violation>);

impl Reason {
    fn new(code: &str, field: &FieldPlan, value: &Value) -> Self {
        let shown = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let shown: String = shown.chars().take(80).collect();
        Self::from(Violation::new(code, "").with("field", field.title.clone()).with("value", shown))
    }

    /// The reason as a sentence.
    pub fn sentence(&self, language: Language) -> String {
        sentence(language, &self.0.code, &self.0.args)
    }
}

impl From<Violation> for Reason {
    fn from(violation: Violation) -> Self {
        Self(Box::new(violation))
    }
}

impl Evolution {
    /// Every field, of either release, whose values are not what they were.
    pub fn touched(&self) -> BTreeSet<String> {
        let steps = self.steps.iter();
        steps.flat_map(|step| step.sources.iter().chain([&step.field]).cloned()).collect()
    }

    /// The steps as they are kept.
    pub fn kept_steps(&self) -> Vec<KeptStep> {
        let kept = |step: &Step| KeptStep {
            field: (step.change != Change::Drop).then(|| step.field.clone()),
            sources: step.sources.clone(),
            change: step.change,
        };
        self.steps.iter().map(kept).collect()
    }

    /// Whether a field takes part.
    pub fn step(&self, field: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.field == field)
    }
}

/// Whether a value that stays as it is does not fit the field's new definition, and why.
pub fn unfit(field: &FieldPlan, value: Option<&Value>) -> Option<Reason> {
    let value = value.filter(|value| !kind::is_empty(Some(value)))?;
    let mut violations = kezhi_types::Violations::default();
    kind::check(field, value, "", &mut violations);
    violations.0.into_iter().find(|violation| violation.code != kind::UNKNOWN_CODE).map(Reason::from)
}

/// The value of a field as the old release has it: authored or derived.
fn value_of<'a>(data: &'a Fields, derived: &'a Fields, field: &str) -> Option<&'a Value> {
    data.get(field).or_else(|| derived.get(field)).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests;
