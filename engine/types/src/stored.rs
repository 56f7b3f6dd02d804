//! A record as it lies in the store: its documents are still the text that they were stored as. Most of what is
//! read is written out again as it is, and need not be taken apart and put together on the way.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::{Fields, Record};

/// A record whose documents are text.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Everything but the documents; `data` and `derived` are empty.
    pub head: Record,
    /// Authored fields.
    pub data: Document,
    /// Computed fields, rollups and grades.
    pub derived: Document,
}

/// The text of a JSON object, and where in it each value is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    text: String,
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Document {
    /// Finds the values in the text of an object, which is read once; no value is built.
    ///
    /// # Errors
    /// What is wrong with the text, when it is no JSON object.
    pub fn read(text: String) -> Result<Self, serde_json::Error> {
        let Places(found) = serde_json::from_str(&text)?;
        let start = text.as_ptr() as usize;
        let place = |part: &str| {
            let from = part.as_ptr() as usize - start;
            from..from + part.len()
        };
        let places = found.into_iter().map(|(key, value)| (place(key), place(value.get()))).collect();
        Ok(Self { text, places })
    }

    /// Keys with the JSON text of their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.places.iter().map(|(key, value)| (&self.text[key.clone()], &self.text[value.clone()]))
    }

    /// The fields whose keys are wanted, built.
    ///
    /// # Errors
    /// What is wrong with a value.
    pub fn fields(&self, wanted: impl Fn(&str) -> bool) -> Result<Fields, serde_json::Error> {
        let wanted = self.iter().filter(|(key, _)| wanted(key));
        wanted.map(|(key, value)| Ok((key.to_owned(), serde_json::from_str(value)?))).collect()
    }
}

impl Stored {
    /// The record with those of its fields whose keys are wanted.
    ///
    /// # Errors
    /// What is wrong with a value.
    pub fn with(&self, wanted: impl Fn(&str) -> bool) -> Result<Record, serde_json::Error> {
        let (data, derived) = (self.data.fields(&wanted)?, self.derived.fields(&wanted)?);
        Ok(Record { data, derived, ..self.head.clone() })
    }

    /// The whole record.
    ///
    /// # Errors
    /// What is wrong with a value.
    pub fn whole(&self) -> Result<Record, serde_json::Error> {
        self.with(|_| true)
    }
}

/// Keys and values where they lie. A key that is written with escapes is no key of a field and left out.
struct Places<'t>(Vec<(&'t str, &'t RawValue)>);

impl<'de> Deserialize<'de> for Places<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Places<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut places = Vec::with_capacity(16);
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    if let Cow::Borrowed(key) = key {
                        places.push((key, value));
                    }
                }
                Ok(Places(places))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[derive(serde::Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_they_lie_and_built_when_wanted() {
        let text = r#"{"name":"张 \"三\"", "lines": [{"a": 1}],"amount":"12.50" , "none":null}"#;
        let document = Document::read(text.to_owned()).expect("an object");
        let found: Vec<_> = document.iter().collect();
        assert_eq!(found[0], ("name", r#""张 \"三\"""#));
        assert_eq!(found[1], ("lines", r#"[{"a": 1}]"#));
        assert_eq!(found.len(), 4);
        let whole: Fields = serde_json::from_str(text).expect("an object");
        assert_eq!(document.fields(|_| true).expect("values"), whole);
        assert_eq!(document.fields(|key| key == "amount").expect("values").len(), 1);
        assert!(Document::read("[1]".to_owned()).is_err());
        assert!(Document::read(r#"{"a":1"#.to_owned()).is_err());
    }
}
