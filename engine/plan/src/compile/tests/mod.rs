//! Whole folders: what compiles, what is told, what follows from it.

mod docs;
mod findings;
mod golden;
mod mangled;
mod plans;

use std::path::{Path, PathBuf};

use kezhi_types::def::files::Folder;
use kezhi_types::{Diagnostic, Severity};
use serde_json::Value;

use super::compile;
use crate::fixture::assert_bilingual;

/// The top of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The definitions and code files below a folder of the repository.
fn folder(path: &str) -> Folder {
    let mut folder = Folder::default();
    read(&root().join(path), "", &mut folder);
    assert!(!folder.0.is_empty(), "{path} holds no file");
    folder
}

fn read(path: &Path, prefix: &str, into: &mut Folder) {
    for entry in std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
        let entry = entry.expect("a folder can be listed");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            if name != "data" {
                read(&entry.path(), &format!("{name}/"), into);
            }
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            into.0.insert(name, text);
        }
    }
}

fn shown(found: &Diagnostic) -> String {
    assert_bilingual(&found.code, &found.message, &found.help);
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    format!(
        "{}:{}:{}: {severity}[{}]: {}",
        found.path, found.line, found.column, found.code, found.message.en
    )
}

fn told(folder: &Folder) -> Vec<String> {
    compile(folder, 1).diagnostics.iter().map(shown).collect()
}

/// The example app with one file changed.
fn edited(path: &str, edit: impl FnOnce(&mut Value)) -> Folder {
    let mut folder = folder("docs/examples");
    let mut value: Value = serde_json::from_str(&folder.0[path]).expect("an example is JSON");
    edit(&mut value);
    folder.0.insert(path.to_owned(), serde_json::to_string_pretty(&value).expect("JSON"));
    folder
}
