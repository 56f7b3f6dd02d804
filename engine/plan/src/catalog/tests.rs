//! Paths, kinds and what was meant.

use serde_json::json;

use super::*;

fn catalog() -> Catalog {
    let customer = json!({"title": "客户", "properties": {
        "name": {"title": "名称", "x-kind": "text"},
        "referrer": {"title": "推荐人", "x-kind": "relation", "x-relation": {"entity": "customer"}},
        "spent": {"title": "消费", "x-kind": "rollup",
            "x-rollup": {"entity": "order", "via": "customer", "aggregate": "sum", "field": "amount"}},
        "orders": {"title": "订单数", "x-kind": "rollup",
            "x-rollup": {"entity": "order", "via": "customer", "aggregate": "count"}},
        "value": {"title": "等级", "x-kind": "grade", "x-grade": "value"}}});
    let order = json!({"title": "订单", "properties": {
        "customer": {"title": "客户", "x-kind": "relation", "x-relation": {"entity": "customer"}},
        "amount": {"title": "金额", "x-kind": "computed", "x-compute": "1", "x-result": "money"}}});
    let grade = json!({"title": "等级", "entity": "customer", "field": "value", "method": {"table": []},
        "bands": [{"letter": "A", "at_least": 1}, {"letter": "B", "at_least": 0}]});
    let read = |value| serde_json::from_value(value).expect("an entity");
    let entities = [("customer".to_owned(), read(customer)), ("order".to_owned(), read(order))];
    let grade = serde_json::from_value(grade).expect("a grade");
    Catalog::build(&entities.into_iter().collect(), &[("value".to_owned(), grade)].into_iter().collect())
}

#[test]
fn a_path_goes_through_relations_and_into_grades() {
    let catalog = catalog();
    let path = catalog.resolve("order", "customer.referrer.value.score").expect("a path");
    let hops: Vec<_> =
        path.hops.iter().map(|(column, entity)| (column.field.as_str(), entity.as_str())).collect();
    assert_eq!(hops, [("customer", "customer"), ("referrer", "customer")]);
    assert_eq!((path.column.part, &path.column.shape), (Part::GradeScore, &Shape::Integer));
    let letter = catalog.resolve("customer", "value").expect("a path");
    assert_eq!(letter.column.shape, Shape::Option { order: vec!["A".into(), "B".into()] });
}

#[test]
fn a_rollup_has_the_kind_of_what_it_aggregates() {
    let catalog = catalog();
    let spent = catalog.field("customer", "spent").expect("a field");
    assert_eq!(
        (spent.value_kind, &spent.shape, spent.part),
        (FieldKind::Money, &Shape::Decimal { scale: 2 }, Part::Derived)
    );
    let orders = catalog.field("customer", "orders").expect("a field");
    assert_eq!(orders.value_kind, FieldKind::Integer);
}

#[test]
fn a_wrong_path_says_what_was_meant() {
    let catalog = catalog();
    let problem = |path: &str| catalog.resolve("customer", path).expect_err("wrong");
    assert_eq!(problem("nmae").help.en, "Did you mean `name`?");
    assert_eq!(problem("name.first").code, "condition.no_relation");
    assert_eq!(problem("value.points").code, "condition.unknown_field");
    assert_eq!(problem("referrer.referrer.referrer.referrer.name").code, "condition.too_many_hops");
    assert_eq!(problem("").code, "condition.unknown_field");
}
