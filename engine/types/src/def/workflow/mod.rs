//! Workflows, as authored: what starts them, who is meant, their nodes, and how they behave.

mod assignee;
mod desk;
mod node;
mod trigger;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::assignee::*;
pub use self::desk::*;
pub use self::node::*;
pub use self::trigger::*;

/// A file in `workflows/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// The entity whose record a run is about.
    pub entity: String,
    /// What starts a run.
    pub trigger: TriggerDef,
    /// Key of the first node.
    pub start: String,
    /// How it behaves where nodes do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsDef>,
    /// The nodes by key.
    pub nodes: IndexMap<String, NodeDef>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// How a workflow behaves where its nodes do not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsDef {
    /// When the initiator may take it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdraw: Option<Withdraw>,
    /// Who decides when the initiator would have to approve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_approval: Option<SelfApproval>,
    /// Whether somebody who approved the node before is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Duplicate>,
    /// Whether an open run keeps others from changing the record; true when absent and there is an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<bool>,
}

/// When the initiator may take a run back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Withdraw {
    #[default]
    BeforeFirstAction,
    AnyTime,
    Never,
}

/// Who decides when the initiator would have to approve their own request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelfApproval {
    /// Their superior.
    #[default]
    Superior,
    /// They themselves.
    Allowed,
    /// Their vote passes without being asked.
    Skip,
}

/// Whether somebody who approved the node before is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicate {
    /// Everybody is asked at every node.
    Off,
    /// Not if they approved the node right before, the record has not changed since and there is nothing to fill in.
    #[default]
    Adjacent,
}
