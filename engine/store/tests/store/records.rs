//! Records: what goes in comes out, pages in every order, words, uniqueness, rollups.

use std::collections::HashMap;

use kezhi_store::Error;
use kezhi_types::condition::Op;
use kezhi_types::query::{
    Aggregate, Column, CountKind, Filter, Layout, Part, Position, RollupQuery, Search, SearchedField, Shape,
    Sort,
};
use kezhi_types::{Id, Record, Timestamp};
use serde_json::{Value, json};

use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(
    a_record_comes_back_as_it_was_stored,
    a_dropped_transaction_leaves_nothing,
    a_taken_value_is_named_and_free_again_after_deletion,
    every_record_is_on_exactly_one_page_in_every_order,
    words_find_names_pinyin_and_digits_and_follow_changes,
    words_ask_whose_a_record_is,
    rollups_are_exact,
    what_points_at_sample_data_is_found,
    the_bin_and_counts,
);

async fn ready(test: &TestStore) {
    test.store.ensure_layout(&[full(), full_orders()], &mut |_| ()).await.expect("layouts");
}

async fn a_record_comes_back_as_it_was_stored(test: TestStore) {
    ready(&test).await;
    let mut record = graded(
        json!({"name": "张三 'O\"Hara'", "budget": "12.50", "vip": true, "tags": ["a", "b"],
               "birthday": "1990-05-15", "lines": [{"id": "x", "price": "1.00"}], "big": 9_007_199_254_740_991_i64}),
        "A",
        82,
    );
    record.owner = Some(Id::SYSTEM);
    record.stale = vec!["value".into()];
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_record(&record, &full()).await.expect("insert");
    assert_eq!(tx.lock_record("customer", record.id).await.expect("lock"), Some(record.clone()));
    tx.commit().await.expect("commit");
    let reader = test.store.reader();
    assert_eq!(reader.get_record("customer", record.id).await.expect("read"), Some(record.clone()));

    record.version = 2;
    record.stale.clear();
    record.data.remove("vip");
    record.data.insert("budget".into(), json!("-0.01"));
    let mut tx = test.store.begin().await.expect("begin");
    tx.update_record(&record, &full()).await.expect("update");
    let before = record.clone();
    record.derived.clear();
    tx.change_derived(&before, &record, &full()).await.expect("update derived");
    tx.commit().await.expect("commit");
    assert_eq!(
        reader.get_records("customer", &[record.id, Id::SYSTEM]).await.expect("read"),
        vec![record.clone()]
    );
    let titles = reader.titles("customer", &name(), &[record.id]).await.expect("titles");
    assert_eq!(titles, HashMap::from([(record.id, "张三 'O\"Hara'".to_owned())]));
    assert!(matches!(reader.get_record("nothing", record.id).await, Err(Error::UnknownEntity(_))));
}

async fn a_dropped_transaction_leaves_nothing(test: TestStore) {
    ready(&test).await;
    let kept = customer_of(json!({"name": "kept"}));
    let lost = customer_of(json!({"name": "lost"}));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_record(&lost, &full()).await.expect("insert");
    drop(tx);
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_record(&kept, &full()).await.expect("insert");
    tx.commit().await.expect("commit");
    let page = test.store.reader().list(&query(None, vec![])).await.expect("list");
    assert_eq!(names(&page.records), ["kept"]);
}

async fn a_taken_value_is_named_and_free_again_after_deletion(test: TestStore) {
    ready(&test).await;
    let first = customer_of(json!({"name": "first", "phone": "138-0013-8000"}));
    let second = customer_of(json!({"name": "second", "phone": "13800138000"}));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_record(&first, &full()).await.expect("insert");
    let taken = tx.taken("customer", &phone(), &json!("138 0013 8000"), None).await.expect("probe");
    assert_eq!(taken, Some(first.id));
    assert_eq!(
        tx.taken("customer", &phone(), &json!("13800138000"), Some(first.id)).await.expect("probe"),
        None
    );
    tx.commit().await.expect("commit");

    let mut tx = test.store.begin().await.expect("begin");
    match tx.insert_record(&second, &full()).await {
        Err(Error::NotUnique { entity, field }) => {
            assert_eq!((entity.as_str(), field.as_str()), ("customer", "phone"))
        }
        other => panic!("{other:?}"),
    }
    drop(tx);

    let mut tx = test.store.begin().await.expect("begin");
    assert!(tx.delete_record("customer", first.id, Id::SYSTEM, NOW).await.expect("delete"));
    assert!(!tx.delete_record("customer", first.id, Id::SYSTEM, NOW).await.expect("delete again"));
    tx.insert_record(&second, &full()).await.expect("the phone is free");
    tx.commit().await.expect("commit");

    let mut tx = test.store.begin().await.expect("begin");
    assert!(matches!(tx.restore_record("customer", first.id).await, Err(Error::NotUnique { .. })));
}

/// A customer for each name, with some values that others have and some that are absent.
fn differing(people: &[&str]) -> Vec<Record> {
    let mut records = Vec::new();
    for (at, person) in people.iter().enumerate() {
        let mut data = json!({"name": person, "visits": at % 3});
        if at % 4 != 0 {
            data["budget"] = json!(format!("{}.50", at % 5));
        }
        if at % 3 != 1 {
            data["level"] = json!(["bronze", "gold", "unknown"][at % 3]);
        }
        if at % 2 == 0 {
            data["contacted"] = json!(Timestamp(NOW.0 + (at as i64 % 4) * 1000).to_string());
        }
        records.push(customer_of(data));
    }
    records
}

async fn every_record_is_on_exactly_one_page_in_every_order(test: TestStore) {
    test.store.ensure_layout(&[bare(), bare_orders()], &mut |_| ()).await.expect("layouts");
    let people = ["张三", "Adam", "adam", "李四", "王五", "Zoe", "阿明", "", "单雄信", "张三"];
    let records = differing(&people);
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&records, &bare()).await.expect("insert");
    tx.commit().await.expect("commit");
    let orders = [
        vec![],
        vec![(name(), false)],
        vec![(budget(), false)],
        vec![(budget(), true), (name(), false)],
        vec![(level(), false), (visits(), true)],
        vec![(level(), true), (budget(), true), (contacted(), false), (name(), true)],
        vec![(contacted(), true)],
    ];
    let mut by_documents = Vec::new();
    for promoted in [false, true] {
        if promoted {
            test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("promote");
        }
        for order in &orders {
            let sort: Vec<Sort> = order
                .iter()
                .map(|(column, descending)| Sort {
                    path: Vec::new(),
                    column: column.clone(),
                    descending: *descending,
                    visible: None,
                })
                .collect();
            let paged = walk(&test, sort.clone(), 3).await;
            let whole = walk(&test, sort, 100).await;
            assert_eq!(paged, whole, "{order:?}");
            assert_eq!(
                paged.iter().collect::<std::collections::HashSet<_>>().len(),
                records.len(),
                "{order:?}"
            );
            by_documents.push(paged);
        }
    }
    let (bare, full) = by_documents.split_at(orders.len());
    for at in [0, 2, 4, 6] {
        assert_eq!(bare[at], full[at], "the same order from documents and columns: {:?}", orders[at]);
    }
    let sorted: Vec<&str> =
        full[1].iter().map(|id| people[records.iter().position(|r| r.id == *id).unwrap()]).collect();
    assert_eq!(sorted, ["", "阿明", "Adam", "adam", "单雄信", "李四", "王五", "张三", "张三", "Zoe"]);
}

async fn walk(test: &TestStore, sort: Vec<Sort>, limit: u32) -> Vec<Id> {
    let mut found = Vec::new();
    let mut after: Option<Position> = None;
    loop {
        let mut query = query(None, sort.clone());
        (query.limit, query.after) = (limit, after);
        let page = test.store.reader().list(&query).await.expect("list");
        found.extend(page.records.iter().map(|record| record.id));
        assert_eq!(page.has_more, page.next.is_some());
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

/// A search in every searched field of a layout.
fn words_of(text: &str, layout: &Layout) -> Search {
    let field = |column: &Column| SearchedField { column: column.clone(), leading: false, visible: None };
    Search { text: text.into(), fields: layout.searched.iter().map(field).collect(), whole: false }
}

async fn words_find_names_pinyin_and_digits_and_follow_changes(test: TestStore) {
    ready(&test).await;
    let mut zhang = customer_of(json!({"name": "张三", "phone": "13800138000"}));
    let acme = customer_of(json!({"name": "Acme Trading 瑞丰"}));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&[zhang.clone(), acme], &full()).await.expect("insert");
    tx.commit().await.expect("commit");
    let found = async |words: &str| {
        let mut query = query(None, vec![]);
        query.words = Some(words_of(words, &full()));
        names(&test.store.reader().list(&query).await.expect("list").records)
    };
    for words in ["张", "张三", "zhangsan", "zs", "zhang", "0138", "138001"] {
        assert_eq!(found(words).await, ["张三"], "{words}");
    }
    assert_eq!(found("acme ruifeng").await, ["Acme Trading 瑞丰"]);
    assert!(found("李 \" ' OR * :").await.is_empty());
    assert!(found("  ").await.is_empty());
    zhang.data.insert("name".into(), json!("李四"));
    let mut tx = test.store.begin().await.expect("begin");
    tx.update_record(&zhang, &full()).await.expect("update");
    tx.commit().await.expect("commit");
    assert!(found("zhangsan").await.is_empty());
    assert_eq!(found("lisi").await, ["李四"]);
}

async fn words_ask_whose_a_record_is(test: TestStore) {
    ready(&test).await;
    let now = Timestamp(1_790_000_000_000);
    let [north, south, li] = [Id::new(now), Id::new(now), Id::new(now)];
    let mut first = customer_of(json!({"name": "张三"}));
    first.department = Some(north);
    let mut second = customer_of(json!({"name": "张四"}));
    (second.owner, second.department) = (Some(li), Some(south));
    let third = customer_of(json!({"name": "张五"}));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&[first.clone(), second, third], &full()).await.expect("insert");
    tx.commit().await.expect("commit");
    let held = |field: &str, op, value: Value| {
        let column = Column { field: field.into(), part: Part::System, shape: Shape::Reference };
        compare(column, op, value)
    };
    let found = async |filter: Filter| {
        let mut query = query(Some(filter), vec![]);
        query.words = Some(words_of("张", &full()));
        let mut names = names(&test.store.reader().list(&query).await.expect("list").records);
        names.sort();
        names
    };
    let of_north = || held("department", Op::Eq, json!(north));
    let of_li = || held("owner", Op::Eq, json!(li));
    assert_eq!(found(of_north()).await, ["张三"]);
    assert_eq!(found(held("department", Op::In, json!([north, south]))).await, ["张三", "张四"]);
    assert_eq!(found(Filter::Any(vec![of_north(), of_li()])).await, ["张三", "张四"]);
    assert_eq!(found(Filter::All(vec![of_north(), of_li()])).await, Vec::<String>::new());
    assert_eq!(found(Filter::Not(Box::new(of_north()))).await, ["张五", "张四"]);
    let before = first.clone();
    (first.owner, first.department) = (Some(li), Some(south));
    let mut tx = test.store.begin().await.expect("begin");
    tx.change_record(&before, &first, &full()).await.expect("change");
    tx.commit().await.expect("commit");
    assert_eq!(found(of_north()).await, Vec::<String>::new(), "given away");
    assert_eq!(found(of_li()).await, ["张三", "张四"], "found by whoever has it now");
    let mut found = Vec::new();
    test.store.verify_words("customer", false, &mut found).await.expect("verified");
    assert!(found.is_empty(), "{found:?}");
}

async fn rollups_are_exact(test: TestStore) {
    test.store.ensure_layout(&[bare(), bare_orders()], &mut |_| ()).await.expect("layouts");
    let people = [customer_of(json!({"name": "one"})), customer_of(json!({"name": "none"}))];
    let mut orders: Vec<_> = (0..1000).map(|_| order_of(people[0].id, "0.10", "paid")).collect();
    orders.push(order_of(people[0].id, "999999999999.99", "paid"));
    orders.push(order_of(people[0].id, "5.00", "open"));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&people, &bare()).await.expect("insert");
    tx.insert_records(&orders, &bare_orders()).await.expect("insert");
    tx.commit().await.expect("commit");
    let paid = compare(status(), kezhi_types::condition::Op::Eq, json!("paid"));
    for promoted in [false, true] {
        if promoted {
            ready(&test).await;
        }
        let ask = async |aggregate, column: Option<_>, by| {
            let query = RollupQuery {
                entity: "order".into(),
                via: customer(),
                aggregate,
                column,
                by,
                filter: Some(paid.clone()),
            };
            let map =
                test.store.reader().rollup(&query, &[people[0].id, people[1].id]).await.expect("rollup");
            people.each_ref().map(|parent| map.get(&parent.id).cloned().unwrap_or(Value::Null))
        };
        assert_eq!(ask(Aggregate::Count, None, None).await, [json!(1001), json!(0)]);
        assert_eq!(
            ask(Aggregate::Sum, Some(amount()), None).await,
            [json!("1000000000099.99"), json!("0.00")]
        );
        assert_eq!(ask(Aggregate::Avg, Some(amount()), None).await, [json!("999000999.1009"), Value::Null]);
        assert_eq!(ask(Aggregate::Min, Some(amount()), None).await, [json!("0.10"), Value::Null]);
        assert_eq!(ask(Aggregate::Max, Some(amount()), None).await, [json!("999999999999.99"), Value::Null]);
        assert_eq!(
            ask(Aggregate::Last, Some(amount()), Some(amount())).await,
            [json!("999999999999.99"), Value::Null]
        );
    }
    let related = test.store.reader().count_related("order", &paid).await.expect("count");
    assert_eq!(related, 1001);
}

async fn what_points_at_sample_data_is_found(test: TestStore) {
    ready(&test).await;
    let (gone, stays) = (customer_of(json!({"name": "gone"})), customer_of(json!({"name": "stays"})));
    let mut orders: Vec<_> =
        [gone.id, stays.id, gone.id].iter().map(|id| order_of(*id, "1.00", "paid")).collect();
    let row = |id: Id| json!({ "customer": id.to_string() });
    let table = json!({ "lines": [row(stays.id), row(gone.id)] });
    orders.push(record("order", table));
    orders.push(record("order", json!({ "lines": [row(stays.id)] })));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&[gone.clone(), stays.clone()], &full()).await.expect("insert");
    tx.insert_records(&orders, &full_orders()).await.expect("insert");
    tx.mark_sample("customer", &[gone.id]).await.expect("mark");
    tx.mark_sample("order", &[orders[2].id]).await.expect("mark");
    tx.commit().await.expect("commit");
    let reader = test.store.reader();
    let by_field = reader.pointing_at_sample("order", (None, &customer()), "customer").await.expect("ask");
    assert_eq!(by_field, [orders[0].id]);
    let by_row =
        reader.pointing_at_sample("order", (Some(&lines()), &customer()), "customer").await.expect("ask");
    assert_eq!(by_row, [orders[3].id]);
    assert_eq!(reader.sample_among("customer", &[stays.id, gone.id]).await.expect("ask"), [gone.id]);
}

async fn the_bin_and_counts(test: TestStore) {
    ready(&test).await;
    let records: Vec<_> = (0..1200).map(|n| customer_of(json!({"name": format!("c{n}")}))).collect();
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&records, &full()).await.expect("insert");
    tx.delete_record("customer", records[0].id, Id::SYSTEM, NOW).await.expect("delete");
    tx.mark_sample("customer", &records.iter().map(|record| record.id).collect::<Vec<_>>())
        .await
        .expect("mark");
    tx.commit().await.expect("commit");
    let reader = test.store.reader();
    let count = reader.list(&query(None, vec![])).await.expect("list").count.expect("count");
    assert_eq!((count.value, count.kind), (1000, CountKind::Capped));
    let exact = reader
        .count(&query(None, vec![]), kezhi_types::query::CountMode::Exact)
        .await
        .expect("count")
        .expect("count");
    assert_eq!((exact.value, exact.kind), (1199, CountKind::Exact));
    let mut bin = query(None, vec![]);
    bin.bin = true;
    assert_eq!(names(&reader.list(&bin).await.expect("list").records), ["c0"]);
    let ids = reader.ids("customer", None, Some(records[1100].id), 500).await.expect("ids");
    assert!(ids.len() <= 1199 && ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(reader.sample_counts().await.expect("sample"), [("customer".to_owned(), 1200)]);
    let mut tx = test.store.begin().await.expect("begin");
    assert_eq!(tx.delete_sample().await.expect("erase"), 1200);
    tx.commit().await.expect("commit");
    assert!(reader.list(&bin).await.expect("list").records.is_empty());
}
