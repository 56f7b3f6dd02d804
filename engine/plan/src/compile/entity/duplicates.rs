//! `x-duplicates`: which fields of two records must agree for them to be the same.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use kezhi_types::def::duplicates::{AT_LEAST, DuplicateDef, DuplicatePart, MatchBy};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::{Column, Comparison, Matching, Shape};
use kezhi_types::said;

use super::Desk;
use crate::app::{DuplicatePartPlan, DuplicatePlan, EntityPlan, FieldPlan};
use crate::compile::suggest::did_you_mean;
use crate::compile::{key, words};
use crate::condition::ConditionPlan;
use crate::problem::Problem;

/// Most rules of an entity.
const MOST_RULES: usize = 10;
/// Most parts of a rule.
const MOST_PARTS: usize = 4;
/// What `at_least` may be.
const BOUNDS: std::ops::RangeInclusive<f64> = 0.3..=1.0;

/// What the store must know to find duplicates of an entity's records.
pub fn matched(entity: &EntityPlan) -> Vec<Matching> {
    let mut matched: Vec<Matching> = Vec::new();
    for part in entity.duplicates.iter().flat_map(|rule| &rule.parts) {
        if !matched.contains(&part.matching) {
            matched.push(part.matching.clone());
        }
    }
    matched
}

/// The rules that are right; what is wrong with the others is told.
pub fn compile(
    desk: &mut Desk<'_>,
    defs: &[DuplicateDef],
    fields: &IndexMap<String, FieldPlan>,
) -> Vec<DuplicatePlan> {
    if defs.len() > MOST_RULES {
        let message = said!(
            "有 {} 条查重规则；一个实体最多 {MOST_RULES} 条。",
            "There are {} rules for duplicates; an entity has at most {MOST_RULES}.",
            defs.len()
        );
        desk.add([Problem::error("duplicates.too_many", "/x-duplicates", message)
            .help(said!("请合并或删去一些。", "Join or remove some."))]);
    }
    let mut plans = Vec::new();
    for (at, def) in defs.iter().enumerate() {
        let twice = defs[..at].iter().any(|other| other.key == def.key);
        plans.extend(rule(desk, def, fields, (&format!("/x-duplicates/{at}"), twice)));
    }
    plans
}

fn rule(
    desk: &mut Desk<'_>,
    def: &DuplicateDef,
    fields: &IndexMap<String, FieldPlan>,
    (at, twice): (&str, bool),
) -> Option<DuplicatePlan> {
    if !key::is_valid(&def.key) {
        desk.add([key::problem(&def.key, format!("{at}/key"))]);
    }
    if twice {
        let message = said!("有两条查重规则叫 `{}`。", "Two rules for duplicates are called `{}`.", def.key);
        desk.add([Problem::error("duplicates.twice", format!("{at}/key"), message)
            .help(said!("请给其中一条换个标识。", "Give one of them another key."))]);
    }
    if def.all.is_empty() || def.all.len() > MOST_PARTS {
        let message = said!(
            "一条查重规则比较 1 到 {MOST_PARTS} 个字段。",
            "A rule for duplicates compares one to {MOST_PARTS} fields."
        );
        desk.add([Problem::error("duplicates.parts", format!("{at}/all"), message)]);
        return None;
    }
    let parts: Vec<Option<DuplicatePartPlan>> = def
        .all
        .iter()
        .enumerate()
        .map(|(index, one)| part(desk, one, fields, &format!("{at}/all/{index}")))
        .collect();
    check_shown(desk, def, at);
    let condition = match &def.condition {
        None => None,
        Some(_) => Some(condition(desk, def, &format!("{at}/where"))?),
    };
    let parts: Vec<DuplicatePartPlan> = parts.into_iter().collect::<Option<_>>()?;
    let mut reads: BTreeSet<String> = parts.iter().map(|part| part.matching.column.field.clone()).collect();
    reads.extend(condition.iter().flat_map(|condition| condition.reads().fields.iter().cloned()));
    Some(DuplicatePlan { key: def.key.clone(), def: def.clone(), parts, condition, reads })
}

fn condition(desk: &mut Desk<'_>, def: &DuplicateDef, at: &str) -> Option<ConditionPlan> {
    let compiled = ConditionPlan::compile(def.condition.as_ref()?, &desk.scope());
    let plan = desk.keep(at, compiled)?;
    let reads = plan.reads();
    if reads.is_alone() && !reads.caller && !reads.changed && !reads.record {
        return Some(plan);
    }
    let message = said!(
        "查重的条件只能看记录自己的字段。",
        "The condition of a rule for duplicates reads the record's own fields alone."
    );
    desk.add([Problem::error("duplicates.where", at, message)
        .help(said!("请去掉关联、`caller` 和 `changed`。", "Leave out relations, `caller` and `changed`."))]);
    None
}

fn part(
    desk: &mut Desk<'_>,
    def: &DuplicatePart,
    fields: &IndexMap<String, FieldPlan>,
    at: &str,
) -> Option<DuplicatePartPlan> {
    let (name, within) = match def.field.split_once('.') {
        Some((table, column)) => (table, Some(column)),
        None => (def.field.as_str(), None),
    };
    let known = fields.get(name);
    let found = match within {
        None => known,
        Some(column) => known.and_then(|table| table.columns.get(column)),
    };
    let (Some(own), Some(field)) = (known, found) else {
        let message = said!("没有字段 `{}`。", "There is no field `{}`.", def.field);
        let help = did_you_mean(&def.field, fields.keys().map(String::as_str));
        desk.add([Problem::error("reference.unknown_field", format!("{at}/field"), message).help(help)]);
        return None;
    };
    let kept = !matches!(field.kind, FieldKind::Rollup | FieldKind::Grade | FieldKind::Lookup);
    let Some(by) = comparison(def.by, field.value_kind).filter(|_| kept) else {
        let message = said!(
            "{}字段不能这样查重。",
            "A field of kind {} cannot be compared like that.";
            words::field(field.kind)
        );
        desk.add([Problem::error("duplicates.field", at, message).help(said!(
            "`similar` 和 `pinyin` 比较文本，`normalised` 比较文本和电话，`exact` 比较单个的值。",
            "`similar` and `pinyin` compare texts, `normalised` texts and telephone numbers, `exact` single values."
        ))]);
        return None;
    };
    let similar = by == Comparison::Similar;
    if def.at_least.is_some_and(|least| !similar || !BOUNDS.contains(&least)) {
        let message = said!(
            "`at_least` 只用于 `similar`，取 0.3 到 1。",
            "`at_least` belongs to `similar` alone and is 0.3 to 1."
        );
        desk.add([Problem::error("duplicates.at_least", format!("{at}/at_least"), message)]);
        return None;
    }
    // Another option changes nothing of what is compared, and must not make the keys of every record anew.
    let shape = match &field.shape {
        Shape::Option { .. } => Shape::Text,
        shape => shape.clone(),
    };
    let column = Column { field: own.key.clone(), part: own.part, shape };
    let matching = Matching { column, within: within.map(str::to_owned), by };
    let at_least = if similar { def.at_least.unwrap_or(AT_LEAST) } else { 1.0 };
    Some(DuplicatePartPlan { matching, at_least })
}

/// How values of a kind are compared; `None` where they cannot be.
fn comparison(by: MatchBy, kind: FieldKind) -> Option<Comparison> {
    use FieldKind as K;
    match (by, kind) {
        (MatchBy::Normalised, K::Phone) => Some(Comparison::Phone),
        (MatchBy::Normalised, K::Text | K::Tags) => Some(Comparison::Name),
        (MatchBy::Pinyin, K::Text | K::Tags) => Some(Comparison::Pinyin),
        (MatchBy::Similar, K::Text | K::Tags) => Some(Comparison::Similar),
        (MatchBy::Exact, kind) if is_single(kind) => Some(Comparison::Exact),
        _ => None,
    }
}

/// Kinds whose values are single, or lists of such.
fn is_single(kind: FieldKind) -> bool {
    use FieldKind as K;
    !matches!(
        kind,
        K::LongText
            | K::RichText
            | K::Cascade
            | K::Secret
            | K::Address
            | K::Location
            | K::Json
            | K::Table
            | K::Computed
            | K::Rollup
            | K::Lookup
            | K::Grade
    )
}

fn check_shown(desk: &mut Desk<'_>, def: &DuplicateDef, at: &str) {
    let Some(info) = desk.catalog.entities.get(desk.key) else { return };
    for (index, name) in def.show.iter().enumerate().filter(|(_, name)| !info.fields.contains_key(*name)) {
        let message = said!("没有字段 `{name}`。", "There is no field `{name}`.");
        let help = did_you_mean(name, info.fields.keys().map(String::as_str));
        let at = format!("{at}/show/{index}");
        desk.add([Problem::error("reference.unknown_field", at, message).help(help)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{app, thing};
    use serde_json::json;

    #[test]
    fn another_option_is_matched_as_before() {
        let of = |options: &[&str]| {
            let rule = json!({ "key": "city", "title": "同城", "all": [{ "field": "city", "by": "exact" }] });
            let city = json!({ "title": "城市", "x-kind": "choice", "enum": options });
            let file = json!({ "title": "人", "type": "object", "properties": { "city": city }, "x-duplicates": [rule] });
            matched(thing(&app(&[("entities/thing.json", file)])))
        };
        assert_eq!(of(&["bj"]).len(), 1);
        assert_eq!(
            of(&["bj"]),
            of(&["bj", "sh"]),
            "or every record would get other keys, and none be found till then"
        );
    }
}
