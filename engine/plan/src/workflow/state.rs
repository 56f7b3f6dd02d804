//! What [`super::advance`] works on and what it answers: plain data, so that a run can be replayed,
//! tested and resumed from its rows alone.
//!
//! The place where a run stands is its visits without `left_at`. A visit that is open and has neither
//! tasks nor a timer has been entered but not yet carried out; `Continue` carries it out.

use kezhi_types::run::{Run, RunState, Task, TaskState, Timer, Visit};
use kezhi_types::{Fields, Id, Timestamp, Violations};
use serde_json::Value;

use super::due::Calendars;
use super::org::Org;
use crate::facts::Sight;

/// A run with its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSnapshot {
    /// The run.
    pub run: Run,
    /// Its visits, by number.
    pub visits: Vec<Visit>,
    /// Its tasks, in the order in which they were made.
    pub tasks: Vec<Task>,
    /// Its armed timers.
    pub timers: Vec<Timer>,
}

impl RunSnapshot {
    /// A run that has just come into being and stands nowhere yet.
    pub fn new(run: Run) -> Self {
        Self { run, visits: Vec::new(), tasks: Vec::new(), timers: Vec::new() }
    }

    /// Carries the changes of a step into the rows at hand.
    pub fn apply(&mut self, step: &Step) {
        self.run = step.run.clone();
        for visit in &step.visits {
            put(&mut self.visits, visit, |one, other| one.number == other.number);
        }
        for task in &step.tasks {
            put(&mut self.tasks, task, |one, other| one.id == other.id);
        }
        self.timers.retain(|timer| !step.cancelled.contains(&timer.id));
        self.timers.extend(step.timers.iter().cloned());
    }

    /// The task with this id.
    pub fn task(&self, id: Id) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// The visit with this number.
    pub fn visit(&self, number: i64) -> Option<&Visit> {
        self.visits.iter().find(|visit| visit.number == number)
    }

    /// The run ended from outside, without its plan: nothing of it stays open.
    pub fn terminated(&self, now: Timestamp, reason: &str) -> Step {
        let mut step = Step {
            run: Run {
                state: RunState::Terminated,
                ended_at: Some(now),
                revision: self.run.revision + 1,
                ..self.run.clone()
            },
            visits: self.open_visits().cloned().collect(),
            tasks: self.tasks.iter().filter(|task| is_open(task)).cloned().collect(),
            timers: Vec::new(),
            cancelled: self.timers.iter().map(|timer| timer.id).collect(),
            actions: vec![Action::Ended],
            again: false,
        };
        for visit in &mut step.visits {
            visit.left_at = Some(now);
            visit.outcome = Some(reason.to_owned());
        }
        for task in &mut step.tasks {
            task.state = TaskState::Cancelled;
            task.state_reason = Some(reason.to_owned());
            task.revision += 1;
        }
        step
    }

    /// Visits that have not been left.
    pub fn open_visits(&self) -> impl Iterator<Item = &Visit> {
        self.visits.iter().filter(|visit| visit.left_at.is_none())
    }
}

/// Whether a task still waits for its turn or for its person.
pub(super) fn is_open(task: &Task) -> bool {
    matches!(task.state, TaskState::Open | TaskState::Waiting)
}

fn put<T: Clone>(rows: &mut Vec<T>, row: &T, same: impl Fn(&T, &T) -> bool) {
    match rows.iter_mut().find(|stored| same(stored, row)) {
        Some(stored) => *stored = row.clone(),
        None => rows.push(row.clone()),
    }
}

/// What happened to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// It has just been made.
    Start,
    /// Go on where it stands.
    Continue,
    /// The write that a node asked for is done; `vars` are to be kept.
    Performed {
        /// Number of the node's visit.
        visit: i64,
        /// Variables that the node leaves, such as the id of a created record.
        vars: Fields,
    },
    /// The write that a node asked for was refused; the run waits for a person to help.
    Refused {
        /// Number of the node's visit.
        visit: i64,
        /// Why.
        why: Violations,
    },
    /// A fill-in task is done.
    Complete {
        /// The task.
        task: Id,
        /// Who says so.
        by: Id,
        /// The outcome chosen; may be absent where the node has only one.
        outcome: Option<String>,
        /// An opinion.
        comment: Option<String>,
        /// What the person changed, for the record of the task; already written.
        fields: Fields,
    },
    /// A vote.
    Vote {
        /// The task.
        task: Id,
        /// Who votes.
        by: Id,
        /// Which way.
        ballot: Ballot,
        /// An opinion.
        comment: Option<String>,
        /// What the person changed; already written.
        fields: Fields,
    },
    /// A task goes to somebody else.
    Transfer {
        /// The task.
        task: Id,
        /// Who says so.
        by: Id,
        /// To whom.
        to: Id,
        /// Why.
        comment: Option<String>,
    },
    /// A task, open or waiting for its turn, goes from somebody who leaves to whoever takes their work over.
    HandOver {
        /// The task.
        task: Id,
        /// Who says so.
        by: Id,
        /// To whom.
        to: Id,
    },
    /// A timer is due.
    Timer {
        /// The timer.
        timer: Id,
    },
    /// The initiator takes the run back.
    Withdraw {
        /// Who says so.
        by: Id,
    },
    /// Somebody ends the run, or its record is gone.
    Terminate {
        /// Why.
        reason: String,
    },
}

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ballot {
    /// For it.
    Approve,
    /// Against it.
    Reject,
}

/// What a step may look at besides the run.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The instant.
    pub now: Timestamp,
    /// The workspace's zone.
    pub zone: &'a jiff::tz::TimeZone,
    /// The run's record as it is stored now, with the answers that the plan's conditions need.
    pub sight: Sight<'a>,
    /// People and departments.
    pub org: &'a Org,
    /// Work calendars.
    pub calendars: &'a Calendars,
}

/// What one signal led to. Everything in it is stored in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The run as it is now.
    pub run: Run,
    /// Visits that are new or have changed.
    pub visits: Vec<Visit>,
    /// Tasks that are new or have changed.
    pub tasks: Vec<Task>,
    /// Timers to arm.
    pub timers: Vec<Timer>,
    /// Timers to cancel.
    pub cancelled: Vec<Id>,
    /// What is to be done, in order, in the same transaction.
    pub actions: Vec<Action>,
    /// Whether the run can go on at once: by `Continue`, or by `Performed` where an action is a write.
    pub again: bool,
}

/// What a step asks the runtime to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Change a record; answer with `Performed` or `Refused`.
    Update {
        /// Number of the visit.
        visit: i64,
        /// Entity of the record.
        entity: String,
        /// The record.
        record: Id,
        /// What to write.
        fields: Fields,
    },
    /// Create a record; answer with `Performed` or `Refused`.
    Create {
        /// Number of the visit.
        visit: i64,
        /// Its entity.
        entity: String,
        /// Its fields; `owner` may be among them.
        fields: Fields,
        /// The variable that shall hold its id.
        name: Option<String>,
    },
    /// Send a message to each recipient. The key of each is `run:{id}/node:{key}/visit:{n}/{recipient}`.
    Message {
        /// Number of the visit.
        visit: i64,
        /// Key of the node.
        node: String,
        /// Key of the message.
        message: String,
        /// To whom.
        to: Vec<Recipient>,
    },
    /// Remind the person of a task, or tell others that it is late.
    Notify {
        /// Which of the two.
        about: Notice,
        /// The task.
        task: Id,
        /// The timer that asks for it; part of the message's key.
        timer: Id,
        /// To whom.
        to: Vec<Id>,
    },
    /// The run is stuck and needs a person.
    Incident {
        /// Number of the visit.
        visit: i64,
        /// A stable slug.
        code: &'static str,
        /// What is wrong, for people, and what helps.
        detail: Value,
    },
    /// The run is over.
    Ended,
}

/// Who gets a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A person of the workspace.
    Person(Id),
    /// An address that the record holds.
    Address(String),
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The task is due soon.
    Reminder,
    /// The task is late.
    Escalation,
}

/// Why a signal was not accepted. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The run is over or the task is closed.
    #[error("it is already closed")]
    Closed,
    /// There is no such task in this run.
    #[error("there is no such task")]
    UnknownTask,
    /// A vote for a fill-in task, or the reverse.
    #[error("this task is not decided in this way")]
    WrongKind,
    /// The node has several outcomes and none was named.
    #[error("an outcome must be chosen")]
    OutcomeMissing,
    /// The node has no such outcome.
    #[error("there is no outcome `{0}`")]
    UnknownOutcome(String),
    /// The person is unknown or no longer active.
    #[error("there is no such active person")]
    UnknownPerson,
    /// The person already has a place in this node.
    #[error("this person already has a task here")]
    DuplicateSigner,
    /// The initiator would decide about their own request.
    #[error("nobody decides about their own request here")]
    OwnRequest,
    /// Withdrawal is not allowed, or not any more.
    #[error("it can no longer be withdrawn")]
    TooLate,
}

impl Refusal {
    /// The stable slug for the caller.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Closed => "task.closed",
            Self::UnknownTask => "task.unknown",
            Self::WrongKind => "task.wrong_kind",
            Self::OutcomeMissing => "task.outcome_missing",
            Self::UnknownOutcome(_) => "task.unknown_outcome",
            Self::UnknownPerson => "task.unknown_person",
            Self::DuplicateSigner => "task.duplicate_signer",
            Self::OwnRequest => "task.own_request",
            Self::TooLate => "run.too_late",
        }
    }
}
