//! Scripts: `.rhai` files, compiled and checked here, run in a child process only.

/// A script, compiled.
#[derive(Debug, Clone)]
pub struct ScriptPlan {}
