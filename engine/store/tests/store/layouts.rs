//! Tables grow while they are used; what is no longer wanted is forgotten and may be wanted again.

use kezhi_store::{DatabaseUrl, Error, Store};
use kezhi_types::query::{Layout, Promotion, Shape};
use serde_json::json;

use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(
    columns_come_go_and_come_back_without_lies,
    a_new_unique_field_with_doubles_is_refused_and_the_rest_is_done,
    names_longer_than_the_database_allows_work,
);

async fn columns_come_go_and_come_back_without_lies(test: TestStore) {
    let rich = compare(budget(), kezhi_types::condition::Op::Gte, json!("10"));
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("bare");
    let mut tx = test.store.begin().await.expect("begin");
    let records: Vec<_> =
        (0..1100).map(|n| customer_of(json!({"name": format!("c{n}"), "budget": "10.00"}))).collect();
    tx.insert_records(&records, &bare()).await.expect("insert");
    tx.commit().await.expect("commit");
    let mut told = Vec::new();
    test.store
        .ensure_layout(&[full()], &mut |progress| told.push((progress.done, progress.total)))
        .await
        .expect("full");
    assert_eq!(told, [(500, 1100), (1000, 1100), (1100, 1100)]);

    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("bare again");
    let mut tx = test.store.begin().await.expect("begin");
    for record in &records[..5] {
        let mut record = record.clone();
        record.data.insert("budget".into(), json!("1.00"));
        tx.update_record(&record, &bare()).await.expect("update");
    }
    tx.commit().await.expect("commit");
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("full again");
    assert_eq!(test.store.reader().count_related("customer", &rich).await.expect("count"), 1095);

    let mut whole = full();
    let finer = column("budget", Shape::Decimal { scale: 4 });
    whole.promoted.retain(|promotion| promotion.column.field != "budget");
    whole.promoted.push(promote(finer.clone()));
    test.store.ensure_layout(&[whole], &mut |_| ()).await.expect("a finer scale");
    let finer = compare(finer, kezhi_types::condition::Op::Eq, json!("10.0000"));
    assert_eq!(test.store.reader().count_related("customer", &finer).await.expect("count"), 1095);

    let TestStore { store, config, _folder } = test;
    store.close().await;
    let store = Store::open(&config).await.expect("open again");
    assert_eq!(store.reader().count_related("customer", &finer).await.expect("count"), 1095);
    drop(_folder);
}

async fn a_new_unique_field_with_doubles_is_refused_and_the_rest_is_done(test: TestStore) {
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("bare");
    let mut tx = test.store.begin().await.expect("begin");
    let twice = [
        customer_of(json!({"name": "a", "phone": "1380"})),
        customer_of(json!({"name": "b", "phone": "1 380"})),
    ];
    tx.insert_records(&twice, &bare()).await.expect("insert");
    tx.commit().await.expect("commit");
    match test.store.ensure_layout(&[full()], &mut |_| ()).await {
        Err(Error::NotUnique { field, .. }) => assert_eq!(field, "phone"),
        other => panic!("{other:?}"),
    }
    let mut tx = test.store.begin().await.expect("begin");
    tx.delete_record("customer", twice[1].id, kezhi_types::Id::SYSTEM, NOW).await.expect("delete");
    tx.commit().await.expect("commit");
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("now it is unique");
    let mut tx = test.store.begin().await.expect("begin");
    assert!(matches!(tx.restore_record("customer", twice[1].id).await, Err(Error::NotUnique { .. })));
}

async fn names_longer_than_the_database_allows_work(test: TestStore) {
    let long = "a".repeat(63);
    let column = column(&"b".repeat(63), Shape::Text);
    let layout = Layout {
        entity: long.clone(),
        promoted: vec![Promotion { column: column.clone(), unique: true, digits: false }],
        indexes: vec![vec![column.field.clone()]],
        searched: vec![column.clone()],
        matched: vec![],
    };
    test.store.ensure_layout(std::slice::from_ref(&layout), &mut |_| ()).await.expect("layout");
    let mut record = record(&long, json!({}));
    record.data.insert(column.field.clone(), json!("x"));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_record(&record, &layout).await.expect("insert");
    tx.commit().await.expect("commit");
    record.id = kezhi_types::Id::new(NOW);
    let mut tx = test.store.begin().await.expect("begin");
    match tx.insert_record(&record, &layout).await {
        Err(Error::NotUnique { field, .. }) => assert_eq!(field, column.field),
        other => panic!("{other:?}"),
    }
}

/// Whether SQLite has gathered statistics or not. PostgreSQL has no such index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_counts_and_sums_in_an_index_alone() {
    let test = crate::support::sqlite().await;
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("full");
    let mut tx = test.store.begin().await.expect("begin");
    let fields = |n: i64| json!({ "name": format!("c{n}"), "budget": "10.00", "vip": n % 2 == 0 });
    let records: Vec<_> = (0..1100).map(|n| customer_of(fields(n))).collect();
    tx.insert_records(&records, &full()).await.expect("insert");
    tx.commit().await.expect("commit");

    let TestStore { store, config, _folder } = test;
    store.close().await;
    let DatabaseUrl::Sqlite(path) = &config.url else { panic!("a file was asked for") };
    let database = rusqlite::Connection::open(path).expect("the file is there");
    let statement = "EXPLAIN QUERY PLAN SELECT f_vip, COUNT(*), SUM(f_budget) FROM r_customer \
                     WHERE deleted_at IS NULL GROUP BY f_vip";
    let plan = || database.query_row(statement, [], |row| row.get::<_, String>(3)).expect("a plan");
    assert!(plan().contains("COVERING INDEX"), "{}", plan());
    database.execute_batch("ANALYZE").expect("statistics");
    assert!(plan().contains("COVERING INDEX"), "{}", plan());
    drop(_folder);
}
