//! Scenarios and cases: given, when, then. The specification that people can read.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::Fields;

/// A file in `scenarios/`, run under a virtual clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// A sentence that is true.
    pub title: String,
    /// The instant at which it begins.
    pub now: String,
    /// Who and what exists.
    #[serde(default)]
    pub given: Given,
    /// What happens, in order; the engine settles after each.
    pub steps: Vec<Value>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// Who and what exists when a scenario begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// Logins to roles.
    pub users: IndexMap<String, Vec<String>>,
    /// Names to records; `@name` is the record's id from then on.
    pub records: IndexMap<String, GivenRecord>,
}

/// A record that exists when a scenario begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenRecord {
    /// Its entity.
    pub entity: String,
    /// Its fields.
    pub fields: Fields,
}

/// One case in a `.cases.json` file beside a rule or a grade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDef {
    /// A sentence that is true.
    pub name: String,
    /// The record as it would be stored.
    pub record: Fields,
    /// The record as it stood, for an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Fields>,
    /// Related records: entity to rows.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub related: IndexMap<String, Vec<Fields>>,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Fields>,
    /// The date of “today”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<String>,
    /// `{letter?, score?, reasons?}`, `{passes: true}` or `{violations: [{code, pointer}]}`.
    pub expect: Fields,
}
