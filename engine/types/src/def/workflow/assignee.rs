//! Who is meant, and what happens when nobody can be found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", untagged)]
pub enum AssigneeDef {
    /// A person by login.
    Person(PersonAssignee),
    /// Everybody with a role.
    Role(RoleAssignee),
    /// The person named by a field of the record: `owner`, `referrer.owner`.
    Field(FieldAssignee),
    /// The superior of somebody.
    Manager(ManagerAssignee),
    /// The head of a department.
    DepartmentHead(HeadAssignee),
    /// Whoever did an earlier node.
    Node(NodeAssignee),
    /// Whoever set the run off.
    Initiator(InitiatorAssignee),
}

/// `{"person": "li"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonAssignee {
    /// A login.
    pub person: String,
}

/// `{"role": "shop_manager", "in": "department"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignee {
    /// Key of a role.
    pub role: String,
    /// Only people of the record's department.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// Where a role's people are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// The department of the record, or of the initiator where it has none; then the one above it.
    Department,
}

/// `{"field": "owner"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldAssignee {
    /// A person field or `owner`, possibly through to-one relations.
    pub field: String,
}

/// `{"manager_of": "initiator", "level": 1}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagerAssignee {
    /// `initiator`, `owner` or a person field.
    pub manager_of: String,
    /// 1 is the direct superior.
    #[serde(default = "one")]
    pub level: u32,
}

/// `{"head_of": "owner"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadAssignee {
    /// Whose department: `initiator`, `owner`, a person field, or the key of a department.
    pub head_of: String,
}

/// `{"node": "manager"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeAssignee {
    /// Key of an earlier node.
    pub node: String,
}

/// `{"initiator": true}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InitiatorAssignee {
    /// Always true.
    pub initiator: bool,
}

/// What happens when nobody can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation; approvals.md has F23")]
pub enum OnEmpty {
    #[default]
    ToAdmin,
    AutoPass,
    ToManagerOfInitiator,
    Block,
}

fn one() -> u32 {
    1
}
