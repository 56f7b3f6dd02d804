//! What tasks and approvals are like while they are open: rights, votes and deadlines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::def::role::FieldRight;

/// A field's right while a task is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum TaskFieldRight {
    Hidden,
    Read,
    Write,
    Required,
}

impl From<TaskFieldRight> for FieldRight {
    fn from(right: TaskFieldRight) -> Self {
        match right {
            TaskFieldRight::Hidden => Self::Hidden,
            TaskFieldRight::Read => Self::Read,
            TaskFieldRight::Write | TaskFieldRight::Required => Self::Write,
        }
    }
}

/// What somebody does with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskVerb {
    /// Finish a fill-in task.
    Complete,
    /// Vote for it.
    Approve,
    /// Vote against it.
    Reject,
    /// Hand it on.
    Transfer,
    /// Say something; nothing moves.
    Comment,
}

/// How votes become a decision: `"all"` or `{"ratio": "2/3"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Policy {
    /// One of the named ways.
    Named(NamedPolicy),
    /// 票签: a share of the votes.
    Ratio(RatioPolicy),
}

impl Default for Policy {
    fn default() -> Self {
        Self::Named(NamedPolicy::default())
    }
}

/// The named ways in which votes become a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamedPolicy {
    /// 或签: the first decision counts.
    #[default]
    Any,
    /// 会签: everybody must approve; the first rejection rejects.
    All,
    /// 依次: one after the other; the first rejection rejects.
    Sequential,
}

/// `{"ratio": "2/3"}`: passes with at least that share of the votes, fails as soon as it cannot pass any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatioPolicy {
    /// A fraction `p/q`, above 0 and at most 1.
    pub ratio: String,
}

/// Until when, and what happens on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DueDef {
    /// A duration from when the task opens.
    pub after: String,
    /// Key of a work calendar; every hour counts when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// What happens before and after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DueStep>,
}

/// `{"at": "-2h", "do": "remind"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DueStep {
    /// A signed duration relative to the due time.
    pub at: String,
    /// What happens.
    #[serde(rename = "do")]
    pub action: DueAction,
}

/// What happens around a due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum DueAction {
    Remind,
    Escalate,
}
