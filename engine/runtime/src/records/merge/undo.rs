//! A merge taken back: the records that went come back, what they had pointing at them points at them again, and the record
//! that stayed gets its values. All of it, or nothing where somebody has worked on one of these since.

use std::collections::BTreeMap;

use kezhi_plan::access::Action;
use kezhi_plan::app::EntityPlan;
use kezhi_store::{HistoryKind, Merge, MergeMove, Moved, Tx};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, EventKind, Id, Record};
use serde_json::{Value, json};

use super::super::change::{Change, Rights, WriteContext};
use super::super::pending::Pending;
use super::super::read::entity_known;
use super::super::verbs::{Manner, TRIES, spawned};
use super::super::write::{entity_of, event, unique};
use super::Patch;
use crate::error::Error;
use crate::runtime::Runtime;

/// Hindrances that are named.
const NAMED: usize = 100;

impl Runtime {
    /// Takes a merge back; answers the records that came back.
    ///
    /// # Errors
    /// Not found, also where the caller may not read the record that stayed; denied without `merge` and `update` on it;
    /// `merge.undone`; `merge.changed_since` naming what stands against it; `record.in_approval`.
    pub async fn undo_merge(&self, caller: &Caller, id: Id) -> Result<Vec<Id>, Error> {
        let (runtime, caller) = (self.clone(), caller.clone());
        spawned(async move {
            let mut tries = 0;
            loop {
                let context = runtime.context(&caller, Entrance::Merge, &Manner::default())?.confirming_all();
                match runtime.undo_once(&context, id).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn undo_once(&self, context: &WriteContext, id: Id) -> Result<Vec<Id>, Error> {
        let unknown = || Error::NotFound { kind: "merge", key: id.to_string() };
        let mut tx = self.begin(context).await?;
        let merge = tx.lock_merge(id).await?.ok_or_else(unknown)?;
        let entity =
            entity_known(&context.plan, &context.caller, &merge.entity).map_err(|_| unknown())?.clone();
        let survivor = self.survivor(&mut tx, context, &merge).await?.ok_or_else(unknown)?;
        if merge.undone_at.is_some() {
            let detail = format!("the merge {id} has been undone");
            return Err(Error::Conflict { code: "merge.undone", detail, data: Value::Null });
        }
        let moves = tx.merge_moves(id).await?;
        let losers = tx.lock_records(&merge.entity, &merge.losers).await?;
        let against = against(&mut tx, context, (&merge, &survivor), (&losers, &moves)).await?;
        if !against.is_empty() {
            let detail = "something was changed since".to_owned();
            return Err(Error::Conflict {
                code: "merge.changed_since",
                detail,
                data: json!({ "against": against }),
            });
        }
        let mut pending = Pending::from_iter([(merge.entity.clone(), survivor.id)]);
        // Values that name those who went can only stand once these are back; unique ones must be free before.
        let own = |later: bool| {
            let kept = moves.iter().filter(move |one| one.what == Moved::Own);
            let names_loser = |one: &&MergeMove| {
                let text = one.before.to_string();
                merge.losers.iter().any(|loser| text.contains(&loser.to_string())) == later
            };
            kept.filter(names_loser).map(|one| (one.field.clone(), one.before.clone())).collect::<Patch>()
        };
        self.put_back(&mut tx, context, ((&merge.entity, survivor.id), own(false)), &mut pending).await?;
        for loser in &losers {
            self.bring_back(&mut tx, context, &entity, (loser, &mut pending)).await?;
        }
        self.put_back(&mut tx, context, ((&merge.entity, survivor.id), own(true)), &mut pending).await?;
        let mut related: BTreeMap<(&str, Id), Patch> = BTreeMap::new();
        for one in &moves {
            match one.what {
                Moved::Own => {}
                Moved::Related => {
                    let patch = related.entry((&one.entity, one.record)).or_default();
                    patch.insert(one.field.clone(), one.before.clone());
                }
                what => {
                    let before: Option<Id> = serde_json::from_value(one.before.clone()).ok();
                    tx.give_back((what, one.record), before.unwrap_or(survivor.id)).await?;
                }
            }
        }
        for (record, patch) in related {
            self.put_back(&mut tx, context, (record, patch), &mut pending).await?;
        }
        self.derive_pending(&mut tx, context, pending).await?;
        tx.undo_merge(id, context.now).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(merge.losers)
    }

    /// The record that stayed, locked, if the caller may read it and take the merge back.
    async fn survivor(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        merge: &Merge,
    ) -> Result<Option<Record>, Error> {
        let record = tx.lock_record(&merge.entity, merge.survivor).await?;
        let Some(record) = record.filter(|record| record.deleted_at.is_none()) else { return Ok(None) };
        let circumstances = context.circumstances(RuleOperation::Update);
        if context.rights == Rights::Caller {
            for action in [Action::Merge, Action::Update] {
                match Self::permit(tx, context, action, &record, &circumstances).await {
                    Err(Error::NotFound { .. }) => return Ok(None),
                    other => other?,
                }
            }
        }
        Self::refuse_locked(tx, context, &record).await?;
        Ok(Some(record))
    }

    async fn put_back(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        ((entity, id), fields): ((&str, Id), Patch),
        pending: &mut Pending,
    ) -> Result<(), Error> {
        if fields.is_empty() {
            return Ok(());
        }
        let full = WriteContext { rights: Rights::Full, ..context.clone() };
        let fields = self.unsealed(&*entity_of(context, entity)?, id, fields)?;
        let change = Change::Update { entity: entity.to_owned(), id, fields, version: None };
        match self.write(tx, &full, change, pending).await {
            Ok(_) => Ok(()),
            Err(Error::Invalid(why)) => Err(Self::in_the_way(tx, context, (entity, id), &why).await),
            Err(error) => Err(error),
        }
    }

    async fn bring_back(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        entity: &EntityPlan,
        (loser, pending): (&Record, &mut Pending),
    ) -> Result<(), Error> {
        unique(tx.restore_record(&entity.key, loser.id).await.map(drop), entity)?;
        tx.append_history(&context.history(loser, HistoryKind::Restored, Vec::new())).await?;
        tx.append_event(&event(context, EventKind::RecordRestored, loser, &[])).await?;
        pending.insert((entity.key.clone(), loser.id));
        pending.feed(context, entity, (None, Some(loser)), &[]);
        Ok(())
    }
}

/// What stands against taking a merge back: `{entity, record, field}`; one `{}` for all that the caller may not read.
async fn against(
    tx: &mut Tx,
    context: &WriteContext,
    (merge, survivor): (&Merge, &Record),
    (losers, moves): (&[Record], &[MergeMove]),
) -> Result<Vec<Value>, Error> {
    let mut found: Vec<(String, Id, String)> = Vec::new();
    for id in &merge.losers {
        let there = losers.iter().any(|loser| loser.id == *id && loser.deleted_at.is_some());
        let still = tx.merged_into(&merge.entity, &[*id]).await?.get(id) == Some(&merge.survivor);
        if !there || !still {
            found.push((merge.entity.clone(), *id, String::new()));
        }
    }
    let mut stood: BTreeMap<(String, Id), Option<Record>> = BTreeMap::new();
    let mut asked: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    for one in moves.iter().filter(|one| one.what == Moved::Related) {
        asked.entry(&one.entity).or_default().push(one.record);
    }
    for (entity, ids) in asked {
        // An entity that a release took away since has no record to put back.
        if context.plan.entity(entity).is_none() {
            found.extend(ids.into_iter().map(|id| (entity.to_owned(), id, String::new())));
            continue;
        }
        for record in tx.lock_records(entity, &ids).await? {
            stood.insert((entity.to_owned(), record.id), Some(record));
        }
    }
    stood.insert((merge.entity.clone(), survivor.id), Some(survivor.clone()));
    for one in moves.iter().filter(|one| matches!(one.what, Moved::Own | Moved::Related)) {
        let record = stood.get(&(one.entity.clone(), one.record)).and_then(Option::as_ref);
        let same = record.filter(|record| record.deleted_at.is_none()).is_some_and(|record| {
            let value = match one.field.as_str() {
                "owner" => json!(record.owner),
                field => record.data.get(field).cloned().unwrap_or(Value::Null),
            };
            value == one.after
        });
        if !same && context.plan.entity(&one.entity).is_some() {
            found.push((one.entity.clone(), one.record, one.field.clone()));
        }
    }
    let (mut named, mut hidden) = (Vec::with_capacity(found.len().min(NAMED)), false);
    for (entity, record, field) in found.into_iter().take(NAMED) {
        if !Runtime::may_name(tx, context, &entity, record).await? {
            hidden = true;
            continue;
        }
        let field = (!field.is_empty()).then_some(field);
        named.push(json!({ "entity": entity, "record": record, "field": field }));
    }
    // How many they are is as hidden as they are.
    named.extend(hidden.then(|| json!({})));
    Ok(named)
}
