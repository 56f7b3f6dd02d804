//! What may be written through a task: the one place where a node widens rights.

use kezhi_types::def::workflow::TaskFieldRight;
use kezhi_types::{Fields, Violation, Violations};

use super::plan::{Desk, Work, WorkflowPlan};

/// Which fields must have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Those that the node requires: on completing and approving.
    Required,
    /// None: on rejecting and commenting.
    Nothing,
}

/// Checks what a person sends with a task. `record` is the record as it is stored, flat.
///
/// # Errors
/// Unknown and hidden fields alike as `record.unknown_field`, others as `record.read_only`, missing ones as `record.required`.
pub fn check(desk: &Desk, record: &Fields, sent: &Fields, demand: Demand) -> Result<(), Violations> {
    let mut violations = Violations::default();
    for field in sent.keys() {
        let code = match desk.fields.get(field) {
            Some(TaskFieldRight::Write | TaskFieldRight::Required) => continue,
            Some(TaskFieldRight::Read) => "record.read_only",
            Some(TaskFieldRight::Hidden) | None => "record.unknown_field",
        };
        violations.push(Violation::new(code, format!("/{field}")).with("field", field.as_str()));
    }
    let required = desk.fields.iter().filter(|(_, right)| **right == TaskFieldRight::Required);
    for (field, _) in required.filter(|_| demand == Demand::Required) {
        if sent.get(field).or_else(|| record.get(field)).is_none_or(is_empty) {
            violations
                .push(Violation::new("record.required", format!("/{field}")).with("field", field.as_str()));
        }
    }
    violations.into_result()
}

impl WorkflowPlan {
    /// `(key, title)` of the ways to finish a node's task; none for an approval. The title is empty where the author gave none.
    pub fn outcomes(&self, node: &str) -> Vec<(&str, &str)> {
        match self.nodes.get(node).map(|node| &node.work) {
            Some(Work::Task(task)) => {
                task.outcomes.iter().map(|(key, (title, _))| (key.as_str(), title.as_str())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The form to fill in at a node.
    pub fn form(&self, node: &str) -> Option<&str> {
        match self.nodes.get(node).map(|node| &node.work) {
            Some(Work::Task(task)) => task.form.as_deref(),
            _ => None,
        }
    }
}

fn is_empty(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
