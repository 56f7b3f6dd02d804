//! Values as promoted columns hold them, so that both databases compare and sort them alike.

use std::str::FromStr;

use kezhi_types::query::{Column, Part, Shape};
use kezhi_types::{Fields, Id, Timestamp};
use pinyin::ToPinyin;
use rust_decimal::Decimal;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::bind::{Bind, Dialect};

/// Characters of a text that its sort key covers.
const SORTED_CHARACTERS: usize = 64;

/// How a column is stored. A change of storage makes the column anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Text,
    Integer,
    Scaled(u32),
    Boolean,
    Date,
    Lunar,
    Millis,
    Reference,
    Choice,
}

impl Storage {
    /// `None` for lists and other JSON, which have no column.
    pub fn of(shape: &Shape) -> Option<Self> {
        Some(match shape {
            Shape::Text => Self::Text,
            Shape::Integer => Self::Integer,
            Shape::Decimal { scale } => Self::Scaled(*scale),
            Shape::Boolean => Self::Boolean,
            Shape::Date => Self::Date,
            Shape::Lunar => Self::Lunar,
            Shape::Instant => Self::Millis,
            Shape::Reference => Self::Reference,
            Shape::Option { .. } => Self::Choice,
            Shape::List | Shape::Links | Shape::Json => return None,
        })
    }

    /// The name under which the catalog keeps it.
    pub fn code(self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Integer => "integer".into(),
            Self::Scaled(scale) => format!("scaled{scale}"),
            Self::Boolean => "boolean".into(),
            Self::Date => "date".into(),
            Self::Lunar => "lunar".into(),
            Self::Millis => "millis".into(),
            Self::Reference => "reference".into(),
            Self::Choice => "choice".into(),
        }
    }

    /// The column's type.
    pub fn sql_type(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::Text | Self::Date | Self::Lunar | Self::Choice, Dialect::Sqlite) => "TEXT",
            (Self::Text | Self::Date | Self::Lunar | Self::Choice, Dialect::Postgres) => "TEXT COLLATE \"C\"",
            (Self::Reference, Dialect::Sqlite) => "BLOB",
            (Self::Reference, Dialect::Postgres) => "UUID",
            (_, Dialect::Sqlite) => "INTEGER",
            (_, Dialect::Postgres) => "BIGINT",
        }
    }

    /// The stored form of a value; absent where there is none or it is of another kind.
    pub fn bind(self, value: Option<&Value>) -> Bind {
        match self {
            Self::Text | Self::Date | Self::Choice => {
                Bind::Text(value.and_then(Value::as_str).map(str::to_owned))
            }
            Self::Lunar => Bind::Text(value.and_then(Value::as_str).map(lunar_key)),
            Self::Integer => Bind::Int(value.and_then(integer)),
            Self::Scaled(scale) => {
                Bind::Int(value.and_then(|value| scaled(value, scale)).map(|(number, _)| number))
            }
            Self::Boolean => Bind::Int(value.and_then(Value::as_bool).map(i64::from)),
            Self::Millis => Bind::Int(value.and_then(instant).map(|at| at.0)),
            Self::Reference => Bind::Id(value.and_then(reference)),
        }
    }
}

/// The value of a column in a record's documents; system columns have none here.
pub(crate) fn part_value<'a>(data: &'a Fields, derived: &'a Fields, column: &Column) -> Option<&'a Value> {
    let value = match column.part {
        Part::System => None,
        Part::Data => data.get(&column.field),
        Part::Derived => derived.get(&column.field),
        Part::Region => data.get(&column.field)?.get("region"),
        Part::GradeLetter => derived.get(&column.field)?.get("letter"),
        Part::GradeScore => derived.get(&column.field)?.get("score"),
    };
    value.filter(|value| !value.is_null())
}

pub(crate) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A decimal as an integer of its last decimal place, rounded down, and whether nothing was rounded away.
pub(crate) fn scaled(value: &Value, scale: u32) -> Option<(i64, bool)> {
    let decimal = match value {
        Value::String(text) => Decimal::from_str(text).ok()?,
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok()?,
        _ => return None,
    };
    let moved = decimal.checked_mul(Decimal::from(10_i64.checked_pow(scale)?))?;
    let floor = moved.floor();
    Some((i64::try_from(floor).ok()?, floor == moved))
}

pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?).ok()
}

pub(crate) fn reference(value: &Value) -> Option<Id> {
    value.as_str()?.parse().ok()
}

/// A lunar day so that text compares as days do: `1990-L05-15` is `1990-05L-15`, after `1990-05-30`.
pub(crate) fn lunar_key(day: &str) -> String {
    match (day.get(..5), day.get(5..6), day.get(6..8), day.get(8..)) {
        (Some(year), Some("L"), Some(month), Some(rest)) => format!("{year}{month}L{rest}"),
        _ => day.to_owned(),
    }
}

/// The lunar day of a key.
pub(crate) fn lunar_day(key: &str) -> String {
    match (key.get(..5), key.get(5..7), key.get(7..8), key.get(8..)) {
        (Some(year), Some(month), Some("L"), Some(rest)) => format!("{year}L{month}{rest}"),
        _ => key.to_owned(),
    }
}

/// A scaled integer as decimal text in full scale: 1250 at scale 2 is `12.50`.
pub(crate) fn decimal_text(number: i128, scale: u32) -> String {
    let divisor = 10_i128.pow(scale);
    let sign = if number < 0 { "-" } else { "" };
    let (whole, rest) =
        (number.unsigned_abs() / divisor.unsigned_abs(), number.unsigned_abs() % divisor.unsigned_abs());
    if scale == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{rest:0width$}", width = scale as usize)
}

/// What a text is sorted by: NFKC, lower case, 中文 by pinyin; the text itself decides among equals.
pub(crate) fn sort_key(text: &str) -> String {
    let plain: String = text.nfkc().take(SORTED_CHARACTERS).flat_map(char::to_lowercase).collect();
    let mut key = String::with_capacity(plain.len() * 2);
    for character in plain.chars() {
        match character.to_pinyin() {
            Some(pinyin) => {
                key.push_str(pinyin.plain());
                key.push(' ');
            }
            None => key.push(character),
        }
    }
    key.push('\u{1}');
    key.push_str(&plain);
    key
}

/// What must be unique of a value: its digits, or its trimmed text; `None` when nothing is left.
pub(crate) fn unique_key(value: Option<&Value>, digits: bool) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => return None,
        other => other.to_string(),
    };
    let kept = if digits { text.chars().filter(char::is_ascii_digit).collect() } else { text };
    (!kept.is_empty()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decimals_keep_every_digit_in_both_directions() {
        assert_eq!(scaled(&json!("12.50"), 2), Some((1250, true)));
        assert_eq!(scaled(&json!("-0.01"), 2), Some((-1, true)));
        assert_eq!(scaled(&json!("1.005"), 2), Some((100, false)));
        assert_eq!(scaled(&json!(7), 2), Some((700, true)));
        assert_eq!(decimal_text(-1, 2), "-0.01");
        assert_eq!(decimal_text(1250, 2), "12.50");
        assert_eq!(decimal_text(7, 0), "7");
    }

    #[test]
    fn a_leap_month_comes_after_the_month_of_its_name() {
        let mut days = vec!["1990-06-01", "1990-L05-01", "1990-05-30", "1990-L05-29", "1989-12-30"];
        days.sort_by_key(|day| lunar_key(day));
        assert_eq!(days, ["1989-12-30", "1990-05-30", "1990-L05-01", "1990-L05-29", "1990-06-01"]);
        assert!(days.iter().all(|day| lunar_day(&lunar_key(day)) == *day));
    }

    #[test]
    fn chinese_is_sorted_by_pinyin_among_latin_words() {
        let mut names = vec!["张三", "Adam", "李四", "王五", "zoe", "阿明"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["阿明", "Adam", "李四", "王五", "张三", "zoe"]);
    }

    #[test]
    fn a_phone_is_unique_by_its_digits() {
        assert_eq!(unique_key(Some(&json!(" 138-0013 8000")), true).as_deref(), Some("13800138000"));
        assert_eq!(unique_key(Some(&json!("  ")), false), None);
    }
}
