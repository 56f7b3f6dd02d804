//! People, departments, passwords and sessions.

/// Passwords: hashing and checking, a few at a time.
mod password;
/// Who works here, kept in memory between changes.
mod directory;
/// Signing in and out.
mod sessions;
/// Making and changing accounts and departments.
mod accounts;
/// The first administrator of an empty workspace.
mod setup;

pub use accounts::{DepartmentChange, DepartmentView, UserChange, UserView};
pub use directory::Directory;
pub use sessions::{SignedIn, SignInAttempts};
pub use setup::{Setup, operator};
pub(crate) use directory::Kept as KeptDirectory;
pub(crate) use sessions::KeptSessions;
