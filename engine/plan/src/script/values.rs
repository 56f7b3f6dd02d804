//! Values on their way into a script and back.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kezhi_types::{Caller, Fields, Timestamp};
use rhai::{Array, Dynamic, Map};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::catalog::FieldInfo;
use crate::condition::{Reading, read_value};
use crate::functions::datum::Datum;

/// How fields are read, by key. What is not listed is not given to the script.
pub(super) type Kinds = BTreeMap<String, Kind>;

/// How a field is read.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// One value or a list of texts.
    Value(Reading),
    /// A grade: its letter and score.
    Grade,
    /// Rows of a table.
    Rows(Kinds),
}

impl Kind {
    pub(super) fn of(field: &FieldInfo) -> Self {
        use kezhi_types::def::entity::FieldKind;
        match field.kind {
            FieldKind::Grade => Self::Grade,
            FieldKind::Table => Self::Rows(
                field.columns.iter().map(|(key, column)| (key.clone(), Self::of(column))).collect(),
            ),
            _ => Self::Value(Reading::of(field, field.part)),
        }
    }

    fn read(&self, value: &Value) -> Dynamic {
        match self {
            Self::Value(reading) => dynamic(&read_value(reading, value)),
            Self::Grade => {
                let letter = value.get("letter").and_then(Value::as_str);
                let score = value.get("score").and_then(Value::as_i64);
                let (Some(letter), Some(score)) = (letter, score) else { return Dynamic::UNIT };
                let members = [("letter", Dynamic::from(letter.to_owned())), ("score", Dynamic::from(score))];
                Dynamic::from(members.into_iter().map(|(key, value)| (key.into(), value)).collect::<Map>())
            }
            Self::Rows(kinds) => {
                let items = value.as_array().into_iter().flatten().filter_map(Value::as_object);
                Dynamic::from(items.map(|row| record(kinds, row)).collect::<Array>())
            }
        }
    }
}

/// A record or row as a map; absent fields are `()`.
pub(super) fn record(kinds: &Kinds, fields: &Fields) -> Dynamic {
    let read = |(key, kind): (&String, &Kind)| {
        let value = fields.get(key).map_or(Dynamic::UNIT, |value| kind.read(value));
        (key.as_str().into(), value)
    };
    Dynamic::from(kinds.iter().map(read).collect::<Map>())
}

/// Rows, at most a thousand.
pub(super) fn rows(kinds: &Kinds, rows: &[Fields]) -> Array {
    rows.iter().take(1_000).map(|row| record(kinds, row)).collect()
}

/// `#{id, department, roles}`
pub(super) fn caller(caller: &Caller) -> Dynamic {
    let roles: Array = caller.roles.iter().map(|role| Dynamic::from(role.clone())).collect();
    let department =
        caller.department.map_or(Dynamic::UNIT, |department| Dynamic::from(department.to_string()));
    let members =
        [("id", Dynamic::from(caller.id.to_string())), ("department", department), ("roles", roles.into())];
    Dynamic::from(members.into_iter().map(|(key, value)| (key.into(), value)).collect::<Map>())
}

pub(super) fn dynamic(datum: &Datum) -> Dynamic {
    match datum {
        Datum::Absent => Dynamic::UNIT,
        Datum::Boolean(flag) => Dynamic::from(*flag),
        Datum::Integer(number) => Dynamic::from(*number),
        Datum::Decimal(number) => Dynamic::from(*number),
        Datum::Text(text) => Dynamic::from(text.clone()),
        Datum::Date(date) => Dynamic::from(*date),
        Datum::Instant(instant) => Dynamic::from(*instant),
        Datum::List(items) => Dynamic::from(items.iter().map(dynamic).collect::<Array>()),
    }
}

/// The value for one of our functions; a grade is its letter there, other maps are nothing.
pub(super) fn datum(value: &Dynamic) -> Datum {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Datum::Text(text.to_string());
    }
    if let Ok(items) = value.as_array_ref() {
        return Datum::List(items.iter().map(datum).collect());
    }
    if let Ok(members) = value.as_map_ref() {
        return members.get("letter").map_or(Datum::Absent, datum);
    }
    if let Ok(number) = value.as_int() {
        return Datum::Integer(number);
    }
    if let Ok(flag) = value.as_bool() {
        return Datum::Boolean(flag);
    }
    if let Ok(letter) = value.as_char() {
        return Datum::Text(letter.to_string());
    }
    if let Some(number) = value.clone().try_cast::<Decimal>() {
        return Datum::Decimal(number);
    }
    if let Some(date) = value.clone().try_cast::<Date>() {
        return Datum::Date(date);
    }
    value.clone().try_cast::<Timestamp>().map_or(Datum::Absent, Datum::Instant)
}
