//! What is kept no longer: traces of work that is done. Records, their history, runs and what people said are not
//! among it.

use kezhi_types::{Id, Timestamp};

use crate::error::Error;
use crate::tx::Tx;

/// A sort of trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// Events that were matched; history keeps the change itself.
    Event,
    /// Timers that were fired or cancelled.
    Timer,
    /// Messages that were sent, with their text.
    Message,
    /// Incidents that were resolved.
    Incident,
}

impl Trace {
    /// Every sort.
    pub const ALL: [Self; 4] = [Self::Event, Self::Timer, Self::Message, Self::Incident];

    /// Its table, and which of its rows are done before `$1`. Ids of events grow with time.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Event => ("events", "state = 'matched' AND id < $1"),
            Self::Timer => ("timers", "state <> 'armed' AND due_at < $1"),
            Self::Message => ("outbox", "state = 'sent' AND finished_at < $1"),
            Self::Incident => ("incidents", "resolved_at < $1"),
        }
    }
}

impl Tx {
    /// Forgets at most `limit` traces from before an instant; answers how many.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn forget(&mut self, trace: Trace, before: Timestamp, limit: u32) -> Result<u64, Error> {
        let (table, done) = trace.place();
        let sql = format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {done} LIMIT $2)");
        let before = if trace == Trace::Event { Id::first_at(before).into() } else { before.into() };
        self.conn.run(sql, vec![before, limit.into()]).await
    }
}
