//! Records: the one write path, reading, and why.

/// What a caller wants changed and under which circumstances.
mod change;
/// A change, judged and written inside a transaction. The one write path.
mod write;
/// Many new records in one transaction.
mod bulk;
/// What follows from a write for other records: rollups, computed fields, grades.
mod derive;
/// Deleting and restoring.
mod delete;
/// The verbs of one record.
mod verbs;
/// Many changes in one request.
mod batch;
/// Reading: one record, lists, titles.
mod read;
/// What happened to a record: history and timeline.
mod timeline;
/// Why: grades, computed fields, permission.
mod explain;

pub(crate) use bulk::NewRecord;
pub(crate) use write::Pending;
pub(crate) use read::entity_known;
pub use batch::{BatchOperation, BatchOptions, BatchOutcome, BatchResult};
pub use change::{Change, Rights, WriteContext, Written};
pub use explain::{grade_in_process, GradeTrial};
pub use read::{List, RecordView};
pub(crate) use verbs::spawned;
pub use verbs::Manner;
