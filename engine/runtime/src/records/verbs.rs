//! The verbs of one record: create, change, delete, restore. Each is one transaction; a success is durable.

use std::collections::BTreeSet;
use std::future::Future;

use kezhi_store::Tx;
use kezhi_types::{Caller, Entrance, Fields, Id, Violations};

use super::change::{Change, Rights, WriteContext, Written};
use super::read::RecordView;
use super::write::Pending;
use crate::error::Error;
use crate::runtime::Runtime;

/// How often a transaction that the database asked to repeat is repeated.
pub(super) const TRIES: usize = 5;

/// How a person's change comes in.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// Rules that the caller has confirmed.
    pub confirmed: BTreeSet<String>,
    /// The version that the change was made to.
    pub version: Option<i64>,
    /// The id of a new record, where a repetition of the request must find it.
    pub id: Option<Id>,
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
        let id = manner.id.unwrap_or_else(|| Id::new(self.0.clock.now()));
        if manner.id.is_some() {
            let plan = self.plan()?;
            super::read::entity_known(&plan, caller, entity)?;
            if let Some(there) = self.0.store.reader().get_record(entity, id).await? {
                return self.view_or_stub(&plan, caller, &there, Violations::default()).await;
            }
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
        let change = Change::Update { entity: entity.to_owned(), id, fields, version: manner.version };
        self.change_record(caller, entrance, (change, manner)).await
    }

    async fn change_record(
        &self,
        caller: &Caller,
        entrance: Entrance,
        (change, manner): (Change, Manner),
    ) -> Result<RecordView, Error> {
        self.plan()?;
        let (runtime, caller) = (self.clone(), caller.clone());
        // A request that is dropped half-way must not hold the writer: the transaction runs in a task of its own.
        spawned(async move {
            let mut tries = 0;
            loop {
                let context = runtime.context(&caller, entrance, &manner)?;
                match runtime.change_once(&context, change.clone()).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    outcome => return runtime.view_written(&context, outcome?).await,
                }
            }
        })
        .await
    }

    async fn change_once(&self, context: &WriteContext, change: Change) -> Result<Written, Error> {
        let mut tx = self.begin(context).await?;
        let mut pending = Pending::new();
        let mut written = self.write(&mut tx, context, change, &mut pending).await?;
        if !pending.is_empty() {
            self.derive_pending(&mut tx, context, pending).await?;
            // What was derived for the record by the transaction itself is part of the answer.
            let stored = tx.get_record(&written.record.entity, written.record.id).await?;
            written.record = stored.unwrap_or(written.record);
        }
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
            Error::Superseded { .. } => {
                self.load_live_release().await?;
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
        })
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
