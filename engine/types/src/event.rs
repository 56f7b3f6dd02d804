//! A fact about a record, in the past tense, written in the transaction that made it true.

use serde::{Deserialize, Serialize};

use crate::id::Id;
use crate::record::{Entrance, Fields};
use crate::time::Timestamp;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A record came into being.
    RecordCreated,
    /// A field of a record changed.
    RecordUpdated,
    /// A record went to the bin.
    RecordDeleted,
    /// A record went to the bin because it was merged into another.
    RecordMerged,
    /// A record came back from the bin.
    RecordRestored,
    /// The letter of a grade changed.
    GradeChanged,
    /// A run ended.
    RunFinished,
}

impl EventKind {
    /// The stored and published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordCreated => "record_created",
            Self::RecordUpdated => "record_updated",
            Self::RecordDeleted => "record_deleted",
            Self::RecordMerged => "record_merged",
            Self::RecordRestored => "record_restored",
            Self::GradeChanged => "grade_changed",
            Self::RunFinished => "run_finished",
        }
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its identifier; the trigger key of the runs it starts is `ev:<id>`.
    pub id: Id,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// Keys of the fields that changed; on create every field with a value.
    pub changed: Vec<String>,
    /// Values before, of the changed fields only.
    #[serde(default)]
    pub before: Fields,
    /// Values after, of the changed fields only.
    #[serde(default)]
    pub after: Fields,
    /// Who did it.
    pub by: Id,
    /// Through which door.
    pub entrance: Entrance,
    /// The live release.
    pub release: i64,
    /// How many workflow steps lie between a person and this event; 16 becomes an incident.
    pub depth: u32,
    /// Whether workflows shall hear of it (`workflows: false` in a batch says no).
    pub workflows: bool,
}
