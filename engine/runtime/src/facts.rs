//! The answers of the store to the needs of a plan, gathered in rounds: a relation's record may itself
//! lead on.

use std::collections::{BTreeMap, HashMap};

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::facts::{Circumstances, Facts, Needs};
use kezhi_plan::record;
use kezhi_store::{Reader, Tx};
use kezhi_types::condition::Op;
use kezhi_types::query::{Column, CountMode, Filter, Part, Query, Shape, Sort};
use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

use crate::error::Error;
use crate::runtime::Runtime;

/// How often needs may lead to further needs: three hops of a path, and one to find nothing more.
pub(crate) const ROUNDS: usize = 5;
/// How many related rows a script may read.
const ROWS: u32 = 1000;

/// Answers the needs that a transaction and a reader answer alike; leaves the serial numbers.
macro_rules! answer {
    ($source:expr, $entity:expr, $id:expr, $needs:expr, $facts:expr) => {{
        let source = $source;
        let (entity, id, needs, facts): (&EntityPlan, Option<Id>, Needs, &mut Facts) =
            ($entity, $id, $needs, $facts);
        let mut by_entity = BTreeMap::<String, Vec<Id>>::new();
        for (target, wanted) in needs.records {
            facts.asked.insert(wanted);
            by_entity.entry(target).or_default().push(wanted);
        }
        for (target, ids) in by_entity {
            for record in source.get_records(&target, &ids).await? {
                if record.deleted_at.is_none() {
                    facts.records.insert(record.id, (target.clone(), record.flat()));
                }
            }
        }
        if !needs.people.is_empty() {
            let people: Vec<Id> = needs.people.into_iter().collect();
            for user in source.users_by_ids(&people).await? {
                facts.people.insert(user.id, user.name);
            }
            facts.asked.extend(people);
        }
        if !needs.departments.is_empty() {
            let known = source.departments().await?;
            facts
                .departments
                .extend(known.iter().map(|known| known.id).filter(|id| needs.departments.contains(id)));
            facts.asked.extend(needs.departments);
        }
        for field in needs.rollups {
            let rollup = entity.fields.get(&field).and_then(|plan| plan.rollup.as_ref());
            let value = match (rollup, id) {
                (Some(rollup), Some(id)) => source.rollup(rollup, &[id]).await?.remove(&id),
                _ => None,
            };
            facts.rollups.insert(field, value.unwrap_or(Value::Null));
        }
        for (field, value) in needs.unique {
            if let Some(column) = column_of(entity, &field)
                && source.taken(&entity.key, &column, &value, id).await?.is_some()
            {
                facts.taken.insert(field.clone());
            }
            facts.unique_asked.insert(field);
        }
        for probe in needs.probes {
            let count = match id.and_then(|id| pointing_here(&probe.filter, id)) {
                Some((target, filter)) => source.count_related(&target, &filter).await?,
                None => 0,
            };
            facts.probes.insert(probe.number, count);
        }
        if let Some(shared) = needs.shared {
            facts.shared = Some(match id {
                Some(id) => source.shared(&entity.key, id, &shared.with, shared.at).await?,
                None => None,
            });
        }
        for (target, via) in needs.rows {
            let rows = match id {
                Some(id) => source.list(&related(&target, reference(&via), id, ROWS)).await?.records,
                None => Vec::new(),
            };
            facts.rows.insert(format!("{target}.{via}"), rows.iter().map(Record::flat).collect());
        }
        needs.serials
    }};
}

impl Runtime {
    /// Everything that judging an input looks at, inside a transaction, besides the facts that are known already. Serial
    /// numbers are taken here.
    pub(crate) async fn facts_in(
        tx: &mut Tx,
        entity: &EntityPlan,
        (before, input): (Option<&Record>, &Fields),
        mut facts: Facts,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        for _ in 0..ROUNDS {
            let needs = record::needs(entity, before, input, &facts, circumstances);
            if needs.is_empty() {
                break;
            }
            Self::answer_in(tx, entity, before.map(|record| record.id), needs, &mut facts).await?;
        }
        Ok(facts)
    }

    /// One round inside a transaction.
    pub(crate) async fn answer_in(
        tx: &mut Tx,
        entity: &EntityPlan,
        id: Option<Id>,
        needs: Needs,
        facts: &mut Facts,
    ) -> Result<(), Error> {
        let serials = answer!(&mut *tx, entity, id, needs, facts);
        for serial in serials {
            let name = format!("{}.{}", entity.key, serial.field);
            let number = tx.next_serial(&name, &serial.prefix).await?;
            facts.serials.insert(serial.field, number);
        }
        Ok(())
    }

    /// Everything that deriving each of the records looks at, inside a transaction, besides what is known of each already;
    /// rollups are asked once for all.
    pub(crate) async fn facts_of_many(
        tx: &mut Tx,
        entity: &EntityPlan,
        records: &[Record],
        mut all: Vec<Facts>,
        circumstances: &Circumstances,
    ) -> Result<Vec<Facts>, Error> {
        for _ in 0..ROUNDS {
            let mut rollups = BTreeMap::<String, Vec<usize>>::new();
            let mut settled = true;
            for (at, record) in records.iter().enumerate() {
                let mut needs = record::derive_needs(entity, record, &all[at], circumstances);
                settled &= needs.is_empty();
                for field in std::mem::take(&mut needs.rollups) {
                    rollups.entry(field).or_default().push(at);
                }
                if !needs.is_empty() {
                    Self::answer_in(tx, entity, Some(record.id), needs, &mut all[at]).await?;
                }
            }
            for (field, places) in rollups {
                let ids: Vec<Id> = places.iter().map(|at| records[*at].id).collect();
                let mut found = match entity.fields.get(&field).and_then(|plan| plan.rollup.as_ref()) {
                    Some(rollup) => tx.rollup(rollup, &ids).await?,
                    None => HashMap::new(),
                };
                for at in places {
                    let value = found.remove(&records[at].id).unwrap_or(Value::Null);
                    all[at].rollups.insert(field.clone(), value);
                }
            }
            if settled {
                break;
            }
        }
        Ok(all)
    }

    /// Everything that deriving a record looks at, without a transaction.
    pub(crate) async fn facts_to_derive(
        &self,
        entity: &EntityPlan,
        record: &Record,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let reader = self.0.store.reader();
        let mut facts = Facts::default();
        for _ in 0..ROUNDS {
            let needs = record::derive_needs(entity, record, &facts, circumstances);
            if needs.is_empty() {
                break;
            }
            let _ = answer!(&reader, entity, Some(record.id), needs, &mut facts);
        }
        Ok(facts)
    }

    /// Everything that [`access::check`] looks at for an action on a record, without a transaction.
    pub(crate) async fn facts_of_access(
        &self,
        (plan, entity): (&AppPlan, &EntityPlan),
        action: Action,
        record: &Record,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let reader = self.0.store.reader();
        let mut facts = Facts::default();
        for _ in 0..ROUNDS {
            let needs = access::needs(plan, entity, action, (record, &facts), circumstances);
            if needs.is_empty() {
                break;
            }
            let _ = answer!(&reader, entity, Some(record.id), needs, &mut facts);
        }
        Ok(facts)
    }

    /// Everything that judging an input looks at, without a transaction, besides the facts that are known
    /// already: for forms. No serial number is taken.
    pub(crate) async fn facts_read(
        reader: &Reader,
        entity: &EntityPlan,
        (before, input): (Option<&Record>, &Fields),
        mut facts: Facts,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        for _ in 0..ROUNDS {
            let needs = record::needs(entity, before, input, &facts, circumstances);
            let done = Needs { serials: Vec::new(), ..needs.clone() }.is_empty();
            if done {
                break;
            }
            let _ = answer!(reader, entity, before.map(|record| record.id), needs, &mut facts);
        }
        Ok(facts)
    }
}

/// The records of `entity` whose relation `via` is `id`, or names it among others, newest first.
pub(crate) fn related(entity: &str, via: Column, id: Id, limit: u32) -> Query {
    let created = Column { field: "created_at".to_owned(), part: Part::System, shape: Shape::Instant };
    Query {
        filter: Some(names(via, id)),
        sort: vec![Sort { path: Vec::new(), column: created, descending: true, visible: None }],
        limit,
        ..everything(entity)
    }
}

/// Every living record of an entity.
pub(crate) fn everything(entity: &str) -> Query {
    Query {
        entity: entity.to_owned(),
        filter: None,
        words: None,
        sort: Vec::new(),
        limit: 500,
        after: None,
        count: CountMode::None,
        bin: false,
    }
}

/// Where a field's value lies.
pub(crate) fn column_of(entity: &EntityPlan, field: &str) -> Option<Column> {
    let plan = entity.fields.get(field)?;
    Some(Column { field: plan.key.clone(), part: plan.part, shape: plan.shape.clone() })
}

fn reference(via: &str) -> Column {
    Column { field: via.to_owned(), part: Part::Data, shape: Shape::Reference }
}

/// The records whose relation is `id`, or whose many relations have it among them.
pub(crate) fn names(column: Column, id: Id) -> Filter {
    let op = if column.shape == Shape::Links { Op::Has } else { Op::Eq };
    Filter::Compare { path: Vec::new(), column, op, value: Value::String(id.to_string()) }
}

/// A question about records that point here, as a question about their entity.
fn pointing_here(filter: &Filter, id: Id) -> Option<(String, Filter)> {
    let Filter::Related { entity, via, filter, .. } = filter else { return None };
    let mut parts = vec![names(via.clone(), id)];
    parts.extend(filter.as_deref().cloned());
    Some((entity.clone(), Filter::All(parts)))
}
