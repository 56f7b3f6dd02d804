//! Whether somebody has worked on a record since it came in: changed it, said something about it, done a task about it, or
//! made a record that points at it. What the engine made of it by itself goes with it.

use std::collections::BTreeSet;

use kezhi_plan::app::AppPlan;
use kezhi_store::Tx;
use kezhi_types::{Entrance, Id};

use crate::error::Error;
use crate::facts::{column_of, names};

/// Changes of a record that are looked at; more than these are somebody's work.
const CHANGES: u32 = 100;
/// Records behind one that are looked at; where there are more, somebody has worked on them.
const BEHIND: usize = 1_000;

/// Whether somebody has worked on a record that an import created, or on what goes into the bin with it. An import is
/// taken back from its end, so what its own later rows point at is not there any more.
pub(super) async fn worked_on(tx: &mut Tx, plan: &AppPlan, (entity, id): (&str, Id)) -> Result<bool, Error> {
    if changed(tx, (entity, id), 1).await? || spoken_of(tx, (entity, id)).await? {
        return Ok(true);
    }
    let (mut known, mut behind) = (BTreeSet::from([id]), vec![(entity.to_owned(), id)]);
    while let Some((entity, id)) = behind.pop() {
        for found in pointing_at(tx, plan, (&entity, id)).await? {
            if !known.insert(found.1) {
                continue;
            }
            let at = (found.0.as_str(), found.1);
            if known.len() > BEHIND || changed(tx, at, 0).await? || spoken_of(tx, at).await? {
                return Ok(true);
            }
            behind.push(found);
        }
    }
    Ok(false)
}

/// The living records that point at one.
async fn pointing_at(
    tx: &mut Tx,
    plan: &AppPlan,
    (target, id): (&str, Id),
) -> Result<Vec<(String, Id)>, Error> {
    let mut found = Vec::new();
    for entity in plan.entities.values() {
        let to_it = entity
            .fields
            .values()
            .filter(|field| field.relation.as_ref().is_some_and(|(relation, _)| relation == target));
        for column in to_it.filter_map(|field| column_of(entity, &field.key)) {
            let limit = u32::try_from(BEHIND).unwrap_or(u32::MAX) + 1;
            let ids = tx.ids(&entity.key, Some(&names(column, id)), None, limit).await?;
            found.extend(ids.into_iter().map(|id| (entity.key.clone(), id)));
        }
    }
    Ok(found)
}

/// Whether anybody but the engine has changed a record above this version.
async fn changed(tx: &mut Tx, (entity, id): (&str, Id), above: i64) -> Result<bool, Error> {
    let history = tx.history(entity, id, None, CHANGES).await?;
    let by_engine =
        |entrance: Entrance| matches!(entrance, Entrance::Workflow | Entrance::Derived | Entrance::Template);
    let later = history.iter().take_while(|entry| entry.row.version > above);
    Ok(history.len() >= CHANGES as usize || later.into_iter().any(|entry| !by_engine(entry.row.entrance)))
}

/// Whether somebody has said something about a record, or decided a task about it.
async fn spoken_of(tx: &mut Tx, (entity, id): (&str, Id)) -> Result<bool, Error> {
    if !tx.comments(entity, id).await?.is_empty() {
        return Ok(true);
    }
    let runs: Vec<Id> = tx.runs_of_record(entity, id).await?.iter().map(|run| run.id).collect();
    if runs.is_empty() {
        return Ok(false);
    }
    Ok(tx.tasks_of_runs(&runs).await?.iter().any(|task| task.decided_by.is_some_and(|by| by != Id::SYSTEM)))
}
