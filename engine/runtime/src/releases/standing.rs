//! What stored records have against a release: values that are missing where a field becomes required, values that
//! several records share where it becomes unique. Looked at before anything is published.

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::record;
use kezhi_types::condition::Op;
use kezhi_types::query::{CountMode, Filter, Query};
use kezhi_types::{Caller, Id};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::facts::{column_of, everything};
use crate::runtime::Runtime;

/// Records that are named.
const EXAMPLES: u32 = 5;

/// What stands against one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The entity.
    pub entity: String,
    /// The field.
    pub field: String,
    /// What people call it.
    pub title: String,
    /// How many living records stand against it.
    pub count: i64,
    /// The first of those that the caller may read.
    pub examples: Vec<Example>,
}

/// One record that stands against a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Its id.
    pub id: Id,
    /// What people call it.
    pub title: String,
}

impl Runtime {
    /// Fields that become required although living records lack them.
    pub(super) async fn lacking(&self, caller: &Caller, new: &AppPlan) -> Result<Vec<Standing>, Error> {
        let Ok(live) = self.0.live.plan() else { return Ok(Vec::new()) };
        let mut standing = Vec::new();
        for (entity, before) in
            new.entities.values().filter_map(|entity| Some((entity, live.entity(&entity.key)?)))
        {
            for field in entity.required.iter().filter(|field| !before.required.contains(*field)) {
                let Some(column) = column_of(entity, field) else { continue };
                let lacks = Filter::Compare { path: Vec::new(), column, op: Op::Empty, value: Value::Null };
                let query = Query { filter: Some(lacks), limit: EXAMPLES, ..everything(&entity.key) };
                let reader = self.0.store.reader();
                let count = reader.count(&query, CountMode::Exact).await?.map_or(0, |count| count.value);
                if count == 0 {
                    continue;
                }
                let ids: Vec<Id> =
                    reader.list(&query).await?.records.into_iter().map(|record| record.id).collect();
                standing.push(self.standing(caller, entity, field, (count, &ids)).await?);
            }
        }
        Ok(standing)
    }

    /// The refusal to publish a unique field whose values several records share; other failures as they are.
    pub(super) async fn not_unique(
        &self,
        caller: &Caller,
        new: &AppPlan,
        error: kezhi_store::Error,
    ) -> Result<Error, Error> {
        let kezhi_store::Error::NotUnique { entity, field } = &error else { return Ok(error.into()) };
        let Some(plan) = new.entity(entity).filter(|plan| plan.fields.contains_key(field)) else {
            return Ok(error.into());
        };
        let doubles = self.0.store.reader().doubles(entity, field).await?;
        let standing = self.standing(caller, plan, field, (doubles.records, &doubles.examples)).await?;
        let detail = format!("{} records share a value of `{field}`", standing.count);
        Ok(Error::Conflict { code: "draft.not_unique", detail, data: json!({ "standing": [standing] }) })
    }

    async fn standing(
        &self,
        caller: &Caller,
        entity: &EntityPlan,
        field: &str,
        (count, ids): (i64, &[Id]),
    ) -> Result<Standing, Error> {
        Ok(Standing {
            entity: entity.key.clone(),
            field: field.to_owned(),
            title: entity.fields.get(field).map_or(field, |field| &field.title).to_owned(),
            count,
            examples: self.examples(caller, &entity.key, ids).await?,
        })
    }

    /// Those of the records that the caller may read under the live release, with their titles as the caller sees them.
    async fn examples(&self, caller: &Caller, entity: &str, ids: &[Id]) -> Result<Vec<Example>, Error> {
        let Ok(live) = self.0.live.plan() else { return Ok(Vec::new()) };
        let Some(entity) = live.entity(entity) else { return Ok(Vec::new()) };
        let records = self.0.store.reader().get_records(&entity.key, ids).await?;
        let seen = self.seen(&live, caller, entity, &records).await?;
        let examples = records.iter().zip(seen).filter_map(|(record, seen)| {
            let rights = seen?;
            let mut flat = record.flat();
            flat.retain(|key, _| rights.may_read(key));
            Some(Example { id: record.id, title: record::title(entity, &flat) })
        });
        Ok(examples.collect())
    }
}
