//! What things are: the nouns shared by two or more crates. No I/O, no async, no decisions.
//!
//! `def` holds definitions as people author them (`…Def`); the bare nouns are alive.

/// The closed condition tree that forms, rules, views and triggers share.
pub mod condition;
/// Instants and their text form.
pub mod time;
/// Identifiers of records, runs, tasks and people.
pub mod id;
/// Records opened to others, one by one or by rule.
pub mod share;
/// A checked question for records.
pub mod query;
/// Numbers over many records.
pub mod aggregate;
/// Values that are kept encrypted.
pub mod sealed;
/// One datum of an entity.
pub mod record;
/// A record whose documents are still text.
pub mod stored;
/// Definitions as authored, and the folder they lie in.
pub mod def;
/// A fact about a record, in the past tense.
pub mod event;
/// Runs, visits, tasks and timers of workflows.
pub mod run;
/// Sentences for codes, in the languages of the interface.
pub mod text;
/// A sentence in both languages.
pub mod said;
/// What is wrong with a definition.
pub mod diagnostic;
/// Who is asking.
pub mod caller;
/// What is wrong with an input.
pub mod violation;

pub use caller::{Caller, CallerKind, Narrowing};
pub use condition::Condition;
pub use diagnostic::{Diagnostic, Severity};
pub use event::{Event, EventKind};
pub use id::Id;
pub use record::{Entrance, Fields, Record};
pub use said::Said;
pub use stored::Stored;
pub use time::Timestamp;
pub use violation::{Violation, Violations};
