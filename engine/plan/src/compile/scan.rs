//! Hints about views that look at every record, because no index can give their order or answer their filter. A view is
//! right all the same; with a hundred thousand records it is slow.

use kezhi_types::condition::{Leaf, Op};
use kezhi_types::def::screen::ViewDef;
use kezhi_types::query::Shape;
use kezhi_types::{Condition, said};

use super::layout::is_promotable;
use crate::catalog::{Catalog, ResolvedPath};
use crate::problem::Problem;

/// What the author may want to know of how the records of a view are found.
pub(super) fn hints(catalog: &Catalog, def: &ViewDef) -> Vec<Problem> {
    let asked = Asked { catalog, entity: &def.entity };
    if def.condition.as_ref().is_some_and(|condition| asked.narrows(condition)) {
        return Vec::new();
    }
    let mut hints = Vec::new();
    let first = def.sort.first().map(|key| key.strip_prefix('-').unwrap_or(key));
    // In the order of an index a page is full long before every record was looked at.
    if def.condition.is_some() && !first.is_some_and(|name| asked.gives_order(name)) {
        let message = said!(
            "没有索引能回答这个筛选条件，每次都要看完所有记录。",
            "No index answers this filter, so every record is looked at."
        );
        let help = said!(
            "记录很多时会慢；加上一个用 eq、in 或范围比较本实体字段的条件。",
            "With many records this is slow; add a comparison of a field of the entity by `eq`, `in` or a range."
        );
        hints.push(Problem::info("view.scan", "/where", message).help(help));
    }
    if let Some(name) = first.filter(|name| !asked.gives_order(name)) {
        let message = said!(
            "没有索引能给出 `{name}` 的先后，每次都要看完所有记录再排序。",
            "No index gives the order of `{name}`, so every record is looked at and sorted."
        );
        let help = said!(
            "记录很多时会慢；先用 eq 或 in 筛选，或者先按本实体的其他字段排序。",
            "With many records this is slow; filter by `eq` or `in`, or sort by another field of the entity first."
        );
        hints.push(Problem::info("view.scan", "/sort/0", message).help(help));
    }
    hints
}

struct Asked<'a> {
    catalog: &'a Catalog,
    entity: &'a str,
}

impl Asked<'_> {
    /// Whether an index can leave out records that do not fulfil the condition.
    fn narrows(&self, condition: &Condition) -> bool {
        match condition {
            Condition::All(all) => all.all.iter().any(|part| self.narrows(part)),
            Condition::Any(any) => any.any.iter().all(|part| self.narrows(part)),
            Condition::Leaf(leaf) => self.leaf_narrows(leaf),
            // Those that point here and those that are named are found through their links.
            Condition::Some(some) => some.some.contains('.') || self.is_linked(&some.some),
            Condition::Count(_) | Condition::Every(_) | Condition::Not(_) => false,
        }
    }

    fn leaf_narrows(&self, leaf: &Leaf) -> bool {
        let Some(found) = self.own(&leaf.field) else { return false };
        match leaf.op {
            Op::Eq | Op::In | Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::WithinLast | Op::WithinNext => {
                is_promotable(&found.column.shape)
            }
            Op::Has | Op::HasAny | Op::HasAll => found.column.shape == Shape::Links,
            Op::Under => found.column.shape == Shape::Reference,
            _ => false,
        }
    }

    /// Options have an order of their own, which no index knows.
    fn gives_order(&self, name: &str) -> bool {
        self.own(name).is_some_and(|found| {
            is_promotable(&found.column.shape) && !matches!(found.column.shape, Shape::Option { .. })
        })
    }

    fn is_linked(&self, name: &str) -> bool {
        self.own(name).is_some_and(|found| found.column.shape == Shape::Links)
    }

    /// A field of the entity itself.
    fn own(&self, name: &str) -> Option<ResolvedPath> {
        self.catalog.resolve(self.entity, name).ok().filter(|found| found.hops.is_empty())
    }
}
