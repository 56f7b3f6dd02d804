//! Passwords: Argon2id, at most two at a time so that a crowd at the door does not take the machine's memory; and which
//! ones people may choose.
//!
//! There are no rules of composition. A password is refused where it is short, or where whoever guesses systematically
//! has it soon: the lists of zxcvbn (the 30,000 passwords most often found in breaches, names, words), what is typed
//! in China before anything else, and what the attacker knows of the person. Nothing is asked over the network.

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use kezhi_types::{Violation, Violations};
use tokio::sync::Semaphore;

use crate::error::Error;

/// The shortest password that a person may choose.
const SHORTEST: usize = 8;
/// The longest password.
const LONGEST: usize = 128;
/// Memory of one hash, in KiB; passes; lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Guesses within which a password must not be found, as a power of ten.
const GUESSES: f64 = 6.5;
/// How much of a long password is weighed.
const WEIGHED: usize = 64;
/// What is typed in China before anything else, beyond the lists of breaches, which come from elsewhere.
const FAMILIAR: [&str; 40] = [
    "woaini",
    "woaini1314",
    "wo5201314",
    "5201314",
    "1314520",
    "520520",
    "521521",
    "1314521",
    "7758521",
    "7758258",
    "aini1314",
    "iloveyou1314",
    "qwe123",
    "a123456",
    "a1234567",
    "a12345678",
    "a123456789",
    "aa123456",
    "abc123456",
    "qq123456",
    "qaz123456",
    "zxc123456",
    "asd123456",
    "wang123456",
    "li123456",
    "zhang123",
    "123456abc",
    "123456aa",
    "123456qq",
    "admin123",
    "admin888",
    "administrator",
    "mima",
    "mima123",
    "mima123456",
    "kezhi",
    "kezhi123",
    "zhongguo",
    "beijing",
    "shanghai",
];
static AT_ONCE: Semaphore = Semaphore::const_new(2);

fn argon2() -> Result<Argon2<'static>, Error> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None);
    let params = params.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password as a PHC string.
///
/// # Errors
/// [`Error::Internal`] when there is no memory or no randomness.
pub(super) async fn hash(password: &str) -> Result<String, Error> {
    let (password, argon2) = (password.to_owned(), argon2()?);
    worked(move || {
        let hash = argon2.hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(error.to_string()))
    })
    .await?
}

/// Whether a password belongs to a hash. Takes the same time when there is no hash.
pub(super) async fn matches(password: &str, hash: Option<String>) -> Result<bool, Error> {
    let (password, argon2) = (password.to_owned(), argon2()?);
    worked(move || match hash {
        Some(hash) => argon2.verify_password(password.as_bytes(), hash.as_str()).is_ok(),
        None => argon2.hash_password(password.as_bytes()).is_err(),
    })
    .await
}

/// Whether a hash was made as hashes are made now; another one is made anew when its password is next given.
pub(super) fn is_current(hash: &str) -> bool {
    let (memory, passes, lanes) = COST;
    hash.starts_with(&format!("$argon2id$v=19$m={memory},t={passes},p={lanes}$"))
}

/// Whether a person may choose this password. `words` are what an attacker knows of them: login, name, address.
///
/// # Errors
/// `password.length` or `password.common` at `/password`.
pub(super) fn check(password: &str, words: &[&str]) -> Result<(), Error> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        let violation =
            Violation::new("password.length", "/password").with("min", SHORTEST).with("max", LONGEST);
        return Err(Violations::from(violation).into());
    }
    if is_soon_guessed(password, words) {
        return Err(Violations::from(Violation::new("password.common", "/password")).into());
    }
    Ok(())
}

fn is_soon_guessed(password: &str, words: &[&str]) -> bool {
    let folded = password.to_lowercase();
    // A word of the person's own with a few signs around it is no password, whatever the word.
    let own = words.iter().filter(|word| word.chars().count() >= 3).any(|word| {
        let rest = folded.replace(&word.to_lowercase(), "");
        rest.len() < folded.len() && rest.chars().count() < 4
    });
    let known: Vec<&str> = words.iter().chain(&FAMILIAR).copied().collect();
    let weighed: String = password.chars().take(WEIGHED).collect();
    own || zxcvbn::zxcvbn(&weighed, &known).guesses_log10() < GUESSES
}

async fn worked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let _place = AT_ONCE.acquire().await.map_err(|error| Error::Internal(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_refused_and_a_phrase_is_taken() {
        let words = ["lihua", "李华", "lihua@example.com"];
        for bad in [
            "password",
            "12345678",
            "1234567890",
            "qwertyuiop",
            "iloveyou",
            "P@ssw0rd",
            "Password1",
            "11111111",
            "woaini1314",
            "a123456789",
            "5201314520",
            "qq123456",
            "admin888",
            "abcd1234",
            "lihua1990",
            "Lihua!!!",
            "letmein123",
            "sunshine1",
            "qazwsxedc",
            "drowssap",
            "mima123456",
            "李华李华李华",
        ] {
            assert!(check(bad, &words).is_err(), "{bad}");
        }
        for good in [
            "a long enough phrase 1",
            "quite another phrase 2",
            "老王家的三只猫爱吃鱼",
            "kV9#mQ2$xL7p",
            "tractor-violet-92",
        ] {
            assert!(check(good, &words).is_ok(), "{good}");
        }
    }

    #[test]
    fn lengths_are_told() {
        for wrong in ["short", "", &"长".repeat(129)] {
            let Err(Error::Invalid(found)) = check(wrong, &[]) else { panic!("{wrong}") };
            assert_eq!(found.0[0].code, "password.length");
        }
    }

    #[tokio::test]
    async fn a_hash_of_weaker_parameters_still_opens_and_is_known_to_be_old() {
        let weak =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).expect("fine"));
        let old = weak.hash_password(b"a long enough phrase 1").expect("hashed").to_string();
        assert!(!is_current(&old), "{old}");
        assert!(matches("a long enough phrase 1", Some(old)).await.expect("checked"));
        let new = hash("a long enough phrase 1").await.expect("hashed");
        assert!(is_current(&new), "{new}");
        assert!(!matches("another", Some(new)).await.expect("checked"));
        assert!(!matches("another", None).await.expect("checked"));
    }
}
