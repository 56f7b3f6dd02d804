//! Dates and instants cut into years, quarters, months, weeks and days of the workspace's zone.

use kezhi_types::aggregate::{Period, ZoneOffset};

use crate::bind::Dialect;
use crate::error::Error;
use crate::promote::Storage;
use crate::sql::{Form, Place};

/// The period that a value lies in, as text: `2026`, `2026-Q1`, `2026-01`, `2026-W05`, `2026-01-31`.
pub(crate) fn period(
    dialect: Dialect,
    place: &Place,
    by: Period,
    offsets: &[ZoneOffset],
) -> Result<String, Error> {
    let day = match place.form {
        Form::Stored(Storage::Date) => place.expression.clone(),
        Form::Stored(Storage::Millis) => day_of(dialect, &place.expression, offsets),
        Form::InstantText => day_of(dialect, &millis_of(dialect, &place.expression), offsets),
        _ => return Err(Error::Unsupported("a period of what is no date".into())),
    };
    Ok(match (by, dialect) {
        (Period::Day, _) => day,
        (Period::Month, _) => format!("substr({day}, 1, 7)"),
        (Period::Year, _) => format!("substr({day}, 1, 4)"),
        (Period::Quarter, Dialect::Sqlite) => {
            format!("(substr({day}, 1, 4) || '-Q' || ((CAST(substr({day}, 6, 2) AS INTEGER) + 2) / 3))")
        }
        (Period::Quarter, Dialect::Postgres) => {
            format!("(substr({day}, 1, 4) || '-Q' || ((substr({day}, 6, 2)::bigint + 2) / 3)::text)")
        }
        // A week belongs to the year of its Thursday.
        (Period::Week, Dialect::Sqlite) => {
            let thursday = format!("date({day}, '-3 days', 'weekday 4')");
            format!(
                "(strftime('%Y', {thursday}) || '-W' || \
                 printf('%02d', (CAST(strftime('%j', {thursday}) AS INTEGER) - 1) / 7 + 1))"
            )
        }
        (Period::Week, Dialect::Postgres) => {
            format!("(CASE WHEN {day} >= '0001-01-01' THEN to_char(({day})::date, 'IYYY-\"W\"IW') END)")
        }
    })
}

/// The day of an instant in the zone.
fn day_of(dialect: Dialect, millis: &str, offsets: &[ZoneOffset]) -> String {
    let local = format!("({millis} + {})", ahead(millis, offsets));
    // Rounded down also before 1970, where a remainder is negative.
    let seconds = format!("(({local} - (({local} % 1000) + 1000) % 1000) / 1000)");
    match dialect {
        Dialect::Sqlite => format!("strftime('%Y-%m-%d', {seconds}, 'unixepoch')"),
        Dialect::Postgres => {
            format!("(to_char(to_timestamp({seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD') COLLATE \"C\")")
        }
    }
}

/// How far the zone is ahead of UTC: a search by halves through its changes.
fn ahead(millis: &str, offsets: &[ZoneOffset]) -> String {
    match offsets {
        [] => "0".to_owned(),
        [only] => only.ahead.to_string(),
        several => {
            let (before, after) = several.split_at(several.len() / 2);
            format!(
                "(CASE WHEN {millis} < {} THEN {} ELSE {} END)",
                after[0].from,
                ahead(millis, before),
                ahead(millis, after)
            )
        }
    }
}

/// The milliseconds of an instant that is read from its text.
fn millis_of(dialect: Dialect, text: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "(CAST(strftime('%s', substr({text}, 1, 19)) AS INTEGER) * 1000 + CAST(substr({text}, 21, 3) AS INTEGER))"
        ),
        Dialect::Postgres => format!("(EXTRACT(EPOCH FROM ({text})::timestamptz) * 1000)::bigint"),
    }
}
