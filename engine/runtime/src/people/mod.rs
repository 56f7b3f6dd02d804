//! People, departments, passwords and sessions.

/// Making and changing accounts and departments.
mod accounts;
/// Who works here, kept in memory between changes.
mod directory;
/// Passwords: hashing and checking, a few at a time.
mod password;
/// Addresses and networks.
mod networks;
/// Signing in and out.
mod sessions;
/// Tokens of the API.
mod api_tokens;
/// Seeing as somebody else.
mod viewings;
/// The first administrator of an empty workspace.
mod setup;

pub use accounts::{DepartmentChange, DepartmentView, UserChange, UserView};
pub use directory::Directory;
pub(crate) use directory::Kept as KeptDirectory;
pub(crate) use sessions::KeptSessions;
pub use sessions::{Recognised, SignInAttempts, SignedIn};
pub use setup::{Setup, operator};
pub(crate) use api_tokens::KeptTokens;
pub use api_tokens::{TokenBody, TokenView};
pub use viewings::{SeenAs, Somebody, ViewingView};
