//! What happened to a record: its history, and the timeline that adds runs, tasks and comments.

use std::collections::BTreeMap;

use kezhi_plan::access::{self, FieldRights};
use kezhi_store::{Comment, HistoryEntry};
use kezhi_types::def::role::FieldRight;
use kezhi_types::{Caller, Id, Timestamp, Violation, Violations};
use serde::Serialize;
use serde_json::{Value, json};

use super::read::entity_known;
use crate::error::Error;
use crate::runtime::Runtime;

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
        let entity = entity_known(&plan, caller, key)?;
        self.readable(&plan, caller, key, id).await?;
        let rights = access::field_rights(&plan, entity, caller);
        let entries = self.0.store.reader().history(key, id, after, PAGE).await?;
        let next = (entries.len() as u32 == PAGE).then(|| entries.last().map(|entry| entry.seq)).flatten();
        let titles = self.titles_in(&entries).await?;
        Ok(Happenings { items: entries.iter().map(|entry| view(entry, &rights)).collect(), next, titles })
    }

    /// The life of a record: changes, runs, tasks and comments, the newest first.
    ///
    /// # Errors
    /// Not found, also for what the caller may not read.
    pub async fn timeline(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        after: Option<i64>,
    ) -> Result<Happenings, Error> {
        let mut happenings = self.history(caller, (key, id), after).await?;
        if after.is_none() {
            happenings.items.extend(self.comment_items((key, id)).await?);
            happenings.items.extend(self.run_items((key, id)).await?);
        }
        let at = |item: &Value| item.get("at").and_then(Value::as_str).unwrap_or_default().to_owned();
        happenings.items.sort_by_key(|item| std::cmp::Reverse(at(item)));
        Ok(happenings)
    }

    /// Says something about a record.
    ///
    /// # Errors
    /// Not found; an empty or too long text.
    pub async fn comment(&self, caller: &Caller, (key, id): (&str, Id), text: &str) -> Result<Value, Error> {
        let plan = self.plan()?;
        self.readable(&plan, caller, key, id).await?;
        let length = text.trim().chars().count();
        if length == 0 || length > COMMENT {
            return Err(
                Violations::from(Violation::new("comment.length", "/text").with("max", COMMENT)).into()
            );
        }
        let now = self.0.clock.now();
        let comment = Comment {
            id: Id::new(now),
            entity: key.to_owned(),
            record: id,
            at: now,
            by: caller.id,
            text: text.trim().to_owned(),
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_comment(&comment).await?;
        tx.commit().await?;
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
                json!({ "at": comment.at, "kind": "comment", "by": by, "comment": comment.text })
            })
            .collect())
    }

    async fn titles_in(&self, entries: &[HistoryEntry]) -> Result<BTreeMap<String, String>, Error> {
        let directory = self.directory().await?;
        let mut titles = BTreeMap::new();
        let values =
            entries.iter().flat_map(|entry| &entry.row.changes).flat_map(|change| [&change.from, &change.to]);
        for id in values.filter_map(Value::as_str).filter_map(|text| text.parse::<Id>().ok()) {
            if let Some(user) = directory.users.get(&id) {
                titles.insert(id.to_string(), user.name.clone());
            }
        }
        Ok(titles)
    }
}

/// A change as the caller may see it: fields that they may not read are left out.
fn view(entry: &HistoryEntry, rights: &FieldRights) -> Value {
    let row = &entry.row;
    let may_read = |field: &str| field == "owner" || rights.of(field) >= FieldRight::Read;
    let changes: Vec<Value> = row
        .changes
        .iter()
        .filter(|change| may_read(&change.field))
        .map(|change| json!({ "field": change.field, "from": change.from, "to": change.to }))
        .collect();
    json!({
        "seq": entry.seq,
        "at": row.at as Timestamp,
        "kind": row.kind,
        "by": { "id": row.by, "name": row.by_name },
        "entrance": row.entrance,
        "release": row.release,
        "version": row.version,
        "run": row.run,
        "changes": changes,
    })
}
