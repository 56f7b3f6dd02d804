//! Values that nodes write: literals, references and expressions.

use indexmap::IndexMap;
use kezhi_types::condition::Reference;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::workflow::NodeDef;
use kezhi_types::query::Shape;
use serde_json::Value;

use super::{Compiler, part, unknown};
use crate::catalog::{FieldInfo, ResolvedPath};
use crate::condition::{PathRead, Reads, Scope};
use crate::expr::ExprPlan;
use crate::workflow::plan::ValuePlan;

impl Compiler<'_> {
    /// Values for fields of `entity`; `None` where one of them is wrong.
    pub(super) fn values(
        &mut self,
        set: &IndexMap<String, Value>,
        entity: &str,
        pointer: &str,
    ) -> Option<IndexMap<String, ValuePlan>> {
        if set.is_empty() {
            self.error("workflow.nothing", pointer, "nothing is written here", "Name at least one field.");
        }
        let plans: Vec<_> = set
            .iter()
            .map(|(field, value)| {
                let pointer = format!("{pointer}/{}", part(field));
                let known = self.writable(field, entity, &pointer)?;
                Some((field.clone(), self.value(value, &known, &pointer)?))
            })
            .collect();
        plans.into_iter().collect()
    }

    fn writable(&mut self, field: &str, entity: &str, pointer: &str) -> Option<FieldInfo> {
        let info = self.scope.catalog.entities.get(entity)?.fields.get(field).cloned();
        let system = field != "owner" && kezhi_types::record::SYSTEM_KEYS.contains(&field);
        match info {
            Some(info) if !system && !engine_fills(info.kind) => Some(info),
            Some(_) => {
                let message = format!("the engine fills `{field}`");
                self.error("workflow.read_only", pointer, message, "Name a field that people fill in.");
                None
            }
            None => {
                let message = unknown("field", field);
                self.error(
                    "workflow.unknown_field",
                    pointer,
                    message,
                    "Name a field of the entity that is written.",
                );
                None
            }
        }
    }

    fn value(&mut self, value: &Value, field: &FieldInfo, pointer: &str) -> Option<ValuePlan> {
        if let Some(source) =
            value.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("expr")?.as_str())
        {
            let scope = Scope::of(self.scope.catalog, &self.def.entity, &self.probes);
            let plan = ExprPlan::compile(source, &scope);
            let plan = self.keep(plan, &format!("{pointer}/expr"))?;
            self.reads.merge(plan.reads());
            return Some(ValuePlan::Expr(plan));
        }
        if value.get("ref").is_some() {
            return self.reference(value, pointer);
        }
        if let Some(expected) = misfit(value, field) {
            let message = format!("`{value}` does not fit “{}”: {expected} is expected", field.title);
            self.error("workflow.wrong_value", pointer, message, "Write a value of the field's kind.");
            return None;
        }
        Some(ValuePlan::Literal(value.clone()))
    }

    fn reference(&mut self, value: &Value, pointer: &str) -> Option<ValuePlan> {
        let reference: Option<Reference> = serde_json::from_value(value.clone()).ok();
        let name = reference.filter(|reference| reference.plus.is_none()).map(|reference| reference.name);
        let help = "Write `record.<field>`, `vars.<name>`, `today`, `now` or `initiator`.";
        match name.as_deref() {
            Some("today") => Some(ValuePlan::Today),
            Some("now") => Some(ValuePlan::Now),
            Some("initiator") => Some(ValuePlan::Initiator),
            Some(name) if name.starts_with("record.") => {
                let path = name.trim_start_matches("record.");
                self.path(path, &format!("{pointer}/ref"))?;
                Some(ValuePlan::Record(path.to_owned()))
            }
            Some(name) if name.starts_with("vars.") => {
                let var = name.trim_start_matches("vars.");
                let named = |node: &NodeDef| matches!(node, NodeDef::Create(create) if create.name.as_deref() == Some(var));
                if !self.def.nodes.values().any(named) {
                    let message = format!("no node leaves a variable `{var}`");
                    self.error(
                        "workflow.unknown_variable",
                        format!("{pointer}/ref"),
                        message,
                        "Name the `as` of a create node.",
                    );
                    return None;
                }
                Some(ValuePlan::Var(var.to_owned()))
            }
            _ => {
                self.error("workflow.reference", format!("{pointer}/ref"), "this refers to nothing", help);
                None
            }
        }
    }
}

/// What a dotted path reads.
pub(super) fn reads_of(path: &str, resolved: &ResolvedPath) -> Reads {
    let mut reads = Reads::default();
    let steps: Vec<&str> = path.split('.').collect();
    reads.fields.insert(steps[0].to_owned());
    if !resolved.hops.is_empty() {
        let hops =
            resolved.hops.iter().map(|(column, entity)| (column.field.clone(), entity.clone())).collect();
        reads.paths.insert(PathRead { table: None, hops, field: resolved.column.field.clone() });
    }
    reads
}

fn engine_fills(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Computed | FieldKind::Rollup | FieldKind::Grade | FieldKind::Serial)
}

/// What is expected instead, where a literal plainly does not fit; null clears any field.
fn misfit(value: &Value, field: &FieldInfo) -> Option<&'static str> {
    if value.is_null() {
        return None;
    }
    let (fits, expected) = match &field.shape {
        Shape::Boolean => (value.is_boolean(), "true or false"),
        Shape::Integer => (value.is_i64() || value.is_u64(), "a whole number"),
        Shape::Decimal { .. } => (value.is_i64() || value.is_u64() || decimal(value), "a number as text"),
        Shape::Option { order } => {
            (value.as_str().is_some_and(|text| order.iter().any(|o| o == text)), "one of its options")
        }
        Shape::List => (value.is_array(), "a list"),
        Shape::Date if field.kind == FieldKind::Date => (
            value.as_str().is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
            "a date such as `2026-03-01`",
        ),
        Shape::Json if field.kind == FieldKind::Json => (true, "any JSON"),
        Shape::Json if field.kind == FieldKind::RichText => (value.is_string(), "text"),
        Shape::Json => (value.is_array() || value.is_object(), "a list or an object"),
        _ => (value.is_string(), "text"),
    };
    (!fits).then_some(expected)
}

fn decimal(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<rust_decimal::Decimal>().is_ok())
}
