//! Who may do what to which records and fields. Rights add up over the roles that a caller holds.

mod alike;
mod fields;
mod grades;
mod readers;
mod rights;
mod role;
mod rows;
mod shares;
mod text;
mod why;

use kezhi_types::Caller;

pub use self::alike::{Alike, alike};
pub use self::fields::{
    check_input, field_rights, field_rights_on, left_covered, look_up, mask, role_says, told, visible,
    writable,
};
pub use self::grades::tell_grade;
pub use self::readers::{Reach, Readers};
pub use self::rights::{FieldRights, may_know_inputs};
pub use self::role::{EntityGrants, GrantPlan, RolePlan, granted};
pub use self::rows::{Denied, RowScope, check, check_create, field_scope, may_transfer, needs, row_scope};
pub use self::shares::SharePlan;
pub use self::text::visible_text;
pub use self::why::{Because, Reason, Why, explain, why};
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

/// Rights that belong to records: a token for some entities keeps these and no others.
const OF_RECORDS: [&str; 2] = ["transfer", "edit_in_approval"];

/// Whether one of the caller's roles may do this: `publish`, `use_builder`, `build:<folder>`, … A token for some entities
/// has no business with the workspace itself.
pub fn may(app: &AppPlan, caller: &Caller, right: &str) -> bool {
    let of_some = caller.narrowed.as_ref().is_some_and(|narrowed| narrowed.entities.is_some());
    let inside = !of_some || OF_RECORDS.contains(&right);
    caller.is_unlimited() || inside && holds(app, &caller.roles, right)
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

/// Whether the caller may draft and publish definitions of this folder. `use_builder` opens every ordinary kind, or those
/// that the same role names as `build:<folder>`; workflows, roles, messages and share rules are opened by name alone.
pub fn may_build(app: &AppPlan, caller: &Caller, folder: &str) -> bool {
    may(app, caller, "use_builder")
        && (caller.is_unlimited() || roles(app, caller).any(|role| role::builds(&role.def.may, folder)))
}

/// Whether the caller may know that the entity exists: any right to it at all.
pub fn may_know(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> bool {
    caller.is_unlimited() || held(app, entity, caller).any(|held| held.grants.is_any())
}

/// The roles that the caller holds and that exist.
fn roles<'a>(app: &'a AppPlan, caller: &'a Caller) -> impl Iterator<Item = &'a RolePlan> {
    caller.roles.iter().filter_map(|key| app.roles.get(key)).map(|role| &**role)
}

/// A role that the caller holds and that names the entity.
#[derive(Debug, Clone, Copy)]
struct Held<'a> {
    role: &'a RolePlan,
    grants: &'a EntityGrants,
    /// A token leaves the caller no more than reading.
    only_reads: bool,
}

impl<'a> Held<'a> {
    /// Where the role lets the action reach; `None` for nowhere.
    fn of(&self, action: Action) -> Option<&'a GrantPlan> {
        if self.only_reads && !matches!(action, Action::Read | Action::Export) {
            return None;
        }
        self.grants.of(action)
    }
}

/// The caller's roles that name the entity, with what they grant on it.
fn held<'a>(app: &'a AppPlan, entity: &'a EntityPlan, caller: &'a Caller) -> impl Iterator<Item = Held<'a>> {
    let narrowed = caller.narrowed.as_ref();
    let entities = narrowed.and_then(|narrowed| narrowed.entities.as_ref());
    let inside = entities.is_none_or(|entities| entities.contains(&entity.key));
    let only_reads = narrowed.is_some_and(|narrowed| narrowed.read_only);
    roles(app, caller)
        .filter(move |_| inside)
        .filter_map(move |role| Some(Held { role, grants: role.entities.get(&entity.key)?, only_reads }))
}

#[cfg(test)]
mod tests;
