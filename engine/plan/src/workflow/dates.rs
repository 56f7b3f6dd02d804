//! Dates of records that start runs: on which day a record is due, and which records are due on a day.

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use kezhi_types::Timestamp;
use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::{Column, Filter};
use serde_json::{Value, json};

use super::plan::DatePlan;
use crate::calendar::next_lunar_anniversary;

/// The earliest year of a date that comes back every year.
const EARLIEST: i16 = 1900;

impl DatePlan {
    /// The day on which the value makes its record due, looked for on `day`; `None` where it is not that day.
    ///
    /// `(key, instant)`: the key names the occurrence, once a year for what comes back every year.
    pub fn due_on(&self, value: &Value, day: Date, zone: &TimeZone) -> Option<(String, Timestamp)> {
        let text = value.as_str()?;
        if self.kind == FieldKind::Datetime && self.at.is_none() {
            let instant = Timestamp::parse(text).ok()?;
            let due = self.offset.map_or(instant, |offset| offset.add(instant, zone));
            return (due.date_in(zone) == day).then(|| (text.to_owned(), due));
        }
        let base = self.bases(day).into_iter().find(|base| self.falls_on(text, *base, zone))?;
        let due = wall(day, self.at.unwrap_or(Time::midnight()), zone)?;
        let key = if self.yearly { format!("{}", base.year()) } else { base.to_string() };
        Some((key, due))
    }

    /// The records that may be due on `day`: every one that is, and few others. `column` is the field's.
    pub fn filter_on(&self, column: &Column, day: Date, zone: &TimeZone) -> Filter {
        let bases = self.bases(day);
        let compare = |op, value| Filter::Compare { path: Vec::new(), column: column.clone(), op, value };
        if self.kind == FieldKind::Datetime {
            let back = |instant: Timestamp| {
                self.offset.map_or(instant, |offset| offset.negated().add(instant, zone))
            };
            let (from, to) = match (self.at, bases.first().zip(bases.last())) {
                (Some(_), Some((first, last))) => (start(*first, zone), end(*last, zone)),
                _ => {
                    (back(start(day, zone)).plus_millis(-4 * DAY), back(end(day, zone)).plus_millis(4 * DAY))
                }
            };
            let bounds = [compare(Op::Gte, json!(from.to_string())), compare(Op::Lt, json!(to.to_string()))];
            return Filter::All(bounds.into());
        }
        let mut texts: Vec<String> = match (self.kind, self.yearly) {
            (FieldKind::LunarDate, _) => bases.iter().flat_map(|base| lunar_texts(*base)).collect(),
            (_, true) => bases.iter().flat_map(|base| yearly_texts(*base)).collect(),
            _ => bases.iter().map(Date::to_string).collect(),
        };
        texts.sort_unstable();
        texts.dedup();
        compare(Op::In, json!(texts))
    }

    /// The days whose offset leads to `day`: one, or up to four where months are clamped.
    fn bases(&self, day: Date) -> Vec<Date> {
        let Some(offset) = self.offset else { return vec![day] };
        let near = offset.negated().add_to_date(day);
        (-4..=4)
            .filter_map(|days: i32| near.checked_add(days.days()).ok())
            .filter(|base| offset.add_to_date(*base) == day)
            .collect()
    }

    fn falls_on(&self, text: &str, base: Date, zone: &TimeZone) -> bool {
        match self.kind {
            FieldKind::LunarDate => next_lunar_anniversary(text, base) == Some(base),
            FieldKind::Datetime => {
                Timestamp::parse(text).is_ok_and(|at| same_day(at.date_in(zone), base, self.yearly))
            }
            _ => text.parse::<Date>().is_ok_and(|date| same_day(date, base, self.yearly)),
        }
    }
}

const DAY: i64 = 86_400_000;

/// Whether `date`, or its anniversary, is `day`; 29 February is kept on the 28th in other years.
fn same_day(date: Date, day: Date, yearly: bool) -> bool {
    if !yearly {
        return date == day;
    }
    let kept = (date.month(), date.day());
    let leapling = kept == (2, 29) && !day.in_leap_year() && (day.month(), day.day()) == (2, 28);
    date <= day && (kept == (day.month(), day.day()) || leapling)
}

fn yearly_texts(day: Date) -> Vec<String> {
    let in_year = |year: i16| {
        let same = Date::new(year, day.month(), day.day()).ok();
        let leapling = (day.month(), day.day()) == (2, 28) && !day.in_leap_year();
        let other = leapling.then(|| Date::new(year, 2, 29).ok()).flatten();
        same.into_iter().chain(other)
    };
    (EARLIEST..=day.year()).flat_map(in_year).map(|date| date.to_string()).collect()
}

/// Every lunar date whose anniversary is `day`, in the form of the field.
fn lunar_texts(day: Date) -> Vec<String> {
    let fits = |text: &String| next_lunar_anniversary(text, day) == Some(day);
    let month_days = (1..=12).flat_map(|month| (1..=30).map(move |date| (month, date)));
    let forms = month_days.flat_map(|(month, date)| {
        ["", "L"]
            .map(|leap| (format!("{leap}{month:02}-{date:02}"), format!("2000-{leap}{month:02}-{date:02}")))
    });
    let fitting: Vec<String> = forms.filter(|(_, probe)| fits(probe)).map(|(form, _)| form).collect();
    let years = EARLIEST..=day.year();
    years.flat_map(|year| fitting.iter().map(move |form| format!("{year:04}-{form}"))).collect()
}

fn wall(day: Date, at: Time, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = zone.to_ambiguous_zoned(day.to_datetime(at)).compatible().ok()?;
    Some(zoned.timestamp().into())
}

/// The instant at which a day begins.
pub fn start(day: Date, zone: &TimeZone) -> Timestamp {
    wall(day, Time::midnight(), zone).unwrap_or_default()
}

fn end(day: Date, zone: &TimeZone) -> Timestamp {
    day.tomorrow().map_or(Timestamp(i64::MAX), |next| start(next, zone))
}
