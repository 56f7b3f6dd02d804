//! What somebody does in a scenario, and the time that passes.

use jiff::tz::TimeZone;
use kezhi_plan::calendar::Duration;
use kezhi_store::RunFilter;
use kezhi_types::def::scenario::{StepDef, TaskOf};
use kezhi_types::run::{Task, TaskState};
use kezhi_types::{Caller, Entrance, Fields, Id, Timestamp};

use super::stage::{Stage, told};
use crate::error::Error;
use crate::records::Manner;
use crate::workflows::TaskInput;

/// How far the clock moves when something is due and does not go away, in milliseconds.
const PATIENCE: i64 = 3_600_000;
/// Runs of one record that are looked through.
const RUNS: u32 = 500;

impl Stage {
    /// Does what a step says and lets the engine settle.
    ///
    /// # Errors
    /// A sentence, when it went otherwise than the step says.
    pub(super) async fn perform(&mut self, deed: &StepDef) -> Result<(), String> {
        if let Some(after) = &deed.after {
            return self.pass(after).await;
        }
        let done = self.attempt(deed).await?;
        self.settle().await?;
        match (done, &deed.refused) {
            (Ok(record), None) => {
                if let (Some(name), Some(record)) = (&deed.name, record) {
                    self.records.insert(name.clone(), record);
                }
                Ok(())
            }
            (Ok(_), Some(code)) => Err(format!("expected to be refused with {code}, but it was done")),
            (Err(error), None) => Err(format!("expected to be done, but: {}", told(error))),
            (Err(error), Some(code)) if codes(&error).contains(code) => Ok(()),
            (Err(error), Some(code)) => {
                Err(format!("expected to be refused with {code}, but: {}", told(error)))
            }
        }
    }

    /// Tries it; a new record is answered with its entity.
    async fn attempt(&self, deed: &StepDef) -> Result<Result<Option<(String, Id)>, Error>, String> {
        let caller = self.caller(deed.by.as_deref()).await?;
        let fields = self.resolved(&deed.fields)?;
        let manner = Manner { confirmed: deed.confirm.clone(), ..Manner::default() };
        let runtime = &self.runtime;
        if let Some(entity) = &deed.create {
            let view = runtime.create_record(&caller, Entrance::Api, entity, (fields, manner)).await;
            return Ok(view.map(|view| Some((entity.clone(), view.id))));
        }
        if let Some(form) = &deed.submit {
            let record = deed.record.as_deref().map(|name| self.record(name)).transpose()?.map(|(_, id)| id);
            let entity = runtime.plan().map_err(told)?.forms.get(form).map(|form| form.entity.clone());
            let entity = entity.ok_or_else(|| format!("there is no form `{form}`"))?;
            let view = runtime.submit_form(&caller, form, (record, fields, manner)).await;
            return Ok(view.map(|view| Some((entity, view.id))));
        }
        if let Some(name) = &deed.update {
            let at = self.record(name)?;
            return Ok(runtime
                .update_record(&caller, Entrance::Api, at, (fields, manner))
                .await
                .map(|_| None));
        }
        if let Some(name) = &deed.delete {
            let (entity, id) = self.record(name)?;
            return Ok(runtime.delete_record(&caller, (entity, id), manner).await.map(|_| None));
        }
        let Some(task) = &deed.task else {
            return Err(
                "the step says nothing that can be done: create, update, delete, submit, task or after"
                    .to_owned(),
            );
        };
        self.work(deed, task, (&caller, fields)).await
    }

    async fn work(
        &self,
        deed: &StepDef,
        task: &TaskOf,
        (caller, fields): (&Caller, Fields),
    ) -> Result<Result<Option<(String, Id)>, Error>, String> {
        let verb = deed.verb.ok_or("the step does not say what to `do` with the task")?;
        let found = self.task_meant(task, caller).await?;
        let input = TaskInput {
            comment: deed.comment.clone(),
            fields,
            outcome: deed.outcome.clone(),
            to: deed.to.as_deref().map(|name| self.named(name)).transpose()?,
            revision: None,
            confirmed: deed.confirm.clone(),
            once: None,
        };
        Ok(self.runtime.act_on_task(caller, found.id, (verb, input)).await.map(|_| None))
    }

    /// The task that a step means: an open one of the caller before any other.
    async fn task_meant(&self, meant: &TaskOf, caller: &Caller) -> Result<Task, String> {
        let (entity, id) = self.record(&meant.of)?;
        let mut tasks = Vec::new();
        for (workflow, task) in self.tasks_of(entity, id).await? {
            let fits = meant.node.as_ref().is_none_or(|node| *node == task.node)
                && meant.workflow.as_ref().is_none_or(|wanted| *wanted == workflow);
            if fits {
                tasks.push(task);
            }
        }
        let mine = |task: &Task| task.assignee == caller.id;
        tasks.sort_by_key(|task| (!mine(task), task.state != TaskState::Open, std::cmp::Reverse(task.id)));
        let at = meant.node.as_ref().map(|node| format!(" at `{node}`")).unwrap_or_default();
        tasks.into_iter().next().ok_or_else(|| format!("there is no task of `{}`{at}", meant.of))
    }

    /// Every task about a record with the workflow that it belongs to.
    pub(super) async fn tasks_of(&self, entity: &str, record: Id) -> Result<Vec<(String, Task)>, String> {
        let filter =
            RunFilter { entity: Some(entity.to_owned()), record: Some(record), ..RunFilter::default() };
        self.tasks_where(&filter).await
    }

    /// Every task of runs, with the workflow that it belongs to.
    pub(super) async fn tasks_where(&self, filter: &RunFilter) -> Result<Vec<(String, Task)>, String> {
        let reader = self.runtime.0.store.reader();
        let mut tasks = Vec::new();
        for run in reader.runs(filter, None, RUNS).await.map_err(|error| error.to_string())? {
            let found = reader.tasks_of_run(run.id).await.map_err(|error| error.to_string())?;
            tasks.extend(found.into_iter().map(|task| (run.workflow.clone(), task)));
        }
        Ok(tasks)
    }

    /// Lets time pass, from one due instant to the next.
    async fn pass(&self, after: &str) -> Result<(), String> {
        let zone = TimeZone::get(&self.runtime.plan().map_err(told)?.zone).unwrap_or(TimeZone::UTC);
        let clock = self.runtime.clock();
        let end = Duration::parse(after).map_err(|said| said.en)?.add(clock.now(), &zone);
        while clock.now() < end {
            let next = self.next_due(&zone).await.map_err(told)?.min(end);
            clock.advance(next.0 - clock.now().0);
            self.settle().await?;
        }
        Ok(())
    }

    /// The next instant at which something is due: a timer, a schedule, a message, or a new day.
    async fn next_due(&self, zone: &TimeZone) -> Result<Timestamp, Error> {
        let now = self.runtime.clock().now();
        let reader = self.runtime.0.store.reader();
        let due = [
            reader.next_timer_at().await?,
            reader.next_schedule_at().await?,
            reader.next_message_at().await?,
        ];
        let is_stuck = due.iter().flatten().any(|due| *due <= now);
        let tomorrow = now.date_in(zone).tomorrow().ok().and_then(|day| day.to_zoned(zone.clone()).ok());
        let later = due.into_iter().flatten().filter(|due| *due > now);
        let next = later.chain(tomorrow.map(|day| Timestamp::from(day.timestamp()))).min();
        let patient = now.plus_millis(PATIENCE);
        let next = next.unwrap_or(patient);
        Ok(if is_stuck { next.min(patient) } else { next })
    }
}

/// The codes that an error may be expected by: that of the answer, and those of its violations.
fn codes(error: &Error) -> Vec<String> {
    match error {
        Error::Invalid(violations) => {
            let rules = violations.0.iter().filter_map(|found| found.rule.clone());
            let codes = violations.0.iter().map(|found| found.code.clone());
            std::iter::once("record.invalid".to_owned()).chain(codes).chain(rules).collect()
        }
        Error::Conflict { code, .. } => vec![(*code).to_owned()],
        Error::Denied { .. } => vec!["access.denied".to_owned()],
        Error::NotFound { kind, .. } => vec![format!("{kind}.not_found")],
        Error::UnknownEntity(_) => vec!["entity.not_found".to_owned()],
        Error::Stale { .. } => vec!["record.stale".to_owned()],
        Error::Script(_) => vec!["script.failed".to_owned()],
        _ => Vec::new(),
    }
}
