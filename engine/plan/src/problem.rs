//! What is wrong with a part of a definition, before it is known in which file the part lies.

use kezhi_types::Said;

/// One finding inside a condition, an expression, a script or a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: kezhi_types::Severity,
    /// A stable slug such as `condition.unknown_field`.
    pub code: &'static str,
    /// JSON pointer relative to the part that was compiled; empty for the part itself.
    pub pointer: String,
    /// One sentence: what is wrong.
    pub message: Said,
    /// One sentence: what to do; may be empty.
    pub help: Box<Said>,
    /// In code: one-based line and column; `None` in JSON, where the pointer says it.
    pub position: Option<(u32, u32)>,
}

impl Problem {
    /// An error at `pointer`.
    pub fn error(code: &'static str, pointer: impl Into<String>, message: impl Into<Said>) -> Self {
        Self {
            severity: kezhi_types::Severity::Error,
            code,
            pointer: pointer.into(),
            message: message.into(),
            help: Box::default(),
            position: None,
        }
    }

    /// A warning at `pointer`: publishing is possible; the author should look.
    pub fn warning(code: &'static str, pointer: impl Into<String>, message: impl Into<Said>) -> Self {
        Self { severity: kezhi_types::Severity::Warning, ..Self::error(code, pointer, message) }
    }

    /// A hint at `pointer`: nothing is wrong.
    pub fn info(code: &'static str, pointer: impl Into<String>, message: impl Into<Said>) -> Self {
        Self { severity: kezhi_types::Severity::Info, ..Self::error(code, pointer, message) }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<Said>) -> Self {
        self.help = Box::new(help.into());
        self
    }

    /// The same, one level deeper: `prefix` is put before the pointer.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer = format!("{prefix}{}", self.pointer);
        self
    }
}
