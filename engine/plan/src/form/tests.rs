//! Forms while somebody types, as sentences that are true.

#![allow(clippy::needless_pass_by_value, reason = "tests hand over what `json!` makes")]

use kezhi_types::def::screen::FormDef;
use serde_json::{Value, json};

use super::*;
use crate::app::AppPlan;
use crate::facts::Facts;
use crate::fixture::*;

fn shop() -> AppPlan {
    app(&[(
        "entities/thing.json",
        json!({ "title": "客户", "type": "object", "required": ["name"], "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "trade": { "title": "行业", "x-kind": "choice", "enum": ["food", "beauty"] },
            "skin": { "title": "肤质", "x-kind": "choice", "enum": ["dry", "oily"],
                      "x-show": { "field": "trade", "op": "eq", "value": "beauty" },
                      "x-options": [{ "when": { "field": "name", "op": "eq", "value": "油" }, "only": ["oily"] }] },
            "code": { "title": "编码", "x-kind": "serial", "x-serial": "K{seq:3}" } } }),
    )])
}

fn form(narrowed: Value) -> FormDef {
    let form = json!({ "title": "表", "entity": "thing", "layout": { "type": "VerticalLayout" }, "fields": narrowed });
    serde_json::from_value(form).expect("a form")
}

#[test]
fn a_form_shows_and_offers_what_the_values_so_far_ask_for() {
    let app = shop();
    let state = |values: Value| {
        evaluate(&app, &form(json!({})), (None, fields(values)), &Facts::default(), &circumstances())
    };
    let empty = state(json!({ "id": null, "code": "" }));
    assert!(!empty.visible["skin"] && empty.required["name"] && empty.readonly["code"]);
    assert_eq!(empty.violations.0.iter().map(|one| one.pointer.as_str()).collect::<Vec<_>>(), ["/name"]);
    let beauty = state(json!({ "name": "油", "trade": "beauty", "skin": "oily" }));
    assert!(beauty.visible["skin"] && beauty.violations.is_empty());
    assert_eq!(beauty.options["skin"], ["oily"]);
    assert_eq!(beauty.options["trade"], ["food", "beauty"]);
    assert_eq!(Value::Object(beauty.values), json!({ "name": "油", "trade": "beauty", "skin": "oily" }));
}

#[test]
fn a_form_narrows_and_never_widens() {
    let app = shop();
    let narrowed =
        form(json!({ "trade": { "required": true }, "name": { "readonly": true, "default": "新" } }));
    let sent = |values: Value| {
        let submitted = submission(&app, &narrowed, None, fields(values)).map(Value::Object);
        submitted.map_err(|refused| {
            refused.0.iter().map(|one| format!("{} {}", one.code, one.pointer)).collect::<Vec<_>>()
        })
    };
    assert_eq!(sent(json!({ "trade": "food" })), Ok(json!({ "trade": "food", "name": "新" })));
    assert_eq!(
        sent(json!({ "name": "x" })),
        Err(vec!["record.required /trade".to_owned(), "record.read_only /name".to_owned()])
    );
    let state = evaluate(&app, &narrowed, (None, fields(json!({}))), &Facts::default(), &circumstances());
    assert!(state.required["trade"] && state.readonly["name"]);
    assert_eq!(state.values["name"], json!("新"));
}

#[test]
fn an_entity_without_a_form_gets_one_with_every_field() {
    let app = shop();
    let form = generated_form("thing", &thing(&app).def);
    let scopes =
        |form: &FormDef| serde_json::to_string(&form.layout).expect("JSON").matches("#/properties/").count();
    assert_eq!(scopes(&form), 4);
    assert_eq!(generated_view("thing", &thing(&app).def).columns.len(), 4);
}
