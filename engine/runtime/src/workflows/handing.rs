//! One task of somebody who leaves, handed on: a step of its run that also notes in the job what became of it, in the same
//! transaction, so that a power cut neither repeats nor forgets one.

use kezhi_store::{JobRow, JobState, RowFate, Tx};
use kezhi_types::Id;
use kezhi_types::run::TaskState;
use serde_json::json;

use super::step::Push;
use super::tasks::no_task;
use crate::error::Error;
use crate::jobs::no_job;
use crate::runtime::Runtime;
use kezhi_plan::workflow::RunSnapshot;

/// A task on its way to somebody else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handing {
    /// The job that counts it.
    pub job: Id,
    /// The task.
    pub task: Id,
    /// Who started the job.
    pub by: Id,
    /// To whom.
    pub to: Id,
}

impl Runtime {
    /// Hands one task on.
    ///
    /// # Errors
    /// Not found where the task is gone or the job has been stopped; what the run says against it.
    pub(crate) async fn hand_task_on(&self, handing: Handing) -> Result<(), Error> {
        let row = self.0.store.reader().task(handing.task).await?.ok_or_else(|| no_task(handing.task))?;
        self.push(row.task.run, Push::HandOver(handing)).await.map(drop)
    }

    /// Notes in the job what became of a task.
    pub(super) async fn note_handed(tx: &mut Tx, handing: Handing, rows: &RunSnapshot) -> Result<(), Error> {
        let job = tx.lock_job(handing.job).await?.filter(|job| !job.state.is_ended());
        let mut job = job.ok_or_else(|| no_job(handing.job))?;
        let task = rows.task(handing.task).ok_or_else(|| no_task(handing.task))?;
        // A task that was handed on says to whom, which need not be whoever was asked for.
        let reached = task.state_reason.as_ref().filter(|_| task.state == TaskState::Transferred);
        let to = reached.and_then(|id| id.parse().ok()).unwrap_or(handing.to);
        job.state = JobState::Running;
        job.done += 1;
        count(&mut job.result, "tasks");
        let note = json!({ "what": "task", "title": task.title, "to": to });
        let row = JobRow {
            row: job.done + job.errors,
            fate: RowFate::Updated,
            record: Some(task.id),
            version: None,
            note,
        };
        tx.append_job_rows(handing.job, &[row]).await?;
        Ok(tx.save_job(&job).await?)
    }
}

/// One more of something in what came of a job.
pub(crate) fn count(result: &mut serde_json::Value, what: &str) {
    let known = result[what].as_i64().unwrap_or(0);
    result[what] = json!(known + 1);
}
