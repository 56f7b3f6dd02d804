//! People and departments as a step sees them, and who is whose superior.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::Id;
use serde::{Deserialize, Serialize};

/// How far a chain of superiors is followed.
const HIGHEST: usize = 20;

/// People and departments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Org {
    /// People by id, those who left included.
    pub people: BTreeMap<Id, Person>,
    /// Departments by id.
    pub departments: BTreeMap<Id, Department>,
}

/// One person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// What they sign in with.
    pub login: String,
    /// What people call them.
    pub name: String,
    /// Whether they may still work here.
    pub active: bool,
    /// Keys of their roles.
    pub roles: Vec<String>,
    /// Where they belong.
    pub department: Option<Id>,
    /// Their superior, where it is not the head of their department.
    pub manager: Option<Id>,
    /// Whoever does their work since they left.
    #[serde(default)]
    pub successor: Option<Id>,
}

/// One department.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Department {
    /// Its key, as definitions name it.
    pub key: String,
    /// The one above it.
    pub parent: Option<Id>,
    /// Who leads it.
    pub head: Option<Id>,
    /// Who leads it where the head cannot, in this order.
    #[serde(default)]
    pub deputies: Vec<Id>,
}

impl Org {
    /// Whether this person may be given work.
    pub fn is_active(&self, person: Id) -> bool {
        self.people.get(&person).is_some_and(|person| person.active)
    }

    /// The person with this login, or whoever does their work now.
    pub fn by_login(&self, login: &str) -> Option<Id> {
        let named = self.people.iter().find(|(_, person)| person.login == login);
        named.and_then(|(id, _)| self.acting(*id))
    }

    /// The person where they are active, else the first active one of those who took their work over, one after the other.
    pub fn acting(&self, person: Id) -> Option<Id> {
        let mut seen = BTreeSet::new();
        std::iter::successors(Some(person), |here| self.people.get(here)?.successor)
            .take(HIGHEST)
            .take_while(|here| seen.insert(*here))
            .find(|here| self.is_active(*here))
    }

    /// Active people with a role, in the order of their ids.
    pub fn with_role(&self, role: &str) -> Vec<Id> {
        self.people
            .iter()
            .filter(|(_, person)| person.active && person.roles.iter().any(|held| held == role))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Active people with a role in `department`, or in the nearest one above it that has any.
    pub fn with_role_near(&self, role: &str, department: Id) -> Vec<Id> {
        let everybody = self.with_role(role);
        self.upwards(department)
            .map(|place| {
                let here = |person: &&Id| self.people[*person].department == Some(place);
                everybody.iter().filter(here).copied().collect::<Vec<_>>()
            })
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// The active head of a department, else its first active deputy, else those of the nearest one above it that has any.
    pub fn head_near(&self, department: Id) -> Option<Id> {
        self.upwards(department).filter_map(|place| self.departments.get(&place)).find_map(|place| {
            let head = place.head.and_then(|head| self.acting(head));
            head.or_else(|| place.deputies.iter().copied().find(|deputy| self.is_active(*deputy)))
        })
    }

    /// The department with this key.
    pub fn department(&self, key: &str) -> Option<Id> {
        self.departments.iter().find(|(_, department)| department.key == key).map(|(id, _)| *id)
    }

    /// The active superior `level` steps above a person; 1 is the direct one. Those who left are passed over.
    pub fn superior(&self, person: Id, level: u32) -> Option<Id> {
        let (mut seen, mut here, mut climbed) = (BTreeSet::from([person]), person, 0);
        for _ in 0..HIGHEST {
            here = self.direct_superior(here)?;
            if !seen.insert(here) {
                return None;
            }
            climbed += u32::from(self.is_active(here));
            if climbed >= level.max(1) {
                return Some(here);
            }
        }
        None
    }

    fn direct_superior(&self, person: Id) -> Option<Id> {
        let known = self.people.get(&person)?;
        if let Some(manager) = known.manager.filter(|manager| *manager != person) {
            return Some(manager);
        }
        self.upwards(known.department?)
            .filter_map(|place| self.departments.get(&place)?.head)
            .find(|head| *head != person)
    }

    /// A department and those above it, nearest first; a cycle ends it.
    fn upwards(&self, department: Id) -> impl Iterator<Item = Id> {
        let mut seen = BTreeSet::new();
        std::iter::successors(Some(department), |here| self.departments.get(here)?.parent)
            .take(HIGHEST)
            .take_while(move |here| seen.insert(*here))
    }
}
