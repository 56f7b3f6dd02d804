//! Reading: one record, lists, titles. Permission is part of the question, never a loop over rows.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::access::{self, Action, FieldRights};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::query::{self, ListRequest, Projection};
use kezhi_plan::record;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::query::Count;
use kezhi_types::{Caller, Entrance, Fields, Id, Record, Violations};
use serde::Serialize;
use serde_json::Value;

use super::verbs::Manner;
use crate::error::Error;
use crate::runtime::Runtime;

/// A record as a caller may see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordView {
    /// Its fields, flat; `{id, version}` where the caller may not read it.
    #[serde(flatten)]
    pub fields: Fields,
    /// Its version, for the `ETag`.
    #[serde(skip)]
    pub version: i64,
    /// Its id, for the `Location`.
    #[serde(skip)]
    pub id: Id,
    /// What the caller should know all the same.
    #[serde(skip)]
    pub warnings: Violations,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct List {
    /// The records as the caller may see them.
    pub items: Vec<Fields>,
    /// Continue here.
    pub next: Option<String>,
    /// How many match.
    pub count: Option<Count>,
    /// Names of every relation and person in the items.
    pub titles: BTreeMap<String, String>,
    /// Related records that were asked for: relation to id to record.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub included: BTreeMap<String, BTreeMap<String, Fields>>,
}

impl Runtime {
    /// The record with this id.
    ///
    /// # Errors
    /// Not found, also for what the caller may not know.
    pub async fn get_record(&self, caller: &Caller, entity: &str, id: Id) -> Result<RecordView, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?;
        let record = self.readable(&plan, caller, &entity.key, id).await?;
        Ok(view(&plan, entity, caller, &record))
    }

    /// The stored record, if the caller may read it.
    pub(crate) async fn readable(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &str,
        id: Id,
    ) -> Result<Record, Error> {
        let record = self.0.store.reader().get_record(entity, id).await?;
        let record =
            record.filter(|record| record.deleted_at.is_none()).ok_or_else(|| Error::no_record(id))?;
        let entity = entity_known(plan, caller, entity)?;
        if self.may_read(plan, caller, entity, &record).await? {
            Ok(record)
        } else {
            Err(Error::no_record(id))
        }
    }

    /// Whether one of the caller's roles lets them read the record.
    async fn may_read(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        record: &Record,
    ) -> Result<bool, Error> {
        let circumstances =
            self.context(caller, Entrance::Api, &Manner::default())?.circumstances(RuleOperation::Update);
        let facts = self.facts_of_right(plan, entity, (Action::Read, record), &circumstances).await?;
        Ok(access::check(plan, entity, Action::Read, (record, &facts), &circumstances).is_ok())
    }

    /// A page of records.
    ///
    /// # Errors
    /// `query.…` for a wrong question, unknown entity.
    pub async fn list_records(
        &self,
        caller: &Caller,
        entity: &str,
        request: &ListRequest,
    ) -> Result<List, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?;
        let (mut question, projection) =
            query::plan_list(&plan, entity, caller, request, self.0.clock.now())?;
        question.limit = question.limit.clamp(1, 500);
        let reader = self.0.store.reader();
        let page = reader.list(&question).await?;
        let rights = access::field_rights(&plan, entity, caller);
        let next = match page.records.last() {
            Some(last) if page.has_more => Some(query::encode_cursor(request, &question, last)),
            _ => None,
        };
        let titles = self.titles_of(&plan, entity, &page.records, &rights).await?;
        let included = self.included(&plan, caller, (entity, &page.records), &projection).await?;
        let items = page.records.iter().map(|record| shown(entity, record, &rights, &projection)).collect();
        Ok(List { items, next, count: page.count, titles, included })
    }

    /// Names of the records and people that the visible fields of some records point at.
    pub(crate) async fn titles_of(
        &self,
        plan: &AppPlan,
        entity: &EntityPlan,
        records: &[Record],
        rights: &FieldRights,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut people = Vec::new();
        let mut wanted = BTreeMap::<String, Vec<Id>>::new();
        for record in records {
            people.extend([record.owner, record.created_by, record.updated_by].into_iter().flatten());
            for field in entity.fields.values().filter(|field| rights.may_read(&field.key)) {
                collect_references(field, record.value(&field.key), &mut people, &mut wanted);
            }
        }
        let reader = self.0.store.reader();
        let mut titles: BTreeMap<String, String> = BTreeMap::new();
        people.sort_unstable();
        people.dedup();
        let directory = self.directory().await?;
        for user in people.iter().filter_map(|id| directory.users.get(id)) {
            titles.insert(user.id.to_string(), user.name.clone());
        }
        for (target, mut ids) in wanted {
            ids.sort_unstable();
            ids.dedup();
            let Some(target) = plan.entity(&target) else { continue };
            for record in reader.get_records(&target.key, &ids).await? {
                titles.insert(record.id.to_string(), record::title(target, &record.flat()));
            }
        }
        Ok(titles)
    }

    async fn included(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, records): (&EntityPlan, &[Record]),
        projection: &Projection,
    ) -> Result<BTreeMap<String, BTreeMap<String, Fields>>, Error> {
        let mut included = BTreeMap::new();
        for include in &projection.include {
            let mut here: Vec<Fields> = records.iter().map(Record::flat).collect();
            let mut path = String::new();
            let mut at = entity;
            for relation in include {
                let Some(target) = relation_target(plan, at, relation) else { break };
                let ids: BTreeSet<Id> = here.iter().flat_map(|fields| ids_in(fields, relation)).collect();
                let found = self.visible_records(plan, caller, target, ids.into_iter().collect()).await?;
                here = found.values().cloned().collect();
                let name = relation.replace('/', ".");
                path = if path.is_empty() { name } else { format!("{path}.{name}") };
                included.insert(path.clone(), found);
                at = target;
            }
        }
        Ok(included)
    }

    /// The records with these ids that the caller may read, as the caller may see them.
    async fn visible_records(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        ids: Vec<Id>,
    ) -> Result<BTreeMap<String, Fields>, Error> {
        let reader = self.0.store.reader();
        let now = self.0.clock.now();
        let ids = match access::row_scope(plan, entity, caller, Action::Read, now).into_filter() {
            None => ids,
            Some(filter) => reader.matching(&entity.key, &filter, &ids).await?,
        };
        let rights = access::field_rights(plan, entity, caller);
        let records = reader.get_records(&entity.key, &ids).await?;
        Ok(records
            .into_iter()
            .map(|record| (record.id.to_string(), access::visible(entity, record.flat(), &rights)))
            .collect())
    }

    /// What a caller may see of a record just written; `{id, version}` where that is nothing.
    pub(crate) async fn view_or_stub(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        record: &Record,
        warnings: Violations,
    ) -> Result<RecordView, Error> {
        let entity =
            plan.entity(&record.entity).ok_or_else(|| Error::UnknownEntity(record.entity.clone()))?;
        if self.may_read(plan, caller, entity, record).await? {
            return Ok(RecordView { warnings, ..view(plan, entity, caller, record) });
        }
        let mut fields = Fields::new();
        fields.insert("id".to_owned(), Value::String(record.id.to_string()));
        fields.insert("version".to_owned(), record.version.into());
        Ok(RecordView { fields, version: record.version, id: record.id, warnings })
    }
}

/// The entity, if the caller holds any right to it.
pub(crate) fn entity_known<'a>(
    plan: &'a AppPlan,
    caller: &Caller,
    key: &str,
) -> Result<&'a std::sync::Arc<EntityPlan>, Error> {
    plan.entity(key)
        .filter(|entity| access::may_know(plan, entity, caller))
        .ok_or_else(|| Error::UnknownEntity(key.to_owned()))
}

fn view(plan: &AppPlan, entity: &EntityPlan, caller: &Caller, record: &Record) -> RecordView {
    let rights = access::field_rights(plan, entity, caller);
    let (id, version) = (record.id, record.version);
    RecordView {
        fields: access::visible(entity, record.flat(), &rights),
        version,
        id,
        warnings: Violations::default(),
    }
}

fn shown(entity: &EntityPlan, record: &Record, rights: &FieldRights, projection: &Projection) -> Fields {
    let fields = access::visible(entity, record.flat(), rights);
    let Some(wanted) = &projection.fields else { return fields };
    let kept = |key: &str| matches!(key, "id" | "version" | "masked" | "stale");
    fields.into_iter().filter(|(key, _)| kept(key) || wanted.contains(key)).collect()
}

fn collect_references(
    field: &kezhi_plan::app::FieldPlan,
    value: Option<&Value>,
    people: &mut Vec<Id>,
    wanted: &mut BTreeMap<String, Vec<Id>>,
) {
    match (value, field.kind) {
        (Some(Value::String(text)), FieldKind::Person) => people.extend(text.parse::<Id>()),
        (Some(Value::String(text)), FieldKind::Relation) => {
            if let (Some((target, _)), Ok(id)) = (&field.relation, text.parse()) {
                wanted.entry(target.clone()).or_default().push(id);
            }
        }
        (Some(Value::Array(rows)), FieldKind::Table) => {
            for row in rows {
                for column in field.columns.values() {
                    collect_references(column, row.get(&column.key), people, wanted);
                }
            }
        }
        _ => {}
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

/// The ids that a relation holds; `lines/product` is the relation in each row of a table.
fn ids_in(fields: &Fields, relation: &str) -> Vec<Id> {
    let one = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    match relation.split_once('/') {
        None => fields.get(relation).and_then(one).into_iter().collect(),
        Some((table, column)) => fields
            .get(table)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|row| row.get(column).and_then(one))
            .collect(),
    }
}
