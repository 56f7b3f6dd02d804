//! The store's suite: the same cases on SQLite and on PostgreSQL.

mod support;

mod filters;
mod people;
mod records;
mod workflows;
mod writing;
