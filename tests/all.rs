//! The integration tests of the workspace, as one binary.

/// The HTTP contract: one file for each file of routes.
mod http;
/// Whole stories.
mod journeys;
/// Power cuts.
mod crash;
/// What must hold for anything that is generated.
mod property;
/// What is not what it should be, each with its own answer.
mod bad_input;
/// Input that means harm, and the memory it takes.
mod hostile;
/// Every template compiles, every case and scenario passes.
mod templates;
/// The house holds its own rules.
mod tidy;
