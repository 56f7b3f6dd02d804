//! Regular expressions of fields, in the dialect of JSON Schema.

use jsonschema::PatternOptions;
use serde_json::{Value, json};

/// How much backtracking one expression may do on one value; beyond it the value does not match.
const BACKTRACKS: usize = 100_000;

/// The largest compiled expression, in bytes.
const SIZE: usize = 1 << 20;
/// The longest text that an expression with look-around or back-references is tried on, in characters: the time that such
/// an expression takes grows faster than its text. What is longer does not match.
const LOOKING: usize = 10_000;

/// A regular expression of a field, compiled once.
#[derive(Debug)]
pub struct Pattern {
    validator: jsonschema::Validator,
    /// Whether it needs an engine that tries again and again.
    backtracks: bool,
}

impl Pattern {
    /// Compiles an expression in the dialect of JSON Schema (ECMA 262).
    ///
    /// # Errors
    /// A sentence saying what is wrong with it.
    pub fn compile(source: &str) -> Result<Self, String> {
        let schema = json!({ "pattern": source });
        let engine = PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS).size_limit(SIZE);
        let validator = jsonschema::options().with_pattern_options(engine).build(&schema);
        let validator = validator.map_err(|error| error.to_string())?;
        // What an engine without look-around takes is matched in one go, by the other one too.
        let plain = PatternOptions::regex().size_limit(SIZE);
        let backtracks = jsonschema::options().with_pattern_options(plain).build(&schema).is_err();
        Ok(Self { validator, backtracks })
    }

    /// Whether the text matches somewhere.
    pub fn is_match(&self, text: &str) -> bool {
        if self.backtracks && text.len() > LOOKING && text.chars().nth(LOOKING).is_some() {
            return false;
        }
        self.validator.is_valid(&Value::String(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// Expressions that take a naive engine longer than anybody lives.
    #[test]
    fn an_expression_takes_no_longer_than_its_text() {
        let long = [format!("{}!", "a".repeat(100_000)), format!("{}!", "a".repeat(LOOKING - 1))];
        for source in
            ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(a|a?)+$", "(?=(a+)+$)a", "(a+)\\1+$", "([a-z]+)*\\d"]
        {
            let Ok(pattern) = Pattern::compile(source) else { continue };
            for text in &long {
                let begun = Instant::now();
                let _ = pattern.is_match(text);
                assert!(begun.elapsed() < Duration::from_secs(2), "{source}: {:?}", begun.elapsed());
            }
        }
        let begun = Instant::now();
        assert!(Pattern::compile("(\\w{1000}){1000}").is_err(), "it would be larger than a mebibyte");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        let plain = Pattern::compile("(a+)+$").expect("an expression");
        assert!(plain.is_match("caa") && !plain.is_match("caab"));
    }
}
