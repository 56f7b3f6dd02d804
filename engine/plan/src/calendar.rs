//! Durations, work on dates, lunar dates.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kezhi_types::Timestamp;

/// A signed duration as authored: `-3d`, `30min`, `1month`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    /// How many.
    pub amount: i64,
    /// Of what.
    pub unit: Unit,
}

/// Units of durations. The first three are exact, the others follow the calendar of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Duration {
    /// Reads `<integer><unit>`, unit `s min h d w month y`.
    ///
    /// # Errors
    /// A sentence saying what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        Err(text.to_owned())
    }

    /// The instant so much later; calendar units keep the wall time in `zone`, months and years clamp to the last day.
    pub fn add(self, instant: Timestamp, zone: &TimeZone) -> Timestamp {
        let _ = (zone, self);
        instant
    }

    /// The day so much later; units below a day move nothing.
    #[must_use]
    pub fn add_to_date(self, date: Date) -> Date {
        let _ = self;
        date
    }

    /// The same backwards.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { amount: -self.amount, unit: self.unit }
    }

    /// Whether it counts days, weeks, months or years.
    pub fn is_calendar(self) -> bool {
        !matches!(self.unit, Unit::Second | Unit::Minute | Unit::Hour)
    }
}

/// A day of the lunar calendar in the form `1990-05-15`, leap month `1990-L05-15`.
///
/// # Errors
/// A sentence saying what was expected.
pub fn parse_lunar(text: &str) -> Result<(i32, u8, bool, u8), String> {
    Err(text.to_owned())
}

/// The solar day of a lunar one; `None` where that year has no such leap month or the month no such day.
pub fn lunar_to_solar(year: i32, month: u8, leap: bool, day: u8) -> Option<Date> {
    let _ = (year, month, leap, day);
    None
}

/// The next day on or after `on_or_after` on which the anniversary of a lunar date (`1990-L05-15`) falls.
/// Where a year lacks the leap month the plain month counts; day 30 of a month of 29 days is its last day.
pub fn next_lunar_anniversary(lunar_date: &str, on_or_after: Date) -> Option<Date> {
    let _ = lunar_date;
    Some(on_or_after)
}
