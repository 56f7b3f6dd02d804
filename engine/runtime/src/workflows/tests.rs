//! Runs on a real file: what is due happens once, whoever dies and whoever comes at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kezhi_plugin::{Channel, Channels, IdempotencyKey, Outgoing, Receipt, SendError};
use kezhi_store::{Release, RunFilter, User};
use kezhi_types::run::{Run, RunState};
use kezhi_types::{Caller, CallerKind, Entrance, Fields, Id, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{TaskInput, TaskVerb};

/// Works that fail beside works that go on.
mod durable;

use crate::clock::Clock;
use crate::error::Error;
use crate::records::Manner;
use crate::runtime::{Runtime, RuntimeConfig};
use crate::scratch::{Scratch, settings};

/// Keeps what is sent, and fails as often as it is told to.
#[derive(Debug, Clone, Default)]
struct Letters {
    sent: Arc<Mutex<Vec<(String, Outgoing)>>>,
    failures: Arc<AtomicUsize>,
    /// What a failure is: passing, of the letter, or of the channel.
    as_told: Arc<Mutex<Option<SendError>>>,
    /// Closed while nobody may send.
    gate: Arc<tokio::sync::Mutex<()>>,
}

#[async_trait::async_trait]
impl Channel for Letters {
    fn key(&self) -> &'static str {
        "email"
    }

    fn describe(&self) -> String {
        "a test".to_owned()
    }

    async fn send(&self, message: &Outgoing, key: &IdempotencyKey) -> Result<Receipt, SendError> {
        let failing =
            self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if failing.is_ok() {
            let told = self.as_told.lock().clone();
            return Err(told.unwrap_or_else(|| SendError::Transient("busy".to_owned())));
        }
        let _open = self.gate.lock().await;
        self.sent.lock().push((key.0.clone(), message.clone()));
        Ok(Receipt { id: "ok".to_owned() })
    }
}

struct Stage {
    runtime: Runtime,
    clock: Clock,
    letters: Letters,
    dir: Scratch,
}

fn person(login: &str) -> Id {
    let number = login.bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    Id::from_bytes([number; 16])
}

impl Stage {
    async fn new(name: &str, workflows: &[(&str, Value)]) -> Self {
        let dir = Scratch::new(&format!("runs-{name}"));
        let clock = Clock::standing_at(Timestamp::parse("2026-02-16T00:30:00Z").expect("an instant"));
        let letters = Letters::default();
        let runtime = open(dir.path(), &clock, &letters).await;
        let mut tx = runtime.0.store.begin().await.expect("a new database");
        for (login, manager) in [("boss", None), ("wang", Some("boss")), ("li", Some("wang"))] {
            let user = User {
                id: person(login),
                login: format!("{login}@example.com"),
                name: login.to_owned(),
                password: None,
                must_change: false,
                email: None,
                roles: vec!["staff".to_owned()],
                department: None,
                manager: manager.map(person),
                language: None,
                active: true,
                demo: false,
                created_at: clock.now(),
                position: None,
                external_id: None,
                successor: None,
                left_at: None,
            };
            tx.save_user(&user).await.expect("it is stored");
        }
        let release =
            Release { number: 1, at: clock.now(), by: Id::SYSTEM, note: String::new(), restored_from: None };
        tx.insert_release(&release, &files(workflows)).await.expect("it is stored");
        tx.commit().await.expect("it is stored");
        if let Err(error) = runtime.load_live_release().await {
            panic!("the app must compile: {error:?}");
        }
        Self { runtime, clock, letters, dir }
    }

    /// The process dies and another one starts on the same file.
    async fn restart(self) -> Self {
        let Self { runtime, clock, letters, dir } = self;
        drop(runtime);
        for _ in 0..100 {
            match Runtime::open(config(dir.path(), &clock, &letters)).await {
                Ok(runtime) => return Self { runtime, clock, letters, dir },
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
        panic!("the file stays locked");
    }

    async fn create(&self, by: &str, fields: Value) -> Id {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let created = self
            .runtime
            .create_record(&caller(by), Entrance::Api, "contract", (fields, Manner::default()))
            .await;
        created.expect("it is created").id
    }

    async fn runs(&self) -> Vec<Run> {
        self.runtime.0.store.reader().runs(&RunFilter::default(), None, 500).await.expect("readable")
    }

    async fn todo(&self, who: &str) -> Vec<Id> {
        let page = self.runtime.tasks(&caller(who), "todo", (0, 100)).await.expect("readable");
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|item| item["id"].as_str()?.parse().ok()).collect()
    }

    async fn act(&self, who: &str, task: Id, verb: TaskVerb, fields: Value) -> Result<Value, Error> {
        let fields = fields.as_object().cloned().unwrap_or_default();
        let input = TaskInput { fields, ..TaskInput::default() };
        self.runtime.act_on_task(&caller(who), task, (verb, input)).await
    }

    async fn settle(&self) {
        self.runtime.settle().await.expect("it settles");
    }

    fn pass(&self, hours: i64) {
        self.clock.advance(hours * 3_600_000);
    }

    async fn quiet(&self) {
        let open = self.runtime.0.store.reader().open_incidents(10).await.expect("readable");
        assert!(open.is_empty(), "{open:#?}");
    }
}

fn config(dir: &std::path::Path, clock: &Clock, letters: &Letters) -> RuntimeConfig {
    let channels = Channels::default().with(letters.clone());
    RuntimeConfig { channels, ..settings(dir, clock) }
}

async fn open(dir: &std::path::Path, clock: &Clock, letters: &Letters) -> Runtime {
    Runtime::open(config(dir, clock, letters)).await.expect("a new workspace opens")
}

fn caller(login: &str) -> Caller {
    Caller {
        id: person(login),
        name: login.to_owned(),
        kind: CallerKind::Person,
        roles: vec!["staff".to_owned()],
        department: None,
        departments_below: Vec::new(),
        team: Vec::new(),
        named: Vec::new(),
        shared: Vec::new(),
        narrowed: None,
        language: kezhi_types::text::Language::default(),
        proved_at: None,
    }
}

fn files(workflows: &[(&str, Value)]) -> kezhi_store::Files {
    let mut files = BTreeMap::new();
    let mut put = |path: &str, value: Value| files.insert(path.to_owned(), value.to_string());
    put(
        "manifest.json",
        json!({ "key": "test", "title": "试", "summary": "试", "version": "1.0.0", "engine": ">=0.1", "language": "zh-CN",
                "author": "test", "license": "Apache-2.0" }),
    );
    put(
        "entities/contract.json",
        json!({ "title": "合同", "type": "object", "x-title-field": "name", "x-owner": true, "required": ["name"], "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "amount": { "title": "金额", "x-kind": "money" },
            "discount": { "title": "折扣", "x-kind": "percent" },
            "status": { "title": "状态", "x-kind": "choice", "enum": ["draft", "approved"] },
            "birthday": { "title": "生日", "x-kind": "lunar_date" }
        } }),
    );
    put(
        "roles/staff.json",
        json!({ "title": "员工", "entities": { "contract": { "create": true, "read": true, "update": true, "delete": true } } }),
    );
    put(
        "messages/told.json",
        json!({ "title": "通知", "entity": "contract", "channels": ["email"], "subject": "{{ record.name }}" }),
    );
    for (key, workflow) in workflows {
        put(&format!("workflows/{key}.json"), workflow.clone());
    }
    files.insert("messages/told.j2".to_owned(), "{{ record.name }} 已通过".to_owned());
    files.into_iter().collect()
}

fn approve() -> Value {
    json!({
        "title": "审批", "entity": "contract",
        "trigger": { "on": "record_created", "when": { "field": "amount", "op": "gte", "value": "50000" } },
        "start": "manager",
        "nodes": {
            "manager": { "type": "approval", "title": "审批 {{ record.name }}", "assignees": [{ "manager_of": "initiator" }],
                         "fields": { "discount": "required", "name": "read" },
                         "due": { "after": "1d", "steps": [{ "at": "0h", "do": "escalate" }] }, "next": "stamp" },
            "stamp": { "type": "update", "set": { "status": "approved" }, "next": "tell" },
            "tell": { "type": "message", "message": "told", "to": [{ "field": "owner" }], "next": "end" },
            "end": { "type": "end" }
        }
    })
}

fn code(error: &Error) -> String {
    match error {
        Error::Conflict { code, .. } => (*code).to_owned(),
        Error::Invalid(violations) => violations
            .0
            .iter()
            .map(|one| format!("{}{}", one.code, one.pointer))
            .collect::<Vec<_>>()
            .join(" "),
        Error::NotFound { kind, .. } => format!("no {kind}"),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn an_approval_goes_its_way_from_the_record_to_the_letter() {
    let stage = Stage::new("way", &[("approve", approve())]).await;
    stage.create("li", json!({ "name": "小合同", "amount": "100.00" })).await;
    let id = stage.create("li", json!({ "name": "办公楼", "amount": "60000.00" })).await;
    let stage = stage.restart().await;
    stage.settle().await;
    stage.settle().await;
    assert_eq!(stage.runs().await.len(), 1, "the small contract starts nothing, the big one one run");
    let [task] = stage.todo("wang").await[..] else { panic!("wang has one task") };

    let manner = || Manner::default();
    let write = Fields::from_iter([("name".to_owned(), json!("改名"))]);
    let locked =
        stage.runtime.update_record(&caller("li"), Entrance::Api, ("contract", id), (write, manner())).await;
    assert_eq!(code(&locked.expect_err("it is in approval")), "record.in_approval");

    let refused = |outcome: Result<Value, Error>| code(&outcome.expect_err("it is refused"));
    assert_eq!(refused(stage.act("li", task, TaskVerb::Approve, json!({})).await), "no task");
    assert_eq!(
        refused(stage.act("wang", task, TaskVerb::Approve, json!({})).await),
        "record.required/discount"
    );
    let wrong = json!({ "name": "改名", "status": "approved", "discount": "5.00" });
    assert_eq!(
        refused(stage.act("wang", task, TaskVerb::Approve, wrong).await),
        "record.read_only/name record.unknown_field/status"
    );
    let done = stage
        .act("wang", task, TaskVerb::Approve, json!({ "discount": "5.00" }))
        .await
        .expect("it is approved");
    assert_eq!(done["state"], "approved");
    assert_eq!(refused(stage.act("wang", task, TaskVerb::Reject, json!({})).await), "task.closed");

    stage.settle().await;
    let record = stage.runtime.get_record(&caller("li"), "contract", id).await.expect("readable").fields;
    assert_eq!((&record["status"], &record["discount"]), (&json!("approved"), &json!("5.00")));
    assert_eq!(stage.runs().await[0].state, RunState::Approved);
    let sent = stage.letters.sent.lock().clone();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!((sent[0].1.to.as_str(), sent[0].1.subject.as_str()), ("li@example.com", "办公楼"));
    let timeline =
        stage.runtime.timeline(&caller("li"), ("contract", id), None).await.expect("readable").items;
    for kind in ["created", "run_started", "task_opened", "task_done", "run_ended"] {
        assert!(timeline.iter().any(|item| item["kind"] == kind), "{kind} is missing in {timeline:#?}");
    }
    stage.quiet().await;
}

#[tokio::test]
async fn a_late_task_is_told_once_and_a_failing_channel_is_tried_again_under_the_same_key() {
    let stage = Stage::new("late", &[("approve", approve())]).await;
    stage.create("li", json!({ "name": "办公楼", "amount": "60000.00" })).await;
    stage.settle().await;
    stage.letters.failures.store(2, Ordering::SeqCst);
    stage.pass(25);
    for _ in 0..4 {
        stage.settle().await;
        stage.pass(1);
    }
    let sent = stage.letters.sent.lock().clone();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].1.to, "boss@example.com");
    let late = stage.runtime.tasks(&caller("wang"), "overdue", (0, 10)).await.expect("readable");
    assert_eq!(late["items"][0]["overdue"], true);
    stage.quiet().await;
}

#[tokio::test]
async fn the_last_two_of_a_countersign_at_the_same_moment_never_leave_it_stuck() {
    let mut both = approve();
    both["nodes"]["manager"] = json!({ "type": "approval", "policy": "all", "next": "end",
        "assignees": [{ "person": "boss@example.com" }, { "person": "wang@example.com" }] });
    both["nodes"] = json!({ "manager": both["nodes"]["manager"], "end": { "type": "end" } });
    let stage = Stage::new("race", &[("approve", both)]).await;
    for round in 0..20 {
        stage.create("li", json!({ "name": format!("合同 {round}"), "amount": "60000.00" })).await;
    }
    stage.settle().await;
    let (boss, wang) = (stage.todo("boss").await, stage.todo("wang").await);
    assert_eq!((boss.len(), wang.len()), (20, 20));
    let votes = |who, tasks: Vec<Id>| tasks.into_iter().map(move |task| (who, task));
    let all = votes("boss", boss).chain(votes("wang", wang));
    let stage = &stage;
    let outcomes = futures_util::future::join_all(
        all.map(|(who, task)| async move { stage.act(who, task, TaskVerb::Approve, json!({})).await }),
    )
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    stage.settle().await;
    let states: Vec<RunState> = stage.runs().await.iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Approved; 20]);
    stage.quiet().await;
}

#[tokio::test]
async fn lunar_birthdays_and_schedules_start_once_a_time_also_after_a_standstill() {
    let task = json!({ "call": { "type": "task", "title": "x", "assignees": [{ "field": "owner" }], "next": "end" }, "end": { "type": "end" } });
    let workflow = |trigger: Value| json!({ "title": "x", "entity": "contract", "trigger": trigger, "start": "call", "nodes": task });
    let birthday = workflow(json!({ "on": "date_field", "field": "birthday", "at": "09:00" }));
    let each = json!({ "entity": "contract", "where": { "field": "status", "op": "eq", "value": "draft" } });
    let weekly = workflow(json!({ "on": "schedule", "cron": "0 9 * * 1", "each": each }));
    let stage = Stage::new("dates", &[("birthday", birthday), ("weekly", weekly)]).await;
    // It is Monday 2026-02-16, 08:30 in Shanghai; tomorrow is the first day of the lunar year.
    stage.create("li", json!({ "name": "正月初一", "birthday": "1990-01-01" })).await;
    stage.create("li", json!({ "name": "草稿", "status": "draft" })).await;
    stage.settle().await;
    assert_eq!(count(&stage).await, [("birthday", 0), ("weekly", 0)]);
    stage.pass(1);
    stage.settle().await;
    assert_eq!(count(&stage).await, [("birthday", 0), ("weekly", 1)]);
    stage.pass(24);
    stage.settle().await;
    stage.settle().await;
    assert_eq!(count(&stage).await, [("birthday", 1), ("weekly", 1)]);
    // Somebody with the same birthday comes later that day, and one whose birthday is put right.
    stage.create("li", json!({ "name": "也是", "birthday": "1985-01-01" })).await;
    let other = stage.create("li", json!({ "name": "写错了", "birthday": "1985-06-01" })).await;
    let right = Fields::from_iter([("birthday".to_owned(), json!("1985-01-01"))]);
    let li = caller("li");
    let update =
        stage.runtime.update_record(&li, Entrance::Api, ("contract", other), (right, Manner::default()));
    update.await.expect("it is written");
    stage.settle().await;
    assert_eq!(count(&stage).await, [("birthday", 3), ("weekly", 1)]);
    // Three weeks of standstill: the schedule catches up once, birthdays wait for next year.
    stage.pass(21 * 24);
    let stage = stage.restart().await;
    stage.settle().await;
    assert_eq!(count(&stage).await, [("birthday", 3), ("weekly", 2)]);
    stage.quiet().await;
}

async fn count(stage: &Stage) -> [(&'static str, usize); 2] {
    let runs = stage.runs().await;
    ["birthday", "weekly"].map(|key| (key, runs.iter().filter(|run| run.workflow == key).count()))
}

#[tokio::test]
async fn workflows_that_set_each_other_off_are_cut_and_told() {
    let again = json!({
        "title": "循环", "entity": "contract", "trigger": { "on": "record_created" }, "start": "make",
        "nodes": { "make": { "type": "create", "entity": "contract", "set": { "name": "又一个" }, "next": "end" }, "end": { "type": "end" } }
    });
    let stage = Stage::new("circle", &[("again", again)]).await;
    stage.create("li", json!({ "name": "第一个" })).await;
    stage.settle().await;
    let runs = stage.runs().await;
    assert!(runs.len() <= 16, "{} runs", runs.len());
    let open = stage.runtime.0.store.reader().open_incidents(10).await.expect("readable");
    assert_eq!(open.iter().map(|incident| incident.code.as_str()).collect::<Vec<_>>(), ["workflow.too_deep"]);
}

#[tokio::test]
async fn a_deleted_record_ends_its_runs_unless_they_lock_it() {
    let mut open = approve();
    open["settings"] = json!({ "lock": false });
    let stage = Stage::new("bin", &[("approve", open)]).await;
    let id = stage.create("li", json!({ "name": "办公楼", "amount": "60000.00" })).await;
    stage.settle().await;
    stage
        .runtime
        .delete_record(&caller("li"), ("contract", id), Manner::default())
        .await
        .expect("nothing locks it");
    stage.settle().await;
    assert_eq!(stage.runs().await[0].state, RunState::Terminated);
    assert!(stage.todo("wang").await.is_empty());
    stage.quiet().await;
}
