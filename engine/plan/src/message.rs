//! Messages: subject and text from a record, by MiniJinja with fuel and a limit on the output.

use std::collections::BTreeSet;

use kezhi_types::def::screen::MessageDef;
use serde_json::Value;

use crate::problem::Problem;

/// A message, compiled.
#[derive(Debug)]
pub struct MessagePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: MessageDef,
}

/// A message ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line without control characters.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

impl MessagePlan {
    /// Compiles the subject and the `.j2` beside it.
    ///
    /// # Errors
    /// Syntax errors: of the subject at pointer `/subject`, of the template with line and column.
    pub fn compile(key: &str, def: &MessageDef, template: &str) -> Result<Self, Vec<Problem>> {
        let _ = template;
        Ok(Self { key: key.to_owned(), def: def.clone() })
    }

    /// Fills it from `{"record": …, …}`. Absent values are empty; nothing in a value is ever taken for a template.
    ///
    /// # Errors
    /// One sentence: what failed.
    pub fn render(&self, context: &Value) -> Result<Rendered, String> {
        let _ = context;
        Err("not yet".to_owned())
    }

    /// Dotted names it uses: `record.name`.
    pub fn reads(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }
}

/// Checks a template of one line, such as a task's title; gives the dotted names it uses.
///
/// # Errors
/// What is wrong with its syntax.
pub fn check_line(template: &str) -> Result<BTreeSet<String>, Problem> {
    let _ = template;
    Ok(BTreeSet::new())
}

/// Fills a template of one line: `请审批 {{ record.name }}`.
///
/// # Errors
/// One sentence: what failed.
pub fn render_line(template: &str, context: &Value) -> Result<String, String> {
    let _ = context;
    Ok(template.to_owned())
}
