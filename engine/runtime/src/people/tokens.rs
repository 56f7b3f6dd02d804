//! Random names that only the browser keeps, and the hashes by which they are found again.

use rand::RngCore;
use sha2::{Digest, Sha256};

/// 64 hexadecimal digits that nobody guesses.
pub(super) fn random_token() -> String {
    hex(&random_bytes::<32>())
}

/// Bytes that nobody guesses.
pub(super) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// What a token is known by here: its SHA-256.
pub(super) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
