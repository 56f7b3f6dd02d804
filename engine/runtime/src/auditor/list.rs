//! Entries of the audit, page by page: notes and changes of records in one list, newest first.

use kezhi_store::{AuditEntry, AuditFilter, EntryKey, HistoryKind, Source};
use kezhi_types::{Caller, Fields, Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::people::Directory;
use crate::runtime::Runtime;

/// Entries of a page where nobody says how many.
const USUAL: u32 = 50;
/// Entries of a page at most.
pub(super) const MOST: u32 = 500;
/// The group of actions that are changes of records.
const RECORD: &str = "record";
const KINDS: [(&str, HistoryKind); 5] = [
    ("created", HistoryKind::Created),
    ("updated", HistoryKind::Updated),
    ("derived", HistoryKind::Derived),
    ("deleted", HistoryKind::Deleted),
    ("restored", HistoryKind::Restored),
];

/// Which entries are asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditQuestion {
    /// Who did it.
    pub person: Option<Id>,
    /// To which account.
    pub subject: Option<Id>,
    /// To which entity.
    pub entity: Option<String>,
    /// To which record.
    pub record: Option<Id>,
    /// One of these actions (`session.signed_in`, `record.updated`) or groups of actions (`session`, `record`).
    pub action: Vec<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// At most 500; 50 when absent.
    pub limit: Option<u32>,
}

/// Where a page ended in either table: the number to go on in front of; `None` at the end of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    changes: Option<i64>,
    notes: Option<i64>,
}

impl Cursor {
    const START: Self = Self { changes: Some(i64::MAX), notes: Some(i64::MAX) };

    fn parse(text: &str) -> Option<Self> {
        let (changes, notes) = text.split_once('.')?;
        let number = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().filter(|number| *number > 0).map(Some),
        };
        Some(Self { changes: number(changes)?, notes: number(notes)? })
    }

    fn text(self) -> String {
        let number = |number: Option<i64>| number.map_or(String::new(), |number| number.to_string());
        format!("{}.{}", number(self.changes), number(self.notes))
    }

    fn is_end(self) -> bool {
        self.changes.is_none() && self.notes.is_none()
    }
}

/// A page as the store gave it.
pub(super) struct Entries {
    pub entries: Vec<AuditEntry>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
    /// The instant down to which was looked, where too many entries lie between those that match.
    pub looked_to: Option<Timestamp>,
}

impl Runtime {
    /// A page of the audit, newest first: `{items, next, looked_to}`. Where few entries match, a page may hold fewer than
    /// asked for, or none, and still have a next one; `looked_to` is then the instant down to which was looked.
    ///
    /// # Errors
    /// Denied without `view_audit`; `query.cursor`, `query.limit`.
    pub async fn audit(&self, caller: &Caller, question: &AuditQuestion) -> Result<Value, Error> {
        self.require_audit(caller, "view_audit")?;
        let page = self.audit_page(question).await?;
        let items = self.audit_items(&page.entries).await?;
        Ok(json!({ "items": items, "next": page.next, "looked_to": page.looked_to, "count": null }))
    }

    /// One entry, with the block that seals it.
    ///
    /// # Errors
    /// Denied without `view_audit`; not found.
    pub async fn audit_entry(&self, caller: &Caller, key: &str) -> Result<Value, Error> {
        self.require_audit(caller, "view_audit")?;
        let unknown = || Error::NotFound { kind: "entry", key: key.to_owned() };
        let known: EntryKey = key.parse().map_err(|()| unknown())?;
        let reader = self.0.store.reader();
        let entry = reader.audit_entry(known).await?.ok_or_else(unknown)?;
        let mut items = self.audit_items(std::slice::from_ref(&entry)).await?;
        let mut item = items.pop().ok_or_else(unknown)?;
        if let Some((number, at, hash)) = reader.block_of(known).await? {
            item["block"] = json!({ "number": number, "at": at, "hash": hash });
        }
        Ok(item)
    }

    /// Entries as the API tells them.
    pub(super) async fn audit_items(&self, entries: &[AuditEntry]) -> Result<Vec<Value>, Error> {
        let head = self.0.store.reader().audit_head().await?;
        let sealed = |key: EntryKey| {
            head.as_ref().is_some_and(|head| match key.source {
                Source::Change => key.seq <= head.history_to,
                Source::Note => key.seq <= head.audit_to,
            })
        };
        let directory = self.directory().await?;
        Ok(entries.iter().map(|entry| item(&directory, entry, sealed(entry.key))).collect())
    }

    /// A page of entries. Both tables are read from where the page before ended, and put together by their instants.
    pub(super) async fn audit_page(&self, question: &AuditQuestion) -> Result<Entries, Error> {
        let limit = limit_of(question.limit)?;
        let cursor = match &question.after {
            None => Cursor::START,
            Some(text) => Cursor::parse(text).ok_or_else(|| wrong("query.cursor", "value", text))?,
        };
        let (filter, wanted) = filter_of(question);
        let reader = self.0.store.reader();
        let (changes, cut) = match cursor.changes.filter(|_| wanted.changes) {
            Some(before) => reader.audit_changes(&filter, Some(before), limit).await?,
            None => (Vec::new(), None),
        };
        let notes = match cursor.notes.filter(|_| wanted.notes) {
            Some(before) => reader.audit_notes(&filter, Some(before), limit).await?,
            None => Vec::new(),
        };
        let looked_to = match cut {
            Some(seq) => reader.instant_of_change(seq).await?,
            None => None,
        };
        let (full_changes, full_notes) = (changes.len() >= limit as usize, notes.len() >= limit as usize);
        let mut taken = Merging { changes: changes.into(), notes: notes.into(), looked_to };
        let mut entries = Vec::new();
        let mut next = cursor;
        while entries.len() < limit as usize {
            let Some(entry) = taken.next() else { break };
            let place = if entry.key.source == Source::Change { &mut next.changes } else { &mut next.notes };
            *place = Some(entry.key.seq);
            entries.push(entry);
        }
        // A table that gave everything it has is at its end.
        if taken.changes.is_empty() && !full_changes {
            next.changes = cut;
        }
        if taken.notes.is_empty() && !full_notes {
            next.notes = None;
        }
        let next = (!next.is_end()).then(|| next.text());
        Ok(Entries { entries, next, looked_to })
    }
}

/// Two lists, each newest first, that are being put together.
struct Merging {
    changes: std::collections::VecDeque<AuditEntry>,
    notes: std::collections::VecDeque<AuditEntry>,
    /// Down to where changes were looked for: notes from before wait for the next page.
    looked_to: Option<Timestamp>,
}

impl Merging {
    fn next(&mut self) -> Option<AuditEntry> {
        match (self.changes.front(), self.notes.front()) {
            (Some(change), Some(note)) if change.at >= note.at => self.changes.pop_front(),
            (Some(_), None) => self.changes.pop_front(),
            (Some(_), Some(_)) => self.notes.pop_front(),
            (None, Some(note)) if self.looked_to.is_none_or(|at| note.at >= at) => self.notes.pop_front(),
            (None, _) => None,
        }
    }
}

/// Which tables are asked.
struct Wanted {
    changes: bool,
    notes: bool,
}

fn filter_of(question: &AuditQuestion) -> (AuditFilter, Wanted) {
    let all = question.action.is_empty() || question.action.iter().any(|action| action == RECORD);
    let kind = |action: &String| {
        let kind = action.strip_prefix(RECORD)?.strip_prefix('.')?;
        KINDS.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind)
    };
    let kinds: Vec<HistoryKind> = question.action.iter().filter_map(kind).collect();
    let actions: Vec<String> =
        question.action.iter().filter(|action| kind(action).is_none()).cloned().collect();
    let wanted = Wanted {
        changes: all || !kinds.is_empty(),
        notes: question.action.is_empty() || !actions.is_empty(),
    };
    let filter = AuditFilter {
        person: question.person,
        subject: question.subject,
        entity: question.entity.clone(),
        record: question.record,
        actions,
        kinds: if all { Vec::new() } else { kinds },
        from: question.from,
        to: question.to,
    };
    (filter, wanted)
}

fn limit_of(limit: Option<u32>) -> Result<u32, Error> {
    match limit.unwrap_or(USUAL) {
        limit if (1..=MOST).contains(&limit) => Ok(limit),
        limit => Err(wrong("query.limit", "value", &limit.to_string())),
    }
}

fn wrong(code: &'static str, key: &str, value: &str) -> Error {
    let args = Fields::from_iter([(key.to_owned(), json!(value)), ("max".to_owned(), json!(MOST))]);
    Error::Query { code, args, unreadable: true }
}

fn item(directory: &Directory, entry: &AuditEntry, sealed: bool) -> Value {
    let person = |id: Id| match directory.users.get(&id) {
        Some(user) => json!({ "id": id, "name": user.name, "login": user.login }),
        None => json!({ "id": id, "name": null, "login": null }),
    };
    let by =
        if entry.person_name.is_empty() || entry.key.source == Source::Change && entry.person != Id::SYSTEM {
            person(entry.person)
        } else {
            json!({ "id": entry.person, "name": entry.person_name, "login": null })
        };
    json!({
        "id": entry.key.to_string(),
        "at": entry.at,
        "by": by,
        "action": entry.action,
        "entity": entry.entity,
        "record": entry.record,
        "subject": entry.subject.map(person),
        "detail": entry.detail,
        "personal": entry.personal,
        "erased": entry.personal.is_none(),
        "sealed": sealed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(actions: &[&str]) -> (Vec<HistoryKind>, Vec<String>, bool, bool) {
        let action = actions.iter().map(|action| (*action).to_owned()).collect();
        let (filter, wanted) = filter_of(&AuditQuestion { action, ..AuditQuestion::default() });
        (filter.kinds, filter.actions, wanted.changes, wanted.notes)
    }

    #[test]
    fn actions_say_which_tables_are_asked() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(asked(&[]), (vec![], vec![], true, true));
        assert_eq!(asked(&["session"]), (vec![], names(&["session"]), false, true));
        assert_eq!(asked(&["record.updated"]), (vec![HistoryKind::Updated], vec![], true, false));
        assert_eq!(asked(&["record.revealed"]), (vec![], names(&["record.revealed"]), false, true));
        assert_eq!(asked(&["record", "record.created"]), (vec![], names(&["record"]), true, true));
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_others_are_refused() {
        let start = Cursor { changes: Some(12), notes: None };
        assert_eq!(Cursor::parse(&start.text()), Some(start));
        for wrong in ["", "12", "x.1", "1.-2", "0.1", "1.2.3", "99999999999999999999."] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}
