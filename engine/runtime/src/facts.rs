//! The answers of the store to the needs of a plan, gathered in rounds: a relation's record may itself
//! lead on.

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::facts::{Circumstances, Facts, Needs};
use kezhi_plan::record;
use kezhi_store::{Reader, Tx};
use kezhi_types::{Fields, Id, Record};

use crate::error::Error;
use crate::runtime::Runtime;

/// How often needs may lead to further needs: three hops of a path, and one to find nothing more.
pub(crate) const ROUNDS: usize = 5;
/// How many related rows a script may read.
const ROWS: u32 = 1000;

/// Answers the needs that both a transaction and a reader can answer.
macro_rules! answer {
    ($source:expr, $plan:expr, $entity:expr, $id:expr, $needs:expr, $facts:expr) => {{
        let source = $source;
        let (plan, entity, id, needs, facts): (&AppPlan, &EntityPlan, Option<Id>, Needs, &mut Facts) =
            ($plan, $entity, $id, $needs, $facts);
        let mut by_entity = std::collections::BTreeMap::<String, Vec<Id>>::new();
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
            facts.asked.extend(people.iter().copied());
            facts.people.extend(source.people_names(&people).await?);
        }
        for field in needs.rollups {
            let rollup = entity.fields.get(&field).and_then(|plan| plan.rollup.as_ref());
            let value = match (rollup, id) {
                (Some(rollup), Some(id)) => source.rollup(rollup, &[id]).await?.remove(&id),
                _ => None,
            };
            facts.rollups.insert(field, value.unwrap_or(serde_json::Value::Null));
        }
        for (field, value) in needs.unique {
            if source.taken(&entity.layout, &field, &value, id).await? {
                facts.taken.insert(field.clone());
            }
            facts.unique_asked.insert(field);
        }
        for probe in needs.probes {
            let count = match id {
                Some(id) => source.count_related(&probe.filter, id).await?,
                None => 0,
            };
            facts.probes.insert(probe.number, count);
        }
        for (target, via) in needs.rows {
            let rows = match id {
                Some(id) => related_rows(source.related_records(&target, &via, id, ROWS).await?),
                None => Vec::new(),
            };
            facts.rows.insert(format!("{target}.{via}"), rows);
        }
        let _ = plan;
        needs.serials
    }};
}

impl Runtime {
    /// Everything that judging an input looks at, inside a transaction. Serial numbers are taken here.
    pub(crate) async fn facts_in(
        &self,
        tx: &mut Tx,
        plan: &AppPlan,
        entity: &EntityPlan,
        before: Option<&Record>,
        input: &Fields,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        for _ in 0..ROUNDS {
            let needs = record::needs(plan, entity, before, input, &facts, circumstances);
            if needs.is_empty() {
                break;
            }
            self.answer_in(tx, plan, entity, before.map(|record| record.id), needs, &mut facts).await?;
        }
        Ok(facts)
    }

    /// One round inside a transaction.
    pub(crate) async fn answer_in(
        &self,
        tx: &mut Tx,
        plan: &AppPlan,
        entity: &EntityPlan,
        id: Option<Id>,
        needs: Needs,
        facts: &mut Facts,
    ) -> Result<(), Error> {
        let serials = answer!(&mut *tx, plan, entity, id, needs, facts);
        for serial in serials {
            let name = format!("{}.{}", entity.key, serial.field);
            let number = tx.next_serial(&name, &serial.prefix).await?;
            facts.serials.insert(serial.field, number);
        }
        Ok(())
    }

    /// Everything that judging an input looks at, without a transaction: for forms. No serial number is taken.
    pub(crate) async fn facts_read(
        &self,
        reader: &Reader,
        plan: &AppPlan,
        entity: &EntityPlan,
        before: Option<&Record>,
        input: &Fields,
        circumstances: &Circumstances,
    ) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        for _ in 0..ROUNDS {
            let needs = record::needs(plan, entity, before, input, &facts, circumstances);
            let done = Needs { serials: Vec::new(), ..needs.clone() }.is_empty();
            if done {
                break;
            }
            let _ = answer!(reader, plan, entity, before.map(|record| record.id), needs, &mut facts);
        }
        Ok(facts)
    }
}

fn related_rows(records: Vec<Record>) -> Vec<Fields> {
    records.iter().map(Record::flat).collect()
}
