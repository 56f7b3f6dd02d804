//! Rules by which records of an entity are found to be the same: `x-duplicates` of an entity file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::RuleLevel;
use crate::condition::Condition;

/// How alike two texts must be where a part does not say it.
pub const AT_LEAST: f64 = 0.6;

/// Two records are duplicates by a rule when all of its parts agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateDef {
    /// Its key, unique in the entity; a confirmation names it as `duplicates.<key>`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What must agree, one to four parts.
    pub all: Vec<DuplicatePart>,
    /// What happens when a record is saved of which there is another.
    #[serde(default = "warn")]
    pub then: RuleLevel,
    /// Fields shown of a duplicate beside its title.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<String>,
    /// Which records it is about; must hold of both. It reads their own fields alone.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// One field that must agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicatePart {
    /// A field, or with `contacts.phone` a column of a sub-table: any of its values.
    pub field: String,
    /// How values are compared.
    pub by: MatchBy,
    /// Of `similar`: how alike they must be, 0.3 to 1; 0.6 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchBy {
    /// The same value; texts without regard to case, width and blanks around them.
    Exact,
    /// Telephone numbers by their digits, names without punctuation and forms of companies.
    Normalised,
    /// Names that are read alike.
    Pinyin,
    /// Texts that have much in common.
    Similar,
}

fn warn() -> RuleLevel {
    RuleLevel::Warn
}
