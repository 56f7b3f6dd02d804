//! What auditors read: notes and changes of records, newest first, each page bounded also where few entries match.

use kezhi_types::{Entrance, Id, Timestamp};
use serde_json::{Map, Value};

use super::{EntryKey, Source};
use crate::bind::{Bind, Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::{Change, HistoryKind};
use crate::tx::reads;

/// Numbers of changes among which one statement looks.
const WINDOW: i64 = 20_000;
/// Statements of one page.
const WINDOWS: usize = 10;
/// How far the instants of entries may lie behind those before them, in milliseconds: ten minutes. A change is dated when it
/// is judged and numbered when it is stored.
const SLACK: i64 = 600_000;

/// Which entries are asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFilter {
    /// Who did it.
    pub person: Option<Id>,
    /// To which account.
    pub subject: Option<Id>,
    /// To which entity.
    pub entity: Option<String>,
    /// To which record.
    pub record: Option<Id>,
    /// Notes with one of these actions, or of one of these groups (`session` for `session.signed_in`); all where empty.
    pub actions: Vec<String>,
    /// Changes of one of these kinds; all where empty.
    pub kinds: Vec<HistoryKind>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Not at or behind.
    pub to: Option<Timestamp>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Its table and number.
    pub key: EntryKey,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: Id,
    /// How `person` is called, for callers that are no user.
    pub person_name: String,
    /// What was done; `record.created` … for changes.
    pub action: String,
    /// To which entity.
    pub entity: Option<String>,
    /// To which record.
    pub record: Option<Id>,
    /// To which account.
    pub subject: Option<Id>,
    /// Of a change: `{version, release, entrance, fields, batch?, run?}` with the keys of the fields, without values.
    pub detail: Value,
    /// What the note says of a person; `None` where there was something and it is erased.
    pub personal: Option<Map<String, Value>>,
}

/// Entries in the order of their numbers, newest first, and the number down to which was looked where that was not to the
/// end.
type Page = (Vec<AuditEntry>, Option<i64>);

const NOTE: &str = "a.seq, a.at, a.person, a.person_name, a.action, a.entity, a.record, a.subject, a.detail, p.said, \
                    a.commitments";
const CHANGE: &str =
    "seq, at, person, person_name, kind, entity, record, version, release, entrance, batch, run, changes";

fn note(row: &Row) -> Result<AuditEntry, Error> {
    let personal = match row.maybe_text(9)? {
        Some(_) => Some(row.json(9)?),
        None if row.str(10)? == "{}" => Some(Map::new()),
        None => None,
    };
    Ok(AuditEntry {
        key: EntryKey { source: Source::Note, seq: row.int(0)? },
        at: row.at(1)?,
        person: row.id(2)?,
        person_name: row.text(3)?,
        action: row.text(4)?,
        entity: row.maybe_text(5)?,
        record: row.maybe_id(6)?,
        subject: row.maybe_id(7)?,
        detail: row.json(8)?,
        personal,
    })
}

fn change(row: &Row) -> Result<AuditEntry, Error> {
    let changes: Vec<Change> = row.json(12).unwrap_or_default();
    let mut detail = Map::new();
    detail.insert("version".to_owned(), row.int(7)?.into());
    detail.insert("release".to_owned(), row.int(8)?.into());
    let entrance: Entrance = row.name(9)?;
    detail.insert("entrance".to_owned(), serde_json::to_value(entrance).unwrap_or_default());
    let fields = changes.into_iter().map(|change| Value::String(change.field)).collect();
    detail.insert("fields".to_owned(), Value::Array(fields));
    for (key, at) in [("batch", 10), ("run", 11)] {
        if let Some(id) = row.maybe_id(at)? {
            detail.insert(key.to_owned(), id.to_string().into());
        }
    }
    Ok(AuditEntry {
        key: EntryKey { source: Source::Change, seq: row.int(0)? },
        at: row.at(1)?,
        person: row.id(2)?,
        person_name: row.text(3)?,
        action: format!("record.{}", row.str(4)?),
        entity: Some(row.text(5)?),
        record: Some(row.id(6)?),
        subject: None,
        detail: Value::Object(detail),
        personal: Some(Map::new()),
    })
}

/// Conditions in the making, with their values.
struct Asking {
    parts: Vec<String>,
    values: Vec<Bind>,
}

impl Asking {
    fn new() -> Self {
        Self { parts: Vec::new(), values: Vec::new() }
    }

    /// A condition with `$` for its value.
    fn with(&mut self, part: &str, value: impl Into<Bind>) -> &mut Self {
        let part = self.placed(part, vec![value.into()]);
        self.parts.push(part);
        self
    }

    /// One of several conditions must hold, each with `$` for its values in their order.
    fn any(&mut self, choices: impl Iterator<Item = (&'static str, Vec<Bind>)>) {
        let parts: Vec<String> = choices.map(|(part, values)| self.placed(part, values)).collect();
        if !parts.is_empty() {
            self.parts.push(format!("({})", parts.join(" OR ")));
        }
    }

    fn placed(&mut self, part: &str, values: Vec<Bind>) -> String {
        let mut pieces = part.split('$');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for (piece, value) in pieces.zip(values) {
            self.values.push(value);
            text.push_str(&format!("${}{piece}", self.values.len()));
        }
        text
    }

    fn text(&self) -> String {
        if self.parts.is_empty() { "1 = 1".to_owned() } else { self.parts.join(" AND ") }
    }
}

/// The numbers of an entry's table between which entries of the asked time lie: behind the first, up to the second.
async fn bounds(conn: &mut Conn, filter: &AuditFilter, source: Source) -> Result<(i64, i64), Error> {
    let column = if source == Source::Change { "history_to" } else { "audit_to" };
    let mut bounds = (0, i64::MAX);
    if let Some(from) = filter.from {
        // The first block with an entry of that time follows the last in which everything is earlier.
        let sql = format!("SELECT MAX({column}) FROM audit_blocks WHERE latest < $1");
        bounds.0 = conn.row(sql, binds![from]).await?.map_or(Ok(None), |row| row.maybe_int(0))?.unwrap_or(0);
    }
    if let Some(to) = filter.to {
        let sql = format!("SELECT MIN({column}) FROM audit_blocks WHERE latest >= $1");
        let found = conn.row(sql, binds![to.0.saturating_add(SLACK)]).await?;
        bounds.1 = found.map_or(Ok(None), |row| row.maybe_int(0))?.unwrap_or(i64::MAX);
    }
    Ok(bounds)
}

async fn audit_notes(
    conn: &mut Conn,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditEntry>, Error> {
    let (low, high) = bounds(conn, filter, Source::Note).await?;
    let mut asking = Asking::new();
    asking.with("a.seq < $", before.unwrap_or(i64::MAX)).with("a.seq > $", low).with("a.seq <= $", high);
    common(&mut asking, filter, "a.");
    if let Some(subject) = filter.subject {
        asking.with("a.subject = $", subject);
    }
    // A group are the actions between `group.` and `group/`, the letter behind the dot.
    asking.any(filter.actions.iter().map(|action| {
        let values = binds![action, format!("{action}."), format!("{action}/")];
        ("a.action = $ OR (a.action >= $ AND a.action < $)", values)
    }));
    let sql = format!(
        "SELECT {NOTE} FROM audit a LEFT JOIN audit_personal p ON p.entry = a.seq WHERE {} \
         ORDER BY a.seq DESC LIMIT {limit}",
        asking.text()
    );
    conn.rows(sql, asking.values).await?.iter().map(note).collect()
}

fn common(asking: &mut Asking, filter: &AuditFilter, table: &str) {
    if let Some(person) = filter.person {
        asking.with(&format!("{table}person = $"), person);
    }
    if let Some(entity) = &filter.entity {
        asking.with(&format!("{table}entity = $"), entity);
    }
    if let Some(record) = filter.record {
        asking.with(&format!("{table}record = $"), record);
    }
    if let Some(from) = filter.from {
        asking.with(&format!("{table}at >= $"), from);
    }
    if let Some(to) = filter.to {
        asking.with(&format!("{table}at < $"), to);
    }
}

async fn audit_changes(
    conn: &mut Conn,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Page, Error> {
    if filter.subject.is_some() {
        return Ok((Vec::new(), None));
    }
    let (low, high) = bounds(conn, filter, Source::Change).await?;
    let newest = conn.row("SELECT MAX(seq) FROM history", vec![]).await?;
    let newest = newest.map_or(Ok(None), |row| row.maybe_int(0))?.unwrap_or(0);
    let mut upper = before.unwrap_or(i64::MAX).min(high.saturating_add(1)).min(newest + 1);
    // Where an index finds them, all are found at once.
    let window = if filter.record.is_some() { i64::MAX } else { WINDOW };
    let mut found: Vec<AuditEntry> = Vec::new();
    for _ in 0..WINDOWS {
        let lower = upper.saturating_sub(window).max(low + 1);
        if upper <= lower {
            return Ok((found, None));
        }
        let mut asking = Asking::new();
        asking.with("seq < $", upper).with("seq >= $", lower);
        common(&mut asking, filter, "");
        asking.any(filter.kinds.iter().map(|kind| ("kind = $", vec![crate::bind::name_of(kind)])));
        let left = limit as usize - found.len();
        let sql =
            format!("SELECT {CHANGE} FROM history WHERE {} ORDER BY seq DESC LIMIT {left}", asking.text());
        for row in conn.rows(sql, asking.values).await? {
            found.push(change(&row)?);
        }
        if found.len() >= limit as usize {
            return Ok((found, None));
        }
        upper = lower;
    }
    Ok((found, Some(upper)))
}

async fn instant_of_change(conn: &mut Conn, seq: i64) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT at FROM history WHERE seq >= $1 ORDER BY seq LIMIT 1";
    conn.row(sql, binds![seq]).await?.map(|row| row.at(0)).transpose()
}

async fn audit_entry(conn: &mut Conn, key: EntryKey) -> Result<Option<AuditEntry>, Error> {
    match key.source {
        Source::Note => {
            let sql = format!(
                "SELECT {NOTE} FROM audit a LEFT JOIN audit_personal p ON p.entry = a.seq WHERE a.seq = $1"
            );
            conn.row(sql, binds![key.seq]).await?.as_ref().map(note).transpose()
        }
        Source::Change => {
            let sql = format!("SELECT {CHANGE} FROM history WHERE seq = $1");
            conn.row(sql, binds![key.seq]).await?.as_ref().map(change).transpose()
        }
    }
}

async fn block_of(conn: &mut Conn, key: EntryKey) -> Result<Option<(i64, Timestamp, String)>, Error> {
    let column = if key.source == Source::Change { "history_to" } else { "audit_to" };
    let sql = format!(
        "SELECT number, at, hash FROM audit_blocks WHERE {column} >= $1 ORDER BY {column}, number LIMIT 1"
    );
    let row = conn.row(sql, binds![key.seq]).await?;
    row.map(|row| Ok((row.int(0)?, row.at(1)?, super::chain::hex(&row.bytes(2)?)))).transpose()
}

reads! {
    /// Notes in front of the one numbered `before`, newest first.
    fn audit_notes(filter: &AuditFilter, before: Option<i64>, limit: u32) -> Vec<AuditEntry> = audit_notes;
    /// Changes in front of the one numbered `before`, newest first. Where few match, some 200,000 are looked through, and the
    /// second answer is the number to go on in front of.
    fn audit_changes(filter: &AuditFilter, before: Option<i64>, limit: u32) -> (Vec<AuditEntry>, Option<i64>) = audit_changes;
    /// When the change with this number, or the next one behind it, was made.
    fn instant_of_change(seq: i64) -> Option<Timestamp> = instant_of_change;
    /// One entry.
    fn audit_entry(key: EntryKey) -> Option<AuditEntry> = audit_entry;
    /// The block that seals an entry: its number, when it was sealed, its hash; `None` while the entry waits.
    fn block_of(key: EntryKey) -> Option<(i64, Timestamp, String)> = block_of;
}
