//! Many changes in one request: all or nothing, or each for itself.

use std::collections::BTreeSet;

use kezhi_plan::kind;
use kezhi_types::{Caller, Entrance, Fields, Id, Violation, Violations};
use serde::{Deserialize, Serialize};

use super::change::{Change, WriteContext};
use super::verbs::{Manner, spawned};
use super::write::{Pending, entity_of};
use crate::error::Error;
use crate::facts::column_of;
use crate::runtime::Runtime;

/// The most operations in one request.
const MOST: usize = 10_000;

/// One operation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract has them")]
pub enum BatchOperation {
    Create {
        record: Fields,
    },
    Update {
        id: Id,
        #[serde(default)]
        version: Option<i64>,
        record: Fields,
    },
    Upsert {
        key: Fields,
        record: Fields,
    },
    Delete {
        id: Id,
        #[serde(default)]
        version: Option<i64>,
    },
}

/// A request of many operations on one entity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the contract has them")]
pub struct BatchOptions {
    pub operations: Vec<BatchOperation>,
    #[serde(default = "yes")]
    pub atomic: bool,
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default = "yes")]
    pub workflows: bool,
    #[serde(default)]
    pub confirm: Vec<String>,
}

/// What became of a request.
#[derive(Debug, Clone, Serialize)]
pub struct BatchOutcome {
    /// How many operations are stored.
    pub committed: usize,
    /// One for each operation, in order.
    pub results: Vec<BatchResult>,
    /// Whether an atomic request failed and nothing is stored.
    #[serde(skip)]
    pub failed: bool,
}

/// What became of one operation.
#[derive(Debug, Clone, Serialize)]
pub struct BatchResult {
    /// Its place in the request.
    pub index: usize,
    /// As the single route would have answered: 200, 201, 204, 404, 422 …
    pub status: u16,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why not, in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violations: Option<Violations>,
}

impl Runtime {
    /// Carries out many operations on one entity.
    ///
    /// # Errors
    /// Unknown entity; `batch.too_large`. What is wrong with an operation is in its result.
    pub async fn batch(
        &self,
        caller: &Caller,
        entity: &str,
        options: BatchOptions,
    ) -> Result<BatchOutcome, Error> {
        if options.operations.len() > MOST {
            return Err(
                Violations::from(Violation::new("batch.too_large", "/operations").with("max", MOST)).into()
            );
        }
        super::read::entity_known(&*self.plan()?, caller, entity)?;
        let (runtime, caller, entity) = (self.clone(), caller.clone(), entity.to_owned());
        spawned(async move {
            let manner = Manner {
                confirmed: options.confirm.iter().cloned().collect::<BTreeSet<_>>(),
                ..Manner::default()
            };
            let context = runtime.context(&caller, Entrance::Batch, &manner)?;
            let context = WriteContext { workflows: options.workflows, ..context };
            let outcome = if options.atomic || options.dry_run {
                runtime.batch_at_once(&context, &entity, &options).await?
            } else {
                runtime.batch_one_by_one(&context, &entity, &options).await?
            };
            runtime.0.wake.notify_one();
            Ok(outcome)
        })
        .await
    }

    async fn batch_at_once(
        &self,
        context: &WriteContext,
        entity: &str,
        options: &BatchOptions,
    ) -> Result<BatchOutcome, Error> {
        let mut tx = self.begin(context).await?;
        let mut pending = Pending::new();
        let mut results = Vec::with_capacity(options.operations.len());
        for (index, operation) in options.operations.iter().enumerate() {
            let outcome = self.operate(&mut tx, context, (entity, operation.clone()), &mut pending).await;
            let result = result_of(index, outcome)?;
            results.push(result);
        }
        let failed = results.iter().any(|result| result.status >= 400);
        if failed || options.dry_run {
            tx.rollback().await?;
            return Ok(BatchOutcome { committed: 0, results, failed: failed && !options.dry_run });
        }
        self.derive_pending(&mut tx, context, pending).await?;
        tx.commit().await?;
        Ok(BatchOutcome { committed: results.len(), results, failed: false })
    }

    async fn batch_one_by_one(
        &self,
        context: &WriteContext,
        entity: &str,
        options: &BatchOptions,
    ) -> Result<BatchOutcome, Error> {
        let mut results = Vec::with_capacity(options.operations.len());
        for (index, operation) in options.operations.iter().enumerate() {
            let mut tx = self.begin(context).await?;
            let mut pending = Pending::new();
            let outcome =
                match self.operate(&mut tx, context, (entity, operation.clone()), &mut pending).await {
                    Ok(done) => {
                        self.derive_pending(&mut tx, context, pending).await?;
                        tx.commit().await?;
                        Ok(done)
                    }
                    Err(error) => Err(error),
                };
            results.push(result_of(index, outcome)?);
        }
        let committed = results.iter().filter(|result| result.status < 400).count();
        Ok(BatchOutcome { committed, results, failed: false })
    }

    async fn operate(
        &self,
        tx: &mut kezhi_store::Tx,
        context: &WriteContext,
        (entity, operation): (&str, BatchOperation),
        pending: &mut Pending,
    ) -> Result<(u16, Id, Option<i64>), Error> {
        let entity_key = entity.to_owned();
        let change = match operation {
            BatchOperation::Create { record } => {
                Change::Create { entity: entity_key, id: None, fields: record }
            }
            BatchOperation::Update { id, version, record } => {
                Change::Update { entity: entity_key, id, fields: record, version }
            }
            BatchOperation::Upsert { key, record } => self.upsert(tx, context, entity, (key, record)).await?,
            BatchOperation::Delete { id, version } => {
                self.delete_in(tx, context, (entity, id), version).await?;
                return Ok((204, id, None));
            }
        };
        let status = if matches!(change, Change::Create { .. }) { 201 } else { 200 };
        let written = self.write(tx, context, change, pending).await?;
        Ok((status, written.record.id, Some(written.record.version)))
    }

    /// An upsert is an update of the record that has the key, or else a create.
    async fn upsert(
        &self,
        tx: &mut kezhi_store::Tx,
        context: &WriteContext,
        key: &str,
        (by, record): (Fields, Fields),
    ) -> Result<Change, Error> {
        let entity = entity_of(context, key)?;
        let unique = |field: &str| {
            Violations::from(Violation::new("batch.key", "/key").with("field", field.to_owned()))
        };
        let (field, value) = by.iter().next().filter(|_| by.len() == 1).ok_or_else(|| unique(""))?;
        let plan = entity.fields.get(field).filter(|plan| plan.def.unique).ok_or_else(|| unique(field))?;
        let column = column_of(&entity, field).ok_or_else(|| unique(field))?;
        let mut fields = by.clone();
        fields.extend(record);
        let entity = key.to_owned();
        Ok(match tx.taken(&entity, &column, &kind::unique_key(plan, value), None).await? {
            Some(id) => Change::Update { entity, id, fields, version: None },
            None => Change::Create { entity, id: None, fields },
        })
    }
}

fn yes() -> bool {
    true
}

/// What an error means for one operation; an error that concerns all of them goes on.
fn result_of(index: usize, outcome: Result<(u16, Id, Option<i64>), Error>) -> Result<BatchResult, Error> {
    let blank = BatchResult { index, status: 200, id: None, version: None, code: None, violations: None };
    let (status, code, violations) = match outcome {
        Ok((status, id, version)) => return Ok(BatchResult { status, id: Some(id), version, ..blank }),
        Err(Error::Invalid(violations)) => (422, "record.invalid", Some(violations)),
        Err(Error::NotFound { .. }) => (404, "record.not_found", None),
        Err(Error::Denied { .. }) => (403, "access.denied", None),
        Err(Error::Stale { .. }) => (412, "record.stale", None),
        Err(Error::Conflict { code, .. }) => (409, code, None),
        Err(error) => return Err(error),
    };
    Ok(BatchResult { status, code: Some(code.to_owned()), violations, ..blank })
}
