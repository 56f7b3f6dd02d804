//! Links of fields that name many records: the same answers whether their table is whole, being filled or not wanted;
//! found by an index; proved and mended.

use kezhi_store::Store;
use kezhi_types::condition::Op;
use kezhi_types::query::{Aggregate, Column, Filter, Layout, RollupQuery, Shape};
use serde_json::{Value, json};

use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(
    many_are_found_alike_with_and_without_their_table,
    those_that_name_a_record_are_found_by_an_index,
    links_that_do_not_agree_are_found_and_mended,
);

fn friends() -> Column {
    column("friends", Shape::Links)
}

fn linked() -> Layout {
    Layout { promoted: vec![promote(friends())], ..bare() }
}

/// Whatever can be asked, with how many records fulfil it.
fn questions(a: &Value, b: &Value) -> Vec<(Filter, i64)> {
    let inner = || Some(Box::new(compare(name(), Op::Eq, json!("a"))));
    let linked = |filter, op, value| Filter::Linked {
        column: friends(),
        entity: "customer".into(),
        filter,
        op,
        value,
    };
    let related =
        |filter, op, value| Filter::Related { entity: "customer".into(), via: friends(), filter, op, value };
    vec![
        (compare(friends(), Op::Has, a.clone()), 2),
        (compare(friends(), Op::HasAny, json!([a, b])), 3),
        (compare(friends(), Op::HasAll, json!([a, b])), 1),
        (compare(friends(), Op::HasAll, json!([a, "nobody"])), 0),
        (compare(friends(), Op::Empty, Value::Null), 3),
        (linked(None, Op::Gte, 1), 3),
        (linked(inner(), Op::Gte, 1), 2),
        (linked(inner(), Op::Eq, 0), 4),
        (linked(None, Op::Eq, 2), 1),
        (related(None, Op::Gte, 1), 2),
        (related(None, Op::Eq, 2), 2),
        (related(Some(Box::new(compare(name(), Op::Eq, json!("d")))), Op::Gte, 1), 2),
        (
            Filter::Compare {
                path: vec![(friends(), "customer".into())],
                column: name(),
                op: Op::Eq,
                value: json!("b"),
            },
            2,
        ),
    ]
}

async fn asked(store: &Store, a: &Value, b: &Value) {
    for (filter, expected) in questions(a, b) {
        let found = store.reader().count_related("customer", &filter).await.expect("count");
        assert_eq!(found, expected, "{filter:?}");
    }
    let count = RollupQuery {
        entity: "customer".into(),
        via: friends(),
        aggregate: Aggregate::Count,
        column: None,
        by: None,
        filter: None,
    };
    let parents = [a, b].map(|id| id.as_str().and_then(|id| id.parse().ok()).expect("an id"));
    let counts = store.reader().rollup(&count, &parents).await.expect("rollup");
    assert_eq!(parents.map(|id| counts[&id].clone()), [json!(2), json!(2)]);
}

async fn many_are_found_alike_with_and_without_their_table(test: TestStore) {
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("bare");
    let (a, b) = (customer_of(json!({ "name": "a" })), customer_of(json!({ "name": "b" })));
    let (one, two) = (json!(a.id.to_string()), json!(b.id.to_string()));
    let others = [
        customer_of(json!({ "name": "c", "friends": [one] })),
        customer_of(json!({ "name": "d", "friends": [one, two] })),
        customer_of(json!({ "name": "e", "friends": [two, "left from before"] })),
        customer_of(json!({ "name": "f", "friends": "of another kind once" })),
    ];
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&[a, b], &bare()).await.expect("insert");
    tx.insert_records(&others[..2], &bare()).await.expect("insert");
    tx.commit().await.expect("commit");
    test.store.ensure_layout(&[linked()], &mut |_| ()).await.expect("linked");
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&others[2..], &linked()).await.expect("insert");
    tx.commit().await.expect("commit");
    // `friends` of the last is a text and not empty, as a value of another kind is.
    let questions = async |store: &Store| {
        let mut tx = store.begin().await.expect("begin");
        let mut last = others[3].clone();
        last.data.shift_remove("friends");
        tx.update_record(&last, &linked()).await.expect("update");
        tx.commit().await.expect("commit");
        asked(store, &one, &two).await;
    };
    questions(&test.store).await;

    // Forgotten, changed and wanted again.
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("bare again");
    asked(&test.store, &one, &two).await;
    test.store.tidy_layout(&[bare()]).await.expect("tidied");
    asked(&test.store, &one, &two).await;
    let mut tx = test.store.begin().await.expect("begin");
    let (mut c, mut e) = (others[0].clone(), others[2].clone());
    std::mem::swap(&mut c.data, &mut e.data);
    tx.update_record(&c, &bare()).await.expect("update");
    tx.update_record(&e, &bare()).await.expect("update");
    tx.commit().await.expect("commit");
    test.store.ensure_layout(&[linked()], &mut |_| ()).await.expect("linked again");
    asked(&test.store, &one, &two).await;
    let mut found = Vec::new();
    test.store.verify("customer", None, false, &mut found).await.expect("verify");
    assert_eq!(found, []);

    let TestStore { store, config, _folder } = test;
    store.close().await;
    let store = Store::open(&config).await.expect("open again");
    asked(&store, &one, &two).await;
    drop(_folder);
}

async fn those_that_name_a_record_are_found_by_an_index(test: TestStore) {
    test.store.ensure_layout(&[linked()], &mut |_| ()).await.expect("linked");
    let named: Vec<_> = (0..1000).map(|n| customer_of(json!({ "name": format!("n{n}") }))).collect();
    let naming: Vec<_> = (0..2000)
        .map(|n| {
            let ids = [n % 1000, (n * 7 + 1) % 1000].map(|at: usize| named[at].id.to_string());
            let ids: Vec<&String> = if ids[0] == ids[1] { vec![&ids[0]] } else { ids.iter().collect() };
            customer_of(json!({ "name": format!("c{n}"), "friends": ids }))
        })
        .collect();
    for some in named.chunks(500).chain(naming.chunks(500)) {
        let mut tx = test.store.begin().await.expect("begin");
        tx.insert_records(some, &linked()).await.expect("insert");
        tx.commit().await.expect("commit");
    }
    let question = query(Some(compare(friends(), Op::Has, json!(named[3].id.to_string()))), vec![]);
    let steps = test.store.reader().explain(&question).await.expect("explained").join("\n");
    let found = test.store.reader().list(&question).await.expect("list").records.len();
    assert!(found >= 2, "{found}");
    let scans = steps.lines().any(|step| {
        (step.contains("Seq Scan") && step.contains("l_customer"))
            || (step.contains("SCAN") && !step.contains("USING"))
    });
    assert!(!scans, "{steps}");
}

async fn links_that_do_not_agree_are_found_and_mended(test: TestStore) {
    test.store.ensure_layout(&[linked()], &mut |_| ()).await.expect("linked");
    let a = customer_of(json!({ "name": "a" }));
    let id = a.id.to_string();
    let naming: Vec<_> = (0..3).map(|_| customer_of(json!({ "name": "n", "friends": [id] }))).collect();
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&[a], &linked()).await.expect("insert");
    tx.insert_records(&naming, &linked()).await.expect("insert");
    tx.commit().await.expect("commit");
    let verify = async |repair: bool| {
        let mut found = Vec::new();
        test.store.verify("customer", None, repair, &mut found).await.expect("verify");
        test.store.verify_links("customer", repair, &mut found).await.expect("verify links");
        found.into_iter().map(|one| (one.record, one.what)).collect::<Vec<_>>()
    };
    assert_eq!(verify(false).await, []);
    let links = "\"l_customer.friends\"";
    let rows = "\"r_customer\"";
    let (lost, orphan) = match test.config.url {
        kezhi_store::DatabaseUrl::Sqlite(_) => (
            format!("DELETE FROM {links} WHERE record = x'{}'", naming[0].id.0.simple()),
            format!("DELETE FROM {rows} WHERE id = x'{}'", naming[1].id.0.simple()),
        ),
        kezhi_store::DatabaseUrl::Postgres(_) => (
            format!("DELETE FROM {links} WHERE record = '{}'", naming[0].id),
            format!("DELETE FROM {rows} WHERE id = '{}'", naming[1].id),
        ),
    };
    crate::proofs::tamper(&test, &lost).await;
    crate::proofs::tamper(&test, &orphan).await;
    let expected = [(Some(naming[0].id), "friends".to_owned()), (Some(naming[1].id), "friends".to_owned())];
    assert_eq!(verify(false).await, expected);
    assert_eq!(verify(true).await, expected);
    assert_eq!(verify(false).await, []);
    let has = compare(friends(), Op::Has, json!(id));
    assert_eq!(test.store.reader().count_related("customer", &has).await.expect("count"), 2);
}
