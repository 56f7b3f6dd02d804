//! What the store must answer before a record can be judged: found by settling the record with the answers
//! so far and looking at what its conditions, expressions and references lead to.

use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Fields, Id};
use serde_json::Value;

use super::case::{self, Case};
use super::serial;
use crate::app::{EntityPlan, FieldPlan, RuleTest};
use crate::condition::{ConditionPlan, PathRead, Reads};
use crate::facts::{self, Needs, ids_in};
use crate::grade::MethodPlan;
use crate::kind;

/// Which parts of the entity are about to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything: a create or an update.
    Write,
    /// Derived fields only.
    Derive,
    /// Rules only: a deletion.
    Delete,
}

/// What is still to be asked about the record `flat`.
pub(super) fn gather(case: &Case<'_>, flat: &Fields, extent: Extent) -> Needs {
    let mut needs = Needs::default();
    let zone = case.c.time_zone();
    let mut ask = |reads: &Reads| {
        for path in &reads.paths {
            follow(case, flat, path, &mut needs);
        }
    };
    each_condition(case.entity, extent, |condition| ask(condition.reads()));
    each_code(case.entity, extent, ask);
    if extent == Extent::Write {
        for field in case.entity.fields.values() {
            authored(case, field, flat, &mut needs);
        }
    }
    if case.before.is_none() {
        return needs;
    }
    each_condition(case.entity, extent, |condition| {
        if condition.reads().related.is_empty() {
            return;
        }
        let probes = condition.probes(&case.context(flat, &zone));
        needs
            .probes
            .extend(probes.into_iter().filter(|probe| !case.facts.probes.contains_key(&probe.number)));
    });
    each_script(case.entity, extent, |reads| {
        for related in &reads.related {
            if !case.facts.rows.contains_key(&format!("{}.{}", related.entity, related.via)) {
                needs.rows.insert((related.entity.clone(), related.via.clone()));
            }
        }
    });
    rollups(case, extent, &mut needs);
    needs
}

/// Whether judging records of this entity ever asks anything; most entities without relations do not.
pub(super) fn asks(entity: &EntityPlan) -> bool {
    fn looks_up(field: &FieldPlan) -> bool {
        matches!(
            field.kind,
            FieldKind::Relation
                | FieldKind::Relations
                | FieldKind::Person
                | FieldKind::People
                | FieldKind::Department
                | FieldKind::Departments
                | FieldKind::Serial
                | FieldKind::Rollup
        ) || field.def.unique
            || field.columns.values().any(looks_up)
    }
    let mut asks = entity.fields.values().any(looks_up);
    let mut look = |reads: &Reads| asks |= !reads.paths.is_empty() || !reads.related.is_empty();
    each_condition(entity, Extent::Write, |condition| look(condition.reads()));
    each_code(entity, Extent::Write, look);
    asks
}

/// Every condition that will be judged. Those over the records that a relation offers are not among them.
fn each_condition<'e>(entity: &'e EntityPlan, extent: Extent, mut look: impl FnMut(&'e ConditionPlan)) {
    let mut field = |field: &'e FieldPlan| {
        let derived = field.is_derived();
        let demands = [&field.require, &field.readonly].into_iter().flatten();
        if extent == Extent::Write || derived {
            field.show.iter().for_each(&mut look);
            if let Some(MethodPlan::Table(rows)) = field.grade.as_ref().map(|grade| &grade.method) {
                rows.iter().for_each(|row| look(&row.when));
            }
        }
        if extent == Extent::Write {
            demands.chain(field.cases.iter().map(|(when, _)| when)).for_each(&mut look);
        }
    };
    if extent != Extent::Delete {
        entity
            .fields
            .values()
            .flat_map(|one| std::iter::once(one).chain(one.columns.values()))
            .for_each(&mut field);
    }
    if extent == Extent::Derive {
        return;
    }
    for rule in &entity.rules {
        rule.when.iter().for_each(&mut look);
        if let RuleTest::Must(must) = &rule.test {
            look(must);
        }
    }
}

/// What every expression and script reads.
fn each_code<'e>(entity: &'e EntityPlan, extent: Extent, mut look: impl FnMut(&'e Reads)) {
    if extent != Extent::Delete {
        for field in entity.fields.values().flat_map(|one| std::iter::once(one).chain(one.columns.values())) {
            field.compute.iter().for_each(|expr| look(expr.reads()));
            if let Some(crate::app::DefaultPlan::Expr(expr)) = &field.default {
                look(expr.reads());
            }
        }
    }
    each_script(entity, extent, look);
}

/// What every script reads.
fn each_script<'e>(entity: &'e EntityPlan, extent: Extent, mut look: impl FnMut(&'e Reads)) {
    if extent != Extent::Delete {
        for grade in entity.fields.values().filter_map(|field| field.grade.as_ref()) {
            if let MethodPlan::Script(script) = &grade.method {
                look(script.reads());
            }
        }
    }
    if extent == Extent::Derive {
        return;
    }
    for rule in &entity.rules {
        if let RuleTest::Script(script) = &rule.test {
            look(script.reads());
        }
    }
}

/// What an authored field asks: that references exist, that unique values are free, the next serial number.
fn authored(case: &Case<'_>, field: &FieldPlan, flat: &Fields, needs: &mut Needs) {
    let value = flat.get(&field.key).filter(|value| !value.is_null());
    let changed = value != case.stored(&field.key);
    if field.kind == FieldKind::Serial && case.before.is_none() && value.is_none() {
        needs.serials.push(serial::need(case, field));
    }
    if !changed {
        return;
    }
    if field.def.unique && !kind::is_empty(value) && !case.facts.unique_asked.contains(&field.key) {
        let key = kind::unique_key(field, value.unwrap_or(&Value::Null));
        if !kind::is_empty(Some(&key)) {
            needs.unique.push((field.key.clone(), key));
        }
    }
    reference(case, field, (value, case.stored(&field.key)), needs);
    let stored = case.stored_rows(&field.key);
    for row in case::rows(flat, &field.key).iter().filter_map(Value::as_object) {
        let before = case::same_row(row, stored);
        for column in field.columns.values() {
            let (value, stored) = (row.get(&column.key), before.and_then(|row| row.get(&column.key)));
            if value != stored {
                reference(case, column, (value, stored), needs);
            }
        }
    }
}

/// What a field newly names; `stored` is what it named before.
fn reference(
    case: &Case<'_>,
    field: &FieldPlan,
    (value, stored): (Option<&Value>, Option<&Value>),
    needs: &mut Needs,
) {
    let stood = ids_in(stored);
    let is_new = |id: &Id| !case.facts.asked.contains(id);
    match field.kind {
        FieldKind::Person | FieldKind::People => {
            let unknown = |id: &Id| !case.facts.people.contains_key(id);
            needs.people.extend(ids_in(value).into_iter().filter(unknown).filter(is_new));
        }
        FieldKind::Department | FieldKind::Departments => {
            let unknown = |id: &Id| !case.facts.departments.contains(id);
            needs.departments.extend(ids_in(value).into_iter().filter(unknown).filter(is_new));
        }
        _ => {}
    }
    let (FieldKind::Relation | FieldKind::Relations, Some((target, _))) = (field.kind, &field.relation)
    else {
        return;
    };
    for id in ids_in(value).into_iter().filter(|id| !stood.contains(id)) {
        let Some(record) = want(case, target, id, needs) else { continue };
        for path in field.offered.iter().flat_map(|offered| &offered.reads().paths) {
            follow(case, record, path, needs);
        }
    }
}

/// Asks for the records along a path, as far as it is known.
fn follow(case: &Case<'_>, from: &Fields, path: &PathRead, needs: &mut Needs) {
    let Some(table) = &path.table else { return follow_from(case, from, path, needs) };
    for row in case::rows(from, table).iter().filter_map(Value::as_object) {
        follow_from(case, row, path, needs);
    }
}

fn follow_from(case: &Case<'_>, from: &Fields, path: &PathRead, needs: &mut Needs) {
    facts::follow(&path.hops, from, case.facts, &mut |entity, id| {
        if !case.facts.asked.contains(&id) {
            needs.records.insert((entity.to_owned(), id));
        }
    });
}

/// The record, if the store has answered; else it is asked for.
fn want<'a>(case: &Case<'a>, entity: &str, id: Id, needs: &mut Needs) -> Option<&'a Fields> {
    if let Some((_, record)) = case.facts.records.get(&id) {
        return Some(record);
    }
    if !case.facts.asked.contains(&id) {
        needs.records.insert((entity.to_owned(), id));
    }
    None
}

/// All rollups when deriving; else only those that were never computed.
fn rollups(case: &Case<'_>, extent: Extent, needs: &mut Needs) {
    if extent == Extent::Delete {
        return;
    }
    let wanted = case.entity.fields.values().filter(|field| field.rollup.is_some()).filter(|field| {
        let missing = extent == Extent::Derive || case.stored(&field.key).is_none();
        missing && !case.facts.rollups.contains_key(&field.key)
    });
    needs.rollups.extend(wanted.map(|field| field.key.clone()));
}
