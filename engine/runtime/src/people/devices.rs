//! Browsers with which somebody signed in before. A cookie names one; it opens nothing, but failures with it are
//! counted apart, so that nobody else's guessing keeps its owner out.

use kezhi_types::Id;
use ring::hmac;
use serde_json::{Value, json};

use super::tokens::{hex, random_token};
use crate::error::Error;
use crate::runtime::Runtime;

/// The setting that holds the key under which devices are named.
const KEY: &str = "device_key";

impl Runtime {
    /// The name of the device that a cookie tells of, where it is one of this person's.
    pub(super) async fn known_device(
        &self,
        person: Id,
        cookie: Option<&str>,
    ) -> Result<Option<String>, Error> {
        let Some((name, stamp)) = cookie.and_then(|cookie| cookie.split_once('.')) else { return Ok(None) };
        let Some(stamp) = unhex(stamp) else { return Ok(None) };
        let Some(key) = self.0.store.reader().setting(KEY).await? else { return Ok(None) };
        let is_ours = hmac::verify(&stamping(&key), &message(person, name), &stamp).is_ok();
        Ok(is_ours.then(|| name.to_owned()))
    }

    /// A cookie for the device with which a person has just signed in.
    pub(super) async fn name_device(&self, person: Id) -> Result<String, Error> {
        let known = self.0.store.reader().setting(KEY).await?;
        let key = match known {
            Some(key) => key,
            None => self.make_device_key().await?,
        };
        let name = random_token();
        let stamp = hmac::sign(&stamping(&key), &message(person, &name));
        Ok(format!("{name}.{}", hex(stamp.as_ref())))
    }

    async fn make_device_key(&self) -> Result<Value, Error> {
        let mut tx = self.0.store.begin().await?;
        let key = match tx.setting(KEY).await? {
            Some(key) => key,
            None => json!(random_token()),
        };
        tx.save_setting(KEY, &key).await?;
        tx.commit().await?;
        Ok(key)
    }
}

fn stamping(key: &Value) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.as_str().unwrap_or_default().as_bytes())
}

fn message(person: Id, name: &str) -> Vec<u8> {
    format!("{person}.{name}").into_bytes()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
