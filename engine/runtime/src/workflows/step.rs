//! One signal to one run, in one transaction: the run's row is locked first, the plan decides, the rows and
//! what is to be done are written, then it commits.

use std::sync::Arc;

use jiff::tz::TimeZone;
use kezhi_plan::condition::FilterContext;
use kezhi_plan::facts::{Facts, Sight};
use kezhi_plan::workflow::org::Org;
use kezhi_plan::workflow::{Context, Refusal, RunSnapshot, Signal, Step, WorkflowPlan, advance, needs};
use kezhi_store::Tx;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::run::{Run, Timer};
use kezhi_types::{Entrance, Fields, Id};
use serde_json::json;

use super::handing::Handing;
use super::tasks::Deed;
use crate::error::Error;
use crate::records::WriteContext;
use crate::runtime::Runtime;

/// Nodes that one step may pass.
const MOST_NODES: usize = 64;
/// How often a step that ran into another one is tried again.
const TRIES: usize = 5;

/// What moves a run.
#[derive(Debug, Clone)]
pub(super) enum Push {
    /// A timer that is due; nothing happens where it has been fired or cancelled.
    Timer(Timer),
    /// A signal as it is.
    Signal(Signal),
    /// Somebody works on a task: checked, written and turned into a signal under the run's lock.
    Deed(Box<Deed>),
    /// A task goes from somebody who leaves to somebody else, and a job counts it.
    HandOver(Handing),
}

/// A step under way: the transaction and everything that is seen from it.
pub(super) struct Stepping<'a> {
    pub tx: &'a mut Tx,
    pub context: WriteContext,
    pub workflow: Arc<WorkflowPlan>,
    pub rows: RunSnapshot,
    pub org: Org,
    pub zone: TimeZone,
    /// The run's record, flat, unless a write has made it old.
    record: Option<Fields>,
    facts: Facts,
}

impl Runtime {
    /// Pushes a run and answers its rows afterwards; `None` when the push came too late to matter.
    pub(super) async fn push(&self, run: Id, push: Push) -> Result<Option<RunSnapshot>, Error> {
        let mut tries = 0;
        loop {
            match self.push_once(run, push.clone()).await {
                Err(error) if tries < TRIES && self.worth_repeating(&error).await? => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn push_once(&self, id: Id, push: Push) -> Result<Option<RunSnapshot>, Error> {
        let no_run = || Error::NotFound { kind: "run", key: id.to_string() };
        let run = self.0.store.reader().run(id).await?.ok_or_else(no_run)?;
        let workflow = self.pinned_workflow(run.release, &run.workflow).await?;
        let org = self.org().await?;
        let context = self.step_context(&run)?;
        let mut tx = self.begin(&context).await?;
        let run = tx.lock_run(id).await?.ok_or_else(no_run)?;
        if let Push::Timer(timer) = &push
            && !tx.fire_timer(timer.id).await?
        {
            tx.rollback().await?;
            return Ok(None);
        }
        let rows = load(&mut tx, run).await?;
        let zone = TimeZone::get(&context.plan.zone).unwrap_or(TimeZone::UTC);
        let facts = Facts::default();
        let mut stepping = Stepping { tx: &mut tx, context, workflow, rows, org, zone, record: None, facts };
        let handing = if let Push::HandOver(handing) = &push { Some(*handing) } else { None };
        let signal = match push {
            Push::HandOver(Handing { task, by, to, .. }) => Signal::HandOver { task, by, to },
            Push::Timer(timer) => {
                // Loaded rows hold armed timers only; the plan is to see the one that rings.
                stepping.rows.timers.push(timer.clone());
                Signal::Timer { timer: timer.id }
            }
            Push::Signal(signal) => signal,
            Push::Deed(deed) => match self.work(&mut stepping, *deed).await? {
                Some(signal) => signal,
                None => {
                    let rows = stepping.rows;
                    tx.commit().await?;
                    return Ok(Some(rows));
                }
            },
        };
        self.walk(&mut stepping, signal).await?;
        let rows = stepping.rows;
        if let Some(handing) = handing {
            Self::note_handed(&mut tx, handing, &rows).await?;
        }
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(Some(rows))
    }

    /// The engine acting for a run: one step deeper than the run itself.
    fn step_context(&self, run: &Run) -> Result<WriteContext, Error> {
        let name = format!("workflow {}, release {}", run.workflow, run.release);
        let now = self.0.clock.now();
        let mut context = WriteContext::system(self.plan()?, &name, Entrance::Workflow, now, run.depth + 1);
        context.run = Some(run.id);
        Ok(context)
    }

    async fn walk(&self, stepping: &mut Stepping<'_>, mut signal: Signal) -> Result<(), Error> {
        for _ in 0..MOST_NODES {
            match self.carry(stepping, signal).await? {
                Some(next) => signal = next,
                None => return Ok(()),
            }
        }
        // The answer to a write cannot wait for another transaction.
        let answered = matches!(signal, Signal::Performed { .. } | Signal::Refused { .. });
        if answered && self.carry(stepping, signal).await?.is_none() {
            return Ok(());
        }
        let now = stepping.context.now;
        self.go_on_later(stepping.tx, &stepping.rows, now).await
    }

    /// Carries one signal into the run, stores what came out and does it; answers the next signal, `None` where the run
    /// waits or is over.
    async fn carry(&self, stepping: &mut Stepping<'_>, mut signal: Signal) -> Result<Option<Signal>, Error> {
        if !self.look(stepping).await? && !stepping.rows.run.state.is_over() {
            signal = Signal::Terminate { reason: "record_deleted".to_owned() };
        }
        let step = stepping.advance(signal)?;
        store(stepping.tx, &stepping.rows, &step).await?;
        stepping.rows.apply(&step);
        let answer = self.act(stepping, step.actions).await?;
        Ok(step.again.then(|| answer.unwrap_or(Signal::Continue)))
    }

    /// Makes sure that the record and what the nodes ahead read are at hand; `false` when the record is gone.
    async fn look(&self, stepping: &mut Stepping<'_>) -> Result<bool, Error> {
        let Stepping { tx, context, workflow, rows, zone, record, facts, .. } = stepping;
        if record.is_none() {
            let found = tx.get_record(&rows.run.entity, rows.run.record).await?;
            *record = found.filter(|found| found.deleted_at.is_none()).map(|found| found.flat());
            *facts = Facts::default();
        }
        let (Some(flat), Some(entity)) = (&*record, context.plan.entity(&rows.run.entity)) else {
            return Ok(false);
        };
        for visit in rows.open_visits() {
            for _ in 0..crate::facts::ROUNDS {
                let about =
                    FilterContext { caller: &context.caller, now: context.now, zone, record: Some(flat) };
                let mut wanted = needs::of_node(workflow, &visit.node, facts, &about);
                wanted.records.retain(|(_, id)| !facts.asked.contains(id));
                if wanted.is_empty() {
                    break;
                }
                Self::answer_in(tx, entity, Some(rows.run.record), wanted, facts).await?;
            }
        }
        Ok(true)
    }
}

impl Stepping<'_> {
    /// Asks the plan what the signal leads to.
    fn advance(&self, signal: Signal) -> Result<Step, Error> {
        let calendars = &self.context.plan.calendars;
        let circumstances = self.context.circumstances(RuleOperation::Update);
        let empty = Fields::new();
        let fields = self.record.as_ref().unwrap_or(&empty);
        let sight =
            Sight { fields, before: None, parent: None, facts: &self.facts, circumstances: &circumstances };
        let context = Context { now: self.context.now, zone: &self.zone, sight, org: &self.org, calendars };
        advance(&self.workflow, self.rows.clone(), signal, &context)
            .map_err(|refusal| refused(&refusal, &self.rows.run))
    }

    /// The record as it was last read; empty where it is gone.
    pub fn fields(&self) -> Fields {
        self.record.clone().unwrap_or_default()
    }

    /// Facts about the record that have been gathered.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// A write has changed what can be seen.
    pub fn look_again(&mut self) {
        self.record = None;
    }
}

/// A run's rows, inside its lock.
pub(super) async fn load(tx: &mut Tx, run: Run) -> Result<RunSnapshot, Error> {
    let id = run.id;
    Ok(RunSnapshot {
        run,
        visits: tx.visits(id).await?,
        tasks: tx.tasks_of_run(id).await?,
        timers: tx.armed_timers_of_run(id).await?,
    })
}

/// Writes what a step changed; `before` tells new rows from known ones.
pub(super) async fn store(tx: &mut Tx, before: &RunSnapshot, step: &Step) -> Result<(), Error> {
    tx.save_run(&step.run).await?;
    for visit in &step.visits {
        match before.visit(visit.number) {
            Some(_) => tx.leave_visit(visit).await?,
            None => tx.insert_visit(visit).await?,
        }
    }
    for task in &step.tasks {
        match before.task(task.id) {
            Some(_) => tx.save_task(task).await?,
            None => tx.insert_task(task).await?,
        }
    }
    for timer in &step.cancelled {
        tx.cancel_timer(*timer).await?;
    }
    for timer in &step.timers {
        tx.arm_timer(timer).await?;
    }
    Ok(())
}

/// A refusal as the caller sees it.
fn refused(refusal: &Refusal, run: &Run) -> Error {
    let (code, detail) = (refusal.code(), refusal.to_string());
    match refusal {
        Refusal::Closed | Refusal::TooLate => {
            Error::Conflict { code, detail, data: json!({ "run": run.id, "state": run.state }) }
        }
        Refusal::UnknownTask | Refusal::WrongKind => {
            Error::NotFound { kind: "task", key: run.id.to_string() }
        }
        Refusal::OutcomeMissing | Refusal::UnknownOutcome(_) => invalid(code, "/outcome"),
        Refusal::UnknownPerson | Refusal::DuplicateSigner | Refusal::OwnRequest => invalid(code, "/to"),
    }
}

fn invalid(code: &str, pointer: &str) -> Error {
    Error::Invalid(kezhi_types::Violation::new(code, pointer).into())
}
