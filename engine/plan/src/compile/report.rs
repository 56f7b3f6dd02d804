//! Where diagnostics are gathered: findings inside a file become findings at a line of it.

use kezhi_types::text::Language;
use kezhi_types::{Diagnostic, Severity};

use super::source::{Place, Source};
use crate::problem::Problem;

/// Everything found so far.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds a finding of a JSON file; its pointer is relative to the file.
    pub fn add(&mut self, source: &Source, problem: Problem) {
        let place = match problem.position {
            Some(place) => place,
            None if KEYED.contains(&problem.code) => source.key_place(&problem.pointer),
            None => source.place(&problem.pointer),
        };
        self.push(&source.path, problem, place);
    }

    /// Adds findings of the part of a JSON file at `prefix`. Positions inside an expression are dropped: the
    /// pointer names the line already.
    pub fn add_under(&mut self, source: &Source, prefix: &str, problems: impl IntoIterator<Item = Problem>) {
        for mut problem in problems {
            problem.position = None;
            self.add(source, problem.under(prefix));
        }
    }

    /// Adds a finding of a code file, or of a file as a whole.
    pub fn add_code(&mut self, path: &str, problem: Problem) {
        let place = problem.position.unwrap_or((1, 1));
        self.push(path, Problem { pointer: String::new(), ..problem }, place);
    }

    /// Whether publishing is refused.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether a finding with this code was made.
    pub fn has_code(&self, code: &str) -> bool {
        self.diagnostics.iter().any(|found| found.code == code)
    }

    /// All findings by path, line and column, each once. What only follows from a file that could not be read is
    /// left out: `unsure` names, in backticks, what is not known because of it.
    pub fn finish(mut self, unsure: &[String]) -> Vec<Diagnostic> {
        let follows = |found: &Diagnostic| {
            let semantic = !found.code.starts_with("json.") && !found.code.starts_with("definition.");
            semantic && unsure.iter().any(|name| found.message.en.contains(name.as_str()))
        };
        self.diagnostics.retain(|found| !follows(found));
        let order = |found: &Diagnostic| {
            (
                found.path.clone(),
                found.line,
                found.column,
                found.severity,
                found.code.clone(),
                found.message.clone(),
            )
        };
        self.diagnostics.sort_by_cached_key(order);
        self.diagnostics.dedup();
        self.diagnostics
    }

    fn push(&mut self, path: &str, problem: Problem, (line, column): Place) {
        self.diagnostics.push(Diagnostic {
            severity: problem.severity,
            code: problem.code.to_owned(),
            message: problem.message.map(as_sentence),
            help: (*problem.help).map(as_sentence),
            path: path.to_owned(),
            pointer: problem.pointer,
            line,
            column,
        });
    }
}

/// Codes that speak of a key, not of its value.
const KEYED: &[&str] = &["definition.unknown_key", "json.duplicate_key", "field.keyword", "field.key"];

/// Begins with a capital letter and ends with a stop, whoever wrote it.
fn as_sentence(text: &str, language: Language) -> String {
    let mut characters = text.trim().chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let mut sentence: String = first.to_uppercase().chain(characters).collect();
    if !sentence.ends_with(['.', '?', '!', '。', '？', '！']) {
        sentence.push(if language == Language::Chinese { '。' } else { '.' });
    }
    sentence
}
