//! What has come of it, against what was expected. A difference is a sentence.

use std::collections::BTreeSet;

use kezhi_store::{Message, MessageState, RunFilter};
use kezhi_types::Id;
use kezhi_types::def::scenario::{ExpectDef, ExpectedMessage, ExpectedRecord, ExpectedRun, ExpectedTask};
use kezhi_types::run::{Run, Task, TaskState};
use kezhi_types::sealed::covered;
use serde_json::Value;

use super::stage::{Stage, told};

/// Messages and runs that are looked through.
const MANY: u32 = 10_000;

/// A task as it was found.
struct FoundTask {
    record: Id,
    workflow: String,
    task: Task,
}

/// A message of the template as it was found.
struct FoundMessage {
    key: String,
    row: Message,
}

impl Stage {
    /// What differs from what is expected, a sentence each.
    ///
    /// # Errors
    /// A sentence, when the expectation names what is not there.
    pub(super) async fn compare(&self, expected: &ExpectDef) -> Result<Vec<String>, String> {
        let mut differences = Vec::new();
        if let Some(record) = &expected.record {
            differences.extend(self.compare_record(record).await?);
        }
        if let Some(run) = &expected.run {
            differences.extend(self.compare_run(run).await?);
        }
        if let Some(tasks) = &expected.tasks {
            differences.extend(self.compare_tasks(tasks).await?);
        }
        if let Some(messages) = &expected.messages {
            differences.extend(self.compare_messages(messages).await?);
        }
        Ok(differences)
    }

    async fn compare_record(&self, expected: &ExpectedRecord) -> Result<Vec<String>, String> {
        let (entity, id) = self.record(&expected.of)?;
        let found =
            self.runtime.0.store.reader().get_record(entity, id).await.map_err(|error| error.to_string())?;
        let of = &expected.of;
        let Some(found) = found else { return Ok(vec![format!("`{of}` is not there any more")]) };
        if found.deleted_at.is_some() != expected.deleted {
            let place = |deleted| if deleted { "in the bin" } else { "alive" };
            return Ok(vec![format!(
                "expected `{of}` {}, but it is {}",
                place(expected.deleted),
                place(!expected.deleted)
            )]);
        }
        let mut flat = found.flat();
        flat.values_mut().for_each(|value| *value = covered(value));
        let mut differences = Vec::new();
        for (field, wanted) in &self.resolved(&expected.fields)? {
            let value = flat.get(field).unwrap_or(&Value::Null);
            if !covers(wanted, value) {
                differences.push(format!("expected `{field}` of `{of}` to be {wanted}, found {value}"));
            }
        }
        Ok(differences)
    }

    async fn compare_run(&self, expected: &ExpectedRun) -> Result<Vec<String>, String> {
        let (entity, record) = self.record(&expected.of)?;
        let filter = RunFilter {
            entity: Some(entity.to_owned()),
            record: Some(record),
            workflow: expected.workflow.clone(),
            ..RunFilter::default()
        };
        let runs = self.runs(&filter).await?;
        let what = format!(
            "run{} of `{}`",
            expected.workflow.as_ref().map(|key| format!(" of {key}")).unwrap_or_default(),
            expected.of
        );
        let Some(run) = runs.first() else { return Ok(vec![format!("expected a {what}, found none")]) };
        let mut differences = Vec::new();
        let state = name(&run.state);
        if expected.state.as_ref().is_some_and(|wanted| *wanted != state) {
            differences.push(format!(
                "expected the {what} to be {}, found {state}",
                shown(expected.state.as_deref())
            ));
        }
        if let Some(node) = &expected.node {
            let visits =
                self.runtime.0.store.reader().visits(run.id).await.map_err(|error| error.to_string())?;
            let open: Vec<String> =
                visits.into_iter().filter(|visit| visit.left_at.is_none()).map(|visit| visit.node).collect();
            if !open.contains(node) {
                differences
                    .push(format!("expected the {what} to stand at {node}, found {}", open.join(", ")));
            }
        }
        Ok(differences)
    }

    async fn compare_tasks(&self, expected: &[ExpectedTask]) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        for run in self.runs(&RunFilter::default()).await? {
            let tasks = self
                .runtime
                .0
                .store
                .reader()
                .tasks_of_run(run.id)
                .await
                .map_err(|error| error.to_string())?;
            found.extend(tasks.into_iter().map(|task| FoundTask {
                record: run.record,
                workflow: run.workflow.clone(),
                task,
            }));
        }
        let mut named = BTreeSet::new();
        let mut nodes = BTreeSet::new();
        let mut differences = Vec::new();
        let mut left: Vec<&FoundTask> = found.iter().collect();
        for wanted in expected {
            let of = wanted.of.as_deref().map(|of| self.record(of)).transpose()?.map(|(_, id)| id);
            named.extend(of);
            nodes.extend(of.zip(wanted.node.clone()));
            match left.iter().position(|task| self.fits(wanted, of, task)) {
                Some(place) => drop(left.remove(place)),
                None => differences.push(format!(
                    "expected a task {}, found {}",
                    told_wanted(wanted),
                    self.told_tasks(&found)
                )),
            }
        }
        let is_one_too_many = |task: &&&FoundTask| {
            let unfinished = matches!(task.task.state, TaskState::Open | TaskState::Waiting)
                && named.contains(&task.record);
            expected.is_empty() || unfinished || nodes.contains(&(task.record, task.task.node.clone()))
        };
        let surplus: Vec<&FoundTask> = left.iter().filter(is_one_too_many).copied().collect();
        if !surplus.is_empty() && differences.is_empty() {
            differences.push(format!("expected no further task, found {}", self.told_tasks(&surplus)));
        }
        Ok(differences)
    }

    fn fits(&self, wanted: &ExpectedTask, of: Option<Id>, found: &FoundTask) -> bool {
        let assignee = wanted.assignee.as_deref().map(|login| login.strip_prefix('@').unwrap_or(login));
        of.is_none_or(|record| record == found.record)
            && wanted.workflow.as_ref().is_none_or(|workflow| *workflow == found.workflow)
            && wanted.node.as_ref().is_none_or(|node| *node == found.task.node)
            && wanted.state.as_ref().is_none_or(|state| *state == name(&found.task.state))
            && (wanted.outcome.is_none() || wanted.outcome == found.task.outcome)
            && (wanted.due_at.is_none() || wanted.due_at == found.task.due_at)
            && assignee.is_none_or(|login| self.people.get(login) == Some(&found.task.assignee))
    }

    fn told_tasks<T: std::borrow::Borrow<FoundTask>>(&self, found: &[T]) -> String {
        let one = |found: &FoundTask| {
            let of =
                self.records.iter().find(|(_, (_, id))| *id == found.record).map_or("?", |(name, _)| name);
            let login = self
                .people
                .iter()
                .find(|(_, id)| **id == found.task.assignee)
                .map_or("?", |(login, _)| login);
            let due = found.task.due_at.map(|due| format!(" due {due}")).unwrap_or_default();
            format!("@{of}/{}/{} {login} {}{due}", found.workflow, found.task.node, name(&found.task.state))
        };
        let all: Vec<String> = found.iter().map(|found| one(found.borrow())).collect();
        if all.is_empty() { "none".to_owned() } else { all.join("; ") }
    }

    async fn compare_messages(&self, expected: &[ExpectedMessage]) -> Result<Vec<String>, String> {
        let found = self.messages().await?;
        let mut left: Vec<&FoundMessage> = found.iter().collect();
        let mut differences = Vec::new();
        for wanted in expected {
            let of = wanted.of.as_deref().map(|of| self.record(of)).transpose()?.map(|(_, id)| id);
            let fits = |found: &&FoundMessage| {
                let part = |key: &str| found.row.payload.get(key).and_then(Value::as_str);
                found.key == wanted.message
                    && of.is_none_or(|record| found.row.record == Some(record))
                    && wanted.to.as_deref().is_none_or(|to| part("to") == Some(to))
                    && wanted.subject.as_deref().is_none_or(|subject| part("subject") == Some(subject))
            };
            match left.iter().position(fits) {
                Some(place) => drop(left.remove(place)),
                None => differences.push(format!(
                    "expected the message {} to {}, found {}",
                    wanted.message,
                    shown(wanted.to.as_deref()),
                    told_messages(&found)
                )),
            }
        }
        if !left.is_empty() && differences.is_empty() {
            differences.push(format!("expected no further message, found {}", told_messages(&left)));
        }
        Ok(differences)
    }

    /// Messages of the template that have been sent, the newest first.
    async fn messages(&self) -> Result<Vec<FoundMessage>, String> {
        let reader = self.runtime.0.store.reader();
        let rows =
            reader.messages(Some(MessageState::Sent), MANY).await.map_err(|error| error.to_string())?;
        let mut found = Vec::new();
        for row in rows {
            let (Some(run), Some(node)) = (row.run, &row.node) else { continue };
            let Some(run) = reader.run(run).await.map_err(|error| error.to_string())? else { continue };
            let workflow = self.runtime.pinned_workflow(run.release, &run.workflow).await.map_err(told)?;
            let node = workflow.def.nodes.get(node).and_then(|node| serde_json::to_value(node).ok());
            let key = node.as_ref().and_then(|node| node.get("message")).and_then(Value::as_str);
            if let Some(key) = key {
                found.push(FoundMessage { key: key.to_owned(), row });
            }
        }
        Ok(found)
    }

    async fn runs(&self, filter: &RunFilter) -> Result<Vec<Run>, String> {
        self.runtime.0.store.reader().runs(filter, None, MANY).await.map_err(|error| error.to_string())
    }
}

/// Whether a value is as expected: null means absent, of an object only the keys named count.
fn covers(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(key, wanted)| covers(wanted, found.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| covers(wanted, found))
        }
        (wanted, found) => wanted == found,
    }
}

/// The name under which a state is stored.
fn name(state: &impl serde::Serialize) -> String {
    serde_json::to_value(state).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn shown(text: Option<&str>) -> &str {
    text.unwrap_or("anybody")
}

fn told_wanted(wanted: &ExpectedTask) -> String {
    let parts =
        [&wanted.of, &wanted.workflow, &wanted.node, &wanted.assignee, &wanted.state, &wanted.outcome];
    let mut parts: Vec<String> = parts.into_iter().flatten().cloned().collect();
    parts.extend(wanted.due_at.map(|due| format!("due {due}")));
    parts.join(" ")
}

fn told_messages<T: std::borrow::Borrow<FoundMessage>>(found: &[T]) -> String {
    let one = |found: &FoundMessage| {
        let to = found.row.payload.get("to").and_then(Value::as_str);
        format!("{} to {}", found.key, shown(to))
    };
    let all: Vec<String> = found.iter().map(|found| one(found.borrow())).collect();
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}
