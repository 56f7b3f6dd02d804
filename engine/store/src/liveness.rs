//! Whether every run that is not over waits for something, and when the outbox has work.

use kezhi_types::Timestamp;
use kezhi_types::run::Run;

use crate::bind::binds;
use crate::conn::Conn;
use crate::error::Error;
use crate::runs::{RUN, run};
use crate::tx::reads;

async fn stuck_runs(conn: &mut Conn, limit: u32) -> Result<Vec<Run>, Error> {
    let sql = format!(
        "SELECT {RUN} FROM runs r WHERE r.state = 'running' \
         AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.run = r.id AND t.state = 'open') \
         AND NOT EXISTS (SELECT 1 FROM timers m WHERE m.run = r.id AND m.state = 'armed') \
         AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.run = r.id AND i.resolved_at IS NULL \
         AND i.code NOT LIKE 'message.%') \
         ORDER BY r.id LIMIT $1"
    );
    conn.rows(sql, binds![limit]).await?.iter().map(run).collect()
}

async fn next_message_at(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT MIN(next_at) FROM outbox WHERE state IN ('pending', 'leased')";
    conn.row(sql, vec![]).await?.map_or(Ok(None), |row| row.maybe_at(0))
}

reads! {
    /// When the next message may be tried.
    fn next_message_at() -> Option<Timestamp> = next_message_at;
    /// Running runs without an open task, an armed timer or an open incident of their own, oldest first; a letter that
    /// was not sent does not hold a run. There should be none.
    fn stuck_runs(limit: u32) -> Vec<Run> = stuck_runs;
}
