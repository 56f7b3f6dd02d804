//! Conditions: checked against the catalog, judged over a record, turned into filters for the store.

pub(crate) mod access;
mod check;
mod filter;
mod fit;
mod judge;
mod leaf;
mod literal;
mod moment;
mod node;
mod operand;
mod reads;
mod value;

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use jiff::tz::TimeZone;
use kezhi_types::query::{Filter, Part};
use kezhi_types::{Caller, Condition, Fields, Timestamp};
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::node::Node;
use self::operand::{Surroundings, Zone};
pub use self::reads::{PathRead, Reads, RelatedRead};
use self::value::{Class, Scalar};
use crate::catalog::{Catalog, FieldInfo};
use crate::facts::Sight;
use crate::functions::datum::Datum;
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
    node: Arc<Node>,
    reads: Arc<Reads>,
}

impl ConditionPlan {
    /// Checks a condition in its place; pointers of the problems are relative to it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile(condition: &Condition, scope: &Scope<'_>) -> Result<Self, Vec<Problem>> {
        let (node, reads) = check::check(condition, scope)?;
        Ok(Self { source: Arc::new(condition.clone()), node: Arc::new(node), reads: Arc::new(reads) })
    }

    /// Whether it holds. True or false, never unknown; what `facts` does not answer counts as absent.
    pub fn judge(&self, sight: &Sight<'_>) -> bool {
        judge::judge(&self.node, sight)
    }

    /// The same condition for the store, references resolved to literals. Where [`Reads::record`] is set and the
    /// context has no record, `record.x` is absent; `changed` holds nowhere.
    pub fn filter(&self, context: &FilterContext<'_>) -> Filter {
        filter::filter(&self.node, &context.surroundings())
    }

    /// The counts that the store must answer (`facts.probes`) before [`Self::judge`]. On create none is needed:
    /// nothing points at a record that does not exist.
    pub fn probes(&self, context: &FilterContext<'_>) -> Vec<RelatedProbe> {
        let mut probes = Vec::new();
        gather(&self.node, &context.surroundings(), &mut probes);
        probes
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

impl<'a> FilterContext<'a> {
    fn surroundings(&self) -> Surroundings<'a> {
        Surroundings {
            caller: self.caller,
            now: self.now,
            zone: Zone::Known(self.zone),
            record: self.record,
            today: OnceCell::new(),
        }
    }
}

/// Questions about related records; those inside such a question are part of its filter.
fn gather(node: &Node, around: &Surroundings<'_>, probes: &mut Vec<RelatedProbe>) {
    match node {
        Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| gather(part, around, probes)),
        Node::Not(part) => gather(part, around, probes),
        Node::Related { number, .. } => {
            probes.push(RelatedProbe { number: *number, filter: filter::filter(node, around) });
        }
        Node::Rows { .. } | Node::Linked { .. } | Node::Leaf(_) => {}
    }
}

/// How the values of a field are read.
#[derive(Debug, Clone)]
pub(crate) struct Reading(Class);

impl Reading {
    pub(crate) fn of(field: &FieldInfo, part: Part) -> Self {
        // In expressions and scripts a letter is a text.
        Self(match Class::of(field, part) {
            Class::Letter(_) => Class::Text,
            class => class,
        })
    }
}

/// A value of a field; absent where it is not of the field's kind.
pub(crate) fn read_value(reading: &Reading, value: &Value) -> Datum {
    if let (Class::List | Class::Ids | Class::Path, Value::Array(items)) = (&reading.0, value) {
        return Datum::List(
            items.iter().filter_map(Value::as_str).map(|item| Datum::Text(item.to_owned())).collect(),
        );
    }
    match value::read(&reading.0, value) {
        None | Some(Scalar::Rank(_)) => Datum::Absent,
        Some(Scalar::Text(text)) => Datum::Text(text.into_owned()),
        Some(Scalar::Boolean(flag)) => Datum::Boolean(flag),
        Some(Scalar::Date(date)) => Datum::Date(date),
        Some(Scalar::Lunar(date)) => Datum::Text(date.to_string()),
        Some(Scalar::Instant(instant)) => Datum::Instant(instant),
        Some(Scalar::Number(number)) => match (&reading.0, number.to_i64()) {
            (Class::Number { integer: true, .. }, Some(integer)) => Datum::Integer(integer),
            _ => Datum::Decimal(number),
        },
    }
}

/// Whether `text` contains `part`, the case of A–Z ignored, as conditions see it.
pub(crate) fn text_contains(text: &str, part: &str) -> bool {
    value::contains(text, part)
}

/// Whether `text` starts with `part`, the case of A–Z ignored, as conditions see it.
pub(crate) fn text_starts_with(text: &str, part: &str) -> bool {
    value::starts_with(text, part)
}

#[cfg(test)]
pub(crate) mod tests;
