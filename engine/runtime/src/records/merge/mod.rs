//! Merging: one record stays, others are taken up by it. What pointed at them points at it, what was said about them is
//! said about it, and they go to the bin. One transaction; an undo takes all of it back as long as nobody has worked on it.

/// Which value of each field stays.
mod choose;
/// What points at the records that go.
mod pointing;
/// What is told of merges.
mod told;
/// A merge taken back.
mod undo;

use std::collections::BTreeMap;

use kezhi_plan::access::Action;
use kezhi_plan::app::EntityPlan;
use kezhi_store::{HistoryKind, Merge, MergeMove, Moved, Tx};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, EventKind, Fields, Id, Record, Violation, Violations};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{Change, Rights, WriteContext};
use super::pending::Pending;
use super::read::{RecordView, entity_known};
use super::verbs::{Manner, TRIES, spawned};
use super::write::{event, stale};
use crate::error::Error;
use crate::runtime::Runtime;

/// Records that one merge takes up.
const MOST: usize = 20;
/// Records that one merge may change because they point at those.
const RELATED: usize = 10_000;

/// What is to be merged.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// The records that go.
    pub from: Vec<Id>,
    /// Fields to the record whose value is taken; else the one that stays keeps its own, and where it has none takes
    /// that of the first of `from` that has one.
    #[serde(default)]
    pub choose: BTreeMap<String, Id>,
    /// The version of the record that stays.
    #[serde(default)]
    pub version: Option<i64>,
    /// Says what would come of it and changes nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What came of a merge.
#[derive(Debug, Clone)]
pub struct Merged {
    /// Its id; none of a trial.
    pub merge: Option<Id>,
    /// The record that stays.
    pub record: RecordView,
    /// `order.customer` to how many records that the caller may read now point at it; `comments` and `runs`.
    pub moved: BTreeMap<String, usize>,
    /// Of a trial: the fields on which the records differ.
    pub fields: Option<Vec<Differing>>,
}

/// A field on which records differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Differing {
    /// Its key.
    pub field: String,
    /// Record to its value, as far as the caller may read it.
    pub values: BTreeMap<String, Value>,
}

/// The records of one merge, locked.
struct Together<'a> {
    entity: &'a EntityPlan,
    survivor: Record,
    losers: Vec<Record>,
}

impl Together<'_> {
    fn loser_ids(&self) -> Vec<Id> {
        self.losers.iter().map(|loser| loser.id).collect()
    }

    fn all(&self) -> Vec<Record> {
        std::iter::once(&self.survivor).chain(&self.losers).cloned().collect()
    }
}

impl Runtime {
    /// Merges records of one entity into one of them.
    ///
    /// # Errors
    /// Denied without `merge`, `read` and `update` on all of them; not found; stale; `record.in_approval`; `merge.from`,
    /// `merge.choose`, `merge.too_many`; `merge.related` where a record that points at one of them is refused; what an
    /// update of the record that stays answers.
    pub async fn merge_records(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        (body, manner): (MergeBody, Manner),
    ) -> Result<Merged, Error> {
        let (runtime, caller, key) = (self.clone(), caller.clone(), key.to_owned());
        spawned(async move {
            let mut tries = 0;
            loop {
                let context = runtime.context(&caller, Entrance::Merge, &manner)?;
                match runtime.merge_once(&context, (&key, id), &body).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn merge_once(
        &self,
        context: &WriteContext,
        (key, id): (&str, Id),
        body: &MergeBody,
    ) -> Result<Merged, Error> {
        let entity = entity_known(&context.plan, &context.caller, key)?.clone();
        check_from(id, &body.from)?;
        let mut tx = self.begin(context).await?;
        let together = Self::bring_together(&mut tx, context, &entity, (id, &body.from)).await?;
        if let Some(given) = body.version.filter(|given| *given != together.survivor.version) {
            return Err(stale(&mut tx, context, (&entity, &together.survivor), given).await?);
        }
        let (fields, differing) = self.chosen(&mut tx, context, &together, &body.choose).await?;
        let mut pending = Pending::from_iter([(key.to_owned(), id)]);
        let (mut moves, mut moved) = self.repoint(&mut tx, context, &together, &mut pending).await?;
        for loser in &together.losers {
            for (what, one) in tx.give_away(key, loser.id, id).await? {
                *moved
                    .entry(if what == Moved::Comment { "comments" } else { "runs" }.to_owned())
                    .or_default() += 1;
                let (before, after) = (json!(loser.id), json!(id));
                let (entity, field) = (key.to_owned(), String::new());
                moves.push(MergeMove { what, entity, record: one, field, before, after });
            }
            self.take_out(&mut tx, context, &entity, (loser, id)).await?;
            pending.feed(context, &entity, (Some(loser), None), &[]);
        }
        let full = WriteContext { rights: Rights::Full, ..context.clone() };
        let change = Change::Update { entity: key.to_owned(), id, fields, version: None };
        let written = self.write(&mut tx, &full, change, &mut pending).await?;
        moves.extend(own_moves(&entity, &together.survivor, &written.record, &written.changed));
        self.derive_pending(&mut tx, context, pending).await?;
        let record = tx.get_record(key, id).await?.unwrap_or(written.record);
        let merge = Merge {
            id: Id::new(context.now),
            entity: key.to_owned(),
            survivor: id,
            losers: body.from.clone(),
            at: context.now,
            by: context.caller.id,
            undone_at: None,
        };
        tx.insert_merge(&merge, &moves).await?;
        if body.dry_run {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
            self.0.wake.notify_one();
        }
        let record = self.view_or_stub(&context.plan, &context.caller, &record, written.warnings).await?;
        let (merge, fields) = if body.dry_run { (None, Some(differing)) } else { (Some(merge.id), None) };
        Ok(Merged { merge, record, moved, fields })
    }

    /// The records, locked, living, readable, and free to be merged by the caller.
    async fn bring_together<'a>(
        tx: &mut Tx,
        context: &WriteContext,
        entity: &'a EntityPlan,
        (id, from): (Id, &[Id]),
    ) -> Result<Together<'a>, Error> {
        let ids: Vec<Id> = std::iter::once(id).chain(from.iter().copied()).collect();
        let mut known: BTreeMap<Id, Record> = tx
            .lock_records(&entity.key, &ids)
            .await?
            .into_iter()
            .filter(|record| record.deleted_at.is_none())
            .map(|record| (record.id, record))
            .collect();
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            records.push(known.remove(&id).ok_or_else(|| Error::no_record(id))?);
        }
        let circumstances = context.circumstances(RuleOperation::Update);
        for record in &records {
            if context.rights == Rights::Caller {
                for action in [Action::Merge, Action::Update] {
                    Self::permit(tx, context, action, record, &circumstances).await?;
                }
            }
            Self::refuse_locked(tx, context, record).await?;
        }
        let losers = records.split_off(1);
        let survivor = records.pop().ok_or_else(|| Error::no_record(id))?;
        Ok(Together { entity, survivor, losers })
    }

    /// Puts a record that was merged into the bin.
    async fn take_out(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        entity: &EntityPlan,
        (loser, survivor): (&Record, Id),
    ) -> Result<(), Error> {
        tx.delete_record(&entity.key, loser.id, context.caller.id, context.now).await?;
        tx.append_history(&context.history(loser, HistoryKind::Deleted, Vec::new())).await?;
        let mut merged = event(context, EventKind::RecordMerged, loser, &[]);
        merged.after.insert("merged_into".to_owned(), json!(survivor));
        Ok(tx.append_event(&merged).await?)
    }
}

fn check_from(id: Id, from: &[Id]) -> Result<(), Error> {
    let twice = |at: usize| from[..at].contains(&from[at]);
    let wrong = from.is_empty() || from.len() > MOST || from.contains(&id) || (0..from.len()).any(twice);
    if wrong {
        return Err(Violations::from(Violation::new("merge.from", "/from").with("max", MOST)).into());
    }
    Ok(())
}

/// What the merge changed on the record that stays, for an undo.
fn own_moves(entity: &EntityPlan, before: &Record, after: &Record, changed: &[String]) -> Vec<MergeMove> {
    let value = |record: &Record, field: &str| match field {
        "owner" => json!(record.owner),
        _ => record.data.get(field).cloned().unwrap_or(Value::Null),
    };
    let authored = |field: &&String| {
        *field == "owner" || entity.fields.get(*field).is_some_and(|field| !field.is_derived())
    };
    let one = |field: &String| MergeMove {
        what: Moved::Own,
        entity: entity.key.clone(),
        record: before.id,
        field: field.clone(),
        before: value(before, field),
        after: value(after, field),
    };
    changed.iter().filter(authored).map(one).collect()
}

/// A value that names records that went names the one that stays; a list names it once.
fn renamed(value: &Value, losers: &[Id], survivor: Id) -> Value {
    let is_loser = |text: &str| losers.iter().any(|loser| loser.to_string() == text);
    match value {
        Value::String(text) if is_loser(text) => json!(survivor),
        Value::Array(items) => {
            let mut named: Vec<Value> = Vec::with_capacity(items.len());
            for item in items.iter().map(|item| renamed(item, losers, survivor)) {
                if !named.contains(&item) {
                    named.push(item);
                }
            }
            Value::Array(named)
        }
        other => other.clone(),
    }
}

/// The rows of a sub-table, one of whose columns names records that went.
fn renamed_rows(rows: &Value, column: &str, losers: &[Id], survivor: Id) -> Value {
    let mut rows = rows.clone();
    for row in rows.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(value) = row.get(column).map(|value| renamed(value, losers, survivor)) {
            row.insert(column.to_owned(), value);
        }
    }
    rows
}

/// Fields of a patch.
type Patch = Fields;
