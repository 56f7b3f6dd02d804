//! The records that a change is about to point at: what a caller may not read counts as not there, whoever tells its id.
//! Where rows are locked one by one they are held until the change is committed, so that nobody deletes them or changes
//! what is read of them meanwhile; a single writer has nothing to fear.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Circumstances, Facts};
use kezhi_plan::record;
use kezhi_store::Tx;
use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

use super::change::{Rights, WriteContext};
use super::eyes::Seen;
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// What the changed fields of an input point at, locked in the order of (entity, id) and read as the caller may read
    /// it. Records whose rollups the change will move are locked for writing, the others shared.
    pub(super) async fn lock_parents(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, before): (&EntityPlan, Option<&Record>),
        input: &Fields,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let judged = context.rights != Rights::Full && !context.caller.is_unlimited();
        if !judged && !tx.locks_rows() {
            return Ok(Facts::default());
        }
        let fed: BTreeSet<Id> = entity.feeds.iter().filter_map(|feed| id_of(input.get(&feed.via)?)).collect();
        let mut facts = Facts::default();
        for (target, ids) in named(entity, before, input, circumstances) {
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
            add(&mut facts, target, ids, (found, seen));
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
        for (target, ids) in named(entity, before, input, circumstances) {
            let Some(known) = plan.entity(&target) else { continue };
            let found = self.0.store.reader().get_records(&target, &ids).await?;
            let seen = self.seen(&plan, caller, known, &found).await?;
            add(&mut facts, target, ids, (found, Some(seen)));
        }
        Ok(facts)
    }
}

/// Entity to the ids that the changed fields of an input name, and whose records must exist.
fn named(
    entity: &EntityPlan,
    before: Option<&Record>,
    input: &Fields,
    circumstances: &Circumstances,
) -> BTreeMap<String, Vec<Id>> {
    let mut given = BTreeSet::new();
    let stored = |key: &str| before.and_then(|record| record.data.get(key));
    for (_, value) in input.iter().filter(|(key, value)| stored(key) != Some(*value)) {
        ids_in(value, &mut given);
    }
    let mut named: BTreeMap<String, Vec<Id>> = BTreeMap::new();
    if given.is_empty() {
        return named;
    }
    let needs = record::needs(entity, before, input, &Facts::default(), circumstances);
    for (target, id) in needs.records.into_iter().filter(|(_, id)| given.contains(id)) {
        named.entry(target).or_default().push(id);
    }
    named
}

/// Adds what was found to the facts; what is in the bin or may not be read has been asked for in vain.
fn add(facts: &mut Facts, target: String, asked: Vec<Id>, (found, seen): (Vec<Record>, Option<Vec<Seen>>)) {
    for (at, record) in found.into_iter().enumerate() {
        let may_read = seen.as_ref().is_none_or(|seen| seen.get(at).is_some_and(Option::is_some));
        if record.deleted_at.is_none() && may_read {
            facts.records.insert(record.id, (target.clone(), record.flat()));
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
