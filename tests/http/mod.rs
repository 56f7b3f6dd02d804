//! The HTTP contract: one file for each file of routes, every case on SQLite and on PostgreSQL.

mod aggregate;
mod batch;
mod buckets;
mod deletion;
mod draft;
mod duplicates;
mod entrances;
pub mod evolution;
mod every_kind;
mod export;
mod files;
mod forms;
mod import;
mod import_undo;
mod idempotency;
mod kinds;
mod links;
mod lists;
mod merges;
mod past;
mod people;
mod records;
mod releases;
mod rights;
mod round_trip;
mod sample;
mod scripts;
mod search;
mod secrets;
mod serials;
mod session;
mod sorts;
mod tasks;
mod undo;
mod verify;

pub(crate) use files::{PNG, kept};
