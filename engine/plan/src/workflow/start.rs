//! Which events start runs.

use kezhi_types::{Event, EventKind, Fields};

use super::plan::{TriggerPlan, WorkflowPlan};
use crate::facts::Sight;

/// How many workflow steps may lie between a person and an event before it is cut off.
pub const DEEPEST: u32 = 16;

/// Whether the workflow listens to such an event at all; says nothing of its condition.
pub fn hears(plan: &WorkflowPlan, event: &Event) -> bool {
    if !event.workflows || event.entity != plan.def.entity {
        return false;
    }
    match (&plan.trigger, event.kind) {
        (TriggerPlan::Created { .. }, EventKind::RecordCreated) => true,
        (TriggerPlan::Updated { changed, .. }, EventKind::RecordUpdated) => {
            changed.is_empty() || event.changed.iter().any(|field| changed.contains(field))
        }
        (TriggerPlan::Graded { field, .. }, EventKind::GradeChanged) => {
            field.as_ref().is_none_or(|field| event.changed.contains(field))
        }
        _ => false,
    }
}

/// Whether an event gives a record a new date that the workflow waits for.
pub fn dates(plan: &WorkflowPlan, event: &Event) -> bool {
    let TriggerPlan::Date { date, .. } = &plan.trigger else { return false };
    let written =
        matches!(event.kind, EventKind::RecordCreated | EventKind::RecordUpdated | EventKind::RecordRestored);
    let about = event.workflows && event.entity == plan.def.entity;
    about && written && (event.kind == EventKind::RecordRestored || event.changed.contains(&date.field))
}

/// Whether any of the workflows has to look at such an event.
pub fn heard<'a>(mut workflows: impl Iterator<Item = &'a WorkflowPlan>, event: &Event) -> bool {
    workflows.any(|workflow| hears(workflow, event) || dates(workflow, event))
}

/// Whether the trigger's condition holds.
pub fn holds(plan: &WorkflowPlan, sight: &Sight<'_>) -> bool {
    plan.trigger.condition().is_none_or(|condition| condition.judge(sight))
}

/// The record as the event left it and as it stood before; what has happened since is taken back for the fields
/// that the event is about. `record` is the record as it is now, flat.
pub fn around(record: &Fields, event: &Event) -> (Fields, Option<Fields>) {
    let after = overlay(record, &event.changed, &event.after);
    let before =
        (event.kind != EventKind::RecordCreated).then(|| overlay(&after, &event.changed, &event.before));
    (after, before)
}

fn overlay(record: &Fields, changed: &[String], values: &Fields) -> Fields {
    let mut fields = record.clone();
    for key in changed {
        match values.get(key) {
            Some(value) => fields.insert(key.clone(), value.clone()),
            None => fields.shift_remove(key),
        };
    }
    fields
}
