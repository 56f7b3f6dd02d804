//! Runs, tasks, timers and messages: the state is rows, a step is one signal to one run in one transaction.
//!
//! Events start runs (`dispatch`, `schedules`), timers and people move them (`timers`, `tasks`), every move
//! goes through [`step`]. Memory holds hints only; after a restart everything is found again in the rows.

/// A new run, inside a transaction.
mod begin;
/// Events to runs.
mod dispatch;
/// What a step does besides moving: writes, messages, incidents.
mod effects;
/// Messages on their way out.
mod outbox;
/// Plans that runs are pinned to, and the people of a step.
mod pinned;
/// What the record path asks of workflows.
mod record_hooks;
/// What people see of runs, and do with them.
mod runs;
/// What is due by the clock, and by dates of records.
mod schedules;
/// One signal to one run, in one transaction.
mod step;
/// Runs that wait for nothing.
mod sweep;
/// What people see of tasks.
mod task_view;
/// What people do with tasks.
mod tasks;
/// Timers that are due.
mod timers;

use crate::error::Error;
use crate::runtime::Runtime;

pub use kezhi_types::def::workflow::TaskVerb;
pub use runs::RunQuestion;
pub use tasks::TaskInput;

/// What the loops share; all of it may be forgotten.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pinned: pinned::Pinned,
    timers: timers::Postponed,
    schedules: schedules::Reconciled,
    sweep: sweep::LastSweep,
}

impl Runtime {
    /// Does what is due of events, timers, schedules and messages; answers how many things it did.
    pub(crate) async fn work_workflows(&self) -> Result<usize, Error> {
        let events = self.dispatch_events().await?;
        let schedules = self.work_schedules().await?;
        let timers = self.fire_timers().await?;
        let messages = self.send_messages().await?;
        self.sweep_runs().await?;
        Ok(events + schedules + timers + messages)
    }
}

#[cfg(test)]
mod tests;
