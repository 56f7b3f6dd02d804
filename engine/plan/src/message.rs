//! Messages: subject and text from a record, by MiniJinja with fuel and a limit on the output.

/// A message, compiled.
#[derive(Debug)]
pub struct MessagePlan {}
