//! Taking sample records out for good. Records that stay and pointed at one lose the reference, and their history
//! says so.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::{EntityPlan, FieldPlan};
use kezhi_plan::facts::ids_in;
use kezhi_store::Tx;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::Column;
use kezhi_types::{Caller, Entrance, Fields, Id};
use serde_json::Value;

use super::change::WriteContext;
use super::verbs::{Manner, TRIES, spawned};
use super::write::unique;
use crate::audit::{Note, note, note_erased, seed};
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// How many records came as samples, by entity.
    ///
    /// # Errors
    /// The store's.
    pub async fn sample_counts(&self) -> Result<Vec<(String, i64)>, Error> {
        Ok(self.0.store.reader().sample_counts().await?)
    }

    /// The same for whoever builds.
    ///
    /// # Errors
    /// Denied without `use_builder`.
    pub async fn sample_records(&self, caller: &Caller) -> Result<Vec<(String, i64)>, Error> {
        self.require(caller, "use_builder")?;
        self.sample_counts().await
    }

    /// Removes every sample record for good, with its history, runs and tasks, clears what points at them, and derives
    /// again what they fed. Definitions and other records stay. Returns how many went.
    ///
    /// # Errors
    /// Denied without `use_builder` and `publish`.
    pub async fn remove_sample(&self, caller: &Caller) -> Result<u64, Error> {
        self.require(caller, "use_builder")?;
        self.require(caller, "publish")?;
        let (runtime, caller) = (self.clone(), caller.clone());
        spawned(async move {
            let mut tries = 0;
            loop {
                match runtime.remove_sample_once(&caller).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn remove_sample_once(&self, caller: &Caller) -> Result<u64, Error> {
        let context = self.context(caller, Entrance::Api, &Manner::default())?;
        let context = WriteContext { workflows: false, ..context };
        let mut tx = self.begin(&context).await?;
        for entity in context.plan.entities.values() {
            Self::clear_references(&mut tx, &context, entity).await?;
        }
        let (removed, erased) = tx.delete_sample(&seed()?).await?;
        note_erased(&mut tx, (caller, context.now), (&erased, &[])).await?;
        note(&mut tx, Note::new("sample", "removed", caller, context.now).detail("records", removed)).await?;
        let derives =
            |entity: &&std::sync::Arc<EntityPlan>| entity.fields.values().any(FieldPlan::is_derived);
        for entity in context.plan.entities.values().filter(derives) {
            tx.mark_entity_stale(&entity.key, context.now).await?;
        }
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(removed)
    }

    /// Clears what records of the entity that stay say of sample records. Not a change that anybody judges: a required
    /// relation may be empty afterwards, as after the record that it named was deleted.
    async fn clear_references(tx: &mut Tx, context: &WriteContext, entity: &EntityPlan) -> Result<(), Error> {
        let relations = relations(entity);
        let mut staying = BTreeSet::new();
        for (table, via, target) in &relations {
            let (table, via) = (table.map(column), column(via));
            staying.extend(tx.pointing_at_sample(&entity.key, (table.as_ref(), &via), target).await?);
        }
        for id in staying {
            let Some(before) = tx.lock_record(&entity.key, id).await? else { continue };
            let mut named = BTreeMap::<&str, Vec<Id>>::new();
            for (table, via, target) in &relations {
                named.entry(target).or_default().extend(ids_at(&before.data, *table, via));
            }
            let mut going = BTreeSet::new();
            for (target, ids) in named {
                going.extend(tx.sample_among(target, &ids).await?);
            }
            let mut record = before.clone();
            for (table, via, _) in &relations {
                clear(&mut record.data, *table, via, &going);
            }
            let differs = |key: &&String| before.data.get(*key) != record.data.get(*key);
            let changed: Vec<String> = before.data.keys().filter(differs).cloned().collect();
            record.version += 1;
            record.updated_at = context.now;
            record.updated_by = Some(context.caller.id);
            unique(tx.update_record(&record, &entity.layout).await, entity)?;
            Self::note(tx, context, Some(&before), &record, &changed).await?;
        }
        Ok(())
    }
}

/// A relation: the sub-table that it stands in, the field, and the entity that it names.
type Relation<'a> = (Option<&'a FieldPlan>, &'a FieldPlan, &'a str);

fn relations(entity: &EntityPlan) -> Vec<Relation<'_>> {
    let mut found = Vec::new();
    for field in entity.fields.values() {
        found.extend(field.relation.iter().map(|(target, _)| (None, field, target.as_str())));
        for inner in field.columns.values() {
            found.extend(inner.relation.iter().map(|(target, _)| (Some(field), inner, target.as_str())));
        }
    }
    found
}

fn column(field: &FieldPlan) -> Column {
    Column { field: field.key.clone(), part: field.part, shape: field.shape.clone() }
}

fn id_in(value: Option<&Value>) -> Option<Id> {
    value.and_then(Value::as_str).and_then(|text| text.parse().ok())
}

fn ids_at(data: &Fields, table: Option<&FieldPlan>, via: &FieldPlan) -> Vec<Id> {
    match table {
        None => ids_in(data.get(&via.key)),
        Some(table) => {
            let rows = data.get(&table.key).and_then(Value::as_array).into_iter().flatten();
            rows.filter_map(|row| id_in(row.get(&via.key))).collect()
        }
    }
}

fn clear(data: &mut Fields, table: Option<&FieldPlan>, via: &FieldPlan, going: &BTreeSet<Id>) {
    let goes = |value: Option<&Value>| id_in(value).is_some_and(|id| going.contains(&id));
    match table {
        None if via.kind == FieldKind::Relations => {
            let Some(ids) = data.get_mut(&via.key).and_then(Value::as_array_mut) else { return };
            ids.retain(|id| !goes(Some(id)));
            if ids.is_empty() {
                data.shift_remove(&via.key);
            }
        }
        None if goes(data.get(&via.key)) => {
            data.shift_remove(&via.key);
        }
        None => {}
        Some(table) => {
            let rows = data.get_mut(&table.key).and_then(Value::as_array_mut).into_iter().flatten();
            for row in rows.filter_map(Value::as_object_mut) {
                if goes(row.get(&via.key)) {
                    row.shift_remove(&via.key);
                }
            }
        }
    }
}
