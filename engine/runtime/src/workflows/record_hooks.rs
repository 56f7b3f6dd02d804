//! What the record path asks of workflows.

use kezhi_plan::access;
use kezhi_store::Tx;
use kezhi_types::{CallerKind, Id, Record};
use serde_json::{Value, json};

use super::effects::run_finished;
use super::step::{load, store};
use crate::error::Error;
use crate::records::{Rights, WriteContext};
use crate::runtime::Runtime;

/// Why a run of a deleted record ended.
const DELETED: &str = "record_deleted";

impl Runtime {
    /// Refuses a change of a record that an open run has locked, unless the caller may edit in approval.
    ///
    /// # Errors
    /// `record.in_approval` with the run.
    pub(crate) async fn refuse_in_approval(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        record: &Record,
    ) -> Result<(), Error> {
        let by_role = context.rights == Rights::Caller
            && access::may(&context.plan, &context.caller, "edit_in_approval");
        if by_role { Ok(()) } else { Self::refuse_locked(tx, context, record).await }
    }

    /// Refuses to delete a record that an open run has locked, whoever asks: the run is to be ended first.
    ///
    /// # Errors
    /// `record.in_approval` with the run.
    pub(crate) async fn refuse_locked(
        tx: &mut Tx,
        context: &WriteContext,
        record: &Record,
    ) -> Result<(), Error> {
        if context.caller.kind == CallerKind::System {
            return Ok(());
        }
        let Some(run) = tx.open_locking_run(&record.entity, record.id).await? else { return Ok(()) };
        let title = context.plan.workflows.get(&run.workflow).map(|workflow| workflow.def.title.clone());
        Err(Error::Conflict {
            code: "record.in_approval",
            detail: format!("the record is locked by {}", title.as_deref().unwrap_or(&run.workflow)),
            data: json!({ "run": run.id, "workflow": run.workflow, "title": title, "started_at": run.started_at }),
        })
    }

    /// Ends the open runs of a record that goes to the bin as terminated, inside the transaction.
    pub(crate) async fn end_runs_of(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        record: &Record,
    ) -> Result<(), Error> {
        let runs = tx.runs_of_record(&record.entity, record.id).await?;
        for run in runs.into_iter().filter(|run| !run.state.is_over()) {
            let Some(run) = tx.lock_run(run.id).await?.filter(|run| !run.state.is_over()) else { continue };
            let rows = load(tx, run).await?;
            let step = rows.terminated(context.now, DELETED);
            store(tx, &rows, &step).await?;
            tx.append_event(&run_finished(&step.run, context)).await?;
        }
        Ok(())
    }

    /// The runs and tasks of a record as items of its timeline: `{at, kind, by, run, workflow, task?, title?, outcome?}`.
    pub(crate) async fn run_items(&self, (entity, record): (&str, Id)) -> Result<Vec<Value>, Error> {
        let reader = self.0.store.reader();
        let runs = reader.runs_of_record(entity, record).await?;
        let ids: Vec<Id> = runs.iter().map(|run| run.id).collect();
        let tasks = reader.tasks_of_runs(&ids).await?;
        let directory = self.directory().await?;
        let who = |id: Id| directory.users.get(&id).map(|user| json!({ "id": id, "name": user.name }));
        let mut items = Vec::new();
        for run in &runs {
            let title = self.pinned_workflow(run.release, &run.workflow).await?.def.title.clone();
            let item = |at, kind| {
                json!({ "at": at, "kind": kind, "by": who(run.initiator), "release": run.release, "run": run.id,
                        "workflow": run.workflow, "title": title, "changes": [] })
            };
            items.push(item(run.started_at, "run_started"));
            if let Some(at) = run.ended_at {
                let mut ended = item(at, "run_ended");
                ended["outcome"] = json!(run.state);
                ended["by"] = Value::Null;
                items.push(ended);
            }
        }
        for task in &tasks {
            let run = runs.iter().find(|run| run.id == task.run);
            let item = |at, kind, by| {
                json!({ "at": at, "kind": kind, "by": by, "release": run.map(|run| run.release), "run": task.run,
                        "workflow": run.map(|run| &run.workflow), "task": task.id, "title": task.title, "changes": [] })
            };
            if let Some(at) = task.opened_at {
                items.push(item(at, "task_opened", who(task.assignee)));
            }
            if let Some(at) = task.decided_at {
                let mut done = item(at, "task_done", who(task.decided_by.unwrap_or(task.assignee)));
                done["outcome"] = task.outcome.clone().map_or_else(|| json!(task.state), Value::String);
                done["comment"] = json!(task.comment);
                items.push(done);
            }
        }
        Ok(items)
    }

    /// Called after another release has become live: schedules follow their definitions.
    pub(crate) async fn released(&self) -> Result<(), Error> {
        self.follow_definitions().await
    }
}
