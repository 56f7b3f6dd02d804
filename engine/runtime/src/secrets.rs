//! The keys under which secret values are sealed, by AES-256-GCM under a random nonce and bound to their record. They lie in
//! the file `secret.key` of the data folder (mode 0600), which the first secret makes, or in `KEZHI_SECRET_KEY`. The
//! database remembers the name of the key that was used last, so that a lost key is noticed before another one
//! takes its place.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use kezhi_types::Id;
use kezhi_types::sealed::PREFIX;
use parking_lot::Mutex;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// The file of keys in the data folder.
const FILE: &str = "secret.key";
/// The setting that names the key that was used last.
pub(crate) const USED: &str = "secret_key";
/// Bytes of a key.
const KEY: usize = 32;

/// Keys given by the environment: the first seals, all open.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenKeys(Vec<[u8; KEY]>);

impl GivenKeys {
    /// Reads keys of 64 hexadecimal digits, separated by blanks, commas or lines; `#` begins a comment of a line.
    ///
    /// # Errors
    /// A sentence, without what was given.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let words = lines.flat_map(|line| line.split([' ', '\t', ',', '\r'])).filter(|word| !word.is_empty());
        let keys: Option<Vec<[u8; KEY]>> = words.map(bytes_of).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => {
                Err("a secret key is 64 hexadecimal digits, as `openssl rand -hex 32` makes them".to_owned())
            }
        }
    }
}

impl fmt::Debug for GivenKeys {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "GivenKeys({})", self.0.len())
    }
}

fn bytes_of(hex: &str) -> Option<[u8; KEY]> {
    if hex.len() != KEY * 2 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; KEY];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

/// A key with its public name.
#[derive(Clone)]
pub(crate) struct Key {
    name: String,
    sealing: LessSafeKey,
    stamping: hmac::Key,
}

impl Key {
    fn new(bytes: &[u8; KEY]) -> Result<Self, Error> {
        let digest = Sha256::new().chain_update(b"kezhi secret key").chain_update(bytes).finalize();
        let name = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        let unbound = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| lost("the key is refused"))?;
        let digest = Sha256::new().chain_update(b"kezhi stamp").chain_update(bytes).finalize();
        let stamping = hmac::Key::new(hmac::HMAC_SHA256, &digest);
        Ok(Self { name, sealing: LessSafeKey::new(unbound), stamping })
    }

    /// What stands for some bytes, so that nobody without the key finds them by trying: 64 hexadecimal digits.
    fn stamp(&self, bytes: &[u8]) -> String {
        let stamp = hmac::sign(&self.stamping, bytes);
        stamp.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What tells it from other keys; says nothing of the key itself.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Seals a text for a record; another record's cannot be put in its place.
    pub(crate) fn seal(&self, record: Id, text: &str) -> Result<String, Error> {
        let failed = |_| Error::Internal("a secret could not be sealed".to_owned());
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(failed)?;
        let mut sealed = text.as_bytes().to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.sealing
            .seal_in_place_append_tag(unique, Aad::from(*record.0.as_bytes()), &mut sealed)
            .map_err(failed)?;
        let whole = [nonce.as_slice(), &sealed].concat();
        Ok(format!("{PREFIX}{}:{}", self.name, BASE64.encode(whole)))
    }

    fn open(&self, record: Id, body: &str) -> Option<String> {
        let whole = BASE64.decode(body).ok()?;
        let (nonce, sealed) = whole.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let text = self.sealing.open_in_place(nonce, Aad::from(*record.0.as_bytes()), &mut sealed).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

/// The keys of a workspace, read when they are first needed.
pub(crate) struct SecretKeys {
    file: PathBuf,
    given: Option<GivenKeys>,
    known: Mutex<Vec<Key>>,
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("SecretKeys")
            .field("file", &self.file)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

impl SecretKeys {
    /// The keys that were given, or else those in the folder.
    pub(crate) fn new(folder: &std::path::Path, given: Option<GivenKeys>) -> Self {
        Self { file: folder.join(FILE), given, known: Mutex::default() }
    }

    /// The key that seals. `used` is the name of the one that was used last; where none ever was, one is made.
    ///
    /// # Errors
    /// `secret.key` when the key that was used last is not there.
    pub(crate) fn sealing(&self, used: Option<&str>) -> Result<Key, Error> {
        let mut known = self.known.lock();
        let is_there = |known: &[Key]| match used {
            Some(used) => known.iter().any(|key| key.name == used),
            None => !known.is_empty(),
        };
        if !is_there(&known) {
            *known = self.read()?;
        }
        if known.is_empty() && used.is_none() {
            self.make()?;
            *known = self.read()?;
        }
        if !is_there(&known) {
            return Err(lost(&format!("the key {} is not in {}", used.unwrap_or_default(), self.place())));
        }
        known.first().cloned().ok_or_else(|| lost("there is no key"))
    }

    /// What stands for some bytes under each of the keys, the one that seals first; nothing where there is no key.
    pub(crate) fn stamps(&self, bytes: &[u8]) -> Vec<String> {
        let mut known = self.known.lock();
        if known.is_empty() {
            *known = self.read().unwrap_or_default();
        }
        known.iter().map(|key| key.stamp(bytes)).collect()
    }

    /// Opens a sealed text of a record.
    ///
    /// # Errors
    /// `secret.key` when its key is not there, `secret.damaged` when it was altered or belongs to another record.
    pub(crate) fn open(&self, record: Id, sealed: &str) -> Result<String, Error> {
        let damaged = || Error::Secret {
            code: "secret.damaged",
            detail: format!("a sealed value of the record {record} cannot be opened"),
        };
        let (name, body) =
            sealed.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':')).ok_or_else(damaged)?;
        let mut known = self.known.lock();
        if !known.iter().any(|key| key.name == name) {
            *known = self.read()?;
        }
        let Some(key) = known.iter().find(|key| key.name == name) else {
            return Err(lost(&format!("the key {name} is not in {}", self.place())));
        };
        key.open(record, body).ok_or_else(damaged)
    }

    fn place(&self) -> String {
        match self.given {
            Some(_) => "KEZHI_SECRET_KEY".to_owned(),
            None => self.file.display().to_string(),
        }
    }

    fn read(&self) -> Result<Vec<Key>, Error> {
        let keys = match &self.given {
            Some(given) => given.clone(),
            None => match std::fs::read_to_string(&self.file) {
                Ok(text) => GivenKeys::parse(&text).map_err(|why| self.unusable(&why))?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(self.unusable(&error.to_string())),
            },
        };
        if self.given.is_none() {
            self.warn_of_others();
        }
        keys.0.iter().map(Key::new).collect()
    }

    /// Makes the file with a new key; one that another process has just made stays.
    fn make(&self) -> Result<(), Error> {
        let mut bytes = [0; KEY];
        SystemRandom::new().fill(&mut bytes).map_err(|_| lost("no random numbers are to be had"))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.file);
        let written = match made {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
            Err(error) => Err(error),
            Ok(mut file) => {
                writeln!(file, "# Opens the secret values of this workspace. Keep a copy elsewhere.\n{text}")
                    .and_then(|()| file.sync_all())
            }
        };
        written.map_err(|error| self.unusable(&error.to_string()))
    }

    fn warn_of_others(&self) {
        let mode = std::fs::metadata(&self.file).map_or(0, |found| found.permissions().mode());
        if mode & 0o077 != 0 {
            tracing::warn!(file = %self.file.display(), "others on this machine can read the secret key; chmod 600 it");
        }
    }

    fn unusable(&self, why: &str) -> Error {
        lost(&format!("{}: {why}", self.file.display()))
    }
}

fn lost(why: &str) -> Error {
    Error::Secret { code: "secret.key", detail: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(&[byte; KEY]).expect("a key")
    }

    #[test]
    fn a_sealed_text_opens_for_its_record_and_key_alone() {
        let (one, other) = (Id::SYSTEM, Id::derived(kezhi_types::Timestamp(0), "other"));
        let sealed = key(1).seal(one, "芝麻开门").expect("sealed");
        assert!(!sealed.contains("芝麻") && sealed.starts_with(PREFIX), "{sealed}");
        assert_ne!(sealed, key(1).seal(one, "芝麻开门").expect("sealed"), "each time under another nonce");
        let body = sealed.rsplit(':').next().expect("a body");
        assert_eq!(key(1).open(one, body).as_deref(), Some("芝麻开门"));
        assert_eq!(key(1).open(other, body), None);
        assert_eq!(key(2).open(one, body), None);
        for broken in ["", "AAAA", &body[..body.len() - 4], "not base64!"] {
            assert_eq!(key(1).open(one, broken), None, "{broken}");
        }
    }

    #[test]
    fn a_stamp_is_the_same_under_its_key_alone() {
        assert_eq!(key(1).stamp(b"pin"), key(1).stamp(b"pin"));
        assert_ne!(key(1).stamp(b"pin"), key(2).stamp(b"pin"));
        assert_ne!(key(1).stamp(b"pin"), key(1).stamp(b"pim"));
    }

    #[test]
    fn keys_are_read_as_people_write_them_and_never_shown() {
        let (one, two) = ("01".repeat(32), "ab".repeat(32));
        let keys = GivenKeys::parse(&format!("# mine\n{one}, {two} # old\n")).expect("two keys");
        assert_eq!(keys.0, [[1; KEY], [0xab; KEY]]);
        assert_eq!(format!("{keys:?}"), "GivenKeys(2)");
        for wrong in ["", "# nothing", "0101", &"zz".repeat(32), &format!("{one} 01"), &"é".repeat(32)] {
            assert!(GivenKeys::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_was_used_is_never_replaced_by_a_new_one() {
        let folder = std::env::temp_dir().join(format!("kezhi-keys-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let keys = SecretKeys::new(&folder, None);
        let first = keys.sealing(None).expect("one is made");
        let mode = std::fs::metadata(folder.join(FILE)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let sealed = first.seal(Id::SYSTEM, "x").expect("sealed");

        let moved = folder.join("elsewhere");
        std::fs::rename(folder.join(FILE), &moved).expect("moved");
        let keys = SecretKeys::new(&folder, None);
        for error in [keys.sealing(Some(first.name())).err(), keys.open(Id::SYSTEM, &sealed).err()] {
            assert!(matches!(error, Some(Error::Secret { code: "secret.key", .. })), "{error:?}");
        }
        assert!(!folder.join(FILE).exists(), "nothing is made in its place");
        std::fs::rename(&moved, folder.join(FILE)).expect("moved back");
        assert_eq!(keys.open(Id::SYSTEM, &sealed).expect("without a restart"), "x");

        let given = GivenKeys::parse(&"07".repeat(32)).expect("a key");
        let keys = SecretKeys::new(&folder, Some(given));
        assert!(matches!(keys.open(Id::SYSTEM, &sealed), Err(Error::Secret { code: "secret.key", .. })));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
