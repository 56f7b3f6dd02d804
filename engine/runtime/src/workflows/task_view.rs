//! What people see of tasks: one shape in lists, with its history on its own.

use std::collections::BTreeMap;

use kezhi_plan::record;
use kezhi_store::TaskRow;
use kezhi_types::Id;
use kezhi_types::run::{Task, TaskState};
use serde_json::{Value, json};

use super::tasks::no_task;
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// One task with everything that happened at its visit.
    pub(super) async fn task_view(&self, id: Id) -> Result<Value, Error> {
        let row = self.0.store.reader().task(id).await?.ok_or_else(|| no_task(id))?;
        let others = self.0.store.reader().tasks_of_run(row.task.run).await?;
        let mut views = self.task_views(std::slice::from_ref(&row)).await?;
        let mut view = views.pop().unwrap_or(Value::Null);
        let decided = others.iter().filter(|task| task.decided_at.is_some());
        let mut history = Vec::new();
        for task in decided {
            history.push(self.vote_view(task).await?);
        }
        view["history"] = Value::Array(history);
        Ok(view)
    }

    /// Tasks in the order given.
    pub(super) async fn task_views(&self, rows: &[TaskRow]) -> Result<Vec<Value>, Error> {
        let titles = self.record_titles(rows.iter().map(|row| (row.entity.as_str(), row.record))).await?;
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

    /// What records are called.
    pub(super) async fn record_titles<'a>(
        &self,
        records: impl Iterator<Item = (&'a str, Id)>,
    ) -> Result<BTreeMap<Id, String>, Error> {
        let plan = self.plan()?;
        let mut by_entity: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
        for (entity, id) in records {
            by_entity.entry(entity).or_default().push(id);
        }
        let mut titles = BTreeMap::new();
        for (key, ids) in by_entity {
            let Some(entity) = plan.entity(key) else { continue };
            for found in self.0.store.reader().get_records(key, &ids).await? {
                titles.insert(found.id, record::title(entity, &found.flat()));
            }
        }
        Ok(titles)
    }
}
