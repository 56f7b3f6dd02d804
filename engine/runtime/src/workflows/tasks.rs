//! What people do with tasks. What they send is checked, written and turned into a signal under the run's lock,
//! in one transaction: a decision and the fields that belong to it are stored together or not at all.

use std::collections::BTreeSet;

use kezhi_plan::access;
use kezhi_plan::workflow::desk::{self, Demand};
use kezhi_plan::workflow::{Ballot, Signal};
use kezhi_store::{Comment, TaskBox, TaskPage};
use kezhi_types::def::workflow::TaskVerb;
use kezhi_types::run::{Task, TaskState};
use kezhi_types::{Caller, Entrance, Fields, Id, Violation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::step::{Push, Stepping};
use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::records::{Change, Rights, WriteContext, spawned};
use crate::runtime::Runtime;

/// The longest comment, in characters.
const COMMENT: usize = 4_000;

/// What comes with a verb.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaskInput {
    /// An opinion.
    pub comment: Option<String>,
    /// What the person fills in.
    pub fields: Fields,
    /// Of `complete`: the outcome, where the node has several.
    pub outcome: Option<String>,
    /// Of `transfer`: to whom.
    pub to: Option<Id>,
    /// The revision of the task that the person saw.
    pub revision: Option<i64>,
    /// Rules that the person has confirmed.
    #[serde(skip)]
    pub confirmed: BTreeSet<String>,
    /// Where the request came under a key and must happen once.
    #[serde(skip)]
    pub once: Option<Once>,
}

/// A verb on its way to the run.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    task: Id,
    caller: Caller,
    verb: TaskVerb,
    input: TaskInput,
}

impl Runtime {
    /// Does something with a task and answers it as it is afterwards.
    ///
    /// # Errors
    /// Not found for whoever it is not theirs, `task.closed` with its present state, `task.revision`, or violations.
    pub async fn act_on_task(
        &self,
        caller: &Caller,
        task: Id,
        (verb, input): (TaskVerb, TaskInput),
    ) -> Result<Value, Error> {
        let row = self.0.store.reader().task(task).await?.ok_or_else(|| no_task(task))?;
        if input.once.as_ref().is_some_and(|once| once.done().is_some()) {
            return self.task_view(caller, task).await;
        }
        let deed = Deed { task, caller: caller.clone(), verb, input };
        let (runtime, run) = (self.clone(), row.task.run);
        spawned(async move { runtime.push(run, Push::Deed(Box::new(deed))).await }).await?;
        self.task_view(caller, task).await
    }

    /// One task as its people see it, with what happened to it.
    ///
    /// # Errors
    /// Not found, also for whoever has nothing to do with it.
    pub async fn task(&self, caller: &Caller, task: Id) -> Result<Value, Error> {
        let row = self.0.store.reader().task(task).await?.ok_or_else(|| no_task(task))?;
        let concerned =
            [Some(row.task.assignee), row.task.decided_by, Some(row.initiator)].contains(&Some(caller.id));
        if row.task.state == TaskState::Waiting || !(concerned || caller.is_unlimited()) {
            return Err(no_task(task));
        }
        self.task_view(caller, task).await
    }

    /// A page of somebody's tasks: `{items, next, count}`; `which` is `todo`, `overdue` or `done`. The cursor
    /// counts rows.
    ///
    /// # Errors
    /// `task.unknown_box`.
    pub async fn tasks(
        &self,
        caller: &Caller,
        which: &str,
        (after, limit): (u32, u32),
    ) -> Result<Value, Error> {
        let which = match which {
            "todo" => TaskBox::Todo,
            "overdue" => TaskBox::Overdue(self.0.clock.now()),
            "done" => TaskBox::Done,
            "started" => return self.started(caller, limit).await,
            "cc" => {
                return Ok(json!({ "items": [], "next": null, "count": { "value": 0, "kind": "exact" } }));
            }
            _ => return Err(Error::NotFound { kind: "box", key: which.to_owned() }),
        };
        let reader = self.0.store.reader();
        let limit = limit.clamp(1, 500);
        let mut rows =
            reader.tasks_box(which, caller.id, TaskPage { offset: after, limit: limit + 1 }).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let count = reader.tasks_box_count(which, caller.id).await?;
        let items = self.task_views(caller, &rows).await?;
        let next = more.then(|| (after + limit).to_string());
        Ok(json!({ "items": items, "next": next, "count": { "value": count, "kind": "exact" } }))
    }

    /// Checks and writes what comes with a verb; answers the signal for the run, `None` where nothing moves.
    pub(super) async fn work(
        &self,
        stepping: &mut Stepping<'_>,
        deed: Deed,
    ) -> Result<Option<Signal>, Error> {
        let Deed { task: id, caller, verb, input } = deed;
        settle(input.once.as_ref(), stepping.tx, &Value::Bool(true)).await?;
        let task = stepping.rows.task(id).cloned().ok_or_else(|| no_task(id))?;
        let theirs = task.assignee == caller.id && task.state != TaskState::Waiting;
        let moved_by_administrator = verb == TaskVerb::Transfer && caller.is_unlimited();
        if !theirs && !moved_by_administrator {
            return Err(no_task(id));
        }
        let comment = tidy(input.comment)?;
        if verb == TaskVerb::Comment {
            self.note_comment(stepping, &caller, comment).await?;
            return Ok(None);
        }
        in_time(&task, input.revision)?;
        let workflow = stepping.workflow.clone();
        let demand = match verb {
            TaskVerb::Complete | TaskVerb::Approve => {
                Demand::Required(workflow.required_for(&task.node, input.outcome.as_deref()))
            }
            TaskVerb::Reject | TaskVerb::Transfer | TaskVerb::Comment => Demand::Nothing,
        };
        let mut fields = input.fields;
        self.write_fields(stepping, &task, (&caller, input.confirmed), (&fields, demand)).await?;
        // What a task is remembered by holds no secret.
        if let Some(entity) = stepping.context.plan.entity(&stepping.rows.run.entity) {
            fields.iter_mut().for_each(|(key, value)| *value = access::told(entity, key, value));
        }
        let by = caller.id;
        Ok(Some(match verb {
            TaskVerb::Complete => Signal::Complete { task: id, by, outcome: input.outcome, comment, fields },
            TaskVerb::Approve => Signal::Vote { task: id, by, ballot: Ballot::Approve, comment, fields },
            TaskVerb::Reject => Signal::Vote { task: id, by, ballot: Ballot::Reject, comment, fields },
            TaskVerb::Transfer | TaskVerb::Comment => {
                let to = input
                    .to
                    .ok_or_else(|| Error::Invalid(Violation::new("task.unknown_person", "/to").into()))?;
                Signal::Transfer { task: id, by, to, comment }
            }
        }))
    }

    /// Writes a task's fields through the one write path, with the rights that the node gives its assignee.
    async fn write_fields(
        &self,
        stepping: &mut Stepping<'_>,
        task: &Task,
        (caller, confirmed): (&Caller, BTreeSet<String>),
        (fields, demand): (&Fields, Demand<'_>),
    ) -> Result<(), Error> {
        let workflow = stepping.workflow.clone();
        let Some(desk) = workflow.desk(&task.node) else { return Ok(()) };
        let (entity, id) = (stepping.rows.run.entity.clone(), stepping.rows.run.record);
        let stored = stepping.tx.get_record(&entity, id).await?.filter(|record| record.deleted_at.is_none());
        let Some(stored) = stored else { return Ok(()) };
        let plan = crate::records::entity_of(&stepping.context, &entity)?;
        let title_of =
            |field: &str| plan.fields.get(field).map_or(field.to_owned(), |field| field.title.clone());
        desk::check((desk, title_of), &stored.flat(), fields, demand)?;
        if fields.is_empty() {
            return Ok(());
        }
        let rights = desk.fields.iter().map(|(field, right)| (field.clone(), (*right).into())).collect();
        let context = WriteContext {
            caller: caller.clone(),
            entrance: Entrance::Task,
            depth: 0,
            confirmed,
            rights: Rights::Task(rights),
            ..stepping.context.clone()
        };
        let change = Change::Update { entity, id, fields: fields.clone(), version: None };
        self.apply(stepping.tx, &context, change).await?;
        stepping.look_again();
        Ok(())
    }

    async fn note_comment(
        &self,
        stepping: &mut Stepping<'_>,
        caller: &Caller,
        comment: Option<String>,
    ) -> Result<(), Error> {
        let text = comment
            .ok_or_else(|| Error::Invalid(Violation::new("task.comment_missing", "/comment").into()))?;
        let (run, at) = (&stepping.rows.run, stepping.context.now);
        let (entity, record, by) = (run.entity.clone(), run.record, caller.id);
        let comment = Comment { id: Id::new(at), entity, record, at, by, text };
        Ok(stepping.tx.insert_comment(&comment).await?)
    }
}

fn in_time(task: &Task, revision: Option<i64>) -> Result<(), Error> {
    let data = json!({ "task": task.id, "state": task.state, "revision": task.revision, "decided_at": task.decided_at });
    if task.state != TaskState::Open {
        return Err(Error::Conflict {
            code: "task.closed",
            detail: "the task is already closed".to_owned(),
            data,
        });
    }
    if revision.is_some_and(|revision| revision != task.revision) {
        return Err(Error::Conflict {
            code: "task.revision",
            detail: "the task has just changed".to_owned(),
            data,
        });
    }
    Ok(())
}

fn tidy(comment: Option<String>) -> Result<Option<String>, Error> {
    let comment = comment.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if comment.as_ref().is_some_and(|text| text.chars().count() > COMMENT) {
        let violation =
            Violation::new("record.too_long", "/comment").with("field", "comment").with("max", COMMENT);
        return Err(Error::Invalid(violation.into()));
    }
    if comment.as_ref().is_some_and(|text| text.contains('\0')) {
        return Err(Error::Invalid(
            Violation::new("record.text", "/comment").with("field", "comment").into(),
        ));
    }
    Ok(comment)
}

pub(super) fn no_task(id: Id) -> Error {
    Error::NotFound { kind: "task", key: id.to_string() }
}
