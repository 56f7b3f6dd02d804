//! People, departments, teams, positions, sessions, and what somebody signs in with.

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
/// Random names and their hashes.
mod tokens;
/// What happened at the door.
mod notes;
/// How often somebody may try.
mod attempts;
/// Browsers with which somebody signed in before.
mod devices;
/// What is demanded of whoever signs in.
mod policy;
/// Proving who one is.
mod proof;
/// Codes of an app and recovery codes.
mod factors;
/// Keys of authenticators.
mod passkeys;
/// Accounts elsewhere.
mod oidc;
/// The list of a person's sessions.
mod my_sessions;
/// Signing in and out.
mod sessions;
/// One-time links by which people choose their password.
mod invitations;
/// What a directory outside keeps up to date.
mod provision;
/// Addresses and networks.
mod networks;
/// Tokens of the API.
mod api_tokens;
/// Seeing as somebody else.
mod viewings;
/// The first administrator of an empty workspace.
mod setup;

pub(crate) use accounts::{blank, join_teams, not_found};
pub(crate) use api_tokens::KeptTokens;
pub use api_tokens::{TokenBody, TokenView};
pub use attempts::SignInAttempts;
pub use directory::Directory;
pub(crate) use directory::{Kept as KeptDirectory, address_of};
pub use factors::{Factors, IdentityView, PasskeyView, TotpOffer};
pub(crate) use guard::{GRANT, MANAGE, manages, nobody_left};
pub use invitations::{LinkMade, LinkTold};
pub use listing::{Count, RoleView, UserPage, UserQuery};
pub use my_sessions::SessionView;
pub(crate) use oidc::Oidc;
pub use oidc::{Callback, CameBack, OidcProvider, Purpose, SentAway};
pub use passkeys::{NewPasskey, passkeys_work_at};
pub(crate) use policy::KeptPolicy;
pub use policy::SignInPolicy;
pub use proof::Proof;
pub use provision::{DirectoryTokenView, NewDirectoryToken, Provisioned, Source, TokenMade};
pub(crate) use sessions::KeptSessions;
pub use sessions::{Admission, Door, Recognised, SignedIn};
pub use setup::{Setup, operator};
pub(crate) use told::{done, told_of_department, told_of_user};
pub use view::{
    DepartmentChange, DepartmentView, PositionChange, PositionView, Standing, TeamChange, TeamView,
    UserChange, UserView,
};
pub use viewings::{SeenAs, Somebody, ViewingView};
