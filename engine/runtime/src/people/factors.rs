//! Second factors: codes of an app (TOTP, RFC 6238) and recovery codes, each good for one use.

use kezhi_store::{Totp, User};
use kezhi_types::{Caller, Id, Timestamp};
use serde::Serialize;
use serde_json::Value;
use totp_rs::{Builder, Secret};

use super::notes::{AtDoor, DoorNote};
use super::tokens::{hash, random_bytes};
use crate::error::Error;
use crate::runtime::Runtime;

/// How many recovery codes there are at a time.
const CODES: usize = 10;
/// Letters of a recovery code: 120 bits, so that its plain hash gives nothing away.
const LETTERS: usize = 24;
/// What recovery codes are written in: no letter that is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What is needed to put a secret into an app.
#[derive(Debug, Clone, Serialize)]
pub struct TotpOffer {
    /// Base32, to be typed where no picture can be taken.
    pub secret: String,
    /// `otpauth://…`, to be shown as a QR code.
    pub url: String,
}

/// What a person proves with.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Factors {
    pub password: bool,
    pub totp: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes: i64,
    pub passkeys: Vec<PasskeyView>,
    pub identities: Vec<IdentityView>,
    /// Whether the workspace or a role demands a second factor.
    pub demanded: bool,
}

/// A passkey as its person sees it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct PasskeyView {
    pub id: String,
    pub title: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// An account elsewhere as its person sees it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct IdentityView {
    pub id: String,
    pub provider: String,
    pub name: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

impl Runtime {
    /// What the caller proves with.
    ///
    /// # Errors
    /// The store's.
    pub async fn my_factors(&self, caller: &Caller) -> Result<Factors, Error> {
        let reader = self.0.store.reader();
        let user = reader.user(caller.id).await?;
        let passkeys = reader.passkeys_of(caller.id).await?.into_iter();
        let identities = reader.identities_of(caller.id).await?.into_iter();
        Ok(Factors {
            password: user.is_some_and(|user| user.password.is_some()),
            totp: reader.totp(caller.id).await?.is_some_and(|totp| totp.confirmed),
            recovery_codes: reader.recovery_codes_left(caller.id).await?,
            passkeys: passkeys
                .map(|key| PasskeyView {
                    id: key.id,
                    title: key.title,
                    created_at: key.created_at,
                    used_at: key.used_at,
                })
                .collect(),
            identities: identities
                .map(|found| IdentityView {
                    id: super::oidc::name_of(&found),
                    provider: found.provider,
                    name: found.name,
                    created_at: found.created_at,
                    used_at: found.used_at,
                })
                .collect(),
            demanded: self.demands_second_factor(&caller.roles).await?,
        })
    }

    /// Offers a new secret; nothing is asked for it until a first code confirms it.
    ///
    /// # Errors
    /// `session.prove_again`; `second_factor.there` where one is confirmed already.
    pub async fn offer_totp(&self, caller: &Caller) -> Result<TotpOffer, Error> {
        self.require_proof(caller)?;
        let reader = self.0.store.reader();
        let user = reader.user(caller.id).await?.ok_or(Error::Unauthenticated)?;
        let title = reader.setting("title").await?;
        let title = title.as_ref().and_then(Value::as_str).unwrap_or("Kezhi").replace(':', " ");
        let secret = Secret::from(random_bytes::<20>());
        let totp = Builder::new().with_secret(secret).with_account_name(user.login).with_issuer(Some(title));
        let totp = totp.build().map_err(|error| Error::Internal(error.to_string()))?;
        let offer = TotpOffer {
            secret: totp.secret().to_base32(),
            url: totp.to_url().map_err(|error| Error::Internal(error.to_string()))?,
        };
        let mut tx = self.0.store.begin().await?;
        if tx.totp(caller.id).await?.is_some_and(|totp| totp.confirmed) {
            return Err(refusal("second_factor.there"));
        }
        let sealed = self.sealing_key(&mut tx).await?.seal(caller.id, &offer.secret)?;
        let created_at = self.0.clock.now();
        tx.save_totp(&Totp { person: caller.id, secret: sealed, confirmed: false, step: 0, created_at })
            .await?;
        tx.commit().await?;
        Ok(offer)
    }

    /// Confirms the secret that was offered by its first code; gives recovery codes, which are shown this once. Every other
    /// session of the person ends.
    ///
    /// # Errors
    /// `session.wrong_code`; [`Error::TooMany`]; `second_factor.not_offered`.
    pub async fn confirm_totp(&self, caller: &Caller, token: &str, code: &str) -> Result<Vec<String>, Error> {
        let gate = self.0.attempts.gate(format!("first code of {}", caller.id), String::new());
        let mut attempts = gate.lock().await;
        attempts.count()?;
        let offered = self.0.store.reader().totp(caller.id).await?.filter(|totp| !totp.confirmed);
        let offered = offered.ok_or_else(|| refusal("second_factor.not_offered"))?;
        if !self.take_totp(&offered, code).await? {
            return Err(Error::AtDoor("session.wrong_code"));
        }
        attempts.forgive();
        self.note_factor(AtDoor::TotpAdded, caller).await;
        self.settle_new_factor(caller, token).await
    }

    /// After a first factor came: recovery codes where there are none, the session counts as strong, and others end.
    pub(super) async fn settle_new_factor(&self, caller: &Caller, token: &str) -> Result<Vec<String>, Error> {
        let mut tx = self.0.store.begin().await?;
        let codes = if tx.recovery_codes_left(caller.id).await? == 0 { make_codes() } else { Vec::new() };
        if !codes.is_empty() {
            tx.save_recovery_codes(caller.id, &codes.iter().map(|code| code_hash(code)).collect::<Vec<_>>())
                .await?;
        }
        tx.strengthen_session(&hash(token)).await?;
        tx.delete_other_sessions(caller.id, &hash(token)).await?;
        tx.commit().await?;
        self.0.sessions.forget();
        Ok(codes)
    }

    /// Asks for no codes any more.
    ///
    /// # Errors
    /// `session.prove_again`; `second_factor.demanded` where nothing else would be left of what is demanded.
    pub async fn remove_totp(&self, caller: &Caller) -> Result<(), Error> {
        self.require_proof(caller)?;
        let is_demanded = self.demands_second_factor(&caller.roles).await?;
        let mut tx = self.0.store.begin().await?;
        if tx.passkeys_of(caller.id).await?.is_empty() {
            if is_demanded {
                return Err(refusal("second_factor.demanded"));
            }
            tx.save_recovery_codes(caller.id, &[]).await?;
        }
        tx.delete_totp(caller.id).await?;
        tx.commit().await?;
        self.note_factor(AtDoor::TotpRemoved, caller).await;
        Ok(())
    }

    /// Gives new recovery codes; the old ones are good for nothing any more.
    ///
    /// # Errors
    /// `session.prove_again`; `second_factor.none` where there is nothing that they would stand for.
    pub async fn renew_recovery_codes(&self, caller: &Caller) -> Result<Vec<String>, Error> {
        self.require_proof(caller)?;
        if self.second_factors(caller.id).await?.is_empty() {
            return Err(refusal("second_factor.none"));
        }
        let codes = make_codes();
        let mut tx = self.0.store.begin().await?;
        tx.save_recovery_codes(caller.id, &codes.iter().map(|code| code_hash(code)).collect::<Vec<_>>())
            .await?;
        tx.commit().await?;
        self.note_factor(AtDoor::RecoveryCodesMade, caller).await;
        Ok(codes)
    }

    /// Takes all second factors from somebody who lost them, and ends their sessions.
    ///
    /// # Errors
    /// Denied, also where the person holds roles that the caller neither holds nor may grant; `session.prove_again`.
    pub async fn reset_factors(&self, caller: &Caller, person: Id) -> Result<(), Error> {
        self.require(caller, "manage_users")?;
        let user = self.0.store.reader().user(person).await?;
        let user = user.ok_or_else(|| Error::NotFound { kind: "user", key: person.to_string() })?;
        self.may_hold_keys_of(caller, &user)?;
        self.require_proof(caller)?;
        let mut tx = self.0.store.begin().await?;
        tx.delete_factors(person).await?;
        self.sign_out_everywhere(&mut tx, person).await?;
        tx.commit().await?;
        self.0.sessions.forget();
        let note = DoorNote {
            what: AtDoor::FactorsReset,
            person: Some(person),
            by: Some(caller.id),
            address: None,
            detail: "",
        };
        self.note_at_door(note).await;
        Ok(())
    }

    /// What somebody has beside a password: `totp`, `recovery`, `passkey`; empty where only recovery codes are left.
    pub(super) async fn second_factors(&self, person: Id) -> Result<Vec<&'static str>, Error> {
        let reader = self.0.store.reader();
        let mut found = Vec::new();
        if reader.totp(person).await?.is_some_and(|totp| totp.confirmed) {
            found.push("totp");
        }
        if !reader.passkeys_of(person).await?.is_empty() {
            found.push("passkey");
        }
        if !found.is_empty() && reader.recovery_codes_left(person).await? > 0 {
            found.push("recovery");
        }
        Ok(found)
    }

    /// By what the second factor may be given that a session owes.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is no such session any more.
    pub async fn second_factors_of(&self, token: &str) -> Result<Vec<&'static str>, Error> {
        self.second_factors(self.session_of(token).await?.person).await
    }

    /// By what the second factor may be given that somebody owes after a password; empty where none is owed. Codes of an
    /// app are always asked for, a passkey only where a second factor is demanded.
    pub(super) async fn second_factor_owed(&self, user: &User) -> Result<Vec<&'static str>, Error> {
        let found = self.second_factors(user.id).await?;
        let owed = found.contains(&"totp") || self.demands_second_factor(&user.roles).await?;
        Ok(if owed { found } else { Vec::new() })
    }

    /// Whether a code of the app or for recovery is right; it is used up.
    pub(super) async fn take_code(&self, person: Id, code: &str) -> Result<bool, Error> {
        let code: String = code.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
        if code.len() == LETTERS {
            let mut tx = self.0.store.begin().await?;
            let taken = tx.take_recovery_code(person, &code_hash(&code)).await?;
            tx.commit().await?;
            if taken {
                let note = DoorNote {
                    what: AtDoor::RecoveryCodeUsed,
                    person: Some(person),
                    by: None,
                    address: None,
                    detail: "",
                };
                self.note_at_door(note).await;
            }
            return Ok(taken);
        }
        match self.0.store.reader().totp(person).await?.filter(|totp| totp.confirmed) {
            Some(totp) => self.take_totp(&totp, &code).await,
            None => Ok(false),
        }
    }

    /// Whether a code belongs to the secret now, or 30 seconds before or after; it and earlier ones are used up.
    async fn take_totp(&self, totp: &Totp, code: &str) -> Result<bool, Error> {
        let secret = self.0.secrets.open(totp.person, &totp.secret)?;
        let secret = Secret::try_from_base32(secret).map_err(|error| Error::Internal(error.to_string()))?;
        let app = Builder::new().with_secret(secret).build();
        let app = app.map_err(|error| Error::Internal(error.to_string()))?;
        let seconds = u64::try_from(self.0.clock.unmoved().0 / 1000).unwrap_or(0);
        let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let Some(step) = app.check(&code, seconds) else { return Ok(false) };
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let mut tx = self.0.store.begin().await?;
        let taken = tx.take_totp_step(totp.person, &totp.secret, step).await?;
        tx.commit().await?;
        Ok(taken)
    }

    pub(super) async fn note_factor(&self, what: AtDoor, caller: &Caller) {
        let note = DoorNote { what, person: Some(caller.id), by: None, address: None, detail: "" };
        self.note_at_door(note).await;
    }
}

pub(super) fn refusal(code: &'static str) -> Error {
    Error::Conflict { code, detail: code.to_owned(), data: Value::Null }
}

/// Fresh codes as they are shown: `xxxxxx-xxxxxx-xxxxxx-xxxxxx`.
fn make_codes() -> Vec<String> {
    let code = || {
        let letters = random_bytes::<LETTERS>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        letters.chunks(6).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    };
    (0..CODES).map(|_| code()).collect()
}

/// What a code is known by, however it was typed.
fn code_hash(code: &str) -> String {
    let plain = code.chars().filter(|letter| letter.is_ascii_alphanumeric()).map(|letter| {
        match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        }
    });
    hash(&plain.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let codes = make_codes();
        assert_eq!(codes.len(), CODES);
        let code = &codes[0];
        assert_eq!(code.len(), LETTERS + 3);
        assert_eq!(code_hash(code), code_hash(&code.to_uppercase().replace('-', " ").replace('1', "l")));
        assert_ne!(code_hash(code), code_hash(&codes[1]));
    }
}
