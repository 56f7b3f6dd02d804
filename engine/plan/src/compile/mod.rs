//! Files to plans, with every diagnostic.

/// Where diagnostics are gathered.
mod report;
/// The meta-schemas.
pub mod schema;
/// Files against their meta-schemas.
mod shape;
/// The text of a file and the places in it.
mod source;
/// “Did you mean”.
mod suggest;
