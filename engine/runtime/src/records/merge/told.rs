//! What is told of merges: those into a record, and of a record that went into which it did.

use std::collections::BTreeSet;

use kezhi_plan::access;
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_store::Tx;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Fields, Id, Violation, Violations};
use serde_json::{Value, json};

use super::super::change::WriteContext;
use super::super::read::entity_known;
use super::MOST;
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// The merges into a record that the caller may read, newest first: `{id, at, by, from: [{id, title}], undone}`.
    ///
    /// # Errors
    /// Not found.
    pub async fn merges(&self, caller: &Caller, (key, id): (&str, Id)) -> Result<Vec<Value>, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?.clone();
        self.readable(&plan, caller, key, id).await?;
        let reader = self.0.store.reader();
        let directory = self.directory().await?;
        let mut items = Vec::new();
        for merge in reader.merges_of(key, id).await? {
            let by = directory.users.get(&merge.by).map(|user| json!({ "id": merge.by, "name": user.name }));
            let records = reader.get_records(key, &merge.losers).await?;
            let seen = self.seen(&plan, caller, &entity, &records).await?;
            let title = |id: &Id| {
                let at = records.iter().position(|record| record.id == *id)?;
                let visible = access::visible(&entity, records[at].flat(), seen[at].as_deref()?);
                visible.get(entity.title_field.as_ref()?).cloned()
            };
            let from: Vec<Value> =
                merge.losers.iter().map(|id| json!({ "id": id, "title": title(id) })).collect();
            let undone = merge.undone_at.is_some();
            items.push(json!({ "id": merge.id, "at": merge.at.to_string(), "by": by, "from": from, "undone": undone }));
        }
        Ok(items)
    }

    /// Says of a record that was merged into another so, where the caller may read both; any other error as it is.
    pub(in crate::records) async fn or_merged(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        error: Error,
    ) -> Error {
        if !matches!(error, Error::NotFound { kind: "record", .. }) {
            return error;
        }
        match self.merged_into(caller, (key, id)).await {
            Ok(Some(into)) => Error::Merged { id, into },
            Ok(None) => error,
            Err(other) => other,
        }
    }

    /// The living record that took up another, along several merges, if the caller may read it and might read the other.
    async fn merged_into(&self, caller: &Caller, (key, id): (&str, Id)) -> Result<Option<Id>, Error> {
        let reader = self.0.store.reader();
        let (mut at, mut living) = (id, None);
        for _ in 0..MOST {
            let Some(next) = reader.merged_into(key, &[at]).await?.remove(&at) else { break };
            (at, living) = (next, Some(next));
        }
        let Some(into) = living else { return Ok(None) };
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?;
        let records = reader.get_records(key, &[id, into]).await?;
        let seen = self.seen(&plan, caller, entity, &records).await?;
        let readable = seen.len() == 2 && seen.iter().all(Option::is_some);
        let lives = records.iter().any(|record| record.id == into && record.deleted_at.is_none());
        Ok(Some(into).filter(|_| readable && lives))
    }

    /// Says of records in the bin into which they were merged, where the caller may read that one.
    pub(in crate::records) async fn tell_merged(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        items: &mut [Fields],
    ) -> Result<(), Error> {
        let id_of = |item: &Fields| item.get("id")?.as_str()?.parse::<Id>().ok();
        let ids: Vec<Id> = items.iter().filter_map(id_of).collect();
        let reader = self.0.store.reader();
        let into = reader.merged_into(&entity.key, &ids).await?;
        let survivors: Vec<Id> = into.values().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let records = reader.get_records(&entity.key, &survivors).await?;
        let seen = self.seen(plan, caller, entity, &records).await?;
        let readable: BTreeSet<Id> = records
            .iter()
            .zip(seen)
            .filter(|(_, seen)| seen.is_some())
            .map(|(record, _)| record.id)
            .collect();
        for item in items {
            let told = id_of(item).and_then(|id| into.get(&id)).filter(|into| readable.contains(*into));
            if let Some(into) = told {
                item.entry("merged_into").or_insert_with(|| json!(into));
            }
        }
        Ok(())
    }

    /// A record that points at one that goes, or pointed, would be refused: which one, as far as the caller may read it,
    /// and why.
    pub(super) async fn in_the_way(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, id): (&str, Id),
        why: &Violations,
    ) -> Error {
        let one = |one: &Violation| json!({ "code": one.code, "pointer": one.pointer, "rule": one.rule });
        let codes: Vec<Value> = why.0.iter().map(one).collect();
        let data = match Self::may_name(tx, context, entity, id).await {
            Ok(true) => json!({ "entity": entity, "record": id, "because": codes }),
            _ => json!({}),
        };
        let detail = "a record that points at one of them would be refused".to_owned();
        Error::Conflict { code: "merge.related", detail, data }
    }

    /// Whether the caller may read a record that lies in a transaction.
    pub(super) async fn may_name(
        tx: &mut Tx,
        context: &WriteContext,
        entity: &str,
        id: Id,
    ) -> Result<bool, Error> {
        let Some(plan) = context.plan.entity(entity) else { return Ok(false) };
        let Some(record) = tx.get_record(entity, id).await? else { return Ok(false) };
        let circumstances = context.circumstances(RuleOperation::Update);
        Ok(Self::seen_in(tx, (&context.plan, plan), &record, &circumstances).await?.is_some())
    }
}
