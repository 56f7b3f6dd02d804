//! Many new records of one entity in one transaction: the same judgement, fewer statements. For files and templates.

use std::collections::HashSet;
use std::sync::Arc;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Circumstances, Facts, Needs};
use kezhi_plan::record;
use kezhi_store::{HistoryKind, HistoryRow, Tx};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{EventKind, Fields, Id, Record, Violation, Violations};
use serde_json::Value;

use super::change::{Rights, WriteContext};
use super::write::{Pending, collect_feeds, entity_of, event, graded, history_changes};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::scripts::JudgeQuestion;

/// One new record.
#[derive(Debug, Clone)]
pub(crate) struct NewRecord {
    /// Its id.
    pub id: Id,
    /// What was sent.
    pub fields: Fields,
    /// Whose it is.
    pub owner: Option<Id>,
}

impl Runtime {
    /// Creates those of the records that may be stored; answers for each with the record or its violations.
    pub(crate) async fn create_many(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (entity, rows): (&str, Vec<NewRecord>),
        pending: &mut Pending,
    ) -> Result<Vec<Result<Record, Violations>>, Error> {
        let entity = entity_of(context, entity)?;
        let circumstances = context.circumstances(RuleOperation::Create);
        Self::raise_serials(tx, context, &entity, rows.iter().map(|row| &row.fields)).await?;
        let shared = Self::shared_facts(tx, &entity, &rows, &circumstances).await?;
        let mut seen = HashSet::new();
        let mut outcomes = Vec::with_capacity(rows.len());
        for row in rows {
            let sent = row.fields.clone();
            let outcome = self.judge_row(tx, context, &entity, (row, &shared, &circumstances)).await?;
            outcomes.push(match outcome {
                Ok(record) => first_of_its_kind(&entity, record, &mut seen),
                Err(violations) => Err(with_repetitions(&entity, &sent, violations, &seen)),
            });
        }
        let records: Vec<Record> =
            outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().cloned()).collect();
        tx.insert_records(&records, &entity.layout).await?;
        self.note_many(tx, context, &records).await?;
        for record in &records {
            collect_feeds(&entity, None, Some(record), &[], pending);
        }
        Ok(outcomes)
    }

    /// What the rows point at, asked once for all of them.
    async fn shared_facts(
        tx: &mut Tx,
        entity: &EntityPlan,
        rows: &[NewRecord],
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        for _ in 0..crate::facts::ROUNDS {
            let mut all = Needs::default();
            for row in rows {
                let needs = record::needs(entity, None, &row.fields, &facts, circumstances);
                all.records.extend(needs.records);
                all.people.extend(needs.people);
                all.departments.extend(needs.departments);
            }
            if all.is_empty() {
                break;
            }
            Self::answer_in(tx, entity, None, all, &mut facts).await?;
        }
        // Rows may point at each other: those of this batch exist as soon as all of them do.
        for row in rows {
            facts.asked.insert(row.id);
            facts.records.entry(row.id).or_insert_with(|| (entity.key.clone(), row.fields.clone()));
        }
        Ok(facts)
    }

    async fn judge_row(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        entity: &Arc<EntityPlan>,
        (row, shared, circumstances): (NewRecord, &Facts, &Circumstances),
    ) -> Result<Result<Record, Violations>, Error> {
        let mut facts = Facts::default();
        for _ in 0..crate::facts::ROUNDS {
            let mut needs = record::needs(entity, None, &row.fields, &facts, circumstances);
            if needs.is_empty() {
                break;
            }
            take_shared(shared, &mut needs, &mut facts);
            Self::answer_in(tx, entity, None, needs, &mut facts).await?;
        }
        let mut input = row.fields;
        if context.rights == Rights::Caller {
            let rights = access::field_rights(&context.plan, entity, &context.caller);
            input = match access::writable(entity, &rights, None, input) {
                Ok((input, _)) => input,
                Err(violations) => return Ok(Err(violations)),
            };
        }
        if let Some(owner) = row.owner {
            input.insert("owner".to_owned(), Value::String(owner.to_string()));
        }
        let judged = if entity.scripted {
            let circumstances = circumstances.clone();
            let question =
                JudgeQuestion { entity: entity.key.clone(), before: None, input, facts, circumstances };
            match self.judge_in_child(context, question).await {
                Err(Error::Invalid(violations)) => Err(violations),
                other => Ok(other?),
            }
        } else {
            record::judge(entity, None, input, &facts, circumstances)
        };
        let department = self.department_of(tx, context, row.owner).await?;
        let record =
            judged.map(|judged| judged.apply(blank(context, entity, row.id, (row.owner, department))));
        match record {
            Ok(record) if context.rights == Rights::Caller => {
                match Self::permit(tx, context, Action::Create, &record, circumstances).await {
                    Err(Error::Denied { .. }) => Ok(Err(Violation::new("import.not_permitted", "").into())),
                    permitted => permitted.map(|()| Ok(record)),
                }
            }
            record => Ok(record),
        }
    }

    async fn note_many(&self, tx: &mut Tx, context: &WriteContext, records: &[Record]) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(records.len());
        let mut events = Vec::new();
        for record in records {
            let changed: Vec<String> =
                record.data.iter().chain(record.derived.iter()).map(|(key, _)| key.clone()).collect();
            let changes = history_changes(None, record, &changed);
            if context.workflows {
                events.push(event(context, EventKind::RecordCreated, record, &changes));
                events.extend(graded(context, record, &changes));
            }
            rows.push(HistoryRow {
                entity: record.entity.clone(),
                record: record.id,
                version: record.version,
                at: context.now,
                by: context.caller.id,
                by_name: context.caller.name.clone(),
                entrance: context.entrance,
                release: context.plan.release,
                depth: context.depth,
                kind: HistoryKind::Created,
                run: context.run,
                changes,
            });
        }
        tx.append_histories(&rows).await?;
        Ok(tx.append_events(&events).await?)
    }
}

/// Answers from what was asked for the whole batch; what is left must be asked for this row alone.
fn take_shared(shared: &Facts, needs: &mut Needs, facts: &mut Facts) {
    needs.records.retain(|(_, id)| {
        if !shared.asked.contains(id) {
            return true;
        }
        facts.asked.insert(*id);
        facts.records.extend(shared.records.get(id).map(|found| (*id, found.clone())));
        false
    });
    needs.departments.retain(|id| {
        if !shared.asked.contains(id) {
            return true;
        }
        facts.asked.insert(*id);
        facts.departments.extend(shared.departments.get(id));
        false
    });
    needs.people.retain(|id| {
        if !shared.asked.contains(id) {
            return true;
        }
        facts.asked.insert(*id);
        facts.people.extend(shared.people.get(id).map(|name| (*id, name.clone())));
        false
    });
}

/// A record that has been given nothing yet.
pub(super) fn blank(
    context: &WriteContext,
    entity: &EntityPlan,
    id: Id,
    (owner, department): (Option<Id>, Option<Id>),
) -> Record {
    Record {
        id,
        entity: entity.key.clone(),
        version: 1,
        created_at: context.now,
        created_by: Some(context.caller.id),
        updated_at: context.now,
        updated_by: Some(context.caller.id),
        owner,
        department,
        deleted_at: None,
        data: Fields::new(),
        derived: Fields::new(),
        stale: Vec::new(),
    }
}

/// What is wrong with a row, and the unique values among it that an earlier row of the batch has.
fn with_repetitions(
    entity: &EntityPlan,
    sent: &Fields,
    mut violations: Violations,
    seen: &HashSet<(String, String)>,
) -> Violations {
    for field in entity.fields.values().filter(|field| field.def.unique) {
        let Some(value) = sent.get(&field.key) else { continue };
        let key = kezhi_plan::kind::unique_key(field, value).to_string();
        let pointer = format!("/{}", field.key);
        let is_told = violations.0.iter().any(|violation| violation.pointer == pointer);
        if !is_told && seen.contains(&(field.key.clone(), key)) {
            violations.push(Violation::new("record.not_unique", pointer).with("field", field.title.clone()));
        }
    }
    violations
}

/// Two rows of one batch may not share a unique value either.
fn first_of_its_kind(
    entity: &EntityPlan,
    record: Record,
    seen: &mut HashSet<(String, String)>,
) -> Result<Record, Violations> {
    let mut violations = Violations::default();
    for field in entity.fields.values().filter(|field| field.def.unique) {
        let Some(value) = record.value(&field.key) else { continue };
        let key = kezhi_plan::kind::unique_key(field, value).to_string();
        if !seen.insert((field.key.clone(), key)) {
            let pointer = format!("/{}", field.key);
            violations.push(Violation::new("record.not_unique", pointer).with("field", field.title.clone()));
        }
    }
    violations.into_result().map(|()| record)
}
