//! Files that nobody reads: scripts that no definition names, texts without a message, unknown folders. And the
//! files beside definitions that only `kezhi test` runs: cases and scenarios.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::def::grade::Method;
use kezhi_types::def::scenario::{CaseDef, ScenarioDef};
use serde::de::DeserializeOwned;

use super::load::Sources;
use super::report::Report;
use super::schema::Beside;
use super::shape;
use super::source::Source;
use super::suggest::{did_you_mean, listed};
use crate::problem::Problem;

/// Folders that hold no definitions but are read.
const OTHER_FOLDERS: &[&str] = &["data", "scenarios", "translations"];

/// Looks at every file that is no definition.
pub fn check(sources: &Sources<'_>, report: &mut Report) {
    let scripts = named_scripts(sources);
    for (path, text) in sources.folder.0.iter().filter(|(path, _)| Folder::definition(path).is_none()) {
        let Some((folder, file)) = path.split_once('/') else {
            continue;
        };
        match Kind::of_folder(folder) {
            Some(kind) => beside(sources, kind, (path, file, text), &scripts, report),
            None if folder == "scenarios" && file.ends_with(".json") => {
                scenario(path, text, report);
            }
            None if folder == "translations" && file.ends_with(".json") => {
                read::<BTreeMap<String, String>>((path, text), None, "translation.shape", report);
            }
            None if OTHER_FOLDERS.contains(&folder) => {}
            None => {
                let folders = Kind::ALL.into_iter().map(Kind::folder).chain(OTHER_FOLDERS.iter().copied());
                let message = format!("Nothing reads the folder `{folder}`.");
                let problem = Problem::warning("file.unknown_folder", "", message);
                report.add_code(
                    path,
                    problem.help(did_you_mean(folder, folders.filter(|name| *name != "manifest"))),
                );
            }
        }
    }
}

fn named_scripts(sources: &Sources<'_>) -> BTreeSet<String> {
    let rules =
        sources.rules.values().filter_map(|loaded| Some(format!("rules/{}", loaded.def.script.as_ref()?)));
    let grades = sources.grades.values().filter_map(|loaded| match &loaded.def.method {
        Method::Script(file) => Some(format!("grades/{file}")),
        Method::Table(_) => None,
    });
    rules.chain(grades).collect()
}

fn beside(
    sources: &Sources<'_>,
    kind: Kind,
    (path, file, text): (&str, &str, &str),
    scripts: &BTreeSet<String>,
    report: &mut Report,
) {
    let unused = |message: String, help: String| Problem::warning("file.unused", "", message).help(help);
    if let Some(key) = file.strip_suffix(".cases.json") {
        if !matches!(kind, Kind::Rule | Kind::Grade) || !sources.knows(kind, key) {
            let message = format!("These are cases of nothing: there is no {} `{key}`.", kind.name());
            report.add_code(path, unused(message, did_you_mean(key, sources.keys(kind))));
        }
        read::<Vec<CaseDef>>((path, text), Some(Beside::Cases), "case.shape", report);
    } else if file.ends_with(".rhai") && matches!(kind, Kind::Rule | Kind::Grade) {
        let broken = sources.keys(kind).any(|key| match kind {
            Kind::Rule => !sources.rules.contains_key(key),
            _ => !sources.grades.contains_key(key),
        });
        if !scripts.contains(path) && !broken {
            let message = "No definition names this script.".to_owned();
            report.add_code(path, unused(message, "Name it by `script`, or remove it.".to_owned()));
        }
    } else if let Some(key) = file.strip_suffix(".j2").filter(|_| kind == Kind::Message) {
        if !sources.knows(kind, key) {
            let message = format!("There is no message `{key}` for this text.");
            report.add_code(path, unused(message, did_you_mean(key, sources.keys(kind))));
        }
    } else {
        let message = format!("Nothing reads this file in `{}`.", kind.folder());
        report.add_code(path, unused(message, "Definitions end in `.json`.".to_owned()));
    }
}

/// A step that does nothing, or two things at once, is told as well.
fn scenario(path: &str, text: &str, report: &mut Report) {
    let Some((source, scenario)) =
        read::<ScenarioDef>((path, text), Some(Beside::Scenario), "scenario.shape", report)
    else {
        return;
    };
    for (index, step) in scenario.steps.iter().enumerate() {
        let deeds = step.deeds();
        if deeds.len() == 1 {
            continue;
        }
        let message = if deeds.is_empty() {
            "The step does nothing.".to_owned()
        } else {
            format!("The step does several things: {}.", listed(deeds.iter().copied()))
        };
        let help = "A step is one of create, update, delete, submit, task, after and expect.";
        let problem = Problem::error("scenario.step", format!("/steps/{index}"), message);
        report.add(&source, problem.help(help));
    }
}

/// Reads a file that is not compiled, to tell early what is wrong with it.
fn read<T: DeserializeOwned>(
    (path, text): (&str, &str),
    beside: Option<Beside>,
    code: &'static str,
    report: &mut Report,
) -> Option<(Source, T)> {
    let (source, mut problems) = Source::read(path, text);
    let is_json = problems.iter().all(|problem| problem.code == "json.duplicate_key");
    if let Some(beside) = beside.filter(|_| is_json) {
        problems.extend(shape::check_beside(beside, &source.value));
    }
    let is_right = problems.iter().all(|problem| problem.code == "json.duplicate_key");
    for problem in problems {
        report.add(&source, problem);
    }
    if !is_right {
        return None;
    }
    match serde_path_to_error::deserialize(&source.value) {
        Ok(read) => Some((source, read)),
        Err(error) => {
            let pointer = super::load::pointer_of(error.path());
            let message = format!("This cannot be read: {}.", error.inner());
            report.add(&source, Problem::error(code, pointer, message));
            None
        }
    }
}
