//! Instants: milliseconds since 1970 in UTC inside, RFC 3339 with three decimals outside.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
///
/// In JSON `"2026-03-01T08:00:00.000Z"`; any offset is accepted, none is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339 text with an offset.
    ///
    /// # Errors
    /// A sentence saying what was expected, when the text is not an instant with an offset.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse::<jiff::Timestamp>()
            .map(|instant| Self(instant.as_millisecond()))
            .map_err(|_| format!("`{text}` is not an instant such as 2026-03-01T08:00:00.000Z"))
    }

    /// The same instant for calendar arithmetic. Instants outside jiff's range are clamped.
    pub fn to_jiff(self) -> jiff::Timestamp {
        let range = jiff::Timestamp::MIN.as_millisecond() + 1..=jiff::Timestamp::MAX.as_millisecond();
        let clamped = self.0.clamp(*range.start(), *range.end());
        jiff::Timestamp::from_millisecond(clamped).expect("the value was clamped to the range")
    }

    /// The calendar date of this instant in `zone`.
    pub fn date_in(self, zone: &jiff::tz::TimeZone) -> jiff::civil::Date {
        self.to_jiff().to_zoned(zone.clone()).date()
    }

    /// This instant moved by a number of milliseconds, saturating.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self(instant.as_millisecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_with_three_decimals_and_read_with_any_offset() {
        let instant = Timestamp::parse("2026-03-01T16:00:00+08:00").expect("valid");
        assert_eq!(instant.to_string(), "2026-03-01T08:00:00.000Z");
        assert!(Timestamp::parse("2026-03-01T16:00:00").is_err());
    }
}
