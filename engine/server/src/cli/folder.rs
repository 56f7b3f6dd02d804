//! Commands over a folder of definitions: `check`, `test`, `schema`.

use std::path::Path;

use kezhi_plan::compile::{compile, schema};
use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::diagnostic::views;
use kezhi_types::{Diagnostic, Severity, said};
use serde_json::json;

use super::{Failure, language, say};

/// The largest file that is read as part of a folder, in bytes.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// `kezhi check DIR`.
pub fn check(dir: &Path, as_json: bool) -> Result<(), Failure> {
    let (folder, found) = checked(dir)?;
    if as_json {
        say(json!({ "diagnostics": views(&found, language()) }).to_string());
        return if errors(&found) > 0 { Err(Failure::Input(String::new())) } else { Ok(()) };
    }
    refuse(dir, &found)?;
    let (place, files) = (dir.display(), folder.0.len());
    say(told!("{place}：{files} 个文件，没有错误", "{place}: {files} file(s), no errors"));
    Ok(())
}

/// `kezhi test DIR`.
pub async fn test(dir: &Path) -> Result<(), Failure> {
    let folder = read(dir)?;
    let results = match kezhi_runtime::scenarios::run(&folder, super::operator::worker()?).await {
        Ok(results) => results,
        Err(kezhi_runtime::Error::Definitions(found)) => {
            refuse(dir, &found)?;
            return Ok(());
        }
        Err(other) => return Err(Failure::Environment(other.to_string())),
    };
    let mut failed = 0;
    for result in &results {
        let mark = if result.passed { "ok  " } else { "FAIL" };
        say(format!("{mark} {}: {}", result.file, result.title));
        for failure in &result.failures {
            say(format!("       {failure}"));
        }
        failed += usize::from(!result.passed);
    }
    let passed = results.len() - failed;
    say(told!("{passed} 个通过，{failed} 个失败", "{passed} passed, {failed} failed"));
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

/// The files of a folder, dotted ones and programs left out. With one that is no text among them every finding is told.
pub fn read(dir: &Path) -> Result<Folder, Failure> {
    let (folder, unreadable) = read_all(dir)?;
    if !unreadable.is_empty() {
        refuse(dir, &findings(&folder, unreadable))?;
    }
    Ok(folder)
}

/// The files of a folder, and everything that is found in them.
fn checked(dir: &Path) -> Result<(Folder, Vec<Diagnostic>), Failure> {
    let (folder, unreadable) = read_all(dir)?;
    let found = findings(&folder, unreadable);
    Ok((folder, found))
}

/// What is found in a folder. A file that is no text counts as there, so that nothing is told because of it.
fn findings(folder: &Folder, unreadable: Vec<String>) -> Vec<Diagnostic> {
    let mut folder = folder.clone();
    folder.0.extend(unreadable.iter().map(|path| (path.clone(), String::new())));
    let others =
        compile(&folder, 0).diagnostics.into_iter().filter(|found| !unreadable.contains(&found.path));
    let mut found: Vec<_> = others.collect();
    found.extend(unreadable.into_iter().map(not_text));
    found.sort_by(|one, other| {
        (&one.path, one.line, one.column).cmp(&(&other.path, other.line, other.column))
    });
    found
}

fn errors(found: &[Diagnostic]) -> usize {
    found.iter().filter(|found| found.severity == Severity::Error).count()
}

/// Prints every finding; a failure where one of them is an error.
fn refuse(dir: &Path, found: &[Diagnostic]) -> Result<(), Failure> {
    for found in found {
        let severity = json!(found.severity);
        let severity = severity.as_str().unwrap_or("error");
        let (place, line, column) = (dir.join(&found.path), found.line, found.column);
        let message = found.message.to(language());
        say(format!("{}:{line}:{column}: {severity}[{}]: {message}", place.display(), found.code));
        if !found.help.is_empty() {
            let help = found.help.to(language());
            say(told!("  建议：{help}", "  help: {help}"));
        }
    }
    let (count, place) = (errors(found), dir.display());
    match count {
        0 => Ok(()),
        _ => Err(Failure::Input(told!("{place} 里有 {count} 个错误", "{count} error(s) in {place}"))),
    }
}

/// The same, with the paths of those that are no text.
fn read_all(dir: &Path) -> Result<(Folder, Vec<String>), Failure> {
    let (mut folder, mut unreadable) = (Folder::default(), Vec::new());
    read_into(dir, "", (&mut folder, &mut unreadable))?;
    let mut paths = folder.0.keys().chain(&unreadable);
    if !paths.any(|path| Folder::definition(path).is_some()) {
        let place = dir.display();
        return Err(Failure::Input(told!(
            "{place}：里面没有定义；定义的目录里有 manifest.json、entities/、forms/ 等",
            "{place}: there are no definitions in it; a folder of definitions holds manifest.json, entities/, forms/ …"
        )));
    }
    Ok((folder, unreadable))
}

fn not_text(path: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: "file.encoding".to_owned(),
        message: said!("文件不是 UTF-8 编码的文本。", "This is not text in UTF-8."),
        help: said!("请另存为 UTF-8 编码。", "Save it again in UTF-8."),
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
            return Err(Failure::Input(told!(
                "{path} 超过 {FILE_LIMIT} 字节",
                "{path} is larger than {FILE_LIMIT} bytes"
            )));
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
