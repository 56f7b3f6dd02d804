//! Questions for records, checked with the eyes of whoever asks.

#![allow(clippy::needless_pass_by_value, reason = "tests hand over what `json!` makes")]

use kezhi_types::query::{Filter, Position};
use serde_json::json;

use super::*;
use crate::fixture::*;

fn shop() -> AppPlan {
    app(&[
        (
            "entities/thing.json",
            json!({ "title": "客户", "type": "object", "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "phone": { "title": "手机", "x-kind": "phone" },
            "cost": { "title": "成本", "x-kind": "money" },
            "tags": { "title": "标签", "x-kind": "tags" },
            "boss": { "title": "上级", "x-kind": "relation", "x-relation": { "entity": "thing" } },
            "secret": { "title": "密", "x-kind": "relation", "x-relation": { "entity": "vault" } },
            "lines": { "title": "明细", "x-kind": "table", "items": { "type": "object", "properties": {
                "what": { "title": "物", "x-kind": "relation", "x-relation": { "entity": "thing" } },
                "count": { "title": "数", "x-kind": "integer" } } } } } }),
        ),
        (
            "entities/vault.json",
            json!({ "title": "库", "type": "object", "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "thing": { "title": "客户", "x-kind": "relation", "x-relation": { "entity": "thing" } } } }),
        ),
        (
            "roles/clerk.json",
            json!({ "title": "店员", "entities": { "thing": { "read": true,
            "fields": { "cost": "hidden", "phone": "masked" } } } }),
        ),
        ("roles/mine.json", json!({ "title": "本人", "entities": { "thing": { "read": "own" } } })),
    ])
}

/// `Ok` or the code that refuses; every code has a sentence without gaps.
fn check(request: Value) -> Result<(Query, Projection), String> {
    let app = shop();
    let request: ListRequest = serde_json::from_value(request).expect("a request");
    plan_list(&app, thing(&app), &li(), &request, now()).map_err(|error| {
        let said = kezhi_types::text::sentence(Default::default(), error.code, &error.args);
        assert!(kezhi_types::text::is_known(error.code) && !said.contains('{'), "{said}");
        format!("{} {}", error.status, error.code)
    })
}

fn asked(condition: Value) -> Result<(), String> {
    check(json!({ "where": condition })).map(|_| ())
}

fn leaf(field: &str) -> Value {
    json!({ "field": field, "op": "not_empty" })
}

#[test]
fn limits_are_kept() {
    let leaves = |many: usize| json!({ "any": vec![leaf("name"); many] });
    assert_eq!(asked(leaves(200)), Ok(()));
    assert_eq!(asked(leaves(201)), Err("422 query.too_many_leaves".to_owned()));
    for (request, code) in [
        (json!({ "limit": 0 }), "400 query.limit"),
        (json!({ "limit": 501 }), "400 query.limit"),
        (json!({ "sort": ["name", "name", "name", "name", "name"] }), "422 query.sort"),
        (json!({ "after": "zz" }), "400 query.cursor"),
        (json!({ "include": ["boss.boss.boss"] }), "422 query.include"),
        (json!({ "where": { "field": "name" } }), "422 query.condition"),
        (json!({ "where": { "field": "name", "op": "gt", "value": 3 } }), "422 query.condition"),
        (json!({ "sort": ["tags"] }), "422 query.not_sortable"),
    ] {
        assert_eq!(check(request.clone()).err().as_deref(), Some(code), "{request}");
    }
}

#[test]
fn a_hidden_field_is_answered_exactly_like_one_that_does_not_exist() {
    let app = shop();
    for hidden in ["cost", "phone", "nothing", "boss.cost", "boss.nothing", "secret.name", "name.x"] {
        for request in [
            json!({ "where": leaf(hidden) }),
            json!({ "where": { "not": { "all": [leaf("name"), leaf(hidden)] } } }),
            json!({ "sort": [format!("-{hidden}")] }),
        ] {
            let request: ListRequest = serde_json::from_value(request).expect("a request");
            let error = plan_list(&app, thing(&app), &li(), &request, now()).expect_err("refused");
            assert_eq!(error, QueryError::unknown_field(hidden));
        }
    }
    assert_eq!(asked(json!({ "some": "vault.thing" })), Err("422 query.unknown_field".to_owned()));
    assert_eq!(
        check(json!({ "fields": ["name", "cost"] })).err().as_deref(),
        Some("422 query.unknown_field")
    );
    assert!(check(json!({ "fields": ["name", "phone", "created_at"] })).is_ok());
}

#[test]
fn a_request_becomes_a_query_and_a_projection() {
    let (query, projection) = check(json!({
        "where": { "field": "boss.name", "op": "eq", "value": "王" }, "q": " 张 ", "sort": ["-name", "created_at"],
        "include": ["boss.boss", "lines.what"], "fields": ["name"]
    }))
    .expect("fine");
    assert_eq!(
        (query.limit, query.words.map(|words| words.text), query.sort.len()),
        (50, Some("张".to_owned()), 2)
    );
    assert!(query.sort[0].descending && !query.sort[1].descending);
    assert_eq!(projection.include, [vec!["boss", "boss"], vec!["lines/what"]]);
    assert_eq!(projection.fields, Some(vec!["name".to_owned()]));
}

#[test]
fn the_row_scope_is_part_of_the_filter_and_reaches_along_paths() {
    let app = shop();
    let mut caller = li();
    caller.roles = vec!["mine".to_owned()];
    let condition = json!({ "field": "boss.name", "op": "eq", "value": "王" });
    let request = ListRequest { condition: Some(condition), ..ListRequest::default() };
    let (query, _) = plan_list(&app, thing(&app), &caller, &request, now()).expect("fine");
    let Some(Filter::All(parts)) = query.filter else { panic!("scope and condition") };
    let Filter::All(asked) = &parts[1] else { panic!("the boss must be readable too: {parts:?}") };
    assert!(
        matches!(&asked[0], Filter::Compare { path, column, .. } if path.len() == 1 && column.field == "created_by")
    );
}

#[test]
fn what_a_column_of_a_table_names_is_held_to_rights_of_its_own() {
    let app = shop();
    let mut caller = li();
    caller.roles = vec!["mine".to_owned()];
    let inside = |condition: Value| {
        let condition = json!({ "some": "lines", "where": condition });
        match plan_condition(&app, thing(&app), &caller, &condition, now()).expect("fine") {
            Filter::Rows { filter: Some(inside), .. } => *inside,
            other => panic!("{other:?}"),
        }
    };
    let own = |filter: &Filter| matches!(filter, Filter::Compare { path, column, .. } if path.len() == 1 && column.field == "created_by");
    let asked = inside(json!({ "field": "what.name", "op": "eq", "value": "王" }));
    assert!(matches!(&asked, Filter::All(parts) if own(&parts[0])), "{asked:?}");
    let asked = inside(json!({ "not": { "field": "what.name", "op": "ne", "value": "王" } }));
    let Filter::Not(asked) = asked else { panic!("{asked:?}") };
    assert!(matches!(&*asked, Filter::Any(parts) if matches!(&parts[0], Filter::Not(scope) if own(scope))));
    let asked = inside(json!({ "field": "count", "op": "gt", "value": 1 }));
    assert!(matches!(asked, Filter::Compare { .. }), "a column is read with its table");
}

#[test]
fn a_field_counts_as_absent_on_rows_where_it_may_not_be_read() {
    let app = shop();
    let mut caller = li();
    caller.roles = vec!["clerk".to_owned(), "mine".to_owned()];
    let filter = |op: &str| {
        let condition = json!({ "field": "cost", "op": op, "value": "3.00" });
        plan_condition(&app, thing(&app), &caller, &condition, now()).expect("readable on some rows")
    };
    assert!(matches!(filter("gt"), Filter::All(parts) if parts.len() == 2));
    assert!(matches!(filter("ne"), Filter::Any(parts) if matches!(parts[0], Filter::Not(_))));
    let request = ListRequest { sort: vec!["cost".to_owned(), "name".to_owned()], ..ListRequest::default() };
    let (query, _) = plan_list(&app, thing(&app), &caller, &request, now()).expect("fine");
    assert!(
        matches!(&query.sort[0].visible, Some(Filter::Compare { column, .. }) if column.field == "created_by")
    );
    assert_eq!(query.sort[1].visible, None, "a name may be read wherever a row may");
}

#[test]
fn a_cursor_names_its_place_and_fits_no_other_question() {
    let app = shop();
    let request = ListRequest { sort: vec!["-name".to_owned()], ..ListRequest::default() };
    let (query, _) = plan_list(&app, thing(&app), &li(), &request, now()).expect("fine");
    let place = Position { values: vec![json!("张")], id: id(RECORD) };
    let after = encode_cursor(&request, &query.entity, &place);
    let next = ListRequest { after: Some(after.clone()), ..request.clone() };
    let (query, _) = plan_list(&app, thing(&app), &li(), &next, now()).expect("the next page");
    assert_eq!(query.after.map(|place| (place.values, place.id)), Some((vec![json!("张")], id(RECORD))));

    let other = ListRequest { sort: vec!["name".to_owned()], after: Some(after), ..request };
    assert_eq!(plan_list(&app, thing(&app), &li(), &other, now()).expect_err("other").code, "query.cursor");
}
