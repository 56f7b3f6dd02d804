//! What callers call people, departments, positions and teams: ids, or the names that people know.

use kezhi_types::{Id, Violation, Violations};

use super::directory::Directory;
use crate::error::Error;

impl Directory {
    /// A department by id or key; none for nothing.
    ///
    /// # Errors
    /// `user.unknown_department` at the pointer.
    pub(crate) fn department_named(&self, name: &str, pointer: &str) -> Result<Option<Id>, Error> {
        let mut all = self.departments.values();
        let found = all.find(|found| found.key == name || found.id.to_string() == name);
        one(found.map(|found| found.id), name, ("user.unknown_department", pointer))
    }

    /// A position by id or key; none for nothing.
    ///
    /// # Errors
    /// `user.unknown_position` at `/position`.
    pub(crate) fn position_named(&self, name: &str) -> Result<Option<Id>, Error> {
        let mut all = self.positions.values();
        let found = all.find(|found| found.key == name || found.id.to_string() == name);
        one(found.map(|found| found.id), name, ("user.unknown_position", "/position"))
    }

    /// A person by id or login; none for nothing.
    ///
    /// # Errors
    /// `user.unknown_person` at the pointer.
    pub(crate) fn user_named(&self, name: &str, pointer: &str) -> Result<Option<Id>, Error> {
        let id = name.parse::<Id>().ok().filter(|id| self.users.contains_key(id));
        let found = id.or_else(|| self.by_login(name).map(|user| user.id));
        one(found, name, ("user.unknown_person", pointer))
    }

    /// A team by id or key.
    ///
    /// # Errors
    /// `user.unknown_team` at `/teams`.
    pub(crate) fn team_named(&self, name: &str) -> Result<Id, Error> {
        let mut all = self.teams.values();
        let found = all.find(|found| found.key == name || found.id.to_string() == name);
        let unknown = || Violation::new("user.unknown_team", "/teams").with("value", name);
        found.map(|found| found.id).ok_or_else(|| Violations::from(unknown()).into())
    }
}

fn one(found: Option<Id>, name: &str, (code, pointer): (&str, &str)) -> Result<Option<Id>, Error> {
    if found.is_none() && !name.is_empty() {
        return Err(Violations::from(Violation::new(code, pointer).with("value", name)).into());
    }
    Ok(found.filter(|_| !name.is_empty()))
}
