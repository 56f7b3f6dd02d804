//! Runs, tasks, timers and messages: the state is rows, a step is one signal to one run in one transaction.
//!
//! Events start runs (`dispatch`, `schedules`), timers and people move them (`timers`, `tasks`), every move
//! goes through [`step`]. Memory holds hints only; after a restart everything is found again in the rows.

/// A new run, inside a transaction.
mod begin;
/// Events to runs.
mod dispatch;
/// What a step does besides moving: writes, incidents.
mod effects;
/// What a step tells people by mail.
mod letters;
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
/// Tasks of somebody who leaves.
mod handing;
/// Timers that are due.
mod timers;

pub(crate) use handing::{Handing, count};
pub use kezhi_types::def::workflow::TaskVerb;
pub use runs::RunQuestion;
pub use tasks::TaskInput;

/// What the loops share; all of it may be forgotten.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pinned: pinned::Pinned,
    schedules: schedules::Reconciled,
    sweep: sweep::LastSweep,
    outbox: outbox::Post,
}

#[cfg(test)]
mod tests;
