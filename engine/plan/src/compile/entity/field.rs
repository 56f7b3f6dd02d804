//! One field, checked and compiled: its conditions, its default, and what it draws from elsewhere.

use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::entity::{FieldDef, FieldKind, Narrowed, RowDef};
use kezhi_types::text::{Language, sentence};
use kezhi_types::{Condition, Said, Violations, said};
use serde_json::Value;

use super::{Desk, limits, links};
use crate::app::{DefaultPlan, FieldPlan};
use crate::catalog::FieldInfo;
use crate::compile::source::escape;
use crate::compile::suggest::did_you_mean;
use crate::compile::words;
use crate::condition::{ConditionPlan, Scope};
use crate::expr::ExprPlan;
use crate::kind;
use crate::problem::Problem;

/// Compiles a field of the entity on the desk, or a column of its table `row_of`.
pub fn compile(desk: &mut Desk<'_>, row_of: Option<&str>, name: &str, def: &FieldDef) -> FieldPlan {
    let at = match row_of {
        None => format!("/properties/{}", escape(name)),
        Some(table) => format!("/properties/{}/items/properties/{}", escape(table), escape(name)),
    };
    let info = desk.info(row_of, name);
    let raw = desk.source.value.pointer(&at).cloned();
    desk.add(limits::check(name, def, info.value_kind, raw.as_ref(), &at));
    if row_of.is_some() && is_no_column(def.kind) {
        let message =
            said!("子表的列不能是{}类型。", "A column cannot be of kind {}."; words::field(def.kind));
        desk.add([Problem::error("field.column", format!("{at}/x-kind"), message).help(said!(
            "把字段放到实体上，或者把明细做成单独的实体。",
            "Put the field on the entity, or make the rows an entity of their own."
        ))]);
    }
    let mut problems = Vec::new();
    let pattern = limits::pattern(def, &at, &mut problems);
    desk.add(problems);
    let mut plan = FieldPlan {
        key: name.to_owned(),
        title: def.title.clone(),
        kind: def.kind,
        value_kind: info.value_kind,
        scale: info.scale,
        shape: info.shape.clone(),
        part: info.part,
        def: Arc::new(def.clone()),
        pattern,
        show: None,
        on_hide: def.on_hide.unwrap_or_default(),
        require: None,
        readonly: None,
        cases: Vec::new(),
        offered: None,
        default: None,
        relation: links::relation(desk, def, &at),
        compute: None,
        rollup: links::rollup(desk, def, &at),
        rollup_where: None,
        lookup: links::lookup(desk, row_of, def, &at),
        grade: links::grade(desk, row_of, name, def, &at),
        columns: columns(desk, row_of, name, def, &at),
    };
    let mut links = Links { desk, row_of, at: &at };
    plan.show = links.condition(def.show.as_ref(), "x-show", false);
    plan.require = links.condition(def.require.as_ref(), "x-require", false);
    plan.readonly = links.condition(def.readonly.as_ref(), "x-readonly", false);
    plan.rollup_where = links.rollup_where(def);
    plan.compute = links.expression(def.compute.as_deref(), "/x-compute");
    links.narrow(def, &mut plan);
    plan.default = links.default(def, &plan);
    finish_rollup(desk, &mut plan);
    plan
}

fn is_no_column(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Table
            | FieldKind::Rollup
            | FieldKind::Lookup
            | FieldKind::Grade
            | FieldKind::Serial
            | FieldKind::Relations
            | FieldKind::Secret
    )
}

fn columns(
    desk: &mut Desk<'_>,
    row_of: Option<&str>,
    name: &str,
    def: &FieldDef,
    at: &str,
) -> IndexMap<String, FieldPlan> {
    let (FieldKind::Table, Some(items), None) = (def.kind, &def.items, row_of) else {
        return IndexMap::new();
    };
    check_required(desk, items, at);
    if items.properties.is_empty() {
        desk.add([Problem::error(
            "field.incomplete",
            format!("{at}/items/properties"),
            said!("子表没有列。", "The table has no column."),
        )
        .help(said!("至少添加一个。", "Add at least one."))]);
    }
    items
        .properties
        .iter()
        .map(|(key, column)| (key.clone(), compile(desk, Some(name), key, column)))
        .collect()
}

fn check_required(desk: &mut Desk<'_>, items: &RowDef, at: &str) {
    for (index, key) in items.required.iter().enumerate() {
        if !items.properties.contains_key(key) {
            let message = said!("子表没有列 `{key}`。", "The table has no column `{key}`.");
            let help = did_you_mean(key, items.properties.keys().map(String::as_str));
            let place = format!("{at}/items/required/{index}");
            desk.add([Problem::error("reference.unknown_field", place, message).help(help)]);
        }
    }
}

/// A rollup's filter holds no caller and no record, so it is made once.
fn finish_rollup(desk: &Desk<'_>, plan: &mut FieldPlan) {
    let (Some(rollup), Some(condition)) = (&mut plan.rollup, &plan.rollup_where) else {
        return;
    };
    rollup.filter = Some(desk.static_filter(condition));
}

/// The parts of a field that refer to others.
struct Links<'d, 'a, 'p> {
    desk: &'d mut Desk<'a>,
    row_of: Option<&'p str>,
    at: &'p str,
}

impl Links<'_, '_, '_> {
    fn condition(
        &mut self,
        condition: Option<&Condition>,
        keyword: &str,
        stored: bool,
    ) -> Option<ConditionPlan> {
        let scope = Scope { row_of: self.row_of, stored, ..self.desk.scope() };
        let compiled = ConditionPlan::compile(condition?, &scope);
        self.desk.keep(&format!("{}/{keyword}", self.at), compiled)
    }

    fn expression(&mut self, source: Option<&str>, place: &str) -> Option<ExprPlan> {
        let scope = Scope { row_of: self.row_of, stored: true, ..self.desk.scope() };
        let compiled = ExprPlan::compile(source?, &scope);
        self.desk.keep(&format!("{}{place}", self.at), compiled)
    }

    fn rollup_where(&mut self, def: &FieldDef) -> Option<ConditionPlan> {
        let rollup = def.rollup.as_ref()?;
        let condition = rollup.condition.as_ref()?;
        let catalog = self.desk.catalog;
        if !catalog.entities.contains_key(&rollup.entity) {
            return None;
        }
        let at = format!("{}/x-rollup/where", self.at);
        let probes = std::cell::Cell::new(0);
        let scope = Scope { stored: true, ..Scope::of(catalog, &rollup.entity, &probes) };
        let plan = self.desk.keep(&at, ConditionPlan::compile(condition, &scope))?;
        let reads = plan.reads();
        if reads.caller || reads.record || reads.today {
            let message = said!(
                "汇总是存下来的一个值，不能取决于谁在看、记录怎么填、今天是哪天。",
                "A rollup is one stored value: it cannot ask who is calling, what the record says, or which day it is."
            );
            let help = said!(
                "用 `max` 或 `min` 汇总日期，在用到它的地方再比较。",
                "Roll up a date with `max` or `min`, and compare it where the value is used."
            );
            self.desk.add([Problem::error("rollup.where", at, message).help(help)]);
            return None;
        }
        Some(plan)
    }

    fn narrow(&mut self, def: &FieldDef, plan: &mut FieldPlan) {
        match (&def.narrowed, def.kind) {
            (Some(Narrowed::Cases(cases)), FieldKind::Choice | FieldKind::Choices) => {
                let options = def.options.clone().unwrap_or_default();
                for (index, case) in cases.iter().enumerate() {
                    self.only(&case.only, &options, index);
                    let place = format!("x-options/{index}/when");
                    let when = self.condition(Some(&case.when), &place, false);
                    plan.cases.extend(when.map(|when| (when, case.only.clone())));
                }
            }
            (Some(Narrowed::Records(filter)), FieldKind::Relation | FieldKind::Relations) => {
                plan.offered = self.offered(def, &filter.condition);
            }
            (Some(Narrowed::Cases(_)), FieldKind::Relation | FieldKind::Relations) => {
                let message = said!(
                    "关联可选哪些记录，要用条件来写。",
                    "Which records a relation offers is a condition over them."
                );
                self.wrong_narrowing(
                    message,
                    said!("写成 {{\"where\": 条件}}。", "Write {{\"where\": condition}}."),
                );
            }
            (Some(Narrowed::Records(_)), _) => {
                let message = said!(
                    "选择字段可选哪些选项，要按情况逐条列出。",
                    "Which options a choice offers is a list of cases."
                );
                self.wrong_narrowing(
                    message,
                    said!(
                        "写成 [{{\"when\": 条件, \"only\": [\"…\"]}}]。",
                        "Write [{{\"when\": condition, \"only\": [\"…\"]}}]."
                    ),
                );
            }
            (Some(Narrowed::Cases(_)), _) | (None, _) => {}
        }
    }

    fn wrong_narrowing(&mut self, message: Said, help: Said) {
        let place = format!("{}/x-options", self.at);
        self.desk.add([Problem::error("field.options", place, message).help(help)]);
    }

    fn only(&mut self, only: &[String], options: &[String], case: usize) {
        for (index, option) in only.iter().enumerate().filter(|(_, option)| !options.contains(option)) {
            let message = said!("这个字段没有选项 `{option}`。", "`{option}` is no option of this field.");
            let place = format!("{}/x-options/{case}/only/{index}", self.at);
            let help = did_you_mean(option, options.iter().map(String::as_str));
            self.desk.add([Problem::error("field.options", place, message).help(help)]);
        }
    }

    fn offered(&mut self, def: &FieldDef, condition: &Condition) -> Option<ConditionPlan> {
        let target = &def.relation.as_ref()?.entity;
        if !self.desk.catalog.entities.contains_key(target) {
            return None;
        }
        let probes = std::cell::Cell::new(0);
        let own = self.desk.key;
        let scope = Scope { outer: Some(own), ..Scope::of(self.desk.catalog, target, &probes) };
        let compiled = ConditionPlan::compile(condition, &scope);
        self.desk.keep(&format!("{}/x-options/where", self.at), compiled)
    }

    fn default(&mut self, def: &FieldDef, plan: &FieldPlan) -> Option<DefaultPlan> {
        let value = def.default.as_ref()?;
        let at = format!("{}/default", self.at);
        let single = value.as_object().filter(|object| object.len() == 1);
        if let Some(source) = single.and_then(|object| object.get("expr")).and_then(Value::as_str) {
            return self.expression(Some(source), "/default/expr").map(DefaultPlan::Expr);
        }
        if let Some(name) = single.and_then(|object| object.get("ref")) {
            return self.reference(name.as_str().unwrap_or_default(), def.kind, &at);
        }
        let mut violations = Violations::default();
        let stored = kind::check(plan, value, "", &mut violations);
        for violation in &violations.0 {
            let mut args = violation.args.clone();
            args.entry("field").or_insert_with(|| plan.title.clone().into());
            let told = |language| {
                violation.message.clone().unwrap_or_else(|| sentence(language, &violation.code, &args))
            };
            let why = Said { zh: told(Language::Chinese), en: told(Language::English) };
            let message = said!("默认值不合适：{}。", "The default does not fit: {}."; why);
            self.desk.add([Problem::error("field.default", at.clone(), message)]);
        }
        violations.is_empty().then_some(DefaultPlan::Literal(stored))
    }

    fn reference(&mut self, name: &str, kind: FieldKind, at: &str) -> Option<DefaultPlan> {
        match (name, kind) {
            ("caller.id", FieldKind::Person) => Some(DefaultPlan::CallerId),
            ("today", FieldKind::Date) => Some(DefaultPlan::Today),
            ("now", FieldKind::Datetime) => Some(DefaultPlan::Now),
            _ => {
                let message = said!(
                    "{}字段不能以 `{name}` 为默认值。",
                    "A field of kind {} cannot begin with `{name}`.";
                    words::field(kind)
                );
                let help = said!(
                    "人员用 `caller.id`，日期用 `today`，日期时间用 `now`，其他字段用 {{\"expr\": …}}。",
                    "`caller.id` begins a person, `today` a date, `now` a datetime; others take {{\"expr\": …}}."
                );
                self.desk.add([Problem::error("field.default", at, message).help(help)]);
                None
            }
        }
    }
}

/// What is known of a field that the catalog does not have; cannot happen for authored fields.
pub fn unknown() -> FieldInfo {
    FieldInfo {
        title: String::new(),
        kind: FieldKind::Text,
        value_kind: FieldKind::Text,
        scale: 0,
        shape: kezhi_types::query::Shape::Text,
        part: kezhi_types::query::Part::Data,
        target: None,
        options: Vec::new(),
        columns: IndexMap::new(),
        lookup: None,
    }
}
