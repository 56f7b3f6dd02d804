//! What scripts see and return, and that every way to run away ends.

use std::cell::Cell;

use serde_json::json;

use super::*;
use crate::condition::tests::{catalog, circumstances};
use crate::fixture::assert_bilingual;

fn compile(source: &str, kind: ScriptKind) -> Result<ScriptPlan, Vec<Problem>> {
    let catalog = catalog();
    let probes = Cell::new(0);
    ScriptPlan::compile("grades/value.rhai", source, &Scope::of(&catalog, "sample", &probes), kind)
}

fn input(record: &Value) -> ScriptInput {
    let circumstances = circumstances();
    let row = |amount: &str, status: &str| {
        json!({"amount": amount, "status": status, "paid_on": "2026-11-01"})
            .as_object()
            .expect("a row")
            .clone()
    };
    ScriptInput {
        record: record.as_object().expect("a record").clone(),
        before: None,
        related: BTreeMap::from([(
            "child.sample".to_owned(),
            vec![row("0.10", "paid"), row("0.20", "paid"), row("9.00", "open")],
        )]),
        today: circumstances.today(),
        now: circumstances.now,
        zone: circumstances.zone.clone(),
        caller: circumstances.caller,
    }
}

fn run(source: &str, kind: ScriptKind, record: &Value) -> Result<Value, String> {
    let plan = compile(source, kind).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    plan.run(&input(record))
}

#[test]
fn a_grade_sees_the_record_what_points_at_it_and_today() {
    let source = r#"
        let paid = related("child", "sample").filter(|row| row.status == "paid");
        let score = 0;
        let reasons = [];
        if sum(paid, "amount") == 0.3 { score += 40; reasons.push(`实付 ${sum(paid, "amount")}`); }
        if record.amount > 10 && record.amount * 3 == 30.03 { score += 30; reasons.push("金额"); }
        if record.day != () && today - record.day == 21 { score += 10; }
        if days_between(record.day, today) == 21 { score += 5; }
        for line in record.lines { if line.qty > 1 { score += 1; } }
        if record.value.letter == "A" { score += 2; }
        for row in related("child", "sample") { if row.paid_on < today { score += 1; } }
        #{score: score, reasons: reasons}
    "#;
    let record = json!({"amount": "10.01", "day": "2026-11-01", "lines": [{"qty": 2}, {"qty": 1}],
        "value": {"letter": "A", "score": 80}});
    assert_eq!(
        run(source, ScriptKind::Grade, &record),
        Ok(json!({"score": 91, "reasons": ["实付 0.30", "金额"]}))
    );
    let plan = compile(source, ScriptKind::Grade).expect("fine");
    let reads = plan.reads();
    assert_eq!(
        reads.fields.iter().map(String::as_str).collect::<Vec<_>>(),
        ["amount", "day", "lines", "value"]
    );
    assert_eq!(
        reads.related[0].fields.iter().map(String::as_str).collect::<Vec<_>>(),
        ["amount", "paid_on", "status"]
    );
    assert!(reads.today);
}

#[test]
fn the_record_and_today_are_at_hand_in_functions() {
    let source = r#"
        fn far(row) { row.amount > record.amount }
        #{score: related("child", "sample").filter(|row| far(row)).len, reasons: []}
    "#;
    assert_eq!(
        run(source, ScriptKind::Grade, &json!({"amount": "1.00"})),
        Ok(json!({"score": 1, "reasons": []}))
    );
}

#[test]
fn a_rule_returns_a_verdict() {
    let rule = |source: &str| run(source, ScriptKind::Rule, &json!({"amount": "2.00", "name": "a"}));
    assert_eq!(rule("record.amount <= 5"), Ok(json!({"ok": true})));
    assert_eq!(
        rule(
            "if before == () && record.amount > 1 { #{ok: false, field: \"amount\", message: `最多 1，现为 ${record.amount}`} } else { true }"
        ),
        Ok(json!({"ok": false, "field": "amount", "message": "最多 1，现为 2.00"}))
    );
    assert_eq!(rule("caller.roles.len == 0"), Ok(json!({"ok": true})));
    assert!(rule("42").is_err() && rule("#{ok: 1}").is_err() && rule("#{ok: true, extra: 1}").is_err());
}

#[test]
fn a_wrong_answer_is_an_error() {
    let grade = |source: &str| run(source, ScriptKind::Grade, &json!({}));
    for source in [
        "1",
        "#{reasons: []}",
        "#{score: 0.5}",
        "#{score: 1, reasons: [1]}",
        "#{score: 1, reasons: \"a\"}",
        "#{score: 99999999999}",
    ] {
        assert!(grade(source).is_err(), "{source}");
    }
    assert_eq!(grade("#{score: 3.0}"), Ok(json!({"score": 3, "reasons": []})));
}

#[test]
fn a_wrong_script_says_what_and_where() {
    let wrong = |source: &str, code: &str, position: (u32, u32)| {
        let problem = compile(source, ScriptKind::Grade).expect_err(source).remove(0);
        assert_bilingual(problem.code, &problem.message, &problem.help);
        assert_eq!(
            (problem.code, problem.position),
            (code, Some(position)),
            "{source}: {}",
            problem.message.en
        );
    };
    wrong("let a = record.amout;", "script.unknown_field", (1, 16));
    wrong("\nlet a = record;", "script.dynamic_read", (2, 9));
    wrong("let k = \"name\"; record[k]", "script.dynamic_read", (1, 24));
    wrong("let e = \"child\"; related(e, \"sample\")", "script.dynamic_read", (1, 18));
    wrong("related(\"chidl\", \"sample\")", "script.unknown_entity", (1, 1));
    wrong("related(\"child\", \"status\")", "script.no_relation", (1, 1));
    wrong("record.parent.name", "script.no_relation", (1, 8));
    wrong("let record = 1;", "script.reserved_name", (1, 1));
    wrong("caller.id", "script.not_here", (1, 1));
    wrong("let a = 1; b", "code.syntax", (1, 12));
    wrong("let a = ;", "code.syntax", (1, 9));
    assert_eq!(compile(&" ".repeat(70_000), ScriptKind::Grade).expect_err("long")[0].code, "script.too_long");
}

#[test]
fn every_way_to_run_away_ends() {
    let ends = |source: &str| {
        let result = compile(source, ScriptKind::Grade).map(|plan| plan.run(&input(&json!({"name": "a"}))));
        assert!(matches!(result, Err(_) | Ok(Err(_))), "{source}: {result:?}");
    };
    ends("loop { }");
    ends("let i = 0; while true { i += 1 }");
    ends("fn f(x) { f(x + 1) } f(1)");
    ends("let s = \"xxxxxxxxxxxxxxxx\"; loop { s += s; }");
    ends("let a = []; loop { a.push(1); }");
    ends("let a = [1]; loop { a = [a]; }");
    ends("eval(\"1\")");
    ends("let f = Fn(\"x\"); f.call()");
    ends("sleep(20); 1");
    ends("import \"/etc/passwd\" as x;");
    ends("let s = \"\"; s.pad(1000000000, 'x'); s");
    ends("throw \"no\"");
}

#[test]
fn an_endless_loop_ends_by_operations_or_as_soon_as_it_is_stopped() {
    let plan = compile("loop { }", ScriptKind::Grade).expect("fine");
    assert_eq!(plan.run(&input(&json!({}))), Err("it does too much work (line 1)".into()));
    assert_eq!(plan.run_until(&input(&json!({})), || true), Err("it took too long (line 1)".into()));
}

#[test]
fn two_runs_give_the_same() {
    let source = "let a = 0; for row in related(\"child\", \"sample\") { a += if row.amount > 0.15 { 1 } else { 0 } } #{score: a}";
    let first = run(source, ScriptKind::Grade, &json!({}));
    assert_eq!(first, Ok(json!({"score": 2, "reasons": []})));
    assert_eq!(first, run(source, ScriptKind::Grade, &json!({})));
}
