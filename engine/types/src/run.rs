//! Runs, visits, tasks and timers: the life of workflows. Every state is a row.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::Id;
use crate::record::Fields;
use crate::time::Timestamp;

/// One execution of a workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its identifier.
    pub id: Id,
    /// Key of the workflow.
    pub workflow: String,
    /// The release it is pinned to.
    pub release: i64,
    /// Entity of the record it is about.
    pub entity: String,
    /// The record it is about.
    pub record: Id,
    /// Where it stands.
    pub state: RunState,
    /// Who set it off, [`Id::SYSTEM`] for the engine.
    pub initiator: Id,
    /// Why it exists, unique per workflow: `ev:<event>`, `cron:<workflow>:<wall time>[:<record>]`.
    pub trigger_key: String,
    /// How many workflow steps lie between a person and this run.
    pub depth: u32,
    /// What nodes left for later ones: `create … as` stores ids here.
    pub vars: Fields,
    /// Counts steps; the loser of a race sees it move.
    pub revision: i64,
    /// Automatic nodes passed, at most 10,000.
    pub steps: i64,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation; see docs/approvals.md")]
pub enum RunState {
    Running,
    Suspended,
    Returned,
    Approved,
    Rejected,
    Withdrawn,
    Terminated,
    Done,
    Failed,
}

impl RunState {
    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Running | Self::Suspended | Self::Returned)
    }
}

/// One entry to a node. Votes of an earlier visit never count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The run.
    pub run: Id,
    /// Counts the visits of the run, from 1.
    pub number: i64,
    /// Key of the node.
    pub node: String,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// When it was left; `None` while the run stands here.
    pub left_at: Option<Timestamp>,
    /// How it was left: `approved`, `rejected`, an outcome's key, `passed`.
    pub outcome: Option<String>,
    /// Why: the branch taken, the vote that decided, who was asked and why.
    #[serde(default)]
    pub reason: Value,
}

/// Work waiting for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its identifier.
    pub id: Id,
    /// The run.
    pub run: Id,
    /// Number of the visit.
    pub visit: i64,
    /// Key of the node.
    pub node: String,
    /// Fill in, or decide.
    pub kind: TaskKind,
    /// What to do, for people.
    pub title: String,
    /// Whose turn it is.
    pub assignee: Id,
    /// The place in a sequence, from 0.
    pub slot: i64,
    /// The weight of the vote.
    pub weight: i64,
    /// Where it stands.
    pub state: TaskState,
    /// Why it was cancelled, expired or passed automatically.
    pub state_reason: Option<String>,
    /// The opinion given.
    pub comment: Option<String>,
    /// The outcome chosen, of a fill-in task.
    pub outcome: Option<String>,
    /// What the person changed: field to value.
    #[serde(default)]
    pub fields: Fields,
    /// Counts changes of the task.
    pub revision: i64,
    /// When it became somebody's turn.
    pub opened_at: Option<Timestamp>,
    /// When it must be done.
    pub due_at: Option<Timestamp>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided, if not the assignee: the engine, or a delegate.
    pub decided_by: Option<Id>,
}

/// Fill in, or decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Something to do or fill in.
    Task,
    /// Something to approve or reject.
    Approval,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation; see docs/approvals.md")]
pub enum TaskState {
    Waiting,
    Open,
    Approved,
    Rejected,
    Completed,
    Transferred,
    Cancelled,
    Expired,
    AutoPassed,
}

/// Waiting for time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timer {
    /// Its identifier.
    pub id: Id,
    /// The run.
    pub run: Id,
    /// Number of the visit it belongs to.
    pub visit: i64,
    /// The task it watches, if any.
    pub task: Option<Id>,
    /// What it does when due.
    pub kind: TimerKind,
    /// When it is due.
    pub due_at: Timestamp,
}

/// What a timer does when due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// Ends a `wait`.
    Wait,
    /// Reminds the assignee.
    Remind,
    /// Marks the task overdue and tells the assignee's superior.
    Escalate,
    /// Goes on with a run that passed as many automatic nodes as one step may.
    Continue,
}
