//! Departments: a tree with heads and deputies.

use std::collections::BTreeMap;

use kezhi_store::Department;
use kezhi_types::{Caller, Id};

use super::accounts::{invalid, not_found};
use super::directory::Directory;
use super::guard::MANAGE;
use super::told::{told_of_department, told_of_place};
use super::view::{DepartmentChange, DepartmentView};
use crate::audit::note;
use crate::error::Error;
use crate::runtime::Runtime;

/// The longest title, in characters.
const TITLE: usize = 100;

impl Runtime {
    /// Every department, by key.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_departments(&self) -> Result<Vec<DepartmentView>, Error> {
        let directory = self.directory().await?;
        let mut all: Vec<DepartmentView> =
            directory.departments.values().map(|found| DepartmentView::of(&directory, found)).collect();
        all.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(all)
    }

    /// Makes (`id` is `None`) or changes a department.
    ///
    /// # Errors
    /// Denied; a wrong or taken key; an empty title; a parent that lies below.
    pub async fn save_department(
        &self,
        caller: &Caller,
        id: Option<Id>,
        change: DepartmentChange,
    ) -> Result<DepartmentView, Error> {
        self.require(caller, MANAGE)?;
        let directory = self.directory().await?;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let departments: BTreeMap<Id, Department> =
            tx.departments().await?.into_iter().map(|found| (found.id, found)).collect();
        let directory = Directory { departments, ..(*directory).clone() };
        let found = self.changed_department(&directory, id, &change)?;
        let mut placed = directory.clone();
        placed.departments.insert(found.id, found.clone());
        self.keep_reach_of_department(caller, (&directory, &placed), &found)?;
        tx.save_department(&found).await?;
        note(&mut tx, told_of_department((id.is_none(), caller, self.0.clock.now()), &found)).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(DepartmentView::of(&*self.directory().await?, &found))
    }

    /// Takes a department away that nobody belongs to and nothing lies below.
    ///
    /// # Errors
    /// Denied; not found; `department.in_use`.
    pub async fn delete_department(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        self.require(caller, MANAGE)?;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let departments = tx.departments().await?;
        let gone =
            departments.iter().find(|found| found.id == id).ok_or_else(|| not_found("department", id))?;
        let people = tx.users().await?.iter().filter(|user| user.department == Some(id)).count();
        let below = departments.iter().filter(|found| found.parent == Some(id)).count();
        if people + below > 0 {
            return Err(Error::Conflict {
                code: "department.in_use",
                detail: "people belong to the department, or others lie below it".into(),
                data: serde_json::json!({ "people": people, "departments": below }),
            });
        }
        tx.delete_department(id).await?;
        let what = ("department", id, gone.key.as_str());
        note(&mut tx, told_of_place(("deleted", caller, self.0.clock.now()), what)).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(())
    }

    /// A department as a change makes it, new where there is no id.
    pub(crate) fn changed_department(
        &self,
        directory: &Directory,
        id: Option<Id>,
        change: &DepartmentChange,
    ) -> Result<Department, Error> {
        let blank = |id: Id| Department {
            id,
            key: String::new(),
            title: String::new(),
            parent: None,
            head: None,
            demo: false,
            deputies: Vec::new(),
        };
        let mut found = match id {
            Some(id) => directory.departments.get(&id).cloned().ok_or_else(|| not_found("department", id))?,
            None => blank(Id::new(self.0.clock.now())),
        };
        if let Some(key) = &change.key {
            key.trim().clone_into(&mut found.key);
        } else if found.key.is_empty() {
            found.key = key_of("d", found.id);
        }
        let taken =
            directory.departments.values().any(|other| other.key == found.key && other.id != found.id);
        if !is_key(&found.key) || taken {
            return Err(invalid("department.key", "/key", &found.key));
        }
        found.title = titled(change.title.as_deref(), &found.title, &found.key)?;
        if let Some(parent) = &change.parent {
            found.parent = directory.department_named(parent, "/parent")?;
        }
        if found.parent.is_some_and(|parent| directory.below(found.id).contains(&parent)) {
            return Err(invalid("department.cycle", "/parent", &found.key));
        }
        if let Some(head) = &change.head {
            found.head = directory.user_named(head, "/head")?;
        }
        if let Some(deputies) = &change.deputies {
            let named = deputies.iter().map(|name| directory.user_named(name, "/deputies"));
            found.deputies = named.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            found.deputies.dedup();
        }
        Ok(found)
    }
}

/// A key for what people only gave a title: `d3f9a1c2b4`.
pub(super) fn key_of(letter: &str, id: Id) -> String {
    let digits = id.to_string().replace('-', "");
    format!("{letter}{}", &digits[digits.len() - 10..])
}

/// 1 to 64 letters, digits and `_ - .`: a key is written into definitions and files.
pub(super) fn is_key(key: &str) -> bool {
    let allowed = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
    (1..=64).contains(&key.chars().count()) && key.chars().all(allowed)
}

/// The title that was sent, else the one that was there, else the key.
pub(super) fn titled(sent: Option<&str>, stored: &str, key: &str) -> Result<String, Error> {
    let title = sent.map_or(stored, str::trim);
    let title = if title.is_empty() && sent.is_none() { key } else { title };
    if (1..=TITLE).contains(&title.chars().count()) && !title.contains(char::is_control) {
        return Ok(title.to_owned());
    }
    Err(invalid("department.title", "/title", title))
}
