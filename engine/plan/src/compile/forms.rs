//! Forms: every control stands for a field, every holder holds what it may.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::files::Kind;
use kezhi_types::def::screen::{FormDef, LayoutElement, LayoutKind};

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
        if !keywords::is_authored(field.kind) && (narrowed.required || narrowed.default.is_some()) {
            let message = format!("`{name}` is filled by the engine; a form cannot ask for it.");
            walk.add(Problem::error("form.derived", at, message).help("Keep `hidden` and `help` only."));
        } else if narrowed.required && narrowed.hidden && narrowed.default.is_none() {
            let message = format!("`{name}` is required here and hidden, so that nobody can fill it.");
            walk.add(
                Problem::error("form.required_hidden", at, message).help("Give it a `default`, or show it."),
            );
        }
    }
    for name in &entity.required {
        let helped = def.fields.get(name).is_some_and(|narrowed| narrowed.default.is_some());
        let starts = entity.fields.get(name).is_some_and(|field| field.default.is_some());
        if !shown.contains(name) && !helped && !starts {
            let message = format!("`{name}` is required, but this form does not show it.");
            let help = "Nobody can create a record here; changing one works. Add the field or a default.";
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
        let message = format!("`{}` has no field `{name}`.", self.entity.key);
        let help = did_you_mean(name, self.entity.fields.keys().map(String::as_str));
        self.add(Problem::error("reference.unknown_field", at, message).help(help));
    }

    fn element(&mut self, element: &LayoutElement, at: &str, inside: Option<LayoutKind>) {
        match element.kind {
            LayoutKind::Control => self.control(element, at),
            LayoutKind::Category if inside != Some(LayoutKind::Categorization) => {
                let message = "A category stands in a categorization only.";
                self.add(Problem::error("form.layout", at, message).help("Use a group here."));
            }
            LayoutKind::Categorization
                if element.elements.iter().any(|inner| inner.kind != LayoutKind::Category) =>
            {
                let message = "A categorization holds categories only.";
                self.add(
                    Problem::error("form.layout", at, message).help("Put the elements into a category."),
                );
            }
            LayoutKind::Category | LayoutKind::Group if element.label.is_none() => {
                let message = "It has no label.";
                self.add(Problem::warning("form.layout", at, message).help("Add `label`."));
            }
            LayoutKind::Label if element.text.is_none() => {
                let message = "The label says nothing.";
                self.add(Problem::error("form.layout", at, message).help("Add `text`."));
            }
            _ => {}
        }
        let holds = !matches!(element.kind, LayoutKind::Control | LayoutKind::Label);
        if !holds && !element.elements.is_empty() {
            let message = format!("A {:?} holds no elements.", element.kind);
            self.add(Problem::error("form.layout", format!("{at}/elements"), message));
        }
        if holds && element.scope.is_some() {
            let message = "Only a control stands for a field.";
            self.add(Problem::error("form.layout", format!("{at}/scope"), message));
        }
        for (index, inner) in element.elements.iter().enumerate() {
            self.element(inner, &format!("{at}/elements/{index}"), Some(element.kind));
        }
    }

    fn control(&mut self, element: &LayoutElement, at: &str) {
        let Some(scope) = &element.scope else {
            let message = "The control stands for no field.";
            self.add(Problem::error("form.scope", at, message).help("Add {\"scope\": \"#/properties/…\"}."));
            return;
        };
        let at = format!("{at}/scope");
        let Some(name) = scope.strip_prefix("#/properties/") else {
            let message = format!("`{scope}` names no field.");
            self.add(
                Problem::error("form.scope", at, message)
                    .help("Write `#/properties/` and the key of a field."),
            );
            return;
        };
        if name != "owner" && !self.entity.fields.contains_key(name) {
            self.unknown(name, &at);
        } else if name == "owner" && !self.entity.owner {
            let message = format!("Records of `{}` have no owner.", self.entity.key);
            self.add(Problem::error("form.scope", at, message).help("Set `x-owner` on the entity."));
        } else if !self.shown.insert(name.to_owned()) {
            let message = format!("`{name}` stands in this form twice.");
            self.add(Problem::warning("form.twice", at, message).help("Remove one of the two."));
        }
    }
}
