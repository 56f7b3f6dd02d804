//! People, departments, passwords and sessions.

/// Making and changing accounts and departments.
mod accounts;
/// Who works here, kept in memory between changes.
mod directory;
/// Passwords: hashing and checking, a few at a time.
mod password;
/// Signing in and out.
mod sessions;
/// The first administrator of an empty workspace.
mod setup;
/// What the audit is told.
mod told;

pub use accounts::{DepartmentChange, DepartmentView, UserChange, UserView};
pub use directory::Directory;
pub(crate) use directory::Kept as KeptDirectory;
pub(crate) use sessions::KeptSessions;
pub use sessions::{Recognised, SignInAttempts, SignedIn};
pub use setup::{Setup, operator};
