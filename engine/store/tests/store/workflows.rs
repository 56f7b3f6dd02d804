//! Events, runs, tasks, timers, messages, incidents, schedules: every state is a row, and each thing happens once.

use kezhi_store::{
    Change, HistoryKind, HistoryRow, Incident, Message, MessageState, RunFilter, Schedule, SendOutcome,
    Stale, TaskBox, TaskPage,
};
use kezhi_types::run::{Run, RunState, Task, TaskKind, TaskState, Timer, TimerKind, Visit};
use kezhi_types::{Entrance, Event, EventKind, Id};
use serde_json::{Value, json};

use crate::sample::NOW;
use crate::support::{TestStore, on_both};

on_both!(
    events_are_matched_once,
    runs_tasks_and_timers,
    messages_are_leased,
    incidents_and_schedules,
    history_pages
);

fn run(key: &str) -> Run {
    Run {
        id: Id::new(NOW),
        workflow: "flow".into(),
        release: 3,
        entity: "customer".into(),
        record: Id::SYSTEM,
        state: RunState::Running,
        initiator: Id::SYSTEM,
        trigger_key: key.into(),
        depth: 1,
        vars: serde_json::Map::new(),
        revision: 0,
        steps: 0,
        started_at: NOW,
        ended_at: None,
    }
}

fn task(run: &Run, slot: i64) -> Task {
    Task {
        id: Id::new(NOW),
        run: run.id,
        visit: 1,
        node: "call".into(),
        kind: TaskKind::Task,
        title: "回访".into(),
        assignee: Id::SYSTEM,
        slot,
        weight: 1,
        state: TaskState::Open,
        state_reason: None,
        comment: None,
        outcome: None,
        fields: serde_json::Map::new(),
        revision: 0,
        opened_at: Some(NOW),
        due_at: Some(NOW.plus_millis(1000 * slot)),
        decided_at: None,
        decided_by: None,
    }
}

async fn events_are_matched_once(test: TestStore) {
    let event = Event {
        id: Id::new(NOW),
        kind: EventKind::RecordCreated,
        at: NOW,
        entity: "customer".into(),
        record: Id::SYSTEM,
        changed: vec!["name".into()],
        before: serde_json::Map::new(),
        after: json!({"name": "张"}).as_object().cloned().expect("an object"),
        by: Id::SYSTEM,
        entrance: Entrance::Api,
        release: 1,
        depth: 0,
        workflows: true,
    };
    let silent = Event { id: Id::new(NOW), workflows: false, ..event.clone() };
    let stale = Stale {
        entity: "customer".into(),
        record: Id::SYSTEM,
        field: "value".into(),
        since: NOW,
        depth: 0,
        tries: 0,
    };
    let mut tx = test.store.begin().await.expect("begin");
    tx.append_events(&[event.clone(), silent.clone()]).await.expect("append");
    tx.mark_stale(std::slice::from_ref(&stale)).await.expect("stale");
    let deeper = Stale { depth: 3, ..stale.clone() };
    tx.mark_stale(std::slice::from_ref(&deeper)).await.expect("stale again, from deeper down");
    tx.mark_stale(std::slice::from_ref(&stale)).await.expect("and again");
    tx.commit().await.expect("commit");
    assert_eq!(test.store.reader().count_new_events().await.expect("count"), 1);
    assert_eq!(test.store.reader().event(silent.id).await.expect("read"), Some(silent));
    let mut tx = test.store.begin().await.expect("begin");
    assert_eq!(tx.new_events(10).await.expect("new"), vec![event.clone()]);
    tx.mark_event_matched(event.id).await.expect("mark");
    assert_eq!(tx.new_events(10).await.expect("new"), vec![]);
    tx.postpone_stale(&deeper, NOW.plus_millis(1_000)).await.expect("postpone");
    assert_eq!(tx.take_stale(NOW, 10).await.expect("take"), vec![]);
    let failed = Stale { tries: 1, ..deeper };
    assert_eq!(tx.take_stale(NOW.plus_millis(1_000), 10).await.expect("take"), vec![failed.clone()]);
    assert!(!tx.take_stale_one(&failed).await.expect("it is taken already"));
    tx.postpone_event(event.id, Some(NOW)).await.expect("it is matched, so nothing happens");
    assert_eq!(tx.postponed_events(NOW, 10).await.expect("read"), []);
    tx.commit().await.expect("commit");
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn runs_tasks_and_timers(test: TestStore) {
    let mut first = run("ev:1");
    let mut tx = test.store.begin().await.expect("begin");
    assert!(tx.insert_run(&first, true).await.expect("insert"));
    assert!(!tx.insert_run(&run("ev:1"), true).await.expect("the trigger key is taken"));
    let mut visit = Visit {
        run: first.id,
        number: 1,
        node: "call".into(),
        entered_at: NOW,
        left_at: None,
        outcome: None,
        reason: Value::Null,
    };
    tx.insert_visit(&visit).await.expect("visit");
    let (mut late, soon) = (task(&first, 2), task(&first, 1));
    tx.insert_task(&late).await.expect("task");
    tx.insert_task(&soon).await.expect("task");
    let timer = Timer {
        id: Id::new(NOW),
        run: first.id,
        visit: 1,
        task: Some(soon.id),
        kind: TimerKind::Remind,
        due_at: NOW,
    };
    let other = Timer { id: Id::new(NOW), task: None, kind: TimerKind::Wait, ..timer.clone() };
    tx.arm_timer(&timer).await.expect("arm");
    tx.arm_timer(&other).await.expect("arm");
    tx.commit().await.expect("commit");

    let reader = test.store.reader();
    let page = TaskPage { offset: 0, limit: 10 };
    let todo = reader.tasks_box(TaskBox::Todo, Id::SYSTEM, page).await.expect("box");
    assert_eq!(todo.iter().map(|row| row.task.id).collect::<Vec<_>>(), [soon.id, late.id]);
    assert_eq!((todo[0].workflow.as_str(), todo[0].release, todo[0].record), ("flow", 3, Id::SYSTEM));
    let overdue =
        reader.tasks_box(TaskBox::Overdue(NOW.plus_millis(1500)), Id::SYSTEM, page).await.expect("box");
    assert_eq!(overdue.len(), 1);
    assert_eq!(
        reader.open_locking_run("customer", Id::SYSTEM).await.expect("lock").map(|run| run.id),
        Some(first.id)
    );
    assert_eq!(reader.live_runs_per_node("flow").await.expect("nodes"), [("call".to_owned(), 1)]);
    assert_eq!(reader.pinned_releases().await.expect("pinned"), [3]);
    assert_eq!(reader.due_timers(NOW, 10).await.expect("due").len(), 2);

    let mut tx = test.store.begin().await.expect("begin");
    assert_eq!(tx.lock_run(first.id).await.expect("lock"), Some(first.clone()));
    assert!(tx.fire_timer(timer.id).await.expect("fire"));
    assert!(!tx.fire_timer(timer.id).await.expect("fire twice"));
    assert_eq!(tx.cancel_timers(first.id, Some(2)).await.expect("cancel"), 0);
    assert_eq!(tx.cancel_timers(first.id, None).await.expect("cancel"), 1);
    (late.state, late.decided_at, late.outcome) = (TaskState::Completed, Some(NOW), Some("done".into()));
    tx.save_task(&late).await.expect("save");
    (visit.left_at, visit.outcome) = (Some(NOW), Some("done".into()));
    tx.leave_visit(&visit).await.expect("leave");
    (first.state, first.ended_at, first.revision) = (RunState::Done, Some(NOW), 1);
    tx.save_run(&first).await.expect("save");
    tx.commit().await.expect("commit");
    assert_eq!(reader.tasks_box_count(TaskBox::Done, Id::SYSTEM).await.expect("count"), 1);
    assert_eq!(reader.open_tasks_of_run(first.id).await.expect("open"), vec![soon]);
    assert_eq!(reader.visits(first.id).await.expect("visits"), vec![visit]);
    let filter = RunFilter { record: Some(Id::SYSTEM), live: true, ..RunFilter::default() };
    assert!(reader.runs(&filter, None, 10).await.expect("runs").is_empty());
    assert_eq!(reader.runs_of_record("customer", Id::SYSTEM).await.expect("runs"), vec![first]);
    assert_eq!(reader.next_timer_at().await.expect("next"), None);
}

async fn messages_are_leased(test: TestStore) {
    let message = Message {
        id: Id::new(NOW),
        idem_key: "run:1/node:m/v:1/1".into(),
        channel: "email".into(),
        run: None,
        node: None,
        entity: Some("customer".into()),
        record: Some(Id::SYSTEM),
        payload: json!({"to": "a@b.example"}),
        state: MessageState::Pending,
        attempts: 0,
        lease_epoch: 0,
        next_at: NOW,
        created_at: NOW,
        finished_at: None,
        answer: None,
    };
    let mut tx = test.store.begin().await.expect("begin");
    assert!(tx.enqueue_message(&message).await.expect("enqueue"));
    assert!(
        !tx.enqueue_message(&Message { id: Id::new(NOW), ..message.clone() })
            .await
            .expect("the key is taken")
    );
    let claimed = tx.claim_messages(NOW, 10, 30_000).await.expect("claim");
    assert_eq!((claimed.len(), claimed[0].lease_epoch, claimed[0].attempts), (1, 1, 1));
    assert!(tx.claim_messages(NOW, 10, 30_000).await.expect("claim").is_empty());
    let again = tx.claim_messages(NOW.plus_millis(30_000), 10, 30_000).await.expect("the lease ran out");
    assert_eq!(again[0].lease_epoch, 2);
    let sent = SendOutcome::Sent("250 ok".into());
    assert!(!tx.finish_message(message.id, 1, &sent, NOW).await.expect("an old lease"));
    assert!(tx.finish_message(message.id, 2, &SendOutcome::Failed("550".into()), NOW).await.expect("finish"));
    assert!(tx.retry_message(message.id, NOW).await.expect("retry"));
    tx.commit().await.expect("commit");
    let listed = test.store.reader().messages(Some(MessageState::Pending), 10).await.expect("list");
    assert_eq!(listed[0].answer.as_deref(), Some("550"));
    assert_eq!(test.store.reader().messages_of_record("customer", Id::SYSTEM).await.expect("list").len(), 1);
}

async fn incidents_and_schedules(test: TestStore) {
    let incident = Incident {
        id: Id::new(NOW),
        code: "script.failed".into(),
        subject: "run:1".into(),
        detail: "boom".into(),
        run: None,
        node: None,
        entity: None,
        record: None,
        context: json!({}),
        opened_at: NOW,
        seen_at: NOW,
        times: 1,
        resolved_at: None,
        resolved_by: None,
        resolution: None,
    };
    let mut tx = test.store.begin().await.expect("begin");
    tx.open_incident(&incident).await.expect("open");
    tx.open_incident(&Incident { id: Id::new(NOW), ..incident.clone() }).await.expect("again");
    tx.commit().await.expect("commit");
    let open = test.store.reader().open_incidents(10).await.expect("list");
    assert_eq!((open.len(), open[0].times), (1, 2));
    let mut tx = test.store.begin().await.expect("begin");
    assert!(tx.resolve_incident(incident.id, Id::SYSTEM, "retry", NOW).await.expect("resolve"));
    assert!(!tx.resolve_incident(incident.id, Id::SYSTEM, "retry", NOW).await.expect("resolve"));
    tx.save_schedule(&Schedule { workflow: "w".into(), rule: "0 9 * * *".into(), next_at: NOW })
        .await
        .expect("save");
    assert_eq!(tx.next_schedule_at().await.expect("next"), Some(NOW));
    assert_eq!(tx.due_schedules(NOW, 10).await.expect("due").len(), 1);
    tx.delete_schedule("w").await.expect("delete");
    tx.commit().await.expect("commit");
    assert_eq!(test.store.reader().next_schedule_at().await.expect("next"), None);
}

async fn history_pages(test: TestStore) {
    let row = |version| HistoryRow {
        entity: "customer".into(),
        record: Id::SYSTEM,
        version,
        at: NOW,
        by: Id::SYSTEM,
        by_name: "system".into(),
        entrance: Entrance::Form,
        release: 1,
        depth: 0,
        kind: HistoryKind::Updated,
        run: None,
        changes: vec![Change { field: "name".into(), from: Value::Null, to: json!("张") }],
    };
    let mut tx = test.store.begin().await.expect("begin");
    tx.append_histories(&[row(1), row(2), row(3)]).await.expect("append");
    tx.commit().await.expect("commit");
    let reader = test.store.reader();
    let first = reader.history("customer", Id::SYSTEM, None, 2).await.expect("read");
    assert_eq!(first.iter().map(|entry| entry.row.version).collect::<Vec<_>>(), [3, 2]);
    let rest = reader.history("customer", Id::SYSTEM, Some(first[1].seq), 2).await.expect("read");
    assert_eq!(rest.iter().map(|entry| entry.row.clone()).collect::<Vec<_>>(), [row(1)]);
}
