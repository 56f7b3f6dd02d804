//! The HTTP contract: one file for each file of routes, every case on SQLite and on PostgreSQL.

mod batch;
mod draft;
mod forms;
mod lists;
mod people;
mod records;
mod releases;
mod rights;
mod sample;
mod scripts;
mod session;
mod tasks;
