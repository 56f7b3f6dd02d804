//! What fails holds up nothing else, is told, waits, and comes right by itself when its cause is gone.

use kezhi_store::{Incident, MessageState, Schedule, Stale};
use kezhi_types::Event;
use kezhi_types::run::{Timer, TimerKind};

use super::*;

/// A workflow that sends a letter about each new contract, and may ask its owner afterwards.
fn telling(next: &str) -> Value {
    let mut workflow = json!({
        "title": "告知", "entity": "contract", "trigger": { "on": "record_created" }, "start": "tell",
        "nodes": {
            "tell": { "type": "message", "message": "told", "to": [{ "field": "owner" }], "next": next },
            "end": { "type": "end" }
        }
    });
    if next == "ask" {
        workflow["nodes"]["ask"] =
            json!({ "type": "task", "title": "x", "assignees": [{ "field": "owner" }], "next": "end" });
    }
    workflow
}

async fn incidents(stage: &Stage) -> Vec<Incident> {
    stage.runtime.0.store.reader().open_incidents(50).await.expect("readable")
}

async fn codes(stage: &Stage) -> Vec<String> {
    incidents(stage).await.into_iter().map(|incident| incident.code).collect()
}

/// An event about a record that is not there any more.
async fn lost_event(stage: &Stage) -> Id {
    let now = stage.clock.now();
    let event = Event {
        id: Id::new(now),
        kind: kezhi_types::EventKind::RecordCreated,
        at: now,
        entity: "contract".to_owned(),
        record: Id::new(now),
        changed: Vec::new(),
        before: Fields::new(),
        after: Fields::new(),
        by: Id::SYSTEM,
        entrance: Entrance::Api,
        release: 1,
        depth: 0,
        workflows: true,
    };
    let mut tx = stage.runtime.0.store.begin().await.expect("the store answers");
    tx.append_event(&event).await.expect("it is stored");
    tx.commit().await.expect("it is stored");
    event.id
}

#[tokio::test]
async fn a_workflow_that_fails_by_the_clock_holds_up_no_other() {
    let task = json!({ "call": { "type": "task", "title": "x", "assignees": [{ "field": "owner" }], "next": "end" },
                       "end": { "type": "end" } });
    let daily = json!({ "title": "x", "entity": "contract", "start": "call", "nodes": task,
        "trigger": { "on": "schedule", "cron": "0 9 * * *", "each": { "entity": "contract",
                     "where": { "field": "status", "op": "eq", "value": "draft" } } } });
    let stage = Stage::new("clock", &[("daily", daily), ("telling", telling("end"))]).await;
    stage.create("li", json!({ "name": "甲", "status": "draft" })).await;
    stage.settle().await;
    // A row of a workflow that this release does not know: it is not counted as done, so settling ends.
    let mut tx = stage.runtime.0.store.begin().await.expect("the store answers");
    let unknown = Schedule { workflow: "gone".into(), rule: "x".into(), next_at: stage.clock.now() };
    tx.save_schedule(&unknown).await.expect("it is stored");
    tx.commit().await.expect("it is stored");
    stage.pass(24);
    tokio::time::timeout(std::time::Duration::from_secs(30), stage.settle()).await.expect("settling ends");
    assert_eq!(stage.runs().await.iter().filter(|run| run.workflow == "daily").count(), 1);
}

#[tokio::test]
async fn a_schedule_that_was_changed_meanwhile_is_not_written_back() {
    let stage = Stage::new("moved", &[]).await;
    let mut tx = stage.runtime.0.store.begin().await.expect("the store answers");
    let row = Schedule { workflow: "w".into(), rule: "old".into(), next_at: Timestamp(1) };
    tx.save_schedule(&Schedule { rule: "new".into(), ..row.clone() }).await.expect("it is stored");
    assert!(!tx.move_schedule(&row, Some(Timestamp(2))).await.expect("the store answers"));
    let kept = tx.schedules().await.expect("readable");
    assert_eq!((kept[0].rule.as_str(), kept[0].next_at), ("new", Timestamp(1)));
    assert!(tx.move_schedule(&kept[0], None).await.expect("the store answers"));
    assert!(tx.schedules().await.expect("readable").is_empty());
}

#[tokio::test]
async fn timers_that_cannot_move_their_runs_starve_no_healthy_one() {
    let stage = Stage::new("starve", &[("telling", telling("ask"))]).await;
    let now = stage.clock.now();
    let mut tx = stage.runtime.0.store.begin().await.expect("the store answers");
    for _ in 0..600 {
        // Its run is not there.
        let (id, run, kind) = (Id::new(now), Id::new(now), TimerKind::Continue);
        let timer = Timer { id, run, visit: 1, task: None, kind, due_at: now.plus_millis(-1_000) };
        tx.arm_timer(&timer).await.expect("it is armed");
    }
    tx.commit().await.expect("it is stored");
    stage.create("li", json!({ "name": "甲" })).await;
    stage.settle().await;
    assert_eq!(stage.todo("li").await.len(), 1, "the healthy run went its way");
    assert!(codes(&stage).await.iter().all(|code| code == "run.failed_step"));
    assert!(incidents(&stage).await.iter().all(|incident| incident.times == 1), "each waits for its time");
}

#[tokio::test]
async fn an_event_that_cannot_be_matched_is_told_and_tried_again_by_a_person() {
    let stage = Stage::new("event", &[]).await;
    let bad = lost_event(&stage).await;
    let error = Error::Internal("it cannot be matched".to_owned());
    stage.runtime.postpone_event(bad, &error).await.expect("it is told");
    stage.settle().await;
    let [incident] = &incidents(&stage).await[..] else { panic!("one incident") };
    assert_eq!(incident.code, "event.failed");
    stage.runtime.retry_incident(&Caller::system("operator"), incident.id).await.expect("it is tried again");
    stage.settle().await;
    stage.quiet().await;
    let waiting = stage.runtime.0.store.reader().postponed_events(Timestamp(i64::MAX), 10).await;
    assert_eq!(waiting.expect("readable"), [], "it was matched");
}

#[tokio::test]
async fn a_record_that_cannot_be_derived_is_told_and_the_others_are_derived() {
    let stage = Stage::new("stale", &[]).await;
    let id = stage.create("li", json!({ "name": "甲" })).await;
    let now = stage.clock.now();
    let row = |record| {
        let (entity, field) = ("contract".to_owned(), "*".to_owned());
        Stale { entity, record, field, since: now, depth: 1, tries: 0 }
    };
    let bad = row(Id::new(now));
    let mut tx = stage.runtime.0.store.begin().await.expect("the store answers");
    tx.mark_stale(&[bad.clone(), row(id)]).await.expect("it is stored");
    tx.commit().await.expect("it is stored");
    let error = Error::Script("it ran too long".to_owned());
    stage.runtime.postpone_record(&bad, &error).await.expect("it is told");
    stage.settle().await;
    assert_eq!(codes(&stage).await, ["script.failed"]);
    let left = stage.runtime.0.store.reader().stale_due(Timestamp(i64::MAX), 10).await.expect("readable");
    assert_eq!(left.iter().map(|row| (row.record, row.tries)).collect::<Vec<_>>(), [(bad.record, 1)]);
    // Its time comes, the cause is gone, and so is the incident.
    stage.pass(1);
    stage.settle().await;
    stage.quiet().await;
}

/// One record whose script fails used to stop every workflow of the workspace.
#[tokio::test]
async fn records_whose_script_fails_hold_up_no_workflow() {
    let stage = Stage::new("script", &[("telling", telling("end"))]).await;
    let thing = |more: Value| {
        let mut properties = json!({ "name": { "title": "名称", "x-kind": "text" } });
        properties.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        json!({ "title": "物", "type": "object", "x-title-field": "name", "properties": properties })
            .to_string()
    };
    let mut folder =
        kezhi_types::def::files::Folder(files(&[("telling", telling("end"))]).into_iter().collect());
    folder.0.insert("entities/thing.json".to_owned(), thing(json!({})));
    folder.0.insert(
        "roles/staff.json".to_owned(),
        json!({ "title": "员工", "entities": { "contract": { "create": true, "read": true },
                                               "thing": { "create": true, "read": true } } })
        .to_string(),
    );
    let operator = Caller::system("operator");
    stage.runtime.publish_folder(&operator, folder.clone(), String::new()).await.expect("it compiles");
    for name in ["一", "二"] {
        let fields = Fields::from_iter([("name".to_owned(), json!(name))]);
        let created =
            stage.runtime.create_record(&operator, Entrance::Api, "thing", (fields, Manner::default()));
        created.await.expect("it is created");
    }
    // From now on things need a script, and no process of this stage can run one.
    let graded = json!({ "fit": { "title": "级", "x-kind": "grade", "x-grade": "fit" } });
    folder.0.insert("entities/thing.json".to_owned(), thing(graded));
    let grade = json!({ "title": "级", "entity": "thing", "field": "fit", "method": { "script": "fit.rhai" },
                        "bands": [{ "letter": "A", "at_least": 50 }, { "letter": "B", "at_least": 0 }] });
    folder.0.insert("grades/fit.json".to_owned(), grade.to_string());
    folder.0.insert("grades/fit.rhai".to_owned(), "#{ score: 60, reasons: [record.name] }".to_owned());
    stage.runtime.publish_folder(&operator, folder, String::new()).await.expect("it compiles");

    stage.create("li", json!({ "name": "甲" })).await;
    stage.settle().await;
    assert_eq!(stage.letters.sent.lock().len(), 1, "the workflow went its way");
    assert_eq!(codes(&stage).await, ["derive.failed", "derive.failed"]);
    let waiting = stage.runtime.0.store.reader().stale_due(stage.clock.now(), 10).await.expect("readable");
    assert_eq!(waiting, [], "both wait for their next try");
}

#[tokio::test]
async fn a_slow_channel_holds_up_nothing_but_its_letters() {
    let stage = Stage::new("slow", &[("telling", telling("ask"))]).await;
    let closed = stage.letters.gate.clone().lock_owned().await;
    let loops = stage.runtime.start();
    stage.create("li", json!({ "name": "甲" })).await;
    let mut told = 0;
    while stage.todo("li").await.is_empty() {
        told += 1;
        assert!(told < 2_000, "the run waits for the letter");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(stage.letters.sent.lock().is_empty());
    drop(closed);
    while stage.letters.sent.lock().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // Whoever ends the loops waits until what was sent is written down.
    loops.stop().await;
    let sent = stage.runtime.0.store.reader().messages(Some(MessageState::Sent), 10).await;
    assert_eq!(sent.expect("readable").len(), 1);
}

#[tokio::test]
async fn a_channel_that_is_not_well_gives_up_no_letter_and_is_told_once() {
    let stage = Stage::new("channel", &[("telling", telling("end"))]).await;
    *stage.letters.as_told.lock() = Some(SendError::Channel("wrong password".to_owned()));
    stage.letters.failures.store(20, Ordering::SeqCst);
    for name in ["甲", "乙", "丙", "丁", "戊", "己"] {
        stage.create("li", json!({ "name": name })).await;
    }
    for _ in 0..40 {
        stage.settle().await;
        let told = codes(&stage).await;
        assert!(told.is_empty() || told == ["channel.failed"], "{told:?}");
        stage.pass(1);
    }
    assert_eq!(stage.letters.sent.lock().len(), 6);
    stage.quiet().await;
}

#[tokio::test]
async fn a_letter_that_was_not_sent_stays_told_when_its_run_ends() {
    let stage = Stage::new("unsent", &[("telling", telling("ask"))]).await;
    *stage.letters.as_told.lock() = Some(SendError::Permanent("no such address".to_owned()));
    stage.letters.failures.store(1, Ordering::SeqCst);
    stage.create("li", json!({ "name": "甲" })).await;
    stage.settle().await;
    let [task] = stage.todo("li").await[..] else { panic!("li has one task") };
    stage.act("li", task, TaskVerb::Complete, json!({})).await.expect("it is completed");
    stage.settle().await;
    assert!(stage.runs().await[0].state.is_over());
    let [incident] = &incidents(&stage).await[..] else { panic!("one incident") };
    assert_eq!(incident.code, "message.failed");
    // Tried again by a person, twice: the second time there is nothing to do.
    let operator = Caller::system("operator");
    for _ in 0..2 {
        stage.runtime.retry_incident(&operator, incident.id).await.expect("it is tried again");
    }
    stage.settle().await;
    assert_eq!(stage.letters.sent.lock().len(), 1);
    stage.quiet().await;
}

#[tokio::test]
async fn traces_of_work_that_is_done_are_not_kept_for_ever() {
    let stage = Stage::new("traces", &[("telling", telling("end"))]).await;
    stage.create("li", json!({ "name": "甲" })).await;
    stage.settle().await;
    let messages = async || stage.runtime.0.store.reader().messages(None, 10).await.expect("readable").len();
    assert_eq!(messages().await, 1);
    stage.pass(179 * 24);
    stage.settle().await;
    assert_eq!(messages().await, 1);
    stage.pass(2 * 24);
    stage.settle().await;
    assert_eq!(messages().await, 0);
    assert_eq!(stage.runs().await.len(), 1, "runs stay");
}

#[tokio::test]
async fn a_run_that_is_too_long_ends_with_an_incident_and_nothing_left_to_ring() {
    let mut nodes = serde_json::Map::from_iter([("end".to_owned(), json!({ "type": "end" }))]);
    for number in 0..40 {
        let next = if number == 39 { "end".to_owned() } else { format!("u{}", number + 1) };
        let status = if number % 2 == 0 { "draft" } else { "approved" };
        let update = json!({ "type": "update", "set": { "status": status }, "next": next });
        nodes.insert(format!("u{number}"), update);
    }
    let chain = json!({ "title": "链", "entity": "contract", "trigger": { "on": "record_created" },
                        "start": "u0", "nodes": nodes });
    let stage = Stage::new("long", &[("chain", chain)]).await;
    stage.create("li", json!({ "name": "甲" })).await;
    stage.runtime.dispatch_events().await.expect("the run begins");
    // One step too many falls behind the 64 nodes of one transaction.
    let run = Run { steps: 10_000 - 31, ..stage.runs().await.remove(0) };
    let mut tx = stage.runtime.0.store.begin().await.expect("the store answers");
    tx.save_run(&run).await.expect("it is stored");
    tx.commit().await.expect("it is stored");
    stage.settle().await;
    assert_eq!(stage.runs().await[0].state, RunState::Failed);
    assert_eq!(codes(&stage).await, ["run.too_long"]);
    let reader = stage.runtime.0.store.reader();
    assert_eq!(reader.next_timer_at().await.expect("readable"), None);
}
