//! The steps of a workflow.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::assignee::{AssigneeDef, FieldAssignee, OnEmpty};
use super::desk::{DueDef, Policy, TaskFieldRight};
use crate::condition::Condition;

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeDef {
    /// Somebody does or fills in something.
    Task(TaskNode),
    /// Somebody decides.
    Approval(ApprovalNode),
    /// The first branch whose condition holds, else the default.
    Decision(DecisionNode),
    /// Changes the run's record.
    Update(UpdateNode),
    /// Creates another record.
    Create(CreateNode),
    /// Tells somebody.
    Message(MessageNode),
    /// Waits for time.
    Wait(WaitNode),
    /// The run is over.
    End(EndNode),
}

/// Somebody does or fills in something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskNode {
    /// What to do; may contain `{{ record.name }}`.
    pub title: String,
    /// Who.
    pub assignees: Vec<AssigneeDef>,
    /// The form to fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Rights on fields while the task is open.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, TaskFieldRight>,
    /// Ways to finish it; one called `done` when empty.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outcomes: IndexMap<String, OutcomeDef>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueDef>,
    /// What happens when nobody can be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_empty: Option<OnEmpty>,
    /// The node after it.
    pub next: String,
}

/// A way to finish a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeDef {
    /// What the button says.
    pub title: String,
    /// Fields that this way of finishing needs; others of the node's `fields` may stay empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Where it leads; the node's `next` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Somebody decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalNode {
    /// What to decide; may contain `{{ record.name }}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who.
    pub assignees: Vec<AssigneeDef>,
    /// How votes become a decision.
    #[serde(default)]
    pub policy: Policy,
    /// What happens when nobody can be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_empty: Option<OnEmpty>,
    /// Rights on fields while the task is open.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, TaskFieldRight>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueDef>,
    /// The node after approval.
    pub next: String,
    /// The node after rejection; the run ends as rejected when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_reject: Option<String>,
}

/// The first branch whose condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionNode {
    /// What is decided, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// In order.
    pub branches: Vec<BranchDef>,
    /// Where it goes when none holds.
    pub default: String,
}

/// One branch of a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchDef {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it is taken.
    pub when: Condition,
    /// Where it leads.
    pub next: String,
}

/// Changes the run's record, or one it points at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateNode {
    /// What is done, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A to-one relation of the record whose target is changed instead; the record itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Field to a literal, `{"ref": "record.x" · "vars.x" · "today" · "now"}` or `{"expr": …}`.
    pub set: IndexMap<String, Value>,
    /// The node after it.
    pub next: String,
}

/// Creates another record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateNode {
    /// What is done, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Of which entity.
    pub entity: String,
    /// As in [`UpdateNode::set`].
    pub set: IndexMap<String, Value>,
    /// The name of the variable that holds its id from then on.
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The node after it.
    pub next: String,
}

/// Tells somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageNode {
    /// What is done, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Key of a message.
    pub message: String,
    /// People as in `assignees`, or a field of kind email: `{"field": "email"}`.
    pub to: Vec<AssigneeDef>,
    /// The node after it.
    pub next: String,
}

/// Waits for time: exactly one of `for` and `until`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitNode {
    /// What is waited for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A duration.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// A date or datetime field of the record; past means at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<FieldAssignee>,
    /// The node after it.
    pub next: String,
}

/// The run is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndNode {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How; approved if the run passed an approval, else done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EndOutcome>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum EndOutcome {
    Approved,
    Rejected,
    Done,
}
