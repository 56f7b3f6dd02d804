//! What is wrong with a definition: a value, never a panic, always with its place.

use serde::{Deserialize, Serialize};

use crate::said::Said;
use crate::text::Language;

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

/// One finding in one file of an app, in both languages. It is written by [`Diagnostic::view`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable slug such as `field.unknown`, explained in `docs/errors.md`.
    pub code: String,
    /// One sentence: what is wrong.
    pub message: Said,
    /// One sentence: what to do. Empty where the message says it all.
    pub help: Said,
    /// The file within the folder, with forward slashes: `entities/customer.json`.
    pub path: String,
    /// JSON pointer into the file, empty for the whole file and for code files.
    pub pointer: String,
    /// One-based line in the file; 0 while unknown.
    pub line: u32,
    /// One-based column in characters; 0 while unknown.
    pub column: u32,
}

/// A finding as callers are told of it: `{severity, code, message, help, path, pointer, line, column}`.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "as in `Diagnostic`")]
pub struct DiagnosticView<'a> {
    pub severity: Severity,
    pub code: &'a str,
    pub message: &'a str,
    pub help: &'a str,
    pub path: &'a str,
    pub pointer: &'a str,
    pub line: u32,
    pub column: u32,
}

impl Diagnostic {
    /// The finding in a language.
    pub fn view(&self, language: Language) -> DiagnosticView<'_> {
        DiagnosticView {
            severity: self.severity,
            code: &self.code,
            message: self.message.to(language),
            help: self.help.to(language),
            path: &self.path,
            pointer: &self.pointer,
            line: self.line,
            column: self.column,
        }
    }
}

/// Findings in a language, in their order.
pub fn views(found: &[Diagnostic], language: Language) -> Vec<DiagnosticView<'_>> {
    found.iter().map(|one| one.view(language)).collect()
}
