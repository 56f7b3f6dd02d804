//! What the audit is told of accounts and departments.

use kezhi_store::{Department, User};
use kezhi_types::{Caller, Id, Timestamp};
use serde_json::json;

use crate::audit::Note;

/// What became of an account: which of its members changed, and what it may do before and after. Of what says who somebody
/// is, only that may be erased.
pub(super) fn told_of_user(
    (action, caller, now): (&str, &Caller, Timestamp),
    stored: Option<&User>,
    user: &User,
) -> Note {
    let differs = |is_other: &dyn Fn(&User) -> bool| stored.is_none_or(is_other);
    let members = [
        ("name", differs(&|old| old.name != user.name)),
        ("email", differs(&|old| old.email != user.email)),
        ("password", differs(&|old| old.password != user.password)),
        ("roles", differs(&|old| old.roles != user.roles)),
        ("department", differs(&|old| old.department != user.department)),
        ("manager", differs(&|old| old.manager != user.manager)),
        ("language", differs(&|old| old.language != user.language)),
        ("active", differs(&|old| old.active != user.active)),
        ("must_change", differs(&|old| old.must_change != user.must_change)),
    ];
    let changed: Vec<&str> =
        members.iter().filter(|(_, changed)| *changed).map(|(member, _)| *member).collect();
    let mut told = Note::new("user", action, caller, now).subject(Some(user.id)).detail("fields", changed);
    if stored.is_none_or(|old| old.roles != user.roles) {
        let before = stored.map_or(&[][..], |old| &old.roles);
        told = told.detail("roles", json!({ "from": before, "to": user.roles }));
    }
    told.detail("active", user.active).personal("login", user.login.as_str())
}

/// What became of a department; `id` where it was there before.
pub(super) fn told_of_department(
    (id, caller, now): (Option<Id>, &Caller, Timestamp),
    found: &Department,
) -> Note {
    let action = if id.is_some() { "changed" } else { "created" };
    let parent = found.parent.map(|parent| parent.to_string());
    let told = Note::new("department", action, caller, now).subject(found.head);
    let told = told.detail("department", found.id.to_string()).detail("key", found.key.as_str());
    told.detail("parent", parent)
}
