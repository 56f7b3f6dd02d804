//! Who is here: lists of people, by what is asked for and page by page.

use std::collections::BTreeSet;

use kezhi_store::{User, names};
use kezhi_types::{Caller, Id};
use serde::{Deserialize, Serialize};

use super::accounts::not_found;
use super::directory::Directory;
use super::guard::MANAGE;
use super::view::{Standing, UserView, standing};
use crate::error::Error;
use crate::runtime::Runtime;

/// People on a page, at most and where nobody says otherwise.
const PAGE: usize = 500;

/// Which people are wanted; all where nothing is said.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct UserQuery {
    /// Part of a name, of its pinyin or initials, of a login; of an address for those who manage people.
    pub q: Option<String>,
    /// Id or key of their department.
    pub department: Option<String>,
    /// Whether departments below it count as well.
    pub below: bool,
    /// A role that they hold.
    pub role: Option<String>,
    /// Id or key of a team of which they are a member.
    pub team: Option<String>,
    /// Id or key of their position.
    pub position: Option<String>,
    /// How their account stands.
    pub state: Option<Standing>,
    /// People on a page, at most 500.
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A page of people, by login.
#[derive(Debug, Clone, Serialize)]
pub struct UserPage {
    /// The people.
    pub items: Vec<UserView>,
    /// What to send as `after` for the next page.
    pub next: Option<String>,
    /// How many were found in all.
    pub count: Count,
}

/// A number of things.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Count {
    value: usize,
    kind: &'static str,
}

/// A role that people may be given.
#[derive(Debug, Clone, Serialize)]
pub struct RoleView {
    /// Its key; `admin` is built in.
    pub key: String,
    /// What people call it; none for `admin`, which the interface names.
    pub title: Option<String>,
    /// Active people who hold it.
    pub people: usize,
    /// Whether the caller may give and take it.
    pub grantable: bool,
}

impl Runtime {
    /// People by login, for choosing and managing them; addresses for those who manage people.
    ///
    /// # Errors
    /// Unknown departments, teams and positions.
    pub async fn list_users(&self, caller: &Caller, query: &UserQuery) -> Result<UserPage, Error> {
        let directory = self.directory().await?;
        let manages = self.require(caller, MANAGE).is_ok();
        let wanted = Wanted::of(&directory, query)?;
        let sees = |user: &User| manages || user.id == caller.id;
        let mut found: Vec<(String, &User)> = directory
            .users
            .values()
            .filter(|user| wanted.takes(user, sees(user)))
            .map(|user| (user.login.to_lowercase(), user))
            .collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let value = found.len();
        let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE);
        let begin =
            query.after.as_ref().map_or(0, |after| found.partition_point(|(login, _)| login <= after));
        let page = &found[begin..found.len().min(begin + limit)];
        let more = begin + page.len() < value;
        let next = page.last().filter(|_| more).map(|(login, _)| login.clone());
        let items = page.iter().map(|(_, user)| seen(&directory, user, sees(user))).collect();
        Ok(UserPage { items, next, count: Count { value, kind: "exact" } })
    }

    /// One account.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_user(&self, caller: &Caller, id: Id) -> Result<UserView, Error> {
        let directory = self.directory().await?;
        let user = directory.users.get(&id).ok_or_else(|| not_found("user", id))?;
        let sees = caller.id == id || self.require(caller, MANAGE).is_ok();
        Ok(seen(&directory, user, sees))
    }

    /// Roles that people may be given, `admin` first.
    ///
    /// # Errors
    /// Denied without `manage_users`.
    pub async fn list_roles(&self, caller: &Caller) -> Result<Vec<RoleView>, Error> {
        self.require(caller, MANAGE)?;
        let (directory, plan) = (self.directory().await?, self.plan().ok());
        let grants = self.require(caller, "manage_roles").is_ok();
        let role = |key: &str, title: Option<String>| RoleView {
            key: key.to_owned(),
            title,
            people: directory
                .users
                .values()
                .filter(|user| user.active && user.roles.iter().any(|held| held == key))
                .count(),
            grantable: grants || caller.roles.iter().any(|held| held == key),
        };
        let built_in = role("admin", None);
        let authored = plan.iter().flat_map(|plan| plan.roles.values());
        Ok(std::iter::once(built_in)
            .chain(authored.map(|found| role(&found.key, Some(found.def.title.clone()))))
            .collect())
    }
}

fn seen(directory: &Directory, user: &User, whole: bool) -> UserView {
    let view = UserView::whole(directory, user);
    if whole { view } else { view.for_colleagues() }
}

/// A question, its names resolved.
struct Wanted<'q> {
    query: &'q UserQuery,
    q: String,
    departments: Option<BTreeSet<Id>>,
    team: Option<BTreeSet<Id>>,
    position: Option<Id>,
}

impl<'q> Wanted<'q> {
    fn of(directory: &Directory, query: &'q UserQuery) -> Result<Self, Error> {
        let department = query.department.as_deref().unwrap_or_default();
        let department = directory.department_named(department, "/department")?;
        let below = |id: Id| if query.below { directory.below(id) } else { vec![id] };
        let team = query.team.as_deref().filter(|team| !team.is_empty());
        let team = team.map(|team| directory.team_named(team)).transpose()?;
        let team = team.and_then(|team| directory.teams.get(&team));
        Ok(Self {
            query,
            q: query.q.as_deref().unwrap_or_default().trim().to_lowercase(),
            departments: department.map(|id| below(id).into_iter().collect()),
            team: team.map(|team| team.members.iter().copied().collect()),
            position: directory.position_named(query.position.as_deref().unwrap_or_default())?,
        })
    }

    /// Whether a person is meant. What the caller may not see does not decide.
    fn takes(&self, user: &User, sees: bool) -> bool {
        let state = match standing(user) {
            Standing::Invited if !sees => Standing::Active,
            state => state,
        };
        let holds = |role: &String| role.is_empty() || user.roles.contains(role);
        self.query.state.is_none_or(|wanted| wanted == state)
            && self.query.role.as_ref().is_none_or(holds)
            && self.departments.as_ref().is_none_or(|all| user.department.is_some_and(|id| all.contains(&id)))
            && self.team.as_ref().is_none_or(|members| members.contains(&user.id))
            && self.position.is_none_or(|position| user.position == Some(position))
            && (self.q.is_empty() || self.is_called(user, sees))
    }

    fn is_called(&self, user: &User, sees: bool) -> bool {
        let part_of = |text: &str| text.to_lowercase().contains(&self.q);
        part_of(&user.name)
            || part_of(&user.login)
            || sees && user.email.as_deref().is_some_and(part_of)
            || names::sounds(&user.name).iter().any(|sound| sound.starts_with(&self.q))
    }
}
