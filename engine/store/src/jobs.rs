//! Jobs: work that takes longer than a request, and what became of each of its rows.

use std::collections::HashMap;

use kezhi_types::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bind::{Bind, Row, binds, json_text, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::tx::{Tx, reads};

/// One job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its identifier.
    pub id: Id,
    /// `import`, `undo` …
    pub kind: String,
    /// The entity that it is about.
    pub entity: String,
    /// Who started it.
    pub caller: Id,
    /// How far it is.
    pub state: JobState,
    /// Rows worked off.
    pub done: i64,
    /// Rows in all, as far as that is known.
    pub total: Option<i64>,
    /// Rows that were refused.
    pub errors: i64,
    /// What is to be done; written once.
    pub spec: Value,
    /// Where to go on.
    pub checkpoint: Value,
    /// What came of it so far.
    pub result: Value,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ended, however it did.
    pub ended_at: Option<Timestamp>,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Nobody has begun.
    Queued,
    /// Some of it is done.
    Running,
    /// All of it is done.
    Done,
    /// It cannot go on.
    Failed,
    /// Somebody stopped it; what was done stays.
    Cancelled,
}

impl JobState {
    /// Whether it will never go on.
    pub fn is_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// What became of one row of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// Its number in the file, from 1.
    pub row: i64,
    /// What became of it.
    pub fate: RowFate,
    /// The record that it means.
    pub record: Option<Id>,
    /// The record's version afterwards.
    pub version: Option<i64>,
    /// What an undo or a report needs to know.
    pub note: Value,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum RowFate {
    Created,
    Updated,
    Refused,
    Found,
}

const JOB: &str =
    "id, kind, entity, caller, state, done, total, errors, spec, checkpoint, result, created_at, ended_at";
const ROW_COLUMNS: usize = 6;

fn job_of(row: &Row) -> Result<Job, Error> {
    Ok(Job {
        id: row.id(0)?,
        kind: row.text(1)?,
        entity: row.text(2)?,
        caller: row.id(3)?,
        state: row.name(4)?,
        done: row.int(5)?,
        total: row.maybe_int(6)?,
        errors: row.int(7)?,
        spec: row.json(8)?,
        checkpoint: row.json(9)?,
        result: row.json(10)?,
        created_at: row.at(11)?,
        ended_at: row.maybe_at(12)?,
    })
}

fn job_row(row: &Row) -> Result<JobRow, Error> {
    Ok(JobRow {
        row: row.int(0)?,
        fate: row.name(1)?,
        record: row.maybe_id(2)?,
        version: row.maybe_int(3)?,
        note: row.json(4)?,
    })
}

async fn job(conn: &mut Conn, id: Id) -> Result<Option<Job>, Error> {
    let sql = format!("SELECT {JOB} FROM jobs WHERE id = $1");
    conn.row(sql, binds![id]).await?.as_ref().map(job_of).transpose()
}

async fn jobs_of(conn: &mut Conn, caller: Id, limit: u32) -> Result<Vec<Job>, Error> {
    let sql = format!("SELECT {JOB} FROM jobs WHERE caller = $1 ORDER BY id DESC LIMIT $2");
    conn.rows(sql, binds![caller, limit]).await?.iter().map(job_of).collect()
}

async fn open_jobs(conn: &mut Conn) -> Result<Vec<(Id, String)>, Error> {
    let sql = "SELECT id, kind FROM jobs WHERE state IN ('queued', 'running') ORDER BY id LIMIT 100";
    conn.rows(sql, vec![]).await?.iter().map(|row| Ok((row.id(0)?, row.text(1)?))).collect()
}

async fn open_job(conn: &mut Conn, kind: &str) -> Result<Option<Id>, Error> {
    let sql = "SELECT id FROM jobs WHERE state IN ('queued', 'running') AND kind = $1 ORDER BY id LIMIT 1";
    conn.row(sql, binds![kind]).await?.map(|row| row.id(0)).transpose()
}

async fn job_rows(
    conn: &mut Conn,
    job: Id,
    fates: &[RowFate],
    after: i64,
    limit: u32,
) -> Result<Vec<JobRow>, Error> {
    rows_beyond(conn, (job, fates), ("> $2 ", "row", after), limit).await
}

async fn job_rows_back(
    conn: &mut Conn,
    job: Id,
    fates: &[RowFate],
    before: i64,
    limit: u32,
) -> Result<Vec<JobRow>, Error> {
    rows_beyond(conn, (job, fates), ("< $2 ", "row DESC", before), limit).await
}

async fn rows_beyond(
    conn: &mut Conn,
    (job, fates): (Id, &[RowFate]),
    (beyond, order, place): (&str, &str, i64),
    limit: u32,
) -> Result<Vec<JobRow>, Error> {
    let mut values = binds![job, place, limit];
    let fates: Vec<String> = fates
        .iter()
        .map(|fate| {
            values.push(name_of(fate));
            format!("${}", values.len())
        })
        .collect();
    let sql = format!(
        "SELECT row, fate, record, version, note FROM job_rows \
         WHERE job = $1 AND row {beyond} AND fate IN ({}) ORDER BY {order} LIMIT $3",
        fates.join(", ")
    );
    conn.rows(sql, values).await?.iter().map(job_row).collect()
}

async fn job_keys_after(
    conn: &mut Conn,
    job: Id,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, i64)>, Error> {
    let sql = "SELECT key, row FROM job_keys WHERE job = $1 AND key > $2 ORDER BY key LIMIT $3";
    let rows = conn.rows(sql, binds![job, after, limit]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

async fn import_map(conn: &mut Conn, person: Id, entity: &str, header: &str) -> Result<Option<Value>, Error> {
    let sql = "SELECT map FROM import_maps WHERE person = $1 AND entity = $2 AND header = $3";
    conn.row(sql, binds![person, entity, header]).await?.map(|row| row.json(0)).transpose()
}

reads! {
    /// One job.
    fn job(id: Id) -> Option<Job> = job;
    /// The jobs that somebody started, newest first.
    fn jobs_of(caller: Id, limit: u32) -> Vec<Job> = jobs_of;
    /// Jobs that have not ended with their kinds, oldest first, a hundred at most.
    fn open_jobs() -> Vec<(Id, String)> = open_jobs;
    /// The oldest job of a kind that has not ended.
    fn open_job(kind: &str) -> Option<Id> = open_job;
    /// Rows of a job with one of these fates, in order, behind the row `after`.
    fn job_rows(job: Id, fates: &[RowFate], after: i64, limit: u32) -> Vec<JobRow> = job_rows;
    /// The same backwards, in front of the row `before`.
    fn job_rows_back(job: Id, fates: &[RowFate], before: i64, limit: u32) -> Vec<JobRow> = job_rows_back;
    /// Keys that the job has noted, in order, behind the key `after`.
    fn job_keys_after(job: Id, after: &str, limit: u32) -> Vec<(String, i64)> = job_keys_after;
    /// Which column held which field when this person last imported a file with this header.
    fn import_map(person: Id, entity: &str, header: &str) -> Option<Value> = import_map;
}

impl Tx {
    /// Stores a new job.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_job(&mut self, job: &Job) -> Result<(), Error> {
        let mut values = binds![job.id, &job.kind, &job.entity, job.caller];
        values.extend([name_of(&job.state), job.done.into(), job.total.into(), job.errors.into()]);
        values.extend([json_text(&job.spec), json_text(&job.checkpoint), json_text(&job.result)]);
        values.extend(binds![job.created_at, job.ended_at]);
        let sql = format!("INSERT INTO jobs ({JOB}) VALUES {}", places(1, 13));
        self.conn.rows(sql, values).await.map(drop)
    }

    /// One job, locked until this transaction ends: two slices of it never run at the same time.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lock_job(&mut self, id: Id) -> Result<Option<Job>, Error> {
        let lock = self.conn.for_update();
        let sql = format!("SELECT {JOB} FROM jobs WHERE id = $1{lock}");
        self.conn.row(sql, binds![id]).await?.as_ref().map(job_of).transpose()
    }

    /// Stores how far a job is: everything but what it is to do.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_job(&mut self, job: &Job) -> Result<(), Error> {
        let mut values = binds![job.id];
        values.extend([name_of(&job.state), job.done.into(), job.total.into(), job.errors.into()]);
        values.extend([json_text(&job.checkpoint), json_text(&job.result), job.ended_at.into()]);
        let sql = "UPDATE jobs SET state = $2, done = $3, total = $4, errors = $5, checkpoint = $6, result = $7, \
                   ended_at = $8 WHERE id = $1";
        self.conn.rows(sql, values).await.map(drop)
    }

    /// Notes what became of rows. A row is noted once.
    ///
    /// # Errors
    /// When a row has been noted already, and when the database fails.
    pub async fn append_job_rows(&mut self, job: Id, rows: &[JobRow]) -> Result<(), Error> {
        for rows in rows.chunks(64) {
            let mut values = Vec::with_capacity(rows.len() * ROW_COLUMNS);
            for row in rows {
                values.extend([job.into(), row.row.into(), name_of(&row.fate)]);
                values.extend([row.record.into(), row.version.into(), json_text(&row.note)]);
            }
            let sql = format!(
                "INSERT INTO job_rows (job, row, fate, record, version, note) VALUES {}",
                places(rows.len(), ROW_COLUMNS)
            );
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// Those of the keys that an earlier row of the job has noted, with that row.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn job_keys(&mut self, job: Id, keys: &[String]) -> Result<HashMap<String, i64>, Error> {
        let mut found = HashMap::new();
        for keys in keys.chunks(256) {
            let mut values = binds![job];
            values.extend(keys.iter().map(Bind::from));
            let last = values.last().cloned().unwrap_or(Bind::Text(None));
            values.resize(1 + keys.len().next_power_of_two(), last);
            let list: Vec<String> = (2..=values.len()).map(|place| format!("${place}")).collect();
            let sql =
                format!("SELECT key, row FROM job_keys WHERE job = $1 AND key IN ({})", list.join(", "));
            for row in self.conn.rows(sql, values).await? {
                found.insert(row.text(0)?, row.int(1)?);
            }
        }
        Ok(found)
    }

    /// Notes keys of rows and says how many were new; of a key that is known the first row stays.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn note_job_keys(&mut self, job: Id, keys: &[(String, i64)]) -> Result<u64, Error> {
        let mut new = 0;
        for keys in keys.chunks(128) {
            let mut values = Vec::with_capacity(keys.len() * 3);
            for (key, row) in keys {
                values.extend(binds![job, key, *row]);
            }
            let sql = format!(
                "INSERT INTO job_keys (job, key, row) VALUES {} ON CONFLICT DO NOTHING",
                places(keys.len(), 3)
            );
            new += self.conn.run(sql, values).await?;
        }
        Ok(new)
    }

    /// Forgets at most `limit` keys of a job that has ended; answers how many.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn forget_job_keys(&mut self, job: Id, limit: u32) -> Result<u64, Error> {
        let some = "SELECT key FROM job_keys WHERE job = $1 LIMIT $2";
        let sql = format!("DELETE FROM job_keys WHERE job = $1 AND key IN ({some})");
        self.conn.run(sql, binds![job, limit]).await
    }

    /// Removes of the job that ended first, and before `before`, at most `limit` rows, or itself where none is left;
    /// answers how much is gone.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_old_jobs(&mut self, before: Timestamp, limit: u32) -> Result<u64, Error> {
        let sql =
            "SELECT id FROM jobs WHERE ended_at IS NOT NULL AND ended_at < $1 ORDER BY ended_at LIMIT 1";
        let Some(old) = self.conn.row(sql, binds![before]).await? else { return Ok(0) };
        let old = old.id(0)?;
        for (table, key) in [("job_rows", "row"), ("job_keys", "key")] {
            let some = format!("SELECT {key} FROM {table} WHERE job = $1 LIMIT $2");
            let sql = format!("DELETE FROM {table} WHERE job = $1 AND {key} IN ({some})");
            let gone = self.conn.run(sql, binds![old, limit]).await?;
            if gone > 0 {
                return Ok(gone);
            }
        }
        self.conn.run("DELETE FROM jobs WHERE id = $1", binds![old]).await
    }

    /// Remembers which column holds which field for this person, entity and header.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_import_map(
        &mut self,
        (person, entity, header): (Id, &str, &str),
        map: &Value,
        at: Timestamp,
    ) -> Result<(), Error> {
        let mut values = binds![person, entity, header];
        values.extend([json_text(map), at.into()]);
        let sql = "INSERT INTO import_maps (person, entity, header, map, at) VALUES ($1,$2,$3,$4,$5) \
                   ON CONFLICT (person, entity, header) DO UPDATE SET map = excluded.map, at = excluded.at";
        self.conn.rows(sql, values).await.map(drop)
    }
}
