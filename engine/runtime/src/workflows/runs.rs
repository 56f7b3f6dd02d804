//! What people see of runs, and do with them.

use std::collections::BTreeMap;

use kezhi_plan::workflow::{RunSnapshot, Signal};
use kezhi_store::RunFilter;
use kezhi_types::run::{Run, RunState, Visit};
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Id};
use serde::Deserialize;
use serde_json::{Value, json};

use super::step::Push;
use crate::audit::{Note, note};
use crate::error::Error;
use crate::records::spawned;
use crate::runtime::Runtime;

/// Pages of runs that are looked through for those that somebody may see.
const LOOKS: usize = 50;

/// Which runs are wanted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunQuestion {
    /// Entity of the record.
    pub entity: Option<String>,
    /// The record.
    pub record: Option<Id>,
    /// Where it stands.
    pub state: Option<RunState>,
    /// Key of the workflow.
    pub workflow: Option<String>,
    /// Continue after this run.
    pub after: Option<Id>,
    /// At most 500; 50 when absent.
    pub limit: Option<u32>,
}

impl Runtime {
    /// One run with its path and its chart as it was when it started.
    ///
    /// # Errors
    /// Not found, also for whoever neither takes part nor may read the record.
    pub async fn run(&self, caller: &Caller, id: Id) -> Result<Value, Error> {
        let run = self.run_for(caller, id).await?;
        let reader = self.0.store.reader();
        let (visits, tasks) = (reader.visits(id).await?, reader.tasks_of_run(id).await?);
        let rows = RunSnapshot { run, visits, tasks, timers: Vec::new() };
        let workflow = self.pinned_workflow(rows.run.release, &rows.run.workflow).await?;
        let mut path = Vec::new();
        for visit in &rows.visits {
            let mut votes = Vec::new();
            for task in rows.tasks.iter().filter(|task| task.visit == visit.number) {
                votes.push(self.vote_view(task).await?);
            }
            path.push(visit_view(
                visit,
                workflow.nodes.get(&visit.node).map(|node| node.title.as_str()),
                &workflow.def,
                &votes,
            ));
        }
        let mut view =
            self.run_views(caller, std::slice::from_ref(&rows.run)).await?.pop().unwrap_or(Value::Null);
        view["current"] = rows.open_visits().map(|visit| visit.node.clone()).collect();
        view["path"] = Value::Array(path);
        view["start"] = json!(workflow.def.start);
        view["chart"] = serde_json::to_value(&workflow.def.nodes).unwrap_or(Value::Null);
        Ok(view)
    }

    /// A page of runs, the newest first: those that the caller set off, and those about records they may read.
    ///
    /// # Errors
    /// The store's.
    pub async fn runs(&self, caller: &Caller, question: &RunQuestion) -> Result<Value, Error> {
        let limit = question.limit.unwrap_or(50).clamp(1, 500);
        let filter = RunFilter {
            workflow: question.workflow.clone(),
            entity: question.entity.clone(),
            record: question.record,
            state: question.state,
            ..RunFilter::default()
        };
        let reader = self.0.store.reader();
        let (mut after, mut seen) = (question.after, Vec::new());
        // One more than is told says whether there is more; runs that may not be seen move no page.
        for _ in 0..LOOKS {
            let found = reader.runs(&filter, after, limit + 1).await?;
            let is_last = found.len() <= limit as usize;
            after = found.last().map(|run| run.id);
            for run in found {
                if seen.len() <= limit as usize && self.may_see(caller, &run).await? {
                    seen.push(run);
                }
            }
            if is_last || seen.len() > limit as usize {
                break;
            }
        }
        let more = seen.len() > limit as usize;
        seen.truncate(limit as usize);
        let next = seen.last().filter(|_| more).map(|run| run.id);
        Ok(json!({ "items": self.run_views(caller, &seen).await?, "next": next, "count": null }))
    }

    /// Runs that the caller set off, as items of their box.
    pub(super) async fn started(&self, caller: &Caller, limit: u32) -> Result<Value, Error> {
        let filter = RunFilter { initiator: Some(caller.id), ..RunFilter::default() };
        let found = self.0.store.reader().runs(&filter, None, limit.clamp(1, 500)).await?;
        let mut items = self.run_views(caller, &found).await?;
        for item in &mut items {
            item["task"] = Value::Null;
        }
        Ok(json!({ "items": items, "next": null, "count": null }))
    }

    /// The initiator takes a run back.
    ///
    /// # Errors
    /// Not found, or `run.too_late`.
    pub async fn withdraw_run(&self, caller: &Caller, id: Id) -> Result<Value, Error> {
        self.run_for(caller, id).await?;
        self.signal(id, Signal::Withdraw { by: caller.id }).await?;
        self.run(caller, id).await
    }

    /// An administrator ends a run.
    ///
    /// # Errors
    /// Denied, not found, or `task.closed` where it is over.
    pub async fn terminate_run(&self, caller: &Caller, id: Id, reason: &str) -> Result<Value, Error> {
        self.run_for(caller, id).await?;
        if !caller.is_unlimited() {
            return Err(Error::denied("terminate", "run"));
        }
        let reason: String = reason.trim().chars().filter(|letter| *letter != '\0').take(500).collect();
        let reason = if reason.is_empty() { "terminated".to_owned() } else { reason };
        let told = Note::new("run", "terminated", caller, self.0.clock.now()).detail("run", id.to_string());
        self.note_alone(told.personal("reason", reason.as_str())).await?;
        self.signal(id, Signal::Terminate { reason }).await?;
        self.run(caller, id).await
    }

    /// What is stuck and needs a person, the latest first.
    ///
    /// # Errors
    /// Denied to all but administrators.
    pub async fn incidents(&self, caller: &Caller) -> Result<Value, Error> {
        if !caller.is_unlimited() {
            return Err(Error::denied("read", "incidents"));
        }
        let open = self.0.store.reader().open_incidents(500).await?;
        let view = |incident: kezhi_store::Incident| {
            let mut args = incident.context.as_object().cloned().unwrap_or_default();
            args.insert("detail".to_owned(), json!(incident.detail));
            json!({
                "id": incident.id, "code": incident.code, "detail": incident.detail, "run": incident.run,
                "message": sentence(caller.language, &incident.code, &args),
                "node": incident.node, "entity": incident.entity, "record": incident.record,
                "context": incident.context, "opened_at": incident.opened_at, "seen_at": incident.seen_at,
                "times": incident.times,
            })
        };
        Ok(json!({ "items": open.into_iter().map(view).collect::<Vec<_>>(), "next": null, "count": null }))
    }

    /// Tries again what was stuck: the node of the run, or the message.
    ///
    /// # Errors
    /// Denied to all but administrators; not found.
    pub async fn retry_incident(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        if !caller.is_unlimited() {
            return Err(Error::denied("retry", "incidents"));
        }
        let no_incident = || Error::NotFound { kind: "incident", key: id.to_string() };
        let incident = self.0.store.reader().incident(id).await?.ok_or_else(no_incident)?;
        let now = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        if !tx.resolve_incident(id, caller.id, "retry", now).await? {
            // Somebody else has seen to it, or it passed by itself.
            tx.rollback().await?;
            return Ok(());
        }
        let told = Note::new("incident", "retried", caller, now).detail("incident", id.to_string());
        note(&mut tx, told.detail("code", incident.code.as_str())).await?;
        let named = |name: &str| incident.context.get(name).and_then(Value::as_str)?.parse::<Id>().ok();
        match incident.code.as_str() {
            "message.failed" => {
                if let Some(message) = named("message") {
                    tx.retry_message(message, now).await?;
                }
            }
            super::dispatch::FAILED => {
                if let Some(event) = named("event") {
                    tx.retry_event(event).await?;
                }
            }
            _ => {}
        }
        tx.commit().await?;
        self.0.wake.notify_one();
        match incident.run {
            Some(run) if !incident.code.starts_with("message.") => self.signal(run, Signal::Continue).await,
            _ => Ok(()),
        }
    }

    async fn signal(&self, run: Id, signal: Signal) -> Result<(), Error> {
        let runtime = self.clone();
        spawned(async move { runtime.push(run, Push::Signal(signal)).await }).await.map(drop)
    }

    /// A run that the caller may see.
    async fn run_for(&self, caller: &Caller, id: Id) -> Result<Run, Error> {
        let no_run = || Error::NotFound { kind: "run", key: id.to_string() };
        let run = self.0.store.reader().run(id).await?.ok_or_else(no_run)?;
        if self.may_see(caller, &run).await? { Ok(run) } else { Err(no_run()) }
    }

    async fn may_see(&self, caller: &Caller, run: &Run) -> Result<bool, Error> {
        if caller.is_unlimited() || run.initiator == caller.id {
            return Ok(true);
        }
        let plan = self.plan()?;
        if self.readable(&plan, caller, &run.entity, run.record).await.is_ok() {
            return Ok(true);
        }
        let tasks = self.0.store.reader().tasks_of_run(run.id).await?;
        Ok(tasks.iter().any(|task| task.assignee == caller.id && task.opened_at.is_some()))
    }

    async fn run_views(&self, caller: &Caller, runs: &[Run]) -> Result<Vec<Value>, Error> {
        let records = runs.iter().map(|run| (run.entity.as_str(), run.record));
        let titles = self.record_titles(caller, records, &BTreeMap::new()).await?;
        let directory = self.directory().await?;
        let mut views = Vec::new();
        for run in runs {
            let workflow = self.pinned_workflow(run.release, &run.workflow).await?;
            let name = directory.users.get(&run.initiator).map(|user| user.name.clone());
            views.push(json!({
                "id": run.id,
                "workflow": run.workflow,
                "title": workflow.def.title,
                "release": run.release,
                "state": run.state,
                "entity": run.entity,
                "record": { "id": run.record, "title": titles.get(&run.record) },
                "started_at": run.started_at,
                "ended_at": run.ended_at,
                "initiator": { "id": run.initiator, "name": name },
                "revision": run.revision,
            }));
        }
        Ok(views)
    }
}

fn visit_view(
    visit: &Visit,
    title: Option<&str>,
    def: &kezhi_types::def::workflow::WorkflowDef,
    tasks: &[Value],
) -> Value {
    let node = def.nodes.get(&visit.node).and_then(|node| serde_json::to_value(node).ok());
    json!({
        "node": visit.node,
        "visit": visit.number,
        "title": title,
        "type": node.as_ref().and_then(|node| node.get("type")),
        "entered_at": visit.entered_at,
        "left_at": visit.left_at,
        "outcome": visit.outcome,
        "reason": visit.reason,
        "tasks": tasks,
    })
}
