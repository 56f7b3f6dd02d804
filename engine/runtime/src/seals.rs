//! The key under which checkpoints of the audit are signed: Ed25519, from 32 random bytes that lie in the file `audit.key`
//! of the data folder (mode 0600), which the first checkpoint makes, or in `KEZHI_AUDIT_KEY`. Whoever can write the
//! database but not read this key can sign nothing.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::error::Error;

/// The file of the key in the data folder.
const FILE: &str = "audit.key";
/// Bytes of a key.
const KEY: usize = 32;
/// What stands before the 32 bytes of an Ed25519 public key in its usual form (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Settings of the audit.
#[derive(Debug, Clone, Default)]
pub struct AuditOptions {
    /// Whether nobody sees the audit who manages the system or its people, administrators included (三员分立).
    pub separate_duties: bool,
    /// The key that signs; that in the data folder where none is given.
    pub key: Option<GivenKey>,
    /// A folder to which each checkpoint is appended as a line of `checkpoints.jsonl`, best on another machine.
    pub folder: Option<PathBuf>,
}

/// A key given by the environment.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenKey([u8; KEY]);

impl GivenKey {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// A sentence, without what was given.
    pub fn parse(text: &str) -> Result<Self, String> {
        let key = unhex(text.trim()).and_then(|bytes| bytes.try_into().ok());
        key.map(Self).ok_or_else(|| {
            "an audit key is 64 hexadecimal digits, as `openssl rand -hex 32` makes them".to_owned()
        })
    }
}

impl fmt::Debug for GivenKey {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("GivenKey")
    }
}

/// The key of a workspace, read or made when it is first needed.
pub(crate) struct SealKey {
    file: PathBuf,
    given: Option<GivenKey>,
    pair: OnceLock<Ed25519KeyPair>,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("SealKey").field("file", &self.file).finish_non_exhaustive()
    }
}

impl SealKey {
    /// The key that was given, or else the one in the folder.
    pub(crate) fn new(folder: &Path, given: Option<GivenKey>) -> Self {
        Self { file: folder.join(FILE), given, pair: OnceLock::new() }
    }

    /// Signs a text; the signature in hexadecimal digits.
    ///
    /// # Errors
    /// `audit.key` when the key can neither be read nor made.
    pub(crate) fn sign(&self, text: &str) -> Result<String, Error> {
        Ok(hex(self.pair()?.sign(text.as_bytes()).as_ref()))
    }

    /// The public key, in hexadecimal digits.
    ///
    /// # Errors
    /// As [`SealKey::sign`].
    pub(crate) fn public(&self) -> Result<String, Error> {
        Ok(hex(self.pair()?.public_key().as_ref()))
    }

    fn pair(&self) -> Result<&Ed25519KeyPair, Error> {
        if let Some(pair) = self.pair.get() {
            return Ok(pair);
        }
        let seed = match &self.given {
            Some(given) => given.0,
            None => self.read_or_make()?,
        };
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| self.lost("it is refused"))?;
        Ok(self.pair.get_or_init(|| pair))
    }

    fn read_or_make(&self) -> Result<[u8; KEY], Error> {
        for made in [false, true] {
            match std::fs::read_to_string(&self.file) {
                Ok(text) => {
                    let line = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
                    return GivenKey::parse(line).map(|key| key.0).map_err(|why| self.lost(&why));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && !made => self.make()?,
                Err(error) => return Err(self.lost(&error.to_string())),
            }
        }
        Err(self.lost("it was made and is not there"))
    }

    /// Makes the file; one that another process has just made stays.
    fn make(&self) -> Result<(), Error> {
        let mut bytes = [0; KEY];
        SystemRandom::new().fill(&mut bytes).map_err(|_| self.lost("no random numbers are to be had"))?;
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.file);
        let written = match made {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
            Err(error) => Err(error),
            Ok(mut file) => {
                writeln!(file, "# Signs the checkpoints of this workspace's audit.\n{}", hex(&bytes))
                    .and_then(|()| file.sync_all())
            }
        };
        written.map_err(|error| self.lost(&error.to_string()))
    }

    fn lost(&self, why: &str) -> Error {
        Error::Secret { code: "audit.key", detail: format!("{}: {why}", self.file.display()) }
    }
}

/// Whether a signature over a text was made with the private side of a public key, all in hexadecimal digits.
pub(crate) fn is_signed(key: &str, text: &str, signature: &str) -> bool {
    let (Some(key), Some(signature)) = (unhex(key), unhex(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
}

/// A public key as other programs read it: PEM.
pub(crate) fn pem(key: &str) -> String {
    let bytes = [&SPKI[..], &unhex(key).unwrap_or_default()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(bytes))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_account_alone_and_signs() {
        let folder = std::env::temp_dir().join(format!("kezhi-seals-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let key = SealKey::new(&folder, None);
        let (public, signature) = (key.public().expect("a key"), key.sign("text").expect("a signature"));
        let mode = std::fs::metadata(folder.join(FILE)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(SealKey::new(&folder, None).public().expect("the same key"), public);
        assert!(is_signed(&public, "text", &signature));
        assert!(!is_signed(&public, "texts", &signature) && !is_signed(&public, "text", "00"));
        let other = SealKey::new(&folder, Some(GivenKey([7; KEY])));
        let other = other.public().expect("the key that was given");
        assert!(other != public && !is_signed(&other, "text", &signature));
        assert!(pem(&public).contains("MCowBQYDK2VwAyEA"), "{}", pem(&public));
        std::fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_key_is_64_digits_and_never_shown() {
        let key = GivenKey::parse(&"0a".repeat(32)).expect("a key");
        assert_eq!(format!("{key:?}"), "GivenKey");
        for wrong in ["", "00", &"zz".repeat(32), &"é".repeat(32), &"0a".repeat(33)] {
            assert!(GivenKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
