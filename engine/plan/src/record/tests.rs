//! The judgement of records, as sentences that are true.

#![allow(clippy::needless_pass_by_value, reason = "tests hand over what `json!` makes")]

use kezhi_types::def::rule::RuleOperation;
use serde_json::{Value, json};

use super::*;
use crate::app::AppPlan;
use crate::fixture::*;

/// What judging says: the record's fields, or `code pointer` of each violation.
fn judged(app: &AppPlan, before: Option<&Record>, input: Value, facts: &Facts) -> Value {
    judged_as(app, before, input, facts, &circumstances())
}

fn judged_as(
    app: &AppPlan,
    before: Option<&Record>,
    input: Value,
    facts: &Facts,
    c: &Circumstances,
) -> Value {
    let once = judge(thing(app), before, fields(input.clone()), facts, c);
    let twice = judge(thing(app), before, fields(input), facts, c);
    assert_eq!(once, twice, "judging twice is the same");
    match once {
        Ok(judged) => {
            let mut all = judged.data;
            all.extend(judged.derived);
            Value::Object(all)
        }
        Err(violations) => said(&violations),
    }
}

fn said(violations: &Violations) -> Value {
    let one = |violation: &kezhi_types::Violation| {
        assert!(kezhi_types::text::is_known(&violation.code), "{} has no sentence", violation.code);
        let sentence = kezhi_types::text::sentence(Default::default(), &violation.code, &violation.args);
        assert!(!sentence.contains('{'), "{sentence}");
        json!(format!("{} {}", violation.code, violation.pointer))
    };
    Value::Array(violations.0.iter().map(one).collect())
}

fn check(properties: Value, input: Value, expected: Value) {
    assert_eq!(judged(&one(properties), None, input, &Facts::default()), expected);
}

/// The same for an update of a stored record.
fn check_update(properties: Value, stored: Value, input: Value, expected: Value) {
    let before = record(stored, json!({}));
    assert_eq!(judged(&one(properties), Some(&before), input, &Facts::default()), expected);
}

fn named(more: Value) -> Value {
    let mut properties = fields(json!({ "name": { "title": "名称", "x-kind": "text" } }));
    properties.extend(fields(more));
    Value::Object(properties)
}

#[test]
fn everything_wrong_with_shape_and_demand_is_told_at_once_in_the_order_of_the_fields() {
    let app = app(&[(
        "entities/thing.json",
        json!({ "title": "东西", "type": "object", "required": ["name", "size"], "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "size": { "title": "大小", "x-kind": "integer", "minimum": 1 },
            "price": { "title": "价格", "x-kind": "money" } } }),
    )]);
    let answer =
        judged(&app, None, json!({ "price": 1.5, "a/b": 1, "size": 0, "id": "x" }), &Facts::default());
    assert_eq!(
        answer,
        json!([
            "record.required /name",
            "record.too_small /size",
            "record.wrong_type /price",
            "record.unknown_field /a~1b",
            "record.read_only /id"
        ])
    );
}

#[test]
fn on_update_absent_keeps_and_null_clears() {
    let properties = named(json!({ "note": { "title": "备注", "x-kind": "text" } }));
    check_update(
        properties,
        json!({ "name": "a", "note": "b" }),
        json!({ "note": null }),
        json!({ "name": "a" }),
    );
}

#[test]
fn a_new_record_starts_with_defaults_unless_null_was_sent() {
    let properties = named(json!({
        "stage": { "title": "阶段", "x-kind": "choice", "enum": ["new", "old"], "default": "new" },
        "day": { "title": "日期", "x-kind": "date", "default": { "ref": "today" } },
        "who": { "title": "谁", "x-kind": "person", "default": { "ref": "caller.id" } },
        "price": { "title": "价格", "x-kind": "money", "default": "3.5" }
    }));
    let app = one(properties);
    let mut facts = Facts::default();
    facts.people.insert(id(LI), "李".to_owned());
    let answer = judged(&app, None, json!({ "price": null }), &facts);
    assert_eq!(answer, json!({ "stage": "new", "day": "2026-03-02", "who": LI }));
}

fn shown_when_open(on_hide: &str) -> Value {
    named(json!({
        "open": { "title": "开", "x-kind": "boolean" },
        "why": { "title": "为何", "x-kind": "text", "x-on-hide": on_hide,
                 "x-show": { "field": "open", "op": "eq", "value": true },
                 "x-require": { "all": [] } }
    }))
}

#[test]
fn a_hidden_field_is_never_required_and_is_cleared_kept_or_ignored() {
    for (on_hide, expected) in [
        ("clear", json!({ "open": false })),
        ("keep", json!({ "open": false, "why": "sent" })),
        ("ignore", json!({ "open": false, "why": "stored" })),
    ] {
        let stored = json!({ "open": true, "why": "stored" });
        check_update(shown_when_open(on_hide), stored, json!({ "open": false, "why": "sent" }), expected);
    }
    check(shown_when_open("clear"), json!({}), json!({}));
    check(shown_when_open("clear"), json!({ "open": true }), json!(["record.required /why"]));
}

#[test]
fn what_is_locked_cannot_be_changed_but_can_be_filled_in_and_locked_at_once() {
    let properties = named(json!({
        "state": { "title": "状态", "x-kind": "choice", "enum": ["open", "closed"], "default": "open" },
        "amount": { "title": "金额", "x-kind": "money", "x-readonly": { "field": "state", "op": "eq", "value": "closed" } },
        "fixed": { "title": "固定", "x-kind": "integer", "default": 7, "x-readonly": { "all": [] } }
    }));
    let stored = json!({ "state": "closed", "amount": "5.00", "fixed": 7 });
    let locked = json!(["record.read_only /amount"]);
    check_update(properties.clone(), stored.clone(), json!({ "amount": "6" }), locked);
    check_update(properties.clone(), stored.clone(), json!({ "amount": "5", "fixed": 7 }), stored.clone());
    check(properties.clone(), json!({ "state": "closed", "amount": "5.00" }), stored);
    check(properties, json!({ "fixed": 8 }), json!(["record.read_only /fixed"]));
}

#[test]
fn options_are_narrowed_by_the_first_case_that_holds() {
    let properties = named(json!({
        "far": { "title": "远", "x-kind": "boolean" },
        "way": { "title": "方式", "x-kind": "choice", "enum": ["walk", "car", "plane"],
                 "x-options": [{ "when": { "field": "far", "op": "eq", "value": true }, "only": ["plane"] }] }
    }));
    check(properties.clone(), json!({ "far": true, "way": "walk" }), json!(["record.not_an_option /way"]));
    check(properties, json!({ "far": false, "way": "walk" }), json!({ "far": false, "way": "walk" }));
}

#[test]
fn engine_fields_are_refused_unless_equal_to_what_is_stored() {
    let properties = named(
        json!({ "twice": { "title": "两倍", "x-kind": "computed", "x-compute": "2 * 2", "x-result": "integer" } }),
    );
    let app = one(properties);
    let before = record(json!({ "name": "a" }), json!({ "twice": 4 }));
    assert_eq!(
        judged(&app, Some(&before), json!({ "twice": 5 }), &Facts::default()),
        json!(["record.read_only /twice"])
    );
    assert!(judged(&app, Some(&before), json!({ "twice": 4 }), &Facts::default()).is_object());
}

#[test]
fn references_must_exist_and_unique_values_be_free() {
    let app = app(&[(
        "entities/thing.json",
        json!({ "title": "东西", "type": "object", "properties": {
            "name": { "title": "名称", "x-kind": "text", "x-unique": true },
            "parent": { "title": "上级", "x-kind": "relation", "x-relation": { "entity": "thing" } },
            "who": { "title": "谁", "x-kind": "person" } } }),
    )]);
    let input = json!({ "name": "a", "parent": WANG, "who": LI });
    let c = circumstances();
    let asked = needs(thing(&app), None, &fields(input.clone()), &Facts::default(), &c);
    assert_eq!(asked.records, [("thing".to_owned(), id(WANG))].into());
    assert_eq!(asked.people, [id(LI)].into());
    assert_eq!(asked.unique, vec![("name".to_owned(), json!("a"))]);

    let mut facts = Facts { asked: [id(WANG), id(LI)].into(), ..Facts::default() };
    facts.unique_asked.insert("name".to_owned());
    facts.taken.insert("name".to_owned());
    assert!(needs(thing(&app), None, &fields(input.clone()), &facts, &c).is_empty());
    assert_eq!(
        judged(&app, None, input.clone(), &facts),
        json!([
            "record.not_unique /name",
            "record.unknown_reference /parent",
            "record.unknown_reference /who"
        ])
    );

    facts.taken.clear();
    facts.records.insert(id(WANG), ("thing".to_owned(), Fields::new()));
    facts.people.insert(id(LI), "李".to_owned());
    assert_eq!(judged(&app, None, input.clone(), &facts), input);
}

#[test]
fn a_serial_number_is_asked_for_once_the_shape_is_clean() {
    let app = one(named(json!({
        "code": { "title": "编码", "x-kind": "serial", "x-serial": "KH-{yyyy}{mm}-{seq:5}" },
        "size": { "title": "大小", "x-kind": "integer" } })));
    let c = circumstances();
    let wanted = |input: Value, facts: &Facts| needs(thing(&app), None, &fields(input), facts, &c).serials;
    assert_eq!(wanted(json!({ "size": "x" }), &Facts::default()), vec![]);
    assert_eq!(wanted(json!({}), &Facts::default())[0].prefix, "KH-202603-");

    let facts = Facts { serials: [("code".to_owned(), 42)].into(), ..Facts::default() };
    assert_eq!(wanted(json!({}), &facts), vec![]);
    assert_eq!(judged(&app, None, json!({}), &facts), json!({ "code": "KH-202603-00042" }));
    assert_eq!(judged(&app, None, json!({ "code": "x" }), &facts), json!(["record.read_only /code"]));
    let import = Circumstances { entrance: kezhi_types::Entrance::Import, ..circumstances() };
    assert_eq!(
        judged_as(&app, None, json!({ "code": "OLD-1" }), &facts, &import),
        json!({ "code": "OLD-1" })
    );
}

fn with_lines() -> AppPlan {
    one(named(json!({
        "lines": { "title": "明细", "x-kind": "table", "items": { "type": "object", "required": ["price"], "properties": {
            "price": { "title": "单价", "x-kind": "money" },
            "count": { "title": "数量", "x-kind": "integer", "default": 1 },
            "amount": { "title": "金额", "x-kind": "computed", "x-compute": "price * count", "x-result": "money" } } } },
        "total": { "title": "合计", "x-kind": "computed", "x-compute": "sum(lines, \"amount\")", "x-result": "money" }
    })))
}

#[test]
fn rows_are_checked_column_by_column() {
    let answer =
        judged(&with_lines(), None, json!({ "lines": [{ "price": 1.5, "x": 1 }, {}, 3] }), &Facts::default());
    assert_eq!(
        answer,
        json!([
            "record.wrong_type /lines/0/price",
            "record.unknown_field /lines/0/x",
            "record.wrong_type /lines/2",
            "record.required /lines/1/price"
        ])
    );
}

#[test]
fn rows_get_ids_defaults_and_computed_columns_and_the_record_their_sum() {
    let app = with_lines();
    let answer = judged(
        &app,
        None,
        json!({ "lines": [{ "price": "0.1" }, { "price": "0.2", "count": 2 }] }),
        &Facts::default(),
    );
    let rows = answer["lines"].as_array().expect("rows");
    assert_eq!(rows[0]["count"], json!(1));
    assert_eq!(rows[1]["amount"], json!("0.40"));
    assert_eq!(answer["total"], json!("0.50"));
    assert_ne!(rows[0]["id"], rows[1]["id"]);

    let before = record(json!({ "lines": rows }), json!({ "total": "0.50" }));
    let kept = json!({ "lines": [{ "id": rows[1]["id"], "price": "3" }, { "price": "1" }] });
    let after = judged(&app, Some(&before), kept, &Facts::default());
    assert_eq!(after["lines"][0]["id"], rows[1]["id"]);
    assert_eq!(after["lines"][0].get("count"), None, "rows are replaced whole");
    assert_eq!(after["lines"][1]["count"], json!(1));
}

#[test]
fn an_expression_that_fails_leaves_the_field_empty_with_a_warning() {
    let app = one(named(json!({
        "part": { "title": "份", "x-kind": "integer" },
        "share": { "title": "每份", "x-kind": "computed", "x-compute": "100 / part", "x-result": "money" } })));
    let judge = |part: i64| {
        judge(thing(&app), None, fields(json!({ "part": part })), &Facts::default(), &circumstances())
            .expect("saved")
    };
    assert_eq!(judge(3).derived, fields(json!({ "share": "33.33" })));
    let failed = judge(0);
    assert!(failed.derived.is_empty());
    assert_eq!(said(&failed.warnings), json!(["record.compute_failed /share"]));
}

fn graded() -> AppPlan {
    app(&[
        (
            "entities/thing.json",
            json!({ "title": "客户", "type": "object", "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "spent": { "title": "消费", "x-kind": "rollup", "x-rollup": { "entity": "order", "via": "thing", "aggregate": "sum", "field": "amount" } },
            "orders": { "title": "单数", "x-kind": "rollup", "x-rollup": { "entity": "order", "via": "thing", "aggregate": "count" } },
            "value": { "title": "等级", "x-kind": "grade", "x-grade": "value" } } }),
        ),
        (
            "entities/order.json",
            json!({ "title": "订单", "type": "object", "properties": {
            "thing": { "title": "客户", "x-kind": "relation", "x-relation": { "entity": "thing" } },
            "amount": { "title": "金额", "x-kind": "money" } } }),
        ),
        (
            "grades/value.json",
            json!({ "title": "等级", "entity": "thing", "field": "value",
            "method": { "table": [
                { "when": { "field": "orders", "op": "gte", "value": 1 }, "points": 10, "reason": "下过单" },
                { "when": { "field": "spent", "op": "gte", "value": "100" }, "points": 50, "reason": "消费过百" } ] },
            "bands": [ { "letter": "A", "at_least": 50 }, { "letter": "B", "at_least": 10 }, { "letter": "C", "at_least": 0 } ] }),
        ),
    ])
}

#[test]
fn a_grade_follows_the_rollups_and_gives_its_largest_reason_first() {
    let app = graded();
    let new = judged(&app, None, json!({ "name": "a" }), &Facts::default());
    assert_eq!(new["spent"], json!("0.00"));
    assert_eq!(new["value"], json!({ "letter": "C", "score": 0, "reasons": [], "overridden": false }));

    let before =
        record(json!({ "name": "a" }), json!({ "spent": "0.00", "orders": 0, "value": new["value"] }));
    let c = circumstances();
    assert_eq!(derive_needs(thing(&app), &before, &Facts::default(), &c).rollups, ["spent", "orders"]);
    let facts = Facts { rollups: fields(json!({ "spent": "120", "orders": 2 })), ..Facts::default() };
    assert!(derive_needs(thing(&app), &before, &facts, &c).is_empty());
    let derived = derive(thing(&app), &before, &facts, &c);
    assert_eq!(derived.changed_derived, ["spent", "orders", "value"]);
    assert_eq!(derived.derived["value"]["reasons"], json!(["消费过百", "下过单"]));
    assert_eq!(derived.derived["value"]["letter"], json!("A"));
}

#[test]
fn a_letter_set_by_hand_stays_while_the_score_moves() {
    let app = graded();
    let by_hand = json!({ "letter": "A", "score": 0, "reasons": [], "overridden": true });
    let before = record(json!({}), json!({ "spent": "0.00", "orders": 0, "value": by_hand }));
    let facts = Facts { rollups: fields(json!({ "spent": "1", "orders": 1 })), ..Facts::default() };
    let value = derive(thing(&app), &before, &facts, &circumstances()).derived["value"].clone();
    assert_eq!(value, json!({ "letter": "A", "score": 10, "reasons": ["下过单"], "overridden": true }));
}

fn ruled(level: &str) -> AppPlan {
    let rule = |must: Value| {
        json!({ "title": "限额", "entity": "thing", "on": ["create", "update", "delete"], "must": must,
                "level": level, "field": "size", "message": "太大了" })
    };
    app(&[
        (
            "entities/thing.json",
            json!({ "title": "东西", "type": "object", "properties": {
            "name": { "title": "名称", "x-kind": "text" }, "size": { "title": "大小", "x-kind": "integer" } } }),
        ),
        ("rules/big.json", rule(json!({ "field": "size", "op": "lt", "value": 10 }))),
        ("rules/huge.json", rule(json!({ "field": "size", "op": "lt", "value": 5 }))),
    ])
}

#[test]
fn rules_report_together_once_the_rest_is_clean() {
    let app = ruled("refuse");
    assert_eq!(judged(&app, None, json!({ "size": 7 }), &Facts::default()), json!(["rule.refused /size"]));
    assert_eq!(
        judged(&app, None, json!({ "size": 70 }), &Facts::default()),
        json!(["rule.refused /size", "rule.refused /size"])
    );
    assert_eq!(
        judged(&app, None, json!({ "size": "x" }), &Facts::default()),
        json!(["record.wrong_type /size"])
    );
    let stored = record(json!({ "size": 70 }), json!({}));
    let c = Circumstances { operation: RuleOperation::Delete, ..circumstances() };
    let refused = judge_delete(thing(&app), &stored, &Facts::default(), &c).expect_err("refused");
    assert_eq!(refused.0[0].rule.as_deref(), Some("big"));
    assert_eq!(refused.0[0].message.as_deref(), Some("太大了"));
}

#[test]
fn a_warning_is_saved_and_a_confirmation_asked_for() {
    let warned = ruled("warn");
    let judged_warned =
        judge(thing(&warned), None, fields(json!({ "size": 7 })), &Facts::default(), &circumstances());
    assert_eq!(said(&judged_warned.expect("saved").warnings), json!(["rule.warn /size"]));

    let app = ruled("confirm");
    assert_eq!(judged(&app, None, json!({ "size": 7 }), &Facts::default()), json!(["rule.confirm /size"]));
    let c = Circumstances { confirmed: ["huge".to_owned()].into(), ..circumstances() };
    assert_eq!(judged_as(&app, None, json!({ "size": 7 }), &Facts::default(), &c), json!({ "size": 7 }));
}

#[test]
fn a_dotted_path_is_asked_for_one_relation_at_a_time() {
    let app = app(&[(
        "entities/thing.json",
        json!({ "title": "人", "type": "object", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "boss": { "title": "上级", "x-kind": "relation", "x-relation": { "entity": "thing" } },
        "note": { "title": "备注", "x-kind": "text",
                  "x-require": { "field": "boss.boss.name", "op": "eq", "value": "王" } } } }),
    )]);
    let other = "01980000-0000-7000-8000-0000000000cc";
    let input = json!({ "boss": WANG });
    let ask =
        |facts: &Facts| needs(thing(&app), None, &fields(input.clone()), facts, &circumstances()).records;
    let mut facts = knowing(&[]);
    assert_eq!(ask(&facts), [("thing".to_owned(), id(WANG))].into());
    facts.records.insert(id(WANG), ("thing".to_owned(), fields(json!({ "boss": other }))));
    assert_eq!(ask(&facts), [("thing".to_owned(), id(other))].into());
    facts.records.insert(id(other), ("thing".to_owned(), fields(json!({ "name": "王" }))));
    assert!(ask(&facts).is_empty());
    assert_eq!(judged(&app, None, input.clone(), &facts), json!(["record.required /note"]));
}

#[test]
fn system_keys_are_split_off_and_refused_unless_equal() {
    let before = record(json!({}), json!({}));
    let body =
        |value: Value| system_keys(fields(value), Some(&before)).map(|(fields, _)| Value::Object(fields));
    assert_eq!(
        body(json!({ "id": RECORD, "version": 3, "name": "a", "masked": [] })),
        Ok(json!({ "name": "a" }))
    );
    assert_eq!(
        said(&body(json!({ "version": 4 })).expect_err("refused")),
        json!(["record.read_only /version"])
    );
    let (_, owner) = system_keys(fields(json!({ "owner": WANG })), None).expect("allowed");
    assert_eq!(owner, Some(id(WANG)));
}
