//! Who decides, and how votes become a decision.

use serde_json::{Value, json};

use super::{Stage, tells, workflow};

fn board(policy: Value) -> Value {
    let assignees = json!([{ "person": "boss" }, { "person": "wang" }, { "person": "zhao" }]);
    approval(json!({}), json!({ "assignees": assignees, "policy": policy }))
}

fn approval(settings: Value, mut node: Value) -> Value {
    node["type"] = json!("approval");
    node["next"] = json!("end");
    workflow(settings, json!({ "board": node, "end": { "type": "end" } }))
}

#[test]
fn with_any_the_first_decision_counts_and_the_others_are_closed() {
    tells(
        board(json!("any")),
        &["start", "wang approves", "boss approves"],
        "start              → board[boss? wang? zhao?]
         wang approves      → approved
         boss approves      → refused: it is already closed",
    );
}

#[test]
fn with_all_one_rejection_ends_it() {
    tells(
        board(json!("all")),
        &["start", "boss approves", "zhao rejects", "wang approves"],
        "start              → board[boss? wang? zhao?]
         boss approves      → board[boss✓ wang? zhao?]
         zhao rejects       → rejected
         wang approves      → refused: it is already closed",
    );
}

#[test]
fn in_sequence_the_next_turn_comes_when_the_one_before_has_approved() {
    tells(
        board(json!("sequential")),
        &["start", "wang approves", "boss approves", "wang approves", "zhao approves"],
        "start              → board[boss? wang… zhao…]
         wang approves      → refused: it is already closed
         boss approves      → board[boss✓ wang? zhao…]
         wang approves      → board[boss✓ wang✓ zhao?]
         zhao approves      → approved",
    );
}

#[test]
fn two_of_three_pass_and_two_rejections_cannot_pass_any_more() {
    tells(
        board(json!({ "ratio": "2/3" })),
        &["start", "boss approves", "zhao approves"],
        "start              → board[boss? wang? zhao?]
         boss approves      → board[boss✓ wang? zhao?]
         zhao approves      → approved",
    );
    tells(
        board(json!({ "ratio": "2/3" })),
        &["start", "boss rejects", "zhao rejects"],
        "start              → board[boss? wang? zhao?]
         boss rejects       → board[boss✗ wang? zhao?]
         zhao rejects       → rejected",
    );
}

#[test]
fn the_initiator_is_replaced_by_the_superior_unless_the_workflow_says_otherwise() {
    let own = |settings| approval(settings, json!({ "assignees": [{ "initiator": true }] }));
    tells(own(json!({})), &["start"], "start              → board[wang?]");
    tells(own(json!({ "self_approval": "allowed" })), &["start"], "start              → board[li?]");
    tells(own(json!({ "self_approval": "skip" })), &["start"], "start              → approved");
}

#[test]
fn nobody_found_is_never_a_silent_pass() {
    let retired =
        |on_empty| approval(json!({}), json!({ "assignees": [{ "role": "retired" }], "on_empty": on_empty }));
    tells(retired(json!("to_admin")), &["start"], "start              → board[admin?]");
    tells(retired(json!("to_manager_of_initiator")), &["start"], "start              → board[wang?]");
    tells(retired(json!("auto_pass")), &["start"], "start              → approved");
    tells(
        retired(json!("block")),
        &["start", "retry"],
        "start              → board; incident run.nobody
         retry              → board; incident run.nobody",
    );
}

#[test]
fn superiors_are_climbed_and_those_who_left_are_passed_over() {
    let superior = |of: &str, level: u32| {
        approval(json!({}), json!({ "assignees": [{ "manager_of": of, "level": level }] }))
    };
    tells(superior("initiator", 1), &["start"], "start              → board[wang?]");
    tells(superior("initiator", 2), &["start"], "start              → board[boss?]");
    tells(superior("initiator", 3), &["start"], "start              → board[admin?]");
    let mut stage = Stage::new(superior("seller", 1));
    stage.record.insert("seller".to_owned(), json!(super::id("zhao")));
    assert_eq!(stage.say("start"), "board[wang?]", "zhao's superior has left, his department's head has not");
}

#[test]
fn a_role_in_the_department_is_looked_for_upwards() {
    let near =
        |role: &str| approval(json!({}), json!({ "assignees": [{ "role": role, "in": "department" }] }));
    tells(near("director"), &["start"], "start              → board[wang?]");
    let mut stage = Stage::new(near("director"));
    stage.org.people.get_mut(&super::id("wang")).expect("wang is there").roles.clear();
    assert_eq!(stage.say("start"), "board[boss?]");
}

#[test]
fn a_person_is_asked_once_although_two_assignees_name_them() {
    let twice = approval(
        json!({}),
        json!({ "assignees": [{ "role": "director" }, { "person": "boss" }], "policy": "all" }),
    );
    tells(twice, &["start"], "start              → board[boss? wang?]");
}

#[test]
fn whoever_approved_right_before_is_not_asked_again_unless_the_record_changed() {
    let nodes = |second: Value| {
        let mut second = second;
        second["type"] = json!("approval");
        second["next"] = json!("end");
        second["assignees"] = json!([{ "person": "wang" }]);
        json!({
            "first": { "type": "approval", "assignees": [{ "person": "wang" }], "next": "second" },
            "second": second,
            "end": { "type": "end" }
        })
    };
    let def = |settings, second| workflow(settings, nodes(second));
    tells(
        def(json!({}), json!({})),
        &["start", "wang approves"],
        "start → first[wang?]\nwang approves → approved"
            .replace("start →", "start              →")
            .replace("wang approves →", "wang approves      →")
            .as_str(),
    );
    let mut asked = Stage::new(def(json!({}), json!({})));
    assert_eq!(asked.say("start"), "first[wang?]");
    asked.say("record note changed");
    assert_eq!(
        asked.say("wang approves"),
        "second[wang?]",
        "the record changed since the first node was entered"
    );
    let mut off = Stage::new(def(json!({ "duplicate": "off" }), json!({})));
    off.say("start");
    assert_eq!(off.say("wang approves"), "second[wang?]");
    let mut writes = Stage::new(def(json!({}), json!({ "fields": { "discount": "write" } })));
    writes.say("start");
    assert_eq!(writes.say("wang approves"), "second[wang?]", "there is something to fill in");
}

#[test]
fn a_task_can_be_handed_on_and_back_but_not_to_the_initiator_or_twice() {
    tells(
        board(json!("all")),
        &[
            "start",
            "zhao gives li",
            "zhao gives boss",
            "zhao gives gone",
            "zhao gives admin",
            "admin gives zhao",
            "zhao approves",
        ],
        "start              → board[boss? wang? zhao?]
         zhao gives li      → refused: nobody decides about their own request here
         zhao gives boss    → refused: this person already has a task here
         zhao gives gone    → refused: there is no such active person
         zhao gives admin   → board[boss? wang? zhao→ admin?]
         admin gives zhao   → board[boss? wang? zhao→ admin→ zhao?]
         zhao approves      → board[boss? wang? zhao→ admin→ zhao✓]",
    );
}

#[test]
fn the_initiator_withdraws_before_the_first_action_only() {
    tells(
        board(json!("all")),
        &["start", "zhao withdraws", "li withdraws", "boss approves"],
        "start              → board[boss? wang? zhao?]
         zhao withdraws     → refused: it can no longer be withdrawn
         li withdraws       → withdrawn
         boss approves      → refused: it is already closed",
    );
    let mut late = Stage::new(board(json!("all")));
    late.say("start");
    late.say("boss approves");
    assert_eq!(late.say("li withdraws"), "refused: it can no longer be withdrawn");
    assert_eq!(late.say("end by admin"), "terminated");
}

#[test]
fn whoever_leaves_hands_over_open_and_waiting_tasks_and_nobody_gets_two_voices() {
    tells(
        board(json!("sequential")),
        &[
            "start",
            "wang leaves admin",
            "boss leaves gone",
            "boss approves",
            "admin approves",
            "zhao approves",
        ],
        "start              → board[boss? wang… zhao…]
         wang leaves admin  → board[boss? wang→ zhao… admin…]
         boss leaves gone   → refused: there is no such active person
         boss approves      → board[boss✓ wang→ zhao… admin?]
         admin approves     → board[boss✓ wang→ zhao? admin✓]
         zhao approves      → approved",
    );
    tells(
        board(json!("all")),
        &["start", "boss approves", "zhao leaves boss", "wang approves"],
        "start              → board[boss? wang? zhao?]
         boss approves      → board[boss✓ wang? zhao?]
         zhao leaves boss   → board[boss✓ wang? zhao-]
         wang approves      → approved",
    );
    tells(
        board(json!("all")),
        &["start", "boss approves", "wang approves", "zhao leaves boss", "zhao leaves boss"],
        "start              → board[boss? wang? zhao?]
         boss approves      → board[boss✓ wang? zhao?]
         wang approves      → board[boss✓ wang✓ zhao?]
         zhao leaves boss   → approved
         zhao leaves boss   → refused: it is already closed",
    );
}

#[test]
fn a_task_handed_over_to_whoever_asked_goes_to_their_superior() {
    let one = approval(json!({}), json!({ "assignees": [{ "person": "zhao" }] }));
    tells(
        one,
        &["start", "zhao leaves li", "wang approves"],
        "start              → board[zhao?]
         zhao leaves li     → board[zhao→ wang?]
         wang approves      → approved",
    );
}

#[test]
fn whoever_is_named_and_has_left_is_stood_in_for_by_their_successor() {
    let one = || approval(json!({}), json!({ "assignees": [{ "person": "gone" }] }));
    let mut stage = Stage::new(one());
    stage.org.people.get_mut(&super::id("gone")).expect("a person").successor = Some(super::id("zhao"));
    assert_eq!(stage.say("start"), "board[zhao?]");
    let mut circle = Stage::new(one());
    for (who, next) in [("gone", "zhao"), ("zhao", "gone")] {
        let person = circle.org.people.get_mut(&super::id(who)).expect("a person");
        (person.successor, person.active) = (Some(super::id(next)), false);
    }
    assert_eq!(circle.say("start"), "board[admin?]", "a circle ends, and an administrator is asked");
}

#[test]
fn a_deputy_leads_where_the_head_cannot() {
    let head = json!({ "assignees": [{ "head_of": "shop" }] });
    let mut stage = Stage::new(approval(json!({}), head));
    stage.org.people.get_mut(&super::id("wang")).expect("a person").active = false;
    let shop = stage.org.departments.values_mut().find(|found| found.key == "shop").expect("a department");
    shop.deputies = vec![super::id("gone"), super::id("zhao")];
    assert_eq!(stage.say("start"), "board[zhao?]");
}
