//! Values of fields while they are compared: typed, exact, borrowed from the record where possible.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::civil::Date;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::{Part, Shape};
use kezhi_types::{Said, Timestamp, said};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::calendar::{LunarDate, parse_date};
use crate::catalog::FieldInfo;

/// How a field's values compare; decides which operators fit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Class {
    /// Text.
    Text,
    /// A lunar date, in the order of the days.
    Lunar,
    /// A time of day: text that compares as it stands.
    Time,
    /// Text without an order, of which a part means nothing: durations, colours.
    Code,
    /// Integers and decimals with this many decimals.
    Number {
        scale: u32,
        integer: bool,
    },
    Boolean,
    Date,
    Instant,
    /// A record's or person's id.
    Reference,
    /// A choice.
    Option,
    /// A grade's letters, best first; the better one is the greater.
    Letter(Vec<String>),
    /// A list of texts.
    List,
    /// A list of ids.
    Ids,
    /// One way down a tree of codes.
    Path,
    /// Rows of a table and other JSON.
    Json,
}

impl Class {
    pub(super) fn of(field: &FieldInfo, part: Part) -> Self {
        match &field.shape {
            Shape::Option { order } if part == Part::GradeLetter => Self::Letter(order.clone()),
            Shape::Lunar => Self::Lunar,
            Shape::Text if field.value_kind == FieldKind::Time => Self::Time,
            Shape::Text if matches!(field.value_kind, FieldKind::Duration | FieldKind::Color) => Self::Code,
            Shape::Text => Self::Text,
            Shape::Integer => Self::Number { scale: 0, integer: true },
            Shape::Decimal { scale } => Self::Number { scale: *scale, integer: false },
            Shape::Boolean => Self::Boolean,
            Shape::Date => Self::Date,
            Shape::Instant => Self::Instant,
            Shape::Reference => Self::Reference,
            Shape::Option { .. } => Self::Option,
            Shape::List if field.value_kind == FieldKind::Cascade => Self::Path,
            Shape::List if matches!(field.value_kind, FieldKind::People | FieldKind::Departments) => {
                Self::Ids
            }
            Shape::Links => Self::Ids,
            Shape::List => Self::List,
            Shape::Json => Self::Json,
        }
    }

    /// What a literal must be, for messages.
    pub(super) fn expected(&self) -> Said {
        match self {
            Self::Text | Self::Code => said!("文本", "a text"),
            Self::Time => said!("时刻（如 \"08:30:00\"）", "a time of day such as \"08:30:00\""),
            Self::Lunar => said!("农历日期（如 \"1990-05-15\"）", "a lunar date such as \"1990-05-15\""),
            Self::Number { integer: true, .. } => said!("整数", "an integer"),
            Self::Number { .. } => {
                said!(
                    "整数或带引号的小数（如 \"12.50\"）",
                    "a decimal in quotes such as \"12.50\", or an integer"
                )
            }
            Self::Boolean => said!("true 或 false", "true or false"),
            Self::Date => said!("日期（如 \"2026-03-01\"）", "a date such as \"2026-03-01\""),
            Self::Instant => {
                said!("时间（如 \"2026-03-01T08:00:00Z\"）", "an instant such as \"2026-03-01T08:00:00Z\"")
            }
            Self::Reference | Self::Ids => said!("记录编号", "an id"),
            Self::Option | Self::List => said!("一个选项", "one of the options"),
            Self::Letter(_) => said!("等级中的一档", "one of the letters of the grade"),
            Self::Path => said!("代码", "a code"),
            Self::Json => said!("空", "nothing"),
        }
    }

    /// The class of the items that a list is asked for, or the class itself.
    pub(super) fn item(&self) -> &Self {
        match self {
            Self::List => &Self::Text,
            Self::Ids => &Self::Reference,
            other => other,
        }
    }
}

/// One value, ready to be compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'v> {
    Text(Cow<'v, str>),
    Number(Decimal),
    Boolean(bool),
    Date(Date),
    Lunar(LunarDate),
    Instant(Timestamp),
    /// Place of a letter, negated, so that the better one is the greater.
    Rank(i32),
}

impl Scalar<'_> {
    /// `None` where the two are of different types; text compares by code points.
    pub(super) fn compare(&self, other: &Scalar<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Scalar::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Self::Number(a), Scalar::Number(b)) => Some(a.cmp(b)),
            (Self::Boolean(a), Scalar::Boolean(b)) => Some(a.cmp(b)),
            (Self::Date(a), Scalar::Date(b)) => Some(a.cmp(b)),
            (Self::Lunar(a), Scalar::Lunar(b)) => Some(a.cmp(b)),
            (Self::Instant(a), Scalar::Instant(b)) => Some(a.cmp(b)),
            (Self::Rank(a), Scalar::Rank(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    pub(super) fn equals(&self, other: &Scalar<'_>) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }

    pub(super) fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
            Self::Number(number) => Scalar::Number(number),
            Self::Boolean(flag) => Scalar::Boolean(flag),
            Self::Date(date) => Scalar::Date(date),
            Self::Lunar(date) => Scalar::Lunar(date),
            Self::Instant(instant) => Scalar::Instant(instant),
            Self::Rank(rank) => Scalar::Rank(rank),
        }
    }
}

/// The value as its class reads it; `None` where it is absent or not of the class.
pub(super) fn read<'v>(class: &Class, value: &'v Value) -> Option<Scalar<'v>> {
    match class {
        Class::Number { .. } => number(value).map(Scalar::Number),
        Class::Boolean => value.as_bool().map(Scalar::Boolean),
        Class::Date => value.as_str().and_then(parse_date).map(Scalar::Date),
        Class::Lunar => LunarDate::parse(value.as_str()?).ok().map(Scalar::Lunar),
        Class::Instant => Timestamp::parse(value.as_str()?).ok().map(Scalar::Instant),
        Class::Letter(letters) => rank(letters, value.as_str()?).map(Scalar::Rank),
        Class::Json | Class::Path | Class::Ids => None,
        _ => value.as_str().map(|text| Scalar::Text(Cow::Borrowed(text))),
    }
}

/// An integer or decimal text; a JSON fraction is neither.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => number.as_i64().map(Decimal::from),
        Value::String(text) => Decimal::from_str_exact(text).ok(),
        _ => None,
    }
}

pub(super) fn rank(letters: &[String], letter: &str) -> Option<i32> {
    let place = letters.iter().position(|known| known == letter)?;
    i32::try_from(place).ok().map(|place| -place)
}

/// Absent, `""`, `[]` and `{}` are empty; `0` and `false` are not.
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(_) => false,
    }
}

/// Whether `text` contains `part`, the case of A–Z ignored.
pub(super) fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

/// Whether `text` starts with `part`, the case of A–Z ignored.
pub(super) fn starts_with(text: &str, part: &str) -> bool {
    text.as_bytes().get(..part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn looking_for_a_part_is_the_same_as_looking_in_lower_case(text in "[a-cA-CÄä客]{0,8}", part in "[a-cA-CÄä客]{0,3}") {
            let (low_text, low_part) = (text.to_ascii_lowercase(), part.to_ascii_lowercase());
            prop_assert_eq!(contains(&text, &part), low_text.contains(&low_part));
            prop_assert_eq!(starts_with(&text, &part), low_text.starts_with(&low_part));
        }

        #[test]
        fn decimals_compare_as_the_integers_they_stand_for(a in -10_000_000i64..10_000_000, b in -10_000_000i64..10_000_000) {
            let class = Class::Number { scale: 4, integer: false };
            let text = |scaled: i64| Value::String(Decimal::new(scaled, 4).to_string());
            let (left, right) = (text(a), text(b));
            let order = read(&class, &left).zip(read(&class, &right)).and_then(|(a, b)| a.compare(&b));
            prop_assert_eq!(order, Some(a.cmp(&b)));
        }
    }
}
