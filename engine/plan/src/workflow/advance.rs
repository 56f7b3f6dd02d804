//! One signal to one run.

use kezhi_types::def::workflow::{EndOutcome, Withdraw};
use kezhi_types::run::{RunState, TimerKind, Visit};
use kezhi_types::{Fields, Id, Timestamp};
use serde_json::json;

use super::assign;
use super::human::Said;
use super::plan::{NodePlan, Target, Until, ValuePlan, Work, WorkflowPlan};
use super::state::{Action, Context, Notice, Recipient, Refusal, RunSnapshot, Signal, Step};
use super::value::{self, written};
use super::walk::Walk;

/// Carries one signal into a run: at most one node is carried out, then the caller stores what came out, does
/// the actions and, where `again` says so, goes on.
///
/// A timer or an answer that comes too late changes nothing and is no error.
///
/// # Errors
/// Why a person's signal is not accepted; nothing has changed then.
pub fn advance(
    plan: &WorkflowPlan,
    run: RunSnapshot,
    signal: Signal,
    context: &Context<'_>,
) -> Result<Step, Refusal> {
    let mut walk = Walk::new(plan, run, context);
    let over = walk.rows.run.state.is_over();
    match signal {
        Signal::Start if walk.rows.visits.is_empty() => walk.enter(&plan.def.start),
        Signal::Start | Signal::Continue if over => {}
        Signal::Start | Signal::Continue => walk.go_on(),
        Signal::Performed { visit, vars } => walk.performed(visit, vars),
        Signal::Refused { visit, why } => {
            let detail = json!({ "violations": why });
            walk.actions.push(Action::Incident { visit, code: "run.refused", detail });
        }
        Signal::Complete { task, by, outcome, comment, fields } => {
            walk.complete(task, Said { by, comment, fields }, outcome)?;
        }
        Signal::Vote { task, by, ballot, comment, fields } => {
            walk.vote(task, ballot, Said { by, comment, fields })?;
        }
        Signal::Transfer { task, by, to, comment } => walk.transfer(task, by, to, comment)?,
        Signal::HandOver { task, by, to } => walk.hand_over(task, by, to)?,
        Signal::Timer { timer } => walk.ring(timer),
        Signal::Withdraw { by } => walk.withdraw(by)?,
        Signal::Terminate { .. } if over => return Err(Refusal::Closed),
        Signal::Terminate { reason } => walk.end(RunState::Terminated, &reason),
    }
    Ok(walk.finish())
}

impl Walk<'_> {
    /// Carries out the first node that has been entered and not yet carried out.
    fn go_on(&mut self) {
        let untouched = |visit: &&Visit| {
            let busy = self.rows.tasks.iter().any(|task| task.visit == visit.number)
                || self
                    .rows
                    .timers
                    .iter()
                    .any(|timer| timer.visit == visit.number && timer.kind == TimerKind::Wait);
            !busy
        };
        let Some(visit) = self.rows.open_visits().find(untouched).map(|visit| visit.number) else { return };
        let Some(node) = self.node_of(visit) else {
            let detail = json!({ "node": self.rows.visit(visit).map(|visit| visit.node.clone()) });
            self.actions.push(Action::Incident { visit, code: "run.no_such_node", detail });
            return;
        };
        self.carry_out(visit, node);
    }

    fn carry_out(&mut self, visit: i64, node: &NodePlan) {
        match &node.work {
            Work::Task(task) => self.open_task(visit, node, task),
            Work::Approval(approval) => self.open_approval(visit, node, approval),
            Work::Decision { branches, default } => {
                let sight = &self.context.sight;
                let taken = branches.iter().position(|(condition, _)| condition.judge(sight));
                let next = taken.map_or(default, |index| &branches[index].1);
                self.explain(visit, "branch", taken.map_or_else(|| json!("default"), |index| json!(index)));
                self.pass(visit, next);
            }
            Work::Update { of, set, .. } => self.update(visit, of.as_ref(), set),
            Work::Create { entity, set, name, .. } => {
                let Some(fields) = self.values(visit, set) else { return };
                let (entity, name) = (entity.clone(), name.clone());
                self.again = true;
                self.actions.push(Action::Create { visit, entity, fields, name });
            }
            Work::Message { message, to, next } => {
                let to = self.recipients(to);
                self.explain(visit, "recipients", json!(to.len()));
                let (node, message) = (node.key.clone(), message.clone());
                self.actions.push(Action::Message { visit, node, message, to });
                self.pass(visit, next);
            }
            Work::Wait { until, next } => self.wait(visit, until, next),
            Work::End { outcome } => self.finish_run(visit, *outcome),
        }
    }

    fn update(
        &mut self,
        visit: i64,
        of: Option<&(String, String)>,
        set: &indexmap::IndexMap<String, ValuePlan>,
    ) {
        let Some(fields) = self.values(visit, set) else { return };
        let target = match of {
            None => Some((self.plan.def.entity.clone(), self.rows.run.record)),
            Some((path, entity)) => value::id_at(&self.context.sight, path).map(|id| (entity.clone(), id)),
        };
        let Some((entity, record)) = target else {
            // Nothing is pointed at, so there is nothing to change.
            self.explain(visit, "skipped", json!("no_record"));
            self.performed(visit, Fields::new());
            return;
        };
        self.again = true;
        self.actions.push(Action::Update { visit, entity, record, fields });
    }

    /// The values to write; where an expression fails the run waits for help.
    fn values(&mut self, visit: i64, set: &indexmap::IndexMap<String, ValuePlan>) -> Option<Fields> {
        let mut fields = Fields::new();
        for (field, plan) in set {
            match written(plan, &self.rows, &self.context.sight) {
                Ok(value) => fields.insert(field.clone(), value),
                Err(error) => {
                    let detail = json!({ "field": field, "error": error });
                    self.actions.push(Action::Incident { visit, code: "run.expression", detail });
                    return None;
                }
            };
        }
        Some(fields)
    }

    fn performed(&mut self, visit: i64, vars: Fields) {
        let open = self.rows.visit(visit).is_some_and(|visit| visit.left_at.is_none());
        let Some(Work::Update { next, .. } | Work::Create { next, .. }) =
            self.node_of(visit).map(|node| &node.work)
        else {
            return;
        };
        if open && !self.rows.run.state.is_over() {
            self.rows.run.vars.extend(vars);
            self.pass(visit, next);
        }
    }

    fn wait(&mut self, visit: i64, until: &Until, next: &str) {
        match self.wake(until).filter(|due| *due > self.now()) {
            Some(due) => {
                self.explain(visit, "until", json!(due));
                self.arm(visit, None, TimerKind::Wait, due);
            }
            None => self.pass(visit, next),
        }
    }

    fn wake(&self, until: &Until) -> Option<Timestamp> {
        let zone = self.context.zone;
        match until {
            Until::For(duration) => Some(duration.add(self.now(), zone)),
            Until::Field(path) => {
                let text = value::at(&self.context.sight, path)?.as_str()?;
                let date = text.parse::<jiff::civil::Date>().ok();
                Timestamp::parse(text).ok().or_else(|| Some(super::dates::start(date?, zone)))
            }
        }
    }

    fn ring(&mut self, id: Id) {
        let Some(timer) = self.rows.timers.iter().find(|timer| timer.id == id).cloned() else { return };
        self.disarm(|other| other.id == id);
        if self.rows.run.state.is_over() {
            return;
        }
        match timer.kind {
            TimerKind::Continue => self.again = true,
            TimerKind::Wait => self.woken(timer.visit),
            TimerKind::Remind => self.notice(Notice::Reminder, timer.task, id),
            TimerKind::Escalate => self.notice(Notice::Escalation, timer.task, id),
        }
    }

    /// A date that was moved while the run waited for it is waited for anew.
    fn woken(&mut self, visit: i64) {
        let Some(Work::Wait { until, next }) = self.node_of(visit).map(|node| &node.work) else { return };
        match until {
            Until::Field(_) => self.wait(visit, until, next),
            Until::For(_) => self.pass(visit, next),
        }
    }

    fn notice(&mut self, about: Notice, task: Option<Id>, timer: Id) {
        let Some(task) = task.and_then(|task| self.rows.task(task)) else { return };
        let to = match about {
            Notice::Reminder => vec![task.assignee],
            Notice::Escalation => assign::above(task.assignee, self.context),
        };
        let task = task.id;
        self.actions.push(Action::Notify { about, task, timer, to });
    }

    fn recipients(&self, to: &[Target]) -> Vec<Recipient> {
        let mut all = Vec::new();
        for target in to {
            let found: Vec<Recipient> = match target {
                Target::Person(assignee) => {
                    let people = assign::named(assignee, &self.rows, self.context);
                    people.into_iter().map(Recipient::Person).collect()
                }
                Target::Address(path) => {
                    let text = value::at(&self.context.sight, path).and_then(serde_json::Value::as_str);
                    text.map(|text| Recipient::Address(text.to_owned())).into_iter().collect()
                }
            };
            for recipient in found {
                if !all.contains(&recipient) {
                    all.push(recipient);
                }
            }
        }
        all
    }

    fn withdraw(&mut self, by: Id) -> Result<(), Refusal> {
        if self.rows.run.state.is_over() {
            return Err(Refusal::Closed);
        }
        let acted = self.rows.tasks.iter().any(|task| task.decided_at.is_some());
        let allowed = match self.plan.settings.withdraw {
            Withdraw::AnyTime => true,
            Withdraw::BeforeFirstAction => !acted,
            Withdraw::Never => false,
        };
        if !allowed || by != self.rows.run.initiator {
            return Err(Refusal::TooLate);
        }
        self.end(RunState::Withdrawn, "withdrawn");
        Ok(())
    }

    fn finish_run(&mut self, visit: i64, outcome: Option<EndOutcome>) {
        let approval =
            |node: &str| matches!(self.plan.nodes.get(node).map(|node| &node.work), Some(Work::Approval(_)));
        let passed = |row: &Visit| row.outcome.as_deref() == Some("approved") && approval(&row.node);
        let approved = self.rows.visits.iter().any(passed);
        let (state, name) = match outcome {
            Some(EndOutcome::Approved) => (RunState::Approved, "approved"),
            Some(EndOutcome::Rejected) => (RunState::Rejected, "rejected"),
            None if approved => (RunState::Approved, "approved"),
            Some(EndOutcome::Done) | None => (RunState::Done, "done"),
        };
        self.leave(visit, name);
        self.end(state, name);
    }

    fn pass(&mut self, visit: i64, next: &str) {
        self.leave(visit, "passed");
        self.enter(next);
    }
}
