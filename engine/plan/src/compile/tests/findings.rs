//! What is told about definitions that are wrong: the line, the code, the sentence.

use serde_json::{Value, json};

use super::{edited, folder, told};
use crate::compile::compile;
use crate::fixture::assert_bilingual;

/// What is told once the example file is edited, without the place.
fn after(path: &str, edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let found = compile(&edited(path, edit), 1).diagnostics;
    found.iter().for_each(|one| assert_bilingual(&one.code, &one.message, &one.help));
    found.iter().map(|found| format!("{} {}: {}", found.pointer, found.code, found.message.en)).collect()
}

fn customer(field: &str, value: Value) -> Vec<String> {
    after("entities/customer.json", |entity| entity["properties"][field] = value)
}

#[test]
fn fields_that_wait_for_each_other_are_told_with_their_path() {
    let told = after("entities/customer.json", |entity| {
        entity["properties"]["a"] = json!({ "title": "A", "x-kind": "computed", "x-compute": "b + 1" });
        entity["properties"]["b"] = json!({ "title": "B", "x-kind": "computed", "x-compute": "c + 1" });
        entity["properties"]["c"] = json!({ "title": "C", "x-kind": "integer",
            "x-show": { "field": "a", "op": "gt", "value": "1" } });
    });
    assert_eq!(told, ["/properties/a field.cycle: These fields wait for each other: a → b → c → a."]);
}

#[test]
fn a_circle_through_another_entity_is_told_with_its_path() {
    let mut app = edited("entities/order.json", |order| {
        order["properties"]["share"] = json!({ "title": "S", "x-kind": "computed", "x-compute": "customer.total_share", "x-result": "money" });
    });
    let mut entity: Value = serde_json::from_str(&app.0["entities/customer.json"]).expect("JSON");
    entity["properties"]["total_share"] = json!({ "title": "T", "x-kind": "rollup",
        "x-rollup": { "entity": "order", "via": "customer", "aggregate": "sum", "field": "share" } });
    app.0.insert("entities/customer.json".to_owned(), entity.to_string());
    let told = told(&app);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("customer.total_share → order.share → customer.total_share"), "{told:?}");
}

#[test]
fn a_field_that_does_not_fit_its_kind_is_told() {
    let told = customer("x1", json!({ "title": "X", "x-kind": "choice", "maxLength": 3, "type": "integer" }));
    assert_eq!(
        told,
        [
            "/properties/x1 field.incomplete: A field of kind choice needs `enum`.",
            "/properties/x1/maxLength field.keyword: A field of kind choice takes no `maxLength`.",
            "/properties/x1/type field.type: A field of kind choice has the type `string`, not `integer`.",
        ]
    );
    assert_eq!(
        customer("version", json!({ "title": "X", "x-kind": "text" })),
        ["/properties/version field.reserved: Every record carries `version` already."]
    );
    assert_eq!(
        customer("Big", json!({ "title": "X", "x-kind": "text" })),
        ["/properties/Big field.key: `Big` cannot be a key."]
    );
    assert_eq!(
        customer("n", json!({ "title": "N", "x-kind": "serial", "x-serial": "N-{yy}" })),
        ["/properties/n/x-serial field.serial: The running number `{seq}` is missing."]
    );
}

#[test]
fn a_required_field_that_may_be_hidden_is_told() {
    let told = after("entities/customer.json", |entity| entity["required"] = json!(["name", "skin_type"]));
    assert!(
        told.contains(
            &"/required/1 field.required_hidden: `skin_type` is required and may be hidden.".to_owned()
        ),
        "{told:?}"
    );
}

#[test]
fn a_rollup_over_the_wrong_things_is_told() {
    let rollup =
        |rollup: Value| customer("r", json!({ "title": "R", "x-kind": "rollup", "x-rollup": rollup }));
    assert_eq!(
        rollup(json!({ "entity": "ordr", "via": "customer", "aggregate": "count" })),
        ["/properties/r/x-rollup/entity reference.unknown_entity: There is no entity `ordr`."]
    );
    assert_eq!(
        rollup(json!({ "entity": "order", "via": "status", "aggregate": "count" })),
        [
            "/properties/r/x-rollup/via rollup.via: `status` is no relation of `order` that leads to `customer`."
        ]
    );
    assert_eq!(
        rollup(json!({ "entity": "order", "via": "customer", "aggregate": "sum", "field": "status" })),
        ["/properties/r/x-rollup/field rollup.field: `status` is of kind choice and has no sum."]
    );
}

#[test]
fn a_rollup_that_would_move_with_the_day_or_the_caller_is_refused() {
    for condition in [
        json!({ "field": "ordered_on", "op": "within_last", "value": "30d" }),
        json!({ "field": "owner", "op": "eq", "value": { "ref": "caller.id" } }),
    ] {
        let rollup =
            json!({ "entity": "order", "via": "customer", "aggregate": "count", "where": condition });
        let told = customer("r", json!({ "title": "R", "x-kind": "rollup", "x-rollup": rollup }));
        assert!(told[0].starts_with("/properties/r/x-rollup/where rollup.where"), "{told:?}");
    }
}

#[test]
fn a_lookup_of_the_wrong_thing_is_told() {
    let lookup =
        |lookup: Value| customer("l", json!({ "title": "L", "x-kind": "lookup", "x-lookup": lookup }));
    assert_eq!(lookup(json!({ "via": "referrer", "field": "phone" })), [""; 0]);
    assert_eq!(
        lookup(json!({ "via": "phone", "field": "name" })),
        ["/properties/l/x-lookup/via lookup.via: `phone` is no relation of `customer` to one record."]
    );
    assert_eq!(
        lookup(json!({ "via": "referrer", "field": "l" })),
        ["/properties/l/x-lookup/field lookup.field: `l` of `customer` is of kind lookup."]
    );
    assert_eq!(
        lookup(json!({ "via": "referrer", "field": "nmae" })),
        ["/properties/l/x-lookup/field reference.unknown_field: `customer` has no field `nmae`."]
    );
    let required = after("entities/customer.json", |entity| {
        entity["properties"]["l"] =
            json!({ "title": "L", "x-kind": "lookup", "x-lookup": { "via": "referrer", "field": "phone" } });
        entity["required"] = json!(["l"]);
    });
    assert!(required[0].starts_with("/required/0 field.required_derived"), "{required:?}");
}

#[test]
fn many_relations_stand_on_the_entity_and_name_no_more_than_a_thousand() {
    let many = |more: Value| {
        let mut field =
            json!({ "title": "M", "x-kind": "relations", "x-relation": { "entity": "customer" } });
        field.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        customer("m", field)
    };
    assert_eq!(many(json!({ "maxItems": 1000 })), [""; 0]);
    assert_eq!(
        many(json!({ "maxItems": 1001 })),
        ["/properties/m/maxItems field.limit: A field names at most 1000 records."]
    );
    let told = after("entities/order.json", |entity| {
        entity["properties"]["lines"]["items"]["properties"]["m"] =
            json!({ "title": "M", "x-kind": "relations", "x-relation": { "entity": "customer" } });
    });
    assert_eq!(
        told,
        ["/properties/lines/items/properties/m/x-kind field.column: A column cannot be of kind relations."]
    );
}

#[test]
fn references_to_nothing_offer_the_nearest() {
    let found = compile(&edited("menus/main.json", |menu| menu["items"][2]["view"] = json!("contrats")), 1)
        .diagnostics;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].code.as_str(), found[0].line), ("reference.unknown_view", 22));
    assert_eq!(found[0].help.en, "Did you mean `contracts`?");
}

#[test]
fn grades_rules_views_and_calendars_are_held_to_their_meaning() {
    let told = after("grades/customer_value.json", |grade| {
        grade["bands"] = json!([{ "letter": "A", "at_least": 0 }, { "letter": "A", "at_least": 5 }]);
    });
    assert!(told.iter().any(|line| line.starts_with("/bands/1/at_least grade.bands")), "{told:?}");
    assert_eq!(
        after("rules/paid_stays.json", |rule| rule["must"] = Value::Null),
        [" rule.test: The rule asks nothing."]
    );
    assert_eq!(
        after("views/contracts.json", |view| view["group"] = json!("amount")),
        ["/group view.field: `amount` is of kind money, which does not fit here."]
    );
    let told = after("calendars/cn_2026.json", |calendar| calendar["week"]["mon"] = json!(["18:00-09:00"]));
    assert_eq!(told, ["/week/mon/0 calendar.week: `18:00-09:00` is not a span of hours."]);
}

#[test]
fn a_file_that_cannot_be_read_is_told_once_and_nothing_because_of_it() {
    let mut app = folder("docs/examples");
    let text = app.0["entities/order.json"].replace("\"title\": \"订单\",", "\"title\": \"订单\"");
    app.0.insert("entities/order.json".to_owned(), text);
    let told = told(&app);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("entities/order.json:3:"), "{told:?}");
    assert!(compile(&app, 1).plan.is_none());
}

#[test]
fn files_that_nobody_reads_are_warnings() {
    let mut app = folder("docs/examples");
    for path in [
        "rules/lost.rhai",
        "entity/x.json",
        "messages/lost.j2",
        "views/README.md",
        "rulez.json",
        "README.md",
        "LICENSE",
    ] {
        app.0.insert(path.to_owned(), "true".to_owned());
    }
    let compiled = compile(&app, 1);
    let codes: Vec<_> =
        compiled.diagnostics.iter().map(|found| (found.path.as_str(), found.code.as_str())).collect();
    assert_eq!(
        codes,
        [
            ("entity/x.json", "file.unknown_folder"),
            ("messages/lost.j2", "file.unused"),
            ("rules/lost.rhai", "file.unused"),
            ("rulez.json", "file.unused"),
            ("views/README.md", "file.unused"),
        ]
    );
    assert!(compiled.plan.is_some());
}

#[test]
fn a_secret_stands_in_no_definition_and_nothing_reads_it() {
    let secret = json!({ "title": "口令", "x-kind": "secret", "maxLength": 40 });
    assert_eq!(customer("pin", secret.clone()), [""; 0]);
    for keyword in ["default", "x-index", "x-unique", "x-search"] {
        let mut field = secret.clone();
        field[keyword] = if keyword == "default" { json!("1234") } else { json!(true) };
        let told = customer("pin", field);
        assert!(told.iter().any(|told| told.contains("field.keyword")), "{keyword}: {told:?}");
    }
    let reading = |field: Value| {
        after("entities/customer.json", |entity| {
            entity["properties"]["pin"] = secret.clone();
            entity["properties"]["reader"] = field;
        })
    };
    let computed = reading(
        json!({ "title": "R", "x-kind": "computed", "x-compute": "pin + \"x\"", "x-result": "text" }),
    );
    assert!(computed.iter().any(|told| told.contains("expression.secret")), "{computed:?}");
    let shown = |op: &str, value: Option<&str>| {
        let mut show = json!({ "field": "pin", "op": op });
        if let Some(value) = value {
            show["value"] = json!(value);
        }
        reading(json!({ "title": "R", "x-kind": "text", "x-show": show }))
    };
    assert_eq!(shown("not_empty", None), [""; 0]);
    for op in ["eq", "contains", "gt", "changed_to"] {
        let told = shown(op, Some("1234"));
        assert!(told.iter().any(|told| told.contains("condition.wrong_operator")), "{op}: {told:?}");
    }
    let titled = after("entities/customer.json", |entity| {
        entity["properties"]["pin"] = secret.clone();
        entity["x-title-field"] = json!("pin");
    });
    assert!(titled.iter().any(|told| told.contains("entity.title_field")), "{titled:?}");
    let result =
        reading(json!({ "title": "R", "x-kind": "computed", "x-compute": "name", "x-result": "secret" }));
    assert!(result.iter().any(|told| told.contains("Nothing computes a secret or a file")), "{result:?}");
}

#[test]
fn files_are_bounded_by_sizes_and_types_that_there_are() {
    let told =
        |field: Value| after("entities/customer.json", |entity| entity["properties"]["papers"] = field);
    let papers = |keyword: &str, value: Value| {
        let mut field = json!({ "title": "合同", "x-kind": "attachment" });
        field[keyword] = value;
        told(field)
    };
    for (keyword, value) in [
        ("x-max-size", json!(1)),
        ("x-types", json!(["application/pdf", "image/*", "application/vnd.ms-excel"])),
        ("maxItems", json!(3)),
    ] {
        assert_eq!(papers(keyword, value), [""; 0], "{keyword}");
    }
    for (keyword, value, code) in [
        ("x-max-size", json!(0), "field.limit"),
        ("x-types", json!(["pdf"]), "field.limit"),
        ("x-types", json!(["*/*"]), "field.limit"),
        ("x-types", json!(["Image/PNG"]), "field.limit"),
        ("default", json!([]), "field.keyword"),
        ("x-index", json!(true), "field.keyword"),
        ("x-unique", json!(true), "field.keyword"),
        ("x-search", json!(true), "field.keyword"),
    ] {
        let found = papers(keyword, value.clone());
        assert!(found.iter().any(|told| told.contains(code)), "{keyword} {value}: {found:?}");
    }
    let sign = told(json!({ "title": "签名", "x-kind": "signature", "maxItems": 1 }));
    assert!(sign.iter().any(|told| told.contains("field.keyword")), "{sign:?}");
}
