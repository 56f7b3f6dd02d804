//! The store's suite: the same cases on SQLite and on PostgreSQL.

/// The two databases.
mod support;
/// What the cases are about.
mod sample;

mod filters;
mod layouts;
mod people;
mod records;
mod speed;
mod workflows;
mod writing;
