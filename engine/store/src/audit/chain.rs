//! What is hashed of an entry and of a block, byte for byte. Pure.
//!
//! A value enters by a commitment, `SHA-256(salt ‖ value)`, with a salt of its own. Whoever erases a value writes its
//! commitment in its place and destroys the salt: the hash of the entry stays, and nobody finds the value by trying.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::bind::Row;
use crate::error::Error;

/// A SHA-256.
pub(crate) type Hash = [u8; 32];
/// What keeps a value from being found by trying.
pub(crate) type Salt = [u8; SALT];
/// Bytes of a salt.
pub(crate) const SALT: usize = 16;
/// Bytes of an entry in a block: its number and its hash.
pub(crate) const LINK: usize = 40;
/// Before the commitment of a name that was erased.
const ERASED: &str = "erased:";

/// The columns of `history` that are hashed, as [`change_leaf`] reads them.
pub(crate) const CHANGE: &str = "seq, entity, record, version, at, person, person_name, entrance, release, depth, kind, run, changes, batch";
/// The columns of `audit` that are hashed, as [`note_leaf`] reads them.
pub(crate) const NOTE: &str =
    "a.seq, a.at, a.person, a.person_name, a.action, a.entity, a.record, a.subject, a.detail, a.commitments";

/// Which value of an entry is meant, so that no two share a salt.
#[derive(Debug, Clone, Copy)]
enum Place {
    From,
    To,
    Name,
}

/// One field of a change as it lies in the history.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RawChange<'a> {
    #[serde(borrow)]
    pub field: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub to: Option<&'a RawValue>,
    /// The commitments of the values, where they were erased: 64 hexadecimal digits, null for a value that there was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<[Option<String>; 2]>,
    /// The salts of the values, where that of their entry is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salts: Option<[String; 2]>,
    /// The salt of the caller's name, in the first field of an entry whose salt is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The hash of an entry, and whether something of it was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub seq: i64,
    pub hash: Hash,
    pub erased: bool,
}

/// A hash over values of known kinds, each with its length or width, so that no two rows are the same bytes.
struct Digesting(Sha256);

impl Digesting {
    fn new(what: &str) -> Self {
        let mut digesting = Self(Sha256::new());
        digesting.text(what);
        digesting
    }

    fn text(&mut self, text: &str) {
        self.int(i64::try_from(text.len()).unwrap_or(i64::MAX));
        self.0.update(text.as_bytes());
    }

    fn maybe_text(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    fn int(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.int(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        self.0.update(bytes);
    }

    /// The columns of a row: numbers, texts and ids.
    fn ints(&mut self, row: &Row, columns: &[usize]) -> Result<(), Error> {
        columns.iter().try_for_each(|at| row.int(*at).map(|number| self.int(number)))
    }

    fn texts(&mut self, row: &Row, columns: &[usize]) -> Result<(), Error> {
        columns.iter().try_for_each(|at| {
            self.maybe_text(row.maybe_text(*at)?.as_deref());
            Ok(())
        })
    }

    fn ids(&mut self, row: &Row, columns: &[usize]) -> Result<(), Error> {
        columns.iter().try_for_each(|at| {
            let id = row.maybe_id(*at)?;
            self.0.update([u8::from(id.is_some())]);
            self.0.update(id.map_or([0; 16], |id| *id.0.as_bytes()));
            Ok(())
        })
    }

    fn commitment(&mut self, hash: Option<Hash>) {
        self.0.update([u8::from(hash.is_some())]);
        self.0.update(hash.unwrap_or_default());
    }

    fn done(self) -> Hash {
        self.0.finalize().into()
    }
}

/// The hash of a change of a record; columns as in [`CHANGE`]. `salt` is the entry's, zeros where it was erased.
pub(crate) fn change_leaf(row: &Row, salt: &Salt) -> Result<Leaf, Error> {
    let seq = row.int(0)?;
    let mut digest = Digesting::new("kezhi change 1");
    digest.ints(row, &[0, 3, 4, 8, 9])?;
    digest.texts(row, &[1, 7, 10])?;
    digest.ids(row, &[2, 5, 11, 13])?;
    let text = row.str(12)?;
    // What cannot be read was not written by the engine; it is hashed as it lies, and agrees with nothing.
    let Ok(changes) = serde_json::from_str::<Vec<RawChange<'_>>>(text) else {
        digest.text(text);
        return Ok(Leaf { seq, hash: digest.done(), erased: false });
    };
    let (name, name_erased) = name_commitment(row.str(6)?, &changes, salt);
    digest.commitment(name);
    digest.int(i64::try_from(changes.len()).unwrap_or(i64::MAX));
    for change in &changes {
        digest.text(&change.field);
        for commitment in commitments(change, salt) {
            digest.commitment(commitment);
        }
    }
    let erased = name_erased || changes.iter().any(|change| change.erased.is_some());
    Ok(Leaf { seq, hash: digest.done(), erased })
}

/// The hash of what was done besides; columns as in [`NOTE`].
pub(crate) fn note_leaf(row: &Row) -> Result<Leaf, Error> {
    let mut digest = Digesting::new("kezhi note 1");
    digest.ints(row, &[0, 1])?;
    digest.ids(row, &[2, 6, 7])?;
    digest.texts(row, &[3, 4, 5, 8, 9])?;
    Ok(Leaf { seq: row.int(0)?, hash: digest.done(), erased: false })
}

/// What a block says besides its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockFacts {
    pub number: i64,
    pub at: i64,
    pub history_to: i64,
    pub audit_to: i64,
    pub changes: i64,
    pub notes: i64,
    pub latest: i64,
}

/// The hash of a block: what it says, its links, and the hash of the block before it.
pub(crate) fn block_hash(previous: &[u8], facts: &BlockFacts, links: &[u8]) -> Hash {
    let mut digest = Digesting::new("kezhi block 1");
    digest.bytes(previous);
    let BlockFacts { number, at, history_to, audit_to, changes, notes, latest } = *facts;
    for number in [number, at, history_to, audit_to, changes, notes, latest] {
        digest.int(number);
    }
    digest.bytes(links);
    digest.done()
}

/// The salt of an entry, from the seed of whoever seals it and its number.
pub(crate) fn entry_salt(seed: &[u8; 32], seq: i64) -> Salt {
    shortened(Sha256::new().chain_update(seed).chain_update(seq.to_be_bytes()))
}

/// The commitment of the value of a note.
pub(crate) fn said_commitment(salt: &Salt, key: &str, value: &str) -> String {
    hex(&commit(&place_salt(salt, Place::To, key), value))
}

/// The commitments of what a field was and became.
fn commitments(change: &RawChange<'_>, salt: &Salt) -> [Option<Hash>; 2] {
    if let Some(erased) = &change.erased {
        return erased.each_ref().map(|hash| hash.as_deref().and_then(unhex));
    }
    let salts = salts_of(change, salt);
    let one = |value: Option<&RawValue>, salt: &Salt| value.map(|value| commit(salt, value.get()));
    [one(change.from, &salts[0]), one(change.to, &salts[1])]
}

/// The salts of both values: their own where they have them, else made from their entry's.
fn salts_of(change: &RawChange<'_>, salt: &Salt) -> [Salt; 2] {
    match &change.salts {
        Some(own) => own.each_ref().map(|text| unhex(text).unwrap_or_default()),
        None => [Place::From, Place::To].map(|place| place_salt(salt, place, &change.field)),
    }
}

fn name_commitment(name: &str, changes: &[RawChange<'_>], salt: &Salt) -> (Option<Hash>, bool) {
    if let Some(hash) = name.strip_prefix(ERASED).and_then(unhex) {
        return (Some(hash), true);
    }
    let own = changes.first().and_then(|change| change.name.as_deref()).and_then(unhex);
    (Some(commit(&own.unwrap_or_else(|| place_salt(salt, Place::Name, "")), name)), false)
}

/// The changes of an entry without the values of some fields (all where none is named): their commitments stand in their
/// place, and what stays gets salts of its own, so that the entry's may be destroyed. `None` where nothing is to do.
pub(crate) fn blanked(text: &str, salt: &Salt, fields: Option<&[String]>) -> Option<String> {
    let mut changes: Vec<RawChange<'_>> = serde_json::from_str(text).ok()?;
    let meant = |change: &RawChange<'_>| {
        let named = fields.is_none_or(|fields| fields.iter().any(|field| *field == change.field));
        named && change.erased.is_none() && (change.from.is_some() || change.to.is_some())
    };
    if !changes.iter().any(meant) {
        return None;
    }
    if let Some(first) = changes.first_mut().filter(|first| first.name.is_none()) {
        first.name = Some(hex(&place_salt(salt, Place::Name, "")));
    }
    for change in &mut changes {
        if meant(&*change) {
            let hashes = commitments(change, salt).map(|hash| hash.map(|hash| hex(&hash)));
            (change.from, change.to, change.salts) = (None, None, None);
            change.erased = Some(hashes);
        } else if change.erased.is_none() && change.salts.is_none() {
            change.salts = Some(salts_of(change, salt).map(|salt| hex(&salt)));
        }
    }
    serde_json::to_string(&changes).ok()
}

fn place_salt(salt: &Salt, place: Place, field: &str) -> Salt {
    let place = match place {
        Place::From => 0_u8,
        Place::To => 1,
        Place::Name => 2,
    };
    shortened(Sha256::new().chain_update(salt).chain_update([place]).chain_update(field.as_bytes()))
}

fn commit(salt: &Salt, value: &str) -> Hash {
    Sha256::new().chain_update(salt).chain_update(value.as_bytes()).finalize().into()
}

fn shortened(digest: Sha256) -> Salt {
    let mut salt = [0; SALT];
    salt.copy_from_slice(&digest.finalize()[..SALT]);
    salt
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Hexadecimal digits as bytes; `None` where there are others, or too many or too few.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::Cell;

    fn row(name: &str, changes: &str) -> Row {
        let (int, text) = (Cell::Int, |text: &str| Cell::Text(text.to_owned()));
        let id = |byte: u8| Cell::Blob(vec![byte; 16]);
        Row::Sqlite(
            vec![
                int(7),
                text("customer"),
                id(1),
                int(2),
                int(1_000),
                id(2),
                text(name),
                text("api"),
                int(3),
                int(0),
                text("updated"),
                Cell::Null,
                text(changes),
                Cell::Null,
            ]
            .into_boxed_slice(),
        )
    }

    const CHANGES: &str =
        r#"[{"field":"phone","from":"1","to":"13800001234"},{"field":"level","to":{"b":1.50,"a":"x"}}]"#;

    #[test]
    fn an_entry_keeps_its_hash_when_values_are_erased_one_after_the_other() {
        let salt = entry_salt(&[9; 32], 7);
        let whole = change_leaf(&row("Ann", CHANGES), &salt).expect("a leaf");
        let once = blanked(CHANGES, &salt, Some(&["phone".to_owned()])).expect("something is erased");
        assert!(!once.contains("13800001234") && once.contains(r#"{"b":1.50,"a":"x"}"#), "{once}");
        let gone = [0; SALT];
        let left = change_leaf(&row("Ann", &once), &gone).expect("a leaf");
        assert_eq!((left.hash, left.erased), (whole.hash, true));
        let all = blanked(&once, &gone, None).expect("the rest is erased");
        assert!(!all.contains("1.50"), "{all}");
        assert_eq!(change_leaf(&row("Ann", &all), &gone).expect("a leaf").hash, whole.hash);
        assert_eq!(blanked(&all, &gone, None), None, "there is nothing left");
    }

    #[test]
    fn a_changed_letter_changes_the_hash_also_beside_what_was_erased() {
        let salt = entry_salt(&[9; 32], 7);
        let whole = change_leaf(&row("Ann", CHANGES), &salt).expect("a leaf");
        for (from, to) in [("13800001234", "13800001235"), ("1.50", "1.5"), ("level", "levee")] {
            let other = change_leaf(&row("Ann", &CHANGES.replace(from, to)), &salt).expect("a leaf");
            assert_ne!(other.hash, whole.hash, "{from}");
        }
        assert_ne!(change_leaf(&row("Bob", CHANGES), &salt).expect("a leaf").hash, whole.hash);
        assert_ne!(change_leaf(&row("Ann", "broken"), &salt).expect("a leaf").hash, whole.hash);
        let once = blanked(CHANGES, &salt, Some(&["phone".to_owned()])).expect("something is erased");
        let other = change_leaf(&row("Ann", &once.replace("1.50", "9.50")), &[0; SALT]).expect("a leaf");
        assert_ne!(other.hash, whole.hash);
        assert_ne!(change_leaf(&row("Bob", &once), &[0; SALT]).expect("a leaf").hash, whole.hash);
    }

    #[test]
    fn nobody_finds_an_erased_value_by_trying() {
        let once = blanked(CHANGES, &entry_salt(&[9; 32], 7), None).expect("all is erased");
        let again = blanked(CHANGES, &entry_salt(&[8; 32], 7), None).expect("all is erased");
        assert_ne!(once, again, "the same value stands for something else under another salt");
    }

    #[test]
    fn digits_are_bytes_and_back() {
        assert_eq!(unhex::<2>(&hex(&[0, 255])), Some([0, 255]));
        assert_eq!((unhex::<2>("00f"), unhex::<2>("00fg"), unhex::<1>("中")), (None, None, None));
    }
}
