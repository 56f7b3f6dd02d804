//! Timers of runs: armed, then fired or cancelled, each exactly once.

use kezhi_types::run::Timer;
use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

const TIMER: &str = "id, run, visit, task, kind, due_at";

fn timer(row: &Row) -> Result<Timer, Error> {
    Ok(Timer {
        id: row.id(0)?,
        run: row.id(1)?,
        visit: row.int(2)?,
        task: row.maybe_id(3)?,
        kind: row.name(4)?,
        due_at: row.at(5)?,
    })
}

async fn due_timers(conn: &mut Conn, now: Timestamp, limit: u32) -> Result<Vec<(Timer, u32)>, Error> {
    let sql = format!(
        "SELECT {TIMER}, tries FROM timers WHERE state = 'armed' AND due_at <= $1 AND next_at <= $1 \
         ORDER BY due_at, id LIMIT $2"
    );
    let rows = conn.rows(sql, binds![now, limit]).await?;
    rows.iter().map(|row| Ok((timer(row)?, u32::try_from(row.int(6)?).unwrap_or(u32::MAX)))).collect()
}

async fn next_timer_at(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let row = conn.row("SELECT MIN(due_at) FROM timers WHERE state = 'armed'", vec![]).await?;
    row.map_or(Ok(None), |row| row.maybe_at(0))
}

async fn armed_timers_of_run(conn: &mut Conn, run: Id) -> Result<Vec<Timer>, Error> {
    let sql = format!("SELECT {TIMER} FROM timers WHERE run = $1 AND state = 'armed' ORDER BY due_at, id");
    conn.rows(sql, binds![run]).await?.iter().map(timer).collect()
}

async fn timer_by_id(conn: &mut Conn, id: Id) -> Result<Option<Timer>, Error> {
    conn.row(format!("SELECT {TIMER} FROM timers WHERE id = $1"), binds![id])
        .await?
        .as_ref()
        .map(timer)
        .transpose()
}

reads! {
    /// Armed timers that are due and not postponed, the longest due first, with how often each could not move its run.
    /// They are not locked: lock the run, then [`Tx::fire_timer`] says whether the timer is still yours.
    fn due_timers(now: Timestamp, limit: u32) -> Vec<(Timer, u32)> = due_timers;
    /// When the next timer is due.
    fn next_timer_at() -> Option<Timestamp> = next_timer_at;
    /// The armed timers of a run.
    fn armed_timers_of_run(run: Id) -> Vec<Timer> = armed_timers_of_run;
    /// One timer, whatever its state.
    fn timer(id: Id) -> Option<Timer> = timer_by_id;
}

impl Tx {
    /// Arms a timer.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn arm_timer(&mut self, timer: &Timer) -> Result<(), Error> {
        let sql = format!("INSERT INTO timers ({TIMER}, state) VALUES ($1,$2,$3,$4,$5,$6,'armed')");
        let mut values = binds![timer.id, timer.run, timer.visit, timer.task];
        values.extend([name_of(&timer.kind), timer.due_at.into()]);
        self.conn.run(sql, values).await.map(drop)
    }

    /// Cancels one timer; nothing happens where it has been fired or cancelled.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn cancel_timer(&mut self, id: Id) -> Result<(), Error> {
        let sql = "UPDATE timers SET state = 'cancelled' WHERE id = $1 AND state = 'armed'";
        self.conn.rows(sql, binds![id]).await.map(drop)
    }

    /// Lets an armed timer wait until an instant, after it could not move its run; counts the failure.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn postpone_timer(&mut self, id: Id, until: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE timers SET next_at = $2, tries = tries + 1 WHERE id = $1 AND state = 'armed'";
        self.conn.run(sql, binds![id, until]).await.map(drop)
    }

    /// Cancels the armed timers of a whole run, or of one visit of it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn cancel_timers(&mut self, run: Id, visit: Option<i64>) -> Result<u64, Error> {
        let sql = "UPDATE timers SET state = 'cancelled' WHERE run = $1 AND state = 'armed' AND visit = COALESCE($2, visit)";
        self.conn.run(sql, binds![run, visit]).await
    }

    /// Cancels the armed timers that watch one task.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn cancel_task_timers(&mut self, task: Id) -> Result<u64, Error> {
        let sql = "UPDATE timers SET state = 'cancelled' WHERE task = $1 AND state = 'armed'";
        self.conn.run(sql, binds![task]).await
    }

    /// Fires a timer: `true` exactly once, `false` when it has been fired or cancelled.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn fire_timer(&mut self, id: Id) -> Result<bool, Error> {
        let sql = "UPDATE timers SET state = 'fired' WHERE id = $1 AND state = 'armed'";
        Ok(self.conn.run(sql, binds![id]).await? == 1)
    }
}
