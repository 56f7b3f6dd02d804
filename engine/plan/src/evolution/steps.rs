//! Which fields are concerned: by the definitions of two releases alone.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use kezhi_types::Timestamp;
use kezhi_types::def::entity::{FieldDef, FieldKind};
use kezhi_types::text::Language;

use super::turn::Back;
use super::{Change, Evolution, How, KeptStep, Step};
use crate::app::{AppPlan, EntityPlan, FieldPlan};
use crate::condition::Scope;
use crate::expr::ExprPlan;

/// Where a field's values come from.
enum Source {
    Field(String),
    Expression(ExprPlan),
    Nothing,
}

/// What becomes of the records of each entity that both releases have. `undone` says, when an earlier release comes back,
/// what has been done to an entity since it was live: the evolutions by their number, newest last.
pub fn between(
    old: &AppPlan,
    new: &AppPlan,
    now: Timestamp,
    undone: Option<&BTreeMap<String, BTreeMap<i64, Vec<KeptStep>>>>,
) -> Vec<Evolution> {
    let zone = TimeZone::get(&new.zone).unwrap_or(TimeZone::UTC);
    let language =
        if new.manifest.language.starts_with("zh") { Language::Chinese } else { Language::English };
    let mut evolutions = Vec::new();
    for (key, entity) in &new.entities {
        let Some(before) = old.entity(key) else { continue };
        let back = undone.map(|undone| Back(undone.get(key).cloned().unwrap_or_default()));
        let steps = steps(old, before, entity, back.as_ref());
        if !steps.is_empty() {
            evolutions.push(Evolution {
                entity: key.clone(),
                steps,
                back,
                old: Arc::clone(before),
                new: Arc::clone(entity),
                zone: zone.clone(),
                zone_name: new.zone.clone(),
                language,
                now,
            });
        }
    }
    evolutions
}

fn steps(app: &AppPlan, old: &EntityPlan, new: &EntityPlan, back: Option<&Back>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut used = BTreeSet::new();
    for (key, field) in new.fields.iter().filter(|(_, field)| is_stored(field)) {
        let source = match back {
            None => forward(app, old, field),
            Some(back) => backward(old, key, back),
        };
        let (change, how, sources) = match source {
            Source::Expression(expression) => {
                let reads = expression.reads().fields.iter();
                let sources = reads.filter(|read| old.fields.contains_key(*read)).cloned().collect();
                (Change::From, How::Expression(expression), sources)
            }
            Source::Field(from) => {
                let Some(before) = old.fields.get(&from) else { continue };
                used.insert(from.clone());
                let change = if from == *key { Change::Kind } else { Change::Rename };
                if change == Change::Kind && !differs(before, field) {
                    continue;
                }
                (change, How::Convert, vec![from])
            }
            Source::Nothing if back.is_some_and(|back| back.knows(key)) => {
                (Change::From, How::Convert, Vec::new())
            }
            Source::Nothing => continue,
        };
        let before =
            sources.first().filter(|_| matches!(how, How::Convert)).and_then(|key| old.fields.get(key));
        steps.push(Step {
            field: key.clone(),
            title: field.title.clone(),
            change,
            from: before.map(|field| field.kind),
            to: Some(field.kind),
            sources,
            how,
        });
    }
    let stays = |key: &String| new.fields.get(key).is_some_and(is_stored) || used.contains(key);
    for (key, field) in old.fields.iter().filter(|(key, field)| is_stored(field) && !stays(key)) {
        steps.push(Step {
            field: key.clone(),
            title: field.title.clone(),
            change: Change::Drop,
            sources: vec![key.clone()],
            from: Some(field.kind),
            to: None,
            how: How::Drop,
        });
    }
    steps
}

/// Whether values of the field lie in the authored document.
fn is_stored(field: &FieldPlan) -> bool {
    !field.is_derived() && field.kind != FieldKind::Lookup
}

fn forward(app: &AppPlan, old: &EntityPlan, field: &FieldPlan) -> Source {
    let same = || match old.fields.get(&field.key) {
        Some(before) if before.kind != FieldKind::Lookup => Source::Field(field.key.clone()),
        _ => Source::Nothing,
    };
    let before = old.fields.get(&field.key);
    if before.is_some_and(|before| before.def.origin() == field.def.origin()) {
        return same();
    }
    if let Some(expression) = field.def.source_expression() {
        let probes = Cell::new(0);
        let scope = Scope { stored: true, ..Scope::of(&app.catalog, &old.key, &probes) };
        return ExprPlan::compile(expression, &scope).map_or_else(|_| same(), Source::Expression);
    }
    match field.def.source_field().filter(|from| old.fields.contains_key(*from)) {
        Some(from) => Source::Field(from.to_owned()),
        None => same(),
    }
}

/// The live field that holds what the restored one held: the same key, or what it was renamed to since.
fn backward(old: &EntityPlan, key: &str, back: &Back) -> Source {
    let mut at = key.to_owned();
    for steps in back.0.values() {
        let renamed = steps.iter().find(|step| step.change == Change::Rename && step.sources == [at.clone()]);
        if let Some(field) = renamed.and_then(|step| step.field.clone()) {
            at = field;
        }
    }
    match old.fields.get(&at) {
        Some(before) if before.kind != FieldKind::Lookup => Source::Field(at),
        _ => Source::Nothing,
    }
}

/// Whether values of the one are not, as they lie, values of the other.
fn differs(before: &FieldPlan, after: &FieldPlan) -> bool {
    if before.kind != after.kind {
        return true;
    }
    let target = |field: &FieldPlan| field.relation.as_ref().map(|(entity, _)| entity.clone());
    if before.scale != after.scale || target(before) != target(after) {
        return true;
    }
    let column = |(key, column): (&String, &FieldPlan)| {
        let origin = column.def.source_field().filter(|from| before.columns.contains_key(*from));
        match before.columns.get(key) {
            Some(known) => differs(known, column),
            None => origin.is_some(),
        }
    };
    after.columns.iter().any(column) || before.columns.keys().any(|key| !after.columns.contains_key(key))
}

/// Fields whose values stay as they are although the new definition allows less: their keys.
pub fn tightened(old: &EntityPlan, new: &EntityPlan) -> Vec<String> {
    let limits = |def: &FieldDef| FieldDef {
        min_length: def.min_length,
        max_length: def.max_length,
        pattern: def.pattern.clone(),
        minimum: def.minimum,
        maximum: def.maximum,
        min_items: def.min_items,
        max_items: def.max_items,
        decimal_minimum: def.decimal_minimum.clone(),
        decimal_maximum: def.decimal_maximum.clone(),
        best: def.best,
        items: def.items.clone(),
        options: def.options.clone(),
        ..FieldDef::bare(def.kind)
    };
    let tighter = |(key, field): &(&String, &FieldPlan)| {
        let before = old.fields.get(*key).filter(|before| is_stored(field) && !differs(before, field));
        before.is_some_and(|before| limits(&before.def) != limits(&field.def))
    };
    new.fields.iter().filter(tighter).map(|(key, _)| key.clone()).collect()
}
