//! The chain over changes and notes: nothing is passed over, what is altered is named, what is erased is not missed.

use std::str::FromStr as _;

use kezhi_store::{
    AuditFilter, AuditHead, AuditNote, Change, EntryKey, HistoryKind, HistoryRow, Horizon, Proof, Store,
};
use kezhi_types::{Entrance, Id, Timestamp};
use serde_json::{Map, Value, json};

use crate::sample::NOW;
use crate::support::{TestStore, on_both};

on_both!(
    every_entry_is_sealed_once_and_proved,
    what_was_written_before_it_was_read_is_never_passed_over,
    erased_values_leave_the_chain_whole,
    an_erasure_between_reading_and_sealing_is_seen,
    few_entries_are_found_among_many
);

fn row(record: Id, version: i64, value: &str) -> HistoryRow {
    HistoryRow {
        entity: "customer".into(),
        record,
        version,
        at: NOW.plus_millis(version),
        by: Id::SYSTEM,
        by_name: "system".into(),
        entrance: Entrance::Api,
        release: 1,
        depth: 0,
        kind: if version == 1 { HistoryKind::Created } else { HistoryKind::Updated },
        run: None,
        changes: vec![
            Change { field: "phone".into(), from: Value::Null, to: json!(value) },
            Change { field: "amount".into(), from: json!("1.50"), to: json!("2.50") },
        ],
    }
}

fn note(action: &str, login: &str) -> AuditNote {
    AuditNote {
        at: NOW,
        person: Id::SYSTEM,
        person_name: "system".into(),
        action: action.into(),
        entity: None,
        record: None,
        subject: None,
        detail: json!({ "n": 1 }),
        personal: Map::from_iter([("login".to_owned(), json!(login))]),
        salt: [3; 16],
    }
}

fn is_postgres(test: &TestStore) -> bool {
    test._folder.is_none()
}

async fn append(store: &Store, rows: &[HistoryRow]) {
    let mut tx = store.begin().await.expect("begin");
    tx.append_histories(rows).await.expect("append");
    tx.commit().await.expect("commit");
}

async fn add_note(store: &Store, told: &AuditNote) -> i64 {
    let mut tx = store.begin().await.expect("begin");
    let seq = tx.note_audit(told).await.expect("note");
    tx.commit().await.expect("commit");
    seq
}

async fn horizon(store: &Store) -> Horizon {
    let mut horizon = store.audit_horizon().await.expect("a horizon");
    while !horizon.writing.is_empty() {
        horizon = store.still_writing(horizon).await.expect("who writes");
    }
    horizon
}

async fn seal(store: &Store) -> usize {
    let (to, mut sealed) = (horizon(store).await, 0);
    loop {
        match store.seal_some(&to, NOW, [5; 32]).await.expect("seal") {
            0 => return sealed,
            some => sealed += some,
        }
    }
}

async fn prove(store: &Store) -> (Proof, AuditHead) {
    let reader = store.reader();
    let head = reader.audit_head().await.expect("read").expect("the chain has begun");
    let mut proof = Proof::new(&head);
    while reader.prove_block(&head, &mut proof).await.expect("prove") {}
    (proof, head)
}

/// What is wrong: `changed c3`.
fn told(proof: &Proof) -> Vec<String> {
    let told = |fault: &kezhi_store::Fault| {
        format!(
            "{} {}",
            fault.what,
            fault.entry.clone().or(fault.block.map(|block| block.to_string())).unwrap_or_default()
        )
    };
    proof.faults.iter().map(told).collect()
}

async fn every_entry_is_sealed_once_and_proved(test: TestStore) {
    let store = &test.store;
    assert_eq!(seal(store).await, 0, "there is nothing to seal");
    let record = Id::new(NOW);
    let rows: Vec<_> = (1..=2_500).map(|version| row(record, version, "13800001234")).collect();
    append(store, &rows).await;
    for _ in 0..3 {
        add_note(store, &note("session.signed_in", "ann")).await;
    }
    assert_eq!(store.reader().count_unsealed().await.expect("count"), 2_503);
    assert_eq!(seal(store).await, 2_503);
    add_note(store, &note("session.refused", "bob")).await;
    assert_eq!((seal(store).await, seal(store).await), (1, 0));
    let (proof, head) = prove(store).await;
    assert_eq!(told(&proof), Vec::<String>::new());
    assert_eq!((proof.entries, proof.block, head.entries), (2_504, 4, 2_504));
    assert_eq!(store.reader().count_unsealed().await.expect("count"), 0);
    let (block, _, hash) = store
        .reader()
        .block_of(EntryKey::from_str("c1030").expect("a key"))
        .await
        .expect("read")
        .expect("it is sealed");
    assert_eq!((block, Some(hash)), (2, store.reader().block_head(2).await.expect("read")));
}

/// On PostgreSQL a transaction may commit a number that is smaller than one that was sealed meanwhile; on SQLite there is
/// one writer.
async fn what_was_written_before_it_was_read_is_never_passed_over(test: TestStore) {
    let (store, record) = (&test.store, Id::new(NOW));
    append(store, &[row(record, 1, "a")]).await;
    seal(store).await;
    let mut slow = store.begin().await.expect("begin");
    slow.append_history(&row(record, 2, "slow")).await.expect("append");
    let waits = if is_postgres(&test) {
        append(store, &[row(record, 3, "fast")]).await;
        let waits = store.audit_horizon().await.expect("a horizon");
        assert_eq!((waits.history, waits.writing.len()), (3, 1), "the slow one is waited for");
        // Who begins after it needs not be waited for.
        let later = store.begin().await.expect("begin");
        let waits = store.still_writing(waits).await.expect("who writes");
        assert_eq!(waits.writing.len(), 1);
        drop(later);
        waits
    } else {
        store.audit_horizon().await.expect("a horizon")
    };
    slow.commit().await.expect("commit");
    let mut waits = store.still_writing(waits).await.expect("who writes");
    while !waits.writing.is_empty() {
        waits = store.still_writing(waits).await.expect("who writes");
    }
    seal(store).await;
    let (proof, _) = prove(store).await;
    let all = if is_postgres(&test) { 3 } else { 2 };
    assert_eq!((told(&proof), proof.entries), (vec![], all));
}

async fn erased_values_leave_the_chain_whole(test: TestStore) {
    let (store, ann, bob) = (&test.store, Id::new(NOW), Id::new(NOW));
    append(store, &[row(ann, 1, "13800001234"), row(bob, 1, "13900001234"), row(ann, 2, "13700001234")])
        .await;
    let told_of_ann = add_note(store, &note("session.signed_in", "ann")).await;
    seal(store).await;
    append(store, &[row(ann, 3, "13600001234")]).await;

    let mut tx = store.begin().await.expect("begin");
    let phone = ["phone".to_owned()];
    let erased = tx.erase_history(("customer", ann), Some(&phone), &[7; 32]).await.expect("erase");
    assert_eq!(erased.len(), 3, "sealed and unsealed changes");
    let again = tx.erase_history(("customer", ann), Some(&phone), &[7; 32]).await.expect("erase");
    assert!(again.is_empty(), "there is nothing left to erase");
    assert_eq!(tx.erase_notes(&[told_of_ann]).await.expect("erase"), [told_of_ann]);
    tx.commit().await.expect("commit");

    seal(store).await;
    let (proof, _) = prove(store).await;
    assert_eq!(told(&proof), Vec::<String>::new());
    assert_eq!(proof.erased.len(), 4);
    let left = store.reader().history("customer", ann, None, 10).await.expect("read");
    for entry in &left {
        let [phone, amount] = entry.row.changes.as_slice() else { panic!("both fields are named") };
        assert_eq!((&phone.from, &phone.to), (&Value::Null, &Value::Null));
        assert_eq!((&amount.from, &amount.to), (&json!("1.50"), &json!("2.50")), "the rest stays");
    }
    let mut tx = store.begin().await.expect("begin");
    assert_eq!(tx.erase_history(("customer", ann), None, &[8; 32]).await.expect("erase").len(), 3);
    tx.commit().await.expect("commit");
    assert_eq!(told(&prove(store).await.0), Vec::<String>::new(), "also when the rest goes later");
    let entries = store.reader().audit_notes(&AuditFilter::default(), None, 10).await.expect("read");
    assert_eq!(entries.iter().map(|entry| entry.personal.is_none()).collect::<Vec<_>>(), [true]);
}

async fn an_erasure_between_reading_and_sealing_is_seen(test: TestStore) {
    let (store, ann) = (&test.store, Id::new(NOW));
    append(store, &[row(ann, 1, "13800001234")]).await;
    // The chain has begun, and nothing of it is sealed.
    let before = store.reader().audit_head().await.expect("read");
    assert_eq!(before, None);
    let mut tx = store.begin().await.expect("begin");
    tx.erase_history(("customer", ann), None, &[7; 32]).await.expect("erase");
    tx.commit().await.expect("commit");
    let head = store.reader().audit_head().await.expect("read").expect("an erasure begins the chain");
    append(store, &[row(ann, 2, "13800001234")]).await;
    let mut tx = store.begin().await.expect("begin");
    tx.erase_history(("customer", ann), None, &[7; 32]).await.expect("erase");
    tx.commit().await.expect("commit");
    let after = store.reader().audit_head().await.expect("read");
    assert_ne!(Some(head), after, "whoever has read what was there before seals nothing");
    assert_eq!(seal(store).await, 2);
    assert_eq!(told(&prove(store).await.0), Vec::<String>::new());
}

async fn few_entries_are_found_among_many(test: TestStore) {
    let (store, ann, other) = (&test.store, Id::new(NOW), Id::new(NOW));
    append(store, &[HistoryRow { by: ann, ..row(ann, 1, "a") }]).await;
    let many: Vec<_> = (2..=30_000).map(|version| row(other, version, "b")).collect();
    append(store, &many).await;
    seal(store).await;
    let reader = store.reader();
    let by_ann = AuditFilter { person: Some(ann), ..AuditFilter::default() };
    let (found, looked_to) = reader.audit_changes(&by_ann, None, 10).await.expect("read");
    assert_eq!((found.len(), looked_to), (1, None), "two windows were enough");
    assert_eq!(found[0].action, "record.created");
    let early = AuditFilter { to: Some(NOW.plus_millis(2)), ..AuditFilter::default() };
    let (found, _) = reader.audit_changes(&early, None, 10).await.expect("read");
    assert_eq!(found.len(), 1);
    let late = AuditFilter { from: Some(NOW.plus_millis(29_999)), ..AuditFilter::default() };
    let (found, _) = reader.audit_changes(&late, None, 10).await.expect("read");
    assert_eq!(
        found.iter().map(|entry| entry.at).collect::<Vec<_>>(),
        [Timestamp(NOW.0 + 30_000), Timestamp(NOW.0 + 29_999)]
    );
    for (action, login) in [("session.signed_in", "ann"), ("session_x.y", "bob"), ("user.created", "eve")] {
        add_note(store, &note(action, login)).await;
    }
    let of = async |actions: &[&str]| {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        let filter = AuditFilter { actions, ..AuditFilter::default() };
        let found = reader.audit_notes(&filter, None, 10).await.expect("read");
        found.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
    };
    assert_eq!(of(&["session"]).await, ["session.signed_in"]);
    assert_eq!(of(&["session.signed_in", "user"]).await, ["user.created", "session.signed_in"]);
    assert_eq!(of(&["sess"]).await, Vec::<String>::new());
}
