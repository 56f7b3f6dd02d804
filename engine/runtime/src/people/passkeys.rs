//! Passkeys (WebAuthn). The authenticator asks for a finger, a face or its PIN, so one stands for two factors. They are
//! bound to a host name; where people reach the server by an address there are none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use kezhi_store::{SignInStep, StoredPasskey};
use kezhi_types::{Caller, Id, Violation, Violations};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::factors::refusal;
use super::notes::AtDoor;
use super::sessions::{Door, SignedIn};
use super::tokens::{hash, random_token};
use crate::error::Error;
use crate::runtime::Runtime;

/// How long a challenge waits for its answer: 5 minutes.
const PATIENCE: i64 = 5 * 60_000;
/// The most passkeys of a person.
const MOST: usize = 20;
/// The longest name of one.
const TITLE: usize = 60;

/// What an authenticator is asked, and the step that its answer belongs to.
pub type Asked = Value;

/// What an authenticator answered when it made a passkey.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct NewPasskey {
    pub step: String,
    #[serde(default)]
    pub title: String,
    pub credential: Value,
}

/// Whether passkeys work where people reach the server: by a domain name over TLS, or at `localhost`.
pub fn passkeys_work_at(origin: &str) -> bool {
    site(origin).is_some()
}

/// The host and the origin that passkeys are bound to.
fn site(origin: &str) -> Option<(String, Url)> {
    let url = Url::parse(origin).ok()?;
    let Some(Host::Domain(host)) = url.host() else { return None };
    let host = host.to_owned();
    (url.scheme() == "https" || host == "localhost").then_some((host, url))
}

fn relying_party(origin: &str) -> Result<Webauthn, Error> {
    let (host, url) = site(origin).ok_or_else(|| refusal("passkey.host"))?;
    let built = WebauthnBuilder::new(&host, &url).map(|builder| builder.rp_name("Kezhi 客制"));
    built.and_then(WebauthnBuilder::build).map_err(|error| Error::Internal(error.to_string()))
}

impl Runtime {
    /// Asks for a new passkey: `{step, options}`, the options for `navigator.credentials.create`.
    ///
    /// # Errors
    /// `session.prove_again`; `passkey.host`; `passkey.too_many`.
    pub async fn offer_passkey(&self, caller: &Caller, origin: &str) -> Result<Asked, Error> {
        self.require_proof(caller)?;
        let party = relying_party(origin)?;
        let reader = self.0.store.reader();
        let user = reader.user(caller.id).await?.ok_or(Error::Unauthenticated)?;
        let known = reader.passkeys_of(caller.id).await?;
        if known.len() >= MOST {
            return Err(refusal("passkey.too_many"));
        }
        let known: Vec<CredentialID> = known.iter().filter_map(|key| BASE64.decode(&key.id).ok()).collect();
        let asked = party.start_passkey_registration(caller.id.0, &user.login, &user.name, Some(known));
        let (asked, state) = asked.map_err(|error| Error::Internal(error.to_string()))?;
        let mut options = json!(asked)["publicKey"].take();
        // It is found without a login having been typed.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        let step = self
            .remember("passkey_new", Some(caller.id), json!({ "origin": origin, "state": state }))
            .await?;
        Ok(json!({ "step": step, "options": options }))
    }

    /// Keeps a new passkey. Gives recovery codes where there are none yet, shown this once; other sessions end.
    ///
    /// # Errors
    /// `passkey.step` when the question is over; `passkey.refused`; `passkey.title`; `passkey.known`.
    pub async fn add_passkey(
        &self,
        caller: &Caller,
        token: &str,
        new: NewPasskey,
    ) -> Result<Vec<String>, Error> {
        let title = new.title.trim().to_owned();
        if title.is_empty() || title.chars().count() > TITLE {
            return Err(Violations::from(Violation::new("passkey.title", "/title").with("max", TITLE)).into());
        }
        let (person, data) = self.recall("passkey_new", &new.step).await?;
        if person != Some(caller.id) {
            return Err(refusal("passkey.step"));
        }
        let state: PasskeyRegistration = read(&data["state"])?;
        let answer: RegisterPublicKeyCredential = answered(new.credential)?;
        let own = self.0.store.reader().passkeys_of(caller.id).await?;
        if own.iter().any(|key| key.id == BASE64.encode(&answer.raw_id)) {
            return Err(refusal("passkey.known"));
        }
        let party = relying_party(data["origin"].as_str().unwrap_or_default())?;
        let key = party.finish_passkey_registration(&answer, &state).map_err(|error| not_taken(&error))?;
        let stored = StoredPasskey {
            id: BASE64.encode(key.cred_id()),
            person: caller.id,
            title,
            credential: json!(key).to_string(),
            created_at: self.0.clock.now(),
            used_at: None,
        };
        let mut tx = self.0.store.begin().await?;
        if tx.passkey(&stored.id).await?.is_some() {
            return Err(refusal("passkey.known"));
        }
        tx.insert_passkey(&stored).await?;
        tx.commit().await?;
        self.note_factor(AtDoor::PasskeyAdded, caller).await;
        self.settle_new_factor(caller, token).await
    }

    /// Forgets one of the caller's passkeys.
    ///
    /// # Errors
    /// Not found; `session.prove_again`; `second_factor.demanded` where nothing else would be left of what is demanded.
    pub async fn remove_passkey(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        self.require_proof(caller)?;
        let is_demanded = self.demands_second_factor(&caller.roles).await?;
        let mut tx = self.0.store.begin().await?;
        if !tx.delete_passkey(caller.id, id).await? {
            return Err(Error::NotFound { kind: "passkey", key: id.to_owned() });
        }
        let has_codes = tx.totp(caller.id).await?.is_some_and(|totp| totp.confirmed);
        if !has_codes && tx.passkeys_of(caller.id).await?.is_empty() {
            if is_demanded {
                return Err(refusal("second_factor.demanded"));
            }
            tx.save_recovery_codes(caller.id, &[]).await?;
        }
        tx.commit().await?;
        self.note_factor(AtDoor::PasskeyRemoved, caller).await;
        Ok(())
    }

    /// Asks for a passkey: `{step, options}`, the options for `navigator.credentials.get`. Says nothing of anybody.
    ///
    /// # Errors
    /// [`Error::TooMany`]; `passkey.host`.
    pub async fn ask_passkey(&self, door: &Door, origin: &str) -> Result<Asked, Error> {
        self.0.attempts.knock(&door.network())?;
        let asked = relying_party(origin)?.start_discoverable_authentication();
        let (asked, state) = asked.map_err(|error| Error::Internal(error.to_string()))?;
        let step = self.remember("passkey", None, json!({ "origin": origin, "state": state })).await?;
        Ok(json!({ "step": step, "options": json!(asked)["publicKey"] }))
    }

    /// Signs in whoever holds a passkey.
    ///
    /// # Errors
    /// `passkey.step`; `passkey.refused`; [`Error::TooMany`]; `session.network`.
    pub async fn sign_in_by_passkey(
        &self,
        step: &str,
        credential: &Value,
        door: &Door,
    ) -> Result<SignedIn, Error> {
        let network = door.network();
        self.0.attempts.hears(&network)?;
        let person = match self.check_passkey(step, credential).await {
            Ok(person) => person,
            Err(error) => {
                self.0.attempts.failed(&network);
                return Err(error);
            }
        };
        let user = self.user_at(person, door).await.map_err(|_| Error::AtDoor("passkey.refused"))?;
        self.enter(&user, "passkey", true, door).await
    }

    /// Whose passkey answered a step; the step is used up.
    pub(super) async fn check_passkey(&self, step: &str, credential: &Value) -> Result<Id, Error> {
        let (_, data) = self.recall("passkey", step).await?;
        let state: DiscoverableAuthentication = read(&data["state"])?;
        let answer: PublicKeyCredential = answered(credential.clone())?;
        let party = relying_party(data["origin"].as_str().unwrap_or_default())?;
        let (person, id) =
            party.identify_discoverable_authentication(&answer).map_err(|error| not_taken(&error))?;
        let id = BASE64.encode(id);
        let stored = self.0.store.reader().passkey(&id).await?.filter(|stored| stored.person.0 == person);
        let stored = stored.ok_or(Error::AtDoor("passkey.refused"))?;
        let mut key: Passkey = serde_json::from_str(&stored.credential)
            .map_err(|error| Error::Internal(format!("the passkey {id} cannot be read: {error}")))?;
        let taken = party.finish_discoverable_authentication_v2(&answer, state, &key);
        let taken = taken.map_err(|error| not_taken(&error))?;
        key.update_credential(&taken);
        let mut tx = self.0.store.begin().await?;
        tx.use_passkey(&id, &json!(key).to_string(), self.0.clock.now()).await?;
        tx.commit().await?;
        Ok(stored.person)
    }

    /// Keeps what the next step needs; gives the name that only the browser has.
    pub(super) async fn remember(
        &self,
        kind: &str,
        person: Option<Id>,
        data: Value,
    ) -> Result<String, Error> {
        let (name, now) = (random_token(), self.0.clock.unmoved());
        self.remember_as((kind, &name), person, data, now.plus_millis(PATIENCE)).await?;
        Ok(name)
    }

    /// The same under a name that was chosen elsewhere, until a moment.
    pub(super) async fn remember_as(
        &self,
        (kind, name): (&str, &str),
        person: Option<Id>,
        data: Value,
        expires_at: kezhi_types::Timestamp,
    ) -> Result<(), Error> {
        let step = SignInStep {
            token_hash: hash(name),
            kind: kind.to_owned(),
            person,
            data: data.to_string(),
            expires_at,
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_sign_in_step(&step, self.0.clock.unmoved()).await?;
        Ok(tx.commit().await?)
    }

    /// Takes what a step kept, once.
    ///
    /// # Errors
    /// `passkey.step` where there is none any more.
    pub(super) async fn recall(&self, kind: &str, name: &str) -> Result<(Option<Id>, Value), Error> {
        let mut tx = self.0.store.begin().await?;
        let step = tx.take_sign_in_step(&hash(name), kind, self.0.clock.unmoved()).await?;
        tx.commit().await?;
        let step = step.ok_or_else(|| refusal("passkey.step"))?;
        let data = serde_json::from_str(&step.data).map_err(|error| Error::Internal(error.to_string()))?;
        Ok((step.person, data))
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, Error> {
    T::deserialize(value).map_err(|error| Error::Internal(format!("a step cannot be read: {error}")))
}

fn answered<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| {
        tracing::debug!(%error, "what came is no answer of an authenticator");
        Error::AtDoor("passkey.refused")
    })
}

fn not_taken(error: &webauthn_rs::prelude::WebauthnError) -> Error {
    tracing::debug!(%error, "a passkey was refused");
    Error::AtDoor("passkey.refused")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_over_tls_or_localhost() {
        for good in ["https://crm.example.com", "https://crm.example.com:8443", "http://localhost:8080"] {
            assert!(passkeys_work_at(good), "{good}");
            assert!(relying_party(good).is_ok(), "{good}");
        }
        for bad in
            ["http://crm.example.com", "https://192.168.1.5", "http://127.0.0.1:8080", "http://[::1]:80", ""]
        {
            assert!(!passkeys_work_at(bad), "{bad}");
        }
    }
}
