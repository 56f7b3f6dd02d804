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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// Expressions that take a naive engine longer than anybody lives.
    #[test]
    fn an_expression_takes_no_longer_than_its_text() {
        let long = format!("{}!", "a".repeat(100_000));
        for source in
            ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(a|a?)+$", "(?=(a+)+$)a", "(a+)\\1+$", "([a-z]+)*\\d"]
        {
            let Ok(pattern) = Pattern::compile(source) else { continue };
            let begun = Instant::now();
            let _ = pattern.is_match(&long);
            assert!(begun.elapsed() < Duration::from_secs(2), "{source}: {:?}", begun.elapsed());
        }
        let begun = Instant::now();
        assert!(Pattern::compile("\\w{1000}{1000}").is_err(), "it would be larger than a mebibyte");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        let plain = Pattern::compile("(a+)+$").expect("an expression");
        assert!(plain.is_match("caa") && !plain.is_match("caab"));
    }
}
