//! Jobs: work that takes longer than a request. A job is a row, worked off in slices; each slice is one transaction
//! that also moves the job's checkpoint, so `kill -9` repeats nothing and loses nothing. What a job does is told by
//! whoever starts it (`import`); here is what is the same for all of them.

/// A file on its way in.
mod upload;

use kezhi_store::{Job, JobState, Tx};
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Fields, Id, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::idempotency::Once;
use crate::people::operator;
use crate::runtime::Runtime;

pub use upload::Upload;

/// How long jobs are kept once they have ended, and may be undone: 30 days, in milliseconds.
const KEPT: i64 = 30 * 24 * 3_600_000;
/// How many rows are forgotten in one transaction.
const FORGOTTEN: u32 = 2_000;
/// Jobs in a list.
const LISTED: u32 = 100;

/// A job as its starter may see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobView {
    /// Its id.
    pub id: Id,
    /// `import`, `undo`, `duplicates`, `publish` or `handover`.
    pub kind: String,
    /// The entity that it is about.
    pub entity: String,
    /// `queued`, `running`, `done`, `failed` or `cancelled`.
    pub state: JobState,
    /// Rows worked off.
    pub done: i64,
    /// Rows in all; null until they have been counted.
    pub total: Option<i64>,
    /// Rows that were refused.
    pub errors: i64,
    /// What came of it so far, by kind; `failure: {code, message}` where it failed.
    pub result: Value,
    /// When it was started.
    pub created_at: String,
    /// When it ended.
    pub ended_at: Option<String>,
}

impl JobView {
    /// Whether it will never go on.
    pub fn is_ended(&self) -> bool {
        self.state.is_ended()
    }
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            entity: job.entity,
            state: job.state,
            done: job.done,
            total: job.total,
            errors: job.errors,
            result: job.result,
            created_at: job.created_at.to_string(),
            ended_at: job.ended_at.map(|at| at.to_string()),
        }
    }
}

/// Where a job remembers the token that began it.
const TOKEN: &str = "token";

/// A job that nobody has begun.
pub(crate) fn queued(kind: &str, entity: &str, caller: &Caller, now: Timestamp) -> Job {
    Job {
        id: Id::new(now),
        kind: kind.to_owned(),
        entity: entity.to_owned(),
        caller: caller.id,
        state: JobState::Queued,
        done: 0,
        total: None,
        errors: 0,
        spec: Value::Null,
        checkpoint: Value::Null,
        result: json!({}),
        created_at: now,
        ended_at: None,
    }
}

impl Runtime {
    /// The jobs that the caller started, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn jobs(&self, caller: &Caller) -> Result<Vec<JobView>, Error> {
        let jobs = self.0.store.reader().jobs_of(caller.id, LISTED).await?;
        Ok(jobs.into_iter().map(JobView::from).collect())
    }

    /// Stops a job. What it has done stays; one that has ended stays as it is.
    ///
    /// # Errors
    /// Not found, also for what somebody else started.
    pub async fn cancel_job(&self, caller: &Caller, id: Id) -> Result<JobView, Error> {
        let mut tx = self.0.store.begin().await?;
        let job = tx.lock_job(id).await?.filter(|job| job.caller == caller.id);
        let mut job = job.ok_or_else(|| no_job(id))?;
        if !job.state.is_ended() {
            job.state = JobState::Cancelled;
            job.ended_at = Some(self.0.clock.now());
            tx.save_job(&job).await?;
        }
        tx.commit().await?;
        self.forget_upload(id);
        self.forget_job_keys(id).await?;
        Ok(job.into())
    }

    /// The job that an earlier turn of the same request began.
    pub(crate) async fn begun_under(
        &self,
        caller: &Caller,
        once: Option<&Once>,
    ) -> Result<Option<JobView>, Error> {
        let Some(done) = once.and_then(Once::done) else { return Ok(None) };
        let id = done.as_str().and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| Error::Internal("a kept job cannot be read".to_owned()))?;
        Ok(Some(self.job_of(caller, id).await?.into()))
    }

    /// A job that the caller started.
    pub(crate) async fn job_of(&self, caller: &Caller, id: Id) -> Result<Job, Error> {
        let job = self.0.store.reader().job(id).await?.filter(|job| job.caller == caller.id);
        job.ok_or_else(|| no_job(id))
    }

    /// Stores a new job of the caller's. One that a token began is worked off with what the token leaves.
    pub(crate) async fn enqueue_job(&self, tx: &mut Tx, caller: &Caller, job: &Job) -> Result<(), Error> {
        let mut job = job.clone();
        if let (Some(narrowed), Some(spec)) = (&caller.narrowed, job.spec.as_object_mut()) {
            spec.insert(TOKEN.to_owned(), json!(narrowed.token));
        }
        Ok(tx.insert_job(&job).await?)
    }

    /// Forgets jobs that ended longer ago than they are kept, with what became of their rows, and files that nobody came
    /// back for; some at a time, so that nobody waits long for it.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn forget_jobs(&self) -> Result<(), Error> {
        self.sweep_uploads().await?;
        let before = self.0.clock.now().plus_millis(-KEPT);
        loop {
            let mut tx = self.0.store.begin().await?;
            let gone = tx.delete_old_jobs(before, FORGOTTEN).await?;
            tx.commit().await?;
            if gone == 0 {
                return Ok(());
            }
        }
    }

    /// Forgets what a job that has ended remembered of its rows to compare them.
    pub(crate) async fn forget_job_keys(&self, id: Id) -> Result<(), Error> {
        loop {
            let mut tx = self.0.store.begin().await?;
            let gone = tx.forget_job_keys(id, FORGOTTEN).await?;
            tx.commit().await?;
            if gone < u64::from(FORGOTTEN) {
                return Ok(());
            }
        }
    }

    /// Whoever started a job, with the rights that they have now, in the language in which they asked for it.
    ///
    /// # Errors
    /// Denied, when they may not sign in any more.
    pub(crate) async fn starter(&self, job: &Job) -> Result<Caller, Error> {
        let token = job.spec.get(TOKEN).and_then(Value::as_str).and_then(|id| id.parse().ok());
        let caller = if let Some(token) = token {
            let known = self.caller_under_token(token).await;
            known.map_err(|_| Error::denied(job.kind.as_str(), &job.entity))?
        } else if job.caller == Id::SYSTEM {
            operator()
        } else {
            let directory = self.directory().await?;
            let user = directory.users.get(&job.caller).filter(|user| user.active);
            let known = user.map(|user| directory.caller(user));
            known.ok_or_else(|| Error::denied(job.kind.as_str(), &job.entity))?
        };
        let asked =
            job.spec.get("language").and_then(|language| serde_json::from_value(language.clone()).ok());
        Ok(Caller { language: asked.unwrap_or(caller.language), ..caller })
    }

    /// Ends a job that cannot go on, saying why in the language of its starter.
    pub(crate) async fn fail_job(&self, id: Id, failure: Value) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        let Some(mut job) = tx.lock_job(id).await?.filter(|job| !job.state.is_ended()) else { return Ok(()) };
        job.state = JobState::Failed;
        job.ended_at = Some(self.0.clock.now());
        if let Some(result) = job.result.as_object_mut() {
            result.insert("failure".to_owned(), failure);
        }
        tx.save_job(&job).await?;
        tx.commit().await?;
        self.forget_upload(id);
        self.forget_job_keys(id).await?;
        Ok(())
    }
}

/// There is no such job, or somebody else started it.
pub(crate) fn no_job(id: Id) -> Error {
    Error::NotFound { kind: "job", key: id.to_string() }
}

/// Why a job failed: `{code, message}`.
pub(crate) fn failure(caller: &Caller, error: &Error) -> Value {
    let said = |code: &str, args: &Fields| sentence(caller.language, code, args);
    let (code, message) = match error {
        Error::Denied { action, subject } => {
            let args = json!({ "action": action, "subject": subject });
            ("access.denied", said("access.denied", args.as_object().unwrap_or(&Fields::new())))
        }
        Error::UnknownEntity(entity) => {
            let args = Fields::from_iter([("entity".to_owned(), Value::from(entity.as_str()))]);
            ("entity.not_found", said("entity.not_found", &args))
        }
        Error::BadFile(why) => ("file.unreadable", why.clone()),
        Error::NoScripts(_) => ("script.unavailable", said("script.unavailable", &Fields::new())),
        Error::Secret { code, .. } => (*code, said(code, &Fields::new())),
        Error::Invalid(violations) => match violations.0.first() {
            Some(first) => return json!({ "code": first.code, "message": said(&first.code, &first.args) }),
            None => ("record.invalid", error.to_string()),
        },
        // What is in the way is told beside the code.
        Error::Conflict { code, data, .. } => {
            let mut told = json!({ "code": code, "message": said(code, &Fields::new()) });
            if let (Some(told), Some(data)) = (told.as_object_mut(), data.as_object()) {
                told.extend(data.clone());
            }
            return told;
        }
        Error::Definitions(found) => {
            let args = Fields::from_iter([("count".to_owned(), found.len().into())]);
            ("draft.invalid", said("draft.invalid", &args))
        }
        _ => ("server.failed", said("server.failed", &Fields::new())),
    };
    json!({ "code": code, "message": message })
}
