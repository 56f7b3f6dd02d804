//! What follows from a write for other records: rollups, computed fields and grades, upwards along a graph
//! without cycles, in the same transaction.

use std::collections::BTreeMap;

use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Facts, Judged};
use kezhi_plan::{record, rollup};
use kezhi_store::{Stale, Tx};
use kezhi_types::condition::Op;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::query::{Filter, Shape};
use kezhi_types::{Entrance, Id, Record};

use super::change::WriteContext;
use super::pending::{Pending, Why};
use super::write::{entity_of, noted};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::scripts::{Answer, JudgeQuestion, Question};

/// More records than this are left stale and derived after the transaction.
const AT_ONCE: usize = 10_000;
/// Records of one entity that are derived together.
const TOGETHER: usize = 256;
/// How many records that follow a change are looked up at a time.
const PAGE: u32 = 1_000;
/// The setting that holds the last day on which what reads the day was derived.
const DAY: &str = "derived_on";

impl Runtime {
    /// Derives what is pending, and what follows from that, many records of an entity at a time. Records are locked in the
    /// order of (entity, id).
    pub(crate) async fn derive_pending(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        mut pending: Pending,
    ) -> Result<(), Error> {
        let derived =
            WriteContext { entrance: Entrance::Derived, depth: context.depth + 1, ..context.clone() };
        let at_once = if context.entrance == Entrance::Template { usize::MAX } else { AT_ONCE };
        while let Some((key, _)) = pending.first() {
            let entity = entity_of(context, key)?;
            let later = entity.scripted || pending.len() > at_once;
            let mut some = BTreeMap::new();
            while let Some(((key, id), why)) = pending.pop_first() {
                if key != entity.key || some.len() == TOGETHER {
                    pending.add((key, id), why);
                    break;
                }
                some.insert(id, why);
            }
            if later {
                let rows: Vec<Stale> =
                    some.into_keys().map(|id| waiting(&derived, &entity.key, id)).collect();
                tx.mark_stale(&rows).await?;
                continue;
            }
            self.derive_many(tx, &derived, (&entity, &some), &mut pending).await?;
        }
        Ok(())
    }

    /// Derives records of one entity again under their locks; nothing happens to those where nothing changes.
    pub(crate) async fn derive_many(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (entity, whys): (&EntityPlan, &BTreeMap<Id, Why>),
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let ids: Vec<Id> = whys.keys().copied().collect();
        let all = tx.lock_records(&entity.key, &ids).await?;
        let judged = self.derived(tx, context, (entity, &all), whys).await?;
        let (mut rows, mut events, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        for (before, judged) in all.into_iter().zip(judged) {
            let changed = judged.changed_derived.clone();
            if changed.is_empty() && judged.stale == before.stale {
                continue;
            }
            let record = judged.apply(before.clone());
            tx.change_derived(&before, &record, &entity.layout).await?;
            if changed.is_empty() || record.deleted_at.is_some() {
                continue;
            }
            let (row, heard) = noted(context, Some(&before), &record, &changed);
            rows.push(row);
            events.extend(heard);
            moved.push((before, record, changed));
        }
        tx.append_histories(&rows).await?;
        tx.append_events(&events).await?;
        for (before, record, changed) in moved {
            pending.feed(context, entity, (Some(&before), Some(&record)), &changed);
            self.collect_dependents(tx, context, (entity, record.id), (&changed, pending)).await?;
        }
        Ok(())
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
        let at_once = context.entrance == Entrance::Template;
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

    /// What each of the records derives; what the store is asked for all of them it is asked once.
    async fn derived(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (entity, records): (&EntityPlan, &[Record]),
        whys: &BTreeMap<Id, Why>,
    ) -> Result<Vec<Judged>, Error> {
        let circumstances = context.circumstances(RuleOperation::Update);
        let known = records.iter().map(|record| known(entity, record, whys.get(&record.id))).collect();
        let facts = Self::facts_of_many(tx, entity, records, known, &circumstances).await?;
        let mut all = Vec::with_capacity(records.len());
        for (record, facts) in records.iter().zip(facts) {
            if !entity.scripted {
                all.push(record::derive(entity, record, &facts, &circumstances));
                continue;
            }
            let question = JudgeQuestion {
                entity: entity.key.clone(),
                before: Some(record.clone()),
                input: kezhi_types::Fields::new(),
                facts,
                circumstances: circumstances.clone(),
            };
            match self.0.scripts.ask(&context.plan, &Question::Derive(Box::new(question))).await? {
                Answer::Judged(judged) => all.push(*judged),
                other => return Err(Error::Script(format!("an unexpected answer: {other:?}"))),
            }
        }
        Ok(all)
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

/// What is known of a record's rollups without asking the records that they count: where these have moved the rollup moves
/// with them, and where they have not it stays.
fn known(entity: &EntityPlan, record: &Record, why: Option<&Why>) -> Facts {
    let mut facts = Facts::default();
    let Some(Why::Moved(steps)) = why else { return facts };
    for field in entity.fields.values() {
        let waits = record.stale.iter().any(|key| *key == field.key || key == "*");
        let steps = steps.get(&field.key).map_or(&[][..], Vec::as_slice);
        let stored = record.derived.get(&field.key);
        if let Some(value) = rollup::moved(field, stored, steps).filter(|_| !waits) {
            facts.rollups.insert(field.key.clone(), value);
        }
    }
    facts
}

/// A record whose derived values are to be computed after the transaction.
fn waiting(context: &WriteContext, entity: &str, record: Id) -> Stale {
    let (entity, field) = (entity.to_owned(), "*".to_owned());
    Stale { entity, record, field, since: context.now, depth: context.depth, tries: 0 }
}
