//! Values while they are computed: exact, typed, owned.

use std::cmp::Ordering;

use jiff::civil::Date;
use kezhi_types::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

/// A value while it is computed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Datum {
    Absent,
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Text(String),
    Date(Date),
    Instant(Timestamp),
    List(Vec<Datum>),
}

impl Datum {
    /// A number of things.
    pub fn count(number: usize) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// Whether there is nothing.
    pub fn is_absent(&self) -> bool {
        *self == Self::Absent
    }

    /// Absent, an empty text or an empty list.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            _ => false,
        }
    }

    /// The number that it is.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Integer(number) => Some(Decimal::from(*number)),
            Self::Decimal(number) => Some(*number),
            _ => None,
        }
    }

    /// The whole number that it is.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Decimal(number) if number.is_integer() => number.to_i64(),
            _ => None,
        }
    }

    /// The order of two values of one sort; integers and decimals are one sort, text goes by code points.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::Instant(a), Self::Instant(b)) => Some(a.cmp(b)),
            (Self::Boolean(a), Self::Boolean(b)) => Some(a.cmp(b)),
            _ => Some(self.number()?.cmp(&other.number()?)),
        }
    }

    /// Whether both are the same; `1` and `1.0` are.
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b)),
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    /// What it is, for messages.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Boolean(_) => "true or false",
            Self::Integer(_) | Self::Decimal(_) => "a number",
            Self::Text(_) => "a text",
            Self::Date(_) => "a date",
            Self::Instant(_) => "an instant",
            Self::List(_) => "a list",
        }
    }

    /// As people read it: a decimal without needless zeros, a list with commas.
    pub fn text(&self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Boolean(flag) => flag.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Decimal(number) => number.normalize().to_string(),
            Self::Text(text) => text.clone(),
            Self::Date(date) => date.to_string(),
            Self::Instant(instant) => instant.to_string(),
            Self::List(items) => items.iter().map(Self::text).collect::<Vec<_>>().join(", "),
        }
    }

    /// In JSON: decimals as text without needless zeros; `None` where absent.
    pub fn json(&self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::Boolean(flag) => Some(Value::Bool(*flag)),
            Self::Integer(number) => Some(Value::from(*number)),
            Self::List(items) => Some(Value::Array(items.iter().filter_map(Self::json).collect())),
            other => Some(Value::String(other.text())),
        }
    }

    /// Roughly how many bytes it holds, for limits.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::List(items) => items.iter().map(|item| item.size() + 8).sum(),
            _ => 8,
        }
    }
}
