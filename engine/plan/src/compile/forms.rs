//! Forms: every control stands for a field, every holder holds what it may.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::files::Kind;
use kezhi_types::def::screen::{FormDef, LayoutElement, LayoutKind};
use kezhi_types::said;

use super::entity::keywords;
use super::load::Sources;
use super::report::Report;
use super::source::{Source, escape};
use super::suggest::did_you_mean;
use crate::app::EntityPlan;
use crate::form;
use crate::problem::Problem;

/// The authored forms, and a generated one for every entity without any.
pub fn compile(
    sources: &Sources<'_>,
    entities: &IndexMap<String, EntityPlan>,
    report: &mut Report,
) -> IndexMap<String, Arc<FormDef>> {
    let mut forms = IndexMap::new();
    let mut served = BTreeSet::new();
    for (key, loaded) in &sources.forms {
        let def = &loaded.def;
        served.insert(def.entity.clone());
        if sources.expect(Kind::Entity, &def.entity, (&loaded.source, "/entity"), report)
            && let Some(entity) = entities.get(&def.entity)
        {
            check(def, entity, &loaded.source, report);
        }
        forms.insert(key.clone(), Arc::new(def.clone()));
    }
    for (key, entity) in entities.iter().filter(|(key, _)| !served.contains(*key)) {
        if !forms.contains_key(key) {
            forms.insert(key.clone(), Arc::new(form::generated_form(key, &entity.def)));
        }
    }
    forms
}

fn check(def: &FormDef, entity: &EntityPlan, source: &Source, report: &mut Report) {
    let mut walk = Walk { entity, source, report, shown: BTreeSet::new() };
    walk.element(&def.layout, "/layout", None);
    let shown = std::mem::take(&mut walk.shown);
    for (name, narrowed) in &def.fields {
        let at = format!("/fields/{}", escape(name));
        let Some(field) = entity.fields.get(name) else {
            walk.unknown(name, &at);
            continue;
        };
        if field.kind == FieldKind::Secret && narrowed.default.is_some() {
            let message = said!(
                "`{name}` 是密文，不能写在定义里。",
                "`{name}` is a secret, which never stands in a definition."
            );
            walk.add(
                Problem::error("field.default", format!("{at}/default"), message)
                    .help(said!("请删去。", "Remove it.")),
            );
        }
        if !keywords::is_authored(field.kind) && (narrowed.required || narrowed.default.is_some()) {
            let message = said!(
                "`{name}` 由系统填写，表单不能要求填它。",
                "`{name}` is filled by the engine; a form cannot ask for it."
            );
            walk.add(
                Problem::error("form.derived", at, message)
                    .help(said!("只保留 `hidden` 和 `help`。", "Keep `hidden` and `help` only.")),
            );
        } else if narrowed.required && narrowed.hidden && narrowed.default.is_none() {
            let message = said!(
                "`{name}` 在这里必填又隐藏，没有人能填。",
                "`{name}` is required here and hidden, so that nobody can fill it."
            );
            walk.add(Problem::error("form.required_hidden", at, message).help(said!(
                "给它一个默认值（`default`），或者显示它。",
                "Give it a `default`, or show it."
            )));
        }
    }
    for name in &entity.required {
        let helped = def.fields.get(name).is_some_and(|narrowed| narrowed.default.is_some());
        let starts = entity.fields.get(name).is_some_and(|field| field.default.is_some());
        if !shown.contains(name) && !helped && !starts {
            let message = said!(
                "`{name}` 是必填的，但这张表单没有显示它。",
                "`{name}` is required, but this form does not show it."
            );
            let help = said!(
                "在这里不能新建记录，只能修改。请添加这个字段，或给它默认值。",
                "Nobody can create a record here; changing one works. Add the field or a default."
            );
            walk.add(Problem::warning("form.missing_required", "/layout", message).help(help));
        }
    }
}

struct Walk<'a> {
    entity: &'a EntityPlan,
    source: &'a Source,
    report: &'a mut Report,
    shown: BTreeSet<String>,
}

impl Walk<'_> {
    fn add(&mut self, problem: Problem) {
        self.report.add(self.source, problem);
    }

    fn unknown(&mut self, name: &str, at: &str) {
        let message = said!("`{}` 没有字段 `{name}`。", "`{}` has no field `{name}`.", self.entity.key);
        let help = did_you_mean(name, self.entity.fields.keys().map(String::as_str));
        self.add(Problem::error("reference.unknown_field", at, message).help(help));
    }

    fn element(&mut self, element: &LayoutElement, at: &str, inside: Option<LayoutKind>) {
        match element.kind {
            LayoutKind::Control => self.control(element, at),
            LayoutKind::Category if inside != Some(LayoutKind::Categorization) => {
                let message = said!("分页只能放在分页组里。", "A category stands in a categorization only.");
                self.add(
                    Problem::error("form.layout", at, message)
                        .help(said!("这里请用分组。", "Use a group here.")),
                );
            }
            LayoutKind::Categorization
                if element.elements.iter().any(|inner| inner.kind != LayoutKind::Category) =>
            {
                let message = said!("分页组里只能放分页。", "A categorization holds categories only.");
                self.add(
                    Problem::error("form.layout", at, message)
                        .help(said!("请把内容放进分页。", "Put the elements into a category.")),
                );
            }
            LayoutKind::Category | LayoutKind::Group if element.label.is_none() => {
                let message = said!("没有标题。", "It has no label.");
                self.add(
                    Problem::warning("form.layout", at, message)
                        .help(said!("请添加 `label`。", "Add `label`.")),
                );
            }
            LayoutKind::Label if element.text.is_none() => {
                let message = said!("说明文字是空的。", "The label says nothing.");
                self.add(
                    Problem::error("form.layout", at, message).help(said!("请添加 `text`。", "Add `text`.")),
                );
            }
            _ => {}
        }
        let holds = !matches!(element.kind, LayoutKind::Control | LayoutKind::Label);
        if !holds && !element.elements.is_empty() {
            let message = match element.kind {
                LayoutKind::Label => said!("说明文字里面不能再放内容。", "A label holds no elements."),
                _ => said!("控件里面不能再放内容。", "A control holds no elements."),
            };
            self.add(Problem::error("form.layout", format!("{at}/elements"), message));
        }
        if holds && element.scope.is_some() {
            let message = said!("只有控件才对应字段。", "Only a control stands for a field.");
            self.add(Problem::error("form.layout", format!("{at}/scope"), message));
        }
        for (index, inner) in element.elements.iter().enumerate() {
            self.element(inner, &format!("{at}/elements/{index}"), Some(element.kind));
        }
    }

    fn control(&mut self, element: &LayoutElement, at: &str) {
        let Some(scope) = &element.scope else {
            let message = said!("控件没有对应字段。", "The control stands for no field.");
            self.add(Problem::error("form.scope", at, message).help(said!(
                "请添加 {{\"scope\": \"#/properties/…\"}}。",
                "Add {{\"scope\": \"#/properties/…\"}}."
            )));
            return;
        };
        let at = format!("{at}/scope");
        let Some(name) = scope.strip_prefix("#/properties/") else {
            let message = said!("`{scope}` 没有指明字段。", "`{scope}` names no field.");
            self.add(Problem::error("form.scope", at, message).help(said!(
                "写 `#/properties/` 加字段的标识。",
                "Write `#/properties/` and the key of a field."
            )));
            return;
        };
        if name != "owner" && !self.entity.fields.contains_key(name) {
            self.unknown(name, &at);
        } else if name == "owner" && !self.entity.owner {
            let message = said!("`{}` 的记录没有负责人。", "Records of `{}` have no owner.", self.entity.key);
            self.add(
                Problem::error("form.scope", at, message)
                    .help(said!("请在实体上设置 `x-owner`。", "Set `x-owner` on the entity.")),
            );
        } else if !self.shown.insert(name.to_owned()) {
            let message = said!("`{name}` 在这张表单里出现了两次。", "`{name}` stands in this form twice.");
            self.add(
                Problem::warning("form.twice", at, message)
                    .help(said!("删去其中一个。", "Remove one of the two.")),
            );
        }
    }
}
