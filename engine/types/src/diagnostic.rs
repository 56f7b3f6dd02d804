//! What is wrong with a definition: a value, never a panic, always with its place.

use serde::{Deserialize, Serialize};

/// How bad a diagnostic is. Errors prevent publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Publishing is refused.
    Error,
    /// Publishing is possible; the author should look.
    Warning,
    /// A hint.
    Info,
}

/// One finding in one file of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable slug such as `field.unknown`, explained in `docs/errors.md`.
    pub code: String,
    /// One sentence: what is wrong.
    pub message: String,
    /// One sentence: what to do. Empty where the message says it all.
    #[serde(default)]
    pub help: String,
    /// The file within the folder, with forward slashes: `entities/customer.json`.
    pub path: String,
    /// JSON pointer into the file, empty for the whole file and for code files.
    #[serde(default)]
    pub pointer: String,
    /// One-based line in the file; 0 while unknown.
    #[serde(default)]
    pub line: u32,
    /// One-based column in characters; 0 while unknown.
    #[serde(default)]
    pub column: u32,
}
