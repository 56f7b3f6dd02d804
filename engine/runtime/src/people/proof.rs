//! Proving who one is: the second half of a sign-in, and once more before what matters.

use kezhi_store::User;
use kezhi_types::{Caller, Violation, Violations};
use serde::Deserialize;
use serde_json::Value;

use super::notes::{AtDoor, DoorNote};
use super::password;
use super::sessions::{Door, How, SignedIn};
use crate::error::Error;
use crate::runtime::Runtime;

/// One of: a password; a code of the app or for recovery; what an authenticator answered to a step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Proof {
    pub password: Option<String>,
    pub code: Option<String>,
    pub step: Option<String>,
    pub credential: Option<Value>,
}

impl Runtime {
    /// Refuses a person who has not proved who they are within the last 10 minutes. To be asked before roles, tokens and
    /// keys are changed, and before sensitive data leave; the interface asks for the proof and repeats the request.
    ///
    /// # Errors
    /// `session.prove_again`.
    pub(crate) fn require_proof(&self, caller: &Caller) -> Result<(), Error> {
        if caller.recently_proved(self.0.clock.unmoved()) {
            return Ok(());
        }
        Err(Error::AtDoor("session.prove_again"))
    }

    /// Gives the second factor that a session owes. The session goes on under another token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where nothing is owed; `session.wrong_code`; `passkey.refused`; [`Error::TooMany`].
    pub async fn prove_second(&self, token: &str, proof: &Proof, door: &Door) -> Result<SignedIn, Error> {
        let session = self.session_of(token).await?;
        let user = self.user_at(session.person, door).await?;
        if proof.password.is_some() {
            return Err(no_proof());
        }
        if let Err(error) = self.check_proof(&user, proof, door).await {
            self.note_proof(AtDoor::SecondFactorRefused, &user, door, proof).await;
            return Err(error);
        }
        let how = How { way: &session.way, half: false, strong: true, replaces: Some(&session) };
        let mut signed_in = self.begin_session(&user, how, door).await?;
        signed_in.device = Some(self.name_device(user.id).await?);
        self.note_proof(AtDoor::SignedIn, &user, door, proof).await;
        Ok(signed_in)
    }

    /// Proves once more who one is. The session goes on under another token.
    ///
    /// # Errors
    /// [`Error::WrongPassword`]; `session.wrong_code`; `passkey.refused`; [`Error::TooMany`].
    pub async fn prove_again(&self, token: &str, proof: &Proof, door: &Door) -> Result<SignedIn, Error> {
        let session = self.session_of(token).await?;
        if session.half {
            return Err(Error::Unauthenticated);
        }
        let user = self.user_at(session.person, door).await?;
        if let Err(error) = self.check_proof(&user, proof, door).await {
            self.note_proof(AtDoor::ProofRefused, &user, door, proof).await;
            return Err(error);
        }
        let strong = session.strong || proof.password.is_none();
        let how = How { way: &session.way, half: false, strong, replaces: Some(&session) };
        let signed_in = self.begin_session(&user, how, door).await?;
        self.note_proof(AtDoor::ProvedAgain, &user, door, proof).await;
        Ok(signed_in)
    }

    /// The active person with this identifier.
    pub(super) async fn user_at(&self, person: kezhi_types::Id, door: &Door) -> Result<User, Error> {
        let directory = self.directory().await?;
        let user = directory.users.get(&person).filter(|user| user.active && (door.demo || !user.demo));
        user.cloned().ok_or(Error::Unauthenticated)
    }

    async fn check_proof(&self, user: &User, proof: &Proof, door: &Door) -> Result<(), Error> {
        let device = self.known_device(user.id, door.device.as_deref()).await?;
        match (&proof.password, &proof.code, &proof.step, &proof.credential) {
            (Some(given), None, None, None) => {
                let whence = device.unwrap_or_else(|| door.network());
                let gate = self.0.attempts.gate(user.login.to_lowercase(), whence);
                let mut attempts = gate.lock().await;
                attempts.count()?;
                if user.password.is_none() || !password::matches(given, user.password.clone()).await? {
                    self.0.attempts.failed(&door.network());
                    return Err(Error::WrongPassword);
                }
                attempts.forgive();
                Ok(())
            }
            (None, Some(code), None, None) => {
                // Whoever gets here knows the password or holds the session: they are counted wherever they come from.
                let gate = self.0.attempts.gate(format!("code of {}", user.id), device.unwrap_or_default());
                let mut attempts = gate.lock().await;
                attempts.count()?;
                if !self.take_code(user.id, code).await? {
                    return Err(Error::AtDoor("session.wrong_code"));
                }
                attempts.forgive();
                Ok(())
            }
            (None, None, Some(step), Some(credential)) => {
                let person = self.check_passkey(step, credential).await?;
                if person == user.id { Ok(()) } else { Err(Error::AtDoor("passkey.refused")) }
            }
            _ => Err(no_proof()),
        }
    }

    async fn note_proof(&self, what: AtDoor, user: &User, door: &Door, proof: &Proof) {
        let detail = match proof {
            Proof { password: Some(_), .. } => "password",
            Proof { code: Some(_), .. } => "code",
            _ => "passkey",
        };
        let note = DoorNote { what, person: Some(user.id), by: None, address: door.address, detail };
        self.note_at_door(note).await;
    }
}

fn no_proof() -> Error {
    Violations::from(Violation::new("session.proof", "")).into()
}
