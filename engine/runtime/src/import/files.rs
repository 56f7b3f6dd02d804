//! Files that cells call by a name that the caller has not sent of late: those that the record has already.

use std::collections::HashMap;

use kezhi_plan::app::EntityPlan;
use kezhi_plan::kind::{holds_files, names_files};
use kezhi_types::{Fields, Record, Violation, Violations};
use serde_json::Value;

use crate::records::held::each_file;

/// A name stands for its file until that is found.
pub(super) fn called(name: &str) -> Value {
    serde_json::json!({ "name": name })
}

/// Puts files in the place of names, as far as the stored record has files of these names in the same field. What is left
/// is told; no judgement takes it.
pub(super) fn find_own(entity: &EntityPlan, fields: &mut Fields, stored: Option<&Record>) -> Violations {
    let mut unknown = Violations::default();
    for field in entity.fields.values().filter(|field| holds_files(field)) {
        let Some(value) = fields.get_mut(&field.key) else { continue };
        let mut own: HashMap<String, Value> = HashMap::new();
        if let Some(stored) = stored.and_then(|record| record.data.get(&field.key)) {
            each_file(field, &mut stored.clone(), &mut |_, _, file| {
                let name = file.get("name").and_then(Value::as_str).map(str::to_owned);
                own.extend(name.map(|name| (name, file.clone())));
            });
        }
        each_file(field, value, &mut |column, at, file| {
            if !names_files(column.kind) || file.get("id").is_some() {
                return;
            }
            let Some(name) = file.get("name").and_then(Value::as_str).map(str::to_owned) else { return };
            match own.get(&name) {
                Some(known) => *file = known.clone(),
                None => unknown.push(
                    Violation::new("import.unknown_file", at)
                        .with("field", column.title.clone())
                        .with("value", name),
                ),
            }
        });
    }
    unknown
}

/// A refusal with what is unknown in the place of what the judgement made of it.
pub(super) fn told(mut unknown: Violations, judged: Violations) -> Violations {
    let known: Vec<String> = unknown.0.iter().map(|one| one.pointer.clone()).collect();
    unknown.0.extend(judged.0.into_iter().filter(|one| !known.contains(&one.pointer)));
    unknown
}
