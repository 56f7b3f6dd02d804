//! Which names a caller may use in a question: those of fields that exist and that the caller may read.

use kezhi_types::condition::Leaf;
use kezhi_types::def::role::FieldRight;
use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::{Caller, Condition};
use serde_json::Value;

use super::QueryError;
use crate::access;
use crate::app::{AppPlan, EntityPlan, FieldPlan};

pub(super) struct Names<'a> {
    pub app: &'a AppPlan,
    pub caller: &'a Caller,
}

impl<'a> Names<'a> {
    /// Refuses the first name that does not exist for this caller.
    pub fn check(&self, entity: &EntityPlan, condition: &Condition) -> Result<(), QueryError> {
        match condition {
            Condition::All(all) => all.all.iter().try_for_each(|part| self.check(entity, part)),
            Condition::Any(any) => any.any.iter().try_for_each(|part| self.check(entity, part)),
            Condition::Not(not) => self.check(entity, &not.not),
            Condition::Some(some) => self.many(entity, &some.some, some.condition.as_deref()),
            Condition::Every(every) => self.many(entity, &every.every, Some(&every.condition)),
            Condition::Count(count) => self.many(entity, &count.count, count.condition.as_deref()),
            Condition::Leaf(leaf) => self.leaf(entity, leaf),
        }
    }

    /// Whether the caller may read the field as it is, on some row at least.
    pub fn is_readable(&self, entity: &EntityPlan, field: &str) -> bool {
        self.right(entity, field) >= FieldRight::Read
    }

    /// Whether the caller may see the field, masked or not.
    pub fn is_visible(&self, entity: &EntityPlan, field: &str) -> bool {
        self.right(entity, field) >= FieldRight::Masked
    }

    pub fn title(&self, entity: &EntityPlan, field: &str) -> String {
        entity.fields.get(field).map_or(field.to_owned(), |plan| plan.title.clone())
    }

    /// The relations of a path, hop by hop; `None` where one is unknown to the caller.
    pub fn hops(&self, entity: &'a EntityPlan, steps: &[&str]) -> Option<Vec<String>> {
        let mut here = entity;
        let mut hops = Vec::new();
        let mut steps = steps.iter();
        while let Some(step) = steps.next() {
            let field = self.field(here, step)?;
            let (hop, relation) = if field.columns.is_empty() {
                ((*step).to_owned(), field)
            } else {
                let column = steps.next()?;
                (format!("{step}/{column}"), field.columns.get(*column)?)
            };
            here = self.target(relation)?;
            hops.push(hop);
        }
        Some(hops)
    }

    fn right(&self, entity: &EntityPlan, field: &str) -> FieldRight {
        if !entity.fields.contains_key(field) {
            let known = SYSTEM_KEYS[..9].contains(&field)
                && self.app.catalog.entities[&entity.key].fields.contains_key(field);
            return if known { FieldRight::Read } else { FieldRight::Hidden };
        }
        access::field_rights(self.app, entity, self.caller).of(field)
    }

    fn field<'e>(&self, entity: &'e EntityPlan, key: &str) -> Option<&'e FieldPlan> {
        entity.fields.get(key).filter(|_| self.is_readable(entity, key))
    }

    fn target(&self, field: &FieldPlan) -> Option<&'a EntityPlan> {
        let (target, _) = field.relation.as_ref()?;
        let target = self.app.entities.get(target)?;
        access::may_know(self.app, target, self.caller).then_some(target)
    }

    fn leaf(&self, entity: &EntityPlan, leaf: &Leaf) -> Result<(), QueryError> {
        let reference = leaf.value.as_ref().and_then(|value| value.get("ref")).and_then(Value::as_str);
        if reference.is_some_and(|name| name.starts_with("record.")) {
            return Err(
                QueryError::new("query.condition", 422).with("error", "there is no record to refer to")
            );
        }
        if self.knows(entity, &leaf.field) { Ok(()) } else { Err(QueryError::unknown_field(&leaf.field)) }
    }

    /// Whether a dotted path leads, through readable relations, to a readable field.
    pub fn knows(&self, entity: &EntityPlan, path: &str) -> bool {
        let mut steps: Vec<&str> = path.rsplit('.').collect();
        let mut here = entity;
        while let Some(step) = steps.pop() {
            if !self.is_readable(here, step) {
                return false;
            }
            let field = here.fields.get(step);
            if let Some(lookup) = field.and_then(|field| field.lookup.as_ref()) {
                steps.extend([lookup.field.as_str(), lookup.via.as_str()]);
                continue;
            }
            let Some(next) = steps.last() else { return true };
            if field.is_some_and(|field| field.grade.is_some()) {
                return steps.len() == 1 && matches!(*next, "letter" | "score");
            }
            let Some(target) = field.and_then(|field| self.target(field)) else { return false };
            here = target;
        }
        false
    }

    /// A sub-table or `relations` field of this entity, or `order.customer`.
    fn many(&self, entity: &EntityPlan, name: &str, inner: Option<&Condition>) -> Result<(), QueryError> {
        let unknown = || QueryError::unknown_field(name);
        let Some((other, via)) = name.split_once('.') else {
            return match self.field(entity, name) {
                Some(field) if field.relation.is_some() => {
                    let target = self.target(field).ok_or_else(unknown)?;
                    inner.map_or(Ok(()), |inner| self.check(target, inner))
                }
                Some(table) => inner.map_or(Ok(()), |inner| self.columns(table, inner)),
                None => Err(unknown()),
            };
        };
        let other =
            self.app.entities.get(other).filter(|other| access::may_know(self.app, other, self.caller));
        let other = other.filter(|other| self.is_readable(other, via)).ok_or_else(unknown)?;
        inner.map_or(Ok(()), |inner| self.check(other, inner))
    }

    /// Columns have no rights of their own; where a path leads out of the row the fields there have.
    fn columns(&self, table: &FieldPlan, condition: &Condition) -> Result<(), QueryError> {
        match condition {
            Condition::All(all) => all.all.iter().try_for_each(|part| self.columns(table, part)),
            Condition::Any(any) => any.any.iter().try_for_each(|part| self.columns(table, part)),
            Condition::Not(not) => self.columns(table, &not.not),
            Condition::Leaf(leaf) => {
                let (first, rest) =
                    leaf.field.split_once('.').map_or((leaf.field.as_str(), None), |(a, b)| (a, Some(b)));
                let column =
                    table.columns.get(first).ok_or_else(|| QueryError::unknown_field(&leaf.field))?;
                let Some(rest) = rest else { return Ok(()) };
                let known = self.target(column).is_some_and(|target| self.knows(target, rest));
                if known { Ok(()) } else { Err(QueryError::unknown_field(&leaf.field)) }
            }
            Condition::Some(_) | Condition::Every(_) | Condition::Count(_) => {
                Err(QueryError::new("query.condition", 422).with("error", "rows have no rows of their own"))
            }
        }
    }
}
