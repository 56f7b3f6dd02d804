//! The records that a change is about to point at, held until it is committed: nobody deletes them or changes what is read
//! of them meanwhile. Only where rows are locked one by one; a single writer has nothing to fear.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Circumstances, Facts};
use kezhi_plan::record;
use kezhi_store::Tx;
use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// Locks what the changed fields of an input point at, in the order of (entity, id), and answers the facts that it
    /// read with that. Records whose rollups the change will move are locked for writing, the others shared.
    pub(super) async fn lock_parents(
        tx: &mut Tx,
        entity: &EntityPlan,
        before: Option<&Record>,
        input: &Fields,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        if !tx.locks_rows() {
            return Ok(facts);
        }
        let mut given = BTreeSet::new();
        let stored = |key: &str| before.and_then(|record| record.data.get(key));
        for (_, value) in input.iter().filter(|(key, value)| stored(key) != Some(*value)) {
            ids_in(value, &mut given);
        }
        if given.is_empty() {
            return Ok(facts);
        }
        let fed: BTreeSet<Id> = entity.feeds.iter().filter_map(|feed| id_of(input.get(&feed.via)?)).collect();
        let needs = record::needs(entity, before, input, &facts, circumstances);
        let mut parents: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        for (target, id) in needs.records.into_iter().filter(|(_, id)| given.contains(id)) {
            parents.entry(target).or_default().push(id);
        }
        for (target, ids) in parents {
            let written = ids.iter().any(|id| fed.contains(id));
            let found = if written {
                tx.lock_records(&target, &ids).await?
            } else {
                tx.share_records(&target, &ids).await?
            };
            let living = found.into_iter().filter(|record| record.deleted_at.is_none());
            facts.records.extend(living.map(|record| (record.id, (target.clone(), record.flat()))));
            facts.asked.extend(ids);
        }
        Ok(facts)
    }
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
