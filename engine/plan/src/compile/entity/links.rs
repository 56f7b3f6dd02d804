//! What a field draws from other definitions: relations, rollups, grades.

use kezhi_types::def::entity::{FieldDef, FieldKind, OnDelete, RollupDef};
use kezhi_types::def::files::Kind;
use kezhi_types::query::{Aggregate, Column, RollupQuery, Shape};
use std::sync::Arc;

use super::{Desk, keywords};
use crate::catalog::FieldInfo;
use crate::compile::suggest::did_you_mean;
use crate::grade::GradePlan;
use crate::problem::Problem;

/// Where a relation leads.
pub fn relation(desk: &mut Desk<'_>, def: &FieldDef, at: &str) -> Option<(String, OnDelete)> {
    let relation = def.relation.as_ref().filter(|_| def.kind == FieldKind::Relation)?;
    let known = desk.expect(Kind::Entity, &relation.entity, &format!("{at}/x-relation/entity"));
    known.then(|| (relation.entity.clone(), relation.on_delete))
}

/// The question that a rollup asks, without its filter.
pub fn rollup(desk: &mut Desk<'_>, def: &FieldDef, at: &str) -> Option<RollupQuery> {
    let rollup = def.rollup.as_ref().filter(|_| def.kind == FieldKind::Rollup)?;
    let at = format!("{at}/x-rollup");
    if !desk.expect(Kind::Entity, &rollup.entity, &format!("{at}/entity")) {
        return None;
    }
    let child = desk.catalog.entities.get(&rollup.entity)?;
    let via = via(desk, &rollup.entity, &rollup.via, &format!("{at}/via"));
    let field = aggregated(desk, rollup, &at);
    let by = decided_by(desk, rollup, &at);
    let column = |key: &String| child.fields.get(key).map(|info| info.column(key));
    let query = RollupQuery {
        entity: rollup.entity.clone(),
        via: via?,
        aggregate: rollup.aggregate,
        column: rollup.field.as_ref().filter(|_| rollup.aggregate != Aggregate::Count).and_then(column),
        by: rollup.by.as_ref().and_then(column),
        filter: None,
    };
    (field && by).then_some(query)
}

/// The relation by which records of `entity` point at the entity on the desk.
pub fn via(desk: &mut Desk<'_>, entity: &str, via: &str, at: &str) -> Option<Column> {
    let child = desk.catalog.entities.get(entity)?;
    let own = desk.key;
    let points_here =
        |info: &FieldInfo| info.kind == FieldKind::Relation && info.target.as_deref() == Some(own);
    if let Some(info) = child.fields.get(via).filter(|info| points_here(info) && via != "id") {
        return Some(info.column(via));
    }
    let candidates = child.fields.iter().filter(|(key, info)| points_here(info) && *key != "id");
    let help = did_you_mean(via, candidates.map(|(key, _)| key.as_str()));
    let message = format!("`{via}` is no relation of `{entity}` that leads to `{own}`.");
    desk.add([Problem::error("rollup.via", at, message).help(help)]);
    None
}

fn aggregated(desk: &mut Desk<'_>, rollup: &RollupDef, at: &str) -> bool {
    let Some(name) = &rollup.field else {
        let counts = rollup.aggregate == Aggregate::Count;
        if !counts {
            let message = "It is not said which field to aggregate.";
            desk.add([
                Problem::error("rollup.field", at, message).help("Add `field`; only `count` does without.")
            ]);
        }
        return counts;
    };
    let Some(info) = child_field(desk, &rollup.entity, name, &format!("{at}/field")) else {
        return false;
    };
    let fits = match rollup.aggregate {
        Aggregate::Count => true,
        Aggregate::Sum | Aggregate::Avg => keywords::is_number(info.value_kind),
        Aggregate::Min | Aggregate::Max => keywords::is_ordered(info.value_kind),
        Aggregate::Last => info.shape != Shape::Json && info.value_kind != FieldKind::Grade,
    };
    if !fits {
        let verb = format!("{:?}", rollup.aggregate).to_lowercase();
        let message = format!("`{name}` is of kind {} and has no {verb}.", keywords::name(info.value_kind));
        let help =
            "sum and avg take numbers; min and max take numbers, dates and times; count takes no field.";
        desk.add([Problem::error("rollup.field", format!("{at}/field"), message).help(help)]);
    }
    fits
}

fn decided_by(desk: &mut Desk<'_>, rollup: &RollupDef, at: &str) -> bool {
    match (&rollup.by, rollup.aggregate) {
        (None, Aggregate::Last) => {
            let message = "It is not said which record is the last.";
            desk.add(
                [Problem::error("rollup.by", at, message).help("Add `by`: a date, datetime or number.")],
            );
            false
        }
        (None, _) => true,
        (Some(name), Aggregate::Last) => {
            let place = format!("{at}/by");
            let Some(info) = child_field(desk, &rollup.entity, name, &place) else {
                return false;
            };
            let fits = keywords::is_ordered(info.value_kind);
            if !fits {
                let message =
                    format!("`{name}` is of kind {} and has no order.", keywords::name(info.value_kind));
                desk.add([
                    Problem::error("rollup.by", place, message).help("Take a date, datetime or number.")
                ]);
            }
            fits
        }
        (Some(_), _) => {
            let message = "Only `last` asks which record is the last.";
            desk.add([Problem::error("rollup.by", format!("{at}/by"), message).help("Remove `by`.")]);
            false
        }
    }
}

fn child_field(desk: &mut Desk<'_>, entity: &str, name: &str, at: &str) -> Option<FieldInfo> {
    let child = desk.catalog.entities.get(entity)?;
    if let Some(info) = child.fields.get(name) {
        return Some(info.clone());
    }
    let message = format!("`{entity}` has no field `{name}`.");
    let help = did_you_mean(name, child.fields.keys().map(String::as_str));
    desk.add([Problem::error("reference.unknown_field", at, message).help(help)]);
    None
}

/// The grade that fills a grade field.
pub fn grade(
    desk: &mut Desk<'_>,
    row_of: Option<&str>,
    name: &str,
    def: &FieldDef,
    at: &str,
) -> Option<Arc<GradePlan>> {
    let key = def.grade.as_ref().filter(|_| def.kind == FieldKind::Grade && row_of.is_none())?;
    let at = format!("{at}/x-grade");
    if !desk.expect(Kind::Grade, key, &at) {
        return None;
    }
    let grade = &desk.sources.grades.get(key)?.def;
    if grade.entity != desk.key || grade.field != name {
        let message =
            format!("The grade `{key}` fills `{}` of `{}`, not this field.", grade.field, grade.entity);
        desk.add([Problem::error("grade.field", at, message).help("Give this field a grade of its own.")]);
        return None;
    }
    desk.grades.get(key).cloned()
}
