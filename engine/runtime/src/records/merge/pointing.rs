//! What points at the records that go is made to point at the one that stays, through the one write path: relations, lists of
//! many, and columns of sub-tables.

use std::collections::BTreeMap;

use kezhi_plan::app::{EntityPlan, FieldPlan};
use kezhi_store::{MergeMove, Moved, Tx};
use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::query::{Column, Filter, Part};
use kezhi_types::{Id, Record, Violation, Violations};
use serde_json::Value;

use super::super::change::{Change, Rights, WriteContext};
use super::super::pending::Pending;
use super::{Patch, RELATED, Together, renamed, renamed_rows};
use crate::error::Error;
use crate::facts::{column_of, names};
use crate::runtime::Runtime;

/// Records looked for in one question.
const PAGE: u32 = 1_000;

/// Records of one entity that point at those that go, each with what changes.
type Patches = BTreeMap<(String, Id), Patch>;

impl Runtime {
    /// Changes every living record that points at one that goes; answers what was changed, and of each field how many of
    /// the records the caller may read.
    pub(super) async fn repoint(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        together: &Together<'_>,
        pending: &mut Pending,
    ) -> Result<(Vec<MergeMove>, BTreeMap<String, usize>), Error> {
        let (mut patches, mut moved) = (Patches::new(), BTreeMap::new());
        let mut moves = Vec::new();
        for entity in context.plan.entities.values() {
            for (field, column) in places(entity, &together.entity.key) {
                let place = (entity.as_ref(), field, column);
                let count = Self::gather(tx, context, place, together, (&mut patches, &mut moves)).await?;
                if count > 0 {
                    let column = column.map(|column| format!(".{}", column.key)).unwrap_or_default();
                    moved.insert(format!("{}.{}{column}", entity.key, field.key), count);
                }
            }
        }
        let full = WriteContext { rights: Rights::Full, ..context.clone() };
        for ((entity, id), fields) in patches {
            let change = Change::Update { entity: entity.clone(), id, fields, version: None };
            match self.write(tx, &full, change, pending).await {
                Ok(_) => {}
                Err(Error::Invalid(why)) => {
                    return Err(Self::in_the_way(tx, context, (&entity, id), &why).await);
                }
                Err(error) => return Err(error),
            }
        }
        Ok((moves, moved))
    }

    /// Gathers the records whose field names one that goes; how many of them show the caller that it does.
    async fn gather(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, field, column): (&EntityPlan, &FieldPlan, Option<&FieldPlan>),
        together: &Together<'_>,
        (patches, moves): (&mut Patches, &mut Vec<MergeMove>),
    ) -> Result<usize, Error> {
        let losers = together.loser_ids();
        let circumstances = context.circumstances(RuleOperation::Update);
        let mut count = 0;
        for loser in &losers {
            let Some(filter) = points(entity, (field, column), *loser) else { continue };
            let mut after = None;
            loop {
                let ids = tx.ids(&entity.key, Some(&filter), after, PAGE).await?;
                let Some(last) = ids.last().copied() else { break };
                after = Some(last);
                let records = tx.lock_records(&entity.key, &ids).await?;
                let seen = Self::seen_all_in(tx, (&context.plan, entity), &records, &circumstances).await?;
                for (record, rights) in records.iter().zip(seen) {
                    let own = record.entity == together.entity.key
                        && (record.id == together.survivor.id || losers.contains(&record.id));
                    let told = rights.is_some_and(|rights| rights.may_read(&field.key));
                    if !own
                        && patched(patches, record, (field, column), (&losers, together.survivor.id), moves)
                        && told
                    {
                        count += 1;
                    }
                }
                if patches.len() > RELATED {
                    let much = Violation::new("merge.too_many", "/from").with("max", RELATED);
                    return Err(Violations::from(much).into());
                }
                if ids.len() < PAGE as usize {
                    break;
                }
            }
        }
        Ok(count)
    }
}

/// The fields of an entity that name records of another, and of sub-tables their columns.
fn places<'a>(entity: &'a EntityPlan, target: &str) -> Vec<(&'a FieldPlan, Option<&'a FieldPlan>)> {
    let leads = |field: &&FieldPlan| field.relation.as_ref().is_some_and(|(to, _)| to == target);
    let mut places: Vec<(&FieldPlan, Option<&FieldPlan>)> =
        entity.fields.values().filter(leads).map(|field| (field, None)).collect();
    for table in entity.fields.values().filter(|field| field.kind == FieldKind::Table) {
        places.extend(table.columns.values().filter(leads).map(|column| (table, Some(column))));
    }
    places
}

/// The records whose field names this one.
fn points(entity: &EntityPlan, (field, column): (&FieldPlan, Option<&FieldPlan>), id: Id) -> Option<Filter> {
    let own = column_of(entity, &field.key)?;
    let Some(column) = column else { return Some(names(own, id)) };
    let inner = Column { field: column.key.clone(), part: Part::Data, shape: column.shape.clone() };
    Some(Filter::Rows { column: own, filter: Some(Box::new(names(inner, id))), op: Op::Gte, value: 1 })
}

/// Adds what changes on a record; `false` where that is known already.
fn patched(
    patches: &mut Patches,
    record: &Record,
    (field, column): (&FieldPlan, Option<&FieldPlan>),
    (losers, survivor): (&[Id], Id),
    moves: &mut Vec<MergeMove>,
) -> bool {
    let patch = patches.entry((record.entity.clone(), record.id)).or_default();
    let stored = record.data.get(&field.key).cloned().unwrap_or(Value::Null);
    let before = patch.get(&field.key).cloned().unwrap_or_else(|| stored.clone());
    let after = match column {
        None => renamed(&before, losers, survivor),
        Some(column) => renamed_rows(&before, &column.key, losers, survivor),
    };
    if after == before {
        return false;
    }
    patch.insert(field.key.clone(), after.clone());
    let (entity, id) = (record.entity.clone(), record.id);
    let same =
        |known: &&mut MergeMove| known.entity == entity && known.record == id && known.field == field.key;
    match moves.iter_mut().rev().find(same).filter(|_| column.is_some()) {
        // Two columns of one sub-table are one change of it.
        Some(known) => known.after = after,
        None => {
            let field = field.key.clone();
            moves.push(MergeMove { what: Moved::Related, entity, record: id, field, before: stored, after });
        }
    }
    true
}
