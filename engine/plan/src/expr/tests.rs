//! What expressions give, and what is wrong with wrong ones.

#![allow(clippy::needless_pass_by_value, reason = "json! reads better in the call")]

use std::cell::Cell;

use kezhi_types::Fields;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::condition::tests::{catalog, circumstances};
use crate::facts::Facts;
use crate::fixture::assert_bilingual;

fn compile(source: &str) -> Result<ExprPlan, Vec<Problem>> {
    let catalog = catalog();
    let probes = Cell::new(0);
    ExprPlan::compile(source, &Scope { stored: true, ..Scope::of(&catalog, "sample", &probes) })
}

fn compute(source: &str, record: Value) -> Result<Option<Value>, String> {
    let plan = compile(source).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
    let circumstances = circumstances();
    let mut facts = Facts::default();
    let other = json!({"name": "父", "amount": "2.50", "parent": null});
    facts
        .records
        .insert(kezhi_types::Id::SYSTEM, ("sample".to_owned(), other.as_object().expect("a record").clone()));
    let fields = record.as_object().expect("a record");
    plan.eval(&Sight { fields, before: None, parent: None, facts: &facts, circumstances: &circumstances })
}

fn gives(source: &str, record: Value, expected: Value) {
    let expected = if expected.is_null() { None } else { Some(expected) };
    assert_eq!(compute(source, record.clone()), Ok(expected), "{source} of {record}");
}

#[test]
fn numbers_are_exact() {
    gives("0.1 + 0.2", json!({}), json!("0.3"));
    gives("amount * 3", json!({"amount": "0.10"}), json!("0.3"));
    gives("pieces / 2", json!({"pieces": 5}), json!("2.5"));
    gives("pieces % 3 + 1", json!({"pieces": 5}), json!(3));
    gives("-amount", json!({"amount": "1.50"}), json!("-1.5"));
    gives("pieces * amount", json!({"pieces": 3, "amount": "19.99"}), json!("59.97"));
    gives("round(amount * 0.13, 2)", json!({"amount": "99.50"}), json!("12.94"));
    gives("round(2.5) + round(-2.5)", json!({}), json!(0));
    gives("total / max(children, 1)", json!({"total": "10.00", "children": 0}), json!("10"));
    gives("min(pieces, 3, amount)", json!({"pieces": 7, "amount": "2.50"}), json!("2.5"));
}

#[test]
fn an_absent_operand_makes_the_result_absent() {
    gives("amount * 2", json!({}), json!(null));
    gives("max(amount, 1)", json!({"amount": null}), json!(null));
    gives("amount > 1", json!({}), json!(null));
    gives("name + \"!\"", json!({}), json!(null));
    gives("`${name}!`", json!({}), json!(null));
    gives("amount ?? 0", json!({}), json!(0));
    gives("if_empty(name, \"无\")", json!({"name": ""}), json!("无"));
    gives("is_empty(amount) && true", json!({}), json!(true));
    gives("active && amount > 1", json!({"active": false}), json!(false));
    gives("active || amount > 1", json!({"active": false}), json!(null));
    gives("if amount > 100 { \"大\" } else { \"小\" }", json!({}), json!(null));
    gives("if amount > 100 { \"大\" } else { \"小\" }", json!({"amount": "100.01"}), json!("大"));
    gives("if pieces > 1 { 1 } else if pieces == 1 { 2 } else { 3 }", json!({"pieces": 1}), json!(2));
    gives("if active { 1 }", json!({"active": false}), json!(null));
}

#[test]
fn division_by_zero_is_absent_and_said() {
    assert_eq!(
        compute("amount / pieces", json!({"amount": "1.00", "pieces": 0})),
        Err("division by zero".into())
    );
    assert_eq!(compute("pieces % 0", json!({"pieces": 0})), Err("division by zero".into()));
    gives("amount / pieces ?? 0", json!({"amount": "1.00", "pieces": 0}), json!(0));
    gives("if pieces == 0 { 0 } else { amount / pieces }", json!({"amount": "1.00", "pieces": 0}), json!(0));
}

#[test]
fn texts_dates_lists_and_grades() {
    gives("name + \"-\" + code", json!({"name": "a", "code": "1"}), json!("a-1"));
    gives(
        "`${name}/${pieces}/${amount}`",
        json!({"name": "客", "pieces": 2, "amount": "1.50"}),
        json!("客/2/1.5"),
    );
    gives("name.trim().upper()", json!({"name": " ab "}), json!("AB"));
    gives("left(name, 1) + right(name, 1) + middle(name, 2, 1)", json!({"name": "甲乙丙"}), json!("甲丙乙"));
    gives("\"vip\" in tags", json!({"tags": ["vip"]}), json!(true));
    gives("contains(name, \"ACME\")", json!({"name": "the acme"}), json!(true));
    gives("industry in [\"food\", \"retail\"]", json!({"industry": "food"}), json!(true));
    gives("length(tags)", json!({"tags": ["a", "b"]}), json!(2));
    gives("join(tags, \"、\")", json!({"tags": ["a", "b"]}), json!("a、b"));
    gives("day + 30", json!({"day": "2026-03-01"}), json!("2026-03-31"));
    gives("due - day", json!({"day": "2026-03-01", "due": "2026-03-31"}), json!(30));
    gives("years_between(day, today)", json!({"day": "1990-11-23"}), json!(35));
    gives("months_between(day, due)", json!({"day": "2026-01-31", "due": "2026-02-28"}), json!(0));
    gives("add_months(day, 1)", json!({"day": "2026-01-31"}), json!("2026-02-28"));
    gives("date(year(day), 12, 31)", json!({"day": "2026-01-31"}), json!("2026-12-31"));
    gives("date_of(at)", json!({"at": "2026-11-22T16:00:00.000Z"}), json!("2026-11-23"));
    gives("next_lunar(birthday, today)", json!({"birthday": "1990-01-01"}), json!("2027-02-06"));
    gives("next_anniversary(day, today)", json!({"day": "2000-02-29"}), json!("2027-02-28"));
    gives("value == \"A\" && value.score > 70", json!({"value": {"letter": "A", "score": 80}}), json!(true));
    gives("record[\"name\"]", json!({"name": "a"}), json!("a"));
    gives("parent.amount * 2", json!({"parent": kezhi_types::Id::SYSTEM.to_string()}), json!("5"));
    gives("parent.amount * 2", json!({"parent": null}), json!(null));
}

#[test]
fn rows_are_summed() {
    let record =
        json!({"lines": [{"price": "0.10", "qty": 2}, {"price": "0.20"}, {"qty": 5, "product": "茶"}]});
    gives("sum(lines, \"price\")", record.clone(), json!("0.3"));
    gives("sum(lines, \"qty\")", record.clone(), json!(7));
    gives("avg(lines, \"qty\")", record.clone(), json!("3.5"));
    gives("max(lines, \"price\") - min(lines, \"price\")", record.clone(), json!("0.1"));
    gives("count(lines)", record.clone(), json!(3));
    gives("count(lines, \"product\")", record, json!(1));
    gives("sum(lines, \"price\") + count(lines)", json!({}), json!(0));
    gives("avg(lines, \"qty\")", json!({"lines": []}), json!(null));
}

#[test]
fn in_a_row_columns_come_first_and_the_record_around_is_at_hand() {
    let catalog = catalog();
    let probes = Cell::new(0);
    let scope = Scope { row_of: Some("lines"), ..Scope::of(&catalog, "sample", &probes) };
    let plan = ExprPlan::compile("price * qty * (1 - discount / 100)", &scope).expect("fine");
    assert!(plan.reads().fields.contains("price") && plan.reads().around.contains("discount"));
    let (row, record) = (json!({"price": "10.00", "qty": 3}), json!({"discount": "10.00"}));
    let (facts, circumstances) = (Facts::default(), circumstances());
    let sight = Sight {
        fields: row.as_object().expect("a row"),
        before: None,
        parent: record.as_object(),
        facts: &facts,
        circumstances: &circumstances,
    };
    assert_eq!(plan.eval(&sight), Ok(Some(json!("27"))));
}

#[test]
fn a_wrong_expression_says_what_and_where() {
    let wrong = |source: &str, code: &str, position: (u32, u32), help: &str| {
        let problem = compile(source).expect_err(source).remove(0);
        assert_bilingual(problem.code, &problem.message, &problem.help);
        assert_eq!(
            (problem.code, problem.position),
            (code, Some(position)),
            "{source}: {}",
            problem.message.en
        );
        assert!(problem.help.en.contains(help), "{source}: {}", problem.help.en);
    };
    wrong("amout * 2", "expression.unknown_name", (1, 1), "amount");
    wrong("1 +\n  roud(amount)", "expression.unknown_function", (2, 3), "round");
    wrong("parent.nmae", "expression.unknown_name", (1, 1), "name");
    wrong("sum(lines, \"prize\")", "expression.unknown_name", (1, 12), "price");
    wrong("sum(amount)", "expression.refused", (1, 1), "");
    wrong("lines", "expression.table", (1, 1), "count(lines)");
    wrong("left(name)", "expression.arguments", (1, 1), "left(text, n)");
    wrong("amount +", "code.syntax", (1, 9), "");
    wrong("let x = 1", "code.syntax", (1, 1), "");
    wrong("now", "expression.refused", (1, 1), "");
    wrong("name.first", "expression.unknown_name", (1, 1), "");
    wrong("eval(\"1\")", "expression.unknown_function", (1, 1), "");
    wrong("#{a: 1}", "expression.refused", (1, 1), "");
    wrong("amount ** 2", "expression.unknown_function", (1, 8), "");
    assert_eq!(compile(&"1+".repeat(200)).expect_err("long")[0].code, "expression.too_long");
}

#[test]
fn a_wrong_operand_is_an_error_and_work_is_limited() {
    assert_eq!(compute("name * 2", json!({"name": "a"})), Err("`*` cannot take a text and a number".into()));
    assert!(compute("pieces * pieces", json!({"pieces": 9_007_199_254_740_991i64})).is_err());
    let rows: Vec<_> = (0..20_000).map(|qty| json!({"qty": qty})).collect();
    assert_eq!(
        compute("sum(lines, \"qty\")", json!({"lines": rows})),
        Err("the expression does too much work".into())
    );
    let long = "x".repeat(40_000);
    assert_eq!(compute("name + name", json!({"name": long})), Err("the value is too large".into()));
    assert!(compute("replace(name, \"x\", note)", json!({"name": long, "note": long})).is_err());
}

#[test]
fn it_says_what_it_reads() {
    let plan =
        compile("parent.parent.amount + sum(lines, \"qty\") + days_between(day, today)").expect("fine");
    let fields: Vec<_> = plan.reads().fields.iter().map(String::as_str).collect();
    assert_eq!(fields, ["day", "lines", "parent"]);
    assert_eq!(plan.reads().paths.iter().map(|path| path.hops.len()).collect::<Vec<_>>(), [2]);
    assert!(plan.reads().today && !plan.reads().now);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(source in "[a-z0-9 +*/().,\"\\[\\]{}$`!&|<>=-]{0,40}") {
        let _ = compile(&source);
    }

    #[test]
    fn cents_add_up(cents in prop::collection::vec(-1_000_000i64..1_000_000, 0..50)) {
        let price = |cents: &i64| json!({"price": rust_decimal::Decimal::new(*cents, 2).to_string()});
        let record: Fields = [("lines".to_owned(), cents.iter().map(price).collect())].into_iter().collect();
        let sum = rust_decimal::Decimal::new(cents.iter().sum(), 2).normalize().to_string();
        let expected = if cents.is_empty() { json!(0) } else { json!(sum) };
        let got = compute("sum(lines, \"price\")", Value::Object(record)).expect("a sum");
        let got = got.expect("a sum");
        prop_assert!(got == expected, "{got} {expected}");
    }
}
