//! What cells call people and records: a login or a name; an id, a unique value or a title. Names are looked up for
//! a whole batch of rows at once and kept for the next.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kezhi_plan::access::{self, RowScope};
use kezhi_plan::app::{AppPlan, EntityPlan, FieldPlan};
use kezhi_plan::kind;
use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::{Filter, Query};
use kezhi_types::{Caller, Id};
use serde_json::{Value, json};

use super::cell::Fault;
use super::files::called;
use crate::error::Error;
use crate::facts::{column_of, everything};
use crate::people::Directory;
use crate::runtime::Runtime;

/// Titles asked for in one question.
const TITLES: usize = 100;
/// Names of one entity that are kept from slice to slice; more are forgotten, so that a long file takes no more memory than
/// a short one.
const KEPT: usize = 50_000;
/// How long files that were sent are found by their name, in milliseconds.
const SENT: i64 = 24 * 3_600_000;
/// The names that a cell lists.
pub(super) fn items(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(super::cell::BETWEEN).map(str::trim).filter(|name| !name.is_empty())
}

/// Looks names up once each.
pub(super) struct Names {
    runtime: Runtime,
    caller: Caller,
    directory: Arc<Directory>,
    /// Entity to name to the records called so, two at most.
    known: HashMap<String, HashMap<String, Vec<Id>>>,
    /// What the caller has sent of late, by name.
    files: HashMap<String, Vec<Id>>,
}

impl Names {
    pub(super) async fn open(runtime: &Runtime, caller: &Caller) -> Result<Self, Error> {
        let directory = runtime.directory().await?;
        Ok(Self {
            runtime: runtime.clone(),
            caller: caller.clone(),
            directory,
            known: HashMap::new(),
            files: HashMap::new(),
        })
    }

    /// Looks names up for this caller from now on; what another could see is forgotten.
    pub(super) fn ask_for(&mut self, caller: &Caller) {
        if *caller != self.caller {
            self.known.clear();
            self.files.clear();
            self.caller = caller.clone();
        }
    }

    /// Before a slice: forgets what is called so in `entity`, because records of it have come in, and names of others
    /// that are more than are kept.
    pub(super) fn forget(&mut self, entity: &str) {
        self.known.retain(|known, names| known.as_str() != entity && names.len() <= KEPT);
    }

    /// The person with this id or login, or the only one with this name.
    pub(super) fn person(&self, name: &str) -> Result<Id, Fault> {
        let by_id = name.parse::<Id>().ok().and_then(|id| self.directory.users.get(&id));
        if let Some(user) = by_id.or_else(|| self.directory.by_login(name)) {
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

    /// The department with this id or key, or the only one with this title.
    pub(super) fn department(&self, name: &str) -> Result<Id, Fault> {
        let departments = || self.directory.departments.values();
        let by_id = name.parse::<Id>().ok().and_then(|id| self.directory.departments.get(&id));
        if let Some(department) = by_id {
            return Ok(department.id);
        }
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

    /// The record that a relation's cell means, among those that were learned.
    pub(super) fn record(&self, field: &FieldPlan, name: &str) -> Result<Id, Fault> {
        if let Ok(id) = name.parse::<Id>() {
            return Ok(id);
        }
        let target = field.relation.as_ref().and_then(|(target, _)| self.known.get(target));
        match target.and_then(|known| known.get(name)).map(Vec::as_slice).unwrap_or_default() {
            [id] => Ok(*id),
            [] => Err(Fault::new("import.unknown_record", name)),
            _ => Err(Fault::new("import.several_records", name)),
        }
    }

    /// Looks up what cells of a relation call records, among those that the caller may read.
    pub(super) async fn learn(
        &mut self,
        plan: &AppPlan,
        field: &FieldPlan,
        names: BTreeSet<String>,
    ) -> Result<(), Error> {
        let target = field.relation.as_ref().and_then(|(target, _)| plan.entity(target));
        let Some(target) = target else { return Ok(()) };
        let known = self.known.entry(target.key.clone()).or_default();
        let new = |name: &String| name.parse::<Id>().is_err() && !known.contains_key(name);
        let new: Vec<String> = names.into_iter().filter(new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let found = self.called(plan, target, new).await?;
        self.known.entry(target.key.clone()).or_default().extend(found);
        Ok(())
    }

    /// The records that a cell of many relations means, each once.
    pub(super) fn records(&self, field: &FieldPlan, cell: &str) -> Result<Vec<Id>, Fault> {
        let mut found: Vec<Id> = Vec::new();
        for name in items(cell) {
            let id = self.record(field, name)?;
            if !found.contains(&id) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// The files that a cell names: by id, or by the name of one that the caller has sent within a day. Other names stay, see
    /// [`super::files`].
    pub(super) fn files(&self, field: &FieldPlan, cell: &str) -> Result<Value, Fault> {
        let mut found = Vec::new();
        for name in self.file_names(cell) {
            found.push(match (name.parse::<Id>(), self.files.get(&name).map(Vec::as_slice)) {
                (Ok(id), _) => json!({ "id": id }),
                (Err(_), Some([id])) => json!({ "id": id }),
                (Err(_), Some([_, ..])) => return Err(Fault::new("import.several_files", name)),
                (Err(_), _) => called(&name),
            });
        }
        if field.kind != FieldKind::Signature {
            return Ok(Value::Array(found));
        }
        match (found.pop(), found.is_empty()) {
            (Some(file), true) => Ok(file),
            _ => Err(Fault::new("import.several_files", cell)),
        }
    }

    /// A name may hold what else stands between two names: the cell as a whole is tried first.
    fn file_names(&self, cell: &str) -> Vec<String> {
        if self.files.contains_key(cell) {
            return vec![cell.to_owned()];
        }
        serde_json::from_str(cell).unwrap_or_else(|_| items(cell).map(str::to_owned).collect())
    }

    /// Looks up what cells call files.
    pub(super) async fn learn_files(&mut self, cells: &[String]) -> Result<(), Error> {
        let mut names: BTreeSet<String> = cells.iter().cloned().collect();
        names.extend(cells.iter().flat_map(|cell| self.file_names(cell)));
        names.retain(|name| !self.files.contains_key(name) && name.parse::<Id>().is_err());
        let names: Vec<String> = names.into_iter().collect();
        let since = self.runtime.0.clock.now().plus_millis(-SENT);
        let reader = self.runtime.0.store.reader().patient();
        for (name, id) in reader.files_called((self.caller.id, since), &names).await? {
            self.files.entry(name).or_default().push(id);
        }
        Ok(())
    }

    /// Unique fields come before the title: a code that is somebody's name still means the code.
    async fn called(
        &self,
        plan: &AppPlan,
        target: &EntityPlan,
        names: Vec<String>,
    ) -> Result<HashMap<String, Vec<Id>>, Error> {
        let reader = self.runtime.0.store.reader().patient();
        let mut found: HashMap<String, Vec<Id>> = names.into_iter().map(|name| (name, Vec::new())).collect();
        for field in target.fields.values().filter(|field| field.def.unique) {
            let Some(column) = column_of(target, &field.key) else { continue };
            let scope = self.scope(plan, target, &field.key);
            if scope == RowScope::Nothing {
                continue;
            }
            let key = |name: &String| kind::unique_key(field, &Value::String(name.clone()));
            let keyed: Vec<(String, Value)> = found.keys().map(|name| (name.clone(), key(name))).collect();
            let values: Vec<&Value> = keyed.iter().map(|(_, value)| value).collect();
            let mut taken = reader.taken_many(&target.key, &column, &values).await?;
            if let Some(scope) = scope.into_filter() {
                let all: Vec<Id> = taken.iter().flatten().copied().collect();
                let seen: BTreeSet<Id> =
                    reader.matching(&target.key, &scope, &all).await?.into_iter().collect();
                taken.iter_mut().for_each(|id| *id = id.filter(|id| seen.contains(id)));
            }
            for ((name, _), id) in keyed.iter().zip(taken) {
                found.entry(name.clone()).or_default().extend(id);
            }
        }
        let untitled = found.iter().filter(|(_, ids)| ids.is_empty()).map(|(name, _)| name.clone()).collect();
        for ids in found.values_mut() {
            ids.sort_unstable();
            ids.dedup();
        }
        self.titled(plan, target, (untitled, &mut found)).await?;
        Ok(found)
    }

    async fn titled(
        &self,
        plan: &AppPlan,
        target: &EntityPlan,
        (names, found): (Vec<String>, &mut HashMap<String, Vec<Id>>),
    ) -> Result<(), Error> {
        let titled = target.title_field.as_deref().and_then(|field| target.fields.get(field));
        let texts = |field: &&FieldPlan| matches!(field.kind, FieldKind::Text | FieldKind::Serial);
        let Some(field) = titled.filter(texts) else { return Ok(()) };
        let Some(column) = column_of(target, &field.key) else { return Ok(()) };
        let scope = self.scope(plan, target, &field.key);
        if scope == RowScope::Nothing {
            return Ok(());
        }
        let scope = scope.into_filter();
        let question = |op, value, limit| {
            let called = Filter::Compare { path: Vec::new(), column: column.clone(), op, value };
            let parts = std::iter::once(called).chain(scope.clone()).collect();
            Query { filter: Some(Filter::All(parts)), limit, ..everything(&target.key) }
        };
        let reader = self.runtime.0.store.reader().patient();
        for names in names.chunks(TITLES) {
            let value = names.iter().cloned().map(Value::String).collect();
            let page = reader.list(&question(Op::In, value, 500)).await?;
            for record in &page.records {
                let name = record.value(&field.key).and_then(Value::as_str).unwrap_or_default();
                found.entry(name.to_owned()).or_default().push(record.id);
            }
            // Where hundreds share a name, the others are asked for one by one.
            for name in names.iter().filter(|_| page.has_more) {
                let page = reader.list(&question(Op::Eq, Value::String(name.clone()), 2)).await?;
                found.insert(name.clone(), page.records.iter().map(|record| record.id).collect());
            }
        }
        Ok(())
    }

    /// Where the caller may read this field; a name that they cannot read names nothing to them.
    fn scope(&self, plan: &AppPlan, target: &EntityPlan, field: &str) -> RowScope {
        access::field_scope(plan, target, &self.caller, field, self.runtime.0.clock.now())
    }
}
