//! Passwords: Argon2id with the crate's parameters (19 MiB, two passes), at most two at a time so that a
//! crowd at the door does not take the machine's memory.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use kezhi_types::{Violation, Violations};
use tokio::sync::Semaphore;

use crate::error::Error;

/// The shortest password that a person may choose.
const SHORTEST: usize = 8;
/// The longest password.
const LONGEST: usize = 128;
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// The hash of a password as a PHC string.
///
/// # Errors
/// [`Error::Internal`] when there is no memory or no randomness.
pub(super) async fn hash(password: &str) -> Result<String, Error> {
    let password = password.to_owned();
    worked(move || {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(error.to_string()))
    })
    .await?
}

/// Whether a password belongs to a hash. Takes the same time when there is no hash.
pub(super) async fn matches(password: &str, hash: Option<String>) -> Result<bool, Error> {
    let password = password.to_owned();
    worked(move || match hash {
        Some(hash) => Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok(),
        None => Argon2::default().hash_password(password.as_bytes()).is_err(),
    })
    .await
}

/// Whether a person may choose this password.
///
/// # Errors
/// `password.length` at `/password`.
pub(super) fn check(password: &str) -> Result<(), Error> {
    let length = password.chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Ok(());
    }
    let violation = Violation::new("password.length", "/password").with("min", SHORTEST).with("max", LONGEST);
    Err(Violations::from(violation).into())
}

async fn worked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let _place = AT_ONCE.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}
