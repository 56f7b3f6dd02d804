//! Definitions to checked plans, and every decision made from them. Pure and synchronous: same input,
//! same output; time and identity are passed in. rhai, jsonschema and minijinja stay in here.

/// Who may do what to which records and fields.
pub mod access;
/// Compiled definitions.
pub mod app;
/// Durations, work on dates, lunar dates.
pub mod calendar;
/// Cases beside rules and grades.
pub mod cases;
/// Which fields exist, of which kind, leading where: what conditions and expressions are checked against.
pub mod catalog;
/// Files to plans, with every diagnostic.
pub mod compile;
/// Conditions: checked, judged, and turned into filters for the store.
pub mod condition;
/// What changes between two folders.
pub mod diff;
/// Expressions of computed fields.
pub mod expr;
/// What a decision may look at besides the record: answers of the store, time, identity.
pub mod facts;
/// Forms: what is visible, required and offered while somebody types.
pub mod form;
/// The functions that expressions and scripts may call.
pub mod functions;
/// Grades: score, letter and reasons.
pub mod grade;
/// What each kind of field accepts and how it is normalised.
pub mod kind;
/// Messages: subject and text from a record.
pub mod message;
/// Findings inside a definition.
pub mod problem;
/// Requests for records, checked into queries.
pub mod query;
/// One record against one entity: from what was sent to what may be stored.
pub mod record;
/// Scripts: compiled here, run in a child process.
pub mod script;
/// Workflows: one signal at a time.
pub mod workflow;

#[cfg(test)]
mod fixture;
