//! What changed in a workflow: its trigger, its nodes, where they lead.

use kezhi_types::def::workflow::{NodeDef, WorkflowDef};
use serde_json::Value;

use super::Change;

/// Tells the changes; nothing where either text cannot be read.
pub fn compare(path: &str, (before, after): (&str, &str), changes: &mut Vec<Change>) {
    let read = |text| serde_json::from_str::<WorkflowDef>(text).ok();
    let (Some(before), Some(after)) = (read(before), read(after)) else {
        return;
    };
    if before.trigger != after.trigger || before.entity != after.entity {
        changes.push(Change::new(path, "trigger_changed", &[("title", &after.title)]));
    }
    if before.start != after.start {
        changes.push(Change::new(path, "start_changed", &[("from", &before.start), ("to", &after.start)]));
    }
    for (key, node) in &before.nodes {
        match after.nodes.get(key) {
            None => changes.push(Change::new(path, "node_removed", &[("node", &name(key, node))])),
            Some(now) if now != node => {
                changes.push(Change::new(path, "node_changed", &[("node", &name(key, now))]));
            }
            Some(_) => {}
        }
    }
    for (key, node) in after.nodes.iter().filter(|(key, _)| !before.nodes.contains_key(*key)) {
        changes.push(Change::new(path, "node_added", &[("node", &name(key, node))]));
    }
    if before.settings != after.settings {
        changes.push(Change::new(path, "settings_changed", &[("title", &after.title)]));
    }
}

/// What people call a node, else its key.
fn name(key: &str, node: &NodeDef) -> String {
    let value = serde_json::to_value(node).unwrap_or(Value::Null);
    value.get("title").and_then(Value::as_str).unwrap_or(key).to_owned()
}
