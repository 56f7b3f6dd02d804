//! Commands over a folder of definitions: `check`, `test`, `schema`.

use std::path::Path;

use kezhi_plan::compile::{compile, schema};
use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::{Diagnostic, Severity};
use serde_json::json;

use super::{Failure, say};

/// The largest file that is read as part of a folder, in bytes.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// `kezhi check DIR`.
pub fn check(dir: &Path, as_json: bool) -> Result<(), Failure> {
    let (folder, unreadable) = read_all(dir)?;
    let mut diagnostics: Vec<_> = unreadable.into_iter().map(not_text).collect();
    diagnostics.extend(compile(&folder, 0).diagnostics);
    if as_json {
        say(json!({ "diagnostics": diagnostics }).to_string());
    }
    for found in diagnostics.iter().filter(|_| !as_json) {
        let severity = json!(found.severity);
        let severity = severity.as_str().unwrap_or("error");
        let place = dir.join(&found.path);
        say(format!(
            "{}:{}:{}: {severity}[{}]: {}",
            place.display(),
            found.line,
            found.column,
            found.code,
            found.message
        ));
        if !found.help.is_empty() {
            say(format!("  help: {}", found.help));
        }
    }
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    if errors > 0 {
        return Err(Failure::Input(if as_json {
            String::new()
        } else {
            format!("{errors} error(s) in {}", dir.display())
        }));
    }
    if !as_json {
        say(format!("{}: {} file(s), no errors", dir.display(), folder.0.len()));
    }
    Ok(())
}

/// `kezhi test DIR`.
pub async fn test(dir: &Path) -> Result<(), Failure> {
    let folder = read(dir)?;
    let results = kezhi_runtime::scenarios::run(&folder, super::operator::worker()?).await;
    let results = results.map_err(|error| match error {
        kezhi_runtime::Error::Definitions(found) => Failure::Input(format!(
            "the definitions have {} finding(s); run `kezhi check {}`",
            found.len(),
            dir.display()
        )),
        other => Failure::Environment(other.to_string()),
    })?;
    let mut failed = 0;
    for result in &results {
        let mark = if result.passed { "ok  " } else { "FAIL" };
        say(format!("{mark} {}: {}", result.file, result.title));
        for failure in &result.failures {
            say(format!("       {failure}"));
        }
        failed += usize::from(!result.passed);
    }
    say(format!("{} passed, {failed} failed", results.len() - failed));
    if failed > 0 { Err(Failure::Input(String::new())) } else { Ok(()) }
}

/// `kezhi schema DIR`.
pub fn schema(dir: &Path) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::Environment(format!("{}: {error}", dir.display()));
    std::fs::create_dir_all(dir).map_err(broken)?;
    let of_kinds = Kind::ALL.into_iter().map(|kind| (schema::file_name(kind), schema::file_text(kind)));
    let beside = schema::Beside::ALL.into_iter().map(|one| (one.file_name().to_owned(), one.file_text()));
    for (name, text) in of_kinds.chain(beside) {
        std::fs::write(dir.join(name), text).map_err(broken)?;
    }
    Ok(())
}

/// The files of a folder, dotted ones and programs left out.
pub fn read(dir: &Path) -> Result<Folder, Failure> {
    let (folder, unreadable) = read_all(dir)?;
    match unreadable.first() {
        None => Ok(folder),
        Some(path) => Err(Failure::Input(format!("{} is not text in UTF-8", dir.join(path).display()))),
    }
}

/// The same, with the paths of those that are no text.
fn read_all(dir: &Path) -> Result<(Folder, Vec<String>), Failure> {
    let (mut folder, mut unreadable) = (Folder::default(), Vec::new());
    read_into(dir, "", (&mut folder, &mut unreadable))?;
    let mut paths = folder.0.keys().chain(&unreadable);
    if !paths.any(|path| Folder::definition(path).is_some()) {
        return Err(Failure::Input(format!(
            "{}: there are no definitions in it; a folder of definitions holds manifest.json, entities/, forms/ …",
            dir.display()
        )));
    }
    Ok((folder, unreadable))
}

fn not_text(path: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "file.encoding".to_owned(),
        message: "This is not text in UTF-8.".to_owned(),
        help: "Save it again in UTF-8.".to_owned(),
        path,
        pointer: String::new(),
        line: 1,
        column: 1,
    }
}

fn read_into(
    dir: &Path,
    prefix: &str,
    (folder, unreadable): (&mut Folder, &mut Vec<String>),
) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::Input(format!("{}: {error}", dir.display()));
    for entry in std::fs::read_dir(dir).map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let about = entry.metadata().map_err(broken)?;
        if name.starts_with('.') || name.ends_with(".mjs") {
            continue;
        }
        if about.is_dir() {
            read_into(&entry.path(), &format!("{path}/"), (&mut *folder, &mut *unreadable))?;
            continue;
        }
        if about.len() > FILE_LIMIT {
            return Err(Failure::Input(format!("{path} is larger than {FILE_LIMIT} bytes")));
        }
        let bytes = std::fs::read(entry.path())
            .map_err(|error| Failure::Input(format!("{}: {error}", entry.path().display())))?;
        match String::from_utf8(bytes) {
            Ok(text) => _ = folder.0.insert(path, text),
            Err(_) => unreadable.push(path),
        }
    }
    Ok(())
}
