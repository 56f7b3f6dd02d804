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
        (json!({ "x-kind": "phone" }), json!("1-2-3"), json!("record.format")),
        (json!({ "x-kind": "phone" }), json!("95588"), json!("95588")),
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
fn a_rating_goes_from_none_to_the_best() {
    for (sent, stored) in [
        (json!(0), json!(0)),
        (json!(3), json!(3)),
        (json!(4), json!("record.too_large")),
        (json!(-1), json!("record.too_small")),
        (json!(2.0), json!("record.wrong_type")),
        (json!("2"), json!("record.wrong_type")),
    ] {
        assert_eq!(check(json!({ "x-kind": "rating", "x-max": 3 }), sent.clone()), stored, "{sent}");
    }
    assert_eq!(check(json!({ "x-kind": "rating" }), json!(6)), json!("record.too_large"));
}

#[test]
fn texts_with_one_form_are_stored_in_it() {
    for (kind, sent, stored) in [
        ("time", json!("8:30"), json!("08:30:00")),
        ("time", json!("25:00"), json!("record.format")),
        ("time", json!(830), json!("record.wrong_type")),
        ("duration", json!("030d"), json!("30d")),
        ("duration", json!("soon"), json!("record.format")),
        ("color", json!("#ABC"), json!("#aabbcc")),
        ("color", json!("red"), json!("record.format")),
        ("barcode", json!(" 6901234567892 "), json!("6901234567892")),
        ("id_card", json!("11010519491231002x"), json!("11010519491231002X")),
        ("id_card", json!("110105194912310021"), json!("record.id_card_check")),
        ("company_code", json!(" 91350100m000100y43"), json!("91350100M000100Y43")),
        ("company_code", json!("91350100M000100Y44"), json!("record.company_code_check")),
        ("id_card", json!(""), json!("")),
    ] {
        assert_eq!(check(json!({ "x-kind": kind }), sent.clone()), stored, "{kind} {sent}");
    }
}

#[test]
fn markup_keeps_what_is_read_and_loses_what_would_run() {
    for (sent, stored) in [
        ("<p>甲 <b>乙</b></p>", "<p>甲 <b>乙</b></p>"),
        ("plain", "plain"),
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ("<p onclick=\"alert(1)\" style=\"position:fixed\">a</p>", "<p>a</p>"),
        ("<img src=x onerror=alert(1)>", "<img>"),
        ("<img src=\"/api/files/1\">", "<img src=\"/api/files/1\">"),
        ("<img src=\"//evil.example/x\">a", "<img>a"),
        (
            "<a href=\"https://acme.example\" target=\"_blank\">a</a>",
            "<a href=\"https://acme.example\" rel=\"noopener noreferrer nofollow\">a</a>",
        ),
        ("<a href=\"JaVaScRiPt:alert(1)\">a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>"),
        ("<a href=\"data:text/html,x\">a</a>", "<a rel=\"noopener noreferrer nofollow\">a</a>"),
        ("<svg><g onload=alert(1)></svg>a", "a"),
        ("<iframe src=\"https://acme.example\"></iframe>a", "a"),
        ("<form action=x><input name=a>a</form>", "a"),
        ("<p>&nbsp;</p><br>", ""),
        ("<p></p>", ""),
    ] {
        assert_eq!(check(json!({ "x-kind": "rich_text" }), json!(sent)), json!(stored), "{sent}");
        assert_eq!(check(json!({ "x-kind": "rich_text" }), json!(stored)), json!(stored), "{stored}");
    }
    let short = json!({ "x-kind": "rich_text", "maxLength": 2 });
    assert_eq!(check(short.clone(), json!("<p><b>客户</b></p>")), json!("<p><b>客户</b></p>"));
    assert_eq!(check(short, json!("客户们")), json!("record.too_long"));
    assert_eq!(
        check(json!({ "x-kind": "rich_text" }), json!("x".repeat(131_073))),
        json!("record.too_large_bytes")
    );
    for hostile in ["<div>", "<b><div>", "<table><tr><td>", "<a><p>"] {
        let nested = |number: usize| json!(hostile.repeat(number));
        assert_eq!(check(json!({ "x-kind": "rich_text" }), nested(4_001)), json!("record.too_much_markup"));
        assert_eq!(check(json!({ "x-kind": "rich_text" }), nested(500)), json!(""), "{hostile}");
    }
}

#[test]
fn a_place_is_two_numbers_of_degrees() {
    let stored = json!({ "lat": 31.2304, "lng": -121.4737 });
    for sent in [stored.clone(), json!({ "lat": "31.2304", "lng": "-121.4737" })] {
        assert_eq!(check(json!({ "x-kind": "location" }), sent.clone()), stored, "{sent}");
    }
    assert_eq!(
        check(json!({ "x-kind": "location" }), json!({ "lat": 0, "lng": 0.123_456_789 })),
        json!({ "lat": 0.0, "lng": 0.123_456_8 })
    );
    for (sent, code) in [
        (json!({ "lat": 91, "lng": 0 }), "record.format"),
        (json!({ "lat": 0, "lng": -180.000_001 }), "record.format"),
        (json!({ "lat": 1 }), "record.wrong_type"),
        (json!({ "lat": 1, "lng": 1, "height": 1 }), "record.wrong_type"),
        (json!({ "lat": 1e300, "lng": 1 }), "record.wrong_type"),
        (json!("31,121"), "record.wrong_type"),
    ] {
        assert_eq!(check(json!({ "x-kind": "location" }), sent.clone()), json!(code), "{sent}");
    }
}

#[test]
fn lists_of_people_and_departments_name_each_once() {
    use crate::fixture::{LI, WANG};
    for kind in ["people", "departments"] {
        for (sent, stored) in [
            (json!([WANG, LI.to_uppercase()]), json!([WANG, LI])),
            (json!([LI, LI]), json!("record.duplicate_item")),
            (json!(["li"]), json!("record.wrong_type")),
            (json!(LI), json!("record.wrong_type")),
        ] {
            assert_eq!(check(json!({ "x-kind": kind }), sent.clone()), stored, "{kind} {sent}");
        }
    }
    assert_eq!(check(json!({ "x-kind": "department" }), json!("sales")), json!("record.wrong_type"));
}

#[test]
fn codes_of_a_tree_stand_one_below_the_other() {
    let own = json!({ "x-kind": "cascade", "enum": ["A", "A1", "A12", "B"] });
    for (keywords, sent, code) in [
        (json!({ "x-kind": "cascade" }), json!(["33", "3301", "330106"]), None),
        (json!({ "x-kind": "cascade" }), json!(["33"]), None),
        (json!({ "x-kind": "cascade" }), json!([]), None),
        (json!({ "x-kind": "cascade" }), json!(["33", "9999"]), Some("record.unknown_code")),
        (json!({ "x-kind": "cascade" }), json!(["3301"]), Some("record.not_below")),
        (json!({ "x-kind": "cascade" }), json!(["33", "330106"]), Some("record.not_below")),
        (json!({ "x-kind": "cascade" }), json!(["33", "1101"]), Some("record.not_below")),
        (json!({ "x-kind": "cascade" }), json!("33"), Some("record.wrong_type")),
        (json!({ "x-kind": "cascade" }), json!([33]), Some("record.wrong_type")),
        (json!({ "x-kind": "cascade" }), json!([""]), Some("record.wrong_type")),
        (own.clone(), json!(["A", "A1", "A12"]), None),
        (own.clone(), json!(["A", "B"]), Some("record.not_below")),
        (own, json!(["33"]), Some("record.unknown_code")),
    ] {
        let stored = code.map_or(sent.clone(), |code| json!(code));
        assert_eq!(check(keywords.clone(), sent.clone()), stored, "{keywords} {sent}");
    }
    let address = json!({ "x-kind": "address" });
    let place = json!({ "region": ["33", "3301"], "detail": "文三路" });
    assert_eq!(check(address.clone(), place.clone()), place);
    assert_eq!(check(address, json!({ "region": ["34", "3301"] })), json!("record.not_below"));
}

#[test]
fn any_json_is_kept_as_both_databases_give_it_back() {
    let any = json!({ "x-kind": "json" });
    for (sent, stored) in [
        (json!({ "a": [1, 2.5, null, { "b": "客" }] }), json!({ "a": [1, 2.5, null, { "b": "客" }] })),
        (json!(100.0), json!(100)),
        (json!(false), json!(false)),
        (json!("\\u0000"), json!("\\u0000")),
        (json!({ "a\0": 1 }), json!("record.text")),
        (json!(["a\0"]), json!("record.text")),
        (json!("x".repeat(65_535)), json!("record.too_large_bytes")),
        ((0..40).fold(json!(1), |inner, _| json!([inner])), json!("record.too_deep")),
    ] {
        assert_eq!(check(any.clone(), sent.clone()), stored, "{sent}");
    }
}

#[test]
fn what_is_stored_fits_the_plain_schema_of_its_kind() {
    for (keywords, sent) in [
        (json!({ "x-kind": "text" }), json!("a")),
        (json!({ "x-kind": "integer" }), json!(7)),
        (json!({ "x-kind": "rating", "x-max": 3 }), json!(3)),
        (json!({ "x-kind": "money" }), json!("-12.5")),
        (json!({ "x-kind": "boolean" }), json!(true)),
        (json!({ "x-kind": "choice", "enum": ["a"] }), json!("a")),
        (json!({ "x-kind": "choices", "enum": ["a", "b"] }), json!(["b"])),
        (json!({ "x-kind": "tags" }), json!(["甲"])),
        (json!({ "x-kind": "date" }), json!("2026-03-01")),
        (json!({ "x-kind": "datetime" }), json!("2026-03-01T16:00:00+08:00")),
        (json!({ "x-kind": "time" }), json!("8:30")),
        (json!({ "x-kind": "duration" }), json!("-030d")),
        (json!({ "x-kind": "lunar_date" }), json!("1990-L05-15")),
        (json!({ "x-kind": "color" }), json!("#ABC")),
        (json!({ "x-kind": "id_card" }), json!("11010519491231002x")),
        (json!({ "x-kind": "company_code" }), json!("91350100m000100y43")),
        (json!({ "x-kind": "barcode" }), json!("690")),
        (json!({ "x-kind": "rich_text" }), json!("<b>a</b>")),
        (json!({ "x-kind": "location" }), json!({ "lat": 1, "lng": "2.5" })),
        (json!({ "x-kind": "address" }), json!({ "region": ["33"], "detail": "路" })),
        (json!({ "x-kind": "cascade" }), json!(["33", "3301"])),
        (json!({ "x-kind": "people" }), json!([crate::fixture::LI])),
        (json!({ "x-kind": "json" }), json!([1])),
        (json!({ "x-kind": "person" }), json!(crate::fixture::LI)),
        (json!({ "x-kind": "secret" }), json!("芝麻")),
        (
            json!({ "x-kind": "attachment" }),
            json!([{ "id": crate::fixture::LI, "name": "a", "type": "text/plain", "size": 1 }]),
        ),
        (json!({ "x-kind": "signature" }), json!({ "id": crate::fixture::LI })),
        (
            json!({ "x-kind": "table", "items": { "properties": { "t": { "title": "刻", "x-kind": "time" } } } }),
            json!([{ "t": "7:05" }]),
        ),
    ] {
        let mut field = json!({ "title": "字段" });
        field.as_object_mut().expect("an object").extend(crate::fixture::fields(keywords.clone()));
        let stored = check(keywords.clone(), sent);
        let mut schema = json!({ "properties": { "field": field } });
        fill_schema(&mut schema);
        schema["additionalProperties"] = json!(false);
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
        let stored = json!({ "field": stored });
        assert!(validator.is_valid(&stored), "{stored} under {schema}");
        let wrong = json!({ "field": { "no": "such" } });
        assert!(keywords["x-kind"] == "json" || !validator.is_valid(&wrong), "{schema}");
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

#[test]
fn a_secret_is_a_text_that_nobody_else_has_sealed() {
    let pin = json!({ "x-kind": "secret", "minLength": 4, "maxLength": 8, "pattern": "^[0-9]+$" });
    for (sent, stored) in [
        (json!("123456"), json!("123456")),
        (json!(""), json!("")),
        (json!("123"), json!("record.too_short")),
        (json!("123456789"), json!("record.too_long")),
        (json!("12ab"), json!("record.pattern")),
        (json!("1\u{0}23"), json!("record.text")),
        (json!(1234), json!("record.wrong_type")),
    ] {
        assert_eq!(check(pin.clone(), sent.clone()), stored, "{sent}");
    }
    let free = json!({ "x-kind": "secret" });
    assert_eq!(check(free.clone(), json!("sealed:v1:abc:def")), json!("record.text"));
    assert_eq!(check(free.clone(), json!("密".repeat(4096))), json!("密".repeat(4096)));
    assert_eq!(check(free, json!("密".repeat(4097))), json!("record.too_long"));
}

#[test]
fn files_are_named_by_id_once_and_fit_their_field() {
    use crate::fixture::{LI, WANG};
    let file =
        |id: &str, media: &str, size: u64| json!({ "id": id, "name": "a", "type": media, "size": size });
    let papers = json!({ "x-kind": "attachment", "maxItems": 2, "x-max-size": 1_572_864, "x-types": ["image/*", "application/pdf"] });
    for (sent, stored) in [
        (json!([{ "id": LI.to_uppercase(), "extra": 1 }]), json!([{ "id": LI }])),
        (json!([file(LI, "image/png", 5), file(WANG, "application/pdf", 1_572_864)]), json!(null)),
        (json!([]), json!(null)),
        (json!([file(LI, "image/png", 5), file(LI, "image/png", 5)]), json!("record.duplicate_item")),
        (json!([file(LI, "text/html", 5)]), json!("record.file_type")),
        (json!([file(LI, "imagex/png", 5)]), json!("record.file_type")),
        (json!([file(LI, "image/png", 1_572_865)]), json!("record.file_too_large")),
        (
            json!([file(LI, "image/png", 1), file(WANG, "image/png", 1), file(WANG, "image/png", 1)]),
            json!("record.too_many"),
        ),
        (json!([LI]), json!("record.wrong_type")),
        (json!([{ "name": "a" }]), json!("record.wrong_type")),
        (json!([{ "id": LI, "size": -1 }]), json!("record.wrong_type")),
        (json!(file(LI, "image/png", 1)), json!("record.wrong_type")),
    ] {
        let stored = if stored.is_null() { sent.clone() } else { stored };
        assert_eq!(check(papers.clone(), sent.clone()), stored, "{sent}");
    }
    for kind in ["image", "signature"] {
        let one =
            |media: &str| if kind == "image" { json!([file(LI, media, 1)]) } else { file(LI, media, 1) };
        assert_eq!(check(json!({ "x-kind": kind }), one("image/webp")), one("image/webp"));
        for media in ["image/svg+xml", "image/tiff", "text/html", "application/pdf"] {
            assert_eq!(
                check(json!({ "x-kind": kind }), one(media)),
                json!("record.file_type"),
                "{kind} {media}"
            );
        }
    }
    assert_eq!(
        [1, 1023, 20_480, 1_572_864, 20_971_520].map(file_size),
        ["1 B", "1023 B", "20 kB", "1.5 MB", "20 MB"]
    );
}
