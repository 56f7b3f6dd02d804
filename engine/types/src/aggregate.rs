//! A checked question for numbers over many records: grouped, measured, sorted. Made by `plan`, answered by `store`.

use serde::{Deserialize, Serialize};

use crate::query::{Column, Filter};

/// Numbers over the records of one entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateQuery {
    /// The entity.
    pub entity: String,
    /// Which living records, row scope included.
    pub filter: Option<Filter>,
    /// What the records are grouped by, at most three; one group of all records when empty.
    pub groups: Vec<Group>,
    /// What is told of each group.
    pub measures: Vec<Measure>,
    /// Which groups are told: a filter whose columns are names of measures.
    pub having: Option<Filter>,
    /// The order of the groups; the groups' own values decide ties.
    pub sort: Vec<GroupSort>,
    /// At most so many groups.
    pub limit: u32,
    /// The zone's distance from UTC over time.
    pub offsets: Vec<ZoneOffset>,
}

/// From an instant on the zone is so far ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneOffset {
    /// Milliseconds since 1970; the first is [`i64::MIN`].
    pub from: i64,
    /// Milliseconds ahead of UTC.
    pub ahead: i64,
}

/// A value of a record, possibly of one that it points at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operand {
    /// To-one relations walked first: `(column of the relation, entity it leads to)`.
    pub path: Vec<(Column, String)>,
    /// The column at the end.
    pub column: Column,
    /// On rows that do not fulfil it the value counts as absent; `None` where it may be seen on every row.
    pub visible: Option<Filter>,
}

/// What records are grouped by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its key in the answer.
    pub name: String,
    /// The value.
    pub operand: Operand,
    /// Of a date or an instant: the period that it lies in, in the workspace's zone.
    pub by: Option<Period>,
}

/// Periods of time. In the answer `2026`, `2026-Q1`, `2026-01`, `2026-W05` (ISO 8601) and `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Period {
    Year,
    Quarter,
    Month,
    Week,
    Day,
}

/// What is told of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Its key in the answer.
    pub name: String,
    /// How many or how much.
    pub function: Function,
    /// Of what; `None` for the number of records.
    pub operand: Option<Operand>,
}

/// Ways to make one value of many. `avg` and `median` have two decimals more than what they are of, halves away
/// from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Median,
    Distinct,
}

/// One key of the order of groups. Absent values come last in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSort {
    /// By what.
    pub by: GroupKey,
    /// Largest first.
    pub descending: bool,
}

/// A part of a group that it can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupKey {
    /// The value of this group.
    Group(usize),
    /// This measure.
    Measure(usize),
}

/// Decimals that an average or a median has more than what it is of.
pub const AVERAGE_DECIMALS: u32 = 2;
