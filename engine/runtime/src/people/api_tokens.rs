//! Tokens by which programs speak to the API as somebody, with less than their rights and never with more.
//!
//! A token is shown once, when it is made; what is stored is its hash, and its first letters so that people can tell one
//! from another. What it may is reckoned anew at every request: its roles as far as its owner holds them at that
//! moment, narrowed to the entities and to the reading that it was made for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use kezhi_plan::access;
use kezhi_store::tokens::Token;
use kezhi_types::{Caller, Id, Narrowing, Timestamp, Violation, Violations};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::directory::Directory;
use super::networks::Network;
use super::tokens::{hash, random_token};
use crate::audit::{Note, note};
use crate::error::Error;
use crate::runtime::Runtime;

/// What every token begins with, so that one that leaked is found by whoever looks for such letters.
pub const MARK: &str = "kz_";
/// Letters by which people tell tokens apart, the mark included.
const PREFIX: usize = 11;
/// The right without which nobody has tokens.
const RIGHT: &str = "use_api";
/// The longest name, in characters; most networks of one token; most tokens of one person.
const NAME: usize = 80;
const NETWORKS: usize = 20;
const TOKENS: usize = 50;
/// How old the note of the last use may be before it is renewed.
const TOUCH: i64 = 5 * 60_000;
/// How long another engine node's change may go unnoticed.
const FRESH: Duration = Duration::from_secs(2);

/// A token to be made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenBody {
    /// What its owner calls it.
    pub name: String,
    /// Roles that it keeps; all of the owner's when absent.
    pub roles: Option<Vec<String>>,
    /// Entities that it reaches; all that its roles reach when absent.
    pub entities: Option<Vec<String>>,
    /// Nothing is changed through it.
    pub read_only: bool,
    /// When it ends; never when absent.
    pub expires: Option<Timestamp>,
    /// Addresses and networks from which it is heard; everywhere when absent.
    pub networks: Vec<String>,
    /// Login of the owner, for the operator; the caller when absent.
    pub owner: Option<String>,
}

/// A token as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation; the body has them")]
pub struct TokenView {
    pub id: Id,
    pub name: String,
    /// Its first letters.
    pub prefix: String,
    pub owner: Id,
    pub roles: Vec<String>,
    pub entities: Option<Vec<String>>,
    pub read_only: bool,
    pub networks: Vec<String>,
    pub created_at: Timestamp,
    pub expires: Option<Timestamp>,
    /// When it was last used, to some minutes.
    pub used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// Whether it is heard at present.
    pub active: bool,
}

/// Tokens as last read, by their hash.
#[derive(Debug, Default)]
pub(crate) struct KeptTokens(Mutex<HashMap<String, (Instant, Token)>>);

impl KeptTokens {
    fn forget(&self) {
        self.0.lock().clear();
    }
}

impl Runtime {
    /// Makes a token of the caller's; the text is told here and never again.
    ///
    /// # Errors
    /// Denied without `use_api`, and for whoever comes by a token; `session.prove_again`; `token.name`, `token.role`, `token.entity`,
    /// `token.network`, `token.expires`, `token.too_many`.
    pub async fn create_token(&self, caller: &Caller, body: TokenBody) -> Result<(TokenView, String), Error> {
        let directory = self.directory().await?;
        let owner = self.owner_of(caller, &directory, body.owner.as_deref())?;
        if owner.narrowed.is_some() {
            return Err(Error::denied(RIGHT, "token"));
        }
        self.require(&owner, RIGHT)?;
        self.require_proof(caller)?;
        let now = self.0.clock.unmoved();
        let roles = self.checked(&owner, &body, now)?;
        let own = self.0.store.reader().tokens().await?;
        if own.iter().filter(|token| token.owner == owner.id && is_active(token, now)).count() >= TOKENS {
            return Err(invalid("token.too_many", "/name", TOKENS.to_string()));
        }
        let text = format!("{MARK}{}", random_token());
        let token = Token {
            id: Id::new(now),
            name: body.name.trim().to_owned(),
            prefix: text.chars().take(PREFIX).collect(),
            hash: hash(&text),
            owner: owner.id,
            roles,
            entities: body.entities,
            read_only: body.read_only,
            networks: body.networks,
            created_at: now,
            expires_at: body.expires,
            used_at: None,
            revoked_at: None,
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_token(&token).await?;
        let told = Note::new("token", "created", caller, now).subject(Some(token.owner));
        let told = told.detail("token", token.id.to_string()).detail("roles", token.roles.clone());
        note(&mut tx, told.detail("read_only", token.read_only)).await?;
        tx.commit().await?;
        Ok((view(token, now), text))
    }

    /// The caller's own tokens, the newest first; everybody's for whoever manages people.
    ///
    /// # Errors
    /// The store's.
    pub async fn tokens(&self, caller: &Caller) -> Result<Vec<TokenView>, Error> {
        let all = caller.narrowed.is_none() && self.require(caller, "manage_users").is_ok();
        let tokens = self.0.store.reader().tokens().await?;
        let now = self.0.clock.unmoved();
        let told = tokens.into_iter().filter(|token| all || token.owner == caller.id);
        Ok(told.map(|token| view(token, now)).collect())
    }

    /// Takes a token back. One that is over stays so.
    ///
    /// # Errors
    /// Not found, also for somebody else's where the caller does not manage people.
    pub async fn revoke_token(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        let unknown = || Error::NotFound { kind: "token", key: id.to_string() };
        let token = self.0.store.reader().token(id).await?.ok_or_else(unknown)?;
        let all = caller.narrowed.is_none() && self.require(caller, "manage_users").is_ok();
        if token.owner != caller.id && !all {
            return Err(unknown());
        }
        let mut tx = self.0.store.begin().await?;
        let now = self.0.clock.unmoved();
        tx.revoke_token(id, now).await?;
        let told = Note::new("token", "revoked", caller, now).subject(Some(token.owner));
        note(&mut tx, told.detail("token", id.to_string())).await?;
        tx.commit().await?;
        self.0.tokens.forget();
        Ok(())
    }

    /// Who speaks by this token from this address; `demo` whether demo accounts answer.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a token that is not known, has ended, was taken back or is not heard from there, and
    /// for one whose owner may have none any more; `session.network` and `session.must_enrol` where the owner could not work
    /// from there, or not before they have a second factor.
    pub async fn caller_by_token(
        &self,
        text: &str,
        (from, demo): (Option<IpAddr>, bool),
    ) -> Result<Caller, Error> {
        if !text.starts_with(MARK) || text.len() > 100 {
            return Err(Error::Unauthenticated);
        }
        let now = self.0.clock.unmoved();
        let token = self.kept_token(&hash(text)).await?.filter(|token| is_active(token, now));
        let token = token.ok_or(Error::Unauthenticated)?;
        let networks: Vec<Network> = token.networks.iter().filter_map(|text| Network::parse(text)).collect();
        let heard = token.networks.is_empty()
            || from.is_some_and(|from| networks.iter().any(|network| network.holds(from)));
        if !heard {
            return Err(Error::Unauthenticated);
        }
        let caller = self.narrowed(&token, demo).await?;
        self.keep_demands(&token, from).await?;
        if token.used_at.is_none_or(|used| now.0 - used.0 > TOUCH)
            && let Err(error) = self.touch_token(token.id, now).await
        {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
        Ok(caller)
    }

    /// Who speaks by a token that began something a while ago, with what it leaves of its owner's rights now.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where it has been taken back since or its owner may have none; its end does not matter
    /// to what was begun before it.
    pub(crate) async fn caller_under_token(&self, id: Id) -> Result<Caller, Error> {
        let token = self.0.store.reader().token(id).await?.filter(|token| token.revoked_at.is_none());
        self.narrowed(&token.ok_or(Error::Unauthenticated)?, true).await
    }

    /// What is demanded of how somebody signs in is demanded of their tokens: of all their roles, also of those that the
    /// token leaves out, or whoever is held to the office would work from elsewhere by a token.
    async fn keep_demands(&self, token: &Token, from: Option<IpAddr>) -> Result<(), Error> {
        let directory = self.directory().await?;
        let owner = directory.users.get(&token.owner).ok_or(Error::Unauthenticated)?;
        if !self.may_come_from(&owner.roles, from).await? {
            return Err(Error::AtDoor("session.network"));
        }
        let lacks = self.demands_second_factor(&owner.roles).await?
            && self.second_factors(owner.id).await?.is_empty();
        if lacks { Err(Error::AtDoor("session.must_enrol")) } else { Ok(()) }
    }

    async fn narrowed(&self, token: &Token, demo: bool) -> Result<Caller, Error> {
        let directory = self.directory().await?;
        let owner = directory.users.get(&token.owner).filter(|user| user.active && (demo || !user.demo));
        let owner = directory.caller(owner.ok_or(Error::Unauthenticated)?);
        if self.require(&owner, RIGHT).is_err() {
            return Err(Error::Unauthenticated);
        }
        let everything = owner.is_unlimited();
        let kept =
            |role: &&String| (everything || owner.roles.contains(role)) && self.may_lend(&owner.roles, role);
        let roles = token.roles.iter().filter(kept).cloned().collect();
        let narrowed =
            Narrowing { token: token.id, read_only: token.read_only, entities: token.entities.clone() };
        Ok(Caller { roles, narrowed: Some(narrowed), ..owner })
    }

    async fn kept_token(&self, hash: &str) -> Result<Option<Token>, Error> {
        if let Some((read, token)) = self.0.tokens.0.lock().get(hash)
            && read.elapsed() < FRESH
        {
            return Ok(Some(token.clone()));
        }
        let token = self.0.store.reader().token_by_hash(hash).await?;
        let mut kept = self.0.tokens.0.lock();
        kept.retain(|_, (read, _)| read.elapsed() < FRESH);
        if let Some(token) = &token {
            kept.insert(hash.to_owned(), (Instant::now(), token.clone()));
        }
        Ok(token)
    }

    async fn touch_token(&self, id: Id, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.touch_token(id, now).await?;
        tx.commit().await?;
        self.0.tokens.forget();
        Ok(())
    }

    /// Whose token it becomes. Only the operator makes one for somebody else: for the only administrator where nobody is
    /// named.
    fn owner_of(&self, caller: &Caller, directory: &Directory, login: Option<&str>) -> Result<Caller, Error> {
        if caller.kind == kezhi_types::CallerKind::Person {
            return match login {
                Some(login) if directory.by_login(login).is_none_or(|user| user.id != caller.id) => {
                    Err(Error::denied("create", "token"))
                }
                _ => Ok(caller.clone()),
            };
        }
        let found = match login {
            Some(login) => directory.by_login(login).filter(|user| user.active),
            None => {
                let is_administrator =
                    |user: &&kezhi_store::User| user.active && user.roles.iter().any(|role| role == "admin");
                let mut administrators = directory.users.values().filter(is_administrator);
                administrators.next().filter(|_| administrators.next().is_none())
            }
        };
        let user =
            found.ok_or_else(|| invalid("user.unknown_person", "/owner", login.unwrap_or("?").to_owned()))?;
        Ok(directory.caller(user))
    }

    /// The roles that the token keeps, once everything that was asked for is in order.
    fn checked(&self, owner: &Caller, body: &TokenBody, now: Timestamp) -> Result<Vec<String>, Error> {
        let length = body.name.trim().chars().count();
        if length == 0 || length > NAME || body.name.contains(char::is_control) {
            return Err(invalid("token.name", "/name", NAME.to_string()));
        }
        let plan = self.plan().ok();
        let roles = body.roles.clone().unwrap_or_else(|| owner.roles.clone());
        for (at, role) in roles.iter().enumerate() {
            let known = || plan.as_ref().is_some_and(|plan| plan.roles.contains_key(role));
            let lent = self.may_lend(&owner.roles, role);
            let holds = owner.roles.contains(role) || (owner.is_unlimited() && known());
            if !lent || !holds {
                return Err(invalid("token.role", &format!("/roles/{at}"), role.clone()));
            }
        }
        if roles.is_empty() {
            return Err(invalid("token.role", "/roles", String::new()));
        }
        for (at, key) in body.entities.iter().flatten().enumerate() {
            let entity = plan.as_ref().and_then(|plan| plan.entity(key).map(|entity| (plan, entity)));
            let known = entity.is_some_and(|(plan, entity)| access::may_know(plan, entity, owner));
            // Whoever needs no role cannot be held to some entities: name the roles that it shall have.
            if !known || roles.iter().any(|role| role == "admin") {
                return Err(invalid("token.entity", &format!("/entities/{at}"), key.clone()));
            }
        }
        if body.networks.len() > NETWORKS {
            return Err(invalid("token.network", "/networks", NETWORKS.to_string()));
        }
        for (at, text) in body.networks.iter().enumerate() {
            Network::parse(text)
                .ok_or_else(|| invalid("token.network", &format!("/networks/{at}"), text.clone()))?;
        }
        if let Some(expires) = body.expires.filter(|expires| *expires <= now) {
            return Err(invalid("token.expires", "/expires", expires.to_string()));
        }
        Ok(roles)
    }
}

fn is_active(token: &Token, now: Timestamp) -> bool {
    token.revoked_at.is_none() && token.expires_at.is_none_or(|expires| expires > now)
}

fn view(token: Token, now: Timestamp) -> TokenView {
    TokenView {
        active: is_active(&token, now),
        id: token.id,
        name: token.name,
        prefix: token.prefix,
        owner: token.owner,
        roles: token.roles,
        entities: token.entities,
        read_only: token.read_only,
        networks: token.networks,
        created_at: token.created_at,
        expires: token.expires_at,
        used_at: token.used_at,
        revoked_at: token.revoked_at,
    }
}

fn invalid(code: &str, pointer: &str, value: String) -> Error {
    Violations::from(Violation::new(code, pointer).with("value", value)).into()
}
