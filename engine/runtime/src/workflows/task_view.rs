//! What people see of tasks: one shape in lists, with its history on its own.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use kezhi_plan::access::{self, FieldRights};
use kezhi_plan::record;
use kezhi_store::TaskRow;
use kezhi_types::def::role::FieldRight;
use kezhi_types::run::{Task, TaskState};
use kezhi_types::{Caller, Id};
use serde_json::{Value, json};

use super::tasks::no_task;
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// One task with everything that happened at its visit.
    pub(super) async fn task_view(&self, caller: &Caller, id: Id) -> Result<Value, Error> {
        let row = self.0.store.reader().task(id).await?.ok_or_else(|| no_task(id))?;
        let others = self.0.store.reader().tasks_of_run(row.task.run).await?;
        let mut views = self.task_views(caller, std::slice::from_ref(&row)).await?;
        let mut view = views.pop().unwrap_or(Value::Null);
        view["values"] = self.desk_values(caller, &row).await?;
        let decided = others.iter().filter(|task| task.decided_at.is_some());
        let mut history = Vec::new();
        for task in decided {
            history.push(self.vote_view(task).await?);
        }
        view["history"] = Value::Array(history);
        Ok(view)
    }

    /// Tasks in the order given.
    pub(super) async fn task_views(&self, caller: &Caller, rows: &[TaskRow]) -> Result<Vec<Value>, Error> {
        let mut desks: BTreeMap<Id, FieldRights> = BTreeMap::new();
        for row in rows {
            if let Some(rights) = self.desk_rights(caller, row).await? {
                desks.insert(row.record, rights);
            }
        }
        let records = rows.iter().map(|row| (row.entity.as_str(), row.record));
        let titles = self.record_titles(caller, records, &desks).await?;
        let directory = self.directory().await?;
        let now = self.0.clock.now();
        let mut views = Vec::new();
        for row in rows {
            let task = &row.task;
            let plan = self.pinned_workflow(row.release, &row.workflow).await?;
            let outcomes: Vec<Value> = plan
                .outcomes(&task.node)
                .map(|(key, outcome)| json!({ "key": key, "title": outcome.title, "required": outcome.required }))
                .collect();
            let name = directory.users.get(&task.assignee).map(|user| user.name.clone());
            let open = task.state == TaskState::Open;
            views.push(json!({
                "id": task.id,
                "state": task.state,
                "kind": task.kind,
                "title": task.title,
                "entity": row.entity,
                "record": { "id": row.record, "title": titles.get(&row.record) },
                "run": task.run,
                "workflow": row.workflow,
                "workflow_title": plan.def.title,
                "node": task.node,
                "revision": task.revision,
                "opened_at": task.opened_at,
                "due_at": task.due_at,
                "decided_at": task.decided_at,
                "assignee": { "id": task.assignee, "name": name },
                "form": plan.form(&task.node),
                "fields": plan.desk(&task.node).map(|desk| &desk.fields),
                "outcomes": outcomes,
                "outcome": task.outcome,
                "comment": task.comment,
                "overdue": open && task.due_at.is_some_and(|due| due < now),
            }));
        }
        Ok(views)
    }

    /// A decision, for histories.
    pub(super) async fn vote_view(&self, task: &Task) -> Result<Value, Error> {
        let directory = self.directory().await?;
        let who =
            |id: Id| json!({ "id": id, "name": directory.users.get(&id).map(|user| user.name.clone()) });
        Ok(json!({
            "id": task.id,
            "node": task.node,
            "title": task.title,
            "assignee": who(task.assignee),
            "by": who(task.decided_by.unwrap_or(task.assignee)),
            "state": task.state,
            "state_reason": task.state_reason,
            "outcome": task.outcome,
            "opened_at": task.opened_at,
            "due_at": task.due_at,
            "decided_at": task.decided_at,
            "comment": task.comment,
            "fields": task.fields.keys().collect::<Vec<_>>(),
        }))
    }

    /// What records are called, as far as the caller may know: by their rights on the record, and where a task of theirs is
    /// open on it, by what the task shows.
    pub(super) async fn record_titles<'a>(
        &self,
        caller: &Caller,
        records: impl Iterator<Item = (&'a str, Id)>,
        desks: &BTreeMap<Id, FieldRights>,
    ) -> Result<BTreeMap<Id, String>, Error> {
        let plan = self.plan()?;
        let mut by_entity: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
        for (entity, id) in records {
            by_entity.entry(entity).or_default().push(id);
        }
        let mut titles = BTreeMap::new();
        for (key, ids) in by_entity {
            let Some(entity) = plan.entity(key) else { continue };
            let found = self.0.store.reader().get_records(key, &ids).await?;
            let seen = self.seen(&plan, caller, entity, &found).await?;
            for (found, seen) in found.iter().zip(seen) {
                let rights = match (seen.as_deref(), desks.get(&found.id)) {
                    (Some(own), Some(desk)) => own.or(desk),
                    (Some(own), None) => own.clone(),
                    (None, Some(desk)) => desk.clone(),
                    (None, None) => continue,
                };
                let fields = access::visible(entity, found.flat(), &rights);
                titles.insert(found.id, record::title(entity, &fields));
            }
        }
        Ok(titles)
    }

    /// What an open task shows and lets be written of its record: of the fields that its node names; nothing of a task that
    /// is closed or somebody else's.
    async fn desk_rights(&self, caller: &Caller, row: &TaskRow) -> Result<Option<FieldRights>, Error> {
        let plan = self.plan()?;
        if row.task.state != TaskState::Open || row.task.assignee != caller.id {
            return Ok(None);
        }
        let workflow = self.pinned_workflow(row.release, &row.workflow).await?;
        let (Some(entity), Some(desk)) = (plan.entity(&row.entity), workflow.desk(&row.task.node)) else {
            return Ok(None);
        };
        let mut named: IndexMap<String, FieldRight> =
            desk.fields.iter().map(|(key, right)| (key.clone(), (*right).into())).collect();
        // A task says what it is about, unless that is hidden from them.
        if let Some(title) = entity.title_field.as_ref().filter(|_| !named.contains_key("*")) {
            let knows = access::may_know(&plan, entity, caller);
            let closed = knows && !access::field_rights(&plan, entity, caller).may_read(title);
            if !closed {
                named.entry(title.clone()).or_insert(FieldRight::Read);
            }
        }
        Ok(Some(FieldRights::of_desk(entity, &named)))
    }

    /// The fields of the record that an open task shows to whoever it is for, whatever their roles say of it; null where the
    /// task is closed, somebody else's, or its record is gone.
    async fn desk_values(&self, caller: &Caller, row: &TaskRow) -> Result<Value, Error> {
        let Some(rights) = self.desk_rights(caller, row).await? else { return Ok(Value::Null) };
        let plan = self.plan()?;
        let record = self.0.store.reader().get_record(&row.entity, row.record).await?;
        let (Some(entity), Some(record)) =
            (plan.entity(&row.entity), record.filter(|record| record.deleted_at.is_none()))
        else {
            return Ok(Value::Null);
        };
        let seen = self.seen(&plan, caller, entity, std::slice::from_ref(&record)).await?;
        let own = seen.into_iter().next().flatten();
        let all = own.map_or_else(|| rights.clone(), |own| own.or(&rights));
        let mut shown = access::visible(entity, record.flat(), &all);
        shown.retain(|key, _| key == "masked" || rights.of(key) != FieldRight::Hidden);
        if let Some(Value::Array(masked)) = shown.get_mut("masked") {
            masked.retain(|key| key.as_str().is_some_and(|key| rights.of(key) != FieldRight::Hidden));
        }
        Ok(Value::Object(shown))
    }
}
