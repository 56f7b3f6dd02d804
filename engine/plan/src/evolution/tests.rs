//! The table of conversions, and what becomes of whole records there and back.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kezhi_types::text::Language;
use kezhi_types::{Fields, Id, Record, Timestamp};
use serde_json::{Value, json};

use super::{Change, Earlier, between, convert, findings, tightened};
use crate::app::AppPlan;
use crate::fixture::{LI, RECORD, WANG, one};

/// What becomes of a value: its new form, or the code of the refusal.
fn turned(from: &Value, to: &Value, value: &Value) -> Result<Value, String> {
    let plan = one(json!({ "name": { "title": "名", "x-kind": "text" }, "old": from, "new": to }));
    let fields = &plan.entities["thing"].fields;
    let zone = TimeZone::get("Asia/Shanghai").expect("the zone is known");
    convert(&fields["old"], &fields["new"], value, (&zone, Language::Chinese))
        .map(|value| value.unwrap_or(Value::Null))
        .map_err(|reason| reason.0.code)
}

fn field(kind: &str) -> Value {
    let mut field = json!({ "title": "字段", "x-kind": kind });
    if matches!(kind, "choice" | "choices" | "tags") {
        field["enum"] = json!(["retail", "food"]);
        field["x-labels"] = json!({ "retail": "零售", "food": "餐饮" });
    }
    if matches!(kind, "relation" | "relations") {
        field["x-relation"] = json!({ "entity": "thing" });
    }
    field
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn values_are_converted_by_the_table_and_nothing_is_rounded() {
    let refused = |code: &str| Err(code.to_owned());
    let cases: Vec<(&str, &str, Value, Result<Value, String>)> = vec![
        ("text", "integer", json!("12"), Ok(json!(12))),
        ("text", "integer", json!(" １２ "), Ok(json!(12))),
        ("text", "integer", json!("1,234"), Ok(json!(1234))),
        ("text", "integer", json!("1,2"), refused("evolution.unreadable")),
        ("text", "integer", json!("12.5"), refused("evolution.unreadable")),
        ("text", "integer", json!("一打"), refused("evolution.unreadable")),
        ("text", "money", json!("¥1,234.5"), Ok(json!("1234.50"))),
        ("text", "money", json!("12.345"), refused("record.scale")),
        ("text", "money", json!("1.234,56"), refused("evolution.unreadable")),
        ("text", "integer", json!("(-3)"), refused("evolution.unreadable")),
        ("text", "percent", json!("12.5%"), Ok(json!("12.50"))),
        ("text", "decimal", json!("(3)"), Ok(json!("-3.0000"))),
        ("text", "decimal", json!("1e309"), refused("evolution.unreadable")),
        ("text", "boolean", json!("是"), Ok(json!(true))),
        ("text", "boolean", json!("也许"), refused("evolution.unreadable")),
        ("text", "choice", json!("retail"), Ok(json!("retail"))),
        ("text", "choice", json!("餐饮"), Ok(json!("food"))),
        ("text", "choice", json!("军工"), refused("evolution.unreadable")),
        ("text", "choices", json!("零售、餐饮"), Ok(json!(["retail", "food"]))),
        ("text", "date", json!("2024年3月5日"), Ok(json!("2024-03-05"))),
        ("text", "date", json!("2024-03-05 00:00"), Ok(json!("2024-03-05"))),
        ("text", "date", json!("2024-03-05 08:00"), refused("evolution.unreadable")),
        ("text", "date", json!("2024-02-30"), refused("evolution.unreadable")),
        ("text", "datetime", json!("2024-03-05 08:00"), Ok(json!("2024-03-05T00:00:00.000Z"))),
        ("text", "datetime", json!("2024-03-05T08:00:00Z"), Ok(json!("2024-03-05T08:00:00.000Z"))),
        ("text", "phone", json!("138 0000 0001"), Ok(json!("138 0000 0001"))),
        ("text", "phone", json!("没有"), refused("record.format")),
        ("text", "email", json!("li@acme.example"), Ok(json!("li@acme.example"))),
        ("text", "rich_text", json!("a < b\n\nc"), Ok(json!("<p>a &lt; b</p><p>c</p>"))),
        ("text", "location", json!("31.2,121.4"), Ok(json!({ "lat": 31.2, "lng": 121.4 }))),
        ("text", "relation", json!("张三"), refused("evolution.no_rule")),
        ("text", "secret", json!("x"), refused("evolution.no_rule")),
        ("rich_text", "text", json!("<p>a <b>b</b></p><p>c</p>"), Ok(json!("a b\n\nc"))),
        ("phone", "text", json!("138-0000"), Ok(json!("138-0000"))),
        ("integer", "text", json!(12), Ok(json!("12"))),
        ("integer", "money", json!(12), Ok(json!("12.00"))),
        ("integer", "boolean", json!(1), Ok(json!(true))),
        ("integer", "boolean", json!(2), refused("evolution.unreadable")),
        ("money", "text", json!("12.50"), Ok(json!("12.50"))),
        ("money", "integer", json!("12.00"), Ok(json!(12))),
        ("money", "integer", json!("12.50"), refused("evolution.not_whole")),
        ("decimal", "money", json!("1.2300"), Ok(json!("1.23"))),
        ("decimal", "money", json!("1.2345"), refused("record.scale")),
        ("rating", "integer", json!(4), Ok(json!(4))),
        ("integer", "rating", json!(9), refused("record.too_large")),
        ("boolean", "integer", json!(true), Ok(json!(1))),
        ("boolean", "text", json!(false), Ok(json!("否"))),
        ("date", "datetime", json!("2024-03-05"), Ok(json!("2024-03-04T16:00:00.000Z"))),
        ("datetime", "date", json!("2024-03-04T16:30:00.000Z"), Ok(json!("2024-03-05"))),
        ("date", "integer", json!("2024-03-05"), refused("evolution.unreadable")),
        ("lunar_date", "date", json!("2024-01-01"), Ok(json!("2024-02-10"))),
        ("date", "lunar_date", json!("2024-02-10"), Ok(json!("2024-01-01"))),
        ("choice", "text", json!("food"), Ok(json!("餐饮"))),
        ("choice", "choices", json!("food"), Ok(json!(["food"]))),
        ("choices", "choice", json!(["food"]), Ok(json!("food"))),
        ("choices", "choice", json!(["food", "retail"]), refused("evolution.several")),
        ("choices", "text", json!(["food", "retail"]), Ok(json!("餐饮、零售"))),
        ("person", "people", json!(LI), Ok(json!([LI]))),
        ("people", "person", json!([LI]), Ok(json!(LI))),
        ("people", "person", json!([LI, WANG]), refused("evolution.several")),
        ("relation", "relations", json!(RECORD), Ok(json!([RECORD]))),
        ("relations", "relation", json!([RECORD]), Ok(json!(RECORD))),
        ("relation", "person", json!(RECORD), refused("evolution.no_rule")),
        ("secret", "text", json!("sealed"), refused("evolution.no_rule")),
        ("text", "text", json!(""), Ok(Value::Null)),
    ];
    for (from, to, value, expected) in cases {
        assert_eq!(turned(&field(from), &field(to), &value), expected, "{from} → {to}: {value}");
    }
}

#[test]
fn options_become_those_of_their_key_or_of_their_label() {
    let of = |kind: &str, labels: &Value| {
        let options: Vec<&String> = labels.as_object().into_iter().flat_map(|labels| labels.keys()).collect();
        json!({ "title": "字段", "x-kind": kind, "enum": options, "x-labels": labels })
    };
    let (old, new) = (json!({ "retail": "零售", "food": "餐饮" }), json!({ "r": "零售", "food": "吃" }));
    for (from, to, value, expected) in [
        ("choice", "choice", json!("retail"), Ok(json!("r"))),
        ("choice", "choice", json!("food"), Ok(json!("food"))),
        ("choice", "choices", json!("retail"), Ok(json!(["r"]))),
        ("choices", "choices", json!(["food", "retail"]), Ok(json!(["food", "r"]))),
        ("choices", "choice", json!(["retail"]), Ok(json!("r"))),
        ("choice", "choice", json!("gone"), Err("record.not_an_option".to_owned())),
    ] {
        assert_eq!(turned(&of(from, &old), &of(to, &new), &value), expected, "{from} → {to}: {value}");
    }
}

/// Kinds that say all by their name, or nearly.
const KINDS: [&str; 33] = [
    "text",
    "long_text",
    "rich_text",
    "integer",
    "decimal",
    "percent",
    "money",
    "rating",
    "boolean",
    "choice",
    "choices",
    "tags",
    "date",
    "datetime",
    "time",
    "lunar_date",
    "duration",
    "phone",
    "email",
    "url",
    "id_card",
    "company_code",
    "barcode",
    "color",
    "secret",
    "person",
    "people",
    "department",
    "departments",
    "relation",
    "relations",
    "address",
    "json",
];

#[test]
fn every_kind_meets_every_other_with_an_answer() {
    for from in KINDS {
        for to in KINDS {
            for value in [json!("x"), json!(1), json!(true), json!(["x"]), json!({ "detail": "x" })] {
                // Whatever comes of it fits the field, and nothing panics.
                if let Ok(value) = turned(&field(from), &field(to), &value) {
                    assert!(value.is_null() || to == "secret" || fits(to, &value), "{from} → {to}: {value}");
                }
            }
        }
    }
}

fn fits(kind: &str, value: &Value) -> bool {
    let plan = one(json!({ "name": { "title": "名", "x-kind": "text" }, "new": field(kind) }));
    super::unfit(&plan.entities["thing"].fields["new"], Some(value))
        .is_none_or(|reason| reason.0.code == crate::kind::UNKNOWN_CODE)
}

fn record(data: &Value) -> Record {
    Record {
        id: RECORD.parse().expect("an id"),
        entity: "thing".into(),
        version: 1,
        created_at: Timestamp(0),
        created_by: None,
        updated_at: Timestamp(0),
        updated_by: None,
        owner: None::<Id>,
        department: None,
        deleted_at: None,
        data: data.as_object().cloned().unwrap_or_default(),
        derived: Fields::new(),
        stale: Vec::new(),
    }
}

/// Goes from one release to the other and back, as the store would, and gives the record as it was in between.
fn there_and_back(
    old: &AppPlan,
    new: &AppPlan,
    data: &Value,
    edit: impl Fn(&mut Fields),
) -> (Value, Value, usize) {
    let there = between(old, new, Timestamp(0), None);
    let stood = record(data);
    let outcome = there[0].turn(&stood, &[]);
    let mut turned = Record { data: outcome.data.clone(), ..stood };
    edit(&mut turned.data);
    let between_them = Value::Object(turned.data.clone());
    let earlier = [Earlier { generation: 1, was: outcome.was, became: outcome.became }];
    let undone = BTreeMap::from([("thing".to_owned(), BTreeMap::from([(1, there[0].kept_steps())]))]);
    let back = between(new, old, Timestamp(0), Some(&undone));
    let came = back[0].turn(&turned, &earlier);
    (between_them, Value::Object(came.data), came.refused.len())
}

#[test]
fn a_field_is_split_and_comes_back_together() {
    let old = one(json!({ "name": { "title": "名称", "x-kind": "text" } }));
    let new = one(json!({
        "first": { "title": "名", "x-kind": "text", "x-from": { "expression": "name" } },
        "last": { "title": "姓", "x-kind": "text", "x-from": { "expression": "name" } } }));
    assert!(findings(&old, &new).is_empty());
    let (split, back, refused) = there_and_back(&old, &new, &json!({ "name": "张三" }), |_| {});
    assert_eq!(
        (split, back, refused),
        (json!({ "first": "张三", "last": "张三" }), json!({ "name": "张三" }), 0)
    );
    let edited = there_and_back(&old, &new, &json!({ "name": "张三" }), |data| {
        data.insert("first".into(), json!("四"));
    });
    assert_eq!((edited.1, edited.2), (json!({}), 1), "nobody knows the name of whoever was renamed since");
}

#[test]
fn what_was_refused_or_dropped_comes_back_where_nobody_has_changed_it() {
    let old = one(json!({ "name": { "title": "名称", "x-kind": "text" },
        "size": { "title": "人数", "x-kind": "text" }, "notes": { "title": "备注", "x-kind": "text" } }));
    let new = one(json!({ "name": { "title": "名称", "x-kind": "text" },
        "staff": { "title": "人数", "x-kind": "integer", "x-from": { "field": "size" } } }));
    let data = json!({ "name": "a", "size": "一打", "notes": "x" });
    let (turned, back, refused) = there_and_back(&old, &new, &data, |_| {});
    assert_eq!((turned, back, refused), (json!({ "name": "a" }), data.clone(), 0));
    let (_, back, _) = there_and_back(&old, &new, &data, |fields| {
        fields.insert("staff".into(), json!(12));
    });
    assert_eq!(back, json!({ "name": "a", "size": "12", "notes": "x" }), "a later value is converted back");
}

#[test]
fn what_is_written_alike_and_means_something_else_is_kept_too() {
    let kind = |kind: &str| one(json!({ "name": { "title": "名称", "x-kind": "text" }, "day": field(kind) }));
    let (date, text, lunar) = (kind("date"), kind("text"), kind("lunar_date"));
    let first = between(&date, &text, Timestamp(0), None);
    let second = between(&text, &lunar, Timestamp(0), None);
    let stood = record(&json!({ "day": "2026-03-11" }));
    let (one, two) = (first[0].turn(&stood, &[]), second[0].turn(&stood, &[]));
    assert_eq!((&one.data, &two.data), (&stood.data, &stood.data), "it is written alike");
    assert!(one.is_changed(&stood) && two.is_changed(&stood), "and kept all the same");
    let undone = BTreeMap::from([(
        "thing".to_owned(),
        BTreeMap::from([(1, first[0].kept_steps()), (2, second[0].kept_steps())]),
    )]);
    let earlier = [(2, two), (1, one)].map(|(generation, outcome)| Earlier {
        generation,
        was: outcome.was,
        became: outcome.became,
    });
    let back = between(&lunar, &date, Timestamp(0), Some(&undone));
    assert_eq!(back[0].turn(&stood, &earlier).data, stood.data);
}

#[test]
fn steps_follow_from_the_definitions_and_a_published_origin_says_nothing() {
    let text = |key: &str, more: Value| {
        let mut properties = json!({ "name": { "title": "名称", "x-kind": "text" } });
        properties[key] = more;
        one(properties)
    };
    let old = text("size", json!({ "title": "人数", "x-kind": "text" }));
    let new = text("staff", json!({ "title": "人数", "x-kind": "text", "x-from": { "field": "size" } }));
    let steps = |old: &AppPlan, new: &AppPlan| -> Vec<(String, Change)> {
        let found = between(old, new, Timestamp(0), None);
        found.iter().flat_map(|one| one.steps.iter().map(|step| (step.field.clone(), step.change))).collect()
    };
    assert_eq!(steps(&old, &new), [("staff".to_owned(), Change::Rename)]);
    assert_eq!(steps(&new, &new), []);
    let dropped = one(json!({ "name": { "title": "名称", "x-kind": "text" } }));
    assert_eq!(steps(&old, &dropped), [("size".to_owned(), Change::Drop)]);
    let finer = text("size", json!({ "title": "人数", "x-kind": "text", "maxLength": 3 }));
    assert_eq!(steps(&old, &finer), []);
    assert_eq!(tightened(&old.entities["thing"], &finer.entities["thing"]), ["size"]);
    let wrong = text(
        "staff",
        json!({ "title": "人数", "x-kind": "text", "x-from": { "expression": "nothing + 1" } }),
    );
    let found = findings(&old, &wrong);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].pointer, "/properties/staff/x-from/expression");
    let unknown = text("staff", json!({ "title": "人数", "x-kind": "text", "x-from": { "field": "sise" } }));
    assert_eq!(findings(&old, &unknown)[0].code, "field.from_unknown");
}

#[test]
fn whoever_speaks_of_the_old_key_is_told_the_new_one() {
    let folder = |condition: &str| {
        let files = [
            (
                "entities/thing.json",
                json!({ "title": "东西", "type": "object", "properties": {
                "name": { "title": "名称", "x-kind": "text" },
                "staff": { "title": "人数", "x-kind": "integer", "x-from": { "field": "size" } } } }),
            ),
            (
                "views/things.json",
                json!({ "title": "全部", "entity": "thing", "type": "table", "columns": [{ "field": "name" }],
                "where": { "field": condition, "op": "eq", "value": 1 } }),
            ),
        ];
        crate::compile::compile(&crate::fixture::folder_of(&files), 0).diagnostics
    };
    let found = folder("size");
    assert!(found.iter().any(|found| found.help.en == "`size` is called `staff` now."), "{found:#?}");
    assert!(folder("staff").iter().all(|found| found.severity != kezhi_types::Severity::Error));
}
