//! What people hold in their hands: an app that makes codes (RFC 6238), and an authenticator that makes and shows passkeys
//! as browsers hand them on.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use ring::{digest, hmac};
use serde_json::{Value, json};

/// The code of an app for a base32 secret, so many steps of 30 seconds from now.
///
/// # Panics
/// When the secret is not base32.
pub fn code(secret: &str, steps: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    let step = i64::try_from(now / 30).expect("a step") + steps;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &unbase32(secret));
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes[bytes.len() - 1] & 15);
    let number = u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn unbase32(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for letter in text.bytes() {
        let value = letters.iter().position(|known| *known == letter).expect("base32");
        held = held << 5 | u32::try_from(value).expect("five bits");
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 255).expect("a byte"));
        }
    }
    bytes
}

/// An authenticator with one key.
pub struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// Whose key it is, as the server said when it was made.
    user: String,
    counter: u32,
    /// Whether it asks for a finger or a PIN.
    pub verifies: bool,
}

impl Authenticator {
    /// A new key.
    ///
    /// # Panics
    /// When there is no randomness.
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random);
        let id: [u8; 32] = ring::rand::generate(&random).expect("randomness").expose();
        Self { key: key.expect("a key"), id: id.to_vec(), user: String::new(), counter: 0, verifies: true }
    }

    /// Answers `navigator.credentials.create` on a page of `origin`.
    ///
    /// # Panics
    /// When the options are not what a browser takes.
    pub fn make(&mut self, options: &Value, origin: &str) -> Value {
        self.user = options["user"]["id"].as_str().expect("a user").to_owned();
        let client = client_data("webauthn.create", options, origin);
        let host = options["rp"]["id"].as_str().expect("a host");
        let point = self.key.public_key().as_ref();
        // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        let mut cose = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        cose.extend_from_slice(&point[1..33]);
        cose.extend_from_slice(&[0x22, 0x58, 0x20]);
        cose.extend_from_slice(&point[33..]);
        let mut data = self.data(host, 0x40);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&cose);
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        let mut object = vec![0xa3, 0x63];
        object.extend_from_slice(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend_from_slice(&u16::try_from(data.len()).expect("short").to_be_bytes());
        object.extend_from_slice(&data);
        let id = BASE64.encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "extensions": {},
                "response": { "attestationObject": BASE64.encode(object), "clientDataJSON": BASE64.encode(client), "transports": [] } })
    }

    /// Answers `navigator.credentials.get` on a page of `origin`.
    ///
    /// # Panics
    /// When the options are not what a browser takes.
    pub fn show(&mut self, options: &Value, origin: &str) -> Value {
        self.counter += 1;
        let client = client_data("webauthn.get", options, origin);
        let data = self.data(options["rpId"].as_str().expect("a host"), 0);
        let mut signed = data.clone();
        signed.extend_from_slice(digest::digest(&digest::SHA256, client.as_bytes()).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        let id = BASE64.encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "extensions": {},
                "response": { "authenticatorData": BASE64.encode(data), "clientDataJSON": BASE64.encode(client),
                              "signature": BASE64.encode(signature), "userHandle": self.user } })
    }

    /// Puts the counter back, as a copy of the key would have it.
    pub fn forget_uses(&mut self) {
        self.counter = 0;
    }

    fn data(&self, host: &str, more: u8) -> Vec<u8> {
        let mut data = digest::digest(&digest::SHA256, host.as_bytes()).as_ref().to_vec();
        data.push(0x01 | if self.verifies { 0x04 } else { 0 } | more);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }
}

impl Default for Authenticator {
    fn default() -> Self {
        Self::new()
    }
}

fn client_data(kind: &str, options: &Value, origin: &str) -> String {
    json!({ "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false })
        .to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_secret_is_read_as_it_was_written() {
        assert_eq!(super::unbase32("JBSWY3DPEHPK3PXP"), b"Hello!\xde\xad\xbe\xef");
    }
}
