//! Shares: records that are opened to somebody beyond their roles, one by one or by rule.
//!
//! To whom something is shared is one text, so that it can be stored, compared and looked up in an index:
//! `person:<id>`, `role:<key>`, `department:<id>`, `below:<id>` (that department and those below it), `team:<id>`. Rules in
//! definitions name people by login, departments and teams by key: `login:<login>`, `department_key:<key>`,
//! `below_key:<key>`, `team_key:<key>`. The words before the colon keep a login that looks like an id from being one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::Id;

/// What a share lets somebody do with a record, weakest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// See it.
    #[default]
    Read,
    /// See and change it.
    Write,
}

/// One person.
pub fn person(id: Id) -> String {
    format!("person:{id}")
}

/// One person, as definitions name them.
pub fn login(login: &str) -> String {
    format!("login:{}", login.to_lowercase())
}

/// Everybody with a role.
pub fn role(key: &str) -> String {
    format!("role:{key}")
}

/// Everybody in a department; with `below` also in those below it.
pub fn department(id: Id, below: bool) -> String {
    format!("{}:{id}", if below { "below" } else { "department" })
}

/// The same, as definitions name it.
pub fn department_key(key: &str, below: bool) -> String {
    format!("{}:{key}", if below { "below_key" } else { "department_key" })
}

/// Everybody in a team.
pub fn team(id: Id) -> String {
    format!("team:{id}")
}

/// The same, as definitions name it.
pub fn team_key(key: &str) -> String {
    format!("team_key:{key}")
}
