//! What a decision may look at besides the record. All of it is data that can be sent to a child
//! process and back.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::def::rule::RuleOperation;
use kezhi_types::share::Access;
use kezhi_types::{Caller, Entrance, Fields, Id, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::RelatedProbe;

/// What the store must answer before a record can be judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Needs {
    /// Records that the record points at, to follow dotted paths and to prove that they exist.
    pub records: BTreeSet<(String, Id)>,
    /// Rollup fields to compute for this record; none on create.
    pub rollups: Vec<String>,
    /// Unique fields: field to normalised value.
    pub unique: Vec<(String, Value)>,
    /// Questions of conditions about records that point here, by the number that the compiler gave them.
    pub probes: Vec<RelatedProbe>,
    /// Rows that scripts read by `related("order", "customer")`: `(entity, via)`; the newest 1,000.
    pub rows: BTreeSet<(String, String)>,
    /// People named by person fields.
    pub people: BTreeSet<Id>,
    /// Departments named by department fields.
    pub departments: BTreeSet<Id>,
    /// Serial fields that want a number: field to the text before the number.
    pub serials: Vec<SerialNeed>,
    /// Whether the record itself is shared with somebody.
    #[serde(default)]
    pub shared: Option<SharedNeed>,
}

/// Whether a record is shared, by itself, with any of these; see [`kezhi_types::share`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedNeed {
    /// With whom.
    pub with: Vec<String>,
    /// The instant at which the share must not have ended.
    pub at: Timestamp,
}

/// A serial number that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerialNeed {
    /// The field.
    pub field: String,
    /// The text before the number: the counter's name.
    pub prefix: String,
    /// Whether the number must be taken in the record's own transaction.
    pub gap_free: bool,
}

/// The answers to [`Needs`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Records found, by id, in flat form; an id that was asked for and is missing here does not exist.
    pub records: BTreeMap<Id, (String, Fields)>,
    /// Rollup field to value; null means nothing to aggregate, absent that it has not been asked for.
    pub rollups: Fields,
    /// Unique fields whose value is taken by another living record.
    pub taken: BTreeSet<String>,
    /// Answers to the probes: number to count.
    pub probes: BTreeMap<u32, i64>,
    /// `order.customer` to rows, newest first.
    pub rows: BTreeMap<String, Vec<Fields>>,
    /// People found, with their names.
    pub people: BTreeMap<Id, String>,
    /// Departments found.
    #[serde(default)]
    pub departments: BTreeSet<Id>,
    /// Serial field to the number taken.
    pub serials: BTreeMap<String, i64>,
    /// Records, people and departments that have been asked for, found or not.
    pub asked: BTreeSet<Id>,
    /// Unique fields that have been asked for, taken or not.
    pub unique_asked: BTreeSet<String>,
    /// What single shares let the caller do with the record; `None` until it has been asked.
    #[serde(default)]
    pub shared: Option<Option<Access>>,
}

/// The ids that a relation holds, one or many.
pub fn ids_in(value: Option<&Value>) -> Vec<Id> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    items.iter().filter_map(|item| item.as_str()?.parse().ok()).collect()
}

/// Follows relations from a record and tells of each record on the way that `facts` does not have: its entity and id.
pub(crate) fn follow(
    hops: &[(String, String)],
    from: &Fields,
    facts: &Facts,
    missing: &mut impl FnMut(&str, Id),
) {
    let Some(((relation, entity), rest)) = hops.split_first() else { return };
    for id in ids_in(from.get(relation)) {
        match facts.records.get(&id) {
            Some((_, record)) => follow(rest, record, facts, missing),
            None => missing(entity, id),
        }
    }
}

impl Needs {
    /// Whether nothing is left to ask.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Under which circumstances a record is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Circumstances {
    /// The instant.
    pub now: Timestamp,
    /// Name of the workspace's zone.
    pub zone: String,
    /// Who asks.
    pub caller: Caller,
    /// Through which door.
    pub entrance: Entrance,
    /// What is being done.
    pub operation: RuleOperation,
    /// Rules that the caller has confirmed.
    pub confirmed: BTreeSet<String>,
}

impl Circumstances {
    /// The workspace's zone; UTC if the name is unknown, which `check` prevents.
    pub fn time_zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// The workspace's date at the instant.
    pub fn today(&self) -> jiff::civil::Date {
        self.now.date_in(&self.time_zone())
    }
}

/// What conditions and expressions look at while a record is judged.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The record, flat: system keys, authored and derived fields.
    pub fields: &'a Fields,
    /// The record as it stood, flat; `None` on create and where change cannot be asked for.
    pub before: Option<&'a Fields>,
    /// For rows of a sub-table: the record they belong to.
    pub parent: Option<&'a Fields>,
    /// The answers of the store.
    pub facts: &'a Facts,
    /// Time and identity.
    pub circumstances: &'a Circumstances,
}

/// A record that may be stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The authored document, complete; absent values are left out.
    pub data: Fields,
    /// The derived document, complete.
    pub derived: Fields,
    /// Authored fields that differ from before.
    pub changed: Vec<String>,
    /// Derived fields that differ from before.
    pub changed_derived: Vec<String>,
    /// Derived fields that could not be reached here and wait.
    pub stale: Vec<String>,
    /// Rules of level warn, hidden values dropped, computed fields that failed.
    pub warnings: kezhi_types::Violations,
}

impl Judged {
    /// The record `before` with what was judged in place of its documents.
    pub fn apply(self, mut before: Record) -> Record {
        before.data = self.data;
        before.derived = self.derived;
        before.stale = self.stale;
        before
    }
}
