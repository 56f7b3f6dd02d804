//! What is to be known or changed of people, departments, teams and positions, and how others see them.

use kezhi_store::{Department, Position, Team, User};
use kezhi_types::Id;
use kezhi_types::text::Language;
use serde::{Deserialize, Serialize};

use super::directory::Directory;

/// What is to be known or changed of an account; absent members stay.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation; the contract has them")]
pub struct UserChange {
    pub login: Option<String>,
    pub name: Option<String>,
    /// Where they get mail; empty clears.
    pub email: Option<String>,
    pub password: Option<String>,
    pub must_change: Option<bool>,
    pub roles: Option<Vec<String>>,
    /// Id or key of a department; empty clears.
    pub department: Option<String>,
    /// Id or key of a position; empty clears.
    pub position: Option<String>,
    /// Id or login of the superior; empty clears.
    pub manager: Option<String>,
    /// Ids or keys of the teams of which they are a member.
    pub teams: Option<Vec<String>>,
    pub language: Option<Language>,
    /// Frozen where it is false.
    pub active: Option<bool>,
    /// Whoever left is not active.
    pub left: Option<bool>,
    /// What a directory calls them.
    #[serde(skip)]
    pub external_id: Option<String>,
}

/// How somebody's account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They may sign in.
    Active,
    /// They have not chosen a password yet.
    Invited,
    /// They may not sign in and get no work.
    Frozen,
    /// The same, for good.
    Left,
}

/// An account as others see it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation; the contract has them")]
pub struct UserView {
    pub id: Id,
    pub login: String,
    pub name: String,
    /// For those who manage people, and for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub roles: Vec<String>,
    pub department: Option<Id>,
    pub position: Option<Id>,
    pub manager: Option<Id>,
    pub teams: Vec<Id>,
    pub language: Option<Language>,
    pub active: bool,
    pub must_change: bool,
    /// How the account stands; that somebody has not chosen a password is told to those who manage people.
    pub state: Standing,
    /// When they left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<String>,
    /// Who does their work since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<Id>,
    /// What a directory calls them; for those who manage people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// What is to be known or changed of a department; absent members stay.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct DepartmentChange {
    /// Its stable key; the engine makes one where none is given.
    pub key: Option<String>,
    pub title: Option<String>,
    /// Id or key of the department above; empty clears.
    pub parent: Option<String>,
    /// Id or login of the head; empty clears.
    pub head: Option<String>,
    /// Ids or logins of those who stand in for the head, in order.
    pub deputies: Option<Vec<String>>,
}

/// A department as others see it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct DepartmentView {
    pub id: Id,
    pub key: String,
    pub title: String,
    pub parent: Option<Id>,
    pub head: Option<Id>,
    pub deputies: Vec<Id>,
    /// Active people in it, without those below.
    pub people: usize,
}

/// What is to be known or changed of a team; absent members stay.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct TeamChange {
    pub key: Option<String>,
    pub title: Option<String>,
    /// Id or login of the leader; empty clears.
    pub leader: Option<String>,
    /// Ids or logins of all members.
    pub members: Option<Vec<String>>,
    /// Ids or logins of people who join.
    pub add: Vec<String>,
    /// Ids or logins of people who leave it.
    pub remove: Vec<String>,
    /// What a directory calls it.
    #[serde(skip)]
    pub external_id: Option<String>,
}

/// A team as others see it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct TeamView {
    pub id: Id,
    pub key: String,
    pub title: String,
    pub leader: Option<Id>,
    pub members: Vec<Id>,
    #[serde(skip)]
    pub external_id: Option<String>,
}

/// What is to be known or changed of a position; absent members stay.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct PositionChange {
    pub key: Option<String>,
    pub title: Option<String>,
}

/// A position as others see it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct PositionView {
    pub id: Id,
    pub key: String,
    pub title: String,
    /// Active people who have it.
    pub people: usize,
}

impl UserChange {
    /// Whether it changes more than what people may change of themselves: name, address, language, password.
    pub(super) fn is_for_managers(&self) -> bool {
        let Self { login, must_change, roles, department, position, manager, teams, active, left, .. } = self;
        login.is_some()
            || must_change.is_some()
            || roles.is_some()
            || department.is_some()
            || position.is_some()
            || manager.is_some()
            || teams.is_some()
            || active.is_some()
            || left.is_some()
    }

    /// Whether it changes what opens the account, or where letters about that go.
    pub(super) fn changes_keys(&self) -> bool {
        self.login.is_some() || self.email.is_some() || self.password.is_some() || self.must_change.is_some()
    }
}

impl UserView {
    /// An account as those see it who manage people.
    pub(super) fn whole(directory: &Directory, user: &User) -> Self {
        let teams = directory.teams.values().filter(|team| team.members.contains(&user.id));
        Self {
            id: user.id,
            login: user.login.clone(),
            name: user.name.clone(),
            email: user.email.clone(),
            roles: user.roles.clone(),
            department: user.department,
            position: user.position,
            manager: user.manager,
            teams: teams.map(|team| team.id).collect(),
            language: user.language,
            active: user.active,
            must_change: user.must_change,
            state: standing(user),
            left_at: user.left_at.map(|at| at.to_string()),
            successor: user.successor,
            external_id: user.external_id.clone(),
        }
    }

    /// The same without what is no colleague's business.
    pub(super) fn for_colleagues(self) -> Self {
        let state = if self.state == Standing::Invited { Standing::Active } else { self.state };
        Self { email: None, external_id: None, state, ..self }
    }
}

/// How an account stands.
pub(super) fn standing(user: &User) -> Standing {
    match user {
        User { left_at: Some(_), .. } => Standing::Left,
        User { active: false, .. } => Standing::Frozen,
        User { password: None, .. } => Standing::Invited,
        _ => Standing::Active,
    }
}

impl DepartmentView {
    pub(super) fn of(directory: &Directory, found: &Department) -> Self {
        let here = |user: &&User| user.active && user.department == Some(found.id);
        Self {
            id: found.id,
            key: found.key.clone(),
            title: found.title.clone(),
            parent: found.parent,
            head: found.head,
            deputies: found.deputies.clone(),
            people: directory.users.values().filter(here).count(),
        }
    }
}

impl From<&Team> for TeamView {
    fn from(team: &Team) -> Self {
        Self {
            id: team.id,
            key: team.key.clone(),
            title: team.title.clone(),
            leader: team.leader,
            members: team.members.clone(),
            external_id: team.external_id.clone(),
        }
    }
}

impl PositionView {
    pub(super) fn of(directory: &Directory, found: &Position) -> Self {
        let has = |user: &&User| user.active && user.position == Some(found.id);
        let people = directory.users.values().filter(has).count();
        Self { id: found.id, key: found.key.clone(), title: found.title.clone(), people }
    }
}
