//! Roles, messages and workflows: what their own compilers say, put in its place.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::files::Kind;
use kezhi_types::def::role::RoleDef;
use kezhi_types::def::screen::FormDef;
use kezhi_types::def::share::ShareWith;
use kezhi_types::said;

use super::load::Sources;
use super::report::Report;
use super::source::Source;
use super::suggest::did_you_mean;
use crate::access::{RolePlan, SharePlan};
use crate::catalog::Catalog;
use crate::message::MessagePlan;
use crate::problem::Problem;
use crate::workflow::{WorkflowPlan, WorkflowScope};

/// Compiles every role.
pub fn roles(
    sources: &Sources<'_>,
    catalog: &Catalog,
    report: &mut Report,
) -> IndexMap<String, Arc<RolePlan>> {
    let mut plans = IndexMap::new();
    for (key, loaded) in &sources.roles {
        let (def, source) = (&loaded.def, &loaded.source);
        check_role(sources, key, def, source, report);
        match RolePlan::compile(key, def, catalog) {
            Ok(plan) => drop(plans.insert(key.clone(), Arc::new(plan))),
            Err(problems) => report.add_under(source, "", problems),
        }
    }
    plans
}

fn check_role(sources: &Sources<'_>, key: &str, def: &RoleDef, source: &Source, report: &mut Report) {
    if matches!(key, "admin" | "public") {
        let message = said!("角色 `{key}` 是系统自带的。", "The role `{key}` is built in.");
        report.add_code(
            &source.path,
            Problem::error("role.built_in", "", message).help(said!("请换一个标识。", "Choose another key.")),
        );
    }
    for (index, menu) in def.menus.iter().enumerate() {
        sources.expect(Kind::Menu, menu, (source, &format!("/menus/{index}")), report);
    }
}

/// Compiles every share rule.
pub fn shares(
    sources: &Sources<'_>,
    catalog: &Catalog,
    report: &mut Report,
) -> IndexMap<String, Arc<SharePlan>> {
    let mut plans = IndexMap::new();
    for (key, loaded) in &sources.shares {
        let (def, source) = (&loaded.def, &loaded.source);
        for (index, with) in def.with.iter().enumerate() {
            if let ShareWith::Role(with) = with
                && with.role != "admin"
            {
                sources.expect(Kind::Role, &with.role, (source, &format!("/with/{index}/role")), report);
            }
        }
        match SharePlan::compile(key, def, catalog) {
            Ok(plan) => drop(plans.insert(key.clone(), Arc::new(plan))),
            Err(problems) => report.add_under(source, "", problems),
        }
    }
    plans
}

/// Compiles every message with the template beside it.
pub fn messages(
    sources: &Sources<'_>,
    catalog: &Catalog,
    report: &mut Report,
) -> IndexMap<String, Arc<MessagePlan>> {
    let mut plans = IndexMap::new();
    for (key, loaded) in &sources.messages {
        let (def, source) = (&loaded.def, &loaded.source);
        let path = format!("messages/{key}.j2");
        if def.channels.is_empty() {
            let problem = Problem::error(
                "message.channels",
                "/channels",
                said!("没有发送渠道。", "There is no way to send it."),
            );
            report.add(source, problem.help(said!("至少写一个：`email`。", "Name at least one: `email`.")));
        }
        let Some(template) = sources.folder.get(&path) else {
            let message = said!(
                "缺少消息正文：没有 `{path}`。",
                "The text of the message is missing: there is no `{path}`."
            );
            report.add(
                source,
                Problem::error("message.missing_text", "", message)
                    .help(said!("请添加这个文件。", "Add the file.")),
            );
            continue;
        };
        match MessagePlan::compile(key, def, template) {
            Ok(plan) => {
                if let Some(entity) = &def.entity {
                    sources.expect(Kind::Entity, entity, (source, "/entity"), report);
                    report.add_under(source, "", unknown_names(entity, &plan, catalog));
                }
                plans.insert(key.clone(), Arc::new(plan));
            }
            Err(problems) => {
                for problem in problems {
                    match problem.pointer.is_empty() {
                        true => report.add_code(&path, problem),
                        false => report.add_under(source, "", [problem]),
                    }
                }
            }
        }
    }
    plans
}

/// The names a template uses against the fields of its entity.
fn unknown_names(entity: &str, plan: &MessagePlan, catalog: &Catalog) -> Vec<Problem> {
    let Some(info) = catalog.entities.get(entity) else {
        return Vec::new();
    };
    let names = plan.reads();
    let fields = names.iter().filter_map(|name| name.strip_prefix("record.")?.split('.').next());
    let unknown = fields.filter(|field| !info.fields.contains_key(*field));
    let tell = |field: &str| {
        let message = said!(
            "`{entity}` 没有字段 `{field}`，那里会是空的。",
            "`{entity}` has no field `{field}`; the text would stay empty there."
        );
        let help = did_you_mean(field, info.fields.keys().map(String::as_str));
        Problem::error("message.unknown_field", "/entity", message).help(help)
    };
    unknown.map(tell).collect()
}

/// Compiles every workflow.
pub fn workflows(
    sources: &Sources<'_>,
    catalog: &Catalog,
    forms: &IndexMap<String, Arc<FormDef>>,
    report: &mut Report,
) -> IndexMap<String, Arc<WorkflowPlan>> {
    let keys = |kind| sources.keys(kind).map(str::to_owned).collect::<BTreeSet<String>>();
    let (messages, roles, calendars) = (keys(Kind::Message), keys(Kind::Role), keys(Kind::Calendar));
    let scope = WorkflowScope { catalog, forms, messages: &messages, roles: &roles, calendars: &calendars };
    let broken = sources.broken_entities();
    let mut plans = IndexMap::new();
    for (key, loaded) in &sources.workflows {
        if broken.contains(&loaded.def.entity.as_str()) {
            continue;
        }
        let problems = match WorkflowPlan::compile(key, &loaded.def, &scope) {
            Ok((plan, warnings)) => {
                plans.insert(key.clone(), Arc::new(plan));
                warnings
            }
            Err(problems) => problems,
        };
        report.add_under(&loaded.source, "", problems);
    }
    plans
}
