//! What parent and child say to each other: JSON behind four bytes of length, little end first.

use kezhi_plan::facts::{Circumstances, Facts, Judged};
use kezhi_types::def::files::Folder;
use kezhi_types::{Fields, Record, Violations};
use serde::{Deserialize, Serialize};

/// Asked of a child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Compile this release and judge under it from now on.
    Load {
        /// Its number.
        release: i64,
        /// Its files.
        folder: Folder,
    },
    /// Judge a create or an update.
    Judge(Box<JudgeQuestion>),
    /// Derive a record again.
    Derive(Box<JudgeQuestion>),
    /// Judge a deletion.
    Delete(Box<JudgeQuestion>),
    /// Run one case of the release.
    Case {
        /// The file of cases.
        path: String,
        /// Its place in the file.
        index: usize,
    },
    /// Grade a record by the grade with this key and say how.
    Grade {
        /// Key of the grade.
        grade: String,
        /// The record and what it needs.
        question: Box<JudgeQuestion>,
    },
}

/// Everything a judgement looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeQuestion {
    /// The entity.
    pub entity: String,
    /// The record as it stands; none on create.
    pub before: Option<Record>,
    /// What was sent.
    pub input: Fields,
    /// The answers of the store.
    pub facts: Facts,
    /// Time and identity.
    pub circumstances: Circumstances,
}

/// Answered by a child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The release is compiled.
    Loaded,
    /// The record may be stored so.
    Judged(Box<Judged>),
    /// It may not; or, for a deletion that may go ahead, the warnings.
    Violations {
        /// Whether the operation is refused.
        refused: bool,
        /// Why, or what to know.
        violations: Violations,
    },
    /// The outcome of a case, or of a grade, as JSON.
    Json(serde_json::Value),
    /// The question could not be answered.
    Failed(String),
}
