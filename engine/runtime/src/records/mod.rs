//! Records: the one write path, reading, and why.

/// What of an input may be judged at all.
mod admit;
/// Many changes in one request.
mod batch;
/// Many new records in one transaction.
mod bulk;
/// What a caller wants changed and under which circumstances.
mod change;
/// Deleting and restoring.
mod delete;
/// What follows from a write for other records: rollups, computed fields, grades.
mod derive;
/// Why: grades, computed fields, permission.
mod explain;
/// Reading: one record, lists, titles.
mod read;
/// Taking sample records out for good.
mod sample;
/// A record as it was, and one change taken back.
mod past;
/// What happened to a record: history and timeline.
mod timeline;
/// The verbs of one record.
mod verbs;
/// A change, judged and written inside a transaction. The one write path.
mod write;

pub use batch::{BatchOperation, BatchOptions, BatchOutcome, BatchResult};
pub(crate) use bulk::NewRecord;
pub use change::{Change, Rights, WriteContext, Written};
pub use explain::{GradeTrial, grade_in_process};
pub(crate) use read::entity_known;
pub use read::{List, RecordView};
pub use verbs::Manner;
pub(crate) use verbs::spawned;
pub(crate) use write::Pending;
