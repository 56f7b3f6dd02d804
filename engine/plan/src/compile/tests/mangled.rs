//! Compiling never panics: the examples, mangled in every way, give findings or an app.

use kezhi_types::Severity;
use kezhi_types::def::files::Folder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::folder;
use crate::compile::{compile, format};

/// One way to spoil a file.
#[derive(Debug, Clone)]
enum Spoil {
    /// Cuts the text at a character.
    Cut(usize),
    /// Replaces a character.
    Replace(usize, char),
    /// Puts another value in place of one of the values.
    Value(usize, usize),
    /// Takes a member or an item out.
    Remove(usize),
    /// Renames a key.
    Rename(usize),
}

fn spoils() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        any::<usize>().prop_map(Spoil::Cut),
        (any::<usize>(), any::<char>()).prop_map(|(at, with)| Spoil::Replace(at, with)),
        (any::<usize>(), any::<usize>()).prop_map(|(at, with)| Spoil::Value(at, with)),
        any::<usize>().prop_map(Spoil::Remove),
        any::<usize>().prop_map(Spoil::Rename),
    ]
}

fn spoil(text: &str, spoil: &Spoil) -> String {
    let characters: Vec<char> = text.chars().collect();
    match spoil {
        Spoil::Cut(at) => characters[..at % (characters.len() + 1)].iter().collect(),
        Spoil::Replace(at, with) => {
            let at = at % characters.len().max(1);
            characters
                .iter()
                .enumerate()
                .map(|(index, kept)| if index == at { *with } else { *kept })
                .collect()
        }
        Spoil::Value(at, with) => in_tree(text, *at, |parent, key| {
            if let Some(place) = parent.pointer_mut(key) {
                *place = replacements()[with % replacements().len()].clone();
            }
        }),
        Spoil::Remove(at) => in_tree(text, *at, |tree, pointer| {
            let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", ""));
            match tree.pointer_mut(parent) {
                Some(Value::Object(object)) => drop(object.shift_remove(key)),
                Some(Value::Array(items)) => {
                    let index = key.parse().unwrap_or(0);
                    if index < items.len() {
                        items.remove(index);
                    }
                }
                _ => {}
            }
        }),
        Spoil::Rename(at) => in_tree(text, *at, |tree, pointer| {
            let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", ""));
            if let Some(Value::Object(object)) = tree.pointer_mut(parent)
                && let Some(value) = object.shift_remove(key)
            {
                object.insert(format!("{key}x"), value);
            }
        }),
    }
}

fn replacements() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(9_007_199_254_740_993_u64),
        json!(0.5),
        json!(""),
        json!("name"),
        json!("customer.referrer.referrer.referrer.name"),
        json!("{{ record."),
        json!("a(((("),
        json!([]),
        json!({}),
        json!({ "field": "name", "op": "eq", "value": { "ref": "record.nothing" } }),
        json!({ "all": [] }),
        json!({ "expr": "1 / 0" }),
    ]
}

/// Changes one of the values of a file; a file that is no JSON stays as it is.
fn in_tree(text: &str, at: usize, change: impl FnOnce(&mut Value, &str)) -> String {
    let Ok(mut tree) = serde_json::from_str::<Value>(text) else {
        return text.to_owned();
    };
    let mut pointers = Vec::new();
    gather(&tree, String::new(), &mut pointers);
    let Some(pointer) = pointers.get(at % pointers.len().max(1)).cloned() else {
        return text.to_owned();
    };
    change(&mut tree, &pointer);
    tree.to_string()
}

fn gather(value: &Value, pointer: String, into: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, inner)| gather(inner, format!("{pointer}/{key}"), into));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, inner)| gather(inner, format!("{pointer}/{index}"), into));
        }
        _ => {}
    }
    if !pointer.is_empty() {
        into.push(pointer);
    }
}

fn depth() -> u32 {
    let factor = std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    96 * factor
}

proptest! {
    #![proptest_config(ProptestConfig { cases: depth(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_spoiled_app_is_told_and_never_panics(
        changes in proptest::collection::vec((any::<usize>(), spoils()), 1..4)
    ) {
        let mut app: Folder = folder("docs/examples");
        let paths: Vec<String> = app.0.keys().cloned().collect();
        for (file, how) in &changes {
            let path = &paths[file % paths.len()];
            let text = spoil(&app.0[path], how);
            app.0.insert(path.clone(), text);
        }
        let compiled = compile(&app, 1);
        let failed = compiled.diagnostics.iter().any(|found| found.severity == Severity::Error);
        prop_assert_eq!(compiled.plan.is_some(), !failed);
        for found in &compiled.diagnostics {
            prop_assert!(found.line >= 1 && found.column >= 1, "{:?}", found);
            prop_assert!(!found.message.is_empty() && !found.code.is_empty());
            let is_han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
            prop_assert!(found.message.zh.contains(is_han), "{:?}", found);
        }
        for (path, text) in &app.0 {
            if let Some((kind, _)) = Folder::definition(path) {
                let _ = format(kind, text);
            }
        }
        let _ = crate::diff::changes(&folder("docs/examples"), &app);
    }
}
