//! Every line of SQL: what is remembered, on SQLite and on PostgreSQL, behind one face.
//!
//! [`Store`] opens a workspace's database, [`Tx`] is the one way to write, [`Reader`] reads what has been
//! committed. A read is named the same on both and is defined once, in the module of what it reads.
//! Nothing above this crate knows which database it is.

/// Why the store refused or could not finish.
pub mod error;
/// Values into statements, rows out of them.
mod bind;
/// Values as promoted columns hold them.
mod promote;
/// Where the database is and how careful its writing is.
pub mod config;
/// One connection to a SQLite file.
mod sqlite;
/// Connections that read a SQLite file.
mod readers;
/// The log of SQLite, copied beside the writer.
mod checkpoint;
/// The one SQLite writer and its turns.
mod writer;
/// Words that search finds, cut by the engine.
mod words;
/// How people's names sound.
pub mod names;
/// Names without what companies' names have in common.
mod company;
/// When two values are the same, or alike.
pub mod matching;
/// The promoted columns that the tables have.
mod catalog;
/// One connection of any sort.
mod conn;
/// The statements that make, widen and index tables.
mod ddl;
/// Reads of committed data.
pub mod reader;
/// A statement in the making: text, binds, columns.
mod sql;
/// Shares as part of a condition.
mod sharing;
/// Conditions as SQL.
mod filter;
/// The one way to write.
pub mod tx;
/// Files that people sent.
pub mod files;
/// What is being edited.
pub mod drafts;
/// What changed on a record, and what people said about it.
pub mod history;
/// What was done that is no change of a record, and the chain that seals both.
pub mod audit;
/// Taking records out for good.
mod erase;
/// Changes that came in one request.
pub mod batches;
/// Records shared one by one.
pub mod shares;
/// Tokens of the API.
pub mod tokens;
/// Who looked at the workspace as somebody else.
pub mod viewings;
/// Who was shown a covered value.
pub mod reveals;
/// Serial numbers and sample marks.
pub mod counters;
/// Facts that wait to be matched, derived values that wait to be computed.
pub mod events;
/// What is stuck.
pub mod incidents;
/// Messages on their way out.
pub mod outbox;
/// What is kept no longer.
pub mod retention;
/// Users and departments.
pub mod people;
/// Teams and positions.
pub mod teams;
/// What opens an account without its password: one-time links, tokens of directories.
pub mod keyrings;
/// Published apps.
pub mod releases;
/// Aggregates over related records.
pub mod rollup;
/// Runs of workflows and their visits.
pub mod runs;
/// Whether every run waits for something.
mod liveness;
/// Work that takes longer than a request.
pub mod jobs;
/// When workflows run next.
pub mod schedules;
/// Sign-ins.
pub mod sessions;
/// What people prove with beside a password.
pub mod factors;
/// Records that were merged into others.
pub mod merges;
/// Requests that are carried out once, and their answers.
pub mod answers;
/// Settings.
pub mod settings;
/// Opening and closing.
pub mod store;
/// The sealer of the audit's chain.
pub mod seal;
/// Work that waits for people.
pub mod tasks;
/// Timers of runs.
pub mod timers;
/// Tables of links between records.
mod links;
/// Keys by which duplicates are found.
mod keys;
/// What a layout wants against what the database has.
mod prepare;
/// A record as one row of its table.
mod rows;
/// Older records get what is new.
mod fill;
/// Tables and columns of entities, made and filled.
pub mod layout;
/// Records of entities.
pub mod records;
/// What is found by words.
mod found;
/// Proof that columns and words say what the documents say.
pub mod verify;
/// Where a record stands in a sorted list.
mod position;
/// Pages of records, counts and titles.
pub mod list;
/// What belongs to a person.
mod owned;
/// What records are called.
mod titles;
/// Dates and instants cut into periods.
mod period;
/// Numbers over many records.
pub mod aggregate;
/// Records that stand against a unique field.
pub mod doubles;
/// Tables made anew beside the ones in use.
pub mod evolve;
/// Records that may be the same as another.
pub mod candidates;

pub use answers::{Answer, RequestKey};
pub use audit::{AuditEntry, AuditFilter, AuditHead, AuditNote, Checkpoint, EntryKey, Fault, Proof, Source};
pub use batches::Batch;
pub use config::{DatabaseUrl, StoreConfig, Synchronous};
pub use doubles::Doubles;
pub use drafts::DraftFile;
pub use error::Error;
pub use events::Stale;
pub use evolve::{Asked, Evolved, Evolving, Kept, Turned};
pub use factors::{Identity, SignInStep, StoredPasskey, Totp};
pub use files::{FileState, FileUse, StoredFile};
pub use history::{Change, Comment, HistoryEntry, HistoryKind, HistoryRow};
pub use incidents::Incident;
pub use jobs::{Job, JobRow, JobState, RowFate};
pub use keyrings::{AccountLink, DirectoryToken, LinkPurpose};
pub use layout::Progress;
pub use list::Page;
pub use merges::{Merge, MergeMove, Moved};
pub use outbox::{Message, MessageState, SendOutcome};
pub use people::{Department, User};
pub use reader::Reader;
pub use releases::{Files, Release};
pub use retention::Trace;
pub use reveals::Reveal;
pub use runs::RunFilter;
pub use schedules::Schedule;
pub use seal::Horizon;
pub use sessions::Session;
pub use shares::Share;
pub use store::Store;
pub use tasks::{TaskBox, TaskPage, TaskRow};
pub use teams::{Position, Team};
pub use tx::Tx;
