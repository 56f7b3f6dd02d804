//! Roles: who may do what to which records, field by field.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;

/// A file in `roles/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// Rights by entity; an entity that is not named may not be seen.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub entities: IndexMap<String, EntityRights>,
    /// Menus shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub menus: Vec<String>,
    /// `use_builder`, `build:<folder>`, `publish`, `manage_users`, `manage_roles`, `view_audit`, `transfer`, `edit_in_approval`, `use_api`;
    /// `manage_system`, `manage_security` and `audit`, the three duties, give those that belong to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may: Vec<String>,
    /// What it demands of how its people sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInDemands>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// What a role demands of how its people sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SignInDemands {
    /// Whether a password alone is not enough.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub second_factor: bool,
    /// Networks from which its people may sign in, such as `10.0.0.0/8`; anywhere when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
}

/// Rights on one entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct EntityRights {
    pub create: Grant,
    pub read: Grant,
    pub update: Grant,
    pub delete: Grant,
    #[serde(skip_serializing_if = "Grant::is_no")]
    pub restore: Grant,
    #[serde(skip_serializing_if = "Grant::is_no")]
    pub export: Grant,
    #[serde(skip_serializing_if = "Grant::is_no")]
    pub import: Grant,
    #[serde(skip_serializing_if = "Grant::is_no")]
    pub share: Grant,
    #[serde(skip_serializing_if = "Grant::is_no")]
    pub transfer: Grant,
    #[serde(skip_serializing_if = "Grant::is_no")]
    pub claim: Grant,
    #[serde(skip_serializing_if = "Grant::is_no")]
    pub merge: Grant,
    /// Rights by field; `*` sets the rest.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, FieldRight>,
}

/// On which rows an action is allowed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Grant {
    /// On all or none.
    Plain(bool),
    /// On a scope.
    Scope(Scope),
    /// On any of several scopes.
    Scopes(Vec<Scope>),
    /// Where a condition holds.
    Where(WhereGrant),
}

impl Default for Grant {
    fn default() -> Self {
        Self::Plain(false)
    }
}

impl Grant {
    /// Whether nothing is granted.
    pub fn is_no(&self) -> bool {
        *self == Self::Plain(false)
    }
}

/// `{"where": …}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhereGrant {
    /// The condition.
    #[serde(rename = "where")]
    pub condition: Condition,
}

/// A scope of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Scope {
    Own,
    Team,
    Department,
    DepartmentAndBelow,
    SharedWithMe,
}

/// What may be done with a field, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum FieldRight {
    Hidden,
    Masked,
    Read,
    Write,
}
