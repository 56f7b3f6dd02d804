//! What the store must know of each entity: which fields get a typed column and an index, which words are
//! searched. It follows from what views, roles, relations, rollups, conditions and workflows ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::Grant;
use kezhi_types::query::{Column, Layout, Part, Promotion, Shape};
use kezhi_types::{Condition, said};

use super::entity::duplicates;
use super::load::Sources;
use super::report::Report;
use crate::access::SharePlan;
use crate::app::{EntityPlan, FieldPlan};
use crate::catalog::{Catalog, FieldInfo};
use crate::condition::{ConditionPlan, Reads, RelatedRead};
use crate::problem::Problem;

/// Most typed columns of an entity.
const MOST: usize = 200;
/// Columns of an entity that nothing asks for yet, for counting and summing by them.
const COUNTABLE: usize = 20;

/// Whether values of this shape can have a typed column.
pub fn is_promotable(shape: &Shape) -> bool {
    !matches!(shape, Shape::List | Shape::Links | Shape::Json)
}

/// Wishes gathered from all over the app, by entity.
pub struct Wishes<'a> {
    catalog: &'a Catalog,
    promoted: BTreeMap<String, IndexMap<(String, Part), Promotion>>,
    indexes: BTreeMap<String, Vec<Vec<String>>>,
}

impl<'a> Wishes<'a> {
    /// None yet.
    pub fn new(catalog: &'a Catalog) -> Self {
        Self { catalog, promoted: BTreeMap::new(), indexes: BTreeMap::new() }
    }

    /// Wants a typed column for a field, or a table for its links; system fields have one, lists and tables cannot.
    pub fn promote(&mut self, entity: &str, path: &str) {
        let Ok(resolved) = self.catalog.resolve(entity, path) else {
            return;
        };
        if resolved.hops.is_empty() {
            self.promote_column(entity, &resolved.column);
        }
        let mut at = entity.to_owned();
        for (column, target) in &resolved.hops {
            self.promote_column(&at, column);
            at.clone_from(target);
        }
    }

    /// The same, also where the path ends in another entity: the value there gets its column.
    fn promote_end(&mut self, entity: &str, path: &str) {
        self.promote(entity, path);
        if let Ok(resolved) = self.catalog.resolve(entity, path)
            && let Some((_, target)) = resolved.hops.last()
        {
            self.promote_column(target, &resolved.column);
        }
    }

    /// Wants an index over fields, in this order.
    pub fn index(&mut self, entity: &str, fields: &[&str]) {
        let Some(info) = self.catalog.entities.get(entity) else {
            return;
        };
        let stored = |info: &FieldInfo| info.lookup.is_none() && is_promotable(&info.shape);
        let promotable = |field: &&&str| info.fields.get(**field).is_some_and(stored);
        let fields: Vec<String> =
            fields.iter().take_while(promotable).map(|field| (*field).to_owned()).collect();
        fields.iter().for_each(|field| self.promote(entity, field));
        let known = self.indexes.entry(entity.to_owned()).or_default();
        if !fields.is_empty() && !known.iter().any(|other| other.starts_with(&fields)) {
            known.retain(|other| !fields.starts_with(other));
            known.push(fields);
        }
    }

    /// Wants typed columns for what a condition over records of `entity` reads.
    pub fn reads(&mut self, entity: &str, reads: &Reads) {
        for field in &reads.fields {
            self.promote(entity, field);
        }
        reads.related.iter().for_each(|related| self.related(related));
        for path in &reads.paths {
            if let Some((_, target)) = path.hops.last() {
                self.promote(target, &path.field);
            }
        }
    }

    /// Wants what counting or reading the records that point here needs.
    pub fn related(&mut self, related: &RelatedRead) {
        self.index(&related.entity, &[&related.via]);
        for field in &related.fields {
            self.promote(&related.entity, field);
        }
    }

    /// Wants what a condition of the store needs, and an index over the first field that it compares for equality
    /// and then `sort`.
    pub fn filter(&mut self, entity: &str, condition: Option<&ConditionPlan>, sort: &[String]) {
        let mut fields = Vec::new();
        if let Some(condition) = condition {
            self.reads(entity, condition.reads());
            fields.extend(equal_field(condition.source()));
        }
        let sort: Vec<&str> = sort.iter().map(|key| key.strip_prefix('-').unwrap_or(key)).collect();
        sort.iter().for_each(|key| self.promote_end(entity, key));
        fields.extend(sort.first().copied());
        fields.retain(|field| !field.contains('.'));
        fields.dedup();
        self.index(entity, &fields);
    }

    fn promote_column(&mut self, entity: &str, column: &Column) {
        if column.part == Part::System || !(is_promotable(&column.shape) || column.shape == Shape::Links) {
            return;
        }
        let known = self.promoted.entry(entity.to_owned()).or_default();
        known.entry((column.field.clone(), column.part)).or_insert_with(|| Promotion {
            column: column.clone(),
            unique: false,
            digits: false,
        });
    }

    fn unique(&mut self, entity: &str, field: &str, digits: bool) {
        self.promote(entity, field);
        let promotions = self.promoted.entry(entity.to_owned()).or_default().values_mut();
        for promotion in promotions.filter(|promotion| promotion.column.field == field) {
            promotion.unique = true;
            promotion.digits = digits;
        }
    }

    /// Gathers what an entity asks of itself and of its children.
    pub fn entity(&mut self, entity: &EntityPlan) {
        let key = &entity.key;
        if entity.owner {
            self.index(key, &["owner"]);
            self.index(key, &["department"]);
        }
        for (name, field) in &entity.fields {
            if field.kind == FieldKind::Relation || field.def.index {
                self.index(key, &[name]);
            }
            if field.kind == FieldKind::Relations {
                self.promote(key, name);
            }
            if field.def.unique {
                self.unique(key, name, field.kind == FieldKind::Phone);
            }
            if let Some(rollup) = &field.rollup {
                self.index(&rollup.entity, &[&rollup.via.field]);
                for column in rollup.column.iter().chain(&rollup.by) {
                    self.promote(&rollup.entity, &column.field);
                }
                if let Some(condition) = &field.rollup_where {
                    self.reads(&rollup.entity, condition.reads());
                }
            }
            if let (Some(offered), Some((target, _))) = (&field.offered, &field.relation) {
                self.filter(target, Some(offered), &[]);
            }
        }
        self.countable(entity);
        for fields in &entity.def.indexes {
            self.index(key, &fields.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }

    /// Wants typed columns for the short fields by which people group and sum, asked for or not: the first of them.
    fn countable(&mut self, entity: &EntityPlan) {
        let short = |field: &&FieldPlan| {
            matches!(
                field.shape,
                Shape::Integer | Shape::Decimal { .. } | Shape::Boolean | Shape::Date | Shape::Option { .. }
            )
        };
        let stored = entity.fields.values().filter(|field| field.kind != FieldKind::Lookup);
        for field in stored.filter(short).take(COUNTABLE) {
            self.promote(&entity.key, &field.key);
        }
    }

    /// The layout of one entity.
    pub fn layout(&mut self, entity: &EntityPlan, sources: &Sources<'_>, report: &mut Report) -> Layout {
        let mut promoted: Vec<Promotion> =
            self.promoted.remove(&entity.key).map(|known| known.into_values().collect()).unwrap_or_default();
        if let (true, Some(loaded)) = (promoted.len() > MOST, sources.entities.get(&entity.key)) {
            let message = said!(
                "有 {} 个字段用于排序、筛选或要求唯一；一个实体最多 {MOST} 个。",
                "{} fields are sorted, filtered or kept unique; an entity has at most {MOST} such columns.",
                promoted.len()
            );
            report.add(&loaded.source, Problem::error("entity.too_many_columns", "/properties", message));
            promoted.truncate(MOST);
        }
        let searched = entity.fields.iter().filter(|(_, field)| field.def.search).map(|(name, field)| {
            Column { field: name.clone(), part: field.part, shape: field.shape.clone() }
        });
        Layout {
            entity: entity.key.clone(),
            promoted,
            indexes: self.indexes.remove(&entity.key).unwrap_or_default(),
            searched: searched.collect(),
            matched: duplicates::matched(entity),
        }
    }
}

/// Gathers what the scopes of roles ask.
pub fn roles(wishes: &mut Wishes<'_>, sources: &Sources<'_>) {
    for loaded in sources.roles.values() {
        for (entity, rights) in &loaded.def.entities {
            for grant in [&rights.read, &rights.update, &rights.delete, &rights.export] {
                if let Grant::Where(grant) = grant {
                    let probes = std::cell::Cell::new(0);
                    let scope = crate::condition::Scope::of(wishes.catalog, entity, &probes);
                    if let Ok(plan) = ConditionPlan::compile(&grant.condition, &scope) {
                        wishes.filter(entity, Some(&plan), &[]);
                    }
                }
            }
        }
    }
}

/// Gives share rules the columns and indexes by which their records are found.
pub fn shares(wishes: &mut Wishes<'_>, shares: &IndexMap<String, Arc<SharePlan>>) {
    for share in shares.values() {
        wishes.filter(&share.def.entity, share.condition.as_ref(), &[]);
    }
}

/// The first field that must equal something.
fn equal_field(condition: &Condition) -> Option<&str> {
    match condition {
        Condition::Leaf(leaf) if matches!(leaf.op, Op::Eq | Op::In) => Some(&leaf.field),
        Condition::All(all) => all.all.iter().find_map(equal_field),
        _ => None,
    }
}
