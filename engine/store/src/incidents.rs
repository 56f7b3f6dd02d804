//! What is stuck and needs a person. The same trouble again counts up instead of piling up.

use kezhi_types::{Id, Timestamp};
use serde_json::Value;

use crate::bind::{Row, binds, json_text};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One trouble.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Its identifier.
    pub id: Id,
    /// A stable slug: `script.failed`, `workflow.too_deep`, `message.failed`, …
    pub code: String,
    /// What it is about, so that the same trouble is counted once while open: `run:<id>/node:<key>`.
    pub subject: String,
    /// For people.
    pub detail: String,
    /// The run it stopped.
    pub run: Option<Id>,
    /// Key of the node.
    pub node: Option<String>,
    /// Entity of the record.
    pub entity: Option<String>,
    /// The record.
    pub record: Option<Id>,
    /// Whatever else helps.
    pub context: Value,
    /// When it was first seen.
    pub opened_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// How often.
    pub times: i64,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// By whom.
    pub resolved_by: Option<Id>,
    /// How: `retry`, `skip`, `edit`, `itself`.
    pub resolution: Option<String>,
}

impl Incident {
    /// A trouble that is seen for the first time at `now`, about nothing in particular.
    pub fn new(code: &str, subject: String, detail: String, now: Timestamp) -> Self {
        Self {
            id: Id::new(now),
            code: code.to_owned(),
            subject,
            detail,
            run: None,
            node: None,
            entity: None,
            record: None,
            context: Value::Null,
            opened_at: now,
            seen_at: now,
            times: 1,
            resolved_at: None,
            resolved_by: None,
            resolution: None,
        }
    }
}

const INCIDENT: &str = "id, code, subject, detail, run, node, entity, record, context, opened_at, seen_at, times, \
                        resolved_at, resolved_by, resolution";

fn incident(row: &Row) -> Result<Incident, Error> {
    Ok(Incident {
        id: row.id(0)?,
        code: row.text(1)?,
        subject: row.text(2)?,
        detail: row.text(3)?,
        run: row.maybe_id(4)?,
        node: row.maybe_text(5)?,
        entity: row.maybe_text(6)?,
        record: row.maybe_id(7)?,
        context: row.json(8)?,
        opened_at: row.at(9)?,
        seen_at: row.at(10)?,
        times: row.int(11)?,
        resolved_at: row.maybe_at(12)?,
        resolved_by: row.maybe_id(13)?,
        resolution: row.maybe_text(14)?,
    })
}

async fn open_incidents(conn: &mut Conn, limit: u32) -> Result<Vec<Incident>, Error> {
    let sql = format!(
        "SELECT {INCIDENT} FROM incidents WHERE resolved_at IS NULL ORDER BY seen_at DESC, id DESC LIMIT $1"
    );
    conn.rows(sql, binds![limit]).await?.iter().map(incident).collect()
}

async fn incidents_of_run(conn: &mut Conn, run: Id) -> Result<Vec<Incident>, Error> {
    let sql = format!("SELECT {INCIDENT} FROM incidents WHERE run = $1 ORDER BY id");
    conn.rows(sql, binds![run]).await?.iter().map(incident).collect()
}

async fn incident_by_id(conn: &mut Conn, id: Id) -> Result<Option<Incident>, Error> {
    let sql = format!("SELECT {INCIDENT} FROM incidents WHERE id = $1");
    conn.row(sql, binds![id]).await?.as_ref().map(incident).transpose()
}

reads! {
    /// Open incidents, the latest seen first.
    fn open_incidents(limit: u32) -> Vec<Incident> = open_incidents;
    /// Every incident of a run, oldest first.
    fn incidents_of_run(run: Id) -> Vec<Incident> = incidents_of_run;
    /// One incident.
    fn incident(id: Id) -> Option<Incident> = incident_by_id;
}

impl Tx {
    /// Opens an incident, or counts up the open one with the same code and subject.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn open_incident(&mut self, incident: &Incident) -> Result<(), Error> {
        let known = "UPDATE incidents SET times = times + 1, seen_at = $3, detail = $4 \
                     WHERE code = $1 AND subject = $2 AND resolved_at IS NULL";
        let values = binds![&incident.code, &incident.subject, incident.seen_at, &incident.detail];
        if self.conn.run(known, values).await? > 0 {
            return Ok(());
        }
        let sql = format!(
            "INSERT INTO incidents ({INCIDENT}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,1,NULL,NULL,NULL) \
             ON CONFLICT DO NOTHING"
        );
        let mut values =
            binds![incident.id, &incident.code, &incident.subject, &incident.detail, incident.run];
        values.extend(binds![&incident.node, &incident.entity, incident.record]);
        values.extend([json_text(&incident.context), incident.opened_at.into(), incident.seen_at.into()]);
        self.conn.rows(sql, values).await.map(drop)
    }

    /// Resolves what is open about a subject under a code: the trouble has passed by itself.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn pass_incident(&mut self, code: &str, subject: &str, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE incidents SET resolved_at = $3, resolved_by = $4, resolution = 'itself' \
                   WHERE code = $1 AND subject = $2 AND resolved_at IS NULL";
        self.conn.run(sql, binds![code, subject, now, Id::SYSTEM]).await.map(drop)
    }

    /// Resolves everything that is open under a code, because whoever saw it is gone; what lasts is seen again.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn pass_incidents(&mut self, code: &str, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE incidents SET resolved_at = $2, resolved_by = $3, resolution = 'itself' \
                   WHERE code = $1 AND resolved_at IS NULL";
        self.conn.run(sql, binds![code, now, Id::SYSTEM]).await.map(drop)
    }

    /// Resolves an open incident; `false` when it is resolved already. `how` is `retry`, `skip`, `edit` or `itself`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn resolve_incident(
        &mut self,
        id: Id,
        by: Id,
        how: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let sql = "UPDATE incidents SET resolved_at = $2, resolved_by = $3, resolution = $4 \
                   WHERE id = $1 AND resolved_at IS NULL";
        Ok(self.conn.run(sql, binds![id, now, by, how]).await? == 1)
    }
}
