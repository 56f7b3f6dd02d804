//! An import taken back: what it created goes to the recycle bin unless somebody has worked on it, what it changed gets
//! its former values where nobody has changed them since. Backwards, in slices; what has to stay is told with the reason.

use kezhi_store::{Job, JobRow, JobState, RowFate, Tx};
use kezhi_types::{Caller, Entrance, Fields, Id, Violation, Violations};
use serde_json::{Value, json};

use super::slice::refusal;
use super::worked::worked_on;
use super::{KIND, Spec, UNDO, report};
use crate::audit::{Note, note};
use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::jobs::{JobView, queued};
use crate::records::{Change, Manner, Pending, Rights, WriteContext, entity_known, entity_of};
use crate::runtime::Runtime;

/// Records of one slice.
const SLICE: u32 = 100;
/// How often a transaction that may succeed another time is repeated.
const TRIES: usize = 5;

/// What became of one record.
enum Back {
    Deleted,
    Restored,
    Left(Violations),
}

impl Runtime {
    /// Begins to take an import of the caller's back; the answer is the job that does it. One that was stopped, or could
    /// not go on, is gone on with.
    ///
    /// # Errors
    /// Not found; [`Error::Conflict`] with `import.running`, `import.undone`, or `import.nothing_to_undo`; denied,
    /// when the caller may not import any more.
    pub async fn undo_import(&self, caller: &Caller, id: Id, once: Option<Once>) -> Result<JobView, Error> {
        if let Some(begun) = self.begun_under(caller, once.as_ref()).await? {
            return Ok(begun);
        }
        let plan = self.plan()?;
        let import = self.job_of(caller, id).await?;
        let entity = entity_known(&plan, caller, &import.entity)?;
        let spec: Spec = serde_json::from_value(import.spec.clone()).map_err(|_| crate::jobs::no_job(id))?;
        self.may_import(&plan, caller, (entity, spec.options.mode()))?;
        let now = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        let import = tx.lock_job(id).await?.filter(|job| job.kind == KIND);
        let mut import = import.ok_or_else(|| crate::jobs::no_job(id))?;
        let earlier = match undone_by(&import) {
            Some(earlier) => tx.job(earlier).await?,
            None => None,
        };
        if let Some(code) = hindrance((&import, &spec), earlier.as_ref()) {
            let detail = format!("the import {id} cannot be undone");
            return Err(Error::Conflict { code, detail, data: Value::Null });
        }
        let mut job = queued(UNDO, &import.entity, caller, now);
        job.id = once.as_ref().map_or(job.id, Once::id);
        let before = |earlier: &Job| earlier.spec["before"].as_i64().unwrap_or(0) + earlier.done;
        let before = earlier.as_ref().map_or(0, before);
        job.spec = json!({ "import": id, "before": before, "language": caller.language });
        job.result = json!({ "import": id, "deleted": 0, "restored": 0 });
        job.total = Some(touched(&import) - before);
        job.checkpoint = earlier.map_or(Value::Null, |earlier| earlier.checkpoint);
        import.result["undone_by"] = json!(job.id);
        tx.save_job(&import).await?;
        self.enqueue_job(&mut tx, caller, &job).await?;
        let told = Note::new("import", "undone", caller, now).entity(&import.entity);
        note(&mut tx, told.detail("job", job.id.to_string()).detail("import", id.to_string())).await?;
        settle(once.as_ref(), &mut tx, &json!(job.id)).await?;
        tx.commit().await?;
        self.0.jobs.notify_one();
        Ok(job.into())
    }

    /// Whether the undo of an import holds: it is under way, or everything was done. One that was stopped may be gone on
    /// with.
    pub(super) async fn is_undone(&self, import: &Value) -> Result<bool, Error> {
        let Some(undo) = import["undone_by"].as_str().and_then(|id| id.parse().ok()) else {
            return Ok(false);
        };
        let undo = self.0.store.reader().patient().job(undo).await?;
        Ok(undo.is_some_and(|undo| holds(&undo)))
    }

    /// Works off an undo from where it stands until it ends, however it does.
    ///
    /// # Errors
    /// What keeps it from going on; what was taken back stays so, the checkpoint with it.
    pub(crate) async fn work_undo(&self, id: Id) -> Result<(), Error> {
        loop {
            let job = self.0.store.reader().patient().job(id).await?.filter(|job| !job.state.is_ended());
            let Some(job) = job else { return Ok(()) };
            let import: Id = serde_json::from_value(job.spec["import"].clone())
                .map_err(|error| Error::Internal(error.to_string()))?;
            let before = job.checkpoint["row"].as_i64().unwrap_or(i64::MAX);
            let fates = [RowFate::Created, RowFate::Updated];
            let rows = self.0.store.reader().patient().job_rows_back(import, &fates, before, SLICE).await?;
            if rows.is_empty() {
                return self.finish_job(id).await;
            }
            let caller = self.starter(&job).await?;
            self.may_undo(&job, &caller, import).await?;
            // What one record refuses must not take the others with it: then each goes for itself.
            if !self.take_back(&job, &caller, &rows).await? {
                for row in rows {
                    self.take_back(&job, &caller, &[row]).await?;
                }
            }
        }
    }

    /// Whether whoever undoes an import may import at this moment.
    async fn may_undo(&self, job: &Job, caller: &Caller, import: Id) -> Result<(), Error> {
        let plan = self.plan()?;
        let import = self.job_of(caller, import).await?;
        let spec: Spec = serde_json::from_value(import.spec)
            .map_err(|error| Error::Internal(format!("a job cannot be read: {error}")))?;
        self.may_import(&plan, caller, (entity_known(&plan, caller, &job.entity)?, spec.options.mode()))
    }

    /// Takes rows back in one transaction; `false` when one of several refused and nothing was done.
    async fn take_back(&self, job: &Job, caller: &Caller, rows: &[JobRow]) -> Result<bool, Error> {
        let mut tries = 0;
        loop {
            match self.take_back_once(job, caller, rows).await {
                Err(error) if tries < TRIES && self.worth_repeating(&error).await? => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn take_back_once(&self, job: &Job, caller: &Caller, rows: &[JobRow]) -> Result<bool, Error> {
        let context = self.context(caller, Entrance::Import, &Manner::default())?;
        let context = WriteContext { workflows: false, ..context.confirming_all() };
        let mut tx = self.begin(&context).await?;
        let Some(mut job) = tx.lock_job(job.id).await?.filter(|job| !job.state.is_ended()) else {
            return Ok(true);
        };
        // Another server of the same database may have been here before.
        let before = job.checkpoint["row"].as_i64().unwrap_or(i64::MAX);
        let rows = &rows[rows.partition_point(|row| row.row >= before)..];
        let mut pending = Pending::new();
        let mut kept = Vec::new();
        for row in rows {
            let back = self.one_back(&mut tx, &context, (&job.entity, row), &mut pending).await;
            let key = match &back {
                Ok(Back::Deleted) => "deleted",
                Ok(Back::Restored) => "restored",
                _ => "",
            };
            let why = match back {
                Ok(Back::Left(why)) => why,
                Ok(_) => {
                    job.result[key] = (job.result[key].as_i64().unwrap_or(0) + 1).into();
                    continue;
                }
                Err(error) => {
                    let why = refusal(error)?;
                    if rows.len() > 1 {
                        tx.rollback().await?;
                        return Ok(false);
                    }
                    // What it had begun is not kept; only that it was refused is.
                    tx.rollback().await?;
                    tx = self.0.store.begin().await?;
                    let now = tx.lock_job(job.id).await?.filter(|now| !now.state.is_ended());
                    match now.filter(|now| now.checkpoint == job.checkpoint) {
                        Some(now) => job = now,
                        None => return Ok(true),
                    }
                    pending = Pending::new();
                    why
                }
            };
            let note = report::left(&why, caller);
            let record = row.record;
            kept.push(JobRow { row: row.row, fate: RowFate::Refused, record, version: None, note });
        }
        job.state = JobState::Running;
        job.done += rows.len() as i64;
        job.errors += kept.len() as i64;
        if let Some(last) = rows.last() {
            job.checkpoint = json!({ "row": last.row });
        }
        tx.append_job_rows(job.id, &kept).await?;
        tx.save_job(&job).await?;
        self.derive_pending(&mut tx, &context, pending).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(true)
    }

    async fn one_back(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (key, row): (&str, &JobRow),
        pending: &mut Pending,
    ) -> Result<Back, Error> {
        let Some(id) = row.record else { return Ok(Back::Left(Violations::default())) };
        let record = tx.lock_record(key, id).await?.filter(|record| record.deleted_at.is_none());
        let Some(record) = record else {
            return Ok(Back::Left(Violation::new("import.gone_since", "").into()));
        };
        let entity = entity_of(context, key)?;
        if row.fate == RowFate::Created {
            if worked_on(tx, &context.plan, (key, id)).await? {
                return Ok(Back::Left(Violation::new("import.changed_since", "").into()));
            }
            // Whoever brought the record in may take it out as long as nobody else has worked on it.
            let full = WriteContext { rights: Rights::Full, ..context.clone() };
            self.delete_in(tx, &full, (key, id), None).await?;
            return Ok(Back::Deleted);
        }
        let (mut fields, mut moved) = (Fields::new(), Violations::default());
        for change in row.note.as_array().into_iter().flatten() {
            let field = change["field"].as_str().unwrap_or_default();
            if record.data.get(field).unwrap_or(&Value::Null) == &change["to"] {
                fields.insert(field.to_owned(), change["from"].clone());
            } else {
                let pointer = kezhi_plan::kind::pointer("", field);
                moved.push(Violation::new("import.changed_since", pointer));
            }
        }
        if !fields.is_empty() {
            let fields = self.unsealed(&entity, id, fields)?;
            let change = Change::Update { entity: key.to_owned(), id, fields, version: None };
            self.write(tx, context, change, pending).await?;
        }
        Ok(if moved.is_empty() { Back::Restored } else { Back::Left(moved) })
    }
}

/// Why an import cannot be undone, if it cannot; `earlier` is the undo that was begun before.
fn hindrance((import, spec): (&Job, &Spec), earlier: Option<&Job>) -> Option<&'static str> {
    if !import.state.is_ended() {
        return Some("import.running");
    }
    if earlier.is_some_and(holds) {
        return Some("import.undone");
    }
    (spec.options.dry_run || touched(import) == 0).then_some("import.nothing_to_undo")
}

/// Whether an undo is under way or has done everything.
fn holds(undo: &Job) -> bool {
    !undo.state.is_ended() || undo.state == JobState::Done
}

/// The undo that was begun last.
fn undone_by(import: &Job) -> Option<Id> {
    import.result["undone_by"].as_str().and_then(|id| id.parse().ok())
}

/// How many records an import created or changed.
fn touched(import: &Job) -> i64 {
    let count = |key: &str| import.result[key].as_i64().unwrap_or(0);
    count("created") + count("updated") - count("unchanged")
}
