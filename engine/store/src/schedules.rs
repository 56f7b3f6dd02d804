//! When a workflow runs next by the clock, and which record's date sets one off on which day.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::tx::{Tx, reads};

/// The next time of a `schedule` trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Key of the workflow.
    pub workflow: String,
    /// What it was computed from (`0 9 * * 1 Asia/Shanghai`); another text means compute anew.
    pub rule: String,
    /// When it is due.
    pub next_at: Timestamp,
}

/// The next time that a record's date sets a workflow off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateTrigger {
    /// Key of the workflow.
    pub workflow: String,
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// When it is due.
    pub due_at: Timestamp,
    /// The occurrence, unique per workflow and record: the date that is kept, `2026-03-01`.
    pub occurrence: String,
}

fn schedule(row: &Row) -> Result<Schedule, Error> {
    Ok(Schedule { workflow: row.text(0)?, rule: row.text(1)?, next_at: row.at(2)? })
}

fn date_trigger(row: &Row) -> Result<DateTrigger, Error> {
    Ok(DateTrigger {
        workflow: row.text(0)?,
        entity: row.text(1)?,
        record: row.id(2)?,
        due_at: row.at(3)?,
        occurrence: row.text(4)?,
    })
}

async fn schedules(conn: &mut Conn) -> Result<Vec<Schedule>, Error> {
    let sql = "SELECT workflow, rule, next_at FROM schedules ORDER BY workflow";
    conn.rows(sql, vec![]).await?.iter().map(schedule).collect()
}

async fn next_schedule_at(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT MIN(due) FROM (SELECT MIN(next_at) AS due FROM schedules \
               UNION ALL SELECT MIN(due_at) AS due FROM date_triggers) AS both_kinds";
    conn.row(sql, vec![]).await?.map_or(Ok(None), |row| row.maybe_at(0))
}

async fn date_triggers_of_record(
    conn: &mut Conn,
    entity: &str,
    record: Id,
) -> Result<Vec<DateTrigger>, Error> {
    let sql = "SELECT workflow, entity, record, due_at, occurrence FROM date_triggers \
               WHERE entity = $1 AND record = $2 ORDER BY due_at, workflow";
    conn.rows(sql, binds![entity, record]).await?.iter().map(date_trigger).collect()
}

reads! {
    /// Every schedule, by workflow.
    fn schedules() -> Vec<Schedule> = schedules;
    /// When the next schedule or date is due.
    fn next_schedule_at() -> Option<Timestamp> = next_schedule_at;
    /// The dates kept for a record, the soonest first.
    fn date_triggers_of_record(entity: &str, record: Id) -> Vec<DateTrigger> = date_triggers_of_record;
}

impl Tx {
    /// Stores when a workflow is due next.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_schedule(&mut self, schedule: &Schedule) -> Result<(), Error> {
        let sql = "INSERT INTO schedules (workflow, rule, next_at) VALUES ($1,$2,$3) \
                   ON CONFLICT (workflow) DO UPDATE SET rule = excluded.rule, next_at = excluded.next_at";
        self.conn.rows(sql, binds![&schedule.workflow, &schedule.rule, schedule.next_at]).await.map(drop)
    }

    /// Forgets the schedule of a workflow.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_schedule(&mut self, workflow: &str) -> Result<(), Error> {
        self.conn.rows("DELETE FROM schedules WHERE workflow = $1", binds![workflow]).await.map(drop)
    }

    /// Schedules that are due, locked; save each with its next time, or delete it, in this transaction.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn due_schedules(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Schedule>, Error> {
        let lock = self.conn.skip_locked();
        let sql = format!(
            "SELECT workflow, rule, next_at FROM schedules WHERE next_at <= $1 ORDER BY next_at LIMIT $2{lock}"
        );
        self.conn.rows(sql, binds![now, limit]).await?.iter().map(schedule).collect()
    }

    /// Stores the next date of a workflow for each record, over what was kept for it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_date_triggers(&mut self, triggers: &[DateTrigger]) -> Result<(), Error> {
        for triggers in triggers.chunks(128) {
            let values = triggers
                .iter()
                .flat_map(|due| binds![&due.workflow, &due.entity, due.record, due.due_at, &due.occurrence])
                .collect();
            let sql = format!(
                "INSERT INTO date_triggers (workflow, entity, record, due_at, occurrence) VALUES {} \
                 ON CONFLICT (workflow, record) DO UPDATE SET entity = excluded.entity, due_at = excluded.due_at, \
                 occurrence = excluded.occurrence",
                places(triggers.len(), 5)
            );
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// Forgets what is kept for one record of a workflow.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_date_trigger(&mut self, workflow: &str, record: Id) -> Result<(), Error> {
        let sql = "DELETE FROM date_triggers WHERE workflow = $1 AND record = $2";
        self.conn.rows(sql, binds![workflow, record]).await.map(drop)
    }

    /// Forgets everything kept for a workflow, when its trigger changed or it is gone.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_date_triggers(&mut self, workflow: &str) -> Result<u64, Error> {
        self.conn.run("DELETE FROM date_triggers WHERE workflow = $1", binds![workflow]).await
    }

    /// Dates that are due, locked; save each with its next date, or delete it, in this transaction.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn due_date_triggers(&mut self, now: Timestamp, limit: u32) -> Result<Vec<DateTrigger>, Error> {
        let lock = self.conn.skip_locked();
        let sql = format!(
            "SELECT workflow, entity, record, due_at, occurrence FROM date_triggers WHERE due_at <= $1 \
             ORDER BY due_at, record LIMIT $2{lock}"
        );
        self.conn.rows(sql, binds![now, limit]).await?.iter().map(date_trigger).collect()
    }
}
