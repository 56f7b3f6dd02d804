//! New records of one entity, one or many in one transaction. Whoever creates a record comes through
//! [`Runtime::create_many`]: a form with its one, a file with its hundreds.
//!
//! What the rows ask is asked once for all of them, the rows are judged one by one in their order, and those that
//! may be stored are stored together.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Circumstances, Facts, Judged, Needs, SerialNeed};
use kezhi_plan::record;
use kezhi_store::Tx;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

use super::admit::{Admitted, together};
use super::change::{Rights, WriteContext, Written};
use super::duplicates::Met;
use super::held::Named;
use super::numbers::Numbers;
use super::pending::Pending;
use super::siblings::{points_at, points_to_any};
use super::write::{entity_of, joined, noted};
use crate::error::Error;
use crate::facts::{ROUNDS, column_of};
use crate::runtime::Runtime;
use crate::scripts::JudgeQuestion;

/// One new record.
#[derive(Debug, Clone)]
pub(crate) struct NewRecord {
    /// Its id.
    pub id: Id,
    /// What was sent, possibly with `owner`.
    pub fields: Fields,
    /// Whose it is where `fields` does not say it; the caller's when absent.
    pub owner: Option<Id>,
}

/// What became of one record: what was written, or why not.
pub(crate) type Outcome = Result<Written, Error>;

/// A row on its way in.
struct Row {
    /// Its place among the rows of the call.
    place: usize,
    id: Id,
    admitted: Admitted,
    /// What judgement gets: what may be judged, with its owner.
    input: Fields,
    /// Files that it may hold.
    files: Named,
    /// Unique fields to their normalised values.
    unique: Vec<(String, Value)>,
    /// Unique fields whose value a stored record has.
    taken: BTreeSet<String>,
    serials: Vec<SerialNeed>,
}

/// What the rows of one call share while they are judged.
struct Shared<'a> {
    context: &'a WriteContext,
    entity: &'a Arc<EntityPlan>,
    circumstances: &'a Circumstances,
    facts: Facts,
    numbers: Numbers,
    departments: HashMap<Id, Option<Id>>,
    /// Unique values of the rows that were not refused: a value goes to the first that has it.
    seen: HashSet<(String, String)>,
    /// What may be the same as one of the rows.
    met: Met,
}

impl Runtime {
    /// Creates those of the records that may be stored; answers for each, in their order.
    ///
    /// Records of one call may point at each other, also forward, as long as those that they point at are stored.
    ///
    /// # Errors
    /// What concerns all of them: the store's, a script process that went away.
    pub(crate) async fn create_many(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (entity, rows): (&str, Vec<NewRecord>),
        pending: &mut Pending,
    ) -> Result<Vec<Outcome>, Error> {
        let entity = entity_of(context, entity)?;
        let circumstances = context.circumstances(RuleOperation::Create);
        let mut outcomes: Vec<Option<Outcome>> = rows.iter().map(|_| None).collect();
        let mut admitted = Vec::with_capacity(rows.len());
        for (place, row) in rows.into_iter().enumerate() {
            match of_one(Self::admit_row(tx, context, &entity, (place, row)).await)? {
                Ok(row) => admitted.push(row),
                Err(error) => outcomes[place] = Some(Err(error)),
            }
        }
        Self::raise_serials(tx, context, &entity, admitted.iter().map(|row| &row.input)).await?;
        let facts = Self::shared_facts(tx, context, &entity, &mut admitted, &circumstances).await?;
        Self::find_taken(tx, &entity, &mut admitted).await?;
        let inputs: Vec<&Fields> = admitted.iter().map(|row| &row.input).collect();
        let met = Met::ask(tx, &entity, &inputs).await?;
        let numbers = Numbers::take(tx, &entity, admitted.iter().flat_map(|row| &row.serials)).await?;
        let mut shared = Shared {
            context,
            entity: &entity,
            circumstances: &circumstances,
            facts,
            numbers,
            departments: HashMap::new(),
            seen: HashSet::new(),
            met,
        };
        for (row, outcome) in admitted.iter().zip(self.judge_rows(tx, &admitted, &mut shared).await?) {
            outcomes[row.place] = Some(outcome);
        }
        shared.numbers.give_back(tx, &entity).await?;
        let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
        Self::store_new(tx, context, &entity, &outcomes).await?;
        for row in &admitted {
            if let Some(Ok(written)) = outcomes.get(row.place) {
                Self::hold_files(tx, (&entity, &row.files), (None, &written.record)).await?;
            }
        }
        for written in outcomes.iter().flatten() {
            pending.feed(context, &entity, (None, Some(&written.record)), &written.changed);
        }
        Ok(outcomes)
    }

    async fn admit_row(
        tx: &mut Tx,
        context: &WriteContext,
        entity: &Arc<EntityPlan>,
        (place, row): (usize, NewRecord),
    ) -> Result<Row, Error> {
        if context.rights == Rights::Caller {
            access::check_create(&context.plan, entity, &context.caller)?;
        }
        let NewRecord { id, mut fields, owner } = row;
        if let Some(owner) = owner.filter(|_| entity.owner && !fields.contains_key("owner")) {
            fields.insert("owner".to_owned(), Value::String(owner.to_string()));
        }
        let mut admitted = Self::admitted(tx, context, entity, (None, fields)).await?;
        let mut input = std::mem::take(&mut admitted.fields);
        let files =
            Self::find_files(tx, context, (entity, None), (&mut input, &mut admitted.refused)).await?;
        if let Some(owner) = admitted.owner {
            input.insert("owner".to_owned(), Value::String(owner.to_string()));
        }
        let (unique, taken, serials) = (Vec::new(), BTreeSet::new(), Vec::new());
        Ok(Row { place, id, admitted, input, files, unique, taken, serials })
    }

    /// What the rows point at, asked once for all of them; what each row asks for itself is left in the row.
    async fn shared_facts(
        tx: &mut Tx,
        context: &WriteContext,
        entity: &EntityPlan,
        rows: &mut [Row],
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        // Rows may point at each other: until it is refused, each of them exists for the others.
        if rows.len() > 1 && entity.fields.values().any(|field| points_at(field, &entity.key)) {
            facts.asked.extend(rows.iter().map(|row| row.id));
            facts.records.extend(rows.iter().map(|row| (row.id, (entity.key.clone(), row.input.clone()))));
        }
        let inputs: Vec<&Fields> = rows.iter().map(|row| &row.input).collect();
        let known = (facts, circumstances);
        let mut facts = Self::lock_parents(tx, context, (entity, None), &inputs, known).await?;
        let mut waiting: Vec<&mut Row> = rows.iter_mut().collect();
        for _ in 0..ROUNDS {
            let mut all = Needs::default();
            waiting.retain_mut(|row| {
                let needs = record::needs(entity, None, &row.input, &facts, circumstances);
                (row.unique, row.serials) = (needs.unique, needs.serials);
                let settled =
                    needs.records.is_empty() && needs.people.is_empty() && needs.departments.is_empty();
                all.records.extend(needs.records);
                all.people.extend(needs.people);
                all.departments.extend(needs.departments);
                !settled
            });
            if all.is_empty() {
                break;
            }
            Self::answer_in(tx, entity, None, all, &mut facts).await?;
        }
        let unique = entity.fields.values().filter(|field| field.def.unique);
        facts.unique_asked = unique.map(|field| field.key.clone()).collect();
        Ok(facts)
    }

    /// Which unique values of the rows stored records have, one question a field.
    async fn find_taken(tx: &mut Tx, entity: &EntityPlan, rows: &mut [Row]) -> Result<(), Error> {
        for field in entity.fields.values().filter(|field| field.def.unique) {
            let Some(column) = column_of(entity, &field.key) else { continue };
            let (mut places, mut values) = (Vec::new(), Vec::new());
            for (place, row) in rows.iter().enumerate() {
                if let Some((_, value)) = row.unique.iter().find(|(key, _)| *key == field.key) {
                    places.push(place);
                    values.push(value);
                }
            }
            let found = tx.taken_many(&entity.key, &column, &values).await?;
            for (place, _) in places.into_iter().zip(found).filter(|(_, found)| found.is_some()) {
                rows[place].taken.insert(field.key.clone());
            }
        }
        Ok(())
    }

    /// Judges the rows. Where one that was refused leaves another pointing at nothing, all are judged again without it.
    async fn judge_rows(
        &self,
        tx: &mut Tx,
        rows: &[Row],
        shared: &mut Shared<'_>,
    ) -> Result<Vec<Outcome>, Error> {
        let numbers = shared.numbers.clone();
        loop {
            let mut outcomes = Vec::with_capacity(rows.len());
            for row in rows {
                outcomes.push(of_one(self.judge_row(tx, row, shared).await)?);
            }
            if !shared.lose(rows, &outcomes) {
                return Ok(outcomes);
            }
            shared.numbers = numbers.clone();
            shared.seen.clear();
            shared.met.forget_rows();
        }
    }

    async fn judge_row(&self, tx: &mut Tx, row: &Row, shared: &mut Shared<'_>) -> Outcome {
        let (context, entity) = (shared.context, shared.entity);
        shared.facts.taken.clone_from(&row.taken);
        let earlier = row.unique.iter().map(compared).filter(|value| shared.seen.contains(value));
        shared.facts.taken.extend(earlier.map(|(field, _)| field));
        shared.facts.serials = shared.numbers.offered(&row.serials);
        let judged = together(row.admitted.refused.clone(), self.judged_new(row, shared).await)?;
        let owner = row.admitted.owner;
        let owner =
            owner.or_else(|| entity.owner.then_some(context.caller.id).filter(|id| *id != Id::SYSTEM));
        let department = match owner.and_then(|owner| shared.departments.get(&owner)) {
            Some(known) => *known,
            None => self.department_of(tx, context, owner).await?,
        };
        shared.departments.extend(owner.map(|owner| (owner, department)));
        let mut warnings = joined(row.admitted.notes.clone(), &judged);
        let changed = judged.data.iter().chain(judged.derived.iter()).map(|(key, _)| key.clone()).collect();
        let mut record = judged.apply(blank(context, entity, row.id, (owner, department)));
        self.seal(tx, entity, &mut record).await?;
        if context.rights == Rights::Caller {
            Self::permit(tx, context, Action::Create, &record, shared.circumstances).await?;
        }
        warnings.0.extend(Self::meet_new(tx, context, (entity, &record), &shared.met).await?.0);
        shared.met.add(entity, &record, shared.circumstances);
        shared.numbers.use_up(&row.serials, &record);
        shared.seen.extend(row.unique.iter().map(compared));
        Ok(Written { record, before: None, changed, warnings })
    }

    async fn judged_new(&self, row: &Row, shared: &Shared<'_>) -> Result<Judged, Error> {
        let (entity, circumstances) = (shared.entity, shared.circumstances);
        if !entity.scripted {
            return Ok(record::judge(entity, None, row.input.clone(), &shared.facts, circumstances)?);
        }
        let question = JudgeQuestion {
            entity: entity.key.clone(),
            before: None,
            input: row.input.clone(),
            facts: own_facts(entity, &row.input, &shared.facts, circumstances),
            circumstances: circumstances.clone(),
        };
        self.judge_in_child(shared.context, question).await
    }

    /// Stores records with their history and their events.
    async fn store_new(
        tx: &mut Tx,
        context: &WriteContext,
        entity: &EntityPlan,
        outcomes: &[Outcome],
    ) -> Result<(), Error> {
        let written: Vec<&Written> = outcomes.iter().flatten().collect();
        let records: Vec<&Record> = written.iter().map(|written| &written.record).collect();
        tx.insert_records(&records, &entity.layout).await?;
        let (mut rows, mut events) = (Vec::with_capacity(written.len()), Vec::with_capacity(written.len()));
        for Written { record, changed, .. } in written {
            let (row, heard) = noted(context, None, record, changed);
            rows.push(row);
            events.extend(heard);
        }
        tx.append_histories(&rows).await?;
        Ok(tx.append_events(&events).await?)
    }
}

impl Shared<'_> {
    /// Takes rows that were refused out of what exists; whether that leaves a row pointing at nothing.
    fn lose(&mut self, rows: &[Row], outcomes: &[Outcome]) -> bool {
        let refused = rows.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_err());
        let lost: HashSet<Id> = refused
            .map(|(row, _)| row.id)
            .filter(|id| self.facts.records.get(id).is_some_and(|(entity, _)| *entity == self.entity.key))
            .collect();
        self.facts.records.retain(|id, _| !lost.contains(id));
        let mut kept = outcomes.iter().flatten();
        !lost.is_empty() && kept.any(|written| points_to_any(self.entity, &written.record.data, &lost))
    }
}

/// What an error says about one row; an error that concerns all of them goes on.
fn of_one<T>(outcome: Result<T, Error>) -> Result<Result<T, Error>, Error> {
    match outcome {
        Err(
            error @ (Error::Invalid(_)
            | Error::Denied { .. }
            | Error::Conflict { .. }
            | Error::NotFound { .. }
            | Error::Script(_)),
        ) => Ok(Err(error)),
        outcome => outcome.map(Ok),
    }
}

/// A unique value as the store compares it.
fn compared((field, value): &(String, Value)) -> (String, String) {
    let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
    (field.clone(), text)
}

/// Of what is known for all rows that which one of them asks.
fn own_facts(entity: &EntityPlan, input: &Fields, shared: &Facts, c: &Circumstances) -> Facts {
    let mut own = Facts {
        taken: shared.taken.clone(),
        serials: shared.serials.clone(),
        unique_asked: shared.unique_asked.clone(),
        ..Facts::default()
    };
    for _ in 0..ROUNDS {
        let needs = record::needs(entity, None, input, &own, c);
        let ids = needs.records.into_iter().map(|(_, id)| id).chain(needs.people).chain(needs.departments);
        let new: Vec<Id> = ids.filter(|id| own.asked.insert(*id)).collect();
        if new.is_empty() {
            break;
        }
        for id in new {
            own.records.extend(shared.records.get(&id).map(|found| (id, found.clone())));
            own.people.extend(shared.people.get(&id).map(|name| (id, name.clone())));
            own.departments.extend(shared.departments.get(&id));
        }
    }
    own
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
