//! Nodes that move by themselves, wait, write and tell.

use serde_json::json;

use super::{Stage, tells, workflow};

#[test]
fn the_example_of_the_documentation_runs_through() {
    let def = json!({
        "title": "大额合同审批", "entity": "contract",
        "trigger": { "on": "record_created", "when": { "field": "amount", "op": "gte", "value": "50000" } },
        "start": "manager",
        "settings": { "withdraw": "before_first_action", "self_approval": "superior", "duplicate": "adjacent" },
        "nodes": {
            "manager": { "type": "approval", "title": "部门经理", "assignees": [{ "manager_of": "initiator", "level": 1 }],
                         "policy": "any", "on_empty": "to_admin", "fields": { "discount": "write", "note": "hidden" },
                         "due": { "after": "1d", "calendar": "office",
                                  "steps": [{ "at": "-2h", "do": "remind" }, { "at": "0h", "do": "escalate" }] },
                         "next": "size" },
            "size": { "type": "decision", "default": "stamp",
                      "branches": [{ "when": { "field": "amount", "op": "gte", "value": "500000" }, "next": "board" }] },
            "board": { "type": "approval", "policy": { "ratio": "2/3" }, "assignees": [{ "role": "director" }], "next": "stamp" },
            "stamp": { "type": "update", "set": { "status": "approved" }, "next": "tell" },
            "tell": { "type": "message", "message": "approved", "to": [{ "field": "owner" }, { "field": "email" }], "next": "end" },
            "end": { "type": "end", "outcome": "approved" }
        }
    });
    tells(
        def.clone(),
        &["start", "wait 23h", "wait 1h", "wang approves"],
        "start              → manager[wang?]
         wait 23h           → manager[wang?]; Reminder to wang
         wait 1h            → manager[wang?]; Escalation to boss
         wang approves      → approved; writes {\"status\":\"approved\"}; sends approved to li, buyer@example.com",
    );
    tells(
        def,
        &["start", "record amount 600000.00", "wang approves", "boss approves", "wang approves"],
        "start              → manager[wang?]
         record amount 600000.00 → noted
         wang approves      → board[boss? wang?]
         boss approves      → board[boss✓ wang?]
         wang approves      → approved; writes {\"status\":\"approved\"}; sends approved to li, buyer@example.com",
    );
}

#[test]
fn an_outcome_leads_its_own_way_and_must_be_named_where_there_are_several() {
    let def = workflow(
        json!({}),
        json!({
            "call": { "type": "task", "title": "回访 {{ record.name }}", "assignees": [{ "field": "owner" }], "next": "end",
                      "outcomes": { "fine": { "title": "满意" }, "trouble": { "title": "有问题", "next": "again" } } },
            "again": { "type": "task", "title": "再访", "assignees": [{ "node": "call" }], "next": "end" },
            "end": { "type": "end" }
        }),
    );
    tells(
        def.clone(),
        &["start", "li completes", "li completes bad", "li completes trouble", "li completes"],
        "start              → call[li?]
         li completes       → refused: an outcome must be chosen
         li completes bad   → refused: there is no outcome `bad`
         li completes trouble → again[li?]
         li completes       → done",
    );
    let mut stage = Stage::new(def);
    stage.say("start");
    assert_eq!(stage.rows.tasks[0].title, "回访 办公楼");
    assert_eq!(stage.say("li approves"), "refused: this task is not decided in this way");
}

#[test]
fn a_wait_ends_when_its_time_comes_and_a_date_that_moves_is_waited_for() {
    let def = |until| workflow(json!({}), json!({ "rest": until, "end": { "type": "end" } }));
    tells(
        def(json!({ "type": "wait", "for": "7d", "next": "end" })),
        &["start", "wait 6d", "wait 1d"],
        "start              → rest
         wait 6d            → nothing
         wait 1d            → done",
    );
    let mut stage = Stage::new(def(json!({ "type": "wait", "until": { "field": "signed" }, "next": "end" })));
    stage.say("record signed 2026-03-05");
    assert_eq!(stage.say("start"), "rest");
    stage.say("record signed 2026-03-08");
    assert_eq!(stage.say("wait 4d"), "rest", "the timer rang for the old date");
    assert_eq!(stage.say("wait 4d"), "done");
    let mut past = Stage::new(def(json!({ "type": "wait", "until": { "field": "signed" }, "next": "end" })));
    past.say("record signed 2020-01-01");
    assert_eq!(past.say("start"), "done", "what is past is not waited for");
}

#[test]
fn a_record_is_created_with_literals_references_and_expressions() {
    let set = json!({
        "name": { "ref": "record.name" }, "owner": { "ref": "record.owner" }, "parent": { "ref": "record.id" },
        "signed": { "ref": "today" }, "status": "draft", "seller": { "ref": "initiator" }
    });
    let def = workflow(
        json!({}),
        json!({
            "make": { "type": "create", "entity": "contract", "set": set, "as": "child", "next": "note" },
            "note": { "type": "update", "set": { "parent": { "ref": "vars.child" } }, "next": "end" },
            "end": { "type": "end" }
        }),
    );
    let told = Stage::new(def).say("start");
    assert!(told.starts_with("done; creates contract {\"name\":\"办公楼\",\"owner\":"), "{told}");
    assert!(
        told.contains("\"signed\":\"2026-03-02\"") && told.ends_with("writes {\"parent\":\"new-id\"}"),
        "{told}"
    );
}

#[test]
fn a_refused_write_leaves_the_run_at_its_node_until_somebody_helps() {
    let def = workflow(
        json!({}),
        json!({ "stamp": { "type": "update", "set": { "status": "approved" }, "next": "end" }, "end": { "type": "end" } }),
    );
    tells(
        def,
        &["rules refuse", "start", "retry", "rules agree", "retry"],
        "rules refuse       → noted
         start              → stamp; incident run.refused
         retry              → stamp; incident run.refused
         rules agree        → noted
         retry              → done; writes {\"status\":\"approved\"}",
    );
}

#[test]
fn a_rejection_may_lead_elsewhere_and_votes_of_an_earlier_visit_never_count() {
    let def = workflow(
        json!({}),
        json!({
            "board": { "type": "approval", "policy": "all", "assignees": [{ "person": "boss" }, { "person": "wang" }],
                       "on_reject": "fix", "next": "end" },
            "fix": { "type": "task", "title": "修改", "assignees": [{ "initiator": true }], "next": "board" },
            "end": { "type": "end" }
        }),
    );
    tells(
        def,
        &["start", "boss approves", "wang rejects", "li completes", "wang approves", "boss approves"],
        "start              → board[boss? wang?]
         boss approves      → board[boss✓ wang?]
         wang rejects       → fix[li?]
         li completes       → board[boss? wang?]
         wang approves      → board[boss? wang✓]
         boss approves      → approved",
    );
}

#[test]
fn a_step_computed_twice_is_the_same_step() {
    let def = workflow(
        json!({}),
        json!({ "call": { "type": "task", "title": "x", "assignees": [{ "role": "director" }], "due": { "after": "1d",
                "steps": [{ "at": "0h", "do": "remind" }] }, "next": "end" }, "end": { "type": "end" } }),
    );
    let mut stage = Stage::new(def);
    stage.rows.apply(&stage.step(super::Signal::Start).expect("it starts"));
    let one = stage.step(super::Signal::Continue).expect("it goes on");
    let two = stage.step(super::Signal::Continue).expect("it goes on");
    assert_eq!(one, two);
    assert_eq!(one.tasks.len(), 2);
    assert_eq!(one.timers.len(), 2);
    assert_ne!(one.timers[0].id, one.timers[1].id);
}
