//! Nodes where people work: tasks given out, votes counted, work handed on.

use kezhi_types::Id;
use kezhi_types::def::workflow::{Duplicate, OnEmpty, SelfApproval};
use kezhi_types::run::{Run, RunState, Task, TaskKind, TaskState};
use serde_json::{Value, json};

use super::assign::{self, Seat, Seats};
use super::due::deadline;
use super::plan::{ApprovalPlan, NodePlan, OutcomePlan, TaskPlan, Work};
use super::state::{Action, Ballot, Refusal, is_open};
use super::value::template_context;
use super::vote::{self, Rule, Verdict};
use super::walk::Walk;

/// What a person says with a decision.
pub(super) struct Said {
    pub by: Id,
    pub comment: Option<String>,
    pub fields: kezhi_types::Fields,
}

impl Walk<'_> {
    /// Gives out the tasks of a fill-in node.
    pub fn open_task(&mut self, visit: i64, node: &NodePlan, task: &TaskPlan) {
        let seats = assign::for_task(&task.desk, &self.rows, self.context);
        if seats.people.is_empty() {
            return self.nobody(visit, &seats, &task.next, "passed");
        }
        self.explain_seats(visit, &seats);
        self.deal(visit, node, (TaskKind::Task, Rule::Any), &seats.people);
    }

    /// Gives out the votes of an approval; it may be decided at once where every vote passes by itself.
    pub fn open_approval(&mut self, visit: i64, node: &NodePlan, approval: &ApprovalPlan) {
        let mut seats = assign::for_approval(&approval.desk, &self.plan.settings, &self.rows, self.context);
        if seats.people.is_empty() {
            return self.nobody(visit, &seats, &approval.next, "approved");
        }
        let version = self.context.sight.fields.get("version").cloned().unwrap_or(Value::Null);
        self.explain(visit, "version", version);
        self.explain_seats(visit, &seats);
        if self.plan.settings.duplicate == Duplicate::Adjacent && !approval.desk.asks_for_input() {
            self.skip_duplicates(visit, &mut seats);
        }
        let rule = self.rule(visit, approval);
        self.deal(visit, node, (TaskKind::Approval, rule), &seats.people);
        self.count(visit, approval);
    }

    /// A fill-in task is done: the others of its node have nothing left to do.
    pub fn complete(&mut self, id: Id, said: Said, outcome: Option<String>) -> Result<(), Refusal> {
        let task = self.open(id, TaskKind::Task)?;
        let Some(Work::Task(plan)) = self.node_of(task.visit).map(|node| &node.work) else {
            return Err(Refusal::WrongKind);
        };
        let outcome = match outcome {
            Some(outcome) => outcome,
            None if plan.outcomes.len() == 1 => plan.outcomes.keys().next().cloned().unwrap_or_default(),
            None => return Err(Refusal::OutcomeMissing),
        };
        let Some(OutcomePlan { next, .. }) = plan.outcomes.get(&outcome) else {
            return Err(Refusal::UnknownOutcome(outcome));
        };
        self.decide(id, TaskState::Completed, said);
        self.change_task(id, |task| task.outcome = Some(outcome.clone()));
        self.close_tasks(Some(task.visit), "node_decided");
        self.leave(task.visit, &outcome);
        self.enter(next);
        Ok(())
    }

    /// A vote: it may decide the node, or give the next in a sequence their turn.
    pub fn vote(&mut self, id: Id, ballot: Ballot, said: Said) -> Result<(), Refusal> {
        let task = self.open(id, TaskKind::Approval)?;
        let Some(Work::Approval(plan)) = self.node_of(task.visit).map(|node| &node.work) else {
            return Err(Refusal::WrongKind);
        };
        let state = match ballot {
            Ballot::Approve => TaskState::Approved,
            Ballot::Reject => TaskState::Rejected,
        };
        self.decide(id, state, said);
        self.count(task.visit, plan);
        Ok(())
    }

    /// The task moves on; its place, its weight and its deadline stay.
    pub fn transfer(&mut self, id: Id, by: Id, to: Id, comment: Option<String>) -> Result<(), Refusal> {
        let task = self.rows.task(id).cloned().ok_or(Refusal::UnknownTask)?;
        let task = self.open(id, task.kind)?;
        if !self.context.org.is_active(to) {
            return Err(Refusal::UnknownPerson);
        }
        if self.holds_place(&task, to) {
            return Err(Refusal::DuplicateSigner);
        }
        if self.is_own_request(&task, to) {
            return Err(Refusal::OwnRequest);
        }
        self.hand_on(&task, (by, to), comment);
        Ok(())
    }

    /// The task of somebody who leaves goes to whoever takes their work over, also one whose turn has not come. Nobody gets
    /// two voices: where the successor has a place at the node already, that one counts and the task is closed. Nobody
    /// decides about their own request: then their superior does, else an administrator.
    pub fn hand_over(&mut self, id: Id, by: Id, to: Id) -> Result<(), Refusal> {
        let task = self.rows.task(id).filter(|task| is_open(task)).cloned().ok_or(Refusal::Closed)?;
        if self.rows.run.state.is_over() {
            return Err(Refusal::Closed);
        }
        let to = self.heir(&task, to)?;
        if !self.holds_place(&task, to) {
            self.hand_on(&task, (by, to), None);
            return Ok(());
        }
        let now = self.now();
        self.change_task(id, |task| {
            task.state = TaskState::Cancelled;
            task.state_reason = Some("merged".to_owned());
            task.decided_at = Some(now);
            task.decided_by = Some(by);
        });
        self.disarm(|timer| timer.task == Some(id));
        if let Some(Work::Approval(plan)) = self.node_of(task.visit).map(|node| &node.work) {
            self.count(task.visit, plan);
        }
        Ok(())
    }

    /// Who takes a task over: the person named, where they may decide about it.
    fn heir(&self, task: &Task, to: Id) -> Result<Id, Refusal> {
        let org = self.context.org;
        let to = org.acting(to).ok_or(Refusal::UnknownPerson)?;
        if !self.is_own_request(task, to) {
            return Ok(to);
        }
        let mut others = org.superior(to, 1).into_iter().chain(org.with_role("admin"));
        others.find(|other| *other != to && *other != task.assignee).ok_or(Refusal::OwnRequest)
    }

    /// Whether a person has a task of the same visit that was not handed on.
    fn holds_place(&self, task: &Task, person: Id) -> bool {
        let given_up = |state| matches!(state, TaskState::Transferred | TaskState::Cancelled);
        let same = |other: &Task| other.visit == task.visit && other.assignee == person;
        self.rows.tasks.iter().any(|other| same(other) && !given_up(other.state))
    }

    /// Whether a person would decide about what they asked for themselves, where the workflow does not allow it.
    fn is_own_request(&self, task: &Task, person: Id) -> bool {
        let own = task.kind == TaskKind::Approval && person == self.rows.run.initiator;
        own && self.plan.settings.self_approval != SelfApproval::Allowed
    }

    /// A task ends for its person and begins for another: place, weight, deadline and turn stay.
    fn hand_on(&mut self, task: &Task, (by, to): (Id, Id), comment: Option<String>) {
        let (id, now) = (task.id, self.now());
        self.change_task(id, |task| {
            task.state = TaskState::Transferred;
            task.state_reason = Some(to.to_string());
            task.comment = comment.or(task.comment.take());
            task.decided_at = Some(now);
            task.decided_by = Some(by);
        });
        let moved: Vec<_> = self.rows.timers.iter().filter(|timer| timer.task == Some(id)).cloned().collect();
        self.disarm(|timer| timer.task == Some(id));
        let new = self.id(task.visit, "transfer", (id.0, to.0));
        // Whoever gets a task back has been in its place before; a row names place and person once.
        let here: Vec<&Task> = self.rows.tasks.iter().filter(|other| other.visit == task.visit).collect();
        let been = here.iter().any(|other| other.assignee == to && other.slot == task.slot);
        let last = here.iter().map(|other| other.slot).max().unwrap_or(task.slot);
        let slot = if been { last + 1 } else { task.slot };
        self.add_task(Task {
            id: new,
            assignee: to,
            slot,
            revision: 1,
            opened_at: task.opened_at.map(|_| now),
            comment: None,
            ..task.clone()
        });
        for timer in moved {
            self.arm(timer.visit, Some(new), timer.kind, timer.due_at);
        }
    }

    /// Votes are counted and the node is left where they decide.
    fn count(&mut self, visit: i64, plan: &ApprovalPlan) {
        let rule = self.rule(visit, plan);
        let verdict = vote::count(rule, self.rows.tasks.iter().filter(|task| task.visit == visit));
        match verdict {
            Verdict::Open if rule == Rule::Sequential => self.next_in_line(visit),
            Verdict::Open => {}
            Verdict::Approved => {
                self.close_tasks(Some(visit), "node_decided");
                self.leave(visit, "approved");
                self.enter(&plan.next);
            }
            Verdict::Rejected => {
                self.close_tasks(Some(visit), "node_decided");
                self.leave(visit, "rejected");
                match &plan.on_reject {
                    Some(next) => self.enter(next),
                    None => self.end(RunState::Rejected, "rejected"),
                }
            }
        }
    }

    /// The node's rule; where administrators stand in for nobody, one of them is enough.
    fn rule(&self, visit: i64, plan: &ApprovalPlan) -> Rule {
        let fallback = self.rows.visit(visit).and_then(|visit| visit.reason.get("on_empty"));
        if fallback.is_some() { Rule::Any } else { plan.rule }
    }

    fn next_in_line(&mut self, visit: i64) {
        let here = || self.rows.tasks.iter().filter(|task| task.visit == visit);
        if here().any(|task| task.state == TaskState::Open) {
            return;
        }
        let next = here().filter(|task| task.state == TaskState::Waiting).min_by_key(|task| task.slot);
        if let Some(id) = next.map(|task| task.id) {
            self.turn(id);
        }
    }

    /// Makes the tasks of a visit; in a sequence only the first is open.
    fn deal(&mut self, visit: i64, node: &NodePlan, (kind, rule): (TaskKind, Rule), people: &[Seat]) {
        let title = self.title(node);
        let mut ids = Vec::new();
        for (slot, seat) in people.iter().enumerate() {
            let id = self.id(visit, "task", slot);
            let state = if seat.skip { TaskState::AutoPassed } else { TaskState::Waiting };
            let reason = seat.skip.then(|| seat.why.as_str().unwrap_or("own_request").to_owned());
            let mut task = blank(&self.rows.run, id, visit, node);
            task.kind = kind;
            task.title.clone_from(&title);
            task.assignee = seat.person;
            task.slot = i64::try_from(slot).unwrap_or(i64::MAX);
            task.state = state;
            task.state_reason = reason;
            task.decided_at = seat.skip.then(|| self.now());
            self.add_task(task);
            if !seat.skip {
                ids.push(id);
            }
        }
        let open = if rule == Rule::Sequential { 1 } else { ids.len() };
        for id in ids.into_iter().take(open) {
            self.turn(id);
        }
    }

    /// It is somebody's turn: the deadline counts from now.
    fn turn(&mut self, id: Id) {
        let Some(task) = self.rows.task(id) else { return };
        let visit = task.visit;
        let due = self.node_of(visit).and_then(|node| self.plan.desk(&node.key)?.due.as_ref());
        let (now, zone) = (self.now(), self.context.zone);
        let set = due.map(|due| (due, deadline(due, now, zone, self.context.calendars)));
        self.change_task(id, |task| {
            task.state = TaskState::Open;
            task.opened_at = Some(now);
            task.due_at = set.as_ref().map(|(_, (due_at, _))| *due_at);
        });
        let Some((due, (_, steps))) = set else { return };
        for ((_, kind), at) in due.steps.iter().zip(steps) {
            self.arm(visit, Some(id), *kind, at);
        }
    }

    fn decide(&mut self, id: Id, state: TaskState, said: Said) {
        let now = self.now();
        self.change_task(id, |task| {
            task.state = state;
            task.comment = said.comment;
            task.fields = said.fields;
            task.decided_at = Some(now);
            task.decided_by = (said.by != task.assignee).then_some(said.by);
        });
        self.disarm(|timer| timer.task == Some(id));
    }

    fn open(&self, id: Id, kind: TaskKind) -> Result<Task, Refusal> {
        let task = self.rows.task(id).ok_or(Refusal::UnknownTask)?;
        if task.state != TaskState::Open || self.rows.run.state != RunState::Running {
            return Err(Refusal::Closed);
        }
        if task.kind == kind { Ok(task.clone()) } else { Err(Refusal::WrongKind) }
    }

    fn nobody(&mut self, visit: i64, seats: &Seats, next: &str, outcome: &str) {
        self.explain(visit, "on_empty", json!(seats.fallback));
        if seats.fallback == Some(OnEmpty::AutoPass) {
            self.leave(visit, outcome);
            self.enter(next);
            return;
        }
        let detail = json!({ "on_empty": seats.fallback });
        self.actions.push(Action::Incident { visit, code: "run.nobody", detail });
    }

    fn explain_seats(&mut self, visit: i64, seats: &Seats) {
        let asked: Vec<Value> =
            seats.people.iter().map(|seat| json!({ "person": seat.person, "why": seat.why })).collect();
        self.explain(visit, "asked", Value::Array(asked));
        if let Some(fallback) = seats.fallback {
            self.explain(visit, "on_empty", json!(fallback));
        }
    }

    /// Whoever approved the approval right before is not asked again, unless the record has changed since.
    fn skip_duplicates(&mut self, visit: i64, seats: &mut Seats) {
        let approval =
            |node: &str| matches!(self.plan.nodes.get(node).map(|node| &node.work), Some(Work::Approval(_)));
        let before = self.rows.visits.iter().filter(|row| row.number < visit && approval(&row.node));
        let Some(before) = before.max_by_key(|row| row.number) else { return };
        let version = |number| self.rows.visit(number).and_then(|row| row.reason.get("version"));
        if before.outcome.as_deref() != Some("approved") || version(before.number) != version(visit) {
            return;
        }
        let approved = |person: Id| {
            let mut votes = self.rows.tasks.iter().filter(|task| task.visit == before.number);
            votes.any(|task| task.assignee == person && task.state == TaskState::Approved)
        };
        for seat in seats.people.iter_mut().filter(|seat| approved(seat.person)) {
            seat.skip = true;
            seat.why = json!("duplicate");
        }
    }

    fn title(&self, node: &NodePlan) -> String {
        let context = template_context(&self.context.sight, &node.reads, &self.rows);
        let rendered = crate::message::render_line(&node.title, &context);
        rendered.unwrap_or_else(|_| node.title.clone()).chars().take(500).collect()
    }
}

fn blank(run: &Run, id: Id, visit: i64, node: &NodePlan) -> Task {
    Task {
        id,
        run: run.id,
        visit,
        node: node.key.clone(),
        kind: TaskKind::Task,
        title: String::new(),
        assignee: Id::SYSTEM,
        slot: 0,
        weight: 1,
        state: TaskState::Waiting,
        state_reason: None,
        comment: None,
        outcome: None,
        fields: kezhi_types::Fields::new(),
        revision: 1,
        opened_at: None,
        due_at: None,
        decided_at: None,
        decided_by: None,
    }
}
