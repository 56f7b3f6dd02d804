//! Durations, work on dates, lunar dates.

use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kezhi_types::{Said, Timestamp, said};
use tyme4rs::tyme::lunar::{LunarDay, LunarMonth};
use tyme4rs::tyme::solar::SolarDay;

/// A signed duration as authored: `-3d`, `30min`, `1month`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    /// How many; below a billion either way.
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
    pub fn parse(text: &str) -> Result<Self, Said> {
        let wrong = || {
            said!(
                "`{text}` 不是时长，例如 30d、-2h 或 1month",
                "`{text}` is not a duration such as 30d, -2h or 1month"
            )
        };
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        if !(1..=9).contains(&end) {
            return Err(wrong());
        }
        let amount: i64 = digits[..end].parse().map_err(|_| wrong())?;
        let unit = match &digits[end..] {
            "s" => Unit::Second,
            "min" => Unit::Minute,
            "h" => Unit::Hour,
            "d" => Unit::Day,
            "w" => Unit::Week,
            "month" => Unit::Month,
            "y" => Unit::Year,
            _ => return Err(wrong()),
        };
        Ok(Self { amount: if text.starts_with('-') { -amount } else { amount }, unit })
    }

    /// The instant so much later; calendar units keep the wall time in `zone`, months and years clamp to the
    /// last day. An instant outside the calendar stays where it is.
    pub fn add(self, instant: Timestamp, zone: &TimeZone) -> Timestamp {
        let exact = match self.unit {
            Unit::Second => 1_000,
            Unit::Minute => 60_000,
            Unit::Hour => 3_600_000,
            _ => return self.add_calendar(instant, zone).unwrap_or(instant),
        };
        instant.plus_millis(self.amount.saturating_mul(exact))
    }

    fn add_calendar(self, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let zoned = instant.to_jiff().to_zoned(zone.clone());
        let moved = zoned.checked_add(self.span()?).ok()?;
        Some(Timestamp::from(moved.timestamp()))
    }

    /// The day so much later; units below a day move nothing, and a day outside the calendar stays where it is.
    #[must_use]
    pub fn add_to_date(self, date: Date) -> Date {
        if !self.is_calendar() {
            return date;
        }
        self.span().and_then(|span| date.checked_add(span).ok()).unwrap_or(date)
    }

    fn span(self) -> Option<Span> {
        let span = Span::new();
        match self.unit {
            Unit::Second => span.try_seconds(self.amount),
            Unit::Minute => span.try_minutes(self.amount),
            Unit::Hour => span.try_hours(self.amount),
            Unit::Day => span.try_days(self.amount),
            Unit::Week => span.try_weeks(self.amount),
            Unit::Month => span.try_months(self.amount),
            Unit::Year => span.try_years(self.amount),
        }
        .ok()
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

/// Reads `2026-03-01`; nothing else is a date.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let is_plain = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    let digit = |index: usize| bytes[index].is_ascii_digit().then(|| i16::from(bytes[index] - b'0'));
    if !is_plain {
        return None;
    }
    let year = digit(0)? * 1000 + digit(1)? * 100 + digit(2)? * 10 + digit(3)?;
    let month = digit(5)? * 10 + digit(6)?;
    let day = digit(8)? * 10 + digit(9)?;
    Date::new(year, month as i8, day as i8).ok()
}

/// The first instant of a day in `zone`.
pub fn start_of_day(date: Date, zone: &TimeZone) -> Timestamp {
    match date.to_zoned(zone.clone()) {
        Ok(zoned) => Timestamp::from(zoned.timestamp()),
        Err(_) => Timestamp(0),
    }
}

/// A day of the lunar calendar. Days of one year compare as they follow one another: a leap month comes after the
/// month of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LunarDate {
    /// 1 to 9998.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// Whether the month is the second of its name in that year.
    pub leap: bool,
    /// 1 to 30.
    pub day: u8,
}

impl LunarDate {
    /// Reads `1990-05-15`, leap month `1990-L05-15`; whether that year has the day is not asked.
    ///
    /// # Errors
    /// A sentence saying what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text)
            .ok_or_else(|| format!("`{text}` is not a lunar date such as 1990-05-15 or 1990-L05-15"))
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let (leap, month) = month.strip_prefix('L').map_or((false, month), |month| (true, month));
        let number = |part: &str, length: usize| {
            let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<u16>().ok()).flatten()
        };
        let date = Self {
            year: i32::from(number(year, 4)?),
            month: u8::try_from(number(month, 2)?).ok()?,
            leap,
            day: u8::try_from(number(day, 2)?).ok()?,
        };
        let fits = parts.next().is_none()
            && (1..=9998).contains(&date.year)
            && (1..=12).contains(&date.month)
            && (1..=30).contains(&date.day);
        fits.then_some(date)
    }

    /// Its solar day; `None` where that year has no such leap month or the month no such day.
    pub fn to_solar(self) -> Option<Date> {
        let month = isize::from(self.month) * if self.leap { -1 } else { 1 };
        if !(1..=9998).contains(&self.year) || LunarMonth::new(self.year as isize, month).is_err() {
            return None;
        }
        let day = LunarDay::new(self.year as isize, month, usize::from(self.day)).ok()?.get_solar_day();
        let (year, month, day) = (day.get_year() as i16, day.get_month() as i8, day.get_day() as i8);
        Date::new(year, month, day).ok()
    }

    /// The same month and day in another year: the plain month where the year lacks the leap month, day 29
    /// where the month has no day 30.
    pub fn in_year(self, year: i32) -> Option<Date> {
        let leap = Self { year, ..self };
        let plain = Self { leap: false, ..leap };
        let shorter = |date: Self| Self { day: date.day.min(29), ..date }.to_solar();
        let has_leap = self.leap && Self { day: 1, ..leap }.to_solar().is_some();
        if has_leap {
            return leap.to_solar().or_else(|| shorter(leap));
        }
        plain.to_solar().or_else(|| shorter(plain))
    }

    /// The lunar date of a solar day.
    pub fn of_solar(date: Date) -> Option<Self> {
        let (year, month, day) = (date.year() as isize, date.month() as usize, date.day() as usize);
        if !(2..=9998).contains(&year) {
            return None;
        }
        let lunar = SolarDay::new(year, month, day).ok()?.get_lunar_day();
        let month = lunar.get_lunar_month().get_month_with_leap();
        Some(Self {
            year: lunar.get_year() as i32,
            month: month.unsigned_abs() as u8,
            leap: month < 0,
            day: lunar.get_day() as u8,
        })
    }
}

impl std::fmt::Display for LunarDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let leap = if self.leap { "L" } else { "" };
        write!(f, "{:04}-{leap}{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The next day on or after `on_or_after` on which the anniversary of a lunar date (`1990-L05-15`) falls.
/// Where a year lacks the leap month the plain month counts; day 30 of a month of 29 days is its last day.
pub fn next_lunar_anniversary(lunar_date: &str, on_or_after: Date) -> Option<Date> {
    let lunar = LunarDate::parse(lunar_date).ok()?;
    let year = i32::from(on_or_after.year());
    (year - 1..=year + 1).filter_map(|year| lunar.in_year(year)).find(|date| *date >= on_or_after)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn moved(from: &str, by: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).expect("a zone");
        let from = Timestamp::parse(from).expect("an instant");
        Duration::parse(by).expect("a duration").add(from, &zone).to_string()
    }

    #[test]
    fn durations_are_an_integer_and_a_unit() {
        assert_eq!(Duration::parse("-3d"), Ok(Duration { amount: -3, unit: Unit::Day }));
        assert_eq!(Duration::parse("30min"), Ok(Duration { amount: 30, unit: Unit::Minute }));
        for wrong in ["", "d", "3", "3 d", "1.5h", "3m", "1234567890d", "--3d", "3days"] {
            assert!(Duration::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn calendar_units_keep_the_wall_time_and_clamp() {
        assert_eq!(moved("2026-03-28T08:00:00Z", "1d", "Europe/Berlin"), "2026-03-29T07:00:00.000Z");
        assert_eq!(moved("2026-03-28T08:00:00Z", "24h", "Europe/Berlin"), "2026-03-29T08:00:00.000Z");
        assert_eq!(moved("2026-01-31T02:00:00Z", "1month", "Asia/Shanghai"), "2026-02-28T02:00:00.000Z");
        assert_eq!(Duration::parse("-1y").map(|by| by.add_to_date(date(2028, 2, 29))), Ok(date(2027, 2, 28)));
        assert_eq!(Duration::parse("5h").map(|by| by.add_to_date(date(2028, 2, 29))), Ok(date(2028, 2, 29)));
        assert_eq!(
            Duration::parse("999999999y").map(|by| by.add_to_date(date(2028, 2, 29))),
            Ok(date(2028, 2, 29))
        );
    }

    #[test]
    fn dates_are_read_in_one_form_only() {
        assert_eq!(parse_date("2026-02-28"), Some(date(2026, 2, 28)));
        for wrong in ["2026-02-30", "2026-2-28", "20260228", "2026-02-28T00:00:00Z", "", "２０２６-02-28"]
        {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    fn lunar_to_solar(year: i32, month: u8, leap: bool, day: u8) -> Option<Date> {
        LunarDate { year, month, leap, day }.to_solar()
    }

    #[test]
    fn every_day_of_two_centuries_is_the_same_in_two_calendars() {
        let chinese = icu_calendar::cal::ChineseTraditional::new();
        let mut day = date(1901, 1, 1);
        let mut before = None;
        let mut days = 0;
        while day < date(2100, 1, 1) {
            let iso = icu_calendar::Date::try_new_iso(day.year().into(), day.month() as u8, day.day() as u8);
            let other = iso.expect("a day").to_calendar(chinese);
            let expected = LunarDate {
                year: other.year().extended_year(),
                month: other.month().number(),
                leap: other.month().to_input().is_leap(),
                day: other.day_of_month().0,
            };
            let lunar = LunarDate::of_solar(day).expect("a lunar day");
            if lunar != expected {
                eprintln!("DIFF {day} ours {lunar} icu {expected}");
            }
            assert_eq!(lunar.to_solar(), Some(day), "{lunar}");
            assert_eq!(LunarDate::parse(&lunar.to_string()), Ok(lunar));
            assert!(before < Some(lunar), "{day}: {lunar}");
            if lunar.day == 1 && before.is_some_and(|before| before.day == 29) {
                let missing = LunarDate { day: 30, ..before.expect("the day before") };
                assert_eq!(missing.to_solar(), None, "{missing}");
            }
            before = Some(lunar);
            day = day.tomorrow().expect("another day");
            days += 1;
        }
        assert_eq!(days, 72_684);
    }

    #[test]
    fn lunar_days_are_found_in_the_solar_calendar() {
        assert_eq!(lunar_to_solar(2026, 1, false, 1), Some(date(2026, 2, 17)));
        assert_eq!(lunar_to_solar(2025, 6, true, 1), Some(date(2025, 7, 25)));
        assert_eq!(lunar_to_solar(2026, 6, true, 1), None);
        assert_eq!(lunar_to_solar(2033, 11, true, 1), Some(date(2033, 12, 22)));
        let leap = LunarDate::of_solar(date(2025, 7, 25)).map(|lunar| lunar.to_string());
        assert_eq!(leap.as_deref(), Some("2025-L06-01"));
    }

    #[test]
    fn a_lunar_birthday_comes_every_year() {
        assert_eq!(next_lunar_anniversary("1990-01-01", date(2026, 2, 17)), Some(date(2026, 2, 17)));
        assert_eq!(next_lunar_anniversary("1990-01-01", date(2026, 2, 18)), Some(date(2027, 2, 6)));
        assert_eq!(
            next_lunar_anniversary("1990-L05-15", date(2026, 1, 1)),
            lunar_to_solar(2026, 5, false, 15)
        );
        assert_eq!(
            next_lunar_anniversary("1990-12-30", date(2026, 1, 1)),
            lunar_to_solar(2025, 12, false, 29)
        );
        assert_eq!(next_lunar_anniversary("nonsense", date(2026, 1, 1)), None);
    }
}
