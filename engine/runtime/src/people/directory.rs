//! Who works here, kept in memory between changes: every request asks, few change it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kezhi_store::{Department, Position, Team, User};
use kezhi_types::{Caller, CallerKind, Id, share};
use parking_lot::Mutex;

use crate::error::Error;
use crate::runtime::Runtime;

/// How long another engine node's change may go unnoticed.
const FRESH: Duration = Duration::from_secs(2);

/// Everybody, and every department, team and position.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// People by id.
    pub users: BTreeMap<Id, User>,
    /// Departments by id.
    pub departments: BTreeMap<Id, Department>,
    /// Teams by id.
    pub teams: BTreeMap<Id, Team>,
    /// Positions by id.
    pub positions: BTreeMap<Id, Position>,
    /// With whom single records are shared, or were: of which entities. See [`kezhi_types::share`].
    pub shared: BTreeMap<String, BTreeSet<String>>,
}

/// The directory as last read.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Option<(Instant, Arc<Directory>)>>);

impl Kept {
    /// Forgets it, after a change.
    pub(crate) fn forget(&self) {
        *self.0.lock() = None;
    }
}

impl Directory {
    /// A department and all below it; a cycle is walked once.
    pub fn below(&self, department: Id) -> Vec<Id> {
        let mut found = BTreeSet::from([department]);
        let mut edge = vec![department];
        while let Some(at) = edge.pop() {
            for (id, child) in &self.departments {
                if child.parent == Some(at) && found.insert(*id) {
                    edge.push(*id);
                }
            }
        }
        found.into_iter().collect()
    }

    /// A department and all above it, nearest first; a cycle is walked once.
    fn above(&self, department: Id) -> Vec<&Department> {
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        let mut here = self.departments.get(&department);
        while let Some(at) = here.filter(|at| seen.insert(at.id)) {
            found.push(at);
            here = at.parent.and_then(|parent| self.departments.get(&parent));
        }
        found
    }

    /// What shares call a person, roles apart.
    fn named(&self, user: &User) -> Vec<String> {
        let mut named = vec![share::person(user.id), share::login(&user.login)];
        for (at, above) in user.department.iter().flat_map(|id| self.above(*id)).enumerate() {
            if at == 0 {
                named.extend([share::department(above.id, false), share::department_key(&above.key, false)]);
            }
            named.extend([share::department(above.id, true), share::department_key(&above.key, true)]);
        }
        for team in self.teams.values().filter(|team| team.members.contains(&user.id)) {
            named.extend([share::team(team.id), share::team_key(&team.key)]);
        }
        named
    }

    /// A person as a caller.
    pub fn caller(&self, user: &User) -> Caller {
        let mut caller = Caller {
            id: user.id,
            name: user.name.clone(),
            kind: CallerKind::Person,
            roles: user.roles.clone(),
            department: user.department,
            departments_below: user.department.map(|id| self.below(id)).unwrap_or_default(),
            team: self.around(user),
            named: self.named(user),
            shared: Vec::new(),
            narrowed: None,
            language: user.language.unwrap_or_default(),
            proved_at: None,
        };
        let shared: BTreeSet<&String> =
            caller.subjects().iter().filter_map(|name| self.shared.get(name)).flatten().collect();
        caller.shared = shared.into_iter().cloned().collect();
        caller
    }

    /// Whom a person works with: themselves, those whose superior they are, and the members of their teams, or of the ones
    /// that they lead. Whoever is in no team works with those who have the same superior.
    fn around(&self, user: &User) -> Vec<Id> {
        let mut around = BTreeSet::from([user.id]);
        let mut teams = self.teams_of(user.id).peekable();
        let in_none = teams.peek().is_none();
        around.extend(teams.flat_map(|team| team.members.iter().copied().chain(team.leader)));
        let beside = |other: &User| in_none && same_superior(user, other);
        let near = self.users.values().filter(|other| other.manager == Some(user.id) || beside(other));
        around.extend(near.map(|other| other.id));
        around.into_iter().collect()
    }

    /// The teams of which a person is a member or the leader, by id.
    pub fn teams_of(&self, person: Id) -> impl Iterator<Item = &Team> {
        self.teams.values().filter(move |team| team.leader == Some(person) || team.members.contains(&person))
    }

    /// The person with this login, whatever its case.
    pub fn by_login(&self, login: &str) -> Option<&User> {
        let login = login.to_lowercase();
        self.users.values().find(|user| user.login.to_lowercase() == login)
    }
}

fn same_superior(user: &User, other: &User) -> bool {
    user.manager.is_some() && user.manager == other.manager
}

/// Where a person gets mail: at their address, or at the one they sign in with.
pub(crate) fn address_of(user: &User) -> Option<String> {
    user.email.clone().or_else(|| kezhi_plan::kind::is_email(&user.login).then(|| user.login.clone()))
}

impl Runtime {
    /// The directory, at most two seconds old.
    ///
    /// # Errors
    /// The store's.
    pub async fn directory(&self) -> Result<Arc<Directory>, Error> {
        if let Some((read, directory)) = &*self.0.directory.0.lock()
            && read.elapsed() < FRESH
        {
            return Ok(directory.clone());
        }
        let reader = self.0.store.reader();
        let users = reader.users().await?.into_iter().map(|user| (user.id, user)).collect();
        let departments = reader.departments().await?.into_iter().map(|found| (found.id, found)).collect();
        let teams = reader.teams().await?.into_iter().map(|found| (found.id, found)).collect();
        let positions = reader.positions().await?.into_iter().map(|found| (found.id, found)).collect();
        let mut shared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (subject, entity) in reader.shared_with().await? {
            shared.entry(subject).or_default().insert(entity);
        }
        let directory = Arc::new(Directory { users, departments, teams, positions, shared });
        *self.0.directory.0.lock() = Some((Instant::now(), directory.clone()));
        Ok(directory)
    }
}

/// 1 to 64 letters, digits and `. _ - @ +`: what people can type, dictate and find again.
pub(super) fn is_login(text: &str) -> bool {
    let allowed = |letter: char| letter.is_alphanumeric() || "._-@+".contains(letter);
    (1..=64).contains(&text.chars().count()) && text.chars().all(allowed)
}
