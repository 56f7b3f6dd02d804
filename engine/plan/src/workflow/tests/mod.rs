//! Workflows told as transcripts: what happens on the left, where the run stands and what is done on the right.

#![allow(clippy::needless_pass_by_value, reason = "tests hand over what `json!` makes")]

mod approvals;
mod compiling;
mod moving;
mod time;
mod votes;

use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use kezhi_types::def::entity::EntityDef;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::def::workflow::WorkflowDef;
use kezhi_types::run::{Run, RunState, Task, TaskState};
use kezhi_types::{Caller, Entrance, Fields, Id, Timestamp, Violation};
use serde_json::{Value, json};

use super::due::Calendars;
use super::org::{Department, Org, Person};
use super::{Action, Ballot, Context, RunSnapshot, Signal, Step, WorkflowPlan, WorkflowScope, advance};
use crate::calendar::Duration;
use crate::catalog::Catalog;
use crate::facts::{Circumstances, Facts, Sight};
use crate::problem::Problem;

const ZONE: &str = "Asia/Shanghai";

/// People by login; their ids follow from the place in the list.
const PEOPLE: [&str; 6] = ["admin", "boss", "wang", "li", "zhao", "gone"];

fn id(login: &str) -> Id {
    let place = PEOPLE.iter().position(|known| *known == login).expect("a person of the stage");
    Id::from_bytes([u8::try_from(place).expect("there are few") + 10; 16])
}

fn login(id: Id) -> &'static str {
    PEOPLE.into_iter().find(|login| self::id(login) == id).unwrap_or("?")
}

/// A chain: li and zhao work for wang, wang for boss; `gone` has left.
fn org() -> Org {
    let (head, shop) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
    let person = |login: &str| Person {
        login: login.to_owned(),
        name: login.to_owned(),
        active: login != "gone",
        roles: match login {
            "admin" => vec!["admin".to_owned()],
            "boss" => vec!["director".to_owned()],
            "wang" => vec!["director".to_owned(), "manager".to_owned()],
            "gone" => vec!["retired".to_owned()],
            _ => vec!["clerk".to_owned()],
        },
        department: Some(if matches!(login, "boss" | "admin") { head } else { shop }),
        manager: (login == "zhao").then(|| id("gone")),
        successor: None,
    };
    Org {
        people: PEOPLE.map(|login| (id(login), person(login))).into(),
        departments: [
            (
                head,
                Department {
                    key: "head".to_owned(),
                    parent: None,
                    head: Some(id("boss")),
                    deputies: Vec::new(),
                },
            ),
            (
                shop,
                Department {
                    key: "shop".to_owned(),
                    parent: Some(head),
                    head: Some(id("wang")),
                    deputies: Vec::new(),
                },
            ),
        ]
        .into(),
    }
}

fn catalog() -> Catalog {
    let contract: EntityDef = serde_json::from_value(json!({
        "title": "合同", "x-owner": true,
        "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "amount": { "title": "金额", "x-kind": "money" },
            "status": { "title": "状态", "x-kind": "choice", "enum": ["draft", "approved"] },
            "discount": { "title": "折扣", "x-kind": "percent" },
            "note": { "title": "备注", "x-kind": "text" },
            "email": { "title": "邮箱", "x-kind": "email" },
            "signed": { "title": "签订", "x-kind": "date" },
            "meets_at": { "title": "会面", "x-kind": "datetime" },
            "birthday": { "title": "生日", "x-kind": "lunar_date" },
            "seller": { "title": "销售", "x-kind": "person" },
            "parent": { "title": "上级合同", "x-kind": "relation", "x-relation": { "entity": "contract" } },
            "number": { "title": "编号", "x-kind": "serial", "x-serial": "C-{seq:5}" }
        }
    }))
    .expect("a valid entity");
    Catalog::build(&IndexMap::from([("contract".to_owned(), contract)]), &IndexMap::new())
}

fn compile(def: Value) -> Result<WorkflowPlan, Vec<Problem>> {
    let def: WorkflowDef = serde_json::from_value(def).expect("the shape of a workflow");
    let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let (catalog, forms) = (catalog(), IndexMap::new());
    let (messages, calendars) = (keys(&["approved"]), keys(&["office"]));
    let roles = keys(&["manager", "director", "clerk", "retired"]);
    let scope = WorkflowScope {
        catalog: &catalog,
        forms: &forms,
        messages: &messages,
        roles: &roles,
        calendars: &calendars,
    };
    WorkflowPlan::compile("big_contract", &def, &scope).map(|(plan, _)| plan)
}

/// A workflow about contracts with these nodes; the first one starts.
fn workflow(settings: Value, nodes: Value) -> Value {
    let start = nodes.as_object().and_then(|nodes| nodes.keys().next().cloned()).expect("there are nodes");
    json!({
        "title": "大额合同", "entity": "contract", "trigger": { "on": "record_created" },
        "start": start, "settings": settings, "nodes": nodes
    })
}

/// One run on a stage where time and people move as told.
struct Stage {
    plan: WorkflowPlan,
    rows: RunSnapshot,
    org: Org,
    record: Fields,
    now: Timestamp,
    calendars: Calendars,
    refuse: bool,
}

impl Stage {
    fn new(def: Value) -> Self {
        let now = Timestamp::parse("2026-03-02T01:00:00Z").expect("an instant");
        let plan = compile(def).unwrap_or_else(|problems| panic!("it must compile: {problems:#?}"));
        let record = json!({
            "id": Id::from_bytes([99; 16]), "version": 1, "owner": id("li"), "name": "办公楼", "amount": "60000.00",
            "email": "buyer@example.com"
        });
        let Value::Object(record) = record else { unreachable!("an object is written above") };
        let run = Run {
            id: Id::from_bytes([7; 16]),
            workflow: plan.key.clone(),
            release: 1,
            entity: "contract".to_owned(),
            record: Id::from_bytes([99; 16]),
            state: RunState::Running,
            initiator: id("li"),
            trigger_key: "ev:1".to_owned(),
            depth: 0,
            vars: Fields::new(),
            revision: 0,
            steps: 0,
            started_at: now,
            ended_at: None,
        };
        let rows = RunSnapshot::new(run);
        Self { plan, rows, org: org(), record, now, calendars: Calendars::new(), refuse: false }
    }

    /// Says what happens, sentence by sentence, and tells what follows.
    fn play(&mut self, sentences: &[&str]) -> String {
        let lines = sentences.iter().map(|sentence| format!("{sentence:<18} → {}", self.say(sentence)));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn say(&mut self, sentence: &str) -> String {
        let words: Vec<&str> = sentence.split(' ').collect();
        match words[..] {
            ["start"] => self.push(Signal::Start),
            ["retry"] => self.push(Signal::Continue),
            ["rules", "refuse"] => {
                self.refuse = true;
                "noted".to_owned()
            }
            ["rules", "agree"] => {
                self.refuse = false;
                "noted".to_owned()
            }
            ["record", field, value] => {
                self.write(&Fields::from_iter([(field.to_owned(), json!(value))]));
                "noted".to_owned()
            }
            ["wait", span] => self.wait(span),
            ["end", "by", "admin"] => self.push(Signal::Terminate { reason: "wrong".to_owned() }),
            [who, "withdraws"] => self.push(Signal::Withdraw { by: id(who) }),
            [who, "gives", to] => {
                self.with_task(who, |task| Signal::Transfer { task, by: id(who), to: id(to), comment: None })
            }
            [who, "leaves", to] => {
                self.with_task(who, |task| Signal::HandOver { task, by: id("admin"), to: id(to) })
            }
            [who, "approves"] => self.vote(who, Ballot::Approve),
            [who, "rejects"] => self.vote(who, Ballot::Reject),
            [who, "completes"] => self.complete(who, None),
            [who, "completes", outcome] => self.complete(who, Some(outcome.to_owned())),
            _ => panic!("nobody understands `{sentence}`"),
        }
    }

    fn vote(&mut self, who: &str, ballot: Ballot) -> String {
        let (by, fields) = (id(who), Fields::new());
        self.with_task(who, |task| Signal::Vote { task, by, ballot, comment: None, fields })
    }

    fn complete(&mut self, who: &str, outcome: Option<String>) -> String {
        let (by, fields) = (id(who), Fields::new());
        self.with_task(who, |task| Signal::Complete { task, by, outcome, comment: None, fields })
    }

    fn with_task(&mut self, who: &str, signal: impl FnOnce(Id) -> Signal) -> String {
        let theirs = |task: &&Task| task.assignee == id(who);
        let open = self.rows.tasks.iter().filter(theirs).find(|task| task.state == TaskState::Open);
        let any = open.or_else(|| self.rows.tasks.iter().rfind(theirs));
        match any.map(|task| task.id) {
            Some(task) => self.push(signal(task)),
            None => "no task".to_owned(),
        }
    }

    /// Lets time pass; timers ring when they are due, in order.
    fn wait(&mut self, span: &str) -> String {
        let zone = TimeZone::get(ZONE).expect("a known zone");
        let end = Duration::parse(span).expect("a duration").add(self.now, &zone);
        let mut told = Vec::new();
        loop {
            let due =
                self.rows.timers.iter().filter(|timer| timer.due_at <= end).min_by_key(|timer| timer.due_at);
            let Some((timer, due)) = due.map(|timer| (timer.id, timer.due_at)) else { break };
            self.now = due.max(self.now);
            told.push(self.push(Signal::Timer { timer }));
        }
        self.now = end;
        if told.is_empty() { "nothing".to_owned() } else { told.join(" · ") }
    }

    /// One signal and everything that follows by itself.
    fn push(&mut self, signal: Signal) -> String {
        let mut signals = VecDeque::from([signal]);
        let mut told = Vec::new();
        while let Some(signal) = signals.pop_front() {
            let step = match self.step(signal) {
                Ok(step) => step,
                Err(refusal) => return format!("refused: {refusal}"),
            };
            self.rows.apply(&step);
            let mut answer = None;
            for action in step.actions {
                told.extend(self.act(action, &mut answer));
            }
            if step.again {
                signals.push_back(answer.unwrap_or(Signal::Continue));
            } else if let Some(answer) = answer {
                signals.push_back(answer);
            }
        }
        self.check();
        told.insert(0, self.place());
        told.join("; ")
    }

    fn step(&self, signal: Signal) -> Result<Step, super::Refusal> {
        let facts = Facts::default();
        let circumstances = Circumstances {
            now: self.now,
            zone: ZONE.to_owned(),
            caller: Caller::system("test"),
            entrance: Entrance::Workflow,
            operation: RuleOperation::Update,
            confirmed: BTreeSet::new(),
        };
        let zone = TimeZone::get(ZONE).expect("a known zone");
        let sight = Sight {
            fields: &self.record,
            before: None,
            parent: None,
            facts: &facts,
            circumstances: &circumstances,
        };
        let context =
            Context { now: self.now, zone: &zone, sight, org: &self.org, calendars: &self.calendars };
        advance(&self.plan, self.rows.clone(), signal, &context)
    }

    fn act(&mut self, action: Action, answer: &mut Option<Signal>) -> Option<String> {
        match action {
            Action::Update { visit, .. } if self.refuse => {
                let why = Violation::new("rule.refused", "").into();
                *answer = Some(Signal::Refused { visit, why });
                None
            }
            Action::Update { visit, fields, .. } => {
                self.write(&fields);
                *answer = Some(Signal::Performed { visit, vars: Fields::new() });
                Some(format!("writes {}", Value::Object(fields)))
            }
            Action::Create { visit, entity, fields, name } => {
                let vars = name.map(|name| (name, json!("new-id"))).into_iter().collect();
                *answer = Some(Signal::Performed { visit, vars });
                Some(format!("creates {entity} {}", Value::Object(fields)))
            }
            Action::Message { message, to, .. } => {
                let to = to.iter().map(|recipient| match recipient {
                    super::Recipient::Person(person) => login(*person).to_owned(),
                    super::Recipient::Address(address) => address.clone(),
                });
                Some(format!("sends {message} to {}", to.collect::<Vec<_>>().join(", ")))
            }
            Action::Notify { about, to, .. } => {
                let to: Vec<_> = to.into_iter().map(login).collect();
                Some(format!("{about:?} to {}", to.join(", ")))
            }
            Action::Incident { code, .. } => Some(format!("incident {code}")),
            Action::Ended => None,
        }
    }

    fn write(&mut self, fields: &Fields) {
        let version = self.record.get("version").and_then(Value::as_i64).unwrap_or(0);
        self.record.extend(fields.clone());
        self.record.insert("version".to_owned(), json!(version + 1));
    }

    /// `manager[wang?, li✓]` while it runs, the state when it is over.
    fn place(&self) -> String {
        if self.rows.run.state.is_over() {
            return format!("{:?}", self.rows.run.state).to_lowercase();
        }
        let standing = self.rows.open_visits().map(|visit| {
            let tasks = self.rows.tasks.iter().filter(|task| task.visit == visit.number);
            let tasks: Vec<String> =
                tasks.map(|task| format!("{}{}", login(task.assignee), mark(task.state))).collect();
            if tasks.is_empty() { visit.node.clone() } else { format!("{}[{}]", visit.node, tasks.join(" ")) }
        });
        standing.collect::<Vec<_>>().join(" + ")
    }

    /// What holds after every signal, whatever it was.
    fn check(&self) {
        let over = self.rows.run.state.is_over();
        let open = self.rows.tasks.iter().filter(|task| super::state::is_open(task)).count();
        assert!(!over || open == 0, "a task is open although the run is over");
        assert!(!over || self.rows.timers.is_empty(), "a timer is armed although the run is over");
        assert!(
            !over || self.rows.open_visits().count() == 0,
            "the run stands somewhere although it is over"
        );
        let watched = |task: Id| self.rows.task(task).is_some_and(|task| task.state == TaskState::Open);
        let idle = self.rows.timers.iter().filter_map(|timer| timer.task).find(|task| !watched(*task));
        assert_eq!(idle, None, "a timer watches a task that is not open");
    }
}

fn mark(state: TaskState) -> &'static str {
    match state {
        TaskState::Open => "?",
        TaskState::Waiting => "…",
        TaskState::Approved | TaskState::Completed => "✓",
        TaskState::Rejected => "✗",
        TaskState::AutoPassed => "»",
        TaskState::Transferred => "→",
        TaskState::Cancelled | TaskState::Expired => "-",
    }
}

#[track_caller]
fn tells(def: Value, sentences: &[&str], expected: &str) {
    let told = Stage::new(def).play(sentences);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told: Vec<&str> = told.lines().map(str::trim).collect();
    assert_eq!(told, expected);
}
