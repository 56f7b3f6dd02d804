//! What happened at the door, told in one place: whoever keeps an audit trail takes it up in [`Runtime::note_at_door`].

use std::net::IpAddr;

use kezhi_types::Id;

use crate::runtime::Runtime;

/// What happened. The names are told to the log, and are part of what an audit trail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub(crate) enum AtDoor {
    SignedIn,
    SignInRefused,
    SecondFactorRefused,
    NetworkRefused,
    ProvedAgain,
    ProofRefused,
    SignedOut,
    SessionsEnded,
    TotpAdded,
    TotpRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    PasskeyAdded,
    PasskeyRemoved,
    IdentityLinked,
    IdentityUnlinked,
    FactorsReset,
    PolicyChanged,
}

/// One thing that happened at the door.
#[derive(Debug, Clone)]
pub(crate) struct DoorNote<'a> {
    /// What.
    pub what: AtDoor,
    /// Whose account; none where nobody was found.
    pub person: Option<Id>,
    /// Who did it, where it was somebody else.
    pub by: Option<Id>,
    /// Where they came from.
    pub address: Option<IpAddr>,
    /// `password`, `totp`, `passkey`, `oidc:<provider>`; never a password, a code or a token.
    pub detail: &'a str,
}

impl Runtime {
    /// Notes what happened at the door, after it is committed. Nothing that is noted here can be refused any more.
    #[allow(clippy::unused_async, reason = "whoever keeps the notes writes rows")]
    pub(crate) async fn note_at_door(&self, note: DoorNote<'_>) {
        let DoorNote { what, person, by, address, detail } = note;
        let (person, by) = (person.map(|id| id.to_string()), by.map(|id| id.to_string()));
        tracing::info!(target: "kezhi::door", ?what, person, by, ?address, detail, "at the door");
    }
}
