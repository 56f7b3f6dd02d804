//! What happened to a record: its history, and the timeline that adds runs, tasks and comments.

use std::collections::BTreeMap;

use kezhi_plan::access::{self, FieldRights};
use kezhi_plan::app::AppPlan;
use kezhi_store::{Comment, HistoryEntry, HistoryKind, HistoryRow};
use kezhi_types::def::role::FieldRight;
use kezhi_types::sealed::covered;
use kezhi_types::text::{Language, sentence};
use kezhi_types::{Caller, Fields, Id, Timestamp, Violation, Violations};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::runtime::Runtime;

/// Under which name history keeps with whom a record is shared.
pub(super) const SHARES: &str = "shares";
/// How many entries a page has.
const PAGE: u32 = 100;
/// The longest comment, in characters.
const COMMENT: usize = 4000;

/// A page of what happened, the newest first.
#[derive(Debug, Clone, Serialize)]
pub struct Happenings {
    /// What happened.
    pub items: Vec<Value>,
    /// Continue here.
    pub next: Option<i64>,
    /// Names of the records and people in the changes.
    pub titles: BTreeMap<String, String>,
}

impl Runtime {
    /// The changes of a record, the newest first.
    ///
    /// # Errors
    /// Not found, also for what the caller may not read.
    pub async fn history(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        after: Option<i64>,
    ) -> Result<Happenings, Error> {
        let plan = self.plan()?;
        let (_, rights) = self.readable_with(&plan, caller, key, id).await?;
        self.changes_of(&plan, caller, ((key, id), &rights), after).await
    }

    /// The changes of a record that the caller may read.
    async fn changes_of(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        ((key, id), rights): ((&str, Id), &FieldRights),
        after: Option<i64>,
    ) -> Result<Happenings, Error> {
        let (entries, next) = self.told_entries((key, id), rights, after).await?;
        let titles = self.titles_in(&entries, rights).await?;
        Ok(Happenings {
            items: entries.iter().map(|entry| view(entry, rights, (plan, caller.language))).collect(),
            next,
            titles,
        })
    }

    /// A page of the entries that tell the caller anything: that a field was changed which they may not read is not said
    /// either.
    async fn told_entries(
        &self,
        (key, id): (&str, Id),
        rights: &FieldRights,
        mut after: Option<i64>,
    ) -> Result<(Vec<HistoryEntry>, Option<i64>), Error> {
        let reader = self.0.store.reader();
        let mut told: Vec<HistoryEntry> = Vec::new();
        loop {
            let entries = reader.history(key, id, after, PAGE).await?;
            let more = entries.len() as u32 == PAGE;
            after = entries.last().map(|entry| entry.seq);
            told.extend(entries.into_iter().filter(|entry| tells_anything(entry, rights)));
            if told.len() >= PAGE as usize {
                told.truncate(PAGE as usize);
                let next = told.last().map(|entry| entry.seq);
                return Ok((told, next));
            }
            if !more {
                return Ok((told, None));
            }
        }
    }

    /// The life of a record: changes, runs, tasks, comments and who was shown a secret, the newest first.
    ///
    /// # Errors
    /// Not found, also for what the caller may not read.
    pub async fn timeline(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        after: Option<i64>,
    ) -> Result<Happenings, Error> {
        let plan = self.plan()?;
        let (_, rights) = self.readable_with(&plan, caller, key, id).await?;
        let mut happenings = self.changes_of(&plan, caller, ((key, id), &rights), after).await?;
        let at = |item: &Value| item.get("at").and_then(Value::as_str).unwrap_or_default().to_owned();
        // What is no change belongs to the page whose changes lie around it.
        let before = match after {
            None => None,
            Some(seq) => {
                let above = self.0.store.reader().history(key, id, Some(seq.saturating_add(1)), 1).await?;
                above.first().map(|entry| entry.row.at.to_string())
            }
        };
        let since = happenings.next.and(happenings.items.last()).map(at);
        let mut others = self.comment_items((key, id)).await?;
        others.extend(self.run_items((key, id)).await?);
        let knows = |field: &str| rights.of(field) != FieldRight::Hidden;
        others.extend(self.reveal_items((key, id), knows).await?);
        let inside = |item: &Value| {
            let at = at(item);
            before.as_ref().is_none_or(|before| at < *before)
                && since.as_ref().is_none_or(|since| at >= *since)
        };
        happenings.items.extend(others.into_iter().filter(inside));
        happenings.items.sort_by_key(|item| (std::cmp::Reverse(at(item)), before_its_cause(item)));
        Ok(happenings)
    }

    /// Says something about a record.
    ///
    /// # Errors
    /// Not found; an empty or too long text.
    pub async fn comment(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        (text, once): (&str, Option<Once>),
    ) -> Result<Value, Error> {
        let plan = self.plan()?;
        self.readable(&plan, caller, key, id).await?;
        let length = text.trim().chars().count();
        if length == 0 || length > COMMENT {
            return Err(
                Violations::from(Violation::new("comment.length", "/text").with("max", COMMENT)).into()
            );
        }
        if text.contains('\0') {
            return Err(Violations::from(Violation::new("record.text", "/text").with("field", "text")).into());
        }
        let now = self.0.clock.now();
        let comment = Comment {
            id: once.as_ref().map_or_else(|| Id::new(now), Once::id),
            entity: key.to_owned(),
            record: id,
            at: now,
            by: caller.id,
            text: text.trim().to_owned(),
        };
        if once.as_ref().is_none_or(|once| once.done().is_none()) {
            let mut tx = self.0.store.begin().await?;
            tx.insert_comment(&comment).await?;
            settle(once.as_ref(), &mut tx, &Value::Bool(true)).await?;
            tx.commit().await?;
        }
        Ok(
            json!({ "id": comment.id, "at": now, "by": { "id": caller.id, "name": caller.name }, "comment": comment.text }),
        )
    }

    /// What people said about a record.
    ///
    /// # Errors
    /// Not found, also for what the caller may not read.
    pub async fn comments(&self, caller: &Caller, (key, id): (&str, Id)) -> Result<Vec<Value>, Error> {
        let plan = self.plan()?;
        self.readable(&plan, caller, key, id).await?;
        self.comment_items((key, id)).await
    }

    async fn comment_items(&self, (key, id): (&str, Id)) -> Result<Vec<Value>, Error> {
        let directory = self.directory().await?;
        let comments = self.0.store.reader().comments(key, id).await?;
        let name = |id: &Id| directory.users.get(id).map_or(String::new(), |user| user.name.clone());
        Ok(comments
            .iter()
            .map(|comment| {
                let by = json!({ "id": comment.by, "name": name(&comment.by) });
                json!({ "id": comment.id, "at": comment.at, "kind": "comment", "by": by, "comment": comment.text })
            })
            .collect())
    }

    /// Names of the people in those changes that the caller is told.
    async fn titles_in(
        &self,
        entries: &[HistoryEntry],
        rights: &FieldRights,
    ) -> Result<BTreeMap<String, String>, Error> {
        let directory = self.directory().await?;
        let mut titles = BTreeMap::new();
        let changes = entries.iter().flat_map(|entry| &entry.row.changes);
        let values = changes
            .filter(|change| is_told(rights, &change.field))
            .flat_map(|change| [&change.from, &change.to]);
        for id in values.filter_map(Value::as_str).filter_map(|text| text.parse::<Id>().ok()) {
            if let Some(user) = directory.users.get(&id) {
                titles.insert(id.to_string(), user.name.clone());
            }
        }
        Ok(titles)
    }
}

/// The place among what happened at one instant, the newest first: a person's decision comes before the changes that it
/// brought, and these before what the workflow did next.
fn before_its_cause(item: &Value) -> u8 {
    match item.get("kind").and_then(Value::as_str).unwrap_or_default() {
        "run_ended" => 0,
        "task_opened" => 1,
        "run_started" => 2,
        "task_done" => 4,
        "comment" => 5,
        _ => 3,
    }
}

/// What whoever made a change is called: people by their name, the engine by what it did.
fn called(row: &HistoryRow, plan: &AppPlan, language: Language) -> String {
    if row.by != Id::SYSTEM {
        return row.by_name.clone();
    }
    let mut args = Fields::new();
    let code = match row.by_name.strip_prefix("workflow ").and_then(|rest| rest.split_once(", release ")) {
        Some((key, _)) => {
            let title = plan.workflows.get(key).map_or(key, |workflow| workflow.def.title.as_str());
            args.insert("title".to_owned(), json!(title));
            "actor.workflow"
        }
        None => match row.by_name.as_str() {
            "template" => "actor.template",
            "operator" => "actor.operator",
            _ => "actor.engine",
        },
    };
    sentence(language, code, &args)
}

/// Whether an entry says anything to whoever has these rights. What is no change of fields always does.
fn tells_anything(entry: &HistoryEntry, rights: &FieldRights) -> bool {
    let of_fields = matches!(entry.row.kind, HistoryKind::Updated | HistoryKind::Derived);
    let changes = &entry.row.changes;
    !of_fields
        || changes.is_empty()
        || changes.iter().any(|change| {
            is_told(rights, &change.field)
                && rights.told(&change.field, &change.from) != rights.told(&change.field, &change.to)
        })
}

/// Whether the changes of a field are told.
fn is_told(rights: &FieldRights, field: &str) -> bool {
    matches!(field, "owner" | SHARES) || rights.may_read(field)
}

/// A change as the caller may see it: fields that they may not read are left out, secrets are covered.
fn view(entry: &HistoryEntry, rights: &FieldRights, (plan, language): (&AppPlan, Language)) -> Value {
    let row = &entry.row;
    let told = |field: &str, value: &Value| {
        let value = rights.told(field, value);
        match plan.entity(&row.entity) {
            Some(entity) => access::told(entity, field, &value),
            None => covered(&value),
        }
    };
    let changes: Vec<Value> = row
        .changes
        .iter()
        .filter(|change| is_told(rights, &change.field))
        .map(|change| json!({ "field": change.field, "from": told(&change.field, &change.from), "to": told(&change.field, &change.to) }))
        .collect();
    json!({
        "seq": entry.seq,
        "at": row.at as Timestamp,
        "kind": row.kind,
        "by": { "id": row.by, "name": called(row, plan, language) },
        "entrance": row.entrance,
        "release": row.release,
        "version": row.version,
        "run": row.run,
        "batch": entry.batch,
        "changes": changes,
    })
}
