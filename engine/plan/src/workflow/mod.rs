//! Workflows: one signal at a time.

/// A workflow, compiled.
#[derive(Debug)]
pub struct WorkflowPlan {}
