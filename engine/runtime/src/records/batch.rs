//! Many changes in one request: all or nothing, or each for itself.

use std::collections::BTreeSet;

use kezhi_store::{Batch as BatchRow, Tx};
use kezhi_types::{Caller, Entrance, Id, Violation, Violations};

use super::change::{Change, WriteContext, Written};
use super::create::NewRecord;
use super::operations::{BatchOperation, BatchOptions, BatchOutcome, BatchResult};
use super::pending::Pending;
use super::refusals::nameless;
use super::verbs::{Manner, TRIES, spawned};
use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::runtime::Runtime;

/// The most operations in one request.
pub(super) const MOST: usize = 10_000;
/// The most new records that are judged and stored together.
const TOGETHER: usize = 512;

/// A request of many operations on its way.
pub(super) struct Batch {
    /// What it is taken back by; the same in every turn of a request under a key.
    pub id: Id,
    pub caller: Caller,
    pub entity: String,
    pub options: BatchOptions,
    pub once: Option<Once>,
    /// What its records must fulfil when they are changed; others are passed over.
    pub condition: Option<serde_json::Value>,
}

/// One operation on its way.
struct Step<'a> {
    entity: &'a str,
    operation: &'a BatchOperation,
    /// The id of what it creates, where a repetition must find it.
    id: Option<Id>,
}

impl Batch {
    /// The circumstances under the plan that is live now.
    fn context(&self, runtime: &Runtime) -> Result<WriteContext, Error> {
        let confirmed = self.options.confirm.iter().cloned().collect::<BTreeSet<_>>();
        let manner = Manner { confirmed, ..Manner::default() };
        let context = runtime.context(&self.caller, Entrance::Batch, &manner)?;
        Ok(WriteContext { workflows: self.options.workflows, ..context })
    }

    /// The records that the condition still finds; none where there is no condition.
    async fn still_meant(&self, tx: &mut Tx, context: &WriteContext) -> Result<Option<BTreeSet<Id>>, Error> {
        let Some(condition) = &self.condition else { return Ok(None) };
        let ids: Vec<Id> = self.options.operations.iter().filter_map(updated).collect();
        Runtime::still_meant(tx, context, (&self.entity, condition), &ids).await.map(Some)
    }

    /// Has what is noted from here on belong to the request.
    async fn begin(&self, tx: &mut Tx, context: &WriteContext) -> Result<(), Error> {
        let (id, entity) = (self.id, self.entity.clone());
        let row = BatchRow { id, entity, by: self.caller.id, at: context.now, undone_at: None };
        Ok(tx.begin_batch(&row).await?)
    }

    /// What became of it, `committed` operations of which are stored.
    fn outcome(&self, committed: usize, results: Vec<BatchResult>) -> BatchOutcome {
        BatchOutcome { committed, results, batch: (committed > 0).then_some(self.id), failed: false }
    }

    fn step<'a>(&'a self, index: usize, operation: &'a BatchOperation) -> Step<'a> {
        let id = self.once.as_ref().map(|once| once.part(index).id());
        Step { entity: &self.entity, operation, id }
    }

    /// How many operations from this one on make new records, as far as they are judged and stored together.
    fn new_from(&self, at: usize) -> usize {
        let new = |operation: &&BatchOperation| matches!(operation, BatchOperation::Create { .. });
        self.options.operations[at..].iter().take(TOGETHER).take_while(new).count()
    }

    fn new_record(&self, context: &WriteContext, index: usize) -> Option<NewRecord> {
        let operation = &self.options.operations[index];
        let BatchOperation::Create { record } = operation else { return None };
        let id = self.step(index, operation).id.unwrap_or_else(|| Id::new(context.now));
        Some(NewRecord { id, fields: record.clone(), owner: None })
    }
}

impl Runtime {
    /// Carries out many operations on one entity. Under a key, what an earlier turn of the same request committed is
    /// not done again: all of an atomic batch, or each operation of another one.
    ///
    /// # Errors
    /// Unknown entity; `batch.too_large`. What is wrong with an operation is in its result.
    pub async fn batch(
        &self,
        caller: &Caller,
        entity: &str,
        (options, once): (BatchOptions, Option<Once>),
    ) -> Result<BatchOutcome, Error> {
        if options.operations.len() > MOST {
            return Err(
                Violations::from(Violation::new("batch.too_large", "/operations").with("max", MOST)).into()
            );
        }
        super::read::entity_known(&*self.plan()?, caller, entity)?;
        self.may_guess(caller)?;
        let (runtime, caller, entity) = (self.clone(), caller.clone(), entity.to_owned());
        spawned(async move {
            let id = runtime.batch_id(once.as_ref());
            let batch = Batch { id, caller, entity, options, once, condition: None };
            let mut outcome = if batch.options.atomic || batch.options.dry_run {
                runtime.batch_at_once(&batch).await?
            } else {
                runtime.batch_one_by_one(&batch).await
            };
            let plan = runtime.plan()?;
            let refused = outcome.results.iter().filter_map(|result| result.violations.as_ref());
            runtime.count_guesses(&batch.caller, refused);
            if let Some(entity) = plan.entity(&batch.entity) {
                for found in outcome.results.iter_mut().filter_map(|result| result.violations.as_mut()) {
                    *found = nameless((&plan, entity), &batch.caller, std::mem::take(found));
                }
            }
            runtime.0.wake.notify_one();
            Ok(outcome)
        })
        .await
    }

    /// The id of a batch: the same in every turn of a request under a key.
    pub(super) fn batch_id(&self, once: Option<&Once>) -> Id {
        once.map_or_else(|| Id::new(self.0.clock.now()), Once::id)
    }

    /// All or nothing, again where another transaction or a publication stood in the way.
    pub(super) async fn batch_at_once(&self, batch: &Batch) -> Result<BatchOutcome, Error> {
        if let Some(done) = batch.once.as_ref().and_then(Once::done) {
            let results: Vec<BatchResult> = serde_json::from_value(done.clone())
                .map_err(|error| Error::Internal(format!("a kept batch cannot be read: {error}")))?;
            return Ok(batch.outcome(results.len(), results));
        }
        let (mut tries, mut careful) = (0, false);
        loop {
            match self.batch_once(batch, careful).await {
                Ok(outcome) => return Ok(outcome),
                Err((error, _)) if tries < TRIES && self.worth_repeating(&error).await? => tries += 1,
                // On PostgreSQL a statement that was refused spoils its transaction; the second time each operation
                // gets a savepoint, so that the ones behind it are judged too.
                Err((Error::Store(_), true)) if !careful => careful = true,
                Err((error, _)) => return Err(error),
            }
        }
    }

    /// One try; an error comes with whether an operation may have been refused before it.
    async fn batch_once(&self, batch: &Batch, careful: bool) -> Result<BatchOutcome, (Error, bool)> {
        let untouched = |error| (error, false);
        let context = batch.context(self).map_err(untouched)?;
        let mut tx = self.begin(&context).await.map_err(untouched)?;
        batch.begin(&mut tx, &context).await.map_err(untouched)?;
        let still = batch.still_meant(&mut tx, &context).await.map_err(untouched)?;
        let mut pending = Pending::new();
        let mut results: Vec<BatchResult> = Vec::with_capacity(batch.options.operations.len());
        let mut at = 0;
        while let Some(operation) = batch.options.operations.get(at) {
            if still.as_ref().is_some_and(|still| updated(operation).is_some_and(|id| !still.contains(&id))) {
                at += 1;
                continue;
            }
            let many = if careful { 1 } else { batch.new_from(at).max(1) };
            let refused = many > 1 || results.iter().any(|result| result.status >= 400);
            let part = self.batch_part(&mut tx, (batch, &context), (at, many, careful), &mut pending);
            results.extend(part.await.map_err(|error| (error, refused))?);
            at += many;
        }
        let failed = results.iter().any(|result| result.status >= 400);
        if failed || batch.options.dry_run {
            tx.rollback().await.map_err(|error| untouched(error.into()))?;
            let failed = failed && !batch.options.dry_run;
            return Ok(BatchOutcome { failed, ..batch.outcome(0, results) });
        }
        self.derive_pending(&mut tx, &context, pending).await.map_err(untouched)?;
        let done = serde_json::to_value(&results).unwrap_or_default();
        settle(batch.once.as_ref(), &mut tx, &done).await.map_err(untouched)?;
        tx.commit().await.map_err(|error| untouched(error.into()))?;
        Ok(batch.outcome(results.len(), results))
    }

    /// `many` operations from the one at `at` on: new records together, anything else alone. Where one of several new records
    /// is refused by the database itself, none of them is answered.
    async fn batch_part(
        &self,
        tx: &mut Tx,
        (batch, context): (&Batch, &WriteContext),
        (at, many, careful): (usize, usize, bool),
        pending: &mut Pending,
    ) -> Result<Vec<BatchResult>, Error> {
        if many > 1 {
            let rows = (at..at + many).filter_map(|index| batch.new_record(context, index)).collect();
            let outcomes = self.create_many(tx, context, (&batch.entity, rows), pending).await?;
            let created = |written: Written| (201, written.record.id, Some(written.record.version));
            return (at..)
                .zip(outcomes)
                .map(|(index, outcome)| result_of(index, outcome.map(created)))
                .collect();
        }
        if careful {
            tx.savepoint().await?;
        }
        let step = batch.step(at, &batch.options.operations[at]);
        let outcome = self.operate(tx, context, step, pending).await;
        if careful && outcome.is_err() {
            tx.back_to_savepoint().await?;
        }
        Ok(vec![result_of(at, outcome)?])
    }

    /// Each operation for itself: what goes wrong with one is in its result, whatever it is.
    async fn batch_one_by_one(&self, batch: &Batch) -> BatchOutcome {
        let mut results = Vec::with_capacity(batch.options.operations.len());
        for (index, operation) in batch.options.operations.iter().enumerate() {
            let once = batch.once.as_ref().map(|once| once.part(index));
            let before = once.as_ref().and_then(Once::done).cloned();
            if let Some(done) = before.and_then(|done| serde_json::from_value(done).ok()) {
                results.push(done);
                continue;
            }
            let mut tries = 0;
            let outcome = loop {
                match self.batch_step(batch, (index, operation), once.as_ref()).await {
                    Err(error) if tries < TRIES && matches!(self.worth_repeating(&error).await, Ok(true)) => {
                        tries += 1;
                    }
                    outcome => break outcome,
                }
            };
            results.push(outcome.unwrap_or_else(|error| failed(index, &error)));
        }
        let committed = results.iter().filter(|result: &&BatchResult| result.status < 400).count();
        batch.outcome(committed, results)
    }

    async fn batch_step(
        &self,
        batch: &Batch,
        (index, operation): (usize, &BatchOperation),
        once: Option<&Once>,
    ) -> Result<BatchResult, Error> {
        let context = batch.context(self)?;
        let mut tx = self.begin(&context).await?;
        batch.begin(&mut tx, &context).await?;
        let mut pending = Pending::new();
        let outcome = self.operate(&mut tx, &context, batch.step(index, operation), &mut pending).await;
        let result = result_of(index, outcome)?;
        if result.status < 400 {
            self.derive_pending(&mut tx, &context, pending).await?;
            settle(once, &mut tx, &serde_json::to_value(&result).unwrap_or_default()).await?;
            tx.commit().await?;
        }
        Ok(result)
    }

    async fn operate(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        Step { entity, operation, id: new }: Step<'_>,
        pending: &mut Pending,
    ) -> Result<(u16, Id, Option<i64>), Error> {
        let entity_key = entity.to_owned();
        let change = match operation.clone() {
            BatchOperation::Create { record } => {
                Change::Create { entity: entity_key, id: new, fields: record }
            }
            BatchOperation::Update { id, version, record } => {
                Change::Update { entity: entity_key, id, fields: record, version }
            }
            BatchOperation::Upsert { key, record } => {
                match self.upsert(tx, context, entity, (key, record)).await? {
                    Change::Create { entity, fields, .. } => Change::Create { entity, id: new, fields },
                    update => update,
                }
            }
            BatchOperation::Delete { id, version } => {
                self.delete_in(tx, context, (entity, id), version).await?;
                return Ok((204, id, None));
            }
        };
        let status = if matches!(change, Change::Create { .. }) { 201 } else { 200 };
        let written = self.write(tx, context, change, pending).await?;
        Ok((status, written.record.id, Some(written.record.version)))
    }
}

/// The record that an operation changes.
fn updated(operation: &BatchOperation) -> Option<Id> {
    match operation {
        BatchOperation::Update { id, .. } => Some(*id),
        _ => None,
    }
}

/// What an error means for one operation; an error that concerns all of them goes on.
pub(super) fn result_of(
    index: usize,
    outcome: Result<(u16, Id, Option<i64>), Error>,
) -> Result<BatchResult, Error> {
    let blank = BatchResult { index, status: 200, id: None, version: None, code: None, violations: None };
    let (status, code, violations) = match outcome {
        Ok((status, id, version)) => return Ok(BatchResult { status, id: Some(id), version, ..blank }),
        Err(Error::Invalid(violations)) => (422, "record.invalid", Some(violations)),
        Err(Error::NotFound { .. }) => (404, "record.not_found", None),
        Err(Error::Denied { .. }) => (403, "access.denied", None),
        Err(Error::Stale { .. }) => (412, "record.stale", None),
        Err(Error::Conflict { code, .. }) => (409, code, None),
        Err(Error::Script(why)) => {
            let violation = Violation::new("script.failed", "").with("error", why);
            (422, "script.failed", Some(violation.into()))
        }
        Err(error) => return Err(error),
    };
    Ok(BatchResult { status, code: Some(code.to_owned()), violations, ..blank })
}

/// An operation that failed through no fault of the caller, in a request whose others are stored.
fn failed(index: usize, error: &Error) -> BatchResult {
    tracing::error!(index, %error, "an operation of a batch failed");
    let (status, code) = match error {
        Error::Superseded { .. } => (409, "release.superseded"),
        Error::NoScripts(_) => (503, "script.unavailable"),
        Error::Store(kezhi_store::Error::DiskFull) => (507, "store.full"),
        _ => (500, "server.failed"),
    };
    let code = Some(code.to_owned());
    BatchResult { index, status, id: None, version: None, code, violations: None }
}
