//! Conditions mean the same from documents and from columns, on both databases, and leaves are never unknown.

use kezhi_types::condition::Op;
use kezhi_types::query::Filter;
use serde_json::{Value, json};

use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(leaves_and_their_negations, relations_and_sub_tables);

async fn found(test: &TestStore, filter: &Filter) -> Vec<String> {
    let page = test.store.reader().list(&query(Some(filter.clone()), vec![])).await.expect("list");
    names(&page.records)
}

/// Every leaf is asked plainly and under `not`; the two answers share the records out.
async fn check(test: &TestStore, filter: Filter, expected: &[&str], all: &[&str]) {
    assert_eq!(found(test, &filter).await, expected, "{filter:?}");
    let rest: Vec<&str> = all.iter().filter(|name| !expected.contains(name)).copied().collect();
    let negated = Filter::Not(Box::new(filter));
    assert_eq!(found(test, &negated).await, rest, "{negated:?}");
}

#[allow(clippy::too_many_lines, reason = "a table")]
async fn leaves_and_their_negations(test: TestStore) {
    test.store.ensure_layout(&[bare(), bare_orders()], &mut |_| ()).await.expect("layouts");
    let full_one = graded(
        json!({"name": "Ada 张", "budget": "12.50", "visits": 3, "level": "gold", "vip": true, "birthday": "1990-05-15",
               "contacted": "2026-03-01T08:00:00.000Z", "tags": ["red", "blue"], "phone": "138"}),
        "A",
        82,
    );
    let mut other =
        customer_of(json!({"name": "bob", "budget": "-1.00", "visits": 0, "level": "bronze", "vip": false,
        "birthday": "2001-01-01", "contacted": "2026-03-02T08:00:00.000Z", "tags": ["blue"], "phone": ""}));
    other.data.insert("referrer".into(), json!(full_one.id.to_string()));
    let none = customer_of(json!({"name": "none", "tags": []}));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&[full_one.clone(), other, none], &bare()).await.expect("insert");
    tx.commit().await.expect("commit");
    let all = ["Ada 张", "bob", "none"];
    let ada = full_one.id.to_string();
    let leaves: Vec<(kezhi_types::query::Column, Op, Value, &[&str])> = vec![
        (name(), Op::Eq, json!("Ada 张"), &["Ada 张"]),
        (name(), Op::Eq, json!("ada 张"), &[]),
        (name(), Op::Contains, json!("ADA"), &["Ada 张"]),
        (name(), Op::Contains, json!("张"), &["Ada 张"]),
        (name(), Op::NotContains, json!("b"), &["Ada 张", "none"]),
        (name(), Op::StartsWith, json!("BO"), &["bob"]),
        (budget(), Op::Eq, json!("12.5"), &["Ada 张"]),
        (budget(), Op::Ne, json!("12.50"), &["bob", "none"]),
        (budget(), Op::Gt, json!("12.499"), &["Ada 张"]),
        (budget(), Op::Gte, json!("12.501"), &[]),
        (budget(), Op::Lt, json!("-0.999"), &["bob"]),
        (budget(), Op::Lte, json!(12), &["bob"]),
        (budget(), Op::In, json!(["12.50", "7"]), &["Ada 张"]),
        (budget(), Op::NotIn, json!(["12.50"]), &["bob", "none"]),
        (budget(), Op::In, json!([]), &[]),
        (visits(), Op::Gte, json!(0), &["Ada 张", "bob"]),
        (level(), Op::In, json!(["gold", "silver"]), &["Ada 张"]),
        (level(), Op::Empty, Value::Null, &["none"]),
        (vip(), Op::Eq, json!(false), &["bob"]),
        (vip(), Op::Ne, json!(true), &["bob", "none"]),
        (birthday(), Op::Lt, json!("2000-01-01"), &["Ada 张"]),
        (contacted(), Op::Gt, json!("2026-03-01T16:00:00.001+08:00"), &["bob"]),
        (contacted(), Op::NotEmpty, Value::Null, &["Ada 张", "bob"]),
        (tags(), Op::Has, json!("red"), &["Ada 张"]),
        (tags(), Op::HasAny, json!(["blue", "green"]), &["Ada 张", "bob"]),
        (tags(), Op::HasAll, json!(["blue", "red"]), &["Ada 张"]),
        (tags(), Op::Empty, Value::Null, &["none"]),
        (phone(), Op::Empty, Value::Null, &["bob", "none"]),
        (referrer(), Op::Eq, json!(ada), &["bob"]),
        (referrer(), Op::Empty, Value::Null, &["Ada 张", "none"]),
        (grade(), Op::Eq, json!("A"), &["Ada 张"]),
        (grade(), Op::NotIn, json!(["A"]), &["bob", "none"]),
        (score(), Op::Gte, json!(82), &["Ada 张"]),
        (name(), Op::Eq, Value::Null, &[]),
        (name(), Op::Ne, Value::Null, &["Ada 张", "bob", "none"]),
    ];
    for promoted in [false, true] {
        if promoted {
            test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("promote");
        }
        for (column, op, value, expected) in &leaves {
            check(&test, compare(column.clone(), *op, value.clone()), expected, &all).await;
        }
        check(&test, Filter::All(vec![]), &all, &all).await;
        check(&test, Filter::Any(vec![]), &[], &all).await;
        let through = |op, value| Filter::Compare {
            path: vec![(referrer(), "customer".into())],
            column: budget(),
            op,
            value,
        };
        check(&test, through(Op::Gt, json!("10")), &["bob"], &all).await;
        check(&test, through(Op::Ne, json!("12.50")), &["Ada 张", "none"], &all).await;
        check(&test, through(Op::Empty, Value::Null), &["Ada 张", "none"], &all).await;
    }
    let changed =
        test.store.reader().list(&query(Some(compare(name(), Op::Changed, Value::Null)), vec![])).await;
    assert!(changed.is_err());
    let injected = kezhi_types::query::Column { field: "x' OR 1=1 --".into(), ..name() };
    assert!(
        test.store.reader().list(&query(Some(compare(injected, Op::Eq, json!("a"))), vec![])).await.is_err()
    );
}

async fn relations_and_sub_tables(test: TestStore) {
    test.store.ensure_layout(&[bare(), bare_orders()], &mut |_| ()).await.expect("layouts");
    let line = |price: &str| json!({"id": "l", "price": price});
    let rich = customer_of(json!({"name": "rich", "lines": [line("10.00"), line("0.50")]}));
    let poor = customer_of(json!({"name": "poor", "lines": [line("0.10")]}));
    let new = customer_of(json!({"name": "new"}));
    let orders = [
        order_of(rich.id, "100.00", "paid"),
        order_of(rich.id, "5.00", "paid"),
        order_of(poor.id, "1.00", "open"),
    ];
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&[rich, poor, new], &bare()).await.expect("insert");
    tx.insert_records(&orders, &bare_orders()).await.expect("insert");
    tx.commit().await.expect("commit");
    let all = ["rich", "poor", "new"];
    let related = |filter: Option<Filter>, op, value| Filter::Related {
        entity: "order".into(),
        via: customer(),
        filter: filter.map(Box::new),
        op,
        value,
    };
    let rows = |filter: Option<Filter>, op, value| Filter::Rows {
        column: lines(),
        filter: filter.map(Box::new),
        op,
        value,
    };
    let price = column("price", kezhi_types::query::Shape::Decimal { scale: 2 });
    let paid = || Some(compare(status(), Op::Eq, json!("paid")));
    for promoted in [false, true] {
        if promoted {
            test.store.ensure_layout(&[full(), full_orders()], &mut |_| ()).await.expect("promote");
        }
        check(&test, related(None, Op::Gte, 1), &["rich", "poor"], &all).await;
        check(&test, related(paid(), Op::Gte, 2), &["rich"], &all).await;
        check(&test, related(paid(), Op::Eq, 0), &["poor", "new"], &all).await;
        check(&test, related(paid(), Op::Lt, 2), &["poor", "new"], &all).await;
        check(&test, rows(None, Op::Gte, 1), &["rich", "poor"], &all).await;
        check(&test, rows(Some(compare(price.clone(), Op::Gte, json!("0.5"))), Op::Eq, 2), &["rich"], &all)
            .await;
        check(
            &test,
            rows(Some(compare(price.clone(), Op::Lt, json!("5"))), Op::Gte, 1),
            &["rich", "poor"],
            &all,
        )
        .await;
    }
}
