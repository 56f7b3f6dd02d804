//! A table made anew beside the one in use: it goes on where it was cut short, follows what is written meanwhile, and leaves
//! nothing behind when it is given up.

use std::collections::BTreeSet;

use kezhi_store::{Asked, Evolving, Kept, Store, Turned};
use kezhi_types::query::{Layout, Shape};
use kezhi_types::{Fields, Id, Record};
use serde_json::{Value, json};

use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(
    an_evolution_goes_on_where_it_was_cut_short_and_follows_the_writers,
    an_evolution_that_is_given_up_leaves_nothing_behind,
    values_that_are_passed_on_meanwhile_are_settled_at_the_end,
    what_the_log_has_copied_is_not_copied_again_by_whoever_goes_on,
);

/// Visits become money, phones are cut into words again.
fn next() -> Layout {
    let mut next = full();
    next.promoted.retain(|promotion| promotion.column.field != "visits");
    next.promoted.push(promote(column("visits", Shape::Decimal { scale: 2 })));
    next
}

fn touched() -> BTreeSet<String> {
    ["visits".to_owned(), "phone".to_owned()].into()
}

fn turn(record: &Record, _: &[Kept]) -> Option<Turned> {
    let visits = record.data.get("visits")?;
    let mut data = record.data.clone();
    data.insert("visits".into(), json!(format!("{visits}.00")));
    let one = |value: &Value| Fields::from_iter([("visits".to_owned(), value.clone())]);
    Some(Turned { was: one(visits), became: one(&data["visits"]), data, derived: record.derived.clone() })
}

async fn begin(store: &Store, job: Id) -> Evolving {
    let (layout, touched, steps) = (next(), touched(), json!([]));
    let asked = Asked { layout: &layout, touched: &touched, steps: &steps, back: &[] };
    store.begin_evolution(job, asked, NOW).await.expect("it begins")
}

async fn made(store: &Store, count: usize) -> Vec<Record> {
    store.ensure_layout(&[full()], &mut |_| ()).await.expect("layout");
    let one = |at: usize| {
        customer_of(json!({ "name": format!("c{at}"), "visits": at, "phone": format!("138{at:08}") }))
    };
    let records: Vec<Record> = (0..count).map(one).collect();
    let mut tx = store.begin().await.expect("begin");
    tx.insert_records(&records, &full()).await.expect("insert");
    tx.commit().await.expect("commit");
    records
}

async fn change(store: &Store, record: &Record, fields: &[(&str, Value)]) {
    let mut record = record.clone();
    record.version += 1;
    for (key, value) in fields {
        record.data.insert((*key).to_owned(), value.clone());
    }
    let mut tx = store.begin().await.expect("begin");
    tx.update_record(&record, &full()).await.expect("update");
    tx.commit().await.expect("commit");
}

async fn finish(store: &Store, evolving: &Evolving, release: i64) {
    let mut tx = store.begin_alone().await.expect("alone");
    let finished = tx.finish_evolution(evolving, &turn, (release, NOW)).await.expect("it is finished");
    store.commit_release(tx, vec![finished], || ()).await.expect("commit");
}

async fn agrees(store: &Store) {
    let (mut found, mut after) = (Vec::new(), None);
    while let Some((last, _)) = store.verify("customer", after, false, &mut found).await.expect("verify") {
        after = Some(last);
    }
    store.verify_words("customer", false, &mut found).await.expect("words");
    assert_eq!(found, []);
}

async fn an_evolution_goes_on_where_it_was_cut_short_and_follows_the_writers(test: TestStore) {
    let TestStore { store, config, _folder } = test;
    let records = made(&store, 1_200).await;
    let job = Id::new(NOW);
    let evolving = begin(&store, job).await;
    assert_eq!(store.evolve_some(&evolving, &turn).await.expect("copied"), 500);
    store.close().await;

    let store = Store::open(&config).await.expect("it opens again");
    let evolving = begin(&store, job).await;
    assert_eq!(evolving.copied(), 500);
    change(&store, &records[3], &[("visits", json!(77)), ("phone", json!("13999999999"))]).await;
    let late = customer_of(json!({ "name": "late", "visits": 5, "phone": "13700000000" }));
    let mut tx = store.begin().await.expect("begin");
    tx.insert_record(&late, &full()).await.expect("insert");
    tx.delete_record("customer", records[4].id, Id::SYSTEM, NOW).await.expect("delete");
    tx.commit().await.expect("commit");
    while store.evolve_some(&evolving, &turn).await.expect("copied") > 0 {}
    while store.catch_up(&evolving, &turn).await.expect("settled") > 0 {}
    store.index_evolution(&evolving).await.expect("indexes");
    change(&store, &records[1_100], &[("name", json!("very late"))]).await;
    finish(&store, &evolving, 1).await;

    let read =
        async |id: Id| store.reader().get_record("customer", id).await.expect("read").expect("it is there");
    let turned = read(records[3].id).await;
    assert_eq!((&turned.data["visits"], turned.version), (&json!("77.00"), 3));
    assert_eq!(read(late.id).await.data["visits"], "5.00");
    assert_eq!(read(records[1_100].id).await.data["name"], "very late");
    assert!(read(records[4].id).await.deleted_at.is_some());
    assert_eq!(store.reader().all_records("customer").await.expect("count"), 1_201);
    let rich = compare(
        column("visits", Shape::Decimal { scale: 2 }),
        kezhi_types::condition::Op::Gte,
        json!("1198"),
    );
    assert_eq!(store.reader().count_related("customer", &rich).await.expect("count"), 2);
    let kept = store.reader().kept("customer", &[records[3].id], &[1]).await.expect("kept");
    assert_eq!(kept[&records[3].id][0].was["visits"], 77);
    agrees(&store).await;
    // It is used as any table: written, widened, made anew once more.
    let mut record = read(records[5].id).await;
    record.data.insert("name".into(), json!("after"));
    let mut tx = store.begin().await.expect("begin");
    tx.update_record(&record, &next()).await.expect("update");
    tx.commit().await.expect("commit");
    store.drop_retired(NOW.plus_millis(1)).await.expect("the old table goes");
    store.ensure_layout(&[next()], &mut |_| ()).await.expect("layout");
    store.tidy_layout(&[next()]).await.expect("tidy");
    agrees(&store).await;
    store.close().await;
    let store = Store::open(&config).await.expect("it opens again");
    assert_eq!(store.reader().all_records("customer").await.expect("count"), 1_201);
    agrees(&store).await;
    store.sweep_evolved(NOW.plus_millis(1)).await.expect("sweep");
    assert!(store.reader().kept("customer", &[records[3].id], &[1]).await.expect("kept").is_empty());
}

async fn an_evolution_that_is_given_up_leaves_nothing_behind(test: TestStore) {
    let store = &test.store;
    let records = made(store, 600).await;
    let first = begin(store, Id::new(NOW)).await;
    store.evolve_some(&first, &turn).await.expect("copied");
    assert_eq!(store.drop_evolutions(None).await.expect("dropped"), 1);
    change(store, &records[0], &[("name", json!("free"))]).await;
    assert_eq!(store.evolve_some(&first, &turn).await.expect("nobody goes on"), 0);
    // Another may begin in its place, and be finished.
    let second = begin(store, Id::new(NOW)).await;
    while store.evolve_some(&second, &turn).await.expect("copied") > 0 {}
    store.index_evolution(&second).await.expect("indexes");
    finish(store, &second, 1).await;
    agrees(store).await;
    assert_eq!(store.drop_evolutions(None).await.expect("nothing is left"), 0);
}

async fn values_that_are_passed_on_meanwhile_are_settled_at_the_end(test: TestStore) {
    let store = &test.store;
    let records = made(store, 3).await;
    let evolving = begin(store, Id::new(NOW)).await;
    while store.evolve_some(&evolving, &turn).await.expect("copied") > 0 {}
    store.index_evolution(&evolving).await.expect("indexes");
    let phone = |at: usize| records[at].data["phone"].clone();
    change(store, &records[0], &[("phone", json!("13600000000"))]).await;
    change(store, &records[1], &[("phone", phone(0))]).await;
    change(store, &records[0], &[("phone", phone(1))]).await;
    finish(store, &evolving, 1).await;
    let reader = store.reader();
    let taken = reader.taken("customer", &crate::sample::phone(), &phone(0), None).await.expect("taken");
    assert_eq!(taken, Some(records[1].id));
    agrees(store).await;
}

async fn what_the_log_has_copied_is_not_copied_again_by_whoever_goes_on(test: TestStore) {
    let store = &test.store;
    let records = made(store, 3).await;
    let job = Id::new(NOW);
    let evolving = begin(store, job).await;
    while store.evolve_some(&evolving, &turn).await.expect("copied") > 0 {}
    let late = customer_of(json!({ "name": "late", "visits": 5, "phone": "13700000000" }));
    assert!(late.id > records[2].id, "it comes behind the others");
    let mut tx = store.begin().await.expect("begin");
    tx.insert_record(&late, &full()).await.expect("insert");
    tx.commit().await.expect("commit");
    assert_eq!(store.catch_up(&evolving, &turn).await.expect("settled"), 1);

    // Here a process dies and another goes on.
    let evolving = begin(store, job).await;
    assert_eq!(store.evolve_some(&evolving, &turn).await.expect("nothing is left to copy"), 0);
    store.index_evolution(&evolving).await.expect("indexes");
    finish(store, &evolving, 1).await;
    assert_eq!(store.reader().all_records("customer").await.expect("count"), 4);
    agrees(store).await;
}
