//! The store's suite: the same cases on SQLite and on PostgreSQL.

/// What the cases are about.
mod sample;
/// The two databases.
mod support;

mod audit;
mod evolving;
mod filters;
mod jobs;
mod keys;
mod layouts;
mod links;
mod people;
mod proofs;
mod records;
mod speed;
mod workflows;
mod writing;
