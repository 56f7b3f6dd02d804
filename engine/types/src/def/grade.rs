//! Grades: a number and a letter with reasons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;

/// A file in `grades/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GradeDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// The entity it grades.
    pub entity: String,
    /// The grade field it fills.
    pub field: String,
    /// How the score is reached.
    pub method: Method,
    /// Letters by score, best first.
    pub bands: Vec<Band>,
    /// Who may set another letter by hand.
    #[serde(rename = "override", default, skip_serializing_if = "Option::is_none")]
    pub overriding: Option<OverrideDef>,
    /// For scripts and time: when to grade again although no condition names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recompute: Vec<Recompute>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// How the score is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Points for each row that holds.
    Table(Vec<ScoreRow>),
    /// A `.rhai` file beside this one that returns `#{score, reasons}`.
    Script(String),
}

/// `{"when": …, "points": 40, "reason": "累计消费超过十万"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreRow {
    /// When it counts.
    pub when: Condition,
    /// Added to the score; may be negative.
    pub points: i32,
    /// One short sentence.
    pub reason: String,
}

/// `{"letter": "A", "at_least": 70}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// What is shown, at most 16 characters.
    pub letter: String,
    /// The lowest score of the band; the last band catches everything below.
    pub at_least: i32,
}

/// Who may set another letter by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideDef {
    /// Keys of roles.
    pub roles: Vec<String>,
    /// Whether a reason must be given.
    #[serde(default)]
    pub needs_reason: bool,
    /// After which duration the override ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// When to grade again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Recompute {
    /// When a related record changes.
    Related(RecomputeRelated),
    /// Every day at a time of the workspace's zone.
    Daily(RecomputeDaily),
}

/// `{"entity": "order", "via": "customer"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecomputeRelated {
    /// Entity of the related records.
    pub entity: String,
    /// Their relation to the graded record.
    pub via: String,
}

/// `{"daily": "03:00"}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecomputeDaily {
    /// `HH:MM` in the workspace's zone.
    pub daily: String,
}

/// A grade as it stands on a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// The band's letter.
    pub letter: String,
    /// The sum of the points.
    pub score: i32,
    /// One short sentence per row that counted, largest effect first, at most eight.
    pub reasons: Vec<String>,
    /// Whether a person set the letter.
    pub overridden: bool,
}
