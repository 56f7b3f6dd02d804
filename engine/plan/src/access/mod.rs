//! Who may do what to which records and fields. Rights add up over the roles that a caller holds.

mod alike;
mod fields;
mod readers;
mod role;
mod rows;
mod text;
mod why;

use kezhi_types::Caller;

pub use self::alike::{Alike, alike};
pub use self::fields::{
    FieldRights, check_input, field_rights, field_rights_on, left_covered, look_up, mask, told, visible,
    writable,
};
pub use self::readers::{Reach, Readers};
pub use self::role::{EntityGrants, GrantPlan, RolePlan};
pub use self::rows::{Denied, RowScope, check, check_create, field_scope, may_transfer, needs, row_scope};
pub use self::text::visible_text;
pub use self::why::why;
use crate::app::{AppPlan, EntityPlan};

/// What somebody wants to do with records of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Action {
    Create,
    Read,
    Update,
    Delete,
    Restore,
    Export,
    Import,
    Share,
    Transfer,
    Claim,
    Merge,
}

impl Action {
    /// Every action, in the order of a role file.
    pub const ALL: [Self; 11] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::Restore,
        Self::Export,
        Self::Import,
        Self::Share,
        Self::Transfer,
        Self::Claim,
        Self::Merge,
    ];

    /// The name in a role file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Export => "export",
            Self::Import => "import",
            Self::Share => "share",
            Self::Transfer => "transfer",
            Self::Claim => "claim",
            Self::Merge => "merge",
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether one of the caller's roles may do this: `publish`, `use_builder`, `build:<folder>`, …
pub fn may(app: &AppPlan, caller: &Caller, right: &str) -> bool {
    caller.is_unlimited() || holds(app, &caller.roles, right)
}

/// Whether one of these roles gives the right; the built-in `admin` gives none here.
pub fn holds(app: &AppPlan, roles: &[String], right: &str) -> bool {
    roles.iter().filter_map(|key| app.roles.get(key)).any(|role| grants(&role.def.may, right))
}

/// Whether a list of rights grants one: it names it, or a duty that it is part of.
pub fn grants(held: &[String], right: &str) -> bool {
    held.iter().any(|held| held == right || part_of(held).contains(&right))
}

/// The rights that belong to a duty: to run the system, to manage people and what they may, to audit (三员).
fn part_of(duty: &str) -> &'static [&'static str] {
    match duty {
        "manage_system" => &["use_builder", "publish", "build:workflows", "build:messages"],
        "manage_security" => &["manage_users", "manage_roles", "build:roles"],
        "audit" => &["view_audit"],
        _ => &[],
    }
}

/// Whether the caller may know that the entity exists: any right to it at all.
pub fn may_know(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> bool {
    caller.is_unlimited() || held(app, entity, caller).any(|(_, grants)| grants.is_any())
}

/// The roles that the caller holds and that exist.
fn roles<'a>(app: &'a AppPlan, caller: &'a Caller) -> impl Iterator<Item = &'a RolePlan> {
    caller.roles.iter().filter_map(|key| app.roles.get(key)).map(|role| &**role)
}

/// The caller's roles that name the entity, with what they grant on it.
fn held<'a>(
    app: &'a AppPlan,
    entity: &'a EntityPlan,
    caller: &'a Caller,
) -> impl Iterator<Item = (&'a RolePlan, &'a EntityGrants)> {
    roles(app, caller).filter_map(|role| Some((role, role.entities.get(&entity.key)?)))
}

#[cfg(test)]
mod tests;
