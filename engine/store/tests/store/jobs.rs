//! Jobs that are kept no longer go some rows at a time, and nothing else with them.

use kezhi_store::{Job, JobRow, JobState, RowFate};
use kezhi_types::{Id, Timestamp};
use serde_json::{Value, json};

use crate::support::{TestStore, on_both};

on_both!(old_jobs_go_some_rows_at_a_time);

fn job(name: &str, ended: Option<i64>) -> Job {
    Job {
        id: Id::derived(Timestamp(1), name),
        kind: "import".into(),
        entity: "customer".into(),
        caller: Id::SYSTEM,
        state: if ended.is_some() { JobState::Done } else { JobState::Running },
        done: 0,
        total: None,
        errors: 0,
        spec: Value::Null,
        checkpoint: Value::Null,
        result: json!({}),
        created_at: Timestamp(1),
        ended_at: ended.map(Timestamp),
    }
}

async fn old_jobs_go_some_rows_at_a_time(test: TestStore) {
    let (old, young, open) = (job("old", Some(10)), job("young", Some(30)), job("open", None));
    let mut tx = test.store.begin().await.expect("a transaction");
    for job in [&old, &young, &open] {
        tx.insert_job(job).await.expect("stored");
        let row = |row| JobRow { row, fate: RowFate::Refused, record: None, version: None, note: json!({}) };
        tx.append_job_rows(job.id, &(1..=5).map(row).collect::<Vec<_>>()).await.expect("noted");
        let keys: Vec<(String, i64)> = (1..=3).map(|row| (format!("key {row}"), row)).collect();
        tx.note_job_keys(job.id, &keys).await.expect("noted");
    }
    tx.commit().await.expect("committed");

    let mut gone = Vec::new();
    loop {
        let mut tx = test.store.begin().await.expect("a transaction");
        let count = tx.delete_old_jobs(Timestamp(20), 2).await.expect("some go");
        tx.commit().await.expect("committed");
        if count == 0 {
            break;
        }
        gone.push(count);
    }
    assert_eq!(gone, [2, 2, 1, 2, 1, 1], "five rows, three keys, the job");
    let reader = test.store.reader();
    assert_eq!(reader.job(old.id).await.expect("asked"), None);
    for job in [&young, &open] {
        let rows = reader.job_rows(job.id, &[RowFate::Refused], 0, 10).await.expect("asked");
        assert_eq!((rows.len(), reader.job(job.id).await.expect("asked").is_some()), (5, true));
    }
    let mut tx = test.store.begin().await.expect("a transaction");
    assert_eq!(tx.forget_job_keys(young.id, 2).await.expect("some go"), 2);
    assert_eq!(tx.forget_job_keys(young.id, 2).await.expect("some go"), 1);
}
