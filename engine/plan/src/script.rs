//! Scripts: `.rhai` files, compiled and checked here, run in a child process only.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use kezhi_types::{Caller, Fields, Timestamp};
use serde_json::Value;

use crate::condition::{Reads, Scope};
use crate::problem::Problem;

/// What a script is for, which decides what it must return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptKind {
    /// Returns `#{score, reasons}`.
    Grade,
    /// Returns true, false, or `#{ok: false, field, message}`.
    Rule,
}

/// A script, compiled. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ScriptPlan {
    path: Arc<str>,
    reads: Arc<Reads>,
}

/// What a script sees.
#[derive(Debug, Clone)]
pub struct ScriptInput {
    /// The record, flat.
    pub record: Fields,
    /// The record as it stood, flat; rules only.
    pub before: Option<Fields>,
    /// `order.customer` to rows, flat, newest first.
    pub related: BTreeMap<String, Vec<Fields>>,
    /// The workspace's date.
    pub today: Date,
    /// The instant; rules only.
    pub now: Timestamp,
    /// Name of the workspace's zone.
    pub zone: String,
    /// Who asks; rules only.
    pub caller: Caller,
}

impl ScriptPlan {
    /// Compiles a file of at most 64 kB. `record.x` and `related("order", "customer")` take literals only, so that what
    /// is read is known before it runs.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line and column.
    pub fn compile(path: &str, source: &str, scope: &Scope<'_>, kind: ScriptKind) -> Result<Self, Vec<Problem>> {
        let _ = (source, scope, kind);
        Ok(Self { path: path.into(), reads: Arc::default() })
    }

    /// Runs it under its budget of operations and sizes. A grade gives `{"score": 82, "reasons": ["…"]}`, a rule
    /// `{"ok": true}` or `{"ok": false, "field"?, "message"?}`.
    ///
    /// # Errors
    /// One sentence: what failed, with the line.
    pub fn run(&self, input: &ScriptInput) -> Result<Value, String> {
        self.run_until(input, || false)
    }

    /// The same, ended as soon as `stop` is true; it is asked often, so it must be quick.
    ///
    /// # Errors
    /// One sentence: what failed, with the line.
    pub fn run_until(
        &self,
        input: &ScriptInput,
        stop: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Value, String> {
        let _ = (input, stop());
        Err("not yet".to_owned())
    }

    /// What it reads.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// The file it came from.
    pub fn path(&self) -> &str {
        &self.path
    }
}
