//! Records: the one write path, reading, and why.

/// Numbers over many records.
mod aggregate;
/// What of an input may be judged at all.
mod admit;
/// Files that records name.
pub(crate) mod held;
/// What a request of many changes says, and what it is answered.
mod operations;
/// Many changes in one request.
mod batch;
/// One operation that changes or makes.
mod upsert;
/// Serial numbers for many new records.
mod numbers;
/// New records of one call may point at each other.
mod siblings;
/// New records, one or many.
mod create;
/// What a caller wants changed and under which circumstances.
mod change;
/// Deleting and restoring.
mod delete;
/// Records that are the same as another.
pub(crate) mod duplicates;
/// Which records follow a write, and why.
mod pending;
/// What follows from a write for other records: rollups, computed fields, grades.
mod derive;
/// Why somebody may do something with a record.
mod access;
/// Why: grades, computed fields, permission.
mod explain;
/// What a caller may see of each of some records.
mod eyes;
/// What is read through relations when a record is shown.
mod lookups;
/// What a deletion would take along.
mod preview;
/// Names of what records point at, and the related records that were asked for.
mod named;
/// Reading: one record, lists.
mod read;
/// Reading what need not be taken apart.
mod plain;
/// Taking sample records out for good.
mod sample;
/// Records taken up by another.
mod merge;
/// What a change is about to point at, held.
mod parents;
/// A record as it was, and one change taken back.
mod past;
/// Derived values that wait, worked off after the transaction that made them wait.
mod stale;
/// Secret fields.
mod sealed;
/// One search over every entity.
mod search;
/// Numbers that records bring along.
mod serials;
/// What happened to a record: history and timeline.
mod timeline;
/// A record given to somebody else.
mod transfer;
/// Records shared one by one.
mod shares;
/// What a refusal may say.
mod refusals;
/// A batch taken back.
mod undo;
/// One change of every record that a condition finds.
mod update;
/// The verbs of one record.
mod verbs;
/// Scripts judge outside of the transaction.
mod verdicts;
/// A change, judged and written inside a transaction. The one write path.
mod write;

pub use access::AccessAsked;
pub use aggregate::Numbers;
pub use change::{Change, Rights, WriteContext, Written};
pub(crate) use create::NewRecord;
pub use duplicates::{DuplicateRecord, DuplicatesBody, FoundDuplicates};
pub use explain::{GradeTrial, grade_in_process};
pub(crate) use eyes::Seen;
pub use merge::{Differing, MergeBody, Merged};
pub use operations::{BatchOperation, BatchOptions, BatchOutcome, BatchResult};
pub(crate) use pending::{Pending, Why};
pub use plain::RecordText;
pub use preview::{Preview, Touched};
pub(crate) use read::entity_known;
pub use read::{List, RecordView};
pub use search::{Find, Finds};
pub use shares::{ShareBody, ShareTo};
pub use undo::{Skipped, Undone};
pub use update::UpdateOptions;
pub use verbs::Manner;
pub(crate) use verbs::spawned;
pub use verdicts::Verdicts;
pub(crate) use write::entity_of;

#[cfg(test)]
mod tests;
