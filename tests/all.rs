//! The integration tests of the workspace, as one binary.

/// What is not what it should be, each with its own answer.
mod bad_input;
/// Power cuts.
mod crash;
/// The HTTP contract: one file for each file of routes.
mod http;
/// Whole stories.
mod journeys;
/// What must hold for anything that is generated.
mod property;
/// Every template compiles, every case and scenario passes.
mod templates;
/// The house holds its own rules.
mod tidy;
