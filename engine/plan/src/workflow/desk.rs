//! What may be written through a task: the one place where a node widens rights.

use kezhi_types::def::workflow::TaskFieldRight;
use kezhi_types::{Fields, Violation, Violations};

use super::plan::{Desk, OutcomePlan, Work, WorkflowPlan};

/// Which fields must have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand<'a> {
    /// Those that the node requires, and these of the outcome: on completing and approving.
    Required(&'a [String]),
    /// None: on rejecting and commenting.
    Nothing,
}

/// Checks what a person sends with a task. `title_of` answers what people call a field, `record` is the record as it is
/// stored, flat.
///
/// # Errors
/// Unknown and hidden fields alike as `record.unknown_field`, others as `record.read_only`, missing ones as `record.required`.
pub fn check(
    (desk, title_of): (&Desk, impl Fn(&str) -> String),
    record: &Fields,
    sent: &Fields,
    demand: Demand<'_>,
) -> Result<(), Violations> {
    let mut violations = Violations::default();
    for field in sent.keys() {
        let code = match desk.fields.get(field) {
            Some(TaskFieldRight::Write | TaskFieldRight::Required) => continue,
            Some(TaskFieldRight::Read) => "record.read_only",
            Some(TaskFieldRight::Hidden) | None => "record.unknown_field",
        };
        // What is not shown at the desk is named as it was sent.
        let name = if code == "record.unknown_field" { field.clone() } else { title_of(field) };
        violations.push(Violation::new(code, format!("/{field}")).with("field", name));
    }
    let Demand::Required(by_outcome) = demand else { return violations.into_result() };
    let by_node = desk.fields.iter().filter(|(_, right)| **right == TaskFieldRight::Required);
    let by_node = by_node.map(|(field, _)| field);
    let also = by_outcome.iter().filter(|field| desk.fields.get(*field) != Some(&TaskFieldRight::Required));
    for field in by_node.chain(also) {
        if sent.get(field).or_else(|| record.get(field)).is_none_or(is_empty) {
            violations
                .push(Violation::new("record.required", format!("/{field}")).with("field", title_of(field)));
        }
    }
    violations.into_result()
}

impl WorkflowPlan {
    /// The ways to finish a node's task, by key; none for an approval.
    pub fn outcomes(&self, node: &str) -> impl Iterator<Item = (&str, &OutcomePlan)> {
        let task = match self.nodes.get(node).map(|node| &node.work) {
            Some(Work::Task(task)) => Some(task),
            _ => None,
        };
        task.into_iter().flat_map(|task| &task.outcomes).map(|(key, outcome)| (key.as_str(), outcome))
    }

    /// What must have a value when a node's task is finished in this way; the only one where none is named.
    pub fn required_for(&self, node: &str, outcome: Option<&str>) -> &[String] {
        let fits = |key: &str| outcome.is_none_or(|outcome| outcome == key);
        self.outcomes(node).find(|(key, _)| fits(key)).map_or(&[], |(_, outcome)| &outcome.required)
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
