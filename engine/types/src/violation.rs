//! What is wrong with an input. Codes and pointers are the same at every entrance.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::Fields;

/// One reason why a record may not be saved, or one warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// A stable slug such as `record.required`.
    pub code: String,
    /// JSON pointer relative to the record: `/permit`, `/lines/0/price`; empty for the whole record.
    pub pointer: String,
    /// What fills the sentence of the code, for [`crate::text::sentence`].
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub args: Fields,
    /// The author's own message, which replaces the sentence of the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Key of the rule that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

impl Violation {
    /// A violation of `code` at `pointer`.
    pub fn new(code: &str, pointer: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            pointer: pointer.into(),
            args: Fields::new(),
            message: None,
            rule: None,
        }
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
}

/// All violations of one input, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// Nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// The violations themselves.
    pub fn into_result(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}
