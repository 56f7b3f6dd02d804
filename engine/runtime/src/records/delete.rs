//! Deleting to the recycle bin and restoring from it.

use std::sync::Arc;

use kezhi_plan::access::{self, Action, RowScope};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::facts::{Facts, ids_in};
use kezhi_plan::record;
use kezhi_store::{HistoryKind, Tx};
use kezhi_types::def::entity::OnDelete;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::query::{Column, CountMode};
use kezhi_types::{Caller, Entrance, EventKind, Fields, Id, Record, Violations};
use serde_json::json;

use super::change::{Change, Rights, WriteContext};
use super::pending::Pending;
use super::verbs::{Manner, TRIES, spawned};
use super::write::{entity_of, event, stale, unique};
use crate::error::Error;
use crate::facts::{column_of, related};
use crate::runtime::Runtime;
use crate::scripts::{Answer, JudgeQuestion, Question};

/// How deep a deletion may cascade.
pub(super) const CASCADE_DEPTH: usize = 16;
/// How many records one deletion may touch.
pub(super) const CASCADE_LIMIT: u32 = 1000;

impl Runtime {
    /// Puts a record into the recycle bin, with what its relations say follows.
    ///
    /// # Errors
    /// Denied, not found, stale, refused by a rule, or `record.referenced`.
    pub async fn delete_record(
        &self,
        caller: &Caller,
        (entity, id): (&str, Id),
        manner: Manner,
    ) -> Result<Violations, Error> {
        super::read::entity_known(&*self.plan()?, caller, entity)?;
        let (runtime, caller, entity) = (self.clone(), caller.clone(), entity.to_owned());
        spawned(async move {
            let mut tries = 0;
            let mut context = runtime.patient_context(&caller, Entrance::Api, &manner)?;
            loop {
                match runtime.delete_once(&context, (&entity, id), manner.version).await {
                    Err(Error::Unjudged) => runtime.judge_outside(&context).await?,
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => {
                        tries += 1;
                        context = runtime.patient_context(&caller, Entrance::Api, &manner)?;
                    }
                    Err(error) => return Err(runtime.told_whole(&caller, Some((entity, id)), error).await),
                    Ok(warnings) => return Ok(warnings),
                }
            }
        })
        .await
    }

    async fn delete_once(
        &self,
        context: &WriteContext,
        subject: (&str, Id),
        version: Option<i64>,
    ) -> Result<Violations, Error> {
        let mut tx = self.begin(context).await?;
        let warnings = self.delete_in(&mut tx, context, subject, version).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(warnings)
    }

    /// Deletes inside a transaction.
    pub(crate) async fn delete_in(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (entity, id): (&str, Id),
        version: Option<i64>,
    ) -> Result<Violations, Error> {
        let mut pending = Pending::new();
        let warnings = self.delete_one(tx, context, (entity, id), (version, 0, &mut pending)).await?;
        pending.remove(&(entity.to_owned(), id));
        self.derive_pending(tx, context, pending).await?;
        Ok(warnings)
    }

    async fn delete_one(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (key, id): (&str, Id),
        (version, depth, pending): (Option<i64>, usize, &mut Pending),
    ) -> Result<Violations, Error> {
        let entity = entity_of(context, key)?;
        let before = tx.lock_record(key, id).await?.filter(|record| record.deleted_at.is_none());
        let before = before.ok_or_else(|| Error::no_record(id))?;
        let circumstances = context.circumstances(RuleOperation::Delete);
        if context.rights == Rights::Caller {
            Self::permit(tx, context, Action::Delete, &before, &circumstances).await?;
        }
        Self::refuse_locked(tx, context, &before).await?;
        if let Some(given) = version.filter(|given| *given != before.version) {
            return Err(stale(tx, context, (&entity, &before), given).await?);
        }
        let warnings = self.judge_delete(tx, context, &before).await?;
        self.follow_relations(tx, context, &before, (depth, pending)).await?;
        tx.delete_record(key, id, context.caller.id, context.now).await?;
        self.note_bin(tx, context, EventKind::RecordDeleted, &before).await?;
        self.end_runs_of(tx, context, &before).await?;
        pending.feed(context, &entity, (Some(&before), None), &[]);
        Ok(warnings)
    }

    async fn judge_delete(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        record: &Record,
    ) -> Result<Violations, Error> {
        let entity = entity_of(context, &record.entity)?;
        let circumstances = context.circumstances(RuleOperation::Delete);
        let empty = Fields::new();
        let mut facts = Facts::default();
        for _ in 0..crate::facts::ROUNDS {
            let needs = record::delete_needs(&entity, record, &facts, &circumstances);
            if needs.is_empty() {
                break;
            }
            Self::answer_in(tx, &entity, Some(record.id), needs, &mut facts).await?;
        }
        if !entity.scripted {
            return Ok(record::judge_delete(&entity, record, &facts, &circumstances)?);
        }
        let before = Some(record.clone());
        let question =
            JudgeQuestion { entity: entity.key.clone(), before, input: empty, facts, circumstances };
        match self.judge_by_script(context, Question::Delete(Box::new(question))).await? {
            Answer::Violations { refused: false, violations } => Ok(violations),
            Answer::Violations { violations, .. } => Err(Error::Invalid(violations)),
            other => Err(Error::Script(format!("an unexpected answer: {other:?}"))),
        }
    }

    /// What the relations of other entities say shall follow: refuse, clear or cascade.
    async fn follow_relations(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        record: &Record,
        (depth, pending): (usize, &mut Pending),
    ) -> Result<(), Error> {
        for (entity, via, on_delete) in leading_to(&context.plan, &record.entity) {
            let rows = tx.list(&related(&entity.key, via.clone(), record.id, CASCADE_LIMIT)).await?.records;
            if rows.is_empty() {
                continue;
            }
            if on_delete == OnDelete::Refuse || rows.len() as u32 >= CASCADE_LIMIT || depth >= CASCADE_DEPTH {
                return Err(Self::referenced(tx, context, (&entity, &via), record.id).await?);
            }
            let full = WriteContext { rights: Rights::Full, ..context.clone() };
            for row in rows {
                if on_delete == OnDelete::Cascade {
                    let deeper = (None, depth + 1, &mut *pending);
                    Box::pin(self.delete_one(tx, &full, (&entity.key, row.id), deeper)).await?;
                    continue;
                }
                let fields = Fields::from_iter([(via.field.clone(), without(&row, &via.field, record.id))]);
                let change = Change::Update { entity: entity.key.clone(), id: row.id, fields, version: None };
                self.write(tx, &full, change, pending).await?;
            }
        }
        Ok(())
    }

    /// Other records are in the way: which and how many, as far as the caller may read them.
    async fn referenced(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, via): (&EntityPlan, &Column),
        id: Id,
    ) -> Result<Error, Error> {
        let mut question = related(&entity.key, via.clone(), id, 1);
        let scope = access::field_scope(&context.plan, entity, &context.caller, &via.field, context.now);
        let scope = question.filter.take().map_or(scope.clone(), |these| RowScope::Where(these).and(scope));
        question.filter = scope.into_filter();
        question.count = CountMode::Capped;
        let count = tx.list(&question).await?.count.map_or(0, |count| count.value);
        let (detail, data) = match count {
            0 => ("other records still point at this record".to_owned(), serde_json::Value::Null),
            count => (
                format!("{count} × {} still point at this record", entity.title),
                json!({ "entity": entity.key, "field": via.field, "count": count }),
            ),
        };
        Ok(Error::Conflict { code: "record.referenced", detail, data })
    }

    /// Takes a record out of the recycle bin.
    ///
    /// # Errors
    /// Denied, not found, or `record.not_unique` when its unique values have been taken meanwhile.
    pub async fn restore_record(&self, caller: &Caller, (key, id): (&str, Id)) -> Result<(), Error> {
        super::read::entity_known(&*self.plan()?, caller, key)?;
        let (runtime, caller, key) = (self.clone(), caller.clone(), key.to_owned());
        spawned(async move {
            let mut tries = 0;
            loop {
                let context = runtime.context(&caller, Entrance::Api, &Manner::default())?;
                match runtime.restore_once(&context, (&key, id)).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn restore_once(&self, context: &WriteContext, subject: (&str, Id)) -> Result<(), Error> {
        let mut tx = self.begin(context).await?;
        self.restore_in(&mut tx, context, subject).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(())
    }

    /// Restores inside a transaction.
    pub(super) async fn restore_in(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (key, id): (&str, Id),
    ) -> Result<(), Error> {
        let entity = entity_of(context, key)?;
        let record = tx.lock_record(key, id).await?.filter(|record| record.deleted_at.is_some());
        let record = record.ok_or_else(|| Error::no_record(id))?;
        if context.rights == Rights::Caller {
            let circumstances = context.circumstances(RuleOperation::Update);
            Self::permit(tx, context, Action::Restore, &record, &circumstances).await?;
        }
        unique(tx.restore_record(key, id).await.map(drop), &entity)?;
        tx.forget_merged(key, id).await?;
        self.note_bin(tx, context, EventKind::RecordRestored, &record).await?;
        let mut pending = Pending::from_iter([(key.to_owned(), id)]);
        pending.feed(context, &entity, (None, Some(&record)), &[]);
        self.derive_pending(tx, context, pending).await
    }

    async fn note_bin(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        kind: EventKind,
        record: &Record,
    ) -> Result<(), Error> {
        let bin = if kind == EventKind::RecordDeleted { HistoryKind::Deleted } else { HistoryKind::Restored };
        tx.append_history(&context.history(record, bin, Vec::new())).await?;
        Ok(tx.append_event(&event(context, kind, record, &[])).await?)
    }
}

/// The relations that lead to an entity, with what its deletion does there.
pub(super) fn leading_to(plan: &AppPlan, target: &str) -> Vec<(Arc<EntityPlan>, Column, OnDelete)> {
    let relations = plan.entities.values().flat_map(|entity| {
        entity.fields.values().filter_map(|field| {
            let (leads_to, on_delete) = field.relation.as_ref()?;
            let via = column_of(entity, &field.key)?;
            (leads_to == target).then(|| (entity.clone(), via, *on_delete))
        })
    });
    relations.collect()
}

/// What a record's relation says without this record: nothing, or the others of many.
fn without(row: &Record, via: &str, gone: Id) -> serde_json::Value {
    let others: Vec<_> = ids_in(row.data.get(via))
        .into_iter()
        .filter(|id| *id != gone)
        .map(|id| serde_json::Value::String(id.to_string()))
        .collect();
    if others.is_empty() { serde_json::Value::Null } else { serde_json::Value::Array(others) }
}
