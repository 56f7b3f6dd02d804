//! Who may do what to which records and fields.

/// A role, compiled.
#[derive(Debug)]
pub struct RolePlan {}
