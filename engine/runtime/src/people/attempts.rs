//! How often somebody may try. Failures make slow: a login from one network, whoever guesses a code, a network that
//! tries many logins. Never a login alone: nobody can lock somebody else out.
//!
//! Whoever signed in with a browser before is known by a cookie of it (`devices`), and is counted apart: what others
//! try from the same network costs them nothing. Counts are kept in memory: a restart forgives.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::sessions::Door;
use crate::error::Error;
use crate::runtime::Runtime;

/// Failures that cost nothing.
const FREE_FAILURES: u32 = 5;
/// The longest wait after a failure, in seconds.
const LONGEST_WAIT: u64 = 300;
/// Failures of one network, over all logins, within [`SPRAY`].
const MOST_OF_A_NETWORK: u32 = 100;
/// The time within which a network's failures are counted.
const SPRAY: Duration = Duration::from_secs(600);
/// Steps of a sign-in that a network may begin within a minute.
const MOST_KNOCKS: u32 = 120;
const MINUTE: Duration = Duration::from_secs(60);

/// What people have tried.
#[derive(Debug, Default)]
pub struct SignInAttempts {
    gates: Mutex<HashMap<(String, String), Arc<Gate>>>,
    networks: Mutex<HashMap<String, (Instant, u32)>>,
    knocks: Mutex<HashMap<String, (Instant, u32)>>,
}

/// One attempt at a time goes through; the others find out how it ended.
pub(super) type Gate = tokio::sync::Mutex<Attempts>;

/// What one login from one network has tried.
#[derive(Debug)]
pub(super) struct Attempts {
    /// Attempts that failed since the last that succeeded.
    failures: u32,
    /// When the last one was made.
    last: Instant,
}

impl SignInAttempts {
    /// The gate of what is tried and whence; forgets those that nobody stands at and that nothing waits for.
    pub(super) fn gate(&self, what: String, whence: String) -> Arc<Gate> {
        let mut gates = self.gates.lock();
        gates.retain(|_, gate| {
            Arc::strong_count(gate) > 1 || gate.try_lock().is_ok_and(|attempts| attempts.matters())
        });
        let blank = || Arc::new(Gate::new(Attempts { failures: 0, last: Instant::now() }));
        gates.entry((what, whence)).or_insert_with(blank).clone()
    }

    /// Whether a network that failed all too often, at whatever login, is heard.
    ///
    /// # Errors
    /// [`Error::TooMany`] until its window is over.
    pub(super) fn hears(&self, network: &str) -> Result<(), Error> {
        match self.networks.lock().get(network) {
            Some((since, count)) if *count >= MOST_OF_A_NETWORK => too_many(SPRAY, *since),
            _ => Ok(()),
        }
    }

    /// Counts a failure of a network.
    pub(super) fn failed(&self, network: &str) {
        count(&mut self.networks.lock(), network, SPRAY);
    }

    /// Counts the beginning of a step that leaves something to remember.
    ///
    /// # Errors
    /// [`Error::TooMany`] until the minute is over.
    pub(super) fn knock(&self, network: &str) -> Result<(), Error> {
        let mut knocks = self.knocks.lock();
        let (since, knocked) = count(&mut knocks, network, MINUTE);
        if knocked > MOST_KNOCKS { too_many(MINUTE, since) } else { Ok(()) }
    }
}

impl Runtime {
    /// Counts a knock at the door that is neither a password nor a code, such as the token of the first set-up.
    ///
    /// # Errors
    /// [`Error::TooMany`] beyond 120 within a minute from one network.
    pub fn knock(&self, door: &Door) -> Result<(), Error> {
        self.0.attempts.knock(&door.network())
    }
}

fn count(known: &mut HashMap<String, (Instant, u32)>, who: &str, window: Duration) -> (Instant, u32) {
    known.retain(|_, (since, _)| since.elapsed() < window);
    let entry = known.entry(who.to_owned()).or_insert_with(|| (Instant::now(), 0));
    entry.1 = entry.1.saturating_add(1);
    *entry
}

fn too_many(window: Duration, since: Instant) -> Result<(), Error> {
    match window.checked_sub(since.elapsed()) {
        Some(left) => Err(Error::TooMany { retry_after: left.as_secs() + 1 }),
        None => Ok(()),
    }
}

impl Attempts {
    /// Counts an attempt before it is heard, so that giving it up half-way is no way round the count.
    ///
    /// # Errors
    /// [`Error::TooMany`] with the seconds until the next attempt is heard.
    pub(super) fn count(&mut self) -> Result<(), Error> {
        if let Some(excess) = self.failures.checked_sub(FREE_FAILURES) {
            let wait = Duration::from_secs(2u64.saturating_pow(excess.min(16)).min(LONGEST_WAIT));
            if let Some(left) = wait.checked_sub(self.last.elapsed()) {
                return Err(Error::TooMany { retry_after: left.as_secs() + 1 });
            }
        }
        (self.failures, self.last) = (self.failures.saturating_add(1), Instant::now());
        Ok(())
    }

    pub(super) fn forgive(&mut self) {
        self.failures = 0;
    }

    fn matters(&self) -> bool {
        self.failures > 0 && self.last.elapsed() < Duration::from_secs(LONGEST_WAIT * 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_tries_many_logins_waits_and_no_other_does() {
        let attempts = SignInAttempts::default();
        for _ in 0..MOST_OF_A_NETWORK {
            assert!(attempts.hears("203.0.113.7").is_ok());
            attempts.failed("203.0.113.7");
        }
        let Err(Error::TooMany { retry_after }) = attempts.hears("203.0.113.7") else { panic!("heard") };
        assert!((1..=SPRAY.as_secs() + 1).contains(&retry_after), "{retry_after}");
        assert!(attempts.hears("203.0.113.8").is_ok());
    }

    #[tokio::test]
    async fn one_place_that_guesses_waits_and_another_at_the_same_login_does_not() {
        let attempts = SignInAttempts::default();
        let gate = |whence: &str| attempts.gate("ann".into(), whence.into());
        let held = gate("net");
        for _ in 0..FREE_FAILURES {
            assert!(held.lock().await.count().is_ok());
        }
        assert!(matches!(gate("net").lock().await.count(), Ok(()) | Err(Error::TooMany { .. })));
        assert!(matches!(gate("net").lock().await.count(), Err(Error::TooMany { .. })));
        assert!(gate("elsewhere").lock().await.count().is_ok());
        held.lock().await.forgive();
        assert!(gate("net").lock().await.count().is_ok());
    }
}
