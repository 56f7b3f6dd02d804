//! What is wrong with an `x-from`, seen from the live release: it names what is not there, or computes what it cannot.

use std::cell::Cell;

use kezhi_types::def::entity::{FieldDef, FieldKind};
use kezhi_types::def::origin::FromDef;
use kezhi_types::{Diagnostic, said};

use crate::app::{AppPlan, EntityPlan};
use crate::compile::source::{Source, escape};
use crate::condition::Scope;
use crate::expr::ExprPlan;
use crate::problem::Problem;
use crate::suggest::did_you_mean;

/// Every finding of the fields whose values come from elsewhere. What the live release has published already is no finding.
pub fn findings(live: &AppPlan, new: &AppPlan) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (key, entity) in &new.entities {
        let Some(before) = live.entity(key) else { continue };
        let path = format!("entities/{key}.json");
        let Some(text) = new.folder.get(&path) else { continue };
        let (source, _) = Source::read(&path, text);
        for (name, field) in &entity.fields {
            let known = before.fields.get(name).and_then(|field| field.def.origin());
            let Some(problem) = problem(live, before, (name.as_str(), field.def.as_ref(), known)) else {
                continue;
            };
            let (line, column) = source.place(&problem.pointer);
            found.push(Diagnostic {
                severity: problem.severity,
                code: problem.code.to_owned(),
                message: problem.message,
                help: *problem.help,
                path: path.clone(),
                pointer: problem.pointer,
                line,
                column,
            });
        }
    }
    found
}

fn problem(
    live: &AppPlan,
    before: &EntityPlan,
    (name, def, known): (&str, &FieldDef, Option<FromDef>),
) -> Option<Problem> {
    let origin = def.origin()?;
    if known.as_ref() == Some(&origin) {
        return None;
    }
    let at = format!("/properties/{}/x-from", escape(name));
    if let Some(expression) = def.source_expression() {
        return expression_problem(live, before, expression).map(|problem| problem.under(&at));
    }
    let from = def.source_field()?;
    match before.fields.get(from) {
        Some(field) if field.kind == FieldKind::Lookup => {
            let message =
                said!("`{from}` 是引用字段，自己没有存值。", "`{from}` is a lookup and stores nothing.");
            Some(Problem::error("field.from", at, message))
        }
        Some(_) => None,
        None if before.fields.contains_key(name) => None,
        None => {
            let message = said!(
                "现行版本没有字段 `{from}`，`{name}` 将从空值开始。",
                "The live release has no field `{from}`, so `{name}` begins empty."
            );
            let help = did_you_mean(from, before.fields.keys().map(String::as_str));
            Some(Problem::warning("field.from_unknown", at, message).help(help))
        }
    }
}

fn expression_problem(live: &AppPlan, before: &EntityPlan, expression: &str) -> Option<Problem> {
    let probes = Cell::new(0);
    let scope = Scope { stored: true, ..Scope::of(&live.catalog, &before.key, &probes) };
    match ExprPlan::compile(expression, &scope) {
        Err(problems) => problems
            .into_iter()
            .next()
            .map(|problem| Problem { position: None, ..problem }.under("/expression")),
        Ok(plan)
            if !plan.reads().paths.is_empty()
                || !plan.reads().related.is_empty()
                || !plan.reads().lookups.is_empty() =>
        {
            let message = said!(
                "换算只能用本记录自己的字段。",
                "A conversion reads the fields of its own record only."
            );
            Some(Problem::error("field.from", "/expression", message))
        }
        Ok(_) => None,
    }
}
