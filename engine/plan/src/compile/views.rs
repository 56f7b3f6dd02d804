//! Views: which records, in which order, by which fields.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::files::Kind;
use kezhi_types::def::screen::{ViewDef, ViewKind};
use kezhi_types::query::Shape;
use kezhi_types::said;

use super::load::Sources;
use super::report::Report;
use super::scan;
use super::source::Source;
use super::words;
use crate::app::{EntityPlan, ViewPlan};
use crate::catalog::{Catalog, ResolvedPath};
use crate::condition::{ConditionPlan, Scope};
use crate::form;
use crate::problem::Problem;

/// The authored views, and a generated one for every entity without any.
pub fn compile(
    sources: &Sources<'_>,
    catalog: &Catalog,
    entities: &IndexMap<String, EntityPlan>,
    report: &mut Report,
) -> IndexMap<String, Arc<ViewPlan>> {
    let mut views = IndexMap::new();
    let mut served = BTreeSet::new();
    for (key, loaded) in &sources.views {
        let def = &loaded.def;
        served.insert(def.entity.clone());
        let mut plan = ViewPlan { key: key.clone(), def: def.clone(), condition: None };
        if sources.expect(Kind::Entity, &def.entity, (&loaded.source, "/entity"), report)
            && catalog.entities.contains_key(&def.entity)
        {
            plan.condition = Check { def, catalog, source: &loaded.source, report }.view();
        }
        views.insert(key.clone(), Arc::new(plan));
    }
    for (key, entity) in entities.iter().filter(|(key, _)| !served.contains(*key)) {
        if !views.contains_key(key) {
            let def = form::generated_view(key, &entity.def);
            views.insert(key.clone(), Arc::new(ViewPlan { key: key.clone(), def, condition: None }));
        }
    }
    views
}

struct Check<'a> {
    def: &'a ViewDef,
    catalog: &'a Catalog,
    source: &'a Source,
    report: &'a mut Report,
}

impl Check<'_> {
    fn view(&mut self) -> Option<ConditionPlan> {
        for (index, column) in self.def.columns.iter().enumerate() {
            self.resolve(&column.field, &format!("/columns/{index}/field"));
        }
        self.sort();
        self.special();
        let probes = Cell::new(0);
        let scope = Scope::of(self.catalog, &self.def.entity, &probes);
        for hint in scan::hints(self.catalog, self.def) {
            self.add(hint);
        }
        let compiled = ConditionPlan::compile(self.def.condition.as_ref()?, &scope);
        compiled.map_err(|problems| self.report.add_under(self.source, "/where", problems)).ok()
    }

    fn add(&mut self, problem: Problem) {
        self.report.add(self.source, problem);
    }

    fn resolve(&mut self, path: &str, at: &str) -> Option<ResolvedPath> {
        let resolved = self.catalog.resolve(&self.def.entity, path);
        resolved.map_err(|problem| self.report.add_under(self.source, at, [problem])).ok()
    }

    fn sort(&mut self) {
        if self.def.sort.len() > 4 {
            let message = said!("视图最多按四个字段排序。", "A view is sorted by at most four fields.");
            self.add(
                Problem::error("view.sort", "/sort", message)
                    .help(said!("请删去后面的。", "Remove the last ones.")),
            );
        }
        for (index, key) in self.def.sort.iter().enumerate() {
            let at = format!("/sort/{index}");
            let name = key.strip_prefix('-').unwrap_or(key);
            let Some(resolved) = self.resolve(name, &at) else {
                continue;
            };
            let kind = words::field(resolved.field.kind);
            if matches!(resolved.column.shape, Shape::List | Shape::Links | Shape::Json) {
                let message = said!("{}字段没有先后。", "A field of kind {} has no order."; kind);
                self.add(
                    Problem::error("view.sort", at, message)
                        .help(said!("请按别的字段排序。", "Sort by another field.")),
                );
            }
        }
    }

    /// What boards, calendars and galleries need beside columns.
    fn special(&mut self) {
        let def = self.def;
        let needs = match def.kind {
            ViewKind::Board if def.group.is_none() => {
                let what = said!(
                    "单选或等级字段，每个选项一列",
                    "a choice or grade field whose options are the lanes"
                );
                Some(("group", what))
            }
            ViewKind::Calendar if def.start.is_none() => {
                let what = said!("开始的日期或日期时间字段", "the date or datetime where an entry begins");
                Some(("start", what))
            }
            ViewKind::Table if def.columns.is_empty() => {
                Some(("columns", said!("要显示的字段", "the fields to show")))
            }
            _ => None,
        };
        if let Some((key, what)) = needs {
            let kind = format!("{:?}", def.kind).to_lowercase();
            let message = said!("{kind} 视图需要 `{key}`：{}。", "A {kind} needs `{key}`: {}."; what);
            self.add(
                Problem::error("view.incomplete", "", message)
                    .help(said!("请添加 `{key}`。", "Add `{key}`.")),
            );
        }
        self.special_field("group", def.group.as_deref(), ViewKind::Board, |kind| {
            matches!(kind, FieldKind::Choice | FieldKind::Grade)
        });
        let is_time = |kind| matches!(kind, FieldKind::Date | FieldKind::Datetime);
        self.special_field("start", def.start.as_deref(), ViewKind::Calendar, is_time);
        self.special_field("end", def.end.as_deref(), ViewKind::Calendar, is_time);
        self.special_field("image", def.image.as_deref(), ViewKind::Gallery, |kind| kind == FieldKind::Url);
    }

    fn special_field(
        &mut self,
        key: &str,
        name: Option<&str>,
        kind: ViewKind,
        fits: impl Fn(FieldKind) -> bool,
    ) {
        let Some(name) = name else {
            return;
        };
        let at = format!("/{key}");
        if self.def.kind != kind {
            let wanted = format!("{kind:?}").to_lowercase();
            let message = said!("只有 {wanted} 视图才有 `{key}`。", "Only a {wanted} has `{key}`.");
            self.add(
                Problem::error("view.incomplete", at.clone(), message)
                    .help(said!("请删去，或者修改 `type`。", "Remove it, or change `type`.")),
            );
        }
        let Some(resolved) = self.resolve(name, &at) else {
            return;
        };
        if !fits(resolved.field.value_kind) || !resolved.hops.is_empty() {
            let message = said!("`{name}` 是{}字段，不能用在这里。", "`{name}` is of kind {}, which does not fit here.";
                words::field(resolved.field.kind)
            );
            self.add(Problem::error("view.field", at, message).help(said!(
                "请选用本实体中类型合适的字段。",
                "Take a field of this entity of a fitting kind."
            )));
        }
    }
}
