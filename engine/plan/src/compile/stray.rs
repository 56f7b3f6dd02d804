//! Files that nobody reads: scripts that no definition names, texts without a message, unknown folders. And the
//! files beside definitions that only `kezhi test` runs: cases and scenarios.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::def::grade::Method;
use kezhi_types::def::scenario::{CaseDef, ScenarioDef};
use kezhi_types::{Said, said};
use serde::de::DeserializeOwned;

use super::load::Sources;
use super::report::Report;
use super::schema::Beside;
use super::shape;
use super::source::Source;
use super::suggest::{did_you_mean, listed};
use super::words;
use crate::problem::Problem;

/// Folders that hold no definitions but are read.
const OTHER_FOLDERS: &[&str] = &["data", "scenarios", "translations"];

/// Looks at every file that is no definition.
pub fn check(sources: &Sources<'_>, report: &mut Report) {
    let scripts = named_scripts(sources);
    for (path, text) in sources.folder.0.iter().filter(|(path, _)| Folder::definition(path).is_none()) {
        let Some((folder, file)) = path.split_once('/') else {
            at_the_top(path, report);
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
                let message = said!("目录 `{folder}` 用不上。", "Nothing reads the folder `{folder}`.");
                let problem = Problem::warning("file.unknown_folder", "", message);
                report.add_code(
                    path,
                    problem.help(did_you_mean(folder, folders.filter(|name| *name != "manifest"))),
                );
            }
        }
    }
}

/// A file at the top of the folder; what people read there, such as `README.md` and `LICENSE`, is no slip.
fn at_the_top(path: &str, report: &mut Report) {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    if matches!(extension, None | Some("md" | "txt")) {
        return;
    }
    let message = said!("没有用到 `{path}` 这个文件。", "Nothing reads the file `{path}`.");
    report.add_code(
        path,
        Problem::warning("file.unused", "", message).help(said!(
            "最外层只放 `manifest.json`，其他定义放在各自的目录里，例如 `rules/`。",
            "Only `manifest.json` lies at the top; other definitions lie in folders such as `rules/`."
        )),
    );
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
    let unused = |message: Said, help: Said| Problem::warning("file.unused", "", message).help(help);
    if let Some(key) = file.strip_suffix(".cases.json") {
        if !matches!(kind, Kind::Rule | Kind::Grade) || !sources.knows(kind, key) {
            let message = said!(
                "这些用例没有对象：没有{} `{key}`。",
                "These are cases of nothing: there is no {} `{key}`.";
                words::definition(kind)
            );
            report.add_code(path, unused(message, did_you_mean(key, sources.keys(kind))));
        }
        read::<Vec<CaseDef>>((path, text), Some(Beside::Cases), "case.shape", report);
    } else if file.ends_with(".rhai") && matches!(kind, Kind::Rule | Kind::Grade) {
        let broken = sources.keys(kind).any(|key| match kind {
            Kind::Rule => !sources.rules.contains_key(key),
            _ => !sources.grades.contains_key(key),
        });
        if !scripts.contains(path) && !broken {
            let message = said!("没有定义用到这个脚本。", "No definition names this script.");
            report.add_code(
                path,
                unused(
                    message,
                    said!("请用 `script` 引用它，或者删去。", "Name it by `script`, or remove it."),
                ),
            );
        }
    } else if let Some(key) = file.strip_suffix(".j2").filter(|_| kind == Kind::Message) {
        if !sources.knows(kind, key) {
            let message =
                said!("没有消息 `{key}` 使用这段正文。", "There is no message `{key}` for this text.");
            report.add_code(path, unused(message, did_you_mean(key, sources.keys(kind))));
        }
    } else {
        let message = said!("`{}` 里的这个文件用不上。", "Nothing reads this file in `{}`.", kind.folder());
        report.add_code(
            path,
            unused(message, said!("定义文件以 `.json` 结尾。", "Definitions end in `.json`.")),
        );
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
            said!("这一步什么也没做。", "The step does nothing.")
        } else {
            said!("这一步做了几件事：{}。", "The step does several things: {}."; listed(deeds.iter().copied()))
        };
        let help = said!(
            "一步是 create、update、delete、submit、task、after、expect 之一。",
            "A step is one of create, update, delete, submit, task, after and expect."
        );
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
            let message = said!("内容读不懂：{}。", "This cannot be read: {}.", error.inner());
            report.add(&source, Problem::error(code, pointer, message));
            None
        }
    }
}
