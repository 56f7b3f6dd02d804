//! What changes between two folders, in sentences: for the plan before publishing, and for `kezhi plan`.
//!
//! Definitions are compared by meaning, not by text: reformatting a file changes nothing. What loses stored data,
//! or breaks what others rely on, is marked as destructive and has to be confirmed by its id.

mod entity;
mod sentence;
mod workflow;

use std::collections::BTreeSet;

use kezhi_types::Fields;
use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::text::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::compile::format;

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The file.
    pub path: String,
    /// What kind of change: `field_added`; the key of its sentence.
    pub code: String,
    /// What fills the sentence.
    pub args: Fields,
    /// The name to confirm, where the change loses data: `field_removed:customer.phone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<String>,
}

impl Change {
    /// The change as one sentence.
    pub fn sentence(&self, language: Language) -> String {
        sentence::sentence(language, &self.code, &self.args)
    }

    /// The change for an interface: `{path, code, text, destructive}`.
    pub fn view(&self, language: Language) -> Value {
        serde_json::json!({
            "path": self.path, "code": self.code, "text": self.sentence(language), "destructive": self.destructive
        })
    }

    fn new(path: &str, code: &str, args: &[(&str, &str)]) -> Self {
        let args = args.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        Self { path: path.to_owned(), code: code.to_owned(), args, destructive: None }
    }

    fn destructive(mut self, of: &str) -> Self {
        self.destructive = Some(format!("{}:{of}", self.code));
        self
    }
}

/// Every change from `old` to `new`, by path. Files that cannot be read count as changed as a whole.
pub fn changes(old: &Folder, new: &Folder) -> Vec<Change> {
    let paths: BTreeSet<&String> = old.0.keys().chain(new.0.keys()).collect();
    let mut changes = Vec::new();
    for path in paths {
        match (old.get(path), new.get(path)) {
            (before, after) if before == after => {}
            (before, after) => compare(path, before, after, &mut changes),
        }
    }
    changes
}

fn compare(path: &str, before: Option<&str>, after: Option<&str>, changes: &mut Vec<Change>) {
    let Some((kind, key)) = Folder::definition(path) else {
        let code = match (before, after) {
            (None, _) => "file_added",
            (_, None) => "file_removed",
            _ => "file_changed",
        };
        changes.push(Change::new(path, code, &[("path", path)]));
        return;
    };
    let normal = |text: Option<&str>| text.map(|text| format(kind, text).unwrap_or_else(|_| text.to_owned()));
    let (before, after) = (normal(before), normal(after));
    let (before, after) = (before.as_deref(), after.as_deref());
    let title = title(after).or_else(|| title(before)).unwrap_or_else(|| key.to_owned());
    let args = [("kind", kind.name()), ("key", key), ("title", title.as_str())];
    match (before, after) {
        (None, _) => changes.push(Change::new(path, "added", &args)),
        (_, None) if kind == Kind::Entity => {
            changes.push(Change::new(path, "entity_removed", &args).destructive(key));
        }
        (_, None) => changes.push(Change::new(path, "removed", &args)),
        (Some(before), Some(after)) => {
            let told = changes.len();
            inside(path, (kind, key), (before, after), changes);
            if changes.len() == told && !same(before, after) {
                changes.push(Change::new(path, "changed", &args));
            }
        }
    }
}

/// What changed inside a definition, where there is more to say than that it changed.
fn inside(path: &str, (kind, key): (Kind, &str), (before, after): (&str, &str), changes: &mut Vec<Change>) {
    if let (Some(from), Some(to)) = (title(Some(before)), title(Some(after)))
        && from != to
    {
        changes.push(Change::new(path, "retitled", &[("kind", kind.name()), ("from", &from), ("to", &to)]));
    }
    match kind {
        Kind::Entity => entity::compare(path, key, (before, after), changes),
        Kind::Workflow => workflow::compare(path, (before, after), changes),
        _ => {
            let titled = title(Some(after)).unwrap_or_else(|| key.to_owned());
            let (Some(before), Some(after)) = (without_title(before), without_title(after)) else {
                return;
            };
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for part in keys.into_iter().filter(|part| before.get(*part) != after.get(*part)) {
                changes.push(Change::new(
                    path,
                    "part_changed",
                    &[("kind", kind.name()), ("key", key), ("part", part), ("title", &titled)],
                ));
            }
        }
    }
}

fn without_title(text: &str) -> Option<Fields> {
    let mut members: Fields = serde_json::from_str(text).ok()?;
    members.retain(|key, _| key != "title" && key != "$schema");
    Some(members)
}

fn title(text: Option<&str>) -> Option<String> {
    let value: Value = serde_json::from_str(text?).ok()?;
    value.get("title")?.as_str().map(str::to_owned)
}

fn same(before: &str, after: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    match (read(before), read(after)) {
        (Some(before), Some(after)) => before == after,
        _ => before == after,
    }
}

#[cfg(test)]
mod tests;
