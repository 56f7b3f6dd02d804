//! What happened at the door, told to the audit in one place.

use std::net::IpAddr;

use kezhi_types::{Caller, CallerKind, Id};

use crate::audit::Note;
use crate::runtime::Runtime;

/// What happened. The audit calls it by [`AtDoor::word`].
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

impl AtDoor {
    /// The word of the audit: `session.signed_in`.
    const fn word(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "refused",
            Self::SecondFactorRefused => "second_factor_refused",
            Self::NetworkRefused => "network_refused",
            Self::ProvedAgain => "proved_again",
            Self::ProofRefused => "proof_refused",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::TotpAdded => "totp_added",
            Self::TotpRemoved => "totp_removed",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
            Self::FactorsReset => "factors_reset",
            Self::PolicyChanged => "policy_changed",
        }
    }
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
    /// Notes what happened at the door, after it is committed. Nothing that is noted here can be refused any more: what
    /// cannot be written into the audit stands in the log.
    pub(crate) async fn note_at_door(&self, note: DoorNote<'_>) {
        let told = self.told_at_door(&note);
        self.keep_at_door(told, note).await;
    }

    /// The same of a sign-in that was refused, with the login that was typed.
    pub(crate) async fn note_refused_login(&self, note: DoorNote<'_>, login: &str) {
        let told = self.told_at_door(&note).personal("login", login);
        self.keep_at_door(told, note).await;
    }

    fn told_at_door(&self, note: &DoorNote<'_>) -> Note {
        let DoorNote { what, person, by, address, detail } = *note;
        let who = match by.or(person) {
            Some(id) => Caller { id, kind: CallerKind::Person, ..Caller::system("") },
            None => Caller::system("unknown"),
        };
        let told = Note::new("session", what.word(), &who, self.0.clock.now()).subject(person);
        told.detail("by", detail).personal("network", address.map(|address| address.to_string()))
    }

    async fn keep_at_door(&self, told: Note, note: DoorNote<'_>) {
        if let Err(error) = self.note_alone(told).await {
            tracing::warn!(%error, ?note, "what happened at the door was not noted");
        }
    }
}
