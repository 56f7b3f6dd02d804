//! What stands beside a page of records: names of what they point at, and the related records that were asked
//! for. Rights apply to both, and each takes a bounded number of questions.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::access;
use kezhi_plan::app::{AppPlan, EntityPlan, FieldPlan};
use kezhi_plan::query::Projection;
use kezhi_plan::record;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Caller, Fields, Id, Record};
use serde_json::Value;

use super::eyes::Seen;
use super::lookups::Shown;
use crate::error::Error;
use crate::runtime::Runtime;

/// Related records by relation, then by id.
pub(super) type Included = BTreeMap<String, BTreeMap<String, Fields>>;

/// Ids that visible fields hold: of people and departments, and of records by their entity.
#[derive(Default)]
struct Held {
    people: BTreeSet<Id>,
    records: BTreeMap<String, BTreeSet<Id>>,
}

impl Runtime {
    /// Names of the records and people that the visible fields of some records point at, and their lookups where these are
    /// given, as far as the caller may read those records and what names them.
    pub(crate) async fn titles_of(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        (shown, looked_up): (&[(&Record, Seen)], &[Fields]),
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut held = Held::default();
        held.collect_lookups(plan, entity, looked_up);
        for (record, seen) in shown {
            let Some(rights) = seen else { continue };
            let known = [record.owner, record.created_by, record.updated_by, record.department];
            held.people.extend(known.into_iter().flatten());
            for field in entity.fields.values().filter(|field| rights.may_read(&field.key)) {
                held.collect(field, record.value(&field.key));
            }
        }
        let mut titles: BTreeMap<String, String> = BTreeMap::new();
        let directory = self.directory().await?;
        for user in held.people.iter().filter_map(|id| directory.users.get(id)) {
            titles.insert(user.id.to_string(), user.name.clone());
        }
        for department in held.people.iter().filter_map(|id| directory.departments.get(id)) {
            titles.insert(department.id.to_string(), department.title.clone());
        }
        for (target, ids) in held.records {
            let Some(target) = plan.entity(&target) else { continue };
            for (id, fields) in self.visible_records(plan, caller, target, ids).await? {
                titles.insert(id, record::title(target, &fields));
            }
        }
        Ok(titles)
    }

    /// The related records that were asked for, one question a hop.
    pub(super) async fn included(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, items): (&EntityPlan, &[Fields]),
        projection: &Projection,
    ) -> Result<Included, Error> {
        let mut included = Included::new();
        for include in &projection.include {
            let mut here: Vec<Fields> = items.to_vec();
            let mut path = String::new();
            let mut at = entity;
            for relation in include {
                let Some(target) = relation_target(plan, at, relation) else { break };
                let name = relation.replace('/', ".");
                path = if path.is_empty() { name } else { format!("{path}.{name}") };
                let found = match included.get(&path) {
                    Some(found) => found.clone(),
                    None => {
                        let ids: BTreeSet<Id> =
                            here.iter().flat_map(|fields| ids_in(fields, relation)).collect();
                        self.visible_whole(plan, caller, target, ids).await?
                    }
                };
                here = found.values().cloned().collect();
                included.insert(path.clone(), found);
                at = target;
            }
        }
        Ok(included)
    }

    /// The living records with these ids that the caller may read, as the caller may see them.
    pub(super) async fn visible_records(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        ids: BTreeSet<Id>,
    ) -> Result<BTreeMap<String, Fields>, Error> {
        let found = self.visible_with(plan, caller, entity, ids).await?;
        Ok(found.into_iter().map(|(id, (fields, _))| (id, fields)).collect())
    }

    /// The same with what their lookups read.
    async fn visible_whole(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        ids: BTreeSet<Id>,
    ) -> Result<BTreeMap<String, Fields>, Error> {
        let found = self.visible_with(plan, caller, entity, ids).await?;
        let (ids, mut shown): (Vec<String>, Vec<Shown>) = found.into_iter().unzip();
        self.look_up(plan, caller, (entity, &mut shown), None).await?;
        Ok(ids.into_iter().zip(shown.into_iter().map(|(fields, _)| fields)).collect())
    }

    async fn visible_with(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        ids: BTreeSet<Id>,
    ) -> Result<BTreeMap<String, Shown>, Error> {
        let ids: Vec<Id> = ids.into_iter().collect();
        let mut records = self.0.store.reader().get_records(&entity.key, &ids).await?;
        records.retain(|record| record.deleted_at.is_none());
        let seen = self.seen(plan, caller, entity, &records).await?;
        let visible = records.iter().zip(seen).filter_map(|(record, seen)| {
            let rights = seen?;
            Some((record.id.to_string(), (access::visible(entity, record.flat(), &rights), rights)))
        });
        Ok(visible.collect())
    }
}

impl Held {
    fn collect_lookups(&mut self, plan: &AppPlan, entity: &EntityPlan, items: &[Fields]) {
        for (key, field) in &entity.fields {
            let Some(lookup) = &field.lookup else { continue };
            let read = plan.entity(&lookup.entity).and_then(|target| target.fields.get(&lookup.field));
            for value in items.iter().filter_map(|item| item.get(key)) {
                match read {
                    Some(read) => self.collect(read, Some(value)),
                    // A system field: the owner, or who made or changed the record.
                    None => self.people.extend(value.as_str().and_then(|id| id.parse::<Id>().ok())),
                }
            }
        }
    }

    fn collect(&mut self, field: &FieldPlan, value: Option<&Value>) {
        match (value, field.kind) {
            (Some(Value::String(text)), FieldKind::Person | FieldKind::Department) => {
                self.people.extend(text.parse::<Id>());
            }
            (Some(Value::Array(ids)), FieldKind::People | FieldKind::Departments) => {
                self.people.extend(ids.iter().filter_map(|id| id.as_str()?.parse::<Id>().ok()));
            }
            (Some(Value::String(text)), _) => {
                if let (Some((target, _)), Ok(id)) = (&field.relation, text.parse()) {
                    self.records.entry(target.clone()).or_default().insert(id);
                }
            }
            (Some(Value::Array(rows)), FieldKind::Table) => {
                for row in rows {
                    for column in field.columns.values() {
                        self.collect(column, row.get(&column.key));
                    }
                }
            }
            (Some(Value::Array(items)), _) if field.relation.is_some() => {
                items.iter().for_each(|item| self.collect(field, Some(item)));
            }
            _ => {}
        }
    }
}

fn relation_target<'a>(plan: &'a AppPlan, entity: &EntityPlan, relation: &str) -> Option<&'a EntityPlan> {
    let (table, column) =
        relation.split_once('/').map_or((relation, None), |(table, column)| (table, Some(column)));
    let field = entity.fields.get(table)?;
    let field = column.map_or(Some(field), |column| field.columns.get(column))?;
    let (target, _) = field.relation.as_ref()?;
    plan.entity(target).map(|entity| &**entity)
}

/// The ids that a relation holds, one or many; `lines/product` is the relation in each row of a table.
fn ids_in(fields: &Fields, relation: &str) -> Vec<Id> {
    let one = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let each = |value: &Value| match value {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        single => one(single).into_iter().collect::<Vec<Id>>(),
    };
    match relation.split_once('/') {
        None => fields.get(relation).map(each).unwrap_or_default(),
        Some((table, column)) => {
            let rows = fields.get(table).and_then(Value::as_array).into_iter().flatten();
            rows.filter_map(|row| row.get(column)).flat_map(each).collect()
        }
    }
}
