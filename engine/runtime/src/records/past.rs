//! A record as it was, and one change taken back. Both read the record's history; taking back is a change like any other and
//! goes the one write path.

use kezhi_plan::access;
use kezhi_plan::app::AppPlan;
use kezhi_store::{HistoryEntry, HistoryKind, Kept};
use kezhi_types::{Caller, Entrance, Fields, Id, Record, Timestamp};
use serde_json::{Value, json};

use super::lookups::Shown;
use super::read::{RecordView, entity_known};
use super::verbs::Manner;
use crate::error::Error;
use crate::runtime::Runtime;

/// How many changes are read at once.
const PAGE: u32 = 200;

impl Runtime {
    /// The record as it was at a moment, as far as the caller may see it now. `deleted_at` is there while it lay in the bin.
    ///
    /// # Errors
    /// Not found, also for a moment before the record was created and for what the caller may not read.
    pub async fn record_as_of(
        &self,
        caller: &Caller,
        (entity, id): (&str, Id),
        moment: Timestamp,
    ) -> Result<Fields, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?;
        let mut shown = self.stood(&plan, caller, (&entity.key, id), moment).await?;
        self.look_up_then(&plan, caller, (entity, &mut shown), moment).await?;
        Ok(shown.0)
    }

    /// The same without its lookups: no lookup reads one, and records may point at each other in a circle.
    pub(super) async fn stood(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, id): (&str, Id),
        moment: Timestamp,
    ) -> Result<Shown, Error> {
        let entity = entity_known(plan, caller, entity)?;
        let (mut record, rights) = self.readable_with(plan, caller, &entity.key, id).await?;
        let derived = |field: &str| entity.fields.get(field).is_some_and(|field| field.is_derived());
        let mut before = Vec::new();
        let mut after = None;
        let mut turned = self.turned_since(&entity.key, id, moment).await?;
        while before.is_empty() {
            let entries = self.0.store.reader().history(&entity.key, id, after, PAGE).await?;
            let Some(last) = entries.last() else { return Err(Error::no_record(id)) };
            after = Some(last.seq);
            for entry in entries {
                turned.turn_back(&mut record, entry.row.at);
                if entry.row.at > moment {
                    take_back(&mut record, &entry, derived);
                } else {
                    before.push(entry);
                }
            }
        }
        turned.turn_back(&mut record, moment);
        stand(&mut record, &before);
        Ok((access::visible(entity, record.flat(), &rights), rights))
    }

    /// Takes one change of a record back: its fields get the values they had before it. A deletion is taken back by
    /// restoring.
    ///
    /// # Errors
    /// Not found; `record.changed_since` naming the fields that have moved on; `record.cannot_undo` for what is no change
    /// of fields that people write, or one of fields that the caller may not read; whatever an update answers.
    pub async fn undo_change(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        change: i64,
    ) -> Result<RecordView, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?;
        let (record, rights) = self.readable_with(&plan, caller, key, id).await?;
        let next = change.checked_add(1);
        let found = self.0.store.reader().history(key, id, next, 1).await?.into_iter().next();
        let entry = found.filter(|entry| entry.seq == change);
        let entry = entry.ok_or_else(|| Error::NotFound { kind: "change", key: change.to_string() })?;
        let authored = |field: &str| entity.fields.get(field).is_some_and(|field| !field.is_derived());
        let changes: Vec<_> = entry.row.changes.iter().filter(|change| authored(&change.field)).collect();
        // Part of a change is not taken back, and a field that is hidden is not named.
        let hidden = changes.iter().any(|change| !rights.may_read(&change.field));
        if entry.row.kind != HistoryKind::Updated || changes.is_empty() || hidden {
            return Err(conflict(
                "record.cannot_undo",
                "only a change of fields can be taken back",
                json!({}),
            ));
        }
        let stored = |field: &str| record.value(field).cloned().unwrap_or(Value::Null);
        let moved: Vec<&str> = changes
            .iter()
            .filter(|change| stored(&change.field) != change.to)
            .map(|change| change.field.as_str())
            .collect();
        if !moved.is_empty() {
            let detail = "these fields have changed since";
            return Err(conflict("record.changed_since", detail, json!({ "fields": moved })));
        }
        let fields = changes.iter().map(|change| (change.field.clone(), change.from.clone())).collect();
        let fields = self.unsealed(entity, id, fields)?;
        let manner = Manner { version: Some(record.version), ..Manner::default() };
        self.update_record(caller, Entrance::Api, (key, id), (fields, manner)).await
    }
}

/// What releases made of a record's values since a moment, the newest first.
struct TurnedSince(Vec<(Timestamp, Kept)>);

impl TurnedSince {
    /// Gives the record the values that it had before the releases that came after `at`.
    fn turn_back(&mut self, record: &mut Record, at: Timestamp) {
        let later = self.0.iter().take_while(|(live, _)| *live > at).count();
        for (_, kept) in self.0.drain(..later) {
            record.data.retain(|key, _| !kept.became.contains_key(key));
            record.data.extend(kept.was);
        }
    }
}

impl Runtime {
    async fn turned_since(&self, entity: &str, id: Id, moment: Timestamp) -> Result<TurnedSince, Error> {
        let reader = self.0.store.reader();
        let mut since = reader.evolutions(entity).await?;
        since.retain(|evolved| evolved.at > moment);
        let generations: Vec<i64> = since.iter().map(|evolved| evolved.generation).collect();
        let kept = reader.kept(entity, &[id], &generations).await?.remove(&id).unwrap_or_default();
        let at = |kept: &Kept| since.iter().find(|evolved| evolved.generation == kept.generation);
        Ok(TurnedSince(kept.into_iter().filter_map(|kept| Some((at(&kept)?.at, kept))).collect()))
    }
}

/// Gives the fields of one change the values that they had before it.
fn take_back(record: &mut Record, entry: &HistoryEntry, derived: impl Fn(&str) -> bool) {
    for change in &entry.row.changes {
        if change.field == "owner" {
            record.owner = change.from.as_str().and_then(|id| id.parse().ok());
            continue;
        }
        let fields = if derived(&change.field) { &mut record.derived } else { &mut record.data };
        if change.from.is_null() {
            fields.shift_remove(&change.field);
        } else {
            fields.insert(change.field.clone(), change.from.clone());
        }
    }
}

/// System keys from the entries up to the moment, the newest first.
fn stand(record: &mut Record, entries: &[HistoryEntry]) {
    record.stale.clear();
    record.deleted_at = None;
    if let Some(newest) = entries.first() {
        record.version = newest.row.version;
    }
    let by_somebody =
        |entry: &&HistoryEntry| matches!(entry.row.kind, HistoryKind::Created | HistoryKind::Updated);
    if let Some(entry) = entries.iter().find(by_somebody) {
        record.updated_at = entry.row.at;
        record.updated_by = Some(entry.row.by);
    }
    let moved = entries.iter().find(|entry| {
        matches!(entry.row.kind, HistoryKind::Deleted | HistoryKind::Restored | HistoryKind::Created)
    });
    if let Some(entry) = moved.filter(|entry| entry.row.kind == HistoryKind::Deleted) {
        record.deleted_at = Some(entry.row.at);
    }
}

fn conflict(code: &'static str, detail: &str, data: Value) -> Error {
    Error::Conflict { code, detail: detail.to_owned(), data }
}
