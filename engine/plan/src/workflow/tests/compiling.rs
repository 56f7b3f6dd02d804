//! What is refused before it is published, each with its place and what to do.

use serde_json::{Value, json};

use super::{compile, workflow};
use crate::fixture::assert_bilingual;

/// `code pointer` of every finding.
fn found(def: Value) -> Vec<String> {
    let problems = compile(def).map(|_| Vec::new()).unwrap_or_else(|problems| problems);
    for problem in &problems {
        assert_bilingual(problem.code, &problem.message, &problem.help);
        assert!(
            !problem.help.is_empty() || !problem.code.starts_with("workflow"),
            "{problem:?} says not what to do"
        );
    }
    problems.into_iter().map(|problem| format!("{} {}", problem.code, problem.pointer)).collect()
}

fn after(node: Value) -> Value {
    workflow(json!({}), json!({ "first": node, "end": { "type": "end" } }))
}

#[test]
fn a_node_that_leads_nowhere_is_told_at_its_arrow() {
    let def = after(json!({ "type": "wait", "for": "1d", "next": "missing" }));
    assert_eq!(found(def), ["workflow.unknown_node /nodes/first/next"]);
    let mut start = after(json!({ "type": "wait", "for": "1d", "next": "end" }));
    start["start"] = json!("nothing");
    assert_eq!(found(start), ["workflow.unknown_node /start"]);
}

#[test]
fn what_cannot_be_reached_or_never_ends_is_told() {
    let def = workflow(
        json!({}),
        json!({
            "first": { "type": "wait", "for": "1d", "next": "end" },
            "lost": { "type": "wait", "for": "1d", "next": "end" },
            "end": { "type": "end" }
        }),
    );
    assert_eq!(found(def), ["workflow.unreachable /nodes/lost"]);
    let def = workflow(
        json!({}),
        json!({
            "first": { "type": "wait", "for": "1d", "next": "second" },
            "second": { "type": "wait", "for": "1d", "next": "first" }
        }),
    );
    assert_eq!(found(def), ["workflow.dead_end /nodes/first", "workflow.dead_end /nodes/second"]);
}

#[test]
fn a_circle_that_never_waits_is_told_once_and_one_with_a_wait_is_fine() {
    let circle = |inner: Value| {
        workflow(
            json!({}),
            json!({
                "ask": { "type": "decision", "default": "inner",
                         "branches": [{ "when": { "field": "status", "op": "eq", "value": "approved" }, "next": "end" }] },
                "inner": inner,
                "end": { "type": "end" }
            }),
        )
    };
    let write = json!({ "type": "update", "set": { "status": "draft" }, "next": "ask" });
    assert_eq!(found(circle(write)), ["workflow.endless_loop /nodes/ask"]);
    assert_eq!(found(circle(json!({ "type": "wait", "for": "1d", "next": "ask" }))), Vec::<String>::new());
}

#[test]
fn references_to_nothing_are_told_together() {
    let def = workflow(
        json!({}),
        json!({
            "ask": { "type": "approval", "next": "tell", "policy": { "ratio": "3/2" },
                     "assignees": [{ "role": "nobody" }, { "field": "name" }, { "node": "tell" }, { "manager_of": "ghost" }],
                     "fields": { "ghost": "write", "number": "write" },
                     "due": { "after": "soon", "calendar": "moon" } },
            "tell": { "type": "message", "message": "ghost", "to": [{ "field": "email" }], "next": "set" },
            "set": { "type": "update", "set": { "status": "lost", "number": "1", "owner": { "ref": "initiator" }, "ghost": 1 }, "next": "form" },
            "form": { "type": "task", "title": "{{ record.ghost }}", "assignees": [], "form": "ghost", "next": "call" },
            "call": { "type": "task", "title": "打电话", "assignees": [{ "field": "owner" }], "fields": { "name": "read" },
                      "outcomes": { "reached": { "title": "已联系上", "required": ["name"] } }, "next": "end" },
            "end": { "type": "end" }
        }),
    );
    let found = found(def);
    for expected in [
        "workflow.unknown_role /nodes/ask/assignees/0/role",
        "workflow.not_a_person /nodes/ask/assignees/1/field",
        "workflow.unknown_node /nodes/ask/assignees/2/node",
        "workflow.unknown_field /nodes/ask/fields/ghost",
        "workflow.unknown_field /nodes/ask/fields/number",
        "workflow.duration /nodes/ask/due/after",
        "workflow.unknown_calendar /nodes/ask/due/calendar",
        "workflow.policy /nodes/ask/policy",
        "workflow.unknown_message /nodes/tell/message",
        "workflow.wrong_value /nodes/set/set/status",
        "workflow.read_only /nodes/set/set/number",
        "workflow.unknown_field /nodes/set/set/ghost",
        "workflow.nobody /nodes/form/assignees",
        "workflow.unknown_field /nodes/call/outcomes/reached/required/0",
        "workflow.unknown_form /nodes/form/form",
    ] {
        assert!(found.iter().any(|problem| problem == expected), "{expected} is missing in {found:#?}");
    }
    assert!(found.iter().any(|problem| problem.ends_with("/nodes/ask/assignees/3/manager_of")), "{found:#?}");
    assert!(found.iter().any(|problem| problem.ends_with("/nodes/form/title")), "{found:#?}");
}

#[test]
fn triggers_are_checked_against_the_entity() {
    let trigger = |trigger: Value| {
        let mut def = after(json!({ "type": "wait", "for": "1d", "next": "end" }));
        def["trigger"] = trigger;
        found(def)
    };
    let each = json!({ "entity": "contract" });
    assert_eq!(
        trigger(json!({ "on": "record_updated", "changed": ["ghost"] })),
        ["workflow.unknown_field /trigger/changed/0"]
    );
    assert_eq!(trigger(json!({ "on": "grade_changed" })), ["workflow.not_a_grade /trigger/on"]);
    assert_eq!(
        trigger(json!({ "on": "schedule", "cron": "0 9 * *", "each": each })),
        ["workflow.schedule /trigger/cron"]
    );
    assert_eq!(
        trigger(json!({ "on": "schedule", "cron": "0 9 * * 1", "zone": "Mars/Base", "each": each })),
        ["workflow.schedule /trigger/zone"]
    );
    assert_eq!(
        trigger(json!({ "on": "schedule", "cron": "0 9 * * 1", "each": { "entity": "order" } })),
        ["workflow.other_entity /trigger/each/entity"]
    );
    assert_eq!(
        trigger(json!({ "on": "date_field", "field": "name" })),
        ["workflow.not_a_date /trigger/field"]
    );
    assert_eq!(
        trigger(json!({ "on": "date_field", "field": "signed", "offset": "-2h" })),
        ["workflow.duration /trigger/offset"]
    );
    assert_eq!(
        trigger(json!({ "on": "date_field", "field": "signed", "at": "25:00" })),
        ["workflow.time /trigger/at"]
    );
    assert_eq!(
        trigger(json!({ "on": "date_field", "field": "birthday", "offset": "-3d", "at": "08:30" })),
        Vec::<String>::new()
    );
}
