//! The verbs of one record: create, change, delete, restore. Each is one transaction; a success is durable.

use std::collections::BTreeSet;
use std::future::Future;

use kezhi_store::Tx;
use kezhi_types::{Caller, Entrance, Fields, Id, Violations};
use serde_json::Value;

use super::change::{Change, Rights, WriteContext, Written};
use super::pending::Pending;
use super::read::RecordView;
use super::verdicts::Verdicts;
use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::runtime::Runtime;

/// How often a transaction that the database asked to repeat is repeated.
pub(super) const TRIES: usize = 5;
/// How often it is looked for a release that is just being committed, and what lies between two looks.
const PATIENCE: usize = 500;
const MOMENT: std::time::Duration = std::time::Duration::from_millis(2);

/// How a person's change comes in.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Rules that the caller has confirmed.
    pub confirmed: BTreeSet<String>,
    /// The version that the change was made to.
    pub version: Option<i64>,
    /// Where the request came under a key and must happen once.
    pub once: Option<Once>,
}

impl Runtime {
    /// Creates a record, with its event and everything derived from it, or changes nothing.
    ///
    /// # Errors
    /// Denied, unknown entity, or all violations.
    pub async fn create_record(
        &self,
        caller: &Caller,
        entrance: Entrance,
        entity: &str,
        (fields, manner): (Fields, Manner),
    ) -> Result<RecordView, Error> {
        let id = manner.once.as_ref().map_or_else(|| Id::new(self.0.clock.now()), Once::id);
        if manner.once.as_ref().is_some_and(|once| once.done().is_some()) {
            return self.done_before(caller, (entity, id)).await;
        }
        let change = Change::Create { entity: entity.to_owned(), id: Some(id), fields };
        self.change_record(caller, entrance, (change, manner)).await
    }

    /// Changes a record by a JSON merge patch, or nothing.
    ///
    /// # Errors
    /// Denied, not found, stale, or all violations.
    pub async fn update_record(
        &self,
        caller: &Caller,
        entrance: Entrance,
        (entity, id): (&str, Id),
        (fields, manner): (Fields, Manner),
    ) -> Result<RecordView, Error> {
        if manner.once.as_ref().is_some_and(|once| once.done().is_some()) {
            return self.done_before(caller, (entity, id)).await;
        }
        let change = Change::Update { entity: entity.to_owned(), id, fields, version: manner.version };
        self.change_record(caller, entrance, (change, manner)).await
    }

    /// A record that an earlier turn of the same request wrote, as the caller may see it now.
    async fn done_before(&self, caller: &Caller, (entity, id): (&str, Id)) -> Result<RecordView, Error> {
        let plan = self.plan()?;
        super::read::entity_known(&plan, caller, entity)?;
        let record = self.0.store.reader().get_record(entity, id).await?;
        let record = record.ok_or_else(|| Error::no_record(id))?;
        self.view_or_stub(&plan, caller, &record, Violations::default()).await
    }

    async fn change_record(
        &self,
        caller: &Caller,
        entrance: Entrance,
        (change, manner): (Change, Manner),
    ) -> Result<RecordView, Error> {
        let (subject, key) = match &change {
            Change::Update { entity, id, .. } => (Some((entity.clone(), *id)), entity.clone()),
            Change::Create { entity, .. } => (None, entity.clone()),
        };
        super::read::entity_known(&*self.plan()?, caller, &key)?;
        self.may_guess(caller)?;
        let (runtime, caller) = (self.clone(), caller.clone());
        // A request that is dropped half-way must not hold the writer: the transaction runs in a task of its own.
        spawned(async move {
            let mut tries = 0;
            let mut context = runtime.patient_context(&caller, entrance, &manner)?;
            loop {
                match runtime.change_once(&context, change.clone(), manner.once.as_ref()).await {
                    Err(Error::Unjudged) => runtime.judge_outside(&context).await?,
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => {
                        tries += 1;
                        context = runtime.patient_context(&caller, entrance, &manner)?;
                    }
                    Ok(written) => return runtime.view_written(&context, written).await,
                    Err(error) => {
                        let error = runtime.heard(&caller, &key, error);
                        return Err(runtime.told_whole(&caller, subject, error).await);
                    }
                }
            }
        })
        .await
    }

    /// What stands against a change that was made to an older version, with everything that reading it shows: what is
    /// looked up in other records is not known inside the transaction.
    pub(super) async fn told_whole(
        &self,
        caller: &Caller,
        subject: Option<(String, Id)>,
        error: Error,
    ) -> Error {
        let (Error::Stale { given, .. }, Some((entity, id))) = (&error, subject) else { return error };
        match self.get_record(caller, &entity, id).await {
            Ok(view) => Error::Stale { stored: Box::new(view.fields), given: *given },
            Err(_) => error,
        }
    }

    async fn change_once(
        &self,
        context: &WriteContext,
        change: Change,
        once: Option<&Once>,
    ) -> Result<Written, Error> {
        let mut tx = self.begin(context).await?;
        let mut pending = Pending::new();
        let mut written = self.write(&mut tx, context, change, &mut pending).await?;
        if !pending.is_empty() {
            self.derive_pending(&mut tx, context, pending).await?;
            // What was derived for the record by the transaction itself is part of the answer.
            let stored = tx.get_record(&written.record.entity, written.record.id).await?;
            written.record = stored.unwrap_or(written.record);
        }
        settle(once, &mut tx, &Value::Bool(true)).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(written)
    }

    /// Opens a transaction that obeys the context's plan.
    ///
    /// # Errors
    /// [`Error::Superseded`] when another release has become live in between.
    pub(crate) async fn begin(&self, context: &WriteContext) -> Result<Tx, Error> {
        let mut tx = self.0.store.begin().await?;
        let live = tx.live_release_number().await?;
        if live != context.plan.release {
            return Err(Error::Superseded { live });
        }
        Ok(tx)
    }

    /// Whether an error says that the same work may succeed if done again; loads the live release if that moved.
    pub(crate) async fn worth_repeating(&self, error: &Error) -> Result<bool, Error> {
        match error {
            Error::Superseded { live } => {
                // The release may be known to the writer a moment before its commit can be read.
                for _ in 0..PATIENCE {
                    self.load_live_release().await?;
                    if self.0.live.number() >= *live {
                        break;
                    }
                    tokio::time::sleep(MOMENT).await;
                }
                Ok(true)
            }
            Error::Store(error) => Ok(error.is_transient()),
            _ => Ok(false),
        }
    }

    /// The circumstances of a person's change under the plan that is live now.
    pub(crate) fn context(
        &self,
        caller: &Caller,
        entrance: Entrance,
        manner: &Manner,
    ) -> Result<WriteContext, Error> {
        let rights = if caller.is_unlimited() { Rights::Full } else { Rights::Caller };
        Ok(WriteContext {
            plan: self.plan()?,
            caller: caller.clone(),
            entrance,
            now: self.0.clock.now(),
            depth: 0,
            confirmed: manner.confirmed.clone(),
            workflows: true,
            rights,
            run: None,
            verdicts: None,
        })
    }

    /// The same for a write that is tried again after scripts have judged outside of its transaction.
    pub(super) fn patient_context(
        &self,
        caller: &Caller,
        entrance: Entrance,
        manner: &Manner,
    ) -> Result<WriteContext, Error> {
        let context = self.context(caller, entrance, manner)?;
        Ok(WriteContext { verdicts: Some(Verdicts::default()), ..context })
    }

    /// What a caller may see of what was written; `{id, version}` where that is nothing.
    pub(crate) async fn view_written(
        &self,
        context: &WriteContext,
        written: Written,
    ) -> Result<RecordView, Error> {
        let Written { record, warnings, .. } = written;
        self.view_or_stub(&context.plan, &context.caller, &record, warnings).await
    }
}

/// Runs work in a task of its own, so that dropping the caller does not drop it half-way.
pub(crate) async fn spawned<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(work)
        .await
        .map_err(|error| Error::Internal(format!("a transaction ended abnormally: {error}")))?
}
