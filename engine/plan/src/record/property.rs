//! Whatever is sent, judging gives an answer, and the same one twice.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::app::AppPlan;
use crate::fixture::*;

const KEYS: [&str; 35] = [
    "text", "long", "whole", "decimal", "percent", "money", "yes", "choice", "choices", "tags", "day",
    "instant", "lunar", "phone", "email", "url", "who", "parent", "place", "lines", "markup", "stars",
    "clock", "area", "goods", "team", "unit", "units", "span", "card", "company", "bars", "tint", "spot",
    "any",
];

fn every_kind() -> AppPlan {
    let mut thing = json!({ "title": "万物", "type": "object", "required": ["text"], "properties": {
        "text": { "title": "文", "x-kind": "text", "pattern": "^(a+)+$", "x-unique": true },
        "long": { "title": "长", "x-kind": "long_text", "x-show": { "field": "yes", "op": "eq", "value": true } },
        "whole": { "title": "整", "x-kind": "integer" },
        "decimal": { "title": "数", "x-kind": "decimal" },
        "percent": { "title": "比", "x-kind": "percent" },
        "money": { "title": "钱", "x-kind": "money", "x-readonly": { "field": "yes", "op": "eq", "value": true } },
        "yes": { "title": "是", "x-kind": "boolean" },
        "choice": { "title": "选", "x-kind": "choice", "enum": ["a", "b"] },
        "choices": { "title": "多", "x-kind": "choices", "enum": ["a", "b"] },
        "tags": { "title": "签", "x-kind": "tags" },
        "day": { "title": "日", "x-kind": "date", "default": { "ref": "today" } },
        "instant": { "title": "时", "x-kind": "datetime" },
        "lunar": { "title": "农", "x-kind": "lunar_date" },
        "phone": { "title": "电", "x-kind": "phone", "x-unique": true },
        "email": { "title": "邮", "x-kind": "email" },
        "url": { "title": "网", "x-kind": "url" },
        "code": { "title": "号", "x-kind": "serial", "x-serial": "K-{yyyy}-{seq:4}" },
        "who": { "title": "谁", "x-kind": "person" },
        "parent": { "title": "上", "x-kind": "relation", "x-relation": { "entity": "thing" } },
        "place": { "title": "址", "x-kind": "address" },
        "lines": { "title": "行", "x-kind": "table", "items": { "type": "object", "properties": {
            "price": { "title": "价", "x-kind": "money" },
            "count": { "title": "数", "x-kind": "integer", "default": 1 },
            "amount": { "title": "额", "x-kind": "computed", "x-compute": "price * count", "x-result": "money" } } } },
        "sum": { "title": "合", "x-kind": "computed", "x-compute": "money + decimal", "x-result": "money" },
        "grade": { "title": "级", "x-kind": "grade", "x-grade": "grade" } } });
    let properties = thing["properties"].as_object_mut().expect("properties");
    properties.extend(fields(simple_kinds()));
    let grade = json!({ "title": "级", "entity": "thing", "field": "grade",
        "method": { "table": [ { "when": { "field": "money", "op": "gt", "value": "0" }, "points": 1, "reason": "有钱" } ] },
        "bands": [ { "letter": "A", "at_least": 1 }, { "letter": "B", "at_least": 0 } ] });
    app(&[("entities/thing.json", thing), ("grades/grade.json", grade)])
}

fn simple_kinds() -> Value {
    json!({
        "team": { "title": "队", "x-kind": "people" },
        "unit": { "title": "部", "x-kind": "department" },
        "units": { "title": "众", "x-kind": "departments" },
        "area": { "title": "区", "x-kind": "cascade" },
        "goods": { "title": "类", "x-kind": "cascade", "enum": ["a", "ab"] },
        "markup": { "title": "富", "x-kind": "rich_text" },
        "stars": { "title": "星", "x-kind": "rating", "x-max": 3 },
        "clock": { "title": "刻", "x-kind": "time" },
        "span": { "title": "长", "x-kind": "duration" },
        "card": { "title": "身", "x-kind": "id_card", "x-unique": true },
        "company": { "title": "企", "x-kind": "company_code" },
        "bars": { "title": "条", "x-kind": "barcode" },
        "tint": { "title": "色", "x-kind": "color" },
        "spot": { "title": "点", "x-kind": "location" },
        "any": { "title": "任", "x-kind": "json" }
    })
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
        "-?[0-9]{1,20}(\\.[0-9]{0,8})?".prop_map(Value::from),
        "[0-9]{4}-L?[0-9]{2}-[0-9]{2}".prop_map(Value::from),
        "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?|-?[0-9]{1,3}(d|h|month)|#[0-9A-F]{3}([0-9A-F]{3})?"
            .prop_map(Value::from),
        "<p>[a-z&<>]{0,6}</?[a-z]{1,6}( on[a-z]{3}=['\"]?x)?>".prop_map(Value::from),
        prop_oneof![Just(LI), Just(RECORD), Just("a"), Just("b"), Just("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab")]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop_oneof![
            Just("id"),
            Just("price"),
            Just("count"),
            Just("region"),
            Just("detail"),
            Just("lat"),
            Just("lng"),
            Just("a/~b")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

fn body() -> impl Strategy<Value = Fields> {
    let key = prop_oneof![
        8 => prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["code", "sum", "grade", "id", "owner", "deleted_at"]).prop_map(str::to_owned),
        1 => ".{0,5}"
    ];
    prop::collection::vec((key, anything()), 0..12).prop_map(|pairs| pairs.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64 * depth()))]

    #[test]
    fn any_input_is_answered_and_judged_twice_the_same(first in body(), second in body()) {
        let app = plan();
        let entity = thing(app);
        let mut facts = knowing(&[("thing", RECORD, json!({}))]);
        facts.people.insert(id(LI), "李".to_owned());
        facts.serials.insert("code".to_owned(), 1);
        let c = circumstances();
        let mut created = fields(json!({ "text": "aaa" }));
        created.extend(first);
        let _ = needs(entity, None, &created, &facts, &c);
        let once = judge(entity, None, created.clone(), &facts, &c);
        prop_assert_eq!(&once, &judge(entity, None, created, &facts, &c));
        let before = match once {
            Ok(judged) => judged.apply(record(json!({}), json!({}))),
            Err(_) => record(json!({ "text": "aaa", "yes": true, "money": "1.00" }), json!({})),
        };
        let again = judge(entity, Some(&before), before.data.clone(), &facts, &c).expect("what is stored may be stored");
        prop_assert!(again.changed.is_empty(), "{:?}", again.changed);
        let _ = needs(entity, Some(&before), &second, &facts, &c);
        let once = judge(entity, Some(&before), second.clone(), &facts, &c);
        prop_assert_eq!(once, judge(entity, Some(&before), second, &facts, &c));
    }
}

fn plan() -> &'static AppPlan {
    static PLAN: std::sync::OnceLock<AppPlan> = std::sync::OnceLock::new();
    PLAN.get_or_init(every_kind)
}

/// How deep to look: 1 in continuous integration, 20 in a soak.
fn depth() -> u32 {
    std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|depth| depth.parse().ok()).unwrap_or(1)
}
