//! Every kind of field with its good and bad values.

#![allow(clippy::needless_pass_by_value, reason = "tests hand over what `json!` makes")]

use super::*;
use crate::fixture::{one, thing};
use serde_json::json;

/// What becomes of a value of a field with these keywords: the stored form, or the code that refuses it.
fn check(keywords: Value, value: Value) -> Value {
    let mut field = json!({ "title": "字段" });
    field.as_object_mut().expect("an object").extend(crate::fixture::fields(keywords));
    let app = one(json!({ "name": { "title": "名", "x-kind": "text" }, "field": field }));
    let mut violations = Violations::default();
    let stored = super::check(&thing(&app).fields["field"], &value, "/field", &mut violations);
    match violations.0.first() {
        None => stored,
        Some(violation) => {
            assert!(kezhi_types::text::is_known(&violation.code), "{} has no sentence", violation.code);
            let said = kezhi_types::text::sentence(Default::default(), &violation.code, &violation.args);
            assert!(!said.contains('{'), "{said}");
            json!(violation.code)
        }
    }
}

#[test]
fn money_is_exact_and_always_in_full_scale() {
    for (sent, stored) in [
        (json!("12.5"), json!("12.50")),
        (json!(12), json!("12.00")),
        (json!("-0.00"), json!("0.00")),
        (json!("0007"), json!("7.00")),
        (json!("9999999999999.99"), json!("9999999999999.99")),
        (json!("99999999999999.99"), json!("record.too_many_digits")),
        (json!("12.345"), json!("record.scale")),
        (json!(12.5), json!("record.wrong_type")),
        (json!("1e3"), json!("record.wrong_type")),
        (json!("+1"), json!("record.wrong_type")),
        (json!(".5"), json!("record.wrong_type")),
        (json!(""), json!("record.wrong_type")),
        (json!(true), json!("record.wrong_type")),
    ] {
        assert_eq!(check(json!({ "x-kind": "money" }), sent.clone()), stored, "{sent}");
    }
    assert_eq!(
        check(json!({ "x-kind": "money", "x-minimum": "0" }), json!("-0.01")),
        json!("record.too_small")
    );
    assert_eq!(
        check(json!({ "x-kind": "percent", "x-maximum": "100" }), json!(101)),
        json!("record.too_large")
    );
    assert_eq!(check(json!({ "x-kind": "decimal", "x-scale": 6 }), json!("1.5")), json!("1.500000"));
}

#[test]
fn a_whole_number_is_one_that_json_carries_exactly() {
    for (sent, stored) in [
        (json!(-3), json!(-3)),
        (json!(9_007_199_254_740_991_i64), json!(9_007_199_254_740_991_i64)),
        (json!(9_007_199_254_740_992_i64), json!("record.too_large")),
        (json!(u64::MAX), json!("record.too_large")),
        (json!(i64::MIN), json!("record.too_small")),
        (json!(1.0), json!("record.wrong_type")),
        (json!("1"), json!("record.wrong_type")),
    ] {
        assert_eq!(check(json!({ "x-kind": "integer" }), sent.clone()), stored, "{sent}");
    }
}

#[test]
fn days_and_instants_are_read_strictly_and_written_in_one_form() {
    for (kind, sent, stored) in [
        ("date", json!("2024-02-29"), json!("2024-02-29")),
        ("date", json!("2026-02-29"), json!("record.format")),
        ("date", json!("2026-3-1"), json!("record.format")),
        ("date", json!("2026-03-01T00:00:00Z"), json!("record.format")),
        ("date", json!(20260301), json!("record.wrong_type")),
        ("datetime", json!("2026-03-01T16:00:00+08:00"), json!("2026-03-01T08:00:00.000Z")),
        ("datetime", json!("2026-03-01T16:00:00"), json!("record.format")),
        ("lunar_date", json!("1990-05-15"), json!("1990-05-15")),
        ("lunar_date", json!("1990-L05-15"), json!("1990-L05-15")),
        ("lunar_date", json!("1991-L05-15"), json!("record.format")),
    ] {
        assert_eq!(check(json!({ "x-kind": kind }), sent.clone()), stored, "{kind} {sent}");
    }
}

#[test]
fn a_text_is_stored_as_sent_unless_it_cannot_be() {
    for (keywords, sent, stored) in [
        (json!({ "x-kind": "text" }), json!("  Ω 客户\n"), json!("  Ω 客户\n")),
        (json!({ "x-kind": "text" }), json!("a\0b"), json!("record.text")),
        (json!({ "x-kind": "text" }), json!(1), json!("record.wrong_type")),
        (json!({ "x-kind": "text", "maxLength": 2 }), json!("客户"), json!("客户")),
        (json!({ "x-kind": "text", "maxLength": 2 }), json!("客户们"), json!("record.too_long")),
        (json!({ "x-kind": "text", "pattern": "^[A-Z]{2}$" }), json!("ab"), json!("record.pattern")),
        (json!({ "x-kind": "phone" }), json!(" 138-0013-8000 "), json!("138-0013-8000")),
        (json!({ "x-kind": "phone" }), json!("call me"), json!("record.format")),
        (json!({ "x-kind": "email" }), json!("ada@acme.example"), json!("ada@acme.example")),
        (json!({ "x-kind": "email" }), json!("ada@acme"), json!("record.format")),
        (json!({ "x-kind": "email" }), json!("a b@acme.example"), json!("record.format")),
        (json!({ "x-kind": "url" }), json!("https://acme.example/a?b"), json!("https://acme.example/a?b")),
        (json!({ "x-kind": "url" }), json!("javascript:alert(1)"), json!("record.format")),
    ] {
        assert_eq!(check(keywords.clone(), sent.clone()), stored, "{keywords} {sent}");
    }
}

#[test]
fn options_and_lists_take_what_they_name_once() {
    let colours = json!({ "x-kind": "choices", "enum": ["red", "blue"] });
    assert_eq!(check(colours.clone(), json!(["blue", "red"])), json!(["blue", "red"]));
    assert_eq!(check(colours.clone(), json!(["blue", "blue"])), json!("record.duplicate_item"));
    assert_eq!(check(colours.clone(), json!(["green"])), json!("record.not_an_option"));
    assert_eq!(check(colours, json!("red")), json!("record.wrong_type"));
    assert_eq!(check(json!({ "x-kind": "choice", "enum": ["a"] }), json!("")), json!("record.not_an_option"));
    assert_eq!(
        check(json!({ "x-kind": "tags", "maxItems": 1 }), json!(["a", "b"])),
        json!("record.too_many")
    );
    assert_eq!(check(json!({ "x-kind": "person" }), json!("")), json!("record.wrong_type"));
    assert_eq!(check(json!({ "x-kind": "boolean" }), json!("true")), json!("record.wrong_type"));
}
