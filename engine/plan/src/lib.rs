//! Definitions to checked plans, and every decision made from them. Pure and synchronous: same input,
//! same output; time and identity are passed in. rhai, jsonschema and minijinja stay in here.

/// Findings inside a definition.
pub mod problem;
/// “Did you mean”.
mod suggest;
/// Why a path leads nowhere.
mod unresolved;
/// Which fields exist, of which kind, leading where: what conditions and expressions are checked against.
pub mod catalog;
/// Durations, work on dates, lunar dates.
pub mod calendar;
/// What people write: texts that have one written form, and numbers, days and words that are read.
pub mod written;
/// The divisions of China, 省市区.
pub mod regions;
/// What a decision may look at besides the record: answers of the store, time, identity.
pub mod facts;
/// The functions that expressions and scripts may call.
pub mod functions;
/// Conditions: checked, judged, and turned into filters for the store.
pub mod condition;
/// Expressions of computed fields.
pub mod expr;
/// Scripts: compiled here, run in a child process.
pub mod script;
/// Grades: score, letter and reasons.
pub mod grade;
/// Messages: subject and text from a record.
pub mod message;
/// Workflows: one signal at a time.
pub mod workflow;
/// Compiled definitions.
pub mod app;
/// What each kind of field accepts and how it is normalised.
pub mod kind;
/// What the change of one record does to the rollups that count it.
pub mod rollup;
/// Who may do what to which records and fields.
pub mod access;
/// Requests for records, checked into queries.
pub mod query;
/// One record against one entity: from what was sent to what may be stored.
pub mod record;
/// Forms: what is visible, required and offered while somebody types.
pub mod form;
/// Files to plans, with every diagnostic.
pub mod compile;
/// What becomes of stored values between two releases.
pub mod evolution;
/// Cases beside rules and grades.
pub mod cases;
/// What changes between two folders.
pub mod diff;
#[cfg(test)]
mod fixture;
