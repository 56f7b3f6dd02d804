//! Workflows: compiled from their files, and advanced by one signal at a time.
//!
//! [`advance`] is a function over data: a run's rows, what happened, and what can be seen go in; changed
//! rows and things to do come out. It reads no clock and no database, so a run can be replayed.

/// A workflow, compiled.
pub mod plan;
/// How votes become a decision.
pub mod vote;
/// Schedules.
pub mod schedule;
/// Deadlines.
pub mod due;
/// Dates of records that start runs.
pub mod dates;
/// People and departments.
pub mod org;
/// What goes into a step and what comes out.
pub mod state;
/// Values along dotted paths, for titles, messages and writes.
pub mod value;
/// What the store must answer before a node is carried out or a trigger is judged.
pub mod needs;
/// Which events start runs.
pub mod start;
/// What may be written through a task.
pub mod desk;
mod assign;
mod walk;
mod human;
mod advance;
mod compile;

#[cfg(test)]
mod tests;

pub use advance::advance;
pub use compile::WorkflowScope;
pub use plan::WorkflowPlan;
pub use state::{Action, Ballot, Context, Notice, Recipient, Refusal, RunSnapshot, Signal, Step};
