//! A letter from a message: addresses checked, headers free of line breaks, an identity that follows from the key.

use kezhi_plugin::{IdempotencyKey, Outgoing};
use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;

/// The letter, or one sentence why there cannot be one.
pub(crate) fn write(from: &str, message: &Outgoing, key: &IdempotencyKey) -> Result<Message, String> {
    let from = mailbox(from, None)?;
    let to = mailbox(&message.to, message.name.as_deref())?;
    if message.subject.contains(['\r', '\n', '\0']) {
        return Err("the subject has more than one line".to_owned());
    }
    let id = format!("<{}@{}>", hashed(&key.0), from.email.domain());
    Message::builder()
        .from(from)
        .to(to)
        .subject(&message.subject)
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(message.text.clone())
        .map_err(|error| error.to_string())
}

/// An address, alone or as `Name <address>`; a line break anywhere in it is refused.
pub(crate) fn mailbox(address: &str, name: Option<&str>) -> Result<Mailbox, String> {
    let broken = |text: &str| text.contains(|letter: char| letter.is_control());
    if broken(address) || name.is_some_and(broken) {
        return Err("an address has no control characters".to_owned());
    }
    let mut mailbox: Mailbox =
        address.trim().parse().map_err(|_| format!("`{address}` is not an e-mail address"))?;
    if let Some(name) = name {
        mailbox.name = Some(name.to_owned());
    }
    Ok(mailbox)
}

/// The key as a name of letters and digits, the same on every machine: FNV-1a in 128 bits.
pub(crate) fn hashed(key: &str) -> String {
    let prime: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
    let start: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let hash = key.bytes().fold(start, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(prime));
    format!("{hash:032x}")
}
