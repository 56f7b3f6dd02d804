//! Grades: score, letter and reasons.

/// A grade, compiled.
#[derive(Debug)]
pub struct GradePlan {}
