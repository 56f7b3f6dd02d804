//! Literals of a leaf: whether a value is of the field's kind, and how it reads.

use std::borrow::Cow;

use kezhi_types::Timestamp;
use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use rust_decimal::Decimal;
use serde_json::Value;

use super::fit::digits;
use super::value::{Class, Scalar, number, rank};
use crate::calendar::{LunarDate, parse_date};
use crate::catalog::ResolvedPath;
use crate::written;

/// Most digits of a decimal.
const MOST_DIGITS: u32 = 15;

/// The left side of a leaf, for checking the right one.
pub(super) struct Left<'p> {
    pub(super) path: &'p ResolvedPath,
    pub(super) class: Class,
    pub(super) op: Op,
    /// Pointer of the leaf.
    pub(super) at: &'p str,
}

/// Whether a text literal must be one of the field's options.
pub(super) fn closed_options(left: &Left<'_>) -> bool {
    let is_closed = matches!(left.class, Class::Option | Class::Letter(_))
        || left.path.field.value_kind == FieldKind::Choices;
    is_closed && !left.path.field.options.is_empty()
}

/// The literal as fields of the left side's class read it; `None` where it is not of the kind.
pub(super) fn literal(value: &Value, left: &Left<'_>) -> Option<Scalar<'static>> {
    let text = || value.as_str().map(|text| Scalar::Text(Cow::Owned(text.to_owned())));
    match &left.class {
        Class::Text | Class::Time | Class::Code => text().filter(|_| is_written_as_stored(value, left)),
        Class::Lunar => {
            let date = LunarDate::parse(value.as_str()?).ok().filter(|date| date.to_solar().is_some());
            date.map(Scalar::Lunar)
        }
        Class::Number { integer: true, .. } => {
            value.as_i64().map(|number| Scalar::Number(Decimal::from(number)))
        }
        Class::Number { .. } => {
            number(value).filter(|number| digits(*number) <= MOST_DIGITS).map(Scalar::Number)
        }
        Class::Boolean => value.as_bool().map(Scalar::Boolean),
        Class::Date => value.as_str().and_then(parse_date).map(Scalar::Date),
        Class::Instant => value.as_str().and_then(|text| Timestamp::parse(text).ok()).map(Scalar::Instant),
        Class::Reference | Class::Ids => {
            let id: kezhi_types::Id = value.as_str()?.parse().ok()?;
            Some(Scalar::Text(Cow::Owned(id.to_string())))
        }
        Class::Letter(letters) => rank(letters, value.as_str()?).map(Scalar::Rank),
        Class::Option | Class::List => {
            let known = !closed_options(left)
                || left.path.field.options.iter().any(|option| value == option.as_str());
            text().filter(|_| known)
        }
        Class::Json | Class::Path => None,
    }
}

/// A whole value of a kind that has one written form stands in that form, or nothing would ever equal it.
fn is_written_as_stored(value: &Value, left: &Left<'_>) -> bool {
    let part = matches!(left.op, Op::Contains | Op::NotContains | Op::StartsWith);
    let kind = left.path.field.value_kind;
    part || value.as_str().is_some_and(|text| text.is_empty() || written::is_normal(kind, text))
}
