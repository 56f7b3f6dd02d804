//! What a release would make of stored values, found by looking at the records: how many are converted, which are refused,
//! and which of those that stay no longer fit.

use std::collections::BTreeMap;

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::evolution::{self, Change, Earlier, Evolution, Outcome, Reason};
use kezhi_plan::{kind, record};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Caller, Id, Record, Violation};
use serde::Serialize;
use serde_json::Value;

use super::Standing;
use crate::error::Error;
use crate::runtime::Runtime;

/// Records read at once.
const PAGE: u32 = 500;
/// Records of an entity that one request looks at.
const SEEN: i64 = 100_000;
/// Records that are named.
const EXAMPLES: usize = 5;
/// Refused values in one page.
const MOST: usize = 500;

/// What becomes of the values of one field.
#[derive(Debug, Clone, Serialize)]
pub struct Evolved {
    /// The entity.
    pub entity: String,
    /// The field; of one that goes, the old one.
    pub field: String,
    /// What people call it.
    pub title: String,
    /// `kind`, `rename`, `from` or `drop`.
    pub change: Change,
    /// The kind before, where one field becomes one field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<FieldKind>,
    /// The kind afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<FieldKind>,
    /// The fields from which the values come.
    pub sources: Vec<String>,
    /// Records that have a value, as far as they were looked at.
    pub total: i64,
    /// Values that have a form in the new release; of one that goes, none.
    pub converts: i64,
    /// Values that have none and become empty.
    pub refused: i64,
    /// The first of those, as far as the caller may read them.
    pub examples: Vec<RefusedValue>,
    /// Whether every record was looked at; else the first 100,000.
    pub complete: bool,
}

/// A value that has no form in the new release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RefusedValue {
    /// The record.
    pub id: Id,
    /// What people call it.
    pub title: String,
    /// The value as it is now; null where the caller may not read it.
    pub value: Value,
    /// Why, in the caller's language.
    pub reason: String,
}

/// Some of the refused values of a field.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RefusedPage {
    /// In the order of the records.
    pub items: Vec<RefusedValue>,
    /// Go on behind this record; null behind the last.
    pub next: Option<Id>,
}

/// What looking at an entity's records found.
#[derive(Default)]
struct Tally {
    total: i64,
    refused: i64,
    examples: Vec<RefusedValue>,
}

/// An entity that is looked at, and what for.
struct Looked<'a> {
    live: &'a EntityPlan,
    new: &'a EntityPlan,
    evolution: Option<&'a Evolution>,
    generations: &'a [i64],
    tightened: Vec<String>,
}

/// A value that was refused or does not fit, before it is known who may read it.
struct Found<'a> {
    record: &'a Record,
    field: String,
    sources: Vec<String>,
    value: Value,
    reason: Reason,
}

impl Runtime {
    /// What becomes of stored values, and which of those that stay do not fit.
    pub(super) async fn foresee(
        &self,
        caller: &Caller,
        new: &AppPlan,
        restored_from: Option<i64>,
    ) -> Result<(Vec<Evolved>, Vec<Standing>), Error> {
        let Ok(live) = self.0.live.plan() else { return Ok(Default::default()) };
        let (evolutions, generations) = self.evolutions(&live, new, restored_from).await?;
        let (mut evolved, mut standing) = (Vec::new(), Vec::new());
        for entity in new.entities.values() {
            let Some(before) = live.entity(&entity.key) else { continue };
            let looked = Looked {
                live: before,
                new: entity,
                evolution: evolutions.iter().find(|evolution| evolution.entity == entity.key),
                generations: generations.get(&entity.key).map_or(&[], Vec::as_slice),
                tightened: evolution::tightened(before, entity),
            };
            if looked.evolution.is_none() && looked.tightened.is_empty() {
                continue;
            }
            let (tallies, complete) = self.tally(caller, &live, &looked).await?;
            evolved.extend(told(&looked, &tallies, complete));
            standing.extend(unfit(&looked, &tallies));
        }
        Ok((evolved, standing))
    }

    async fn tally(
        &self,
        caller: &Caller,
        live: &AppPlan,
        looked: &Looked<'_>,
    ) -> Result<(BTreeMap<String, Tally>, bool), Error> {
        let (mut tallies, mut after, mut seen) = (BTreeMap::<String, Tally>::new(), None, 0);
        loop {
            let records = self.page(looked, &mut after).await?;
            if records.is_empty() {
                return Ok((tallies, true));
            }
            if seen >= SEEN {
                return Ok((tallies, false));
            }
            seen += records.len() as i64;
            let mut told = Vec::new();
            for (record, earlier) in &records {
                let outcome = looked.evolution.map(|evolution| evolution.turn(record, earlier));
                for field in had(looked, outcome.as_ref()) {
                    tallies.entry(field).or_default().total += 1;
                }
                for found in wrong(looked, record, outcome) {
                    let tally = tallies.entry(found.field.clone()).or_default();
                    tally.refused += 1;
                    if tally.examples.len()
                        + told.iter().filter(|one: &&Found<'_>| one.field == found.field).count()
                        < EXAMPLES
                    {
                        told.push(found);
                    }
                }
            }
            let fields: Vec<String> = told.iter().map(|found| found.field.clone()).collect();
            for (field, shown) in fields.into_iter().zip(self.looked_at(caller, live, looked, &told).await?) {
                tallies.entry(field).or_default().examples.extend(shown);
            }
        }
    }

    /// The next records with what earlier evolutions kept of them.
    async fn page(
        &self,
        looked: &Looked<'_>,
        after: &mut Option<Id>,
    ) -> Result<Vec<(Record, Vec<Earlier>)>, Error> {
        let reader = self.0.store.reader();
        let records = reader.records_after(&looked.live.key, *after, PAGE).await?;
        *after = records.last().map(|record| record.id).or(*after);
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let mut kept = reader.kept(&looked.live.key, &ids, looked.generations).await?;
        let mut page = Vec::with_capacity(records.len());
        for record in records {
            let kept = kept.remove(&record.id).unwrap_or_default().into_iter();
            let earlier: Vec<Earlier> = kept
                .map(|kept| Earlier { generation: kept.generation, was: kept.was, became: kept.became })
                .collect();
            page.push((record, earlier));
        }
        Ok(page)
    }

    /// What was found, as the caller may see it: nothing of records that they may not read.
    async fn looked_at(
        &self,
        caller: &Caller,
        live: &AppPlan,
        looked: &Looked<'_>,
        found: &[Found<'_>],
    ) -> Result<Vec<Option<RefusedValue>>, Error> {
        let records: Vec<Record> = found.iter().map(|found| found.record.clone()).collect();
        let seen = self.seen(live, caller, looked.live, &records).await?;
        let shown = found.iter().zip(seen).map(|(found, seen)| {
            let rights = seen?;
            let mut flat = found.record.flat();
            flat.retain(|key, _| rights.may_read(key));
            let readable = found.sources.iter().all(|source| rights.may_read(source));
            let secret = found.sources.iter().any(|source| {
                looked.live.fields.get(source).is_some_and(|field| field.kind == FieldKind::Secret)
            });
            let shown = readable && !secret;
            let reason = if shown { found.reason.clone() } else { hidden(&found.reason) };
            Some(RefusedValue {
                id: found.record.id,
                title: record::title(looked.live, &flat),
                value: if shown { found.value.clone() } else { Value::Null },
                reason: reason.sentence(caller.language),
            })
        });
        Ok(shown.collect())
    }

    /// The values of a field of the draft that are refused, or do not fit, or lack where the field becomes required:
    /// behind the record `after`, at most `limit` (500).
    ///
    /// # Errors
    /// Denied without `use_builder`; diagnostics of a draft that does not compile; not found.
    pub async fn refused_values(
        &self,
        caller: &Caller,
        (entity, field): (&str, &str),
        (after, limit): (Option<Id>, Option<usize>),
    ) -> Result<RefusedPage, Error> {
        self.require(caller, "use_builder")?;
        let limit = limit.unwrap_or(50).clamp(1, MOST);
        let new = self.compiled_for(self.draft_folder().await?, 0).await?;
        let live = self.plan()?;
        let not_found = || Error::NotFound { kind: "file", key: format!("{entity}.{field}") };
        let (before, now) = live.entity(entity).zip(new.entity(entity)).ok_or_else(not_found)?;
        if !before.fields.contains_key(field) && !now.fields.contains_key(field) {
            return Err(not_found());
        }
        let (evolutions, _) = self.evolutions(&live, &new, None).await?;
        let looked = Looked {
            live: before,
            new: now,
            evolution: evolutions.iter().find(|evolution| evolution.entity == entity),
            generations: &[],
            tightened: evolution::tightened(before, now),
        };
        let required = now.required.contains(field) && !before.required.contains(field);
        let (mut items, mut after, mut seen) = (Vec::new(), after, 0);
        loop {
            let records = self.page(&looked, &mut after).await?;
            if records.is_empty() {
                return Ok(RefusedPage { items, next: None });
            }
            seen += records.len() as i64;
            let mut told: Vec<Found<'_>> = Vec::new();
            for (record, earlier) in &records {
                let outcome = looked.evolution.map(|evolution| evolution.turn(record, earlier));
                told.extend(wrong(&looked, record, outcome).into_iter().filter(|found| found.field == field));
                if required && record.deleted_at.is_none() {
                    told.extend(lacking(&looked, record, field, &told));
                }
            }
            let room = limit - items.len();
            // The last record whose value is told says where to go on.
            let last = told.get(room.saturating_sub(1)).map(|found| found.record.id);
            told.truncate(room);
            items.extend(self.looked_at(caller, &live, &looked, &told).await?.into_iter().flatten());
            if let Some(last) = last.filter(|_| told.len() == room) {
                return Ok(RefusedPage { items, next: Some(last) });
            }
            if seen >= SEEN {
                return Ok(RefusedPage { items, next: after });
            }
        }
    }
}

/// The fields for which a record has a value.
fn had(looked: &Looked<'_>, outcome: Option<&Outcome>) -> Vec<String> {
    let Some((evolution, outcome)) = looked.evolution.zip(outcome) else { return Vec::new() };
    outcome.had.iter().map(|step| evolution.steps[*step].field.clone()).collect()
}

/// What a record has that is refused or does not fit.
fn wrong<'r>(looked: &Looked<'_>, record: &'r Record, outcome: Option<Outcome>) -> Vec<Found<'r>> {
    let mut found = Vec::new();
    if let Some((evolution, outcome)) = looked.evolution.zip(outcome) {
        for refused in outcome.refused {
            let step = &evolution.steps[refused.step];
            found.push(Found {
                record,
                field: step.field.clone(),
                sources: step.sources.clone(),
                value: refused.value,
                reason: refused.reason,
            });
        }
    }
    for key in looked.tightened.iter().filter(|_| record.deleted_at.is_none()) {
        let Some(field) = looked.new.fields.get(key) else { continue };
        let value = record.value(key);
        if let Some(reason) = evolution::unfit(field, value) {
            let value = value.cloned().unwrap_or(Value::Null);
            found.push(Found { record, field: key.clone(), sources: vec![key.clone()], value, reason });
        }
    }
    found
}

/// A record that has nothing where something is required.
fn lacking<'r>(
    looked: &Looked<'_>,
    record: &'r Record,
    field: &str,
    told: &[Found<'_>],
) -> Option<Found<'r>> {
    let is_told = told.last().is_some_and(|found| found.record.id == record.id);
    if is_told || !kind::is_empty(record.value(field)) {
        return None;
    }
    let title = looked.new.fields.get(field).map_or(field, |field| &field.title);
    Some(Found {
        record,
        field: field.to_owned(),
        sources: vec![field.to_owned()],
        value: Value::Null,
        reason: Violation::new("record.required", "").with("field", title).into(),
    })
}

/// The same reason without the value, and without what an expression says of it.
fn hidden(reason: &Reason) -> Reason {
    let mut hidden = reason.clone();
    for told in ["value", "error"] {
        if let Some(arg) = hidden.0.args.get_mut(told) {
            *arg = "***".into();
        }
    }
    hidden
}

fn told(looked: &Looked<'_>, tallies: &BTreeMap<String, Tally>, complete: bool) -> Vec<Evolved> {
    let Some(evolution) = looked.evolution else { return Vec::new() };
    let tell = |step: &evolution::Step| {
        let nothing = Tally::default();
        let tally = tallies.get(&step.field).unwrap_or(&nothing);
        let goes = step.change == Change::Drop;
        Evolved {
            entity: evolution.entity.clone(),
            field: step.field.clone(),
            title: step.title.clone(),
            change: step.change,
            from: step.from,
            to: step.to,
            sources: step.sources.clone(),
            total: tally.total,
            converts: if goes { 0 } else { tally.total - tally.refused },
            refused: tally.refused,
            examples: tally.examples.clone(),
            complete,
        }
    };
    evolution.steps.iter().map(tell).collect()
}

fn unfit(looked: &Looked<'_>, tallies: &BTreeMap<String, Tally>) -> Vec<Standing> {
    let mut standing = Vec::new();
    for key in &looked.tightened {
        let Some(tally) = tallies.get(key).filter(|tally| tally.refused > 0) else { continue };
        standing.push(Standing {
            entity: looked.new.key.clone(),
            field: key.clone(),
            title: looked.new.fields.get(key).map_or(key, |field| &field.title).clone(),
            why: "unfit",
            count: tally.refused,
            examples: tally
                .examples
                .iter()
                .map(|one| super::Example { id: one.id, title: one.title.clone() })
                .collect(),
        });
    }
    standing
}
