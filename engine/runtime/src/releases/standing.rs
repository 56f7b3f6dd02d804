//! What stored records have against a release: values that are missing where a field becomes required, values that
//! several records share where it becomes unique. Looked at before anything is published.

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::record;
use kezhi_types::condition::Op;
use kezhi_types::query::{Column, CountMode, Filter, Query};
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
    /// The field; `lines.product` for a column of a table.
    pub field: String,
    /// What people call it.
    pub title: String,
    /// `required`: they lack it; `unique`: they share a value; `unfit`: their value breaks a limit.
    pub why: &'static str,
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
            for (field, lacks) in newly_required(entity, before) {
                let query = Query { filter: Some(lacks), limit: EXAMPLES, ..everything(&entity.key) };
                let reader = self.0.store.reader().patient();
                let count = reader.count(&query, CountMode::Exact).await?.map_or(0, |count| count.value);
                if count == 0 {
                    continue;
                }
                let ids: Vec<Id> =
                    reader.list(&query).await?.records.into_iter().map(|record| record.id).collect();
                standing.push(
                    self.standing(caller, (entity.as_ref(), field.as_str()), "required", (count, &ids))
                        .await?,
                );
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
        if !new.entity(entity).is_some_and(|plan| plan.fields.contains_key(field)) {
            return Ok(error.into());
        }
        let doubles = self.0.store.reader().patient().doubles(entity, field).await?;
        self.shared_values(caller, new, (entity, field), doubles).await
    }

    /// The refusal itself.
    pub(super) async fn shared_values(
        &self,
        caller: &Caller,
        new: &AppPlan,
        (entity, field): (&str, &str),
        doubles: kezhi_store::Doubles,
    ) -> Result<Error, Error> {
        let Some(plan) = new.entity(entity) else { return Ok(Error::UnknownEntity(entity.to_owned())) };
        let standing = self
            .standing(caller, (plan.as_ref(), field), "unique", (doubles.records, &doubles.examples))
            .await?;
        let detail = format!("{} records share a value of `{field}`", standing.count);
        Ok(Error::Conflict { code: "draft.not_unique", detail, data: json!({ "standing": [standing] }) })
    }

    async fn standing(
        &self,
        caller: &Caller,
        (entity, field): (&EntityPlan, &str),
        why: &'static str,
        (count, ids): (i64, &[Id]),
    ) -> Result<Standing, Error> {
        Ok(Standing {
            why,
            entity: entity.key.clone(),
            field: field.to_owned(),
            title: title_of(entity, field),
            count,
            examples: self.examples(caller, &entity.key, ids).await?,
        })
    }

    /// Those of the records that the caller may read under the live release, with their titles as the caller sees them.
    async fn examples(&self, caller: &Caller, entity: &str, ids: &[Id]) -> Result<Vec<Example>, Error> {
        let Ok(live) = self.0.live.plan() else { return Ok(Vec::new()) };
        let Some(entity) = live.entity(entity) else { return Ok(Vec::new()) };
        let records = self.0.store.reader().patient().get_records(&entity.key, ids).await?;
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

/// Fields, and columns of tables, that a record must have from now on, with the records that lack them.
fn newly_required(entity: &EntityPlan, before: &EntityPlan) -> Vec<(String, Filter)> {
    let empty = |column| Filter::Compare { path: Vec::new(), column, op: Op::Empty, value: Value::Null };
    let fields = entity.required.iter().filter(|field| !before.required.contains(*field));
    let mut found: Vec<(String, Filter)> =
        fields.filter_map(|field| Some((field.clone(), empty(column_of(entity, field)?)))).collect();
    for (table, field) in &entity.fields {
        let (Some(items), Some(rows)) = (&field.def.items, column_of(entity, table)) else { continue };
        let known = before.fields.get(table).and_then(|before| before.def.items.as_ref());
        let is_new = |key: &&String| known.is_none_or(|known| !known.required.contains(*key));
        for key in items.required.iter().filter(is_new) {
            // Whether a column is shown in a row is decided row by row when it is written.
            let Some(column) = field.columns.get(key).filter(|column| column.def.show.is_none()) else {
                continue;
            };
            let column = Column { field: key.clone(), part: column.part, shape: column.shape.clone() };
            let lacks = Filter::Rows {
                column: rows.clone(),
                filter: Some(Box::new(empty(column))),
                op: Op::Gte,
                value: 1,
            };
            found.push((format!("{table}.{key}"), lacks));
        }
    }
    found
}

/// What people call a field, or a column of a table.
fn title_of(entity: &EntityPlan, field: &str) -> String {
    let (table, column) =
        field.split_once('.').map_or((field, None), |(table, column)| (table, Some(column)));
    let Some(plan) = entity.fields.get(table) else { return field.to_owned() };
    match column.and_then(|column| plan.columns.get(column)) {
        Some(column) => format!("{} · {}", plan.title, column.title),
        None => plan.title.clone(),
    }
}
