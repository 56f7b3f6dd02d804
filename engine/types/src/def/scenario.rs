//! Scenarios and cases: given, when, then. The specification that people can read.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::def::workflow::TaskVerb;
use crate::record::Fields;
use crate::time::Timestamp;

/// A file in `scenarios/`, run under a virtual clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// A sentence that is true.
    pub title: String,
    /// The instant at which it begins.
    pub now: String,
    /// Who and what exists.
    #[serde(default)]
    pub given: Given,
    /// What happens, in order; the engine settles after each.
    pub steps: Vec<StepDef>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// Who and what exists when a scenario begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// Logins to roles.
    pub users: IndexMap<String, Vec<String>>,
    /// Names to records; `@name` is the record's id from then on.
    pub records: IndexMap<String, GivenRecord>,
}

/// A record that exists when a scenario begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenRecord {
    /// Its entity.
    pub entity: String,
    /// Its fields.
    pub fields: Fields,
}

/// One step: something that somebody does, time that passes, or what is expected by now. Exactly one of `create`, `update`,
/// `delete`, `submit`, `task`, `after` and `expect` stands in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepDef {
    /// The login of whoever does it; an administrator when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The entity of a new record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create: Option<String>,
    /// The record that is changed: `@c1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
    /// The record that goes to the recycle bin: `@c1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<String>,
    /// The form that is sent in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit: Option<String>,
    /// The task that is worked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskOf>,
    /// Time that passes: `2d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What has come of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<ExpectDef>,
    /// Of `create` and `submit`: the name of the new record, `c1`; `@c1` is its id from then on.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is written.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
    /// Of `submit`: the record that is changed, `@c1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Of `task`: what is done with it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub verb: Option<TaskVerb>,
    /// Of `task`: the opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Of `task`: the outcome, where the node has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Of `task`: the login to whom it is transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Keys of the rules that the person confirms.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub confirm: BTreeSet<String>,
    /// The code with which it must be refused: that of the answer, of a violation, or a rule's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl StepDef {
    /// What the step does, by the names of its keys; a right step names one.
    pub fn deeds(&self) -> Vec<&'static str> {
        let named = [
            ("create", self.create.is_some()),
            ("update", self.update.is_some()),
            ("delete", self.delete.is_some()),
            ("submit", self.submit.is_some()),
            ("task", self.task.is_some()),
            ("after", self.after.is_some()),
            ("expect", self.expect.is_some()),
        ];
        named.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name).collect()
    }
}

/// Which task is meant: the person's own, where somebody acts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskOf {
    /// The record that the task is about: `@c1`.
    pub of: String,
    /// The node that gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The workflow that gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
}

/// What is expected by now; only what is named is looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectDef {
    /// How a record stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<ExpectedRecord>,
    /// How the latest run about a record stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<ExpectedRun>,
    /// Each is a task of its own; the records named have no other unfinished task, and there is no other task at the nodes
    /// named. `[]`: there is no task at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<ExpectedTask>>,
    /// These messages of the template were sent, and no others; reminders of tasks do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<ExpectedMessage>>,
}

/// How a record stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRecord {
    /// Which: `@c1`.
    pub of: String,
    /// The fields named have these values; null means absent, of an object only the keys named count.
    #[serde(default)]
    pub fields: Fields,
    /// Whether it lies in the recycle bin.
    #[serde(default)]
    pub deleted: bool,
}

/// How the latest run about a record stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRun {
    /// About which record: `@c1`.
    pub of: String,
    /// Of which workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// `running`, `done` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// A node at which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// A task that is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectedTask {
    /// About which record: `@c1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Of which workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// From which node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The login of whoever has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// `open`, `done` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// How it was finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub due_at: Option<Timestamp>,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedMessage {
    /// Its key.
    pub message: String,
    /// The login or the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// About which record: `@c1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Its subject, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// One case in a `.cases.json` file beside a rule or a grade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseDef {
    /// A sentence that is true.
    pub name: String,
    /// The record as it would be stored.
    pub record: Fields,
    /// The record as it stood, for an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Fields>,
    /// Related records: entity to rows.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub related: IndexMap<String, Vec<Fields>>,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Fields>,
    /// The date of “today”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<String>,
    /// `{letter?, score?, reasons?}`, `{passes: true}` or `{violations: [{code, pointer}]}`.
    pub expect: Fields,
}
