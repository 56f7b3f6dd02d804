//! The HTTP contract: one file for each file of routes, every case on SQLite and on PostgreSQL.

mod aggregate;
mod batch;
mod draft;
mod entrances;
mod export;
mod forms;
mod import;
mod idempotency;
mod kinds;
mod links;
mod lists;
mod people;
mod records;
mod releases;
mod rights;
mod sample;
mod scripts;
mod search;
mod secrets;
mod serials;
mod session;
mod tasks;
mod verify;
