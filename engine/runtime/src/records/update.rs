//! One change of every record that a condition finds.

use std::collections::BTreeSet;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::AppPlan;
use kezhi_plan::query;
use kezhi_store::Tx;
use kezhi_types::query::Filter;
use kezhi_types::{Caller, Fields, Id, Timestamp, Violation, Violations};
use serde::Deserialize;
use serde_json::Value;

use super::batch::{Batch, MOST};
use super::change::WriteContext;
use super::operations::{BatchOperation, BatchOptions, BatchOutcome, yes};
use super::verbs::spawned;
use crate::error::Error;
use crate::idempotency::Once;
use crate::runtime::Runtime;

/// Records that are locked in one question.
const HELD: usize = 500;

/// One change of every record that a condition finds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateOptions {
    /// Which records; those that the caller may not change are not among them.
    #[serde(rename = "where")]
    pub condition: Value,
    /// The change, a JSON merge patch.
    pub record: Fields,
    /// Judges everything and stores nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether workflows shall hear of it.
    #[serde(default = "yes")]
    pub workflows: bool,
    /// Rules that the caller has confirmed.
    #[serde(default)]
    pub confirm: Vec<String>,
}

impl Runtime {
    /// Changes every record that a condition finds and the caller may change, or none: one transaction, which holds
    /// 10,000 records at most. What somebody changes meanwhile so that the condition finds it no more is left as it is.
    ///
    /// # Errors
    /// Unknown entity; `query.…` for a wrong condition; `update.too_many`. What is wrong with a record is in its result.
    pub async fn update_where(
        &self,
        caller: &Caller,
        entity: &str,
        (options, once): (UpdateOptions, Option<Once>),
    ) -> Result<BatchOutcome, Error> {
        super::read::entity_known(&*self.plan()?, caller, entity)?;
        let (runtime, caller, entity) = (self.clone(), caller.clone(), entity.to_owned());
        spawned(async move {
            let ids = runtime.meant(&caller, &entity, &options.condition).await?;
            let one = |id| BatchOperation::Update { id, version: None, record: options.record.clone() };
            let asked = options.condition;
            let options = BatchOptions {
                operations: ids.into_iter().map(one).collect(),
                atomic: true,
                dry_run: options.dry_run,
                workflows: options.workflows,
                confirm: options.confirm,
            };
            let (id, condition) = (runtime.batch_id(once.as_ref()), Some(asked));
            let batch = Batch { id, caller, entity, options, once, condition };
            let outcome = runtime.batch_at_once(&batch).await?;
            runtime.0.wake.notify_one();
            Ok(outcome)
        })
        .await
    }

    /// The records that a condition finds and the caller may change.
    async fn meant(&self, caller: &Caller, entity: &str, condition: &Value) -> Result<Vec<Id>, Error> {
        let plan = self.plan()?;
        let filter = meaning(&plan, caller, (entity, condition), self.0.clock.now())?;
        let most = u32::try_from(MOST).unwrap_or(u32::MAX);
        let ids = self.0.store.reader().ids(entity, Some(&filter), None, most + 1).await?;
        if ids.len() > MOST {
            return Err(
                Violations::from(Violation::new("update.too_many", "/where").with("max", MOST)).into()
            );
        }
        Ok(ids)
    }

    /// Those of the records that the condition still finds once nobody else can change them.
    pub(super) async fn still_meant(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, condition): (&str, &Value),
        ids: &[Id],
    ) -> Result<BTreeSet<Id>, Error> {
        let filter = meaning(&context.plan, &context.caller, (entity, condition), context.now)?;
        let mut living = Vec::with_capacity(ids.len());
        for ids in ids.chunks(HELD) {
            let records = tx.lock_records(entity, ids).await?;
            living
                .extend(records.iter().filter(|record| record.deleted_at.is_none()).map(|record| record.id));
        }
        Ok(tx.matching(entity, &filter, &living).await?.into_iter().collect())
    }
}

/// The condition, and that the caller may change the record.
fn meaning(
    plan: &AppPlan,
    caller: &Caller,
    (entity, condition): (&str, &Value),
    now: Timestamp,
) -> Result<Filter, Error> {
    let entity = super::read::entity_known(plan, caller, entity)?;
    let filter = query::plan_condition(plan, entity, caller, condition, now)?;
    let scope = access::row_scope(plan, entity, caller, Action::Update, now);
    Ok(Filter::All(std::iter::once(filter).chain(scope.into_filter()).collect()))
}
