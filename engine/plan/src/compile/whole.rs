//! A folder to an app: the order in which the kinds of definition are compiled.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::entity::EntityDef;
use kezhi_types::def::files::Folder;
use kezhi_types::def::grade::GradeDef;
use kezhi_types::{Diagnostic, said};

use super::entity::{self, Desk, graph};
use super::layout::{self, Wishes};
use super::load::Sources;
use super::report::Report;
use super::{calendars, derived, feeds, forms, grades, manifest, menus, people, rules, stray, views};
use crate::app::{AppPlan, EntityPlan, RulePlan, RuleTest, ViewPlan};
use crate::catalog::Catalog;
use crate::condition::Reads;
use crate::grade::{GradePlan, MethodPlan};
use crate::workflow::WorkflowPlan;

/// What became of a folder.
#[derive(Debug)]
pub struct Compiled {
    /// The app; `None` when there is an error among the diagnostics.
    pub plan: Option<AppPlan>,
    /// Every finding, by path and line.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles an app. `release` is the number that the plan carries.
pub fn compile(folder: &Folder, release: i64) -> Compiled {
    let mut report = Report::default();
    let sources = Sources::load(folder, &mut report);
    let plan = app(&sources, release, &mut report);
    let failed = report.has_errors();
    let mut diagnostics = report.finish(&sources.unsure());
    tell_renamed(&sources, &mut diagnostics);
    Compiled { plan: (!failed).then_some(plan), diagnostics }
}

/// Whoever still speaks of a field by the key that it had before is told the new one.
fn tell_renamed(sources: &Sources<'_>, diagnostics: &mut [Diagnostic]) {
    let fields = sources
        .entities
        .values()
        .flat_map(|loaded| loaded.def.properties.iter().map(move |field| (field, loaded)));
    let renamed: Vec<(String, &String)> = fields
        .filter_map(|((key, field), loaded)| Some((field.source_field()?, key, loaded)))
        .filter(|(before, _, loaded)| !loaded.def.properties.contains_key(*before))
        .map(|(before, key, _)| (format!("`{before}`"), key))
        .collect();
    for found in diagnostics.iter_mut().filter(|found| found.code.contains(".unknown_")) {
        let known = renamed.iter().find(|(before, _)| found.message.en.contains(before.as_str()));
        if let Some((before, key)) = known {
            found.help = said!("{before} 已改名为 `{key}`。", "{before} is called `{key}` now.");
        }
    }
}

fn app(sources: &Sources<'_>, release: i64, report: &mut Report) -> AppPlan {
    let manifest = manifest::compile(sources, report);
    let catalog = Arc::new(catalog(sources));
    let probes: BTreeMap<String, Cell<u32>> =
        sources.entities.keys().map(|key| (key.clone(), Cell::new(0))).collect();
    let grades = grades::compile(sources, &catalog, &probes, report);
    let mut entities = entities(sources, &catalog, &grades, &probes, report);
    graph::check_across(sources, &entities, report);
    attach(&mut entities, rules::compile(sources, &catalog, &probes, report));
    feeds::fill(&mut entities, &catalog);
    let forms = forms::compile(sources, &entities, report);
    let views = views::compile(sources, &catalog, &entities, report);
    let menus = menus::compile(sources, &menus::Targets { forms: &forms, views: &views }, report);
    let roles = people::roles(sources, &catalog, report);
    derived::check(sources, &entities, report);
    let shares = people::shares(sources, &catalog, report);
    let messages = people::messages(sources, &catalog, report);
    let workflows = people::workflows(sources, &catalog, &forms, report);
    calendars::check(sources, report);
    stray::check(sources, report);
    let mut wishes = wishes(sources, &catalog, &entities, &views, &workflows);
    layout::shares(&mut wishes, &shares);
    for entity in entities.values_mut() {
        entity.layout = wishes.layout(entity, sources, report);
    }
    AppPlan {
        release,
        zone: manifest::zone(&manifest),
        currency: manifest::currency(&manifest),
        manifest,
        catalog,
        entities: entities.into_iter().map(|(key, entity)| (key, Arc::new(entity))).collect(),
        forms,
        views,
        grades,
        workflows,
        messages,
        roles,
        role_defs: shared(&sources.roles),
        shares,
        menus,
        calendars: shared(&sources.calendars),
        folder: Arc::new(sources.folder.clone()),
    }
}

fn shared<T: Clone>(shelf: &super::load::Shelf<T>) -> IndexMap<String, Arc<T>> {
    shelf.iter().map(|(key, loaded)| (key.clone(), Arc::new(loaded.def.clone()))).collect()
}

fn catalog(sources: &Sources<'_>) -> Catalog {
    let entities: IndexMap<String, EntityDef> =
        sources.entities.iter().map(|(key, loaded)| (key.clone(), loaded.def.clone())).collect();
    let grades: IndexMap<String, GradeDef> =
        sources.grades.iter().map(|(key, loaded)| (key.clone(), loaded.def.clone())).collect();
    Catalog::build(&entities, &grades)
}

fn entities(
    sources: &Sources<'_>,
    catalog: &Catalog,
    grades: &IndexMap<String, Arc<GradePlan>>,
    probes: &BTreeMap<String, Cell<u32>>,
    report: &mut Report,
) -> IndexMap<String, EntityPlan> {
    let mut plans = IndexMap::new();
    for (key, loaded) in &sources.entities {
        let desk = Desk {
            sources,
            catalog,
            grades,
            key,
            source: &loaded.source,
            probes: &probes[key],
            report: &mut *report,
        };
        plans.insert(key.clone(), entity::compile(desk, loaded));
    }
    plans
}

/// Gives each entity its rules and says whether judging it runs a script.
fn attach(entities: &mut IndexMap<String, EntityPlan>, mut rules: BTreeMap<String, Vec<Arc<RulePlan>>>) {
    for (key, entity) in entities.iter_mut() {
        entity.rules = rules.remove(key).unwrap_or_default();
        let by_rule = entity.rules.iter().any(|rule| matches!(rule.test, RuleTest::Script(_)));
        let by_grade = entity.fields.values().any(|field| {
            field.grade.as_ref().is_some_and(|grade| matches!(grade.method, MethodPlan::Script(_)))
        });
        entity.scripted = by_rule || by_grade;
    }
}

/// Gathers which fields want typed columns and indexes.
fn wishes<'a>(
    sources: &Sources<'_>,
    catalog: &'a Catalog,
    entities: &IndexMap<String, EntityPlan>,
    views: &IndexMap<String, Arc<ViewPlan>>,
    workflows: &IndexMap<String, Arc<WorkflowPlan>>,
) -> Wishes<'a> {
    let mut wishes = Wishes::new(catalog);
    for entity in entities.values() {
        wishes.entity(entity);
        let by_rules = entity.rules.iter().flat_map(|rule| rule_reads(rule));
        let by_fields = entity.fields.values().map(graph::settles_on);
        for reads in by_rules.chain(by_fields) {
            reads.related.iter().for_each(|related| wishes.related(related));
        }
    }
    for view in views.values() {
        wishes.filter(&view.def.entity, view.condition.as_ref(), &view.def.sort);
        for field in view.def.group.iter().chain(&view.def.start) {
            wishes.promote(&view.def.entity, field);
        }
    }
    layout::roles(&mut wishes, sources);
    for workflow in workflows.values() {
        if let Some(field) = workflow.searched_field() {
            wishes.index(&workflow.def.entity, &[field]);
        }
    }
    wishes
}

fn rule_reads(rule: &RulePlan) -> Vec<Reads> {
    let test = match &rule.test {
        RuleTest::Must(must) => must.reads(),
        RuleTest::Script(script) => script.reads(),
    };
    rule.when.iter().map(|when| when.reads()).chain([test]).cloned().collect()
}
