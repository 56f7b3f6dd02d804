//! Code files beside definitions: found by name, compiled where they stand.

use kezhi_types::said;

use super::load::Sources;
use super::report::Report;
use super::source::Source;
use super::suggest::did_you_mean;
use crate::condition::Scope;
use crate::problem::Problem;
use crate::script::{ScriptKind, ScriptPlan};

/// The name of a script, and where it stands: the file of the definition and the pointer in it.
pub struct Named<'a> {
    /// `order_limit.rhai`
    pub file: &'a str,
    /// The definition's file.
    pub source: &'a Source,
    /// Where it names the script.
    pub pointer: &'a str,
}

/// Compiles the script that a definition names. It lies in the folder of the definition.
pub fn compile(
    sources: &Sources<'_>,
    named: &Named<'_>,
    scope: &Scope<'_>,
    kind: ScriptKind,
    report: &mut Report,
) -> Option<ScriptPlan> {
    let Named { file, source, pointer } = *named;
    let folder = source.path.split_once('/').map_or("", |(folder, _)| folder);
    let path = format!("{folder}/{file}");
    let Some(text) = sources.folder.get(&path).filter(|_| file.ends_with(".rhai") && !file.contains('/'))
    else {
        let prefix = format!("{folder}/");
        let beside = sources.folder.0.keys().filter_map(|path| path.strip_prefix(&prefix));
        let scripts = beside.filter(|name| name.ends_with(".rhai"));
        let message = said!("`{folder}` 里没有脚本 `{file}`。", "There is no script `{file}` in `{folder}`.");
        let problem = Problem::error("script.missing", pointer, message);
        report.add(source, problem.help(did_you_mean(file, scripts)));
        return None;
    };
    match ScriptPlan::compile(&path, text, scope, kind) {
        Ok(plan) => Some(plan),
        Err(problems) => {
            for problem in problems {
                report.add_code(&path, problem);
            }
            None
        }
    }
}
