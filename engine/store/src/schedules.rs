//! When a workflow runs next by the clock.

use kezhi_types::Timestamp;

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
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

fn schedule(row: &Row) -> Result<Schedule, Error> {
    Ok(Schedule { workflow: row.text(0)?, rule: row.text(1)?, next_at: row.at(2)? })
}

async fn schedules(conn: &mut Conn) -> Result<Vec<Schedule>, Error> {
    let sql = "SELECT workflow, rule, next_at FROM schedules ORDER BY workflow";
    conn.rows(sql, vec![]).await?.iter().map(schedule).collect()
}

async fn next_schedule_at(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    conn.row("SELECT MIN(next_at) FROM schedules", vec![]).await?.map_or(Ok(None), |row| row.maybe_at(0))
}

reads! {
    /// Every schedule, by workflow.
    fn schedules() -> Vec<Schedule> = schedules;
    /// When the next schedule is due.
    fn next_schedule_at() -> Option<Timestamp> = next_schedule_at;
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

    /// Moves a schedule on to its next time, or ends it, if it still stands as it was read; `false` when it does not.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn move_schedule(&mut self, was: &Schedule, next_at: Option<Timestamp>) -> Result<bool, Error> {
        let mut values = binds![&was.workflow, &was.rule, was.next_at];
        let sql = match next_at {
            None => "DELETE FROM schedules WHERE workflow = $1 AND rule = $2 AND next_at = $3",
            Some(next_at) => {
                values.push(next_at.into());
                "UPDATE schedules SET next_at = $4 WHERE workflow = $1 AND rule = $2 AND next_at = $3"
            }
        };
        Ok(self.conn.run(sql, values).await? == 1)
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
}
