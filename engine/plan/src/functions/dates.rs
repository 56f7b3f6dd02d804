//! Functions of dates, instants and lunar dates.

use jiff::Unit as JiffUnit;
use jiff::civil::Date;

use super::datum::Datum;
use super::{Function, wrong};
use crate::calendar::{Duration, LunarDate, Unit, next_lunar_anniversary, parse_date};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "date",
        arity: (1, 3),
        takes_absent: false,
        doc: "date(2026, 3, 1) or date(\"2026-03-01\"): a day, absent where there is no such day",
        call: |arguments, _| match arguments {
            [Datum::Text(text)] => Ok(maybe(parse_date(text))),
            [Datum::Date(date)] => Ok(Datum::Date(*date)),
            [year, month, day] => match (year.integer(), month.integer(), day.integer()) {
                (Some(year), Some(month), Some(day)) => Ok(maybe(civil(year, month, day))),
                _ => wrong("date", arguments),
            },
            _ => wrong("date", arguments),
        },
    },
    Function {
        name: "date_of",
        arity: (1, 1),
        takes_absent: false,
        doc: "date_of(instant): its day in the workspace's zone",
        call: |arguments, zone| match &arguments[0] {
            Datum::Instant(instant) => Ok(Datum::Date(instant.date_in(zone))),
            _ => wrong("date_of", arguments),
        },
    },
    Function {
        name: "year",
        arity: (1, 1),
        takes_absent: false,
        doc: "year(date): its year",
        call: |arguments, _| number("year", arguments, |date| i64::from(date.year())),
    },
    Function {
        name: "month",
        arity: (1, 1),
        takes_absent: false,
        doc: "month(date): its month, 1 to 12",
        call: |arguments, _| number("month", arguments, |date| i64::from(date.month())),
    },
    Function {
        name: "day",
        arity: (1, 1),
        takes_absent: false,
        doc: "day(date): its day of the month",
        call: |arguments, _| number("day", arguments, |date| i64::from(date.day())),
    },
    Function {
        name: "weekday",
        arity: (1, 1),
        takes_absent: false,
        doc: "weekday(date): 1 for Monday to 7 for Sunday",
        call: |arguments, _| {
            number("weekday", arguments, |date| i64::from(date.weekday().to_monday_one_offset()))
        },
    },
    Function {
        name: "quarter",
        arity: (1, 1),
        takes_absent: false,
        doc: "quarter(date): 1 to 4",
        call: |arguments, _| number("quarter", arguments, |date| i64::from((date.month() + 2) / 3)),
    },
    Function {
        name: "add_days",
        arity: (2, 2),
        takes_absent: false,
        doc: "add_days(date, n): the day n days later",
        call: |arguments, _| later("add_days", arguments, Unit::Day),
    },
    Function {
        name: "add_weeks",
        arity: (2, 2),
        takes_absent: false,
        doc: "add_weeks(date, n): the day n weeks later",
        call: |arguments, _| later("add_weeks", arguments, Unit::Week),
    },
    Function {
        name: "add_months",
        arity: (2, 2),
        takes_absent: false,
        doc: "add_months(date, n): the day n months later; the day is clamped to the last of the month",
        call: |arguments, _| later("add_months", arguments, Unit::Month),
    },
    Function {
        name: "add_years",
        arity: (2, 2),
        takes_absent: false,
        doc: "add_years(date, n): the day n years later; the day is clamped to the last of the month",
        call: |arguments, _| later("add_years", arguments, Unit::Year),
    },
    Function {
        name: "days_between",
        arity: (2, 2),
        takes_absent: false,
        doc: "days_between(from, to): days from one date to the other, negative backwards",
        call: |arguments, _| between("days_between", arguments, JiffUnit::Day),
    },
    Function {
        name: "months_between",
        arity: (2, 2),
        takes_absent: false,
        doc: "months_between(from, to): whole months from one date to the other, negative backwards",
        call: |arguments, _| between("months_between", arguments, JiffUnit::Month),
    },
    Function {
        name: "years_between",
        arity: (2, 2),
        takes_absent: false,
        doc: "years_between(from, to): whole years from one date to the other, negative backwards",
        call: |arguments, _| between("years_between", arguments, JiffUnit::Year),
    },
    Function {
        name: "hours_between",
        arity: (2, 2),
        takes_absent: false,
        doc: "hours_between(from, to): hours from one instant to the other, exactly",
        call: |arguments, _| match arguments {
            [Datum::Instant(from), Datum::Instant(to)] => {
                let millis = rust_decimal::Decimal::from(to.0 - from.0);
                Ok(Datum::Decimal(millis / rust_decimal::Decimal::from(3_600_000)))
            }
            _ => wrong("hours_between", arguments),
        },
    },
    Function {
        name: "month_start",
        arity: (1, 1),
        takes_absent: false,
        doc: "month_start(date): the first day of its month",
        call: |arguments, _| day("month_start", arguments, |date| Some(date.first_of_month())),
    },
    Function {
        name: "month_end",
        arity: (1, 1),
        takes_absent: false,
        doc: "month_end(date): the last day of its month",
        call: |arguments, _| day("month_end", arguments, |date| Some(date.last_of_month())),
    },
    Function {
        name: "next_anniversary",
        arity: (2, 2),
        takes_absent: false,
        doc: "next_anniversary(date, from): the first day from `from` on with its month and day",
        call: |arguments, _| match arguments {
            [Datum::Date(date), Datum::Date(from)] => Ok(maybe(next_anniversary(*date, *from))),
            _ => wrong("next_anniversary", arguments),
        },
    },
    Function {
        name: "lunar",
        arity: (1, 1),
        takes_absent: false,
        doc: "lunar(date): its lunar date, such as 1990-L05-15",
        call: |arguments, _| match &arguments[0] {
            Datum::Date(date) => {
                Ok(LunarDate::of_solar(*date).map_or(Datum::Absent, |lunar| Datum::Text(lunar.to_string())))
            }
            _ => wrong("lunar", arguments),
        },
    },
    Function {
        name: "solar",
        arity: (1, 1),
        takes_absent: false,
        doc: "solar(lunar): the day of a lunar date, absent where there is none",
        call: |arguments, _| match &arguments[0] {
            Datum::Text(text) => Ok(maybe(LunarDate::parse(text)?.to_solar())),
            _ => wrong("solar", arguments),
        },
    },
    Function {
        name: "next_lunar",
        arity: (2, 2),
        takes_absent: false,
        doc: "next_lunar(lunar, from): the first day from `from` on with that lunar month and day",
        call: |arguments, _| match arguments {
            [Datum::Text(text), Datum::Date(from)] => {
                LunarDate::parse(text)?;
                Ok(maybe(next_lunar_anniversary(text, *from)))
            }
            _ => wrong("next_lunar", arguments),
        },
    },
];

fn maybe(date: Option<Date>) -> Datum {
    date.map_or(Datum::Absent, Datum::Date)
}

fn civil(year: i64, month: i64, day: i64) -> Option<Date> {
    let (year, month, day) = (year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?);
    Date::new(year, month, day).ok()
}

fn number(name: &str, arguments: &[Datum], call: impl Fn(Date) -> i64) -> Result<Datum, String> {
    match &arguments[0] {
        Datum::Date(date) => Ok(Datum::Integer(call(*date))),
        _ => wrong(name, arguments),
    }
}

fn day(name: &str, arguments: &[Datum], call: impl Fn(Date) -> Option<Date>) -> Result<Datum, String> {
    match &arguments[0] {
        Datum::Date(date) => Ok(maybe(call(*date))),
        _ => wrong(name, arguments),
    }
}

fn later(name: &str, arguments: &[Datum], unit: Unit) -> Result<Datum, String> {
    match (&arguments[0], arguments[1].integer()) {
        (Datum::Date(date), Some(amount)) => Ok(Datum::Date(Duration { amount, unit }.add_to_date(*date))),
        _ => wrong(name, arguments),
    }
}

fn between(name: &str, arguments: &[Datum], unit: JiffUnit) -> Result<Datum, String> {
    let [Datum::Date(from), Datum::Date(to)] = arguments else {
        return wrong(name, arguments);
    };
    let span = from.until((unit, *to)).map_err(|error| error.to_string())?;
    Ok(Datum::Integer(match unit {
        JiffUnit::Year => i64::from(span.get_years()),
        JiffUnit::Month => i64::from(span.get_months()),
        _ => i64::from(span.get_days()),
    }))
}

/// Of 29 February: the last day of February in other years.
fn next_anniversary(date: Date, from: Date) -> Option<Date> {
    let in_year = |year: i16| {
        let first = Date::new(year, date.month(), 1).ok()?;
        Date::new(year, date.month(), date.day().min(first.days_in_month())).ok()
    };
    (from.year()..=from.year().saturating_add(1)).filter_map(in_year).find(|day| *day >= from)
}
