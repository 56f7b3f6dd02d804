//! Signing in with an account elsewhere: OpenID Connect, by code with PKCE, state and nonce. An account is known by its
//! issuer and subject alone; a mail address or a name links nothing.

/// What is done with somebody whom a provider has vouched for.
mod accounts;
/// How providers are reached.
mod wire;

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use kezhi_types::{Caller, Id};
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdTokenClaims,
    CoreJwsSigningAlgorithm as Signed, CoreProviderMetadata,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) use self::accounts::name_of;
use self::wire::Wire;
use super::factors::refusal;
use super::notes::AtDoor;
use super::sessions::{Door, SignedIn};
use super::tokens::{hash, random_token};
use crate::error::Error;
use crate::runtime::Runtime;

/// How long somebody may take at the provider: 10 minutes.
const PATIENCE: i64 = 10 * 60_000;
/// How long what a provider says of itself counts.
const FRESH: Duration = Duration::from_secs(300);
/// How tokens may be signed: never not at all, and never with the client's own secret.
const SIGNED: [Signed; 8] = [
    Signed::RsaSsaPkcs1V15Sha256,
    Signed::RsaSsaPkcs1V15Sha384,
    Signed::RsaSsaPkcs1V15Sha512,
    Signed::RsaSsaPssSha256,
    Signed::RsaSsaPssSha384,
    Signed::EcdsaP256Sha256,
    Signed::EcdsaP384Sha384,
    Signed::EdDsa,
];

/// A provider, as the settings of the process name it.
#[derive(Clone)]
pub struct OidcProvider {
    /// Its key in addresses: letters, digits and `-`.
    pub key: String,
    /// What people read on its button.
    pub title: String,
    /// Its own name of itself, `https://…`.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// The secret shared with it; none for a public client.
    pub client_secret: Option<String>,
    /// What is asked for beyond `openid`.
    pub scopes: Vec<String>,
    /// Roles of the account that is made for whoever is not linked yet; nobody is let in so when there are none.
    pub roles: Vec<String>,
    /// Whether it asks for a second factor itself, so that none is asked for here.
    pub second_factor: bool,
}

impl fmt::Debug for OidcProvider {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "OidcProvider({} at {})", self.key, self.issuer)
    }
}

/// The providers, and what they said of themselves.
#[derive(Debug, Default)]
pub(crate) struct Oidc {
    pub(crate) providers: Vec<OidcProvider>,
    known: Mutex<HashMap<String, (Instant, CoreProviderMetadata)>>,
    wire: OnceLock<Wire>,
}

impl Oidc {
    pub(crate) fn new(providers: Vec<OidcProvider>) -> Self {
        Self { providers, ..Self::default() }
    }
}

/// What somebody is sent to a provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To link their account there with the one they are signed in with.
    Link,
    /// To prove once more who they are.
    Prove,
}

/// Where somebody is sent, and what their browser keeps meanwhile.
#[derive(Debug, Clone)]
pub struct SentAway {
    /// The provider's address.
    pub url: String,
    /// For a cookie: the answer is taken from this browser alone.
    pub browser: String,
}

/// How somebody came back.
#[derive(Debug, Clone)]
pub struct CameBack {
    /// Where they wanted to go.
    pub next: String,
    /// The session that they have now; none where an account was linked.
    pub signed_in: Option<Box<SignedIn>>,
}

/// What a provider sent with somebody who comes back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the names are those of the protocol")]
pub struct Callback {
    pub code: Option<String>,
    pub state: Option<String>,
    pub iss: Option<String>,
    pub error: Option<String>,
}

/// What lies between going and coming back.
#[derive(Debug, Serialize, Deserialize)]
struct Away {
    provider: String,
    purpose: Purpose,
    redirect: String,
    nonce: String,
    verifier: String,
    browser: String,
    next: String,
}

type Ready = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Runtime {
    /// The providers, key and title.
    pub fn oidc_providers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.oidc.providers.iter().map(|provider| (provider.key.as_str(), provider.title.as_str()))
    }

    /// Sends somebody to a provider. `base` is this server's own address; `next` where they go afterwards.
    ///
    /// # Errors
    /// Not found; [`Error::TooMany`]; `oidc.unreachable`; to link an account also `session.prove_again`.
    pub async fn send_away(
        &self,
        key: &str,
        (purpose, caller): (Purpose, Option<&Caller>),
        (base, next): (&str, &str),
        door: &Door,
    ) -> Result<SentAway, Error> {
        self.0.attempts.knock(&door.network())?;
        let provider = self.provider(key)?;
        if purpose != Purpose::SignIn && caller.is_none() {
            return Err(Error::Unauthenticated);
        }
        if let Some(caller) = caller.filter(|_| purpose == Purpose::Link) {
            self.require_proof(caller)?;
        }
        let redirect = format!("{base}/api/session/oidc/{key}/callback");
        let client = self.client(provider, &redirect, false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut question = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in &provider.scopes {
            question = question.add_scope(Scope::new(scope.clone()));
        }
        if purpose == Purpose::Prove {
            question = question.set_max_age(Duration::ZERO).add_prompt(CoreAuthPrompt::Login);
        }
        let (url, state, nonce) = question.url();
        let browser = random_token();
        let away = Away {
            provider: key.to_owned(),
            purpose,
            redirect,
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            browser: hash(&browser),
            next: next.to_owned(),
        };
        let until = self.0.clock.unmoved().plus_millis(PATIENCE);
        let person = caller.filter(|_| purpose != Purpose::SignIn).map(|caller| caller.id);
        self.remember_as(("oidc", state.secret()), person, json!(away), until).await?;
        Ok(SentAway { url: url.to_string(), browser })
    }

    /// Takes somebody back who comes from a provider. `browser` is what their cookie kept, `session` the token of the
    /// session that they had when they left.
    ///
    /// # Errors
    /// `oidc.denied` where they or the provider refused; `oidc.step` where nobody was sent; `oidc.refused` where the answer
    /// does not hold; `oidc.unreachable`; `oidc.unlinked` where the account belongs to nobody; `oidc.linked` where it is
    /// somebody else's; as for signing in.
    pub async fn come_back(
        &self,
        key: &str,
        callback: Callback,
        (browser, session): (Option<&str>, Option<(&str, &Caller)>),
        door: &Door,
    ) -> Result<CameBack, Error> {
        self.0.attempts.hears(&door.network())?;
        let (person, away) = self.away(key, &callback, browser).await?;
        let provider = self.provider(key)?;
        if callback.error.is_some() {
            return Err(Error::AtDoor("oidc.denied"));
        }
        if callback.iss.as_ref().is_some_and(|issuer| *issuer != provider.issuer) {
            return Err(refused("it came from another issuer"));
        }
        let code = callback.code.ok_or_else(|| refused("there is no code"))?;
        let claims = self.claims(provider, &away, code).await.inspect_err(|_| {
            self.0.attempts.failed(&door.network());
        })?;
        let signed_in = match away.purpose {
            Purpose::SignIn => Some(self.sign_in_by_claims(provider, &claims, door).await?),
            Purpose::Link | Purpose::Prove => {
                let (token, caller) = session.ok_or(Error::Unauthenticated)?;
                if person != Some(caller.id) {
                    return Err(Error::AtDoor("oidc.step"));
                }
                if away.purpose == Purpose::Link {
                    self.link(provider, &claims, caller, door).await?;
                    None
                } else {
                    Some(self.prove_by_claims(provider, &claims, (token, caller), door).await?)
                }
            }
        };
        Ok(CameBack { next: away.next, signed_in: signed_in.map(Box::new) })
    }

    /// Unlinks one of the caller's accounts elsewhere.
    ///
    /// # Errors
    /// Not found; `session.prove_again`; `oidc.last` where the person could not sign in any more.
    pub async fn unlink(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        self.require_proof(caller)?;
        let mut tx = self.0.store.begin().await?;
        let linked = tx.identities_of(caller.id).await?;
        let found = linked.iter().find(|identity| name_of(identity) == id);
        let found = found.ok_or_else(|| Error::NotFound { kind: "identity", key: id.to_owned() })?;
        let user = tx.user(caller.id).await?;
        let has_other = linked.len() > 1
            || user.is_some_and(|user| user.password.is_some())
            || !tx.passkeys_of(caller.id).await?.is_empty();
        if !has_other {
            return Err(refusal("oidc.last"));
        }
        tx.delete_identity(caller.id, &found.issuer, &found.subject).await?;
        tx.commit().await?;
        self.note_factor(AtDoor::IdentityUnlinked, caller).await;
        Ok(())
    }

    fn provider(&self, key: &str) -> Result<&OidcProvider, Error> {
        let found = self.0.oidc.providers.iter().find(|provider| provider.key == key);
        found.ok_or_else(|| Error::NotFound { kind: "provider", key: key.to_owned() })
    }

    /// What was kept when somebody left, taken once, and only by the browser that they left with.
    async fn away(
        &self,
        key: &str,
        callback: &Callback,
        browser: Option<&str>,
    ) -> Result<(Option<Id>, Away), Error> {
        let over = || Error::AtDoor("oidc.step");
        let state = callback.state.as_deref().ok_or_else(over)?;
        let (person, data) = self.recall("oidc", state).await.map_err(|error| match error {
            Error::Conflict { .. } => over(),
            other => other,
        })?;
        let away: Away = serde_json::from_value(data).map_err(|error| Error::Internal(error.to_string()))?;
        let is_theirs = browser.is_some_and(|browser| hash(browser) == away.browser);
        if is_theirs && away.provider == key { Ok((person, away)) } else { Err(over()) }
    }

    /// What a provider says of itself, at most five minutes old unless it must be `anew`.
    async fn metadata(&self, provider: &OidcProvider, anew: bool) -> Result<CoreProviderMetadata, Error> {
        if let Some((read, known)) = self.0.oidc.known.lock().get(&provider.key)
            && read.elapsed() < FRESH
            && !anew
        {
            return Ok(known.clone());
        }
        let issuer =
            IssuerUrl::new(provider.issuer.clone()).map_err(|error| unreachable(provider, &error))?;
        let wire = self.wire(provider)?;
        let ask = |request| wire.clone().call(request);
        let found = CoreProviderMetadata::discover_async(issuer, &ask).await;
        let found = found.map_err(|error| unreachable(provider, &error))?;
        self.0.oidc.known.lock().insert(provider.key.clone(), (Instant::now(), found.clone()));
        Ok(found)
    }

    fn wire(&self, provider: &OidcProvider) -> Result<Wire, Error> {
        if let Some(wire) = self.0.oidc.wire.get() {
            return Ok(wire.clone());
        }
        let wire = Wire::new().map_err(|error| unreachable(provider, &error))?;
        Ok(self.0.oidc.wire.get_or_init(|| wire).clone())
    }

    async fn client(&self, provider: &OidcProvider, redirect: &str, anew: bool) -> Result<Ready, Error> {
        let metadata = self.metadata(provider, anew).await?;
        let methods = metadata.token_endpoint_auth_methods_supported().cloned().unwrap_or_default();
        let by_body = methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
        let secret = provider.client_secret.clone().map(ClientSecret::new);
        let redirect =
            RedirectUrl::new(redirect.to_owned()).map_err(|error| unreachable(provider, &error))?;
        let client =
            CoreClient::from_provider_metadata(metadata, ClientId::new(provider.client_id.clone()), secret);
        let client = client.set_redirect_uri(redirect);
        Ok(if by_body { client.set_auth_type(AuthType::RequestBody) } else { client })
    }

    /// What the provider says of whoever came back, after everything about it was checked.
    async fn claims(
        &self,
        provider: &OidcProvider,
        away: &Away,
        code: String,
    ) -> Result<CoreIdTokenClaims, Error> {
        let client = self.client(provider, &away.redirect, false).await?;
        let wire = self.wire(provider)?;
        let ask = |request| wire.clone().call(request);
        let request = client.exchange_code(AuthorizationCode::new(code));
        let request = request.map_err(|error| unreachable(provider, &error))?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(away.verifier.clone()));
        let tokens = request.request_async(&ask).await.map_err(|error| refused(&error.to_string()))?;
        let token = tokens.id_token().ok_or_else(|| refused("there is no ID token"))?;
        let nonce = Nonce::new(away.nonce.clone());
        let checked = |client: &Ready| {
            let verifier = client.id_token_verifier().set_allowed_algs(SIGNED);
            let claims = token.claims(&verifier, &nonce).map_err(|error| refused(&error.to_string()))?;
            if let Some(told) = claims.access_token_hash() {
                let wrong = |error: &dyn fmt::Display| refused(&error.to_string());
                let algorithm = token.signing_alg().map_err(|error| wrong(&error))?;
                let key = token.signing_key(&verifier).map_err(|error| wrong(&error))?;
                let own = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
                if own.map_err(|error| wrong(&error))? != *told {
                    return Err(refused("the access token is another one"));
                }
            }
            Ok(claims.clone())
        };
        match checked(&client) {
            Ok(claims) => Ok(claims),
            // Its keys may have changed since they were read.
            Err(_) => checked(&self.client(provider, &away.redirect, true).await?),
        }
    }
}

fn unreachable(provider: &OidcProvider, error: &dyn std::error::Error) -> Error {
    let mut why = error.to_string();
    let mut inner = error.source();
    while let Some(source) = inner {
        why = format!("{why}: {source}");
        inner = source.source();
    }
    tracing::warn!(provider = provider.key, why, "a provider of OpenID Connect cannot be asked");
    Error::AtDoor("oidc.unreachable")
}

fn refused(why: &str) -> Error {
    tracing::warn!(why, "an answer of a provider of OpenID Connect does not hold");
    Error::AtDoor("oidc.refused")
}
