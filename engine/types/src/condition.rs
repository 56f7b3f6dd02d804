//! The closed condition tree that forms, rules, views, segments, triggers, branches and permissions
//! share. Judged in Rust and TypeScript and compiled to SQL; `definitions.md` in `docs/` has its meaning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A condition as authored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Condition {
    /// Every part holds. True for none.
    All(AllOf),
    /// At least one part holds. False for none.
    Any(AnyOf),
    /// The part does not hold.
    Not(NotOf),
    /// At least one related row fulfils `where`.
    Some(SomeOf),
    /// Every related row fulfils `where`. True for none.
    Every(EveryOf),
    /// The number of related rows that fulfil `where`, compared.
    Count(CountOf),
    /// One field compared with one value.
    Leaf(Leaf),
}

/// `{"all": […]}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllOf {
    /// The parts.
    pub all: Vec<Condition>,
}

/// `{"any": […]}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnyOf {
    /// The parts.
    pub any: Vec<Condition>,
}

/// `{"not": …}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotOf {
    /// The part that must not hold.
    pub not: Box<Condition>,
}

/// `{"some": "order.customer", "where": …}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SomeOf {
    /// A `table` or `relations` field, or `order.customer`: the orders whose `customer` is this record.
    pub some: String,
    /// What a row must fulfil; every row when absent.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Box<Condition>>,
}

/// `{"every": "lines", "where": …}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EveryOf {
    /// A `table` or `relations` field, or `order.customer`.
    pub every: String,
    /// What every row must fulfil.
    #[serde(rename = "where")]
    pub condition: Box<Condition>,
}

/// `{"count": "order.customer", "where": …, "op": "gte", "value": 3}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountOf {
    /// A `table` or `relations` field, or `order.customer`.
    pub count: String,
    /// Which rows are counted; all when absent.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Box<Condition>>,
    /// How the number is compared.
    pub op: Op,
    /// With what.
    pub value: i64,
}

/// `{"field": "industry", "op": "eq", "value": "retail"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// A field, or a path of at most three to-one relations: `referrer.value`.
    pub field: String,
    /// The comparison.
    pub op: Op,
    /// A literal of the field's kind, or a [`Reference`]; absent for `empty`, `not_empty` and `changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// `{"ref": "caller.id"}`, `{"ref": "today", "plus": "-30d"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// `caller.id`, `caller.department`, `record.<field>`, `now` or `today`.
    #[serde(rename = "ref")]
    pub name: String,
    /// A signed duration added to an instant or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plus: Option<String>,
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation; definitions.md has the exact meaning")]
pub enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    NotIn,
    Contains,
    NotContains,
    StartsWith,
    Has,
    HasAny,
    HasAll,
    Under,
    WithinLast,
    WithinNext,
    Empty,
    NotEmpty,
    Changed,
    ChangedTo,
}
