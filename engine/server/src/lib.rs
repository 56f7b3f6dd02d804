//! HTTP, configuration and the command line. Takes requests apart, asks the runtime, answers.

/// Settings from flags, environment and file.
pub mod config;
/// Refusals and failures as problem+json: the one place that decides status codes.
pub mod problem;
/// What handlers share.
pub mod app;
/// JSON bodies, with limits that are told.
pub mod body;
/// Who is asking, and whether the request may come from where it comes.
pub mod auth;
/// The same POST twice is one.
pub mod idempotency;
/// The interface and the templates inside the binary.
pub mod assets;
/// Every route, in one table.
pub mod routes;
/// The API described as OpenAPI.
pub mod openapi;
/// Listening, on TCP and on the operator's socket.
pub mod serve;
/// The commands.
pub mod cli;
