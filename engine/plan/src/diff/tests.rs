//! Changes as people read them.

use kezhi_types::def::files::Folder;
use kezhi_types::text::Language;
use serde_json::{Value, json};

use super::{changes, sentence};

fn folder(files: &[(&str, Value)]) -> Folder {
    Folder(files.iter().map(|(path, value)| ((*path).to_owned(), value.to_string())).collect())
}

fn told(old: &[(&str, Value)], new: &[(&str, Value)]) -> Vec<String> {
    let changes = changes(&folder(old), &folder(new));
    let tell = |change: &super::Change| {
        let mark = change.destructive.as_deref().map(|id| format!(" !{id}")).unwrap_or_default();
        format!("{}{mark}", change.sentence(Language::English))
    };
    changes.iter().map(tell).collect()
}

#[test]
fn a_changed_entity_is_told_field_by_field_and_losses_are_marked() {
    let old = json!({ "title": "Customer", "required": ["name"], "properties": {
        "name": { "title": "Name", "x-kind": "text" },
        "phone": { "title": "Phone", "x-kind": "phone" },
        "size": { "title": "Size", "x-kind": "text" },
        "trade": { "title": "Trade", "x-kind": "choice", "enum": ["a", "b"] } } });
    let new = json!({ "title": "Client", "required": ["name", "size"], "properties": {
        "name": { "title": "Full name", "x-kind": "text" },
        "size": { "title": "Size", "x-kind": "integer" },
        "trade": { "title": "Trade", "x-kind": "choice", "enum": ["b", "c"], "x-labels": { "c": "Crafts" } },
        "mail": { "title": "Mail", "x-kind": "email" } } });
    assert_eq!(
        told(&[("entities/customer.json", old)], &[("entities/customer.json", new)]),
        [
            "The entity “Customer” is called “Client” from now on",
            "The field “Name” is called “Full name” from now on",
            "The field “Phone” is removed; what is stored in it is kept for 30 days !field_removed:customer.phone",
            "The kind of “Size” changes from text to integer; stored values are converted",
            "“Trade” no longer offers “a”; records that hold it must choose again !option_removed:customer.trade.a",
            "“Trade” offers “Crafts” too",
            "The field “Mail” is added",
            "“Size” becomes required",
        ]
    );
}

#[test]
fn definitions_and_files_come_and_go_and_formatting_is_no_change() {
    let menu = json!({ "title": "Main", "items": [] });
    let old =
        [("menus/main.json", menu.clone()), ("entities/a.json", json!({ "title": "A", "properties": {} }))];
    let mut new = folder(&[("menus/side.json", menu.clone())]);
    new.0.insert("menus/main.json".to_owned(), serde_json::to_string_pretty(&menu).expect("JSON"));
    new.0.insert("rules/x.rhai".to_owned(), "true".to_owned());
    let changes = changes(&folder(&old), &new);
    let told: Vec<_> = changes.iter().map(|change| change.sentence(Language::Chinese)).collect();
    assert_eq!(told, ["删除实体“A”及其全部记录", "新增菜单“Main”", "新增文件 rules/x.rhai"]);
    assert_eq!(changes[0].destructive.as_deref(), Some("entity_removed:a"));
}

#[test]
fn a_workflow_is_told_node_by_node() {
    let end = json!({ "type": "end" });
    let old = json!({ "title": "W", "entity": "a", "trigger": { "on": "record_created" }, "start": "x",
        "nodes": { "x": { "type": "wait", "for": "1d", "next": "end" }, "end": end } });
    let new = json!({ "title": "W", "entity": "a", "trigger": { "on": "record_updated" }, "start": "y",
        "nodes": { "y": { "type": "wait", "title": "Pause", "for": "2d", "next": "end" }, "end": end } });
    assert_eq!(
        told(&[("workflows/w.json", old)], &[("workflows/w.json", new)]),
        [
            "“W” is set off by something else",
            "The workflow begins at y instead of x",
            "The node “x” is removed",
            "The node “Pause” is added",
        ]
    );
}

#[test]
fn every_sentence_stands_in_both_languages() {
    for (code, chinese, english) in sentence::SENTENCES {
        assert!(!chinese.is_empty() && !english.is_empty(), "{code}");
    }
}
