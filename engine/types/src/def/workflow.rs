//! Workflows: triggers, nodes, assignees and policies, as authored.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Condition;
use crate::def::role::FieldRight;

/// A file in `workflows/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// The entity whose record a run is about.
    pub entity: String,
    /// What starts a run.
    pub trigger: TriggerDef,
    /// Key of the first node.
    pub start: String,
    /// How it behaves where nodes do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsDef>,
    /// The nodes by key.
    pub nodes: IndexMap<String, NodeDef>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// What starts a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriggerDef {
    /// A record came into being.
    RecordCreated {
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
    /// A record changed.
    RecordUpdated {
        /// Only if one of these fields changed; any when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changed: Vec<String>,
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
    /// The letter of a grade changed.
    GradeChanged {
        /// The grade field; any grade of the entity when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
    /// By the clock.
    Schedule {
        /// Five fields: minute hour day month weekday.
        cron: String,
        /// An IANA zone; the workspace's when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// A run for each of these records.
        each: EachDef,
    },
    /// Days before or after a date of the record; a lunar date recurs each year, a date does so with `yearly`.
    DateField {
        /// The date, datetime or lunar_date.
        field: String,
        /// A signed duration in days or larger: `-3d`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<String>,
        /// `HH:MM` in the workspace's zone; 09:00 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        /// Every year on that month and day (always so for lunar dates).
        #[serde(default, skip_serializing_if = "is_false")]
        yearly: bool,
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
}

/// The records a schedule visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EachDef {
    /// Their entity: the workflow's own.
    pub entity: String,
    /// Which; all when absent.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// How a workflow behaves where its nodes do not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsDef {
    /// When the initiator may take it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdraw: Option<Withdraw>,
    /// Who decides when the initiator would have to approve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_approval: Option<SelfApproval>,
    /// Whether somebody who approved the node before is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Duplicate>,
    /// Whether an open run keeps others from changing the record; true when absent and there is an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<bool>,
}

/// When the initiator may take a run back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Withdraw {
    #[default]
    BeforeFirstAction,
    AnyTime,
    Never,
}

/// Who decides when the initiator would have to approve their own request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelfApproval {
    /// Their superior.
    #[default]
    Superior,
    /// They themselves.
    Allowed,
    /// Their vote passes without being asked.
    Skip,
}

/// Whether somebody who approved the node before is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Duplicate {
    /// Everybody is asked at every node.
    Off,
    /// Not if they approved the node right before, the record has not changed since and there is nothing to fill in.
    #[default]
    Adjacent,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeDef {
    /// Somebody does or fills in something.
    Task(TaskNode),
    /// Somebody decides.
    Approval(ApprovalNode),
    /// The first branch whose condition holds, else the default.
    Decision(DecisionNode),
    /// Changes the run's record.
    Update(UpdateNode),
    /// Creates another record.
    Create(CreateNode),
    /// Tells somebody.
    Message(MessageNode),
    /// Waits for time.
    Wait(WaitNode),
    /// The run is over.
    End(EndNode),
}

/// Somebody does or fills in something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskNode {
    /// What to do; may contain `{{ record.name }}`.
    pub title: String,
    /// Who.
    pub assignees: Vec<AssigneeDef>,
    /// The form to fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// Rights on fields while the task is open.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, TaskFieldRight>,
    /// Ways to finish it; one called `done` when empty.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outcomes: IndexMap<String, OutcomeDef>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueDef>,
    /// What happens when nobody can be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_empty: Option<OnEmpty>,
    /// The node after it.
    pub next: String,
}

/// A way to finish a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeDef {
    /// What the button says.
    pub title: String,
    /// Where it leads; the node's `next` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Somebody decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalNode {
    /// What to decide; may contain `{{ record.name }}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who.
    pub assignees: Vec<AssigneeDef>,
    /// How votes become a decision.
    #[serde(default)]
    pub policy: Policy,
    /// What happens when nobody can be found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_empty: Option<OnEmpty>,
    /// Rights on fields while the task is open.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, TaskFieldRight>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DueDef>,
    /// The node after approval.
    pub next: String,
    /// The node after rejection; the run ends as rejected when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_reject: Option<String>,
}

/// A field's right while a task is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum TaskFieldRight {
    Hidden,
    Read,
    Write,
    Required,
}

impl From<TaskFieldRight> for FieldRight {
    fn from(right: TaskFieldRight) -> Self {
        match right {
            TaskFieldRight::Hidden => Self::Hidden,
            TaskFieldRight::Read => Self::Read,
            TaskFieldRight::Write | TaskFieldRight::Required => Self::Write,
        }
    }
}

/// How votes become a decision: `"all"` or `{"ratio": "2/3"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Policy {
    /// One of the named ways.
    Named(NamedPolicy),
    /// 票签: a share of the votes.
    Ratio(RatioPolicy),
}

impl Default for Policy {
    fn default() -> Self {
        Self::Named(NamedPolicy::default())
    }
}

/// The named ways in which votes become a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamedPolicy {
    /// 或签: the first decision counts.
    #[default]
    Any,
    /// 会签: everybody must approve; the first rejection rejects.
    All,
    /// 依次: one after the other; the first rejection rejects.
    Sequential,
}

/// `{"ratio": "2/3"}`: passes with at least that share of the votes, fails as soon as it cannot pass any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatioPolicy {
    /// A fraction `p/q`, above 0 and at most 1.
    pub ratio: String,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", untagged)]
pub enum AssigneeDef {
    /// A person by login.
    Person(PersonAssignee),
    /// Everybody with a role.
    Role(RoleAssignee),
    /// The person named by a field of the record: `owner`, `referrer.owner`.
    Field(FieldAssignee),
    /// The superior of somebody.
    Manager(ManagerAssignee),
    /// The head of a department.
    DepartmentHead(HeadAssignee),
    /// Whoever did an earlier node.
    Node(NodeAssignee),
    /// Whoever set the run off.
    Initiator(InitiatorAssignee),
}

/// `{"person": "li"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonAssignee {
    /// A login.
    pub person: String,
}

/// `{"role": "shop_manager", "in": "department"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignee {
    /// Key of a role.
    pub role: String,
    /// Only people of the record's department.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// Where a role's people are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// The department of the record, or of the initiator where it has none; then the one above it.
    Department,
}

/// `{"field": "owner"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldAssignee {
    /// A person field or `owner`, possibly through to-one relations.
    pub field: String,
}

/// `{"manager_of": "initiator", "level": 1}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagerAssignee {
    /// `initiator`, `owner` or a person field.
    pub manager_of: String,
    /// 1 is the direct superior.
    #[serde(default = "one")]
    pub level: u32,
}

/// `{"head_of": "owner"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeadAssignee {
    /// Whose department: `initiator`, `owner`, a person field, or the key of a department.
    pub head_of: String,
}

/// `{"node": "manager"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeAssignee {
    /// Key of an earlier node.
    pub node: String,
}

/// `{"initiator": true}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InitiatorAssignee {
    /// Always true.
    pub initiator: bool,
}

/// What happens when nobody can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation; approvals.md has F23")]
pub enum OnEmpty {
    #[default]
    ToAdmin,
    AutoPass,
    ToManagerOfInitiator,
    Block,
}

/// Until when, and what happens on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DueDef {
    /// A duration from when the task opens.
    pub after: String,
    /// Key of a work calendar; every hour counts when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// What happens before and after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DueStep>,
}

/// `{"at": "-2h", "do": "remind"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DueStep {
    /// A signed duration relative to the due time.
    pub at: String,
    /// What happens.
    #[serde(rename = "do")]
    pub action: DueAction,
}

/// What happens around a due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum DueAction {
    Remind,
    Escalate,
}

/// The first branch whose condition holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionNode {
    /// What is decided, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// In order.
    pub branches: Vec<BranchDef>,
    /// Where it goes when none holds.
    pub default: String,
}

/// One branch of a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchDef {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it is taken.
    pub when: Condition,
    /// Where it leads.
    pub next: String,
}

/// Changes the run's record, or one it points at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateNode {
    /// What is done, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A to-one relation of the record whose target is changed instead; the record itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Field to a literal, `{"ref": "record.x" · "vars.x" · "today" · "now"}` or `{"expr": …}`.
    pub set: IndexMap<String, Value>,
    /// The node after it.
    pub next: String,
}

/// Creates another record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateNode {
    /// What is done, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Of which entity.
    pub entity: String,
    /// As in [`UpdateNode::set`].
    pub set: IndexMap<String, Value>,
    /// The name of the variable that holds its id from then on.
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The node after it.
    pub next: String,
}

/// Tells somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageNode {
    /// What is done, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Key of a message.
    pub message: String,
    /// People as in `assignees`, or a field of kind email: `{"field": "email"}`.
    pub to: Vec<AssigneeDef>,
    /// The node after it.
    pub next: String,
}

/// Waits for time: exactly one of `for` and `until`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitNode {
    /// What is waited for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A duration.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// A date or datetime field of the record; past means at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<FieldAssignee>,
    /// The node after it.
    pub next: String,
}

/// The run is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndNode {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How; approved if the run passed an approval, else done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EndOutcome>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum EndOutcome {
    Approved,
    Rejected,
    Done,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn one() -> u32 {
    1
}
