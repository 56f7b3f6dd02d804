//! The records that a change is about to point at: what a caller may not read counts as not there, whoever tells its id.
//! Where rows are locked one by one they are held until the change is committed, so that nobody deletes them or changes
//! what is read of them meanwhile; a single writer has nothing to fear.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{self, Circumstances, Facts};
use kezhi_plan::record;
use kezhi_store::Tx;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

use super::change::{Rights, WriteContext};
use super::eyes::Seen;
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// What the changed fields of inputs point at, locked in the order of (entity, id) and read as the caller may read it,
    /// beside the facts that are known already. Records whose rollups the change will move are locked for writing, the
    /// others shared.
    pub(super) async fn lock_parents(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, before): (&EntityPlan, Option<&Record>),
        inputs: &[&Fields],
        (mut facts, circumstances): (Facts, &Circumstances),
    ) -> Result<Facts, Error> {
        let judged = context.rights != Rights::Full && !context.caller.is_unlimited();
        if !judged && !tx.locks_rows() {
            return Ok(facts);
        }
        let fed = inputs.iter().flat_map(|input| entity.feeds.iter().map(|feed| input.get(&feed.via)));
        let fed: BTreeSet<Id> = fed.flat_map(facts::ids_in).collect();
        for (target, ids) in named((entity, before), inputs, &facts, circumstances) {
            let written = ids.iter().any(|id| fed.contains(id));
            let found = match (tx.locks_rows(), written) {
                (false, _) => tx.get_records(&target, &ids).await?,
                (true, true) => tx.lock_records(&target, &ids).await?,
                (true, false) => tx.share_records(&target, &ids).await?,
            };
            let seen = match context.plan.entity(&target).filter(|_| judged) {
                Some(plan) => {
                    Some(Self::seen_all_in(tx, (&context.plan, plan), &found, circumstances).await?)
                }
                None => None,
            };
            add(&mut facts, &target, ids, (found, seen));
        }
        Ok(facts)
    }

    /// The same for a form while somebody types: nothing is locked.
    pub(crate) async fn read_parents(
        &self,
        (entity, before): (&EntityPlan, Option<&Record>),
        input: &Fields,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        let (plan, caller) = (self.plan()?, &circumstances.caller);
        if caller.is_unlimited() {
            return Ok(facts);
        }
        for (target, ids) in named((entity, before), &[input], &facts, circumstances) {
            let Some(known) = plan.entity(&target) else { continue };
            let found = self.0.store.reader().get_records(&target, &ids).await?;
            let seen = self.seen(&plan, caller, known, &found).await?;
            add(&mut facts, &target, ids, (found, Some(seen)));
        }
        Ok(facts)
    }
}

/// Entity to the ids that the changed fields of inputs name, whose records must exist and are not known yet.
fn named(
    (entity, before): (&EntityPlan, Option<&Record>),
    inputs: &[&Fields],
    facts: &Facts,
    circumstances: &Circumstances,
) -> BTreeMap<String, Vec<Id>> {
    let mut given = BTreeSet::new();
    let stored = |key: &str| before.and_then(|record| record.data.get(key));
    let changed = |(key, value): &(&String, &Value)| stored(key) != Some(*value);
    for (key, value) in inputs.iter().flat_map(|input| input.iter()).filter(changed) {
        if entity.fields.get(key).is_some_and(|field| field.kind == FieldKind::Relations) {
            // What was named among others before stays, whoever sends the list.
            let stood = facts::ids_in(stored(key));
            given.extend(facts::ids_in(Some(value)).into_iter().filter(|id| !stood.contains(id)));
        } else {
            ids_in(value, &mut given);
        }
    }
    let mut named: BTreeMap<String, Vec<Id>> = BTreeMap::new();
    if given.is_empty() {
        return named;
    }
    let needs = inputs.iter().map(|input| record::needs(entity, before, input, facts, circumstances));
    let asked: BTreeSet<(String, Id)> = needs.flat_map(|needs| needs.records).collect();
    for (target, id) in asked.into_iter().filter(|(_, id)| given.contains(id)) {
        named.entry(target).or_default().push(id);
    }
    named
}

/// Adds what was found to the facts; what is in the bin or may not be read has been asked for in vain.
fn add(facts: &mut Facts, target: &str, asked: Vec<Id>, (found, seen): (Vec<Record>, Option<Vec<Seen>>)) {
    for (at, record) in found.into_iter().enumerate() {
        let may_read = seen.as_ref().is_none_or(|seen| seen.get(at).is_some_and(Option::is_some));
        if record.deleted_at.is_none() && may_read {
            facts.records.insert(record.id, (target.to_owned(), record.flat()));
        }
    }
    facts.asked.extend(asked);
}

fn id_of(value: &Value) -> Option<Id> {
    value.as_str()?.parse().ok()
}

/// Every id in a value, also in the rows of a table.
fn ids_in(value: &Value, found: &mut BTreeSet<Id>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| ids_in(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| ids_in(field, found)),
        other => found.extend(id_of(other)),
    }
}
