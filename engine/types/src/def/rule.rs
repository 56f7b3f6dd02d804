//! Rules: what must hold for a record to be saved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::record::Entrance;

/// A file in `rules/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// The entity it guards.
    pub entity: String,
    /// On which operations.
    pub on: Vec<RuleOperation>,
    /// When it applies; always when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// What must hold. Exactly one of `must` and `script`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must: Option<Condition>,
    /// A `.rhai` file beside this one that returns true, or `#{ok: false, field, message}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// What happens when it does not hold.
    #[serde(default)]
    pub level: RuleLevel,
    /// The field it is shown at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the person is told.
    pub message: String,
    /// Only through these doors; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrances: Option<Vec<Entrance>>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// What a rule guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum RuleOperation {
    Create,
    Update,
    Delete,
}

/// What happens when a rule does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleLevel {
    /// The record is not saved.
    #[default]
    Refuse,
    /// The record is saved and the message returned among `warnings`.
    Warn,
    /// The record is saved once the request names the rule in `X-Kezhi-Confirm`.
    Confirm,
}
