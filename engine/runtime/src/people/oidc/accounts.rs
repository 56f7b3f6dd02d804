//! What is done with somebody whom a provider has vouched for: sign in, make an account, link, prove.

use kezhi_store::{Identity, User};
use kezhi_types::{Caller, Id, Timestamp};
use openidconnect::core::CoreIdTokenClaims;

use super::{OidcProvider, refused};
use crate::error::Error;
use crate::people::directory::is_login;
use crate::people::notes::{AtDoor, DoorNote};
use crate::people::operator;
use crate::people::sessions::{Door, How, SignedIn};
use crate::people::tokens::hash;
use crate::people::view::UserChange;
use crate::runtime::Runtime;

impl Runtime {
    pub(super) async fn sign_in_by_claims(
        &self,
        provider: &OidcProvider,
        claims: &CoreIdTokenClaims,
        door: &Door,
    ) -> Result<SignedIn, Error> {
        let (issuer, subject) = (claims.issuer().as_str(), claims.subject().as_str());
        let user = match self.0.store.reader().identity(issuer, subject).await? {
            Some(linked) => {
                self.user_at(linked.person, door).await.map_err(|_| Error::AtDoor("oidc.unlinked"))?
            }
            None if provider.roles.is_empty() => return Err(Error::AtDoor("oidc.unlinked")),
            None => self.make_account(provider, claims, door).await?,
        };
        let mut tx = self.0.store.begin().await?;
        tx.use_identity(issuer, subject, self.0.clock.now()).await?;
        tx.commit().await?;
        self.enter(&user, "oidc", provider.second_factor, door).await
    }

    /// An account for somebody who comes for the first time, where the settings say which roles it holds.
    async fn make_account(
        &self,
        provider: &OidcProvider,
        claims: &CoreIdTokenClaims,
        door: &Door,
    ) -> Result<User, Error> {
        let wanted = claims.preferred_username().map(|name| name.as_str().to_owned());
        let directory = self.directory().await?;
        let free = wanted.filter(|login| is_login(login) && directory.by_login(login).is_none());
        let login = free.unwrap_or_else(|| format!("{}-{}", provider.key, &hash(claims.subject())[..12]));
        let name = claims.name().and_then(|names| names.get(None)).map(|name| name.as_str().to_owned());
        let email = claims.email().map(|email| email.as_str().to_owned());
        let change = UserChange {
            login: Some(login),
            name,
            email: email.filter(|email| kezhi_plan::kind::is_email(email)),
            roles: Some(provider.roles.clone()),
            ..UserChange::default()
        };
        let made = self.create_user(&operator(), change, false).await?;
        let user = self.user_at(made.id, door).await?;
        self.keep_identity(provider, claims, user.id).await?;
        Ok(user)
    }

    pub(super) async fn link(
        &self,
        provider: &OidcProvider,
        claims: &CoreIdTokenClaims,
        caller: &Caller,
        door: &Door,
    ) -> Result<(), Error> {
        let known =
            self.0.store.reader().identity(claims.issuer().as_str(), claims.subject().as_str()).await?;
        match known {
            Some(known) if known.person == caller.id => return Ok(()),
            Some(_) => return Err(Error::AtDoor("oidc.linked")),
            None => self.keep_identity(provider, claims, caller.id).await?,
        }
        let detail = provider.key.as_str();
        let what = AtDoor::IdentityLinked;
        let note = DoorNote { what, person: Some(caller.id), by: None, address: door.address, detail };
        self.note_at_door(note).await;
        Ok(())
    }

    async fn keep_identity(
        &self,
        provider: &OidcProvider,
        claims: &CoreIdTokenClaims,
        person: Id,
    ) -> Result<(), Error> {
        let named = claims.preferred_username().map(|name| name.as_str().to_owned());
        let named = named.or_else(|| claims.email().map(|email| email.as_str().to_owned()));
        let identity = Identity {
            issuer: claims.issuer().as_str().to_owned(),
            subject: claims.subject().as_str().to_owned(),
            person,
            provider: provider.key.clone(),
            name: named.unwrap_or_else(|| claims.subject().as_str().to_owned()),
            created_at: self.0.clock.now(),
            used_at: None,
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_identity(&identity).await?;
        Ok(tx.commit().await?)
    }

    /// The session goes on as one that was proved now, where the provider asked its person anew.
    pub(super) async fn prove_by_claims(
        &self,
        provider: &OidcProvider,
        claims: &CoreIdTokenClaims,
        (token, caller): (&str, &Caller),
        door: &Door,
    ) -> Result<SignedIn, Error> {
        let known =
            self.0.store.reader().identity(claims.issuer().as_str(), claims.subject().as_str()).await?;
        if known.is_none_or(|known| known.person != caller.id) {
            return Err(Error::AtDoor("oidc.linked"));
        }
        let now = self.0.clock.unmoved();
        let asked = claims.auth_time().map(|at| Timestamp(at.timestamp_millis()));
        if asked.is_none_or(|at| now.0 - at.0 >= kezhi_types::caller::PROOF) {
            return Err(refused("it did not ask anew"));
        }
        let session = self.session_of(token).await?;
        let user = self.user_at(caller.id, door).await?;
        let strong = session.strong || provider.second_factor;
        let how = How { way: &session.way, half: false, strong, replaces: Some(&session) };
        let signed_in = self.begin_session(&user, how, door).await?;
        let what = AtDoor::ProvedAgain;
        let note = DoorNote { what, person: Some(user.id), by: None, address: door.address, detail: "oidc" };
        self.note_at_door(note).await;
        Ok(signed_in)
    }
}

/// What names a link to its person.
pub(crate) fn name_of(identity: &Identity) -> String {
    hash(&format!("{}\n{}", identity.issuer, identity.subject))[..32].to_owned()
}
