//! Which field is settled before which. What a field's visibility, default, expression or grade reads comes
//! first; a circle has no beginning and is refused with its path.
//!
//! `x-require`, `x-readonly` and `x-options` are judged when every value is settled, so they may read each other.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::said;

use super::{Desk, EntityPlan};
use crate::app::{DefaultPlan, FieldPlan};
use crate::compile::load::Sources;
use crate::compile::report::Report;
use crate::compile::source::escape;
use crate::condition::Reads;
use crate::grade::{GradePlan, MethodPlan};
use crate::problem::Problem;

/// What settling a field reads.
pub fn settles_on(field: &FieldPlan) -> Reads {
    let mut reads = Reads::default();
    if let Some(show) = &field.show {
        reads.merge(show.reads());
    }
    if let Some(DefaultPlan::Expr(expression)) = &field.default {
        reads.merge(expression.reads());
    }
    if let Some(expression) = &field.compute {
        reads.merge(expression.reads());
    }
    if let Some(grade) = &field.grade {
        reads.merge(&grade_reads(grade));
    }
    for column in field.columns.values() {
        let inner = settles_on(column);
        reads.fields.extend(inner.around.iter().cloned());
        let outside = Reads { fields: BTreeSet::new(), around: BTreeSet::new(), ..inner };
        reads.merge(&outside);
    }
    reads
}

/// What a derived field reads, its visibility left out.
pub fn derives_from(field: &FieldPlan) -> Reads {
    let mut reads = Reads::default();
    if let Some(expression) = &field.compute {
        reads.merge(expression.reads());
    }
    if let Some(grade) = &field.grade {
        reads.merge(&grade_reads(grade));
    }
    if let (Some(rollup), where_) = (&field.rollup, &field.rollup_where) {
        let mut inner = Reads::default();
        if let Some(condition) = where_ {
            inner.merge(condition.reads());
        }
        let named = rollup.column.iter().chain(&rollup.by).map(|column| column.field.clone());
        let fields = inner.fields.iter().cloned().chain(named);
        reads.add_related(&rollup.entity, &rollup.via.field, fields);
        reads.today |= inner.today;
    }
    reads
}

/// What a grade reads of its record.
pub fn grade_reads(grade: &GradePlan) -> Reads {
    match &grade.method {
        MethodPlan::Table(rows) => rows.iter().fold(Reads::default(), |mut reads, row| {
            reads.merge(row.when.reads());
            reads
        }),
        MethodPlan::Script(script) => script.reads().clone(),
    }
}

/// The fields in an order in which each follows what it reads; the order of the file where a circle prevents it.
pub fn order(desk: &mut Desk<'_>, fields: &IndexMap<String, FieldPlan>) -> Vec<String> {
    let edges: BTreeMap<&str, Vec<String>> = fields
        .iter()
        .map(|(key, field)| {
            let reads = settles_on(field).fields;
            let within = fields.keys().filter(|other| reads.contains(*other)).cloned().collect();
            (key.as_str(), within)
        })
        .collect();
    for (key, reads) in &edges {
        for serial in reads.iter().filter(|read| fields[*read].kind == FieldKind::Serial) {
            let at = format!("/properties/{}", escape(key));
            let message = said!(
                "`{key}` 用到自动编号 `{serial}`，而编号要保存以后才有。",
                "`{key}` reads the serial number `{serial}`, which does not exist before saving."
            );
            desk.add([Problem::error("field.reads_serial", at, message)
                .help(said!("改用别的字段。", "Read another field."))]);
        }
    }
    let keys: Vec<&str> = fields.keys().map(String::as_str).collect();
    match sort(&keys, &edges) {
        Ok(order) => order,
        Err(circle) => {
            let at = format!("/properties/{}", escape(&circle[0]));
            let message =
                said!("这些字段互相等待：{}。", "These fields wait for each other: {}.", circle.join(" → "));
            desk.add([Problem::error("field.cycle", at, message).help(said!(
                "让其中一个改用别的字段，或者改为手工填写。",
                "Let one of them read something else, or fill it by hand."
            ))]);
            fields.keys().cloned().collect()
        }
    }
}

/// Reports circles that lead through other entities: rollup → computed → rollup. Each is told once.
pub fn check_across(sources: &Sources<'_>, entities: &IndexMap<String, EntityPlan>, report: &mut Report) {
    let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, entity) in entities {
        for (name, field) in entity.fields.iter().filter(|(_, field)| field.is_derived()) {
            let reads = derives_from(field);
            let own = reads.fields.iter().map(|read| (key.as_str(), read.as_str()));
            let paths = reads.paths.iter().flat_map(|path| {
                let end = path.hops.last().map(|(_, target)| (target.as_str(), path.field.as_str()));
                end.into_iter()
            });
            let related = reads
                .related
                .iter()
                .flat_map(|read| read.fields.iter().map(|field| (read.entity.as_str(), field.as_str())));
            let derived = |(entity, field): &(&str, &str)| {
                entities
                    .get(*entity)
                    .and_then(|plan| plan.fields.get(*field))
                    .is_some_and(FieldPlan::is_derived)
            };
            let targets = own.chain(paths).chain(related).filter(derived);
            let targets = targets.map(|(entity, field)| format!("{entity}.{field}")).collect();
            edges.insert(format!("{key}.{name}"), targets);
        }
    }
    let edges: BTreeMap<&str, Vec<String>> =
        edges.iter().map(|(key, reads)| (key.as_str(), reads.clone())).collect();
    let keys: Vec<&str> = edges.keys().copied().collect();
    let Err(circle) = sort(&keys, &edges) else {
        return;
    };
    let owners: BTreeSet<&str> = circle.iter().filter_map(|step| Some(step.split_once('.')?.0)).collect();
    // Within one entity the order of settling has told it already, unless it leads through a relation to itself.
    if owners.len() < 2 && report.has_code("field.cycle") {
        return;
    }
    let Some((entity, field)) = circle[0].split_once('.') else {
        return;
    };
    let Some(loaded) = sources.entities.get(entity) else {
        return;
    };
    let at = format!("/properties/{}", escape(field));
    let message =
        said!("这些字段互相等待：{}。", "These fields wait for each other: {}.", circle.join(" → "));
    report.add(
        &loaded.source,
        Problem::error("field.cycle", at, message).help(said!(
            "让其中一个改用别的字段，或者改为手工填写。",
            "Let one of them read something else, or fill it by hand."
        )),
    );
}

/// The keys with what each reads before it, else one circle, its first key repeated at its end.
fn sort(keys: &[&str], edges: &BTreeMap<&str, Vec<String>>) -> Result<Vec<String>, Vec<String>> {
    let mut done: Vec<String> = Vec::with_capacity(keys.len());
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    for key in keys {
        let mut path: Vec<(&str, usize)> = vec![(key, 0)];
        while let Some((at, next)) = path.pop() {
            if settled.contains(at) {
                continue;
            }
            let reads = edges.get(at).map(Vec::as_slice).unwrap_or_default();
            let Some(read) = reads.get(next) else {
                settled.insert(at);
                done.push(at.to_owned());
                continue;
            };
            path.push((at, next + 1));
            let Some((read, _)) = edges.get_key_value(read.as_str()) else {
                continue;
            };
            if let Some(start) = path.iter().position(|(step, _)| step == read) {
                let circle = path[start..].iter().map(|(step, _)| (*step).to_owned());
                return Err(circle.chain([(*read).to_owned()]).collect());
            }
            if !settled.contains(read) {
                path.push((read, 0));
            }
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_comes_first_and_a_circle_is_given_with_its_path() {
        let edges = BTreeMap::from([
            ("a", vec!["b".to_owned()]),
            ("b", vec!["c".to_owned()]),
            ("c", vec![]),
            ("d", vec!["e".to_owned()]),
            ("e", vec!["d".to_owned()]),
        ]);
        assert_eq!(sort(&["a", "b", "c"], &edges), Ok(["c", "b", "a"].map(str::to_owned).to_vec()));
        assert_eq!(sort(&["d", "a"], &edges), Err(["d", "e", "d"].map(str::to_owned).to_vec()));
    }
}
