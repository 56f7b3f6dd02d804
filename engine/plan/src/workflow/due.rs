//! Deadlines: a duration by the clock, or by the working hours of a calendar.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};
use kezhi_types::Timestamp;
use kezhi_types::def::calendar::{CalendarDef, Weekday};

use super::plan::DuePlan;
use crate::calendar::{Duration, Unit};

/// Work calendars by key, as they are live now.
pub type Calendars = IndexMap<String, Arc<CalendarDef>>;

/// How many days are looked through for working hours; a calendar with fewer is taken for none.
const FARTHEST: i32 = 800;

const MINUTE: i64 = 60_000;

/// When a task opened at `from` is due, and when each step of its plan falls.
pub fn deadline(
    plan: &DuePlan,
    from: Timestamp,
    zone: &TimeZone,
    calendars: &Calendars,
) -> (Timestamp, Vec<Timestamp>) {
    let hours = plan.calendar.as_ref().and_then(|key| calendars.get(key)).map(|def| Hours::of(def, zone));
    let add = |instant, duration| match &hours {
        Some(hours) => hours.add(instant, duration).unwrap_or_else(|| duration.add(instant, zone)),
        None => duration.add(instant, zone),
    };
    let due = add(from, plan.after);
    (due, plan.steps.iter().map(|(at, _)| add(due, *at)).collect())
}

/// Spans of a day in minutes since midnight.
type Spans = Vec<(i64, i64)>;

/// Reads `09:00-18:00`, `24:00` at most.
///
/// # Errors
/// A sentence saying what was expected.
pub fn parse_span(text: &str) -> Result<(i64, i64), String> {
    let minutes = |part: &str| {
        let (hour, minute) = part.trim().split_once(':')?;
        let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
        let total = hour * 60 + minute;
        ((0..60).contains(&minute) && (0..=24 * 60).contains(&total)).then_some(total)
    };
    text.split_once('-')
        .and_then(|(start, end)| Some((minutes(start)?, minutes(end)?)))
        .filter(|(start, end)| start < end)
        .ok_or_else(|| format!("`{text}` is not a span such as `09:00-18:00`"))
}

/// The working hours of a calendar in a zone.
struct Hours<'a> {
    def: &'a CalendarDef,
    zone: &'a TimeZone,
}

impl<'a> Hours<'a> {
    fn of(def: &'a CalendarDef, zone: &'a TimeZone) -> Self {
        Self { def, zone }
    }

    /// `None` where the calendar has no working hours to count.
    fn add(&self, from: Timestamp, duration: Duration) -> Option<Timestamp> {
        let millis = duration.amount.saturating_mul(match duration.unit {
            Unit::Second => 1_000,
            Unit::Minute => MINUTE,
            Unit::Hour => 60 * MINUTE,
            Unit::Day => return self.add_days(from, duration.amount),
            Unit::Week | Unit::Month | Unit::Year => return self.at_work(duration.add(from, self.zone)),
        });
        if millis < 0 { self.backwards(from, -millis) } else { self.forwards(from, millis) }
    }

    /// So many working days on, at the same time of day or the last working minute before it.
    fn add_days(&self, from: Timestamp, days: i64) -> Option<Timestamp> {
        let start = if days < 0 { from } else { self.at_work(from)? };
        let zoned = start.to_jiff().to_zoned(self.zone.clone());
        let minute = i64::from(zoned.hour()) * 60 + i64::from(zoned.minute());
        let step: Span = if days < 0 { (-1).days() } else { 1.day() };
        let (mut date, mut left) = (zoned.date(), days.abs());
        for _ in 0..FARTHEST {
            if left == 0 && !self.spans(date).is_empty() {
                break;
            }
            date = date.checked_add(step).ok()?;
            left -= i64::from(!self.spans(date).is_empty() && left > 0);
        }
        let spans = self.spans(date);
        let (first, last) = (spans.first()?.0, spans.last()?.1);
        let within = spans.iter().any(|(start, end)| (*start..=*end).contains(&minute));
        let before = spans.iter().map(|(_, end)| *end).rfind(|end| *end <= minute);
        let minute = if within { minute } else { before.unwrap_or(first).min(last) };
        Some(self.instant(date, minute))
    }

    /// The instant itself in working hours, else the next instant at which they begin.
    fn at_work(&self, from: Timestamp) -> Option<Timestamp> {
        self.forwards(from, 0)
    }

    fn forwards(&self, from: Timestamp, mut millis: i64) -> Option<Timestamp> {
        let mut date = from.date_in(self.zone);
        for _ in 0..FARTHEST {
            for (start, end) in self.spans(date) {
                let (start, end) = (self.instant(date, start).max(from), self.instant(date, end));
                if start.0 + millis < end.0 || (millis > 0 && start.0 + millis == end.0) {
                    return Some(start.plus_millis(millis));
                }
                millis -= (end.0 - start.0).max(0);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn backwards(&self, from: Timestamp, mut millis: i64) -> Option<Timestamp> {
        let mut date = from.date_in(self.zone);
        for _ in 0..FARTHEST {
            for (start, end) in self.spans(date).into_iter().rev() {
                let (start, end) = (self.instant(date, start), self.instant(date, end).min(from));
                if end.0 - millis >= start.0 {
                    return Some(end.plus_millis(-millis));
                }
                millis -= (end.0 - start.0).max(0);
            }
            date = date.yesterday().ok()?;
        }
        None
    }

    /// The working spans of a date, earliest first.
    fn spans(&self, date: Date) -> Spans {
        let name = date.to_string();
        let own = self.week(weekday(date));
        if self.def.workdays.contains(&name) {
            return if own.is_empty() { self.week(Weekday::Mon) } else { own };
        }
        if self.def.holidays.contains(&name) { Spans::new() } else { own }
    }

    fn week(&self, day: Weekday) -> Spans {
        let spans = self.def.week.get(&day).into_iter().flatten();
        spans.filter_map(|span| parse_span(span).ok()).collect()
    }

    fn instant(&self, date: Date, minute: i64) -> Timestamp {
        let wall = date.to_datetime(jiff::civil::Time::midnight()).saturating_add(minute.minutes());
        match self.zone.to_ambiguous_zoned(wall).compatible() {
            Ok(zoned) => zoned.timestamp().into(),
            Err(_) => Timestamp(0),
        }
    }
}

fn weekday(date: Date) -> Weekday {
    match date.weekday() {
        jiff::civil::Weekday::Monday => Weekday::Mon,
        jiff::civil::Weekday::Tuesday => Weekday::Tue,
        jiff::civil::Weekday::Wednesday => Weekday::Wed,
        jiff::civil::Weekday::Thursday => Weekday::Thu,
        jiff::civil::Weekday::Friday => Weekday::Fri,
        jiff::civil::Weekday::Saturday => Weekday::Sat,
        jiff::civil::Weekday::Sunday => Weekday::Sun,
    }
}
