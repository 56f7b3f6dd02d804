//! Signing in and out. A session is a row: a restart signs nobody out. The token itself is never stored.
//!
//! A session is *half* while a second factor is owed: it answers nothing but the second half. Whoever proves again who
//! they are gets another token, and the old one is over.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use kezhi_store::{Session, User};
use kezhi_types::{Caller, Id, Timestamp};
use parking_lot::Mutex;

use super::notes::{AtDoor, DoorNote};
use super::password;
use super::tokens::{hash, random_token};
use crate::error::Error;
use crate::runtime::Runtime;

/// Without a request for so long a session ends: 12 hours.
const IDLE: i64 = 12 * 3_600_000;
/// The longest life of a session: 7 days.
const LIFE: i64 = 7 * 24 * 3_600_000;
/// How long the second half of a sign-in may take: 10 minutes.
const HALF: i64 = 10 * 60_000;
/// How old the note of the last request may be before it is renewed.
const TOUCH: i64 = 5 * 60_000;
/// How long another engine node's sign-out may go unnoticed.
const FRESH: Duration = Duration::from_secs(2);
/// How much is kept of what a browser calls itself.
const AGENT: usize = 200;

/// Where somebody stands who wants in.
#[derive(Debug, Clone, Default)]
pub struct Door {
    /// The network address; none by the operator's socket.
    pub address: Option<IpAddr>,
    /// Whether demo accounts answer there.
    pub demo: bool,
    /// What the browser calls itself.
    pub agent: String,
    /// The cookie that names the browser, where it brought one.
    pub device: Option<String>,
}

/// Somebody who has just signed in, or signed in by half.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session's token, for the cookie.
    pub token: String,
    /// Sent back with every change.
    pub csrf: String,
    /// Who it is.
    pub caller: Caller,
    /// Whether they must choose another password before anything else.
    pub must_change: bool,
    /// By what the second factor that is owed may be given: `totp`, `recovery`, `passkey`; empty where none is owed.
    pub second_factor: Vec<&'static str>,
    /// A cookie that names this browser from now on.
    pub device: Option<String>,
}

/// What a session may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Everything.
    Whole,
    /// Giving the second factor.
    Half,
    /// Getting a second factor, which their roles demand.
    MustEnrol,
}

/// Somebody who asks under a session.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// Who it is.
    pub caller: Caller,
    /// The session's CSRF token.
    pub csrf: String,
    /// Whether they must choose another password before anything else.
    pub must_change: bool,
    /// What the session may be used for.
    pub standing: Admission,
}

/// How a session begins.
pub(super) struct How<'a> {
    /// `password`, `passkey`, `oidc`.
    pub way: &'a str,
    /// Whether a second factor is owed.
    pub half: bool,
    /// Whether one was given.
    pub strong: bool,
    /// The session that ends with it; the new one lives no longer than it would have.
    pub replaces: Option<&'a Session>,
}

/// Sessions as last read, by the hash of their token.
#[derive(Debug, Default)]
pub(crate) struct KeptSessions(Mutex<HashMap<String, (Instant, Session)>>);

impl KeptSessions {
    /// Forgets all, after a sign-out or a change of rights.
    pub(crate) fn forget(&self) {
        self.0.lock().clear();
    }
}

impl Door {
    /// What failures are counted by: the address, of IPv6 the 64 bits that a household has.
    #[must_use]
    pub fn network(&self) -> String {
        match self.address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            None => "unknown".to_owned(),
        }
    }
}

impl Runtime {
    /// Signs a person in with a password; by half, where a second factor is owed.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::TooMany`], `session.network`.
    pub async fn sign_in(&self, login: &str, given: &str, door: &Door) -> Result<SignedIn, Error> {
        let directory = self.directory().await?;
        let user = directory.by_login(login).filter(|user| user.active && (door.demo || !user.demo));
        let device = match user {
            Some(user) => self.known_device(user.id, door.device.as_deref()).await?,
            None => None,
        };
        let network = door.network();
        if device.is_none() {
            self.0.attempts.hears(&network)?;
        }
        let gate = self.0.attempts.gate(login.to_lowercase(), device.unwrap_or_else(|| network.clone()));
        let mut attempts = gate.lock().await;
        attempts.count()?;
        let matches = password::matches(given, user.and_then(|user| user.password.clone())).await?;
        let note = DoorNote {
            what: AtDoor::SignInRefused,
            person: user.map(|user| user.id),
            by: None,
            address: door.address,
            detail: "password",
        };
        let Some(user) = user.filter(|user| matches && user.password.is_some()) else {
            self.0.attempts.failed(&network);
            self.note_refused_login(note, login).await;
            return Err(Error::WrongPassword);
        };
        attempts.forgive();
        drop(attempts);
        self.renew_hash(user, given).await;
        self.enter(user, "password", false, door).await
    }

    /// Lets somebody in who has proved who they are in one way; `strong` where that stands for two.
    pub(super) async fn enter(
        &self,
        user: &User,
        way: &str,
        strong: bool,
        door: &Door,
    ) -> Result<SignedIn, Error> {
        let note =
            |what| DoorNote { what, person: Some(user.id), by: None, address: door.address, detail: way };
        if !self.may_come_from(&user.roles, door.address).await? {
            self.note_at_door(note(AtDoor::NetworkRefused)).await;
            return Err(Error::AtDoor("session.network"));
        }
        let ways = if strong { Vec::new() } else { self.second_factor_owed(user).await? };
        let half = !ways.is_empty();
        let mut signed_in = self.begin_session(user, How { way, half, strong, replaces: None }, door).await?;
        signed_in.second_factor = ways;
        if !half {
            signed_in.device = Some(self.name_device(user.id).await?);
            self.note_at_door(note(AtDoor::SignedIn)).await;
        }
        Ok(signed_in)
    }

    /// Begins a session, in place of another one where it says so.
    pub(super) async fn begin_session(
        &self,
        user: &User,
        how: How<'_>,
        door: &Door,
    ) -> Result<SignedIn, Error> {
        let now = self.0.clock.unmoved();
        let (token, csrf) = (random_token(), random_token());
        let created_at = how.replaces.filter(|old| !old.half).map_or(now, |old| old.created_at);
        let lives = if how.half { HALF } else { IDLE };
        let session = Session {
            token_hash: hash(&token),
            csrf: csrf.clone(),
            person: user.id,
            created_at,
            seen_at: now,
            expires_at: now.plus_millis(lives).min(created_at.plus_millis(LIFE)),
            proved_at: now,
            way: how.way.to_owned(),
            half: how.half,
            strong: how.strong,
            network: door.address.map(|address| address.to_string()).unwrap_or_default(),
            agent: door.agent.chars().take(AGENT).collect(),
        };
        let mut tx = self.0.store.begin().await?;
        tx.delete_expired_sessions(now).await?;
        if let Some(old) = how.replaces {
            tx.delete_session(&old.token_hash).await?;
        }
        tx.insert_session(&session).await?;
        tx.commit().await?;
        self.0.sessions.forget();
        let caller = Caller { proved_at: Some(now), ..self.directory().await?.caller(user) };
        let must_change = user.must_change;
        Ok(SignedIn { token, csrf, caller, must_change, second_factor: Vec::new(), device: None })
    }

    /// The person behind a session's token; `demo` whether demo accounts answer, `address` where they ask from.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is no such session any more; `session.network`; the store's.
    pub async fn caller_of(
        &self,
        token: &str,
        demo: bool,
        address: Option<IpAddr>,
    ) -> Result<Recognised, Error> {
        let session = self.session_of(token).await?;
        let now = self.0.clock.unmoved();
        if now.0 - session.seen_at.0 > TOUCH
            && !session.half
            && let Err(error) = self.touch(&session, now).await
        {
            // Whoever is signed in stays so while nothing can be written.
            tracing::warn!(%error, "the use of a session could not be noted");
        }
        let directory = self.directory().await?;
        let user = directory.users.get(&session.person).filter(|user| user.active && (demo || !user.demo));
        let user = user.ok_or(Error::Unauthenticated)?;
        if !self.may_come_from(&user.roles, address).await? {
            return Err(Error::AtDoor("session.network"));
        }
        let standing = self.standing_of(&session, user).await?;
        let caller = Caller { proved_at: Some(session.proved_at), ..directory.caller(user) };
        Ok(Recognised { caller, csrf: session.csrf, must_change: user.must_change, standing })
    }

    async fn standing_of(&self, session: &Session, user: &User) -> Result<Admission, Error> {
        if session.half {
            return Ok(Admission::Half);
        }
        if session.strong || !self.demands_second_factor(&user.roles).await? {
            return Ok(Admission::Whole);
        }
        let has_none = self.second_factors(user.id).await?.is_empty();
        Ok(if has_none { Admission::MustEnrol } else { Admission::Half })
    }

    /// Ends a session. Ending one that is over changes nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let person = self.session_of(token).await.ok().map(|session| session.person);
        let mut tx = self.0.store.begin().await?;
        tx.delete_session(&hash(token)).await?;
        tx.commit().await?;
        self.0.sessions.forget();
        let note = DoorNote { what: AtDoor::SignedOut, person, by: None, address: None, detail: "" };
        self.note_at_door(note).await;
        Ok(())
    }

    /// A session in place of those that a change of one's own password has ended; the proofs of the old one count on.
    ///
    /// # Errors
    /// The store's.
    pub async fn go_on_after(&self, caller: &Caller, strong: bool, door: &Door) -> Result<SignedIn, Error> {
        let directory = self.directory().await?;
        let user = directory.users.get(&caller.id).ok_or(Error::Unauthenticated)?;
        self.begin_session(user, How { way: "password", half: false, strong, replaces: None }, door).await
    }

    /// Whether a second factor was given in this session.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]; the store's.
    pub async fn is_strong(&self, token: &str) -> Result<bool, Error> {
        Ok(self.session_of(token).await?.strong)
    }

    /// Ends every session of a person.
    pub(super) async fn sign_out_everywhere(
        &self,
        tx: &mut kezhi_store::Tx,
        person: Id,
    ) -> Result<(), Error> {
        tx.delete_sessions_of(person).await?;
        self.0.sessions.forget();
        Ok(())
    }

    /// The live session of a token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is none any more.
    pub(super) async fn session_of(&self, token: &str) -> Result<Session, Error> {
        let now = self.0.clock.unmoved();
        let session = self.session(&hash(token)).await?.filter(|session| session.expires_at > now);
        session.ok_or(Error::Unauthenticated)
    }

    async fn session(&self, hash: &str) -> Result<Option<Session>, Error> {
        if let Some((read, session)) = self.0.sessions.0.lock().get(hash)
            && read.elapsed() < FRESH
        {
            return Ok(Some(session.clone()));
        }
        let session = self.0.store.reader().session(hash).await?;
        let mut kept = self.0.sessions.0.lock();
        kept.retain(|_, (read, _)| read.elapsed() < FRESH);
        if let Some(session) = &session {
            kept.insert(hash.to_owned(), (Instant::now(), session.clone()));
        }
        Ok(session)
    }

    async fn touch(&self, session: &Session, now: Timestamp) -> Result<(), Error> {
        let latest = session.created_at.plus_millis(LIFE);
        let expires_at = now.plus_millis(IDLE).min(latest);
        let mut tx = self.0.store.begin().await?;
        tx.touch_session(&session.token_hash, now, expires_at).await?;
        tx.commit().await?;
        self.0.sessions.forget();
        Ok(())
    }

    /// Makes the hash of a password that has just been given anew where it was made more weakly.
    async fn renew_hash(&self, user: &User, given: &str) {
        let Some(old) = user.password.as_deref().filter(|hash| !password::is_current(hash)) else { return };
        let renewed = async {
            let new = password::hash(given).await?;
            let mut tx = self.0.store.begin().await?;
            tx.rehash_password(user.id, old, &new).await?;
            tx.commit().await?;
            self.forget_people();
            Ok::<_, Error>(())
        };
        if let Err(error) = renewed.await {
            tracing::warn!(%error, "a password could not be hashed anew");
        }
    }
}
