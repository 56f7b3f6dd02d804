//! Expressions of computed fields: Rhai expressions over our own functions only, in process.

/// An expression, compiled and checked against its entity.
#[derive(Debug, Clone)]
pub struct ExprPlan {}
