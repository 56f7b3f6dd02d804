//! What cells call people and records: a login or a name; an id, a unique value or a title.

use std::collections::HashMap;
use std::sync::Arc;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::{AppPlan, EntityPlan, FieldPlan};
use kezhi_plan::kind;
use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::{Filter, Query};
use kezhi_types::{Caller, Id};
use serde_json::Value;

use super::cell::Fault;
use crate::error::Error;
use crate::facts::{column_of, everything};
use crate::people::Directory;
use crate::runtime::Runtime;

/// The names that a cell lists.
fn items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(super::cell::BETWEEN).map(str::trim).filter(|name| !name.is_empty())
}

/// Looks names up once each.
pub(super) struct Names {
    runtime: Runtime,
    caller: Caller,
    directory: Arc<Directory>,
    /// `(entity, name)` to the records called so, two at most.
    known: HashMap<(String, String), Vec<Id>>,
}

impl Names {
    pub(super) async fn open(runtime: &Runtime, caller: &Caller) -> Result<Self, Error> {
        let directory = runtime.directory().await?;
        Ok(Self { runtime: runtime.clone(), caller: caller.clone(), directory, known: HashMap::new() })
    }

    /// Forgets what is called so in `entity`, because records of it have come in.
    pub(super) fn forget(&mut self, entity: &str) {
        self.known.retain(|(known, _), _| known != entity);
    }

    /// The person with this login, or the only one with this name.
    pub(super) fn person(&self, name: &str) -> Result<Id, Fault> {
        if let Some(user) = self.directory.by_login(name) {
            return Ok(user.id);
        }
        let mut named = self.directory.users.values().filter(|user| user.name == name);
        match (named.next(), named.next()) {
            (Some(user), None) => Ok(user.id),
            (Some(_), Some(_)) => Err(Fault::new("import.several_people", name)),
            (None, _) => Err(Fault::new("import.unknown_person", name)),
        }
    }

    /// The people that a cell lists.
    pub(super) fn people(&self, cell: &str) -> Result<Vec<Id>, Fault> {
        items(cell).map(|name| self.person(name)).collect()
    }

    /// The department with this key, or the only one with this title.
    pub(super) fn department(&self, name: &str) -> Result<Id, Fault> {
        let departments = || self.directory.departments.values();
        if let Some(keyed) = departments().find(|department| department.key == name) {
            return Ok(keyed.id);
        }
        let mut titled = departments().filter(|department| department.title == name);
        match (titled.next(), titled.next()) {
            (Some(department), None) => Ok(department.id),
            (Some(_), Some(_)) => Err(Fault::new("import.several_departments", name)),
            (None, _) => Err(Fault::new("import.unknown_department", name)),
        }
    }

    /// The departments that a cell lists.
    pub(super) fn departments(&self, cell: &str) -> Result<Vec<Id>, Fault> {
        items(cell).map(|name| self.department(name)).collect()
    }

    /// The record that a relation's cell means, among those that the caller may read.
    pub(super) async fn record(
        &mut self,
        plan: &AppPlan,
        field: &FieldPlan,
        name: &str,
    ) -> Result<Result<Id, Fault>, Error> {
        if let Ok(id) = name.parse::<Id>() {
            return Ok(Ok(id));
        }
        let target = field.relation.as_ref().and_then(|(target, _)| plan.entity(target));
        let Some(target) = target else { return Ok(Err(Fault::new("import.unknown_record", name))) };
        let key = (target.key.clone(), name.to_owned());
        let found = match self.known.get(&key) {
            Some(found) => found.clone(),
            None => {
                let found = self.called(plan, target, name).await?;
                self.known.insert(key, found.clone());
                found
            }
        };
        Ok(match found.as_slice() {
            [id] => Ok(*id),
            [] => Err(Fault::new("import.unknown_record", name)),
            _ => Err(Fault::new("import.several_records", name)),
        })
    }

    /// Unique fields come before the title: a code that is somebody's name still means the code.
    async fn called(&self, plan: &AppPlan, target: &EntityPlan, name: &str) -> Result<Vec<Id>, Error> {
        let reader = self.runtime.0.store.reader();
        let mut found = Vec::new();
        for field in target.fields.values().filter(|field| field.def.unique) {
            let Some(column) = column_of(target, &field.key) else { continue };
            let value = kind::unique_key(field, &Value::String(name.to_owned()));
            if kind::is_empty(Some(&value)) {
                continue;
            }
            found.extend(reader.taken(&target.key, &column, &value, None).await?);
        }
        found.sort();
        found.dedup();
        if found.is_empty() {
            return self.titled(plan, target, name).await;
        }
        let Some(scope) = self.scope(plan, target) else { return Ok(found) };
        Ok(reader.matching(&target.key, &scope, &found).await?)
    }

    async fn titled(&self, plan: &AppPlan, target: &EntityPlan, name: &str) -> Result<Vec<Id>, Error> {
        let titled = target.title_field.as_deref().and_then(|field| target.fields.get(field));
        let texts = |field: &&FieldPlan| matches!(field.kind, FieldKind::Text | FieldKind::Serial);
        let Some(column) = titled.filter(texts).and_then(|field| column_of(target, &field.key)) else {
            return Ok(Vec::new());
        };
        let value = Value::String(name.to_owned());
        let mut parts = vec![Filter::Compare { path: Vec::new(), column, op: Op::Eq, value }];
        parts.extend(self.scope(plan, target));
        let query = Query { filter: Some(Filter::All(parts)), limit: 2, ..everything(&target.key) };
        let page = self.runtime.0.store.reader().list(&query).await?;
        Ok(page.records.iter().map(|record| record.id).collect())
    }

    /// What the caller may read; none means everything.
    fn scope(&self, plan: &AppPlan, target: &EntityPlan) -> Option<Filter> {
        let now = self.runtime.0.clock.now();
        access::row_scope(plan, target, &self.caller, Action::Read, now).into_filter()
    }
}
