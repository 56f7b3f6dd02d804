//! Grades: rows or a script, bands, who may override, and when to grade again.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::files::Kind;
use kezhi_types::def::grade::{GradeDef, Method, Recompute};
use kezhi_types::said;

use super::load::Sources;
use super::report::Report;
use super::scripts;
use super::source::Source;
use super::suggest::did_you_mean;
use crate::calendar::Duration;
use crate::catalog::Catalog;
use crate::condition::{ConditionPlan, Scope};
use crate::grade::{GradePlan, MethodPlan, ScoreRowPlan};
use crate::problem::Problem;
use crate::script::ScriptKind;

/// Compiles every grade whose entity is known. `probes` numbers the probes of each entity.
pub fn compile(
    sources: &Sources<'_>,
    catalog: &Catalog,
    probes: &BTreeMap<String, Cell<u32>>,
    report: &mut Report,
) -> IndexMap<String, Arc<GradePlan>> {
    let mut plans = IndexMap::new();
    for (key, loaded) in &sources.grades {
        let (def, source) = (&loaded.def, &loaded.source);
        sources.expect(Kind::Entity, &def.entity, (source, "/entity"), report);
        check_bands(def, source, report);
        check_override(sources, def, source, report);
        let Some(number) = probes.get(&def.entity) else {
            continue;
        };
        let scope = Scope { stored: true, ..Scope::of(catalog, &def.entity, number) };
        check_field(key, def, &scope, source, report);
        check_recompute(def, &scope, source, report);
        if let Some(method) = method(sources, def, &scope, source, report) {
            let plan = GradePlan { key: key.clone(), def: def.clone(), method, bands: def.bands.clone() };
            plans.insert(key.clone(), Arc::new(plan));
        }
    }
    plans
}

fn method(
    sources: &Sources<'_>,
    def: &GradeDef,
    scope: &Scope<'_>,
    source: &Source,
    report: &mut Report,
) -> Option<MethodPlan> {
    let rows = match &def.method {
        Method::Script(file) => {
            let script = scripts::compile(
                sources,
                &scripts::Named { file, source, pointer: "/method/script" },
                scope,
                ScriptKind::Grade,
                report,
            )?;
            return Some(MethodPlan::Script(Box::new(script)));
        }
        Method::Table(rows) => rows,
    };
    if rows.is_empty() {
        report.add(
            source,
            Problem::warning(
                "grade.no_row",
                "/method/table",
                said!("没有一行加分或扣分。", "No row gives or takes points."),
            )
            .help(said!("每条记录都按 0 分定等级。", "Every record gets the band of score 0.")),
        );
    }
    let compiled: Vec<Option<ScoreRowPlan>> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| match ConditionPlan::compile(&row.when, scope) {
            Ok(when) => Some(ScoreRowPlan { when, points: row.points, reason: row.reason.clone() }),
            Err(problems) => {
                report.add_under(source, &format!("/method/table/{index}/when"), problems);
                None
            }
        })
        .collect();
    compiled.into_iter().collect::<Option<Vec<_>>>().map(MethodPlan::Table)
}

fn check_field(key: &str, def: &GradeDef, scope: &Scope<'_>, source: &Source, report: &mut Report) {
    let Some(entity) = scope.catalog.entities.get(&def.entity) else {
        return;
    };
    let grades = entity.fields.iter().filter(|(_, field)| field.kind == FieldKind::Grade);
    let problem = match entity.fields.get(&def.field) {
        Some(field) if field.kind == FieldKind::Grade => return,
        Some(_) => {
            let message = said!(
                "`{1}` 的 `{0}` 不是等级字段。",
                "`{}` of `{}` is not a grade field.",
                def.field,
                def.entity
            );
            Problem::error("grade.field", "/field", message)
        }
        None => {
            let message = said!("`{}` 没有字段 `{}`。", "`{}` has no field `{}`.", def.entity, def.field);
            Problem::error("reference.unknown_field", "/field", message)
        }
    };
    let help = match grades.map(|(name, _)| name.as_str()).collect::<Vec<_>>() {
        none if none.is_empty() => {
            said!(
                "请给 `{}` 添加字段 {{\"x-kind\": \"grade\", \"x-grade\": \"{key}\"}}。",
                "Add a field {{\"x-kind\": \"grade\", \"x-grade\": \"{key}\"}} to `{}`.",
                def.entity
            )
        }
        some => did_you_mean(&def.field, some),
    };
    report.add(source, problem.help(help));
}

fn check_bands(def: &GradeDef, source: &Source, report: &mut Report) {
    if def.bands.is_empty() {
        let problem = Problem::error("grade.bands", "/bands", said!("还没有分档。", "There is no band."));
        report.add(
            source,
            problem.help(said!(
                "至少写一档：{{\"letter\": \"A\", \"at_least\": 0}}。",
                "Name at least one: {{\"letter\": \"A\", \"at_least\": 0}}."
            )),
        );
    }
    for (index, band) in def.bands.iter().enumerate() {
        let at = format!("/bands/{index}");
        let before = &def.bands[..index];
        if before.last().is_some_and(|above| above.at_least <= band.at_least) {
            let message =
                said!("`{}` 档不低于前一档。", "The band `{}` is not below the one before it.", band.letter);
            let problem = Problem::error("grade.bands", format!("{at}/at_least"), message);
            report.add(
                source,
                problem.help(said!(
                    "分档从高到低排列，每档的 `at_least` 低于前一档。",
                    "Bands stand best first, each `at_least` below the one before."
                )),
            );
        }
        if before.iter().any(|other| other.letter == band.letter) {
            let message = said!("等级 `{}` 出现了两次。", "The letter `{}` stands here twice.", band.letter);
            report.add(source, Problem::error("grade.bands", format!("{at}/letter"), message));
        }
        if band.letter.is_empty() || band.letter.chars().count() > 16 {
            let message = said!("等级的名称应为 1 到 16 个字。", "A letter has 1 to 16 characters.");
            report.add(source, Problem::error("grade.bands", format!("{at}/letter"), message));
        }
    }
}

fn check_override(sources: &Sources<'_>, def: &GradeDef, source: &Source, report: &mut Report) {
    let Some(overriding) = &def.overriding else {
        return;
    };
    for (index, role) in overriding.roles.iter().enumerate().filter(|(_, role)| *role != "admin") {
        sources.expect(Kind::Role, role, (source, &format!("/override/roles/{index}")), report);
    }
    let wrong = overriding.expires.as_ref().and_then(|text| match Duration::parse(text) {
        Ok(duration) if duration.amount > 0 => None,
        Ok(_) => Some(said!("这样会立即失效。", "It would end at once.")),
        Err(message) => Some(message),
    });
    if let Some(message) = wrong {
        let problem = Problem::error("grade.expires", "/override/expires", message);
        report
            .add(source, problem.help(said!("写一个时长，例如 `90d`。", "Write a duration such as `90d`.")));
    }
}

fn check_recompute(def: &GradeDef, scope: &Scope<'_>, source: &Source, report: &mut Report) {
    for (index, recompute) in def.recompute.iter().enumerate() {
        let at = format!("/recompute/{index}");
        match recompute {
            Recompute::Daily(daily) if is_time(&daily.daily) => {}
            Recompute::Daily(daily) => {
                let message = said!("`{}` 不是一天中的时刻。", "`{}` is not a time of the day.", daily.daily);
                let problem = Problem::error("grade.recompute", format!("{at}/daily"), message);
                report.add(
                    source,
                    problem.help(said!("写时和分，例如 `03:00`。", "Write hours and minutes: `03:00`.")),
                );
            }
            Recompute::Related(related) => {
                let leads_here = scope.catalog.entities.get(&related.entity).and_then(|other| {
                    let info = other.fields.get(&related.via)?;
                    (info.target.as_deref() == Some(scope.entity)).then_some(())
                });
                if leads_here.is_none() {
                    let message = said!(
                        "`{}` 不是 `{}` 中指向 `{}` 的关联。",
                        "`{}` is no relation of `{}` that leads to `{}`.",
                        related.via,
                        related.entity,
                        scope.entity
                    );
                    report.add(source, Problem::error("grade.recompute", format!("{at}/via"), message));
                }
            }
        }
    }
}

/// `HH:MM`, `24:00` excluded.
pub fn is_time(text: &str) -> bool {
    text.len() == 5 && format!("{text}:00").parse::<jiff::civil::Time>().is_ok()
}
