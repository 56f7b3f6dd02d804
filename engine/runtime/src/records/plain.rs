//! Records as JSON text. Where every field is either seen as it is or not at all, and by the same rights on every
//! record, and nothing is looked up elsewhere, values go to the caller as they lie in the store; else they are taken apart
//! as [`super::read`] does it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kezhi_plan::access::{self, Action, Alike};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::facts::Facts;
use kezhi_plan::query::{self, ListRequest};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::query::Count;
use kezhi_types::{Caller, Entrance, Id, Record, Stored};
use serde::Serialize;

use super::lookups::has_lookups;
use super::read::entity_known;
use super::verbs::Manner;
use crate::error::Error;
use crate::runtime::Runtime;

/// A record as a caller may see it, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordText {
    /// Its fields, flat.
    pub json: String,
    /// Its version, for the `ETag`.
    pub version: i64,
}

/// What [`super::List`] has beside its items.
#[derive(Serialize)]
struct Beside {
    next: Option<String>,
    count: Option<Count>,
    titles: BTreeMap<String, String>,
}

impl Runtime {
    /// What [`Runtime::get_record`] answers, as JSON.
    ///
    /// # Errors
    /// Not found, also for what the caller may not know; [`Error::Merged`].
    pub async fn read_record(&self, caller: &Caller, entity: &str, id: Id) -> Result<RecordText, Error> {
        match self.read_living(caller, entity, id).await {
            Ok(record) => Ok(record),
            Err(error) => Err(self.or_merged(caller, (entity, id), error).await),
        }
    }

    async fn read_living(&self, caller: &Caller, entity: &str, id: Id) -> Result<RecordText, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?;
        let plain = |alike: &Alike| alike.by_system && !has_lookups(entity, None);
        let Some(alike) = access::alike(&plan, entity, caller).filter(plain) else {
            let view = self.get_record(caller, &entity.key, id).await?;
            return Ok(RecordText { json: json(&view.fields)?, version: view.version });
        };
        let stored = self.0.store.reader().get_stored(&entity.key, id).await?;
        let stored =
            stored.filter(|stored| stored.head.deleted_at.is_none()).ok_or_else(|| Error::no_record(id))?;
        if !caller.is_unlimited() {
            let circumstances =
                self.context(caller, Entrance::Api, &Manner::default())?.circumstances(RuleOperation::Update);
            let seen = (&stored.head, &Facts::default());
            access::check(&plan, entity, Action::Read, seen, &circumstances)
                .map_err(|_| Error::no_record(id))?;
        }
        let json = access::visible_text(entity, &stored, &alike.rights, None);
        Ok(RecordText { json, version: stored.head.version })
    }

    /// What [`Runtime::list_records`] answers, as JSON.
    ///
    /// # Errors
    /// As there.
    pub async fn read_records(
        &self,
        caller: &Caller,
        entity: &str,
        request: &ListRequest,
    ) -> Result<String, Error> {
        let plan = self.plan()?;
        let known = entity_known(&plan, caller, entity)?;
        // What is found by words comes by rank, and what is included is looked for in the records.
        let wanted = (!request.fields.is_empty()).then_some(request.fields.as_slice());
        let simple =
            request.q.is_none() && !request.bin && request.include.is_empty() && !has_lookups(known, wanted);
        match access::alike(&plan, known, caller).filter(|_| simple) {
            Some(alike) => self.read_alike(&plan, caller, (known, &alike), request).await,
            None => json(&self.list_records(caller, entity, request).await?),
        }
    }

    async fn read_alike(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, alike): (&EntityPlan, &Alike),
        request: &ListRequest,
    ) -> Result<String, Error> {
        let (question, projection) = query::plan_list(plan, entity, caller, request, self.0.clock.now())?;
        let page = self.0.store.reader().list_stored(&question).await?;
        let next = page.next.map(|place| query::encode_cursor(request, &entity.key, &place));
        let pointing: Vec<Record> =
            page.records.iter().map(|stored| pointing(entity, stored)).collect::<Result<_, _>>()?;
        let rights = Arc::new(alike.rights.clone());
        let shown: Vec<_> = pointing.iter().map(|record| (record, Some(rights.clone()))).collect();
        let titles = self.titles_of(plan, caller, entity, (&shown, &[])).await?;
        let beside = json(&Beside { next, count: page.count, titles })?;
        let wanted = projection.fields.as_deref();
        let mut items = String::with_capacity(page.records.len() * 1024);
        for stored in &page.records {
            items.push_str(if items.is_empty() { "" } else { "," });
            items.push_str(&access::visible_text(entity, stored, &alike.rights, wanted));
        }
        Ok(format!("{{\"items\":[{items}],{}", beside.trim_start_matches('{')))
    }
}

/// The record with those fields alone that may point at others.
fn pointing(entity: &EntityPlan, stored: &Stored) -> Result<Record, Error> {
    let points = |key: &str| {
        entity.fields.get(key).is_some_and(|field| {
            field.relation.is_some()
                || matches!(
                    field.kind,
                    FieldKind::Person
                        | FieldKind::People
                        | FieldKind::Department
                        | FieldKind::Departments
                        | FieldKind::Table
                )
        })
    };
    built(stored.with(points))
}

fn built(record: Result<Record, serde_json::Error>) -> Result<Record, Error> {
    record.map_err(|error| Error::Internal(format!("a stored document is damaged: {error}")))
}

fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}
