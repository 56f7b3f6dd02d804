//! Workflows: compiled from their files, and advanced by one signal at a time.
//!
//! [`advance`] is a function over data: a run's rows, what happened, and what can be seen go in; changed
//! rows and things to do come out. It reads no clock and no database, so a run can be replayed.

mod advance;
mod assign;
mod compile;
/// Dates of records that start runs.
pub mod dates;
/// What may be written through a task.
pub mod desk;
/// Deadlines.
pub mod due;
mod human;
/// What the store must answer before a node is carried out or a trigger is judged.
pub mod needs;
/// People and departments.
pub mod org;
/// A workflow, compiled.
pub mod plan;
/// Schedules.
pub mod schedule;
/// Which events start runs.
pub mod start;
/// What goes into a step and what comes out.
pub mod state;
/// Values along dotted paths, for titles, messages and writes.
pub mod value;
/// How votes become a decision.
pub mod vote;
mod walk;

#[cfg(test)]
mod tests;

pub use advance::advance;
pub use compile::WorkflowScope;
pub use plan::WorkflowPlan;
pub use state::{Action, Ballot, Context, Notice, Recipient, Refusal, RunSnapshot, Signal, Step};
