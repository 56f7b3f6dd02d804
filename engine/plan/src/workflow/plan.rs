//! A workflow, compiled: what was authored with every condition, value and duration read once.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::workflow::{
    AssigneeDef, Duplicate, EndOutcome, OnEmpty, SelfApproval, TaskFieldRight, Withdraw, WorkflowDef,
};
use kezhi_types::run::TimerKind;

use super::schedule::SchedulePlan;
use super::vote::Rule;
use crate::calendar::Duration;
use crate::condition::{ConditionPlan, Reads};
use crate::expr::ExprPlan;

/// A workflow, compiled.
#[derive(Debug)]
pub struct WorkflowPlan {
    /// Its key.
    pub key: String,
    /// As authored; what a run shows as its chart.
    pub def: Arc<WorkflowDef>,
    /// What starts a run.
    pub trigger: TriggerPlan,
    /// What the trigger's condition reads.
    pub trigger_reads: Reads,
    /// Nodes by key, in the order of the file.
    pub nodes: IndexMap<String, NodePlan>,
    /// Settings with their defaults filled in.
    pub settings: Settings,
}

/// How a workflow behaves where its nodes do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// When the initiator may take it back.
    pub withdraw: Withdraw,
    /// Who decides about the initiator's own request.
    pub self_approval: SelfApproval,
    /// Whether somebody who approved right before is asked again.
    pub duplicate: Duplicate,
    /// Whether an open run keeps others from changing the record.
    pub lock: bool,
}

/// What starts a run.
#[derive(Debug)]
pub enum TriggerPlan {
    /// A record came into being.
    Created {
        /// Only if it holds.
        when: Option<ConditionPlan>,
    },
    /// A record changed.
    Updated {
        /// Only if one of these changed; any when empty.
        changed: BTreeSet<String>,
        /// Only if it holds.
        when: Option<ConditionPlan>,
    },
    /// The letter of a grade changed.
    Graded {
        /// Of which field; any when absent.
        field: Option<String>,
        /// Only if it holds.
        when: Option<ConditionPlan>,
    },
    /// By the clock.
    Schedule {
        /// When.
        schedule: Box<SchedulePlan>,
        /// For which records of the workflow's entity.
        each: Option<ConditionPlan>,
    },
    /// By a date of the record.
    Date {
        /// Which.
        date: DatePlan,
        /// Only if it holds.
        when: Option<ConditionPlan>,
    },
}

/// A date field that starts runs.
#[derive(Debug, Clone, PartialEq)]
pub struct DatePlan {
    /// The field.
    pub field: String,
    /// `date`, `datetime` or `lunar_date`.
    pub kind: FieldKind,
    /// Added to the date.
    pub offset: Option<Duration>,
    /// The time of day; `None` only for a datetime that counts to the minute.
    pub at: Option<jiff::civil::Time>,
    /// Whether it comes back every year.
    pub yearly: bool,
}

/// A node, compiled.
#[derive(Debug)]
pub struct NodePlan {
    /// Its key.
    pub key: String,
    /// What people call it; a task's may contain `{{ record.name }}`.
    pub title: String,
    /// What it reads of the record.
    pub reads: Reads,
    /// What it does.
    pub work: Work,
}

/// What a node does.
#[derive(Debug)]
pub enum Work {
    /// Somebody does or fills in something.
    Task(TaskPlan),
    /// Somebody decides.
    Approval(ApprovalPlan),
    /// The first branch that holds: `(condition, next)`.
    Decision {
        /// In order.
        branches: Vec<(ConditionPlan, String)>,
        /// When none holds.
        default: String,
    },
    /// Changes the run's record, or the one that a relation of it names.
    Update {
        /// The relation and the entity that it leads to.
        of: Option<(String, String)>,
        /// What is written.
        set: IndexMap<String, ValuePlan>,
        /// The node after it.
        next: String,
    },
    /// Creates another record.
    Create {
        /// Of which entity.
        entity: String,
        /// What is written.
        set: IndexMap<String, ValuePlan>,
        /// The variable that holds its id from then on.
        name: Option<String>,
        /// The node after it.
        next: String,
    },
    /// Tells somebody.
    Message {
        /// Key of the message.
        message: String,
        /// People, or fields that hold an address.
        to: Vec<Target>,
        /// The node after it.
        next: String,
    },
    /// Waits for time.
    Wait {
        /// Until when.
        until: Until,
        /// The node after it.
        next: String,
    },
    /// The run is over.
    End {
        /// How.
        outcome: Option<EndOutcome>,
    },
}

/// What tasks and approvals share.
#[derive(Debug)]
pub struct Desk {
    /// Who.
    pub assignees: Vec<AssigneeDef>,
    /// When nobody is found.
    pub on_empty: OnEmpty,
    /// What may be done with which field of the record while the task is open.
    pub fields: IndexMap<String, TaskFieldRight>,
    /// Until when.
    pub due: Option<DuePlan>,
}

/// Somebody does or fills in something.
#[derive(Debug)]
pub struct TaskPlan {
    /// Who, until when, with which fields.
    pub desk: Desk,
    /// The form to fill in.
    pub form: Option<String>,
    /// Ways to finish it; `done` when the author named none.
    pub outcomes: IndexMap<String, OutcomePlan>,
    /// Where it leads when it is passed without anybody.
    pub next: String,
}

/// A way to finish a task.
#[derive(Debug)]
pub struct OutcomePlan {
    /// What the button says; empty where the author named no outcomes.
    pub title: String,
    /// Fields that must have a value for it.
    pub required: Vec<String>,
    /// Where it leads.
    pub next: String,
}

/// Somebody decides.
#[derive(Debug)]
pub struct ApprovalPlan {
    /// Who, until when, with which fields.
    pub desk: Desk,
    /// How votes become a decision.
    pub rule: Rule,
    /// The node after approval.
    pub next: String,
    /// The node after rejection; the run ends as rejected when absent.
    pub on_reject: Option<String>,
}

/// Until when, and what happens on the way.
#[derive(Debug)]
pub struct DuePlan {
    /// From when the task opens.
    pub after: Duration,
    /// Key of a work calendar.
    pub calendar: Option<String>,
    /// Relative to the due time.
    pub steps: Vec<(Duration, TimerKind)>,
}

/// Until when a `wait` waits.
#[derive(Debug)]
pub enum Until {
    /// So long.
    For(Duration),
    /// Until the date or instant that this field of the record holds; a date begins at 00:00.
    Field(String),
}

/// Who gets a message.
#[derive(Debug)]
pub enum Target {
    /// A person.
    Person(AssigneeDef),
    /// The address in this field, possibly through to-one relations.
    Address(String),
}

/// A value to write.
#[derive(Debug)]
pub enum ValuePlan {
    /// As it is.
    Literal(serde_json::Value),
    /// The value of a field of the record, possibly through to-one relations.
    Record(String),
    /// A variable of the run.
    Var(String),
    /// The workspace's date.
    Today,
    /// The instant.
    Now,
    /// Who set the run off.
    Initiator,
    /// An expression over the record.
    Expr(ExprPlan),
}

impl WorkflowPlan {
    /// Fields of its entity that triggers search by date: worth an index.
    pub fn searched_field(&self) -> Option<&str> {
        match &self.trigger {
            TriggerPlan::Date { date, .. } => Some(&date.field),
            _ => None,
        }
    }

    /// The desk of a node where people work.
    pub fn desk(&self, node: &str) -> Option<&Desk> {
        match &self.nodes.get(node)?.work {
            Work::Task(task) => Some(&task.desk),
            Work::Approval(approval) => Some(&approval.desk),
            _ => None,
        }
    }
}

impl Desk {
    /// Whether there is anything to fill in here.
    pub fn asks_for_input(&self) -> bool {
        self.fields.values().any(|right| matches!(right, TaskFieldRight::Write | TaskFieldRight::Required))
    }
}
