//! What a field draws from other definitions: relations, rollups, grades.

use kezhi_types::def::entity::{FieldDef, FieldKind, OnDelete, RollupDef};
use kezhi_types::def::files::Kind;
use kezhi_types::query::{Aggregate, Column, RollupQuery, Shape};
use kezhi_types::said;
use std::sync::Arc;

use super::{Desk, keywords};
use crate::app::LookupPlan;
use crate::catalog::FieldInfo;
use crate::compile::suggest::did_you_mean;
use crate::compile::words;
use crate::grade::GradePlan;
use crate::problem::Problem;

/// Where a relation leads.
pub fn relation(desk: &mut Desk<'_>, def: &FieldDef, at: &str) -> Option<(String, OnDelete)> {
    let is_relation = matches!(def.kind, FieldKind::Relation | FieldKind::Relations);
    let relation = def.relation.as_ref().filter(|_| is_relation)?;
    let known = desk.expect(Kind::Entity, &relation.entity, &format!("{at}/x-relation/entity"));
    known.then(|| (relation.entity.clone(), relation.on_delete))
}

/// What a lookup reads: of the record that one of the entity's to-one relations leads to.
pub fn lookup(desk: &mut Desk<'_>, row_of: Option<&str>, def: &FieldDef, at: &str) -> Option<LookupPlan> {
    let lookup = def.lookup.as_ref().filter(|_| def.kind == FieldKind::Lookup && row_of.is_none())?;
    let own = desk.catalog.entities.get(desk.key)?;
    let is_relation = |info: &FieldInfo| info.kind == FieldKind::Relation;
    let via = own.fields.get(&lookup.via).filter(|info| is_relation(info) && lookup.via != "id");
    let Some(via) = via.filter(|_| lookup.via != "department") else {
        let relations = own
            .fields
            .iter()
            .filter(|(key, info)| is_relation(info) && !matches!(key.as_str(), "id" | "department"));
        let help = did_you_mean(&lookup.via, relations.map(|(key, _)| key.as_str()));
        let message = said!(
            "`{}` 不是 `{}` 中指向一条记录的关联。",
            "`{}` is no relation of `{}` to one record.",
            lookup.via,
            desk.key
        );
        desk.add([Problem::error("lookup.via", format!("{at}/x-lookup/via"), message).help(help)]);
        return None;
    };
    let entity = via.target.clone().filter(|entity| desk.catalog.entities.contains_key(entity))?;
    let info = child_field(desk, &entity, &lookup.field, &format!("{at}/x-lookup/field"))?;
    if matches!(info.kind, FieldKind::Lookup | FieldKind::Table) {
        let message = said!(
            "`{entity}` 的 `{}` 是{1}字段。",
            "`{}` of `{entity}` is of kind {}.",
            lookup.field;
            words::field(info.kind)
        );
        let help = match info.kind {
            FieldKind::Table => {
                said!("请引用那边合计各行的计算字段。", "Read a computed field there that adds the rows up.")
            }
            _ => said!(
                "引用只能读那边存下来的值：请在那边用计算字段把值取过来。",
                "A lookup reads what is stored there: let a computed field there bring the value nearer."
            ),
        };
        desk.add([Problem::error("lookup.field", format!("{at}/x-lookup/field"), message).help(help)]);
        return None;
    }
    Some(LookupPlan { via: lookup.via.clone(), entity, field: lookup.field.clone() })
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

/// The relation, or the many relations, by which records of `entity` point at the entity on the desk.
pub fn via(desk: &mut Desk<'_>, entity: &str, via: &str, at: &str) -> Option<Column> {
    let child = desk.catalog.entities.get(entity)?;
    let own = desk.key;
    let points_here = |info: &FieldInfo| {
        let is_relation = matches!(info.kind, FieldKind::Relation | FieldKind::Relations);
        is_relation && info.target.as_deref() == Some(own)
    };
    if let Some(info) = child.fields.get(via).filter(|info| points_here(info) && via != "id") {
        return Some(info.column(via));
    }
    let candidates = child.fields.iter().filter(|(key, info)| points_here(info) && *key != "id");
    let help = did_you_mean(via, candidates.map(|(key, _)| key.as_str()));
    let message = said!(
        "`{via}` 不是 `{entity}` 中指向 `{own}` 的关联。",
        "`{via}` is no relation of `{entity}` that leads to `{own}`."
    );
    desk.add([Problem::error("rollup.via", at, message).help(help)]);
    None
}

fn aggregated(desk: &mut Desk<'_>, rollup: &RollupDef, at: &str) -> bool {
    let Some(name) = &rollup.field else {
        let counts = rollup.aggregate == Aggregate::Count;
        if !counts {
            let message = said!("没有说明汇总哪个字段。", "It is not said which field to aggregate.");
            desk.add([Problem::error("rollup.field", at, message).help(said!(
                "请添加 `field`；只有 `count` 不需要。",
                "Add `field`; only `count` does without."
            ))]);
        }
        return counts;
    };
    let Some(info) = child_field(desk, &rollup.entity, name, &format!("{at}/field")) else {
        return false;
    };
    if info.lookup.is_some() {
        let message = said!(
            "`{}` 的 `{name}` 是引用字段，并不保存。",
            "`{name}` of `{}` is a lookup, which is not stored.",
            rollup.entity
        );
        let help = said!(
            "请在那边用计算字段沿关联取它，再汇总那个字段。",
            "Let a computed field there read it through the relation, and add that one up."
        );
        desk.add([Problem::error("rollup.field", format!("{at}/field"), message).help(help)]);
        return false;
    }
    let fits = match rollup.aggregate {
        Aggregate::Count => true,
        Aggregate::Sum | Aggregate::Avg => keywords::is_number(info.value_kind),
        Aggregate::Min | Aggregate::Max => keywords::is_ordered(info.value_kind),
        Aggregate::Last => {
            !matches!(info.shape, Shape::Json | Shape::Links) && info.value_kind != FieldKind::Grade
        }
    };
    if !fits {
        let verb = format!("{:?}", rollup.aggregate).to_lowercase();
        let message = said!(
            "`{name}` 是{}字段，不能求 {verb}。",
            "`{name}` is of kind {} and has no {verb}.";
            words::field(info.value_kind)
        );
        let help = said!(
            "sum 和 avg 用于数字，min 和 max 用于数字、日期和时间，count 不用写字段。",
            "sum and avg take numbers; min and max take numbers, dates and times; count takes no field."
        );
        desk.add([Problem::error("rollup.field", format!("{at}/field"), message).help(help)]);
    }
    fits
}

fn decided_by(desk: &mut Desk<'_>, rollup: &RollupDef, at: &str) -> bool {
    match (&rollup.by, rollup.aggregate) {
        (None, Aggregate::Last) => {
            let message = said!("没有说明按什么算最后一条。", "It is not said which record is the last.");
            desk.add([Problem::error("rollup.by", at, message).help(said!(
                "请添加 `by`：日期、日期时间或数字字段。",
                "Add `by`: a date, datetime or number."
            ))]);
            false
        }
        (None, _) => true,
        (Some(name), Aggregate::Last) => {
            let place = format!("{at}/by");
            let Some(info) = child_field(desk, &rollup.entity, name, &place) else {
                return false;
            };
            let fits = keywords::is_ordered(info.value_kind) && info.lookup.is_none();
            if !fits {
                let message = said!(
                    "`{name}` 是{}字段，没有先后。",
                    "`{name}` is of kind {} and has no order.";
                    words::field(info.value_kind)
                );
                desk.add([Problem::error("rollup.by", place, message)
                    .help(said!("请用日期、日期时间或数字字段。", "Take a date, datetime or number."))]);
            }
            fits
        }
        (Some(_), _) => {
            let message = said!(
                "只有 `last` 才需要说明按什么算最后一条。",
                "Only `last` asks which record is the last."
            );
            desk.add([Problem::error("rollup.by", format!("{at}/by"), message)
                .help(said!("请删去 `by`。", "Remove `by`."))]);
            false
        }
    }
}

fn child_field(desk: &mut Desk<'_>, entity: &str, name: &str, at: &str) -> Option<FieldInfo> {
    let child = desk.catalog.entities.get(entity)?;
    if let Some(info) = child.fields.get(name) {
        return Some(info.clone());
    }
    let message = said!("`{entity}` 没有字段 `{name}`。", "`{entity}` has no field `{name}`.");
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
        let message = said!(
            "等级 `{key}` 填的是 `{1}` 的 `{0}`，不是这个字段。",
            "The grade `{key}` fills `{}` of `{}`, not this field.",
            grade.field,
            grade.entity
        );
        desk.add([Problem::error("grade.field", at, message)
            .help(said!("请为这个字段单独做一个等级。", "Give this field a grade of its own."))]);
        return None;
    }
    desk.grades.get(key).cloned()
}
