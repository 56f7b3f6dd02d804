//! Grades: score, letter and reasons, by a weighted table or by a script.

use kezhi_types::Fields;
use kezhi_types::def::grade::{Band, Grade, GradeDef};
use serde::{Deserialize, Serialize};

use crate::condition::ConditionPlan;
use crate::facts::Sight;
use crate::script::ScriptPlan;

/// A grade, compiled.
#[derive(Debug)]
pub struct GradePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: GradeDef,
    /// How the score is reached.
    pub method: MethodPlan,
    /// Letters by score, best first.
    pub bands: Vec<Band>,
}

/// How a score is reached.
#[derive(Debug)]
pub enum MethodPlan {
    /// Points for each row that holds.
    Table(Vec<ScoreRowPlan>),
    /// A script that returns `#{score, reasons}`. Only a child process may run it.
    Script(Box<ScriptPlan>),
}

/// One row of a weighted table.
#[derive(Debug)]
pub struct ScoreRowPlan {
    /// When it counts.
    pub when: ConditionPlan,
    /// Added to the score.
    pub points: i32,
    /// One short sentence.
    pub reason: String,
}

/// A grade and how it was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeOutcome {
    /// The grade, never overridden.
    pub grade: Grade,
    /// Every row of the table, or every reason of the script, in its order.
    pub rows: Vec<GradeRow>,
    /// What was looked at: path to value, null where absent.
    pub inputs: Fields,
}

/// One row of a weighted table as it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradeRow {
    /// What it gives when it counts.
    pub points: i32,
    /// Its sentence.
    pub reason: String,
    /// Whether it counted.
    pub matched: bool,
}

/// Grades the record in sight.
///
/// # Errors
/// A sentence, when the script fails or answers something else than `#{score, reasons}`.
pub fn grade(plan: &GradePlan, sight: &Sight<'_>) -> Result<GradeOutcome, String> {
    let _ = (plan, sight);
    Err(String::new())
}
