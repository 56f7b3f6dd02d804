//! Reading: one record and lists. Permission is part of the question, never a loop over rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use kezhi_plan::access::{self, FieldRights};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::query::{self, ListRequest, Projection};
use kezhi_types::query::Count;
use kezhi_types::{Caller, Fields, Id, Record, Violations};
use serde::Serialize;
use serde_json::Value;

use super::lookups::Shown;
use super::named::Included;
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
    pub included: Included,
}

impl Runtime {
    /// The record with this id.
    ///
    /// # Errors
    /// Not found, also for what the caller may not know.
    pub async fn get_record(&self, caller: &Caller, entity: &str, id: Id) -> Result<RecordView, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?;
        let (record, rights) = self.readable_with(&plan, caller, &entity.key, id).await?;
        self.view(&plan, caller, (entity, &record), rights).await
    }

    /// The stored record, if the caller may read it.
    pub(crate) async fn readable(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &str,
        id: Id,
    ) -> Result<Record, Error> {
        self.readable_with(plan, caller, entity, id).await.map(|(record, _)| record)
    }

    /// The stored record, if the caller may read it, with the caller's rights on it.
    pub(crate) async fn readable_with(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &str,
        id: Id,
    ) -> Result<(Record, Arc<FieldRights>), Error> {
        // Whoever may not know of the entity is told the same of every id.
        let entity = entity_known(plan, caller, entity)?;
        let record = self.0.store.reader().get_record(&entity.key, id).await?;
        let record =
            record.filter(|record| record.deleted_at.is_none()).ok_or_else(|| Error::no_record(id))?;
        let seen = self.seen(plan, caller, entity, std::slice::from_ref(&record)).await?;
        let rights = seen.into_iter().next().flatten().ok_or_else(|| Error::no_record(id))?;
        Ok((record, rights))
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
        let page = self.0.store.reader().list(&question).await?;
        let seen = self.seen_inside(&plan, caller, entity, &page.records).await?;
        let next = page.next.map(|place| query::encode_cursor(request, &entity.key, &place));
        let shown: Vec<_> = page.records.iter().zip(seen).collect();
        let mut visible: Vec<Shown> = shown
            .iter()
            .filter_map(|(record, seen)| {
                let rights = seen.as_ref()?;
                Some((access::visible(entity, record.flat(), rights), rights.clone()))
            })
            .collect();
        self.look_up(&plan, caller, (entity, &mut visible), projection.fields.as_deref()).await?;
        let visible: Vec<Fields> = visible.into_iter().map(|(fields, _)| fields).collect();
        let titles = self.titles_of(&plan, caller, entity, (&shown, &visible)).await?;
        let included = self.included(&plan, caller, (entity, &visible), &projection).await?;
        let mut items: Vec<Fields> = visible.into_iter().map(|fields| chosen(fields, &projection)).collect();
        if request.bin {
            self.tell_merged(&plan, caller, entity, &mut items).await?;
        }
        Ok(List { items, next, count: page.count, titles, included })
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
        let seen = self.seen(plan, caller, entity, std::slice::from_ref(record)).await?;
        if let Some(rights) = seen.into_iter().next().flatten() {
            let warnings = super::refusals::visible_warnings(entity, &rights, warnings);
            let view = self.view(plan, caller, (entity, record), rights).await?;
            return Ok(RecordView { warnings, ..view });
        }
        let mut fields = Fields::new();
        fields.insert("id".to_owned(), Value::String(record.id.to_string()));
        fields.insert("version".to_owned(), record.version.into());
        let rights = access::field_rights(plan, entity, caller);
        let warnings = super::refusals::visible_warnings(entity, &rights, warnings);
        Ok(RecordView { fields, version: record.version, id: record.id, warnings })
    }

    async fn view(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, record): (&EntityPlan, &Record),
        rights: Arc<FieldRights>,
    ) -> Result<RecordView, Error> {
        let mut shown = [(access::visible(entity, record.flat(), &rights), rights)];
        self.look_up(plan, caller, (entity, &mut shown), None).await?;
        let [(fields, _)] = shown;
        Ok(RecordView { fields, version: record.version, id: record.id, warnings: Violations::default() })
    }
}

/// The entity, if the caller holds any right to it.
pub(crate) fn entity_known<'a>(
    plan: &'a AppPlan,
    caller: &Caller,
    key: &str,
) -> Result<&'a Arc<EntityPlan>, Error> {
    plan.entity(key)
        .filter(|entity| access::may_know(plan, entity, caller))
        .ok_or_else(|| Error::UnknownEntity(key.to_owned()))
}

/// The fields that were asked for, `id` and `version` always, with what is said of them.
fn chosen(mut fields: Fields, projection: &Projection) -> Fields {
    let Some(wanted) = &projection.fields else { return fields };
    for told in ["masked", "stale"] {
        let Some(Value::Array(keys)) = fields.get_mut(told) else { continue };
        keys.retain(|key| key.as_str().is_some_and(|key| wanted.iter().any(|one| one == key)));
        if keys.is_empty() {
            fields.remove(told);
        }
    }
    let kept = |key: &str| matches!(key, "id" | "version" | "masked" | "stale");
    fields.into_iter().filter(|(key, _)| kept(key) || wanted.contains(key)).collect()
}
