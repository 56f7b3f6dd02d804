//! People, departments, passwords, sessions, and what else somebody signs in with.

/// Making and changing accounts and departments.
mod accounts;
/// How often somebody may try.
mod attempts;
/// Browsers with which somebody signed in before.
mod devices;
/// Who works here, kept in memory between changes.
mod directory;
/// Codes of an app and recovery codes.
mod factors;
/// The list of a person's sessions.
mod my_sessions;
/// What happened at the door.
mod notes;
/// Accounts elsewhere.
mod oidc;
/// Keys of authenticators.
mod passkeys;
/// Passwords: hashing and checking, a few at a time.
mod password;
/// What is demanded of whoever signs in.
mod policy;
/// Proving who one is.
mod proof;
/// Signing in and out.
mod sessions;
/// The first administrator of an empty workspace.
mod setup;
/// Random names and their hashes.
mod tokens;

pub use accounts::{DepartmentChange, DepartmentView, UserChange, UserView};
pub use attempts::SignInAttempts;
pub use directory::Directory;
pub(crate) use directory::Kept as KeptDirectory;
pub use factors::{Factors, IdentityView, PasskeyView, TotpOffer};
pub use my_sessions::SessionView;
pub(crate) use oidc::Oidc;
pub use oidc::{Callback, CameBack, OidcProvider, Purpose, SentAway};
pub use passkeys::{NewPasskey, passkeys_work_at};
pub(crate) use policy::KeptPolicy;
pub use policy::SignInPolicy;
pub use proof::Proof;
pub(crate) use sessions::KeptSessions;
pub use sessions::{Door, Recognised, SignedIn, Standing};
pub use setup::{Setup, operator};
