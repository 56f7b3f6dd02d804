//! Noting what is done, for the audit. A note is written in the transaction of what it tells; changes of records need none,
//! their history is sealed as it is.
//!
//! `note(&mut tx, Note::new("session", "signed_in", &caller, now).personal("network", network)).await?`

use kezhi_store::{AuditNote, Tx};
use kezhi_types::{Caller, CallerKind, Id, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::runtime::Runtime;

/// The longest text of a note, in characters; what is longer is cut.
const LONGEST: usize = 1_000;
/// Ranges of numbers in one note about an erasure.
const RANGES: usize = 500;

/// What was done, by whom, to what.
#[derive(Debug, Clone)]
pub(crate) struct Note(AuditNote);

impl Note {
    /// `action` of `group`: `session`, `signed_in`. Both are words of a–z and `_`.
    pub(crate) fn new(group: &str, action: &str, caller: &Caller, at: Timestamp) -> Self {
        // People are known by their id; their name may change, and may be erased.
        let person_name = if caller.kind == CallerKind::Person { "" } else { caller.name.as_str() };
        Self(AuditNote {
            at,
            person: caller.id,
            person_name: person_name.to_owned(),
            action: format!("{group}.{action}"),
            entity: None,
            record: None,
            subject: None,
            detail: Value::Object(Map::new()),
            personal: Map::new(),
            salt: [0; 16],
        })
    }

    /// To which entity it was done.
    #[must_use]
    pub(crate) fn entity(mut self, entity: &str) -> Self {
        self.0.entity = Some(entity.to_owned());
        self
    }

    /// To which record of the entity.
    #[must_use]
    pub(crate) fn record(mut self, record: Id) -> Self {
        self.0.record = Some(record);
        self
    }

    /// To which account.
    #[must_use]
    pub(crate) fn subject(mut self, person: Option<Id>) -> Self {
        self.0.subject = person;
        self
    }

    /// What else is to be known. Nothing that says something of a person: it stays for ever.
    #[must_use]
    pub(crate) fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Some(detail) = self.0.detail.as_object_mut() {
            detail.insert(key.to_owned(), shortened(value.into()));
        }
        self
    }

    /// What says something of a person and may be erased: a login, an address, a reason in somebody's words.
    #[must_use]
    pub(crate) fn personal(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.personal.insert(key.to_owned(), shortened(value.into()));
        self
    }
}

/// Notes that something is done, in its transaction.
///
/// # Errors
/// The store's.
pub(crate) async fn note(tx: &mut Tx, Note(mut note): Note) -> Result<(), Error> {
    random(&mut note.salt)?;
    tx.note_audit(&note).await?;
    Ok(())
}

/// Notes what was erased, as `kezhi verify` demands: the numbers of changes and of notes, in the transaction that erased
/// them.
///
/// # Errors
/// The store's.
pub(crate) async fn note_erased(
    tx: &mut Tx,
    (caller, now): (&Caller, Timestamp),
    (changes, notes): (&[i64], &[i64]),
) -> Result<(), Error> {
    for (key, ranges) in [("changes", ranges(changes)), ("notes", ranges(notes))] {
        for ranges in ranges.chunks(RANGES) {
            let told = Note::new("audit", "erased", caller, now).detail(key, json!(ranges));
            note(tx, told).await?;
        }
    }
    Ok(())
}

impl Runtime {
    /// Notes what has no transaction of its own, such as an attempt that failed.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn note_alone(&self, told: Note) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        note(&mut tx, told).await?;
        Ok(tx.commit().await?)
    }
}

/// 32 random bytes, from which salts are made.
///
/// # Errors
/// When the machine gives no random numbers.
pub(crate) fn seed() -> Result<[u8; 32], Error> {
    let mut seed = [0; 32];
    random(&mut seed)?;
    Ok(seed)
}

fn random(bytes: &mut [u8]) -> Result<(), Error> {
    let failed = |_| Error::Internal("no random numbers are to be had".to_owned());
    SystemRandom::new().fill(bytes).map_err(failed)
}

/// Numbers, ascending, as ranges: `[[1, 3], [7, 7]]`.
fn ranges(numbers: &[i64]) -> Vec<[i64; 2]> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let mut ranges: Vec<[i64; 2]> = Vec::new();
    for number in sorted {
        match ranges.last_mut() {
            Some([_, last]) if number <= *last + 1 => *last = number,
            _ => ranges.push([number, number]),
        }
    }
    ranges
}

fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > LONGEST => {
            Value::String(text.chars().take(LONGEST).chain(['…']).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ranges() {
        assert_eq!(ranges(&[]), Vec::<[i64; 2]>::new());
        assert_eq!(ranges(&[3, 1, 2, 7, 9, 8, 7]), [[1, 3], [7, 9]]);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let Value::String(text) = shortened("审".repeat(2_000).into()) else { unreachable!("a text") };
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
}
