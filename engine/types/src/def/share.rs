//! Share rules: records that fulfil a condition are open to others than those whose role reaches them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::share::{self, Access};

/// A file in `shares/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// Key of the entity.
    pub entity: String,
    /// Which records; all of them when absent. `caller.…` is whoever looks.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// With whom; at least one.
    pub with: Vec<ShareWith>,
    /// What they may do with the records.
    #[serde(default)]
    pub access: Access,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// With whom records are shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ShareWith {
    /// Everybody with a role.
    Role(WithRole),
    /// Everybody in a department.
    Department(WithDepartment),
    /// Everybody in a team.
    Team(WithTeam),
    /// One person.
    Person(WithPerson),
}

/// `{"role": "manager"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithRole {
    /// Key of a role.
    pub role: String,
}

/// `{"department": "east", "below": true}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithDepartment {
    /// Key of a department.
    pub department: String,
    /// Also those below it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub below: bool,
}

/// `{"team": "key_accounts"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithTeam {
    /// Key of a team.
    pub team: String,
}

/// `{"person": "li"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithPerson {
    /// A login.
    pub person: String,
}

impl ShareWith {
    /// As [`crate::share`] names it.
    pub fn subject(&self) -> String {
        match self {
            Self::Role(with) => share::role(&with.role),
            Self::Department(with) => share::department_key(&with.department, with.below),
            Self::Team(with) => share::team_key(&with.team),
            Self::Person(with) => share::login(&with.person),
        }
    }
}
