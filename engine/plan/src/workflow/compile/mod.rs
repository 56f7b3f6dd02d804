//! A workflow file to a [`WorkflowPlan`], with everything that is wrong with it at once.

mod graph;
mod node;
mod people;
mod trigger;
mod value;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::condition::Condition;
use kezhi_types::def::screen::FormDef;
use kezhi_types::def::workflow::{NodeDef, WorkflowDef};
use kezhi_types::{Said, Severity, said};

use super::plan::{Settings, WorkflowPlan};
use crate::calendar::Duration;
use crate::catalog::Catalog;
use crate::condition::{ConditionPlan, Reads, Scope};
use crate::problem::Problem;
use crate::suggest::did_you_mean;

/// What a workflow may refer to.
#[derive(Debug, Clone, Copy)]
pub struct WorkflowScope<'a> {
    /// Entities and fields.
    pub catalog: &'a Catalog,
    /// Forms by key, generated ones included.
    pub forms: &'a IndexMap<String, Arc<FormDef>>,
    /// Keys of the messages.
    pub messages: &'a BTreeSet<String>,
    /// Keys of the roles; `admin` needs not be among them.
    pub roles: &'a BTreeSet<String>,
    /// Keys of the work calendars.
    pub calendars: &'a BTreeSet<String>,
}

impl WorkflowPlan {
    /// Compiles a workflow. `Ok` carries the warnings.
    ///
    /// # Errors
    /// Every problem, errors and warnings, with pointers relative to the file.
    pub fn compile(
        key: &str,
        def: &WorkflowDef,
        scope: &WorkflowScope<'_>,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let Some(_) = scope.catalog.entities.get(&def.entity) else {
            let problem =
                Problem::error("workflow.unknown_entity", "/entity", unknown("entity", &def.entity));
            let known = scope.catalog.entities.keys().map(String::as_str);
            return Err(vec![problem.help(did_you_mean(&def.entity, known))]);
        };
        let mut compiler = Compiler {
            scope: *scope,
            def,
            probes: Cell::new(0),
            reads: Reads::default(),
            trigger_reads: Reads::default(),
            problems: Vec::new(),
        };
        let trigger = compiler.trigger();
        let mut nodes = IndexMap::new();
        for (name, node) in &def.nodes {
            if let Some(plan) = compiler.node(name, node) {
                nodes.insert(name.clone(), plan);
            }
        }
        graph::check(def, &mut compiler.problems);
        let failed = compiler.problems.iter().any(|problem| problem.severity == Severity::Error);
        match trigger {
            Some(trigger) if !failed => {
                let plan = Self {
                    key: key.to_owned(),
                    def: Arc::new(def.clone()),
                    trigger,
                    trigger_reads: compiler.trigger_reads,
                    nodes,
                    settings: settings(def),
                };
                Ok((plan, compiler.problems))
            }
            _ => Err(compiler.problems),
        }
    }
}

/// One workflow on its way.
struct Compiler<'a> {
    scope: WorkflowScope<'a>,
    def: &'a WorkflowDef,
    probes: Cell<u32>,
    reads: Reads,
    trigger_reads: Reads,
    problems: Vec<Problem>,
}

impl Compiler<'_> {
    fn error(
        &mut self,
        code: &'static str,
        pointer: impl Into<String>,
        message: impl Into<Said>,
        help: impl Into<Said>,
    ) {
        self.problems.push(Problem::error(code, pointer, message).help(help));
    }

    /// A condition of a node, over the run's record.
    fn condition(&mut self, condition: &Condition, pointer: &str) -> Option<ConditionPlan> {
        let scope = Scope::of(self.scope.catalog, &self.def.entity, &self.probes);
        let plan = ConditionPlan::compile(condition, &scope);
        self.keep(plan, pointer).inspect(|plan| self.reads.merge(plan.reads()))
    }

    /// The plan, or its problems in their place.
    fn keep<T>(&mut self, result: Result<T, Vec<Problem>>, pointer: &str) -> Option<T> {
        match result {
            Ok(plan) => Some(plan),
            Err(problems) => {
                self.problems.extend(problems.into_iter().map(|problem| problem.under(pointer)));
                None
            }
        }
    }

    fn duration(&mut self, text: &str, pointer: &str, sign: Sign) -> Option<Duration> {
        let parsed = match Duration::parse(text) {
            Ok(duration) if sign == Sign::Any || duration.amount > 0 => return Some(duration),
            Ok(_) => said!("`{text}` 不大于零", "`{text}` is not longer than nothing"),
            Err(sentence) => sentence,
        };
        let help = said!(
            "写数字加单位 s、min、h、d、w、month、y，例如 `2d`。",
            "Write a number and one of s, min, h, d, w, month, y, such as `2d`."
        );
        self.error("workflow.duration", pointer, parsed, help);
        None
    }

    /// The column and field at the end of a path from the workflow's entity; noted as read.
    /// A path that a node follows when it is carried out; there a lookup is written as what it reads.
    fn path(&mut self, path: &str, pointer: &str) -> Option<crate::catalog::ResolvedPath> {
        let resolved = self.shown(path, pointer)?;
        if resolved.looked_up {
            let message = said!("`{path}` 是引用字段，并不保存", "`{path}` is a lookup, which is not stored");
            let help = said!("请写 `{}`", "write `{}`", resolved.text());
            self.error("workflow.lookup", pointer.to_owned(), message, help);
            return None;
        }
        Some(resolved)
    }

    /// A path that a text shows.
    fn shown(&mut self, path: &str, pointer: &str) -> Option<crate::catalog::ResolvedPath> {
        let resolved = self.scope.catalog.resolve(&self.def.entity, path).map_err(|problem| vec![problem]);
        let resolved = self.keep(resolved, pointer)?;
        self.reads.merge(&value::reads_of(path, &resolved));
        Some(resolved)
    }
}

/// Which durations are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Longer than nothing.
    Positive,
    /// Any.
    Any,
}

fn settings(def: &WorkflowDef) -> Settings {
    let given = def.settings.clone().unwrap_or_default();
    let approves = def.nodes.values().any(|node| matches!(node, NodeDef::Approval(_)));
    Settings {
        withdraw: given.withdraw.unwrap_or_default(),
        self_approval: given.self_approval.unwrap_or_default(),
        duplicate: given.duplicate.unwrap_or_default(),
        lock: given.lock.unwrap_or(approves),
    }
}

fn unknown(what: &str, key: &str) -> Said {
    let zh = match what {
        "entity" => "实体",
        "message" => "消息",
        "calendar" => "工作日历",
        "node" => "节点",
        "field" => "字段",
        "role" => "角色",
        _ => "本实体的表单",
    };
    Said { zh: format!("没有{zh} `{key}`"), en: format!("there is no {what} `{key}`") }
}

/// A key as a part of a JSON pointer.
fn part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
