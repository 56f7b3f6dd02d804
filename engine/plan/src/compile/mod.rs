//! Files to plans, with every diagnostic.
//!
//! Any folder gets all its findings: a file that cannot be read is told and left out, and the rest is compiled
//! against what remains. Nothing in here panics, reads a clock or a database.

/// Work calendars.
mod calendars;
/// Every code of a finding.
pub mod codes;
/// One entity and its fields.
mod entity;
/// Derived fields whose inputs are hidden.
mod derived;
/// What is derived again when a record changes.
mod feeds;
/// Deterministic text of a definition.
mod format;
/// Forms.
mod forms;
/// Grades.
mod grades;
/// What keys look like.
mod key;
/// What the store must know.
mod layout;
/// Files to definitions.
mod load;
/// The manifest.
mod manifest;
/// Menus.
mod menus;
/// Roles, messages and workflows.
mod people;
/// Where diagnostics are gathered.
mod report;
/// Rules.
mod rules;
/// Views that look at every record.
mod scan;
/// The meta-schemas.
pub mod schema;
/// Code files beside definitions.
mod scripts;
/// Files against their meta-schemas.
mod shape;
/// The text of a file and the places in it.
pub(crate) mod source;
/// Files that nobody reads.
mod stray;
/// Versions and what is asked of them.
mod versions;
/// Views.
mod views;
/// A folder to an app.
mod whole;
/// What things are called in findings.
mod words;

pub use self::entity::graph::{derives_from, grade_reads};
pub use self::format::format;
pub use self::whole::{Compiled, compile};
use crate::suggest;

#[cfg(test)]
mod tests;
