//! Values that nodes write: literals, references and expressions.

use indexmap::IndexMap;
use kezhi_types::condition::Reference;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::workflow::NodeDef;
use kezhi_types::query::Shape;
use kezhi_types::{Said, said};
use serde_json::Value;

use super::{Compiler, part, unknown};
use crate::catalog::{FieldInfo, ResolvedPath};
use crate::condition::{PathRead, Reads, Scope};
use crate::expr::ExprPlan;
use crate::suggest::did_you_mean;
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
            self.error(
                "workflow.nothing",
                pointer,
                said!("这里没有写入任何字段", "nothing is written here"),
                said!("至少写一个字段。", "Name at least one field."),
            );
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
                let message = said!("`{field}` 由系统填写", "the engine fills `{field}`");
                self.error(
                    "workflow.read_only",
                    pointer,
                    message,
                    said!("请写由人填写的字段。", "Name a field that people fill in."),
                );
                None
            }
            None => {
                let message = unknown("field", field);
                let known = self.scope.catalog.entities.get(entity)?;
                let help = did_you_mean(field, known.fields.keys().map(String::as_str));
                self.error("workflow.unknown_field", pointer, message, help);
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
            let message = said!(
                "`{value}` 不适合“{}”，应为{1}",
                "`{value}` does not fit “{}”: {} is expected",
                field.title;
                expected
            );
            self.error(
                "workflow.wrong_value",
                pointer,
                message,
                said!("请写符合字段类型的值。", "Write a value of the field's kind."),
            );
            return None;
        }
        Some(ValuePlan::Literal(value.clone()))
    }

    fn reference(&mut self, value: &Value, pointer: &str) -> Option<ValuePlan> {
        let reference: Option<Reference> = serde_json::from_value(value.clone()).ok();
        let name = reference.filter(|reference| reference.plus.is_none()).map(|reference| reference.name);
        let help = said!(
            "写 `record.<字段>`、`vars.<变量>`、`today`、`now` 或 `initiator`。",
            "Write `record.<field>`, `vars.<name>`, `today`, `now` or `initiator`."
        );
        match name.as_deref() {
            Some("today") => Some(ValuePlan::Today),
            Some("now") => Some(ValuePlan::Now),
            Some("initiator") => Some(ValuePlan::Initiator),
            Some(name) if name.starts_with("record.") => {
                let path = name.trim_start_matches("record.");
                let resolved = self.path(path, &format!("{pointer}/ref"))?;
                if resolved.field.kind == FieldKind::Secret {
                    let message =
                        said!("`{path}` 是密文，谁也读不到", "`{path}` is a secret, which nothing reads");
                    self.error(
                        "workflow.secret",
                        format!("{pointer}/ref"),
                        message,
                        said!("请让人来填写。", "Let a person fill it in."),
                    );
                    return None;
                }
                Some(ValuePlan::Record(path.to_owned()))
            }
            Some(name) if name.starts_with("vars.") => {
                let var = name.trim_start_matches("vars.");
                let named = |node: &NodeDef| matches!(node, NodeDef::Create(create) if create.name.as_deref() == Some(var));
                if !self.def.nodes.values().any(named) {
                    let message = said!("没有节点存下变量 `{var}`", "no node leaves a variable `{var}`");
                    self.error(
                        "workflow.unknown_variable",
                        format!("{pointer}/ref"),
                        message,
                        said!("请写某个新建节点的 `as`。", "Name the `as` of a create node."),
                    );
                    return None;
                }
                Some(ValuePlan::Var(var.to_owned()))
            }
            _ => {
                self.error(
                    "workflow.reference",
                    format!("{pointer}/ref"),
                    said!("这里没有引用任何东西", "this refers to nothing"),
                    help,
                );
                None
            }
        }
    }
}

/// What a dotted path reads.
pub(super) fn reads_of(path: &str, resolved: &ResolvedPath) -> Reads {
    let mut reads = Reads::default();
    let first = resolved.hops.first().map_or(&resolved.column, |(relation, _)| relation);
    reads.fields.insert(first.field.clone());
    if resolved.looked_up {
        reads.lookups.insert(path.to_owned(), resolved.text());
    }
    if !resolved.hops.is_empty() {
        let hops =
            resolved.hops.iter().map(|(column, entity)| (column.field.clone(), entity.clone())).collect();
        reads.paths.insert(PathRead { table: None, hops, field: resolved.column.field.clone() });
    }
    reads
}

fn engine_fills(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Computed | FieldKind::Rollup | FieldKind::Lookup | FieldKind::Grade | FieldKind::Serial
    )
}

/// What is expected instead, where a literal plainly does not fit; null clears any field.
fn misfit(value: &Value, field: &FieldInfo) -> Option<Said> {
    if value.is_null() {
        return None;
    }
    let (fits, expected) = match &field.shape {
        Shape::Boolean => (value.is_boolean(), said!("true 或 false", "true or false")),
        Shape::Integer => (value.is_i64() || value.is_u64(), said!("整数", "a whole number")),
        Shape::Decimal { .. } => {
            (value.is_i64() || value.is_u64() || decimal(value), said!("写成文本的数字", "a number as text"))
        }
        Shape::Option { order } => (
            value.as_str().is_some_and(|text| order.iter().any(|o| o == text)),
            said!("它的一个选项", "one of its options"),
        ),
        Shape::List | Shape::Links => (value.is_array(), said!("列表", "a list")),
        Shape::Date if field.kind == FieldKind::Date => (
            value.as_str().is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
            said!("日期（如 `2026-03-01`）", "a date such as `2026-03-01`"),
        ),
        Shape::Json if field.kind == FieldKind::Json => (true, said!("任意 JSON", "any JSON")),
        Shape::Json if field.kind == FieldKind::RichText => (value.is_string(), said!("文本", "text")),
        Shape::Json if field.kind == FieldKind::Secret => {
            (false, said!("空：密文不能写在定义里", "nothing: a secret never stands in a definition;"))
        }
        Shape::Json => (value.is_array() || value.is_object(), said!("列表或对象", "a list or an object")),
        _ => (value.is_string(), said!("文本", "text")),
    };
    (!fits).then_some(expected)
}

fn decimal(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<rust_decimal::Decimal>().is_ok())
}
