//! What the audit is told of accounts, departments, teams and positions.

use kezhi_store::{Department, Team, User};
use kezhi_types::{Caller, Id, Timestamp};
use serde_json::json;

use crate::audit::Note;

/// What became of an account: which of its members changed, and what it may do before and after. Of what says who somebody
/// is, only that may be erased.
pub(crate) fn told_of_user(
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
        ("login", differs(&|old| old.login != user.login)),
        ("position", differs(&|old| old.position != user.position)),
        ("left", differs(&|old| old.left_at != user.left_at)),
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

/// What became of a department, a team or a position: the word for it, then its id and key.
pub(crate) fn told_of_place(
    (action, caller, now): (&str, &Caller, Timestamp),
    (what, id, key): (&str, Id, &str),
) -> Note {
    Note::new(what, action, caller, now).detail(what, id.to_string()).detail("key", key)
}

/// What became of a department; `is_new` where it was not there before.
pub(crate) fn told_of_department(
    (is_new, caller, now): (bool, &Caller, Timestamp),
    found: &Department,
) -> Note {
    let parent = found.parent.map(|parent| parent.to_string());
    let told = told_of_place((done(is_new), caller, now), ("department", found.id, &found.key));
    told.subject(found.head).detail("parent", parent)
}

/// What became of a team: how many are in it, and who leads them.
pub(crate) fn told_of_team((is_new, caller, now): (bool, &Caller, Timestamp), team: &Team) -> Note {
    let told = told_of_place((done(is_new), caller, now), ("team", team.id, &team.key));
    told.subject(team.leader).detail("members", team.members.len())
}

/// The word for making or changing.
pub(crate) const fn done(is_new: bool) -> &'static str {
    if is_new { "created" } else { "changed" }
}
