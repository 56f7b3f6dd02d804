//! The verbs of the engine and the loops that keep it moving. One [`Runtime`] serves one workspace.
//!
//! Everything that changes a record goes through `records::write`: form, API, import, batch, task and
//! workflow meet the same defaults, checks, permissions, events and history.

/// The one place that reads the wall clock.
pub mod clock;
/// How long work that failed waits.
mod backoff;
/// How often somebody may do what costs much.
mod limits;
/// Refusals and failures, turned into HTTP by the server in one place.
pub mod error;
/// How often something may be done.
mod limit;
/// The live release, swapped whole.
pub mod live;
/// Scripts in killable child processes.
pub mod scripts;
/// Where the bytes of files lie.
pub mod depot;
/// Calls to addresses that people chose.
pub mod outbound;
/// The keys of secret values.
pub mod secrets;
/// The key of the audit's checkpoints.
pub mod seals;
/// The runtime itself: what every verb stands on.
mod runtime;
/// Folders and settings of tests.
#[cfg(test)]
mod scratch;
/// The same request twice is one.
pub mod idempotency;
/// The answers of the store to the needs of a plan.
mod facts;
/// Noting what is done.
pub(crate) mod audit;
/// People, departments, teams, passwords and sessions.
pub mod people;
/// Work that takes longer than a request.
pub mod jobs;
/// Drafts and releases.
pub mod releases;
/// Records: the one write path, reading, and why.
pub mod records;
/// Files that people sent.
pub mod files;
/// Where a workspace may call, and a call to try.
pub mod calls;
/// Runs, tasks, timers and messages.
pub mod workflows;
/// Forms while somebody types.
pub mod forms;
/// Files of rows: CSV and XLSX.
pub mod import;
/// Records as files.
pub mod export;
/// What auditors see and do.
pub mod auditor;
/// Proof that columns, words and rollups agree with the documents, and the audit with its chain.
pub mod verify;
/// Every duplicate of an entity as a report.
pub mod duplicates;
/// The work of somebody who leaves goes to others.
pub mod handover;
/// People and departments from files.
pub mod roster;
/// The loop of jobs.
mod work;
/// The loops that keep a workspace moving.
mod loops;
/// Scenarios: given, when, then, under a virtual clock.
pub mod scenarios;
/// Templates: install, reference and sample data.
pub mod templates;

/// What a server needs to know of the store: where it is, and why it refuses.
pub mod store {
    pub use kezhi_store::{DatabaseUrl, Error, StoreConfig, Synchronous};
}

pub use error::Error;
pub use loops::Loops;
pub use runtime::{Runtime, RuntimeConfig, RuntimeOptions};
