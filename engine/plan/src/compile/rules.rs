//! Rules: what must hold, as a condition or a script.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use kezhi_types::def::files::Kind;
use kezhi_types::def::rule::{RuleDef, RuleOperation};
use kezhi_types::{Condition, said};

use super::load::Sources;
use super::report::Report;
use super::scripts;
use super::source::Source;
use super::suggest::did_you_mean;
use crate::app::{RulePlan, RuleTest};
use crate::catalog::Catalog;
use crate::condition::{ConditionPlan, Scope};
use crate::problem::Problem;
use crate::script::ScriptKind;

/// Compiles every rule: the rules of each entity, in the order of their keys.
pub fn compile(
    sources: &Sources<'_>,
    catalog: &Catalog,
    probes: &BTreeMap<String, Cell<u32>>,
    report: &mut Report,
) -> BTreeMap<String, Vec<Arc<RulePlan>>> {
    let mut plans: BTreeMap<String, Vec<Arc<RulePlan>>> = BTreeMap::new();
    for (key, loaded) in &sources.rules {
        let (def, source) = (&loaded.def, &loaded.source);
        sources.expect(Kind::Entity, &def.entity, (source, "/entity"), report);
        check(def, source, report);
        let Some(number) = probes.get(&def.entity) else {
            continue;
        };
        let scope = Scope { may_change: true, ..Scope::of(catalog, &def.entity, number) };
        check_field(def, catalog, source, report);
        let when = def.when.as_ref().map(|when| condition(when, &scope, source, "/when", report));
        let test = test(sources, def, &scope, source, report);
        if let (Some(test), false) = (test, matches!(when, Some(None))) {
            let plan = RulePlan { key: key.clone(), def: Arc::new(def.clone()), when: when.flatten(), test };
            plans.entry(def.entity.clone()).or_default().push(Arc::new(plan));
        }
    }
    plans
}

fn condition(
    condition: &Condition,
    scope: &Scope<'_>,
    source: &Source,
    at: &str,
    report: &mut Report,
) -> Option<ConditionPlan> {
    ConditionPlan::compile(condition, scope).map_err(|problems| report.add_under(source, at, problems)).ok()
}

fn test(
    sources: &Sources<'_>,
    def: &RuleDef,
    scope: &Scope<'_>,
    source: &Source,
    report: &mut Report,
) -> Option<RuleTest> {
    match (&def.must, &def.script) {
        (Some(must), None) => condition(must, scope, source, "/must", report).map(RuleTest::Must),
        (None, Some(file)) => scripts::compile(
            sources,
            &scripts::Named { file, source, pointer: "/script" },
            scope,
            ScriptKind::Rule,
            report,
        )
        .map(RuleTest::Script),
        (Some(_), Some(_)) => {
            let problem = Problem::error(
                "rule.test",
                "/script",
                said!("规则同时写了 `must` 和 `script`。", "The rule asks two things: `must` and `script`."),
            );
            report.add(
                source,
                problem.help(said!("只留一个，或者做成两条规则。", "Keep one, or make two rules.")),
            );
            None
        }
        (None, None) => {
            let problem =
                Problem::error("rule.test", "", said!("规则没有要求什么。", "The rule asks nothing."));
            report.add(
                source,
                problem.help(said!(
                    "请添加 `must` 写条件，或者 `script` 写脚本文件名。",
                    "Add `must` with a condition, or `script` with the name of a file."
                )),
            );
            None
        }
    }
}

fn check(def: &RuleDef, source: &Source, report: &mut Report) {
    if def.on.is_empty() {
        let problem = Problem::error(
            "rule.on",
            "/on",
            said!("规则没有说明在什么操作时检查。", "The rule guards no operation."),
        );
        report.add(
            source,
            problem.help(said!(
                "请从 `create`、`update`、`delete` 中选。",
                "Name some of `create`, `update` and `delete`."
            )),
        );
    }
    let twice = |(index, operation): (usize, &RuleOperation)| def.on[..index].contains(operation);
    if def.on.iter().enumerate().any(twice) {
        report.add(
            source,
            Problem::warning(
                "rule.on",
                "/on",
                said!("有的操作出现了两次。", "An operation stands here twice."),
            ),
        );
    }
    if def.message.trim().is_empty() {
        let problem =
            Problem::error("rule.message", "/message", said!("没有写提示。", "The person is told nothing."));
        report.add(source, problem.help(said!("请写明该怎么做。", "Say what to do.")));
    }
    if def.entrances.as_ref().is_some_and(Vec::is_empty) {
        let problem = Problem::warning(
            "rule.entrances",
            "/entrances",
            said!("规则在任何入口都不生效。", "The rule holds at no entrance."),
        );
        report.add(
            source,
            problem.help(said!(
                "删去 `entrances` 就在所有入口生效。",
                "Remove `entrances` to let it hold at all."
            )),
        );
    }
}

fn check_field(def: &RuleDef, catalog: &Catalog, source: &Source, report: &mut Report) {
    let (Some(field), Some(entity)) = (&def.field, catalog.entities.get(&def.entity)) else {
        return;
    };
    if entity.fields.contains_key(field) {
        return;
    }
    let message = said!("`{}` 没有字段 `{field}`。", "`{}` has no field `{field}`.", def.entity);
    let help = did_you_mean(field, entity.fields.keys().map(String::as_str));
    report.add(source, Problem::error("reference.unknown_field", "/field", message).help(help));
}
