//! Who works here, kept in memory between changes: every request asks, few change it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kezhi_store::{Department, User};
use kezhi_types::{Caller, CallerKind, Id, share};
use parking_lot::Mutex;

use crate::error::Error;
use crate::runtime::Runtime;

/// How long another engine node's change may go unnoticed.
const FRESH: Duration = Duration::from_secs(2);

/// Everybody and every department.
#[derive(Debug, Default)]
pub struct Directory {
    /// People by id.
    pub users: BTreeMap<Id, User>,
    /// Departments by id.
    pub departments: BTreeMap<Id, Department>,
    /// The teams of each person: id and key.
    pub memberships: BTreeMap<Id, Vec<(Id, String)>>,
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
        for (id, key) in self.memberships.get(&user.id).into_iter().flatten() {
            named.extend([share::team(*id), share::team_key(key)]);
        }
        named
    }

    /// A person as a caller.
    pub fn caller(&self, user: &User) -> Caller {
        let team = self
            .users
            .values()
            .filter(|other| other.id == user.id || other.manager == Some(user.id) || same_team(user, other))
            .map(|other| other.id)
            .collect();
        let mut caller = Caller {
            id: user.id,
            name: user.name.clone(),
            kind: CallerKind::Person,
            roles: user.roles.clone(),
            department: user.department,
            departments_below: user.department.map(|id| self.below(id)).unwrap_or_default(),
            team,
            named: self.named(user),
            shared: Vec::new(),
            narrowed: None,
            language: user.language.unwrap_or_default(),
        };
        let shared: BTreeSet<&String> =
            caller.subjects().iter().filter_map(|name| self.shared.get(name)).flatten().collect();
        caller.shared = shared.into_iter().cloned().collect();
        caller
    }

    /// The person with this login, whatever its case.
    pub fn by_login(&self, login: &str) -> Option<&User> {
        let login = login.to_lowercase();
        self.users.values().find(|user| user.login.to_lowercase() == login)
    }
}

/// People with the same superior are a team until teams can be named.
fn same_team(user: &User, other: &User) -> bool {
    user.manager.is_some() && user.manager == other.manager
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
        let mut memberships: BTreeMap<Id, Vec<(Id, String)>> = BTreeMap::new();
        for (team, key, person) in reader.memberships().await? {
            memberships.entry(person).or_default().push((team, key));
        }
        let mut shared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (subject, entity) in reader.shared_with().await? {
            shared.entry(subject).or_default().insert(entity);
        }
        let directory = Arc::new(Directory { users, departments, memberships, shared });
        *self.0.directory.0.lock() = Some((Instant::now(), directory.clone()));
        Ok(directory)
    }
}
