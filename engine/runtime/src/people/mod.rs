//! People, departments, teams, positions, passwords and sessions.

/// Who works here, kept in memory between changes.
mod directory;
/// What callers call people and departments.
mod named;
/// What is to be known of people, and how others see them.
mod view;
/// Who manages people, and that somebody always does.
mod guard;
/// Passwords: hashing and checking, a few at a time.
mod password;
/// What the audit is told.
mod told;
/// Making and changing accounts.
mod accounts;
/// Who is here: lists of people.
mod listing;
/// Departments: a tree with heads and deputies.
mod departments;
/// Teams, and positions.
mod teams;
/// Signing in and out.
mod sessions;
/// One-time links by which people choose their password.
mod invitations;
/// What a directory outside keeps up to date.
mod provision;
/// The first administrator of an empty workspace.
mod setup;

pub(crate) use accounts::{blank, join_teams, not_found};
pub use directory::Directory;
pub(crate) use directory::{Kept as KeptDirectory, address_of};
pub(crate) use guard::{MANAGE, manages, nobody_left};
pub use invitations::{LinkMade, LinkTold};
pub use listing::{Count, RoleView, UserPage, UserQuery};
pub use provision::{DirectoryTokenView, NewDirectoryToken, Provisioned, Source, TokenMade};
pub(crate) use sessions::KeptSessions;
pub use sessions::{Recognised, SignInAttempts, SignedIn};
pub use setup::{Setup, operator};
pub(crate) use told::{done, told_of_department, told_of_user};
pub use view::{
    DepartmentChange, DepartmentView, PositionChange, PositionView, Standing, TeamChange, TeamView,
    UserChange, UserView,
};
