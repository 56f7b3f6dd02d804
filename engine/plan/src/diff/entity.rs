//! What changed in an entity: its fields, their kinds, options and demands.

use kezhi_types::def::entity::{EntityDef, FieldDef};
use serde_json::Value;

use super::Change;

/// Tells the changes; nothing where either text cannot be read.
pub fn compare(path: &str, key: &str, (before, after): (&str, &str), changes: &mut Vec<Change>) {
    let read = |text| serde_json::from_str::<EntityDef>(text).ok();
    let (Some(before), Some(after)) = (read(before), read(after)) else {
        return;
    };
    for (name, field) in &before.properties {
        let renamed = after.properties.values().any(|other| other.source_field() == Some(name.as_str()));
        match after.properties.get(name) {
            None if renamed => {}
            None => {
                let change = Change::new(path, "field_removed", &[("field", name), ("title", &field.title)]);
                changes.push(change.destructive(&format!("{key}.{name}")));
            }
            Some(now) => fields(path, (key, name), (field, now), changes),
        }
    }
    for (name, field) in after.properties.iter().filter(|(name, _)| !before.properties.contains_key(*name)) {
        let change = match field.source_field() {
            Some(from) if before.properties.contains_key(from) => Change::new(
                path,
                "field_renamed",
                &[("from", from), ("field", name), ("title", &field.title)],
            ),
            _ => Change::new(path, "field_added", &[("field", name), ("title", &field.title)]),
        };
        changes.push(change);
    }
    for (name, field) in &after.properties {
        let (was, is) = (before.required.contains(name), after.required.contains(name));
        if was != is {
            let code = if is { "field_required" } else { "field_optional" };
            changes.push(Change::new(path, code, &[("field", name), ("title", &field.title)]));
        }
    }
    let order = |def: &EntityDef| def.properties.keys().cloned().collect::<Vec<_>>();
    let (was, is) = (order(&before), order(&after));
    let kept = |one: &[String], other: &[String]| {
        one.iter().filter(|name| other.contains(name)).cloned().collect::<Vec<_>>()
    };
    if kept(&was, &is) != kept(&is, &was) {
        changes.push(Change::new(path, "fields_reordered", &[]));
    }
    if before.owner != after.owner {
        let code = if after.owner { "owner_added" } else { "owner_removed" };
        changes.push(Change::new(path, code, &[("title", &after.title)]));
    }
}

fn fields(
    path: &str,
    (key, name): (&str, &str),
    (before, after): (&FieldDef, &FieldDef),
    changes: &mut Vec<Change>,
) {
    let told = changes.len();
    let title = after.title.as_str();
    if before.title != after.title {
        let args = [("field", name), ("from", before.title.as_str()), ("to", title)];
        changes.push(Change::new(path, "field_retitled", &args));
    }
    // What it costs is found by looking at the records.
    if before.kind != after.kind {
        let (from, to) = (shown(before.kind), shown(after.kind));
        let args = [("field", name), ("title", title), ("from", from.as_str()), ("to", to.as_str())];
        changes.push(Change::new(path, "field_kind", &args));
    }
    options(path, (key, name), (before, after), changes);
    let rest = |def: &FieldDef| FieldDef {
        title: String::new(),
        kind: after.kind,
        options: None,
        labels: Default::default(),
        ..def.clone()
    };
    if changes.len() == told && (rest(before) != rest(after) || before.labels != after.labels) {
        changes.push(Change::new(path, "field_changed", &[("field", name), ("title", title)]));
    }
}

fn options(
    path: &str,
    (key, name): (&str, &str),
    (before, after): (&FieldDef, &FieldDef),
    changes: &mut Vec<Change>,
) {
    let none = Vec::new();
    let (was, is) = (before.options.as_ref().unwrap_or(&none), after.options.as_ref().unwrap_or(&none));
    if before.kind != after.kind {
        return;
    }
    for option in was.iter().filter(|option| !is.contains(option)) {
        let label = before.labels.get(option).unwrap_or(option);
        let args = [("title", after.title.as_str()), ("option", option.as_str()), ("label", label.as_str())];
        let change = Change::new(path, "option_removed", &args);
        changes.push(change.destructive(&format!("{key}.{name}.{option}")));
    }
    for option in is.iter().filter(|option| !was.contains(option)) {
        let label = after.labels.get(option).unwrap_or(option);
        let args = [("title", after.title.as_str()), ("option", option.as_str()), ("label", label.as_str())];
        changes.push(Change::new(path, "option_added", &args));
    }
}

/// The name of a kind as authored.
fn shown(kind: impl serde::Serialize) -> String {
    let value = serde_json::to_value(kind).unwrap_or(Value::Null);
    value.as_str().unwrap_or_default().to_owned()
}
