//! Regular expressions of fields, in the dialect of JSON Schema.

use jsonschema::PatternOptions;
use serde_json::{Value, json};

/// How much backtracking one expression may do on one value; beyond it the value does not match.
const BACKTRACKS: usize = 100_000;

/// A regular expression of a field, compiled once.
#[derive(Debug)]
pub struct Pattern(jsonschema::Validator);

impl Pattern {
    /// Compiles an expression in the dialect of JSON Schema (ECMA 262).
    ///
    /// # Errors
    /// A sentence saying what is wrong with it.
    pub fn compile(source: &str) -> Result<Self, String> {
        let engine = PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS).size_limit(1 << 20);
        jsonschema::options()
            .with_pattern_options(engine)
            .build(&json!({ "pattern": source }))
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// Whether the text matches somewhere.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_valid(&Value::String(text.to_owned()))
    }
}
