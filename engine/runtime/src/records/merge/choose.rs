//! Which value of each field stays: the one that was chosen, else the record's own, else the first that there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kezhi_plan::access::{self, Action, FieldRights};
use kezhi_plan::app::FieldPlan;
use kezhi_plan::facts::ids_in;
use kezhi_plan::kind;
use kezhi_store::Tx;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::FieldRight;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Id, Record, Violation, Violations};
use serde_json::{Value, json};

use super::super::change::{Rights, WriteContext};
use super::{Differing, Patch, Together, renamed, renamed_rows};
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// The patch of the record that stays, and the fields on which the records differ.
    pub(super) async fn chosen(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        together: &Together<'_>,
        choose: &BTreeMap<String, Id>,
    ) -> Result<(Patch, Vec<Differing>), Error> {
        let records = together.all();
        let c = context.circumstances(RuleOperation::Update);
        let seen = Self::seen_all_in(tx, (&context.plan, together.entity), &records, &c).await?;
        let rights: Vec<Arc<FieldRights>> = records
            .iter()
            .zip(seen)
            .map(|(record, seen)| seen.ok_or_else(|| Error::no_record(record.id)))
            .collect::<Result<_, _>>()?;
        check_choice(context, together, choose, (&records, &rights))?;
        let gone = Self::pointing_at_nothing(tx, together, &records).await?;
        let mut patch = Patch::new();
        for field in together.entity.fields.values().filter(|field| is_chosen(field)) {
            let taken = choose.get(&field.key).and_then(|id| records.iter().find(|record| record.id == *id));
            // What the caller may not read where it stands is not brought to where they may.
            let open = rights[0].of(&field.key).min(FieldRight::Read);
            let gives = |(record, rights): &(&Record, &Arc<FieldRights>)| {
                let points_at_nothing = gone.contains(&(record.id, field.key.clone()));
                rights.of(&field.key) >= open
                    && !points_at_nothing
                    && !kind::is_empty(record.data.get(&field.key))
            };
            let first = || records.iter().zip(&rights).find(gives).map(|(record, _)| record);
            let Some(from) = taken.or_else(first) else { continue };
            let value = from.data.get(&field.key).cloned().unwrap_or(Value::Null);
            let value = own_value(together, field, value);
            if value == *together.survivor.data.get(&field.key).unwrap_or(&Value::Null) {
                continue;
            }
            let opened =
                self.unsealed(together.entity, from.id, Patch::from_iter([(field.key.clone(), value)]))?;
            patch.extend(opened);
        }
        let owner = choose.get("owner").and_then(|id| records.iter().find(|record| record.id == *id));
        if let Some(owner) =
            owner.map(|record| record.owner).filter(|owner| *owner != together.survivor.owner)
        {
            patch.insert("owner".to_owned(), json!(owner));
        }
        Ok((patch, differing(together, &records, &rights)))
    }
}

impl Runtime {
    /// Fields of the records whose relation names a record that does not live: a record that comes back from the bin keeps
    /// naming what went meanwhile. Such a value is not brought to another record unasked.
    async fn pointing_at_nothing(
        tx: &mut Tx,
        together: &Together<'_>,
        records: &[Record],
    ) -> Result<BTreeSet<(Id, String)>, Error> {
        let mut found = BTreeSet::new();
        for field in together.entity.fields.values() {
            let Some((target, _)) = &field.relation else { continue };
            let named = |record: &Record| ids_in(record.data.get(&field.key));
            let ids: Vec<Id> = records.iter().flat_map(named).collect();
            let there = tx.get_records(target, &ids).await?;
            let lives = |id: &Id| there.iter().any(|record| record.id == *id && record.deleted_at.is_none());
            let lost = records[1..].iter().filter(|record| !named(record).iter().all(lives));
            found.extend(lost.map(|record| (record.id, field.key.clone())));
        }
        Ok(found)
    }
}

/// Whether people write the field, so that one value stays.
fn is_chosen(field: &FieldPlan) -> bool {
    !field.is_derived() && field.lookup.is_none() && field.kind != FieldKind::Serial
}

/// The value as it may stand on the record that stays: it names neither itself nor what has gone.
fn own_value(together: &Together<'_>, field: &FieldPlan, value: Value) -> Value {
    let (losers, survivor) = (together.loser_ids(), together.survivor.id);
    let here =
        |field: &FieldPlan| field.relation.as_ref().is_some_and(|(target, _)| *target == together.entity.key);
    if field.kind == FieldKind::Table {
        let columns = field.columns.values().filter(|column| here(column));
        return columns.fold(value, |rows, column| renamed_rows(&rows, &column.key, &losers, survivor));
    }
    if !here(field) {
        return value;
    }
    let itself = json!(survivor);
    match renamed(&value, &losers, survivor) {
        value if value == itself => Value::Null,
        Value::Array(items) => {
            let others: Vec<Value> = items.into_iter().filter(|item| *item != itself).collect();
            if others.is_empty() { Value::Null } else { Value::Array(others) }
        }
        value => value,
    }
}

/// What was chosen must be a field that the caller may write here, and may read where its value is taken from.
fn check_choice(
    context: &WriteContext,
    together: &Together<'_>,
    choose: &BTreeMap<String, Id>,
    (records, rights): (&[Record], &[Arc<FieldRights>]),
) -> Result<(), Error> {
    let mut wrong = Violations::default();
    for (key, id) in choose {
        let pointer = kind::pointer("/choose", key);
        let Some(at) = records.iter().position(|record| record.id == *id) else {
            wrong.push(Violation::new("merge.choose", pointer).with("field", key.clone()));
            continue;
        };
        if key == "owner" && together.entity.owner {
            let moves = records[at].owner != together.survivor.owner && context.rights == Rights::Caller;
            if moves && !access::may_transfer(&context.plan, together.entity, &context.caller) {
                return Err(Error::denied(Action::Transfer.as_str(), &together.entity.key));
            }
            continue;
        }
        let Some(field) = together.entity.fields.get(key).filter(|_| rights[at].may_read(key)) else {
            wrong.push(Violation::new("record.unknown_field", pointer).with("field", key.clone()));
            continue;
        };
        let writable = rights[0].of(key) == FieldRight::Write;
        if at > 0 && (!writable || !is_chosen(field)) {
            wrong.push(Violation::new("record.read_only", pointer).with("field", field.title.clone()));
        }
    }
    Ok(wrong.into_result()?)
}

/// The fields whose values are not the same on all records, as the caller may see them.
fn differing(together: &Together<'_>, records: &[Record], rights: &[Arc<FieldRights>]) -> Vec<Differing> {
    let shown: Vec<_> = records
        .iter()
        .zip(rights)
        .map(|(record, rights)| access::visible(together.entity, record.flat(), rights))
        .collect();
    let mut fields = Vec::new();
    let keys =
        together.entity.fields.values().filter(|field| is_chosen(field)).map(|field| field.key.as_str());
    let owner = Some("owner").filter(|_| together.entity.owner);
    for key in keys.chain(owner) {
        let value = |at: usize| shown[at].get(key).unwrap_or(&Value::Null);
        if (1..records.len()).all(|at| value(at) == value(0)) {
            continue;
        }
        let readable = (0..records.len()).filter(|at| key == "owner" || rights[*at].may_read(key));
        let values = readable.map(|at| (records[at].id.to_string(), value(at).clone())).collect();
        fields.push(Differing { field: key.to_owned(), values });
    }
    fields
}
