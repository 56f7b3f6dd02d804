//! Lookups: read through a relation whenever a record is shown, with the caller's rights on the record that the relation
//! leads to. One question for each entity that is led to, never one a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kezhi_plan::access::{self, FieldRights};
use kezhi_plan::app::{AppPlan, EntityPlan, LookupPlan};
use kezhi_types::{Caller, Fields, Id, Timestamp};
use serde_json::Value;

use crate::error::Error;
use crate::runtime::Runtime;

/// What a caller sees of a record, and the rights by which it is seen.
pub(crate) type Shown = (Fields, Arc<FieldRights>);

/// Whether records of the entity have lookups, among the fields that are wanted; every field where nothing is said.
pub(super) fn has_lookups(entity: &EntityPlan, wanted: Option<&[String]>) -> bool {
    lookups(entity, wanted).next().is_some()
}

fn lookups<'e>(
    entity: &'e EntityPlan,
    wanted: Option<&'e [String]>,
) -> impl Iterator<Item = (&'e str, &'e LookupPlan)> {
    let is_wanted = move |key: &str| wanted.is_none_or(|wanted| wanted.iter().any(|one| one == key));
    let fields = entity.fields.iter().filter(move |(key, _)| is_wanted(key));
    fields.filter_map(|(key, field)| Some((key.as_str(), field.lookup.as_ref()?)))
}

impl Runtime {
    /// Puts the lookups of some records beside what the caller sees of them already.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn look_up(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, items): (&EntityPlan, &mut [Shown]),
        wanted: Option<&[String]>,
    ) -> Result<(), Error> {
        let mut led_to: BTreeMap<&str, BTreeSet<Id>> = BTreeMap::new();
        for (_, lookup) in lookups(entity, wanted) {
            let ids = items.iter().filter_map(|(fields, _)| id_at(fields, &lookup.via));
            led_to.entry(&lookup.entity).or_default().extend(ids);
        }
        let mut known: BTreeMap<&str, BTreeMap<String, Fields>> = BTreeMap::new();
        for (key, ids) in led_to.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            let Some(target) = plan.entity(key).filter(|target| access::may_know(plan, target, caller))
            else {
                continue;
            };
            known.insert(key, self.visible_records(plan, caller, target, ids).await?);
        }
        for (fields, rights) in items {
            access::look_up(entity, fields, rights, |key, id| known.get(key)?.get(&id.to_string()));
        }
        Ok(())
    }

    /// What one record's lookups read at a moment: of each record that it led to then, as it was.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(super) async fn look_up_then(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, (fields, rights)): (&EntityPlan, &mut Shown),
        moment: Timestamp,
    ) -> Result<(), Error> {
        let mut known: BTreeMap<Id, Fields> = BTreeMap::new();
        for (_, lookup) in lookups(entity, None) {
            let Some(id) = id_at(fields, &lookup.via).filter(|id| !known.contains_key(id)) else { continue };
            match self.stood(plan, caller, (&lookup.entity, id), moment).await {
                Ok((record, _)) => _ = known.insert(id, record),
                Err(Error::NotFound { .. } | Error::UnknownEntity(_)) => {}
                Err(error) => return Err(error),
            }
        }
        access::look_up(entity, fields, rights, |_, id| known.get(&id));
        Ok(())
    }
}

fn id_at(fields: &Fields, via: &str) -> Option<Id> {
    fields.get(via).and_then(Value::as_str).and_then(|id| id.parse().ok())
}
