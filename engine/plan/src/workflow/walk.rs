//! One step in the making: the rows as they change, and what is to be done.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use kezhi_types::run::{RunState, Task, TaskState, Timer, TimerKind, Visit};
use kezhi_types::{Id, Timestamp};
use serde_json::{Map, Value, json};

use super::plan::{NodePlan, WorkflowPlan};
use super::state::{Action, Context, RunSnapshot, Step, is_open};

/// Automatic nodes that one run may pass in its life.
const MOST_STEPS: i64 = 10_000;

/// One step in the making.
pub(super) struct Walk<'a> {
    pub plan: &'a WorkflowPlan,
    pub context: &'a Context<'a>,
    pub rows: RunSnapshot,
    pub actions: Vec<Action>,
    pub again: bool,
    visits: BTreeSet<i64>,
    tasks: BTreeSet<Id>,
    armed: Vec<Timer>,
    cancelled: Vec<Id>,
}

impl<'a> Walk<'a> {
    pub fn new(plan: &'a WorkflowPlan, mut rows: RunSnapshot, context: &'a Context<'a>) -> Self {
        rows.run.revision += 1;
        Self {
            plan,
            context,
            rows,
            actions: Vec::new(),
            again: false,
            visits: BTreeSet::new(),
            tasks: BTreeSet::new(),
            armed: Vec::new(),
            cancelled: Vec::new(),
        }
    }

    pub fn finish(self) -> Step {
        let Self { rows, visits, tasks, armed, cancelled, actions, again, .. } = self;
        Step {
            visits: rows.visits.into_iter().filter(|visit| visits.contains(&visit.number)).collect(),
            tasks: rows.tasks.into_iter().filter(|task| tasks.contains(&task.id)).collect(),
            run: rows.run,
            timers: armed,
            cancelled,
            actions,
            again,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.context.now
    }

    /// The node of a visit; pinned plans do not lose nodes, so none means a damaged row.
    pub fn node_of(&self, visit: i64) -> Option<&'a NodePlan> {
        self.plan.nodes.get(&self.rows.visit(visit)?.node)
    }

    /// Stands at `node` from now on; it is carried out by the next `Continue`.
    pub fn enter(&mut self, node: &str) {
        self.rows.run.steps += 1;
        let number = self.rows.visits.iter().map(|visit| visit.number).max().unwrap_or(0) + 1;
        self.visits.insert(number);
        self.rows.visits.push(Visit {
            run: self.rows.run.id,
            number,
            node: node.to_owned(),
            entered_at: self.now(),
            left_at: None,
            outcome: None,
            reason: json!({}),
        });
        if self.rows.run.steps > MOST_STEPS {
            let detail = json!({ "steps": MOST_STEPS });
            self.actions.push(Action::Incident { visit: number, code: "run.too_long", detail });
            self.end(RunState::Failed, "failed");
            return;
        }
        self.again = true;
    }

    pub fn leave(&mut self, visit: i64, outcome: &str) {
        let now = self.now();
        self.change_visit(visit, |row| {
            row.left_at = Some(now);
            row.outcome = Some(outcome.to_owned());
        });
    }

    /// Adds to the explanation of a visit.
    pub fn explain(&mut self, visit: i64, name: &str, value: Value) {
        self.change_visit(visit, |row| {
            if !row.reason.is_object() {
                row.reason = Value::Object(Map::new());
            }
            row.reason[name] = value;
        });
    }

    pub fn add_task(&mut self, task: Task) {
        self.tasks.insert(task.id);
        self.rows.tasks.push(task);
    }

    pub fn change_task(&mut self, id: Id, change: impl FnOnce(&mut Task)) {
        if let Some(task) = self.rows.tasks.iter_mut().find(|task| task.id == id) {
            task.revision += 1;
            change(task);
            self.tasks.insert(id);
        }
    }

    pub fn arm(&mut self, visit: i64, task: Option<Id>, kind: TimerKind, due_at: Timestamp) {
        let place = self.rows.timers.len() + self.armed.len() + self.cancelled.len();
        let timer = Timer {
            id: self.id(visit, "timer", (task.map(|task| task.0), place)),
            run: self.rows.run.id,
            visit,
            task,
            kind,
            due_at,
        };
        self.rows.timers.push(timer.clone());
        self.armed.push(timer);
    }

    pub fn disarm(&mut self, which: impl Fn(&Timer) -> bool) {
        let gone: Vec<Id> =
            self.rows.timers.iter().filter(|timer| which(timer)).map(|timer| timer.id).collect();
        self.rows.timers.retain(|timer| !gone.contains(&timer.id));
        self.armed.retain(|timer| !gone.contains(&timer.id));
        self.cancelled.extend(gone);
    }

    /// Closes what is still open of a visit's tasks.
    pub fn close_tasks(&mut self, visit: Option<i64>, reason: &str) {
        let tasks = self
            .rows
            .tasks
            .iter()
            .filter(|task| is_open(task))
            .filter(|task| visit.is_none_or(|visit| task.visit == visit));
        let ids: Vec<Id> = tasks.map(|task| task.id).collect();
        for id in ids {
            self.change_task(id, |task| {
                task.state = TaskState::Cancelled;
                task.state_reason = Some(reason.to_owned());
            });
        }
        self.disarm(|timer| visit.is_none_or(|visit| timer.visit == visit));
    }

    /// The run is over: nothing of it stays open.
    pub fn end(&mut self, state: RunState, reason: &str) {
        self.close_tasks(None, reason);
        let open: Vec<i64> = self.rows.open_visits().map(|visit| visit.number).collect();
        for visit in open {
            self.leave(visit, reason);
        }
        self.rows.run.state = state;
        self.rows.run.ended_at = Some(self.now());
        self.actions.push(Action::Ended);
        self.again = false;
    }

    /// An identifier that follows from its place, so that a step computed twice names its rows alike.
    pub fn id(&self, visit: i64, what: &str, place: impl std::hash::Hash) -> Id {
        let mut hasher = DefaultHasher::new();
        (self.rows.run.id.0, self.rows.run.revision, visit, what, place).hash(&mut hasher);
        let low = hasher.finish();
        "more".hash(&mut hasher);
        let mut bytes = [0_u8; 16];
        let millis = u64::try_from(self.now().0).unwrap_or(0).to_be_bytes();
        bytes[..6].copy_from_slice(&millis[2..]);
        bytes[6..8].copy_from_slice(&hasher.finish().to_be_bytes()[..2]);
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        bytes[6] = (bytes[6] & 0x0f) | 0x70;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Id::from_bytes(bytes)
    }

    fn change_visit(&mut self, number: i64, change: impl FnOnce(&mut Visit)) {
        if let Some(visit) = self.rows.visits.iter_mut().find(|visit| visit.number == number) {
            change(visit);
            self.visits.insert(number);
        }
    }
}
