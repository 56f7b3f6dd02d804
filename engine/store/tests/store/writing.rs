//! Turns, groups, opening and refusing to open.

use std::path::Path;
use std::sync::Arc;

use kezhi_store::{DatabaseUrl, Error, Store};
use kezhi_types::Id;
use kezhi_types::query::Filter;
use serde_json::json;

use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(
    many_writers_lose_nothing_and_number_without_gaps,
    readers_see_only_what_is_committed,
    what_is_written_for_long_is_all_there_and_the_log_stays_short,
    long_turns_behind_one_another_are_each_kept_or_taken_back,
    a_database_of_a_newer_engine_is_refused,
);

async fn many_writers_lose_nothing_and_number_without_gaps(test: TestStore) {
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("layout");
    let layout = Arc::new(full());
    let mut writers = Vec::new();
    for writer in 0..16 {
        let (store, layout) = (test.store.clone(), layout.clone());
        writers.push(tokio::spawn(async move {
            let mut kept = Vec::new();
            for turn in 0..20 {
                let record = customer_of(json!({"name": format!("{writer}-{turn}")}));
                let mut tx = store.begin().await.expect("begin");
                tx.insert_record(&record, &layout).await.expect("insert");
                let number = tx.next_serial("n", "").await.expect("serial");
                if turn % 5 == 4 {
                    drop(tx);
                } else {
                    tx.commit().await.expect("commit");
                    kept.push((record.id, number));
                }
            }
            kept
        }));
    }
    let mut kept: Vec<(Id, i64)> = Vec::new();
    for writer in writers {
        kept.extend(writer.await.expect("a writer ends"));
    }
    let mut numbers: Vec<i64> = kept.iter().map(|(_, number)| *number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=16 * 16).collect::<Vec<i64>>());
    let ids: Vec<Id> = kept.iter().map(|(id, _)| *id).collect();
    assert_eq!(test.store.reader().get_records("customer", &ids).await.expect("read").len(), 256);
    let count = test.store.reader().ids("customer", None, None, 1000).await.expect("ids").len();
    assert_eq!(count, 256);
}

async fn what_is_written_for_long_is_all_there_and_the_log_stays_short(test: TestStore) {
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("layout");
    let (turns, each) = (40_usize, 100_usize);
    let text = "x".repeat(8_000);
    for turn in 0..turns {
        let records: Vec<_> =
            (0..each).map(|at| customer_of(json!({"name": format!("{turn}-{at}"), "notes": text}))).collect();
        let mut tx = test.store.begin().await.expect("begin");
        tx.insert_records(&records, &bare()).await.expect("insert");
        tx.commit().await.expect("commit");
        let read = test.store.reader().get_record("customer", records[0].id).await.expect("read");
        assert_eq!(read.as_ref(), Some(&records[0]));
    }
    let count = test.store.reader().count_related("customer", &Filter::All(vec![])).await.expect("count");
    assert_eq!(count, (turns * each) as i64);
    if let DatabaseUrl::Sqlite(path) = &test.config.url {
        let size = |path: &Path| std::fs::metadata(path).expect("a file").len();
        let log = path.with_extension("db-wal");
        assert!(size(&log) * 2 < size(path), "the log is copied and begins anew: {}", size(&log));
    }
}

/// Each turn changes some megabytes that are there already, more than is kept in memory to take it back.
async fn long_turns_behind_one_another_are_each_kept_or_taken_back(test: TestStore) {
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("layout");
    let with = |text: &str| customer_of(json!({"name": text, "notes": text.repeat(8_000)}));
    let mut all = Vec::new();
    for _ in 0..6 {
        let records: Vec<_> = (0..100).map(|_| with("a")).collect();
        let mut tx = test.store.begin().await.expect("begin");
        tx.insert_records(&records, &bare()).await.expect("insert");
        tx.commit().await.expect("commit");
        all.push(records);
    }
    let turns = all.iter().cloned().enumerate().map(|(turn, records)| {
        let store = test.store.clone();
        tokio::spawn(async move {
            let mut tx = store.begin().await.expect("begin");
            for mut record in records {
                record.data.insert("notes".into(), json!("b".repeat(8_000)));
                tx.update_record(&record, &bare()).await.expect("update");
            }
            if turn % 2 == 0 { tx.commit().await.expect("commit") } else { drop(tx) }
        })
    });
    for turn in turns.collect::<Vec<_>>() {
        turn.await.expect("a turn ends");
    }
    for (turn, records) in all.iter().enumerate() {
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let wanted = if turn % 2 == 0 { "b" } else { "a" }.repeat(8_000);
        let kept = test.store.reader().get_records("customer", &ids).await.expect("read");
        assert_eq!(kept.len(), 100);
        assert!(kept.iter().all(|record| record.data["notes"] == wanted), "turn {turn}");
    }
}

async fn readers_see_only_what_is_committed(test: TestStore) {
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("layout");
    let record = customer_of(json!({"name": "a"}));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_record(&record, &full()).await.expect("insert");
    assert_eq!(test.store.reader().get_record("customer", record.id).await.expect("read"), None);
    assert!(tx.get_record("customer", record.id).await.expect("read").is_some());
    tx.commit().await.expect("commit");
    assert!(test.store.reader().get_record("customer", record.id).await.expect("read").is_some());
}

async fn a_database_of_a_newer_engine_is_refused(test: TestStore) {
    use sea_orm::ConnectionTrait;
    let TestStore { store, config, _folder } = test;
    store.close().await;
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99990101_000001_future', 0)";
    match &config.url {
        kezhi_store::DatabaseUrl::Sqlite(path) => {
            let database =
                sea_orm::Database::connect(format!("sqlite://{}", path.display())).await.expect("connect");
            database.execute_unprepared(sql).await.expect("pretend");
            database.close().await.expect("close");
        }
        kezhi_store::DatabaseUrl::Postgres(url) => {
            let database = sea_orm::Database::connect(url.as_str()).await.expect("connect");
            let schema = config.schema.as_deref().expect("a schema");
            let sql = sql.replace("seaql_migrations", &format!("{schema}.seaql_migrations"));
            database.execute_unprepared(&sql).await.expect("pretend");
            database.close().await.expect("close");
        }
    }
    match Store::open(&config).await.map(drop) {
        Err(Error::Newer { found, known }) => {
            assert_eq!(found, "m99990101_000001_future");
            assert!(known.starts_with("m2026"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_second_process_may_not_hold_the_same_file() {
    let test = crate::support::sqlite().await;
    assert!(matches!(Store::open(&test.config).await.map(drop), Err(Error::Busy(_))));
    let TestStore { store, config, _folder } = test;
    store.close().await;
    Store::open(&config).await.expect("free again").close().await;
}
