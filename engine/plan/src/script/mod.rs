//! Scripts: `.rhai` files, compiled and checked here, run in a child process only.

mod answer;
mod check;
mod machine;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kezhi_types::{Caller, Fields, Timestamp, said};
use rhai::{AST, Dynamic};
use serde_json::Value;

use self::values::Kinds;
use crate::condition::{Reads, Scope};
use crate::problem::Problem;

/// Largest file, in bytes.
const LARGEST: usize = 64 * 1024;

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
    kind: ScriptKind,
    ast: Arc<AST>,
    /// How the fields of the record are read.
    record: Arc<Kinds>,
    /// `order.customer` to how the fields of its rows are read.
    related: Arc<BTreeMap<String, Kinds>>,
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
    pub fn compile(
        path: &str,
        source: &str,
        scope: &Scope<'_>,
        kind: ScriptKind,
    ) -> Result<Self, Vec<Problem>> {
        if source.len() > LARGEST {
            let message = said!("脚本最多 {LARGEST} 字节", "a script has at most {LARGEST} bytes");
            return Err(vec![Problem::error("script.too_long", "", message)]);
        }
        let ast = machine::parse(source).map_err(|problem| vec![problem])?;
        let checked = check::check(&ast, scope, kind)?;
        Ok(Self {
            path: path.into(),
            kind,
            ast: Arc::new(ast),
            record: Arc::new(checked.record),
            related: Arc::new(checked.related),
            reads: Arc::new(checked.reads),
        })
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
        let zone = TimeZone::get(&input.zone).unwrap_or(TimeZone::UTC);
        let mut globals = BTreeMap::from([
            ("record", values::record(&self.record, &input.record)),
            ("today", Dynamic::from(input.today)),
        ]);
        if self.kind == ScriptKind::Rule {
            let before =
                input.before.as_ref().map_or(Dynamic::UNIT, |before| values::record(&self.record, before));
            globals.insert("before", before);
            globals.insert("now", Dynamic::from(input.now));
            globals.insert("caller", values::caller(&input.caller));
        }
        let rows = |(key, kinds): (&String, &Kinds)| {
            let rows = input.related.get(key).map_or(&[][..], Vec::as_slice);
            (key.clone(), Dynamic::from(values::rows(kinds, rows)))
        };
        let related = self.related.iter().map(rows).collect();
        let engine = machine::build(&zone, globals, related, stop);
        let answer = engine.eval_ast::<Dynamic>(&self.ast).map_err(|error| machine::sentence(&error))?;
        answer::check(self.kind, &answer)
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

#[cfg(test)]
mod tests;
