//! Signing in and out. A session is a row: a restart signs nobody out. The token itself is never stored.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kezhi_store::Session;
use kezhi_types::{Caller, Id, Timestamp};
use parking_lot::Mutex;
use rand::RngCore;
use sha2::{Digest, Sha256};

use super::password;
use crate::error::Error;
use crate::runtime::Runtime;

/// Without a request for so long a session ends: 12 hours.
const IDLE: i64 = 12 * 3_600_000;
/// The longest life of a session: 7 days.
const LIFE: i64 = 7 * 24 * 3_600_000;
/// How old the note of the last request may be before it is renewed.
const TOUCH: i64 = 5 * 60_000;
/// How long another engine node's sign-out may go unnoticed.
const FRESH: Duration = Duration::from_secs(2);
/// Failures that cost nothing.
const FREE_FAILURES: u32 = 5;
/// The longest wait after a failure, in seconds.
const LONGEST_WAIT: u64 = 300;

/// Somebody who has just signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session's token, for the cookie.
    pub token: String,
    /// Sent back with every change.
    pub csrf: String,
    /// Who it is.
    pub caller: Caller,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
    /// Whether they must choose another password before anything else.
    pub must_change: bool,
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

/// Attempts by login and network: who fails waits, and cannot make others wait.
#[derive(Debug, Default)]
pub struct SignInAttempts(Mutex<HashMap<(String, String), Arc<Gate>>>);

/// One attempt at a time goes through; the others find out how it ended.
type Gate = tokio::sync::Mutex<Attempts>;

/// What one login from one network has tried.
#[derive(Debug)]
struct Attempts {
    /// Attempts that failed since the last that succeeded.
    failures: u32,
    /// When the last one was made.
    last: Instant,
}

impl SignInAttempts {
    /// The gate of a login and network; forgets those that nobody stands at and that nothing waits for.
    fn gate(&self, key: (String, String)) -> Arc<Gate> {
        let mut gates = self.0.lock();
        gates.retain(|_, gate| {
            Arc::strong_count(gate) > 1 || gate.try_lock().is_ok_and(|attempts| attempts.matters())
        });
        let blank = || Arc::new(Gate::new(Attempts { failures: 0, last: Instant::now() }));
        gates.entry(key).or_insert_with(blank).clone()
    }
}

impl Attempts {
    /// Counts an attempt before it is heard, so that giving it up half-way is no way round the count.
    ///
    /// # Errors
    /// Seconds until the next attempt is heard.
    fn count(&mut self) -> Result<(), u64> {
        if let Some(excess) = self.failures.checked_sub(FREE_FAILURES) {
            let wait = Duration::from_secs(2u64.saturating_pow(excess.min(16)).min(LONGEST_WAIT));
            if let Some(left) = wait.checked_sub(self.last.elapsed()) {
                return Err(left.as_secs() + 1);
            }
        }
        (self.failures, self.last) = (self.failures.saturating_add(1), Instant::now());
        Ok(())
    }

    fn forgive(&mut self) {
        self.failures = 0;
    }

    fn matters(&self) -> bool {
        self.failures > 0 && self.last.elapsed() < Duration::from_secs(LONGEST_WAIT * 2)
    }
}

impl Runtime {
    /// Signs a person in. `network` is where they come from, and whether demo accounts answer there.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::TooMany`].
    pub async fn sign_in(&self, login: &str, given: &str, network: (&str, bool)) -> Result<SignedIn, Error> {
        let key = (login.to_lowercase(), network.0.to_owned());
        let gate = self.0.attempts.gate(key);
        let mut attempts = gate.lock().await;
        attempts.count().map_err(|retry_after| Error::TooMany { retry_after })?;
        let directory = self.directory().await?;
        let user = directory.by_login(login).filter(|user| user.active && (network.1 || !user.demo));
        let matches = password::matches(given, user.and_then(|user| user.password.clone())).await?;
        let Some(user) = user.filter(|user| matches && user.password.is_some()) else {
            return Err(Error::WrongPassword);
        };
        attempts.forgive();
        drop(attempts);
        let now = self.0.clock.unmoved();
        let (token, csrf) = (random_token(), random_token());
        let session = Session {
            token_hash: hash(&token),
            csrf: csrf.clone(),
            person: user.id,
            created_at: now,
            seen_at: now,
            expires_at: now.plus_millis(IDLE),
        };
        let mut tx = self.0.store.begin().await?;
        tx.delete_expired_sessions(now).await?;
        tx.insert_session(&session).await?;
        tx.commit().await?;
        let expires_at = now.plus_millis(LIFE);
        Ok(SignedIn {
            token,
            csrf,
            caller: directory.caller(user),
            expires_at,
            must_change: user.must_change,
        })
    }

    /// The person behind a session's token; `demo` whether demo accounts answer.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is no such session any more; the store's.
    pub async fn caller_of(&self, token: &str, demo: bool) -> Result<Recognised, Error> {
        let hash = hash(token);
        let now = self.0.clock.unmoved();
        let session = self.session(&hash).await?.filter(|session| session.expires_at > now);
        let session = session.ok_or(Error::Unauthenticated)?;
        if now.0 - session.seen_at.0 > TOUCH
            && let Err(error) = self.touch(&session, now).await
        {
            // Whoever is signed in stays so while nothing can be written.
            tracing::warn!(%error, "the use of a session could not be noted");
        }
        let directory = self.directory().await?;
        let user = directory.users.get(&session.person).filter(|user| user.active && (demo || !user.demo));
        let user = user.ok_or(Error::Unauthenticated)?;
        Ok(Recognised { caller: directory.caller(user), csrf: session.csrf, must_change: user.must_change })
    }

    /// Ends a session. Ending one that is over changes nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.delete_session(&hash(token)).await?;
        tx.commit().await?;
        self.0.sessions.forget();
        Ok(())
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
}

pub(super) fn random_token() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

pub(super) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
