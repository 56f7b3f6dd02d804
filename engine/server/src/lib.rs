//! HTTP, configuration and the command line. Takes requests apart, asks the runtime, answers.

/// What the settings say of the door.
pub mod providers;
/// Settings from flags, environment and file.
pub mod config;
/// What handlers share.
pub mod app;
/// Refusals and failures as problem+json: the one place that decides status codes.
pub mod problem;
/// The interface and the templates inside the binary.
pub mod assets;
/// Callers with less than a session.
pub mod narrow;
/// Who is asking, and whether the request may come from where it comes.
pub mod auth;
/// JSON bodies, with limits that are told.
pub mod body;
/// What every answer carries.
pub mod answers;
/// What stands before a multipart form.
pub mod gate;
/// Files that go out.
pub mod download;
/// The same POST twice is one.
pub mod idempotency;
/// The API described as OpenAPI.
pub mod openapi;
/// Every route, in one table.
pub mod routes;
/// Listening, on TCP and on the operator's socket.
pub mod serve;
/// How the process holds memory.
pub mod memory;
/// The commands.
pub mod cli;
