//! The HTTP contract: one file for each file of routes, every case on SQLite and on PostgreSQL.

mod aggregate;
mod batch;
mod draft;
mod forms;
mod idempotency;
mod kinds;
mod lists;
mod people;
mod records;
mod releases;
mod rights;
mod sample;
mod scripts;
mod search;
mod serials;
mod session;
mod tasks;
mod verify;
