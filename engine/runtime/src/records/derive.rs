//! What follows from a write for other records: rollups, computed fields and grades, upwards along a graph
//! without cycles, in the same transaction.

use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Facts, Judged};
use kezhi_plan::record;
use kezhi_store::{Stale, Tx};
use kezhi_types::condition::Op;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::query::{Filter, Shape};
use kezhi_types::{Entrance, Id, Record};

use super::change::WriteContext;
use super::write::{Pending, collect_feeds, entity_of};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::scripts::{Answer, JudgeQuestion, Question};

/// More records than this are left stale and derived after the transaction.
const AT_ONCE: usize = 100;
/// How many records that follow a change are looked up at a time.
const PAGE: u32 = 1_000;
/// The setting that holds the last day on which what reads the day was derived.
const DAY: &str = "derived_on";

impl Runtime {
    /// Derives what is pending, and what follows from that. Records are locked in the order of (entity, id).
    pub(crate) async fn derive_pending(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        mut pending: Pending,
    ) -> Result<(), Error> {
        let derived =
            WriteContext { entrance: Entrance::Derived, depth: context.depth + 1, ..context.clone() };
        while let Some((entity, id)) = pending.pop_first() {
            let scripted = entity_of(context, &entity)?.scripted;
            if scripted
                || pending.len() >= AT_ONCE
                    && !matches!(context.entrance, Entrance::Template | Entrance::Import)
            {
                tx.mark_stale(&[waiting(&derived, &entity, id)]).await?;
                continue;
            }
            self.derive_one(tx, &derived, (&entity, id), &mut pending).await?;
        }
        Ok(())
    }

    /// Derives one record again under its lock; nothing happens where nothing changes.
    pub(crate) async fn derive_one(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (key, id): (&str, Id),
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let entity = entity_of(context, key)?;
        let Some(before) = tx.lock_record(key, id).await? else { return Ok(()) };
        let judged = self.derived(tx, context, &before).await?;
        let changed = judged.changed_derived.clone();
        if changed.is_empty() && judged.stale == before.stale {
            return Ok(());
        }
        let record = judged.apply(before.clone());
        tx.update_derived(&record, &entity.layout).await?;
        if changed.is_empty() || record.deleted_at.is_some() {
            return Ok(());
        }
        Self::note(tx, context, Some(&before), &record, &changed).await?;
        collect_feeds(&entity, Some(&before), Some(&record), &changed, pending);
        self.collect_dependents(tx, context, (&entity, id), (&changed, pending)).await
    }

    /// Adds the records whose derived fields read this one through a dotted path, where one of `changed` matters. Where
    /// they are very many they are marked stale instead, page by page.
    pub(super) async fn collect_dependents(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (entity, id): (&EntityPlan, Id),
        (changed, pending): (&[String], &mut Pending),
    ) -> Result<(), Error> {
        let depth = context.depth + u32::from(context.entrance != Entrance::Derived);
        let derived = WriteContext { depth, ..context.clone() };
        let at_once = matches!(context.entrance, Entrance::Template | Entrance::Import);
        for dependent in &entity.dependents {
            let matters = changed.iter().any(|field| dependent.reads.contains(field));
            let Some(((column, _), way)) = dependent.path.split_last().filter(|_| matters) else { continue };
            let op = if column.shape == Shape::Links { Op::Has } else { Op::Eq };
            let value = serde_json::Value::String(id.to_string());
            let filter = Filter::Compare { path: way.to_vec(), column: column.clone(), op, value };
            let mut after = None;
            loop {
                let ids = tx.ids(&dependent.entity, Some(&filter), after, PAGE).await?;
                let (first, last) = (after.is_none(), ids.len() < PAGE as usize);
                after = ids.last().copied();
                if at_once || first && last {
                    pending.extend(ids.into_iter().map(|id| (dependent.entity.clone(), id)));
                } else {
                    let rows: Vec<Stale> =
                        ids.into_iter().map(|id| waiting(&derived, &dependent.entity, id)).collect();
                    tx.mark_stale(&rows).await?;
                }
                if last {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Once a day of the workspace's zone: whatever reads the day is derived again. Answers whether it was due.
    pub(crate) async fn turn_the_day(&self) -> Result<bool, Error> {
        let plan = self.plan()?;
        let now = self.0.clock.now();
        let zone = jiff::tz::TimeZone::get(&plan.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let today = now.date_in(&zone);
        if *self.0.day.lock() == Some(today) {
            return Ok(false);
        }
        let context = WriteContext::system(plan.clone(), "engine", Entrance::Derived, now, 0);
        let mut tx = self.begin(&context).await?;
        let stored = tx.setting(DAY).await?;
        let due = stored.as_ref().and_then(|day| day.as_str()).is_some_and(|day| day != today.to_string());
        for entity in plan.entities.values().filter(|entity| due && !entity.dated.is_empty()) {
            tx.mark_entity_stale(&entity.key, now).await?;
        }
        if stored != Some(today.to_string().into()) {
            tx.save_setting(DAY, &today.to_string().into()).await?;
        }
        tx.commit().await?;
        *self.0.day.lock() = Some(today);
        Ok(due)
    }

    async fn derived(&self, tx: &mut Tx, context: &WriteContext, record: &Record) -> Result<Judged, Error> {
        let entity = entity_of(context, &record.entity)?;
        let circumstances = context.circumstances(RuleOperation::Update);
        let mut facts = Facts::default();
        for _ in 0..crate::facts::ROUNDS {
            let needs = record::derive_needs(&entity, record, &facts, &circumstances);
            if needs.is_empty() {
                break;
            }
            Self::answer_in(tx, &entity, Some(record.id), needs, &mut facts).await?;
        }
        if !entity.scripted {
            return Ok(record::derive(&entity, record, &facts, &circumstances));
        }
        let question = JudgeQuestion {
            entity: entity.key.clone(),
            before: Some(record.clone()),
            input: kezhi_types::Fields::new(),
            facts,
            circumstances,
        };
        match self.0.scripts.ask(&context.plan, &Question::Derive(Box::new(question))).await? {
            Answer::Judged(judged) => Ok(*judged),
            other => Err(Error::Script(format!("an unexpected answer: {other:?}"))),
        }
    }

    /// Judges a create or update in a child.
    pub(crate) async fn judge_in_child(
        &self,
        context: &WriteContext,
        question: JudgeQuestion,
    ) -> Result<Judged, Error> {
        match self.judge_by_script(context, Question::Judge(Box::new(question))).await? {
            Answer::Judged(judged) => Ok(*judged),
            Answer::Violations { violations, .. } => Err(Error::Invalid(violations)),
            Answer::Failed(why) => Err(Error::Script(why)),
            other => Err(Error::Script(format!("an unexpected answer: {other:?}"))),
        }
    }
}

/// A record whose derived values are to be computed after the transaction.
fn waiting(context: &WriteContext, entity: &str, record: Id) -> Stale {
    let (entity, field) = (entity.to_owned(), "*".to_owned());
    Stale { entity, record, field, since: context.now, depth: context.depth, tries: 0 }
}
