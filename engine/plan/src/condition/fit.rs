//! Which operator fits which class of values, and what people call them.

use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::Part;
use rust_decimal::Decimal;
use serde_json::Value;

use super::value::Class;
use crate::catalog::ResolvedPath;

/// Whether an operator can be asked of a class of values.
pub(super) fn fits(op: Op, class: &Class, path: &ResolvedPath) -> bool {
    match op {
        Op::Empty | Op::NotEmpty | Op::Changed => true,
        Op::Eq | Op::Ne | Op::In | Op::NotIn | Op::ChangedTo => {
            !matches!(class, Class::List | Class::Ids | Class::Path | Class::Json)
        }
        Op::Gt | Op::Gte | Op::Lt | Op::Lte => {
            matches!(
                class,
                Class::Text
                    | Class::Time
                    | Class::Number { .. }
                    | Class::Date
                    | Class::Lunar
                    | Class::Instant
                    | Class::Letter(_)
            )
        }
        Op::Contains | Op::NotContains | Op::StartsWith => *class == Class::Text,
        Op::Has | Op::HasAny | Op::HasAll => matches!(class, Class::List | Class::Ids),
        Op::Under => {
            let is_department = path.column.part == Part::System && path.column.field == "department";
            let is_department = is_department || path.field.value_kind == FieldKind::Department;
            is_department || *class == Class::Path || path.field.value_kind == FieldKind::Address
        }
        Op::WithinLast | Op::WithinNext => matches!(class, Class::Date | Class::Instant),
    }
}

/// Whether a value of class `right` can be compared with one of class `left`.
pub(super) fn agree(left: &Class, right: &Class) -> bool {
    let textual = |class: &Class| matches!(class, Class::Text | Class::Option | Class::Code | Class::List);
    match (left, right) {
        (Class::Ids, Class::Reference) => true,
        (_, Class::Ids) => false,
        (Class::Instant, Class::Date) | (Class::Number { .. }, Class::Number { .. }) => true,
        (_, Class::List) => false,
        (left, right) if textual(left) && textual(right) => true,
        (left, right) => left == right,
    }
}

/// What people call a class.
pub(super) fn noun(class: &Class) -> &'static str {
    match class {
        Class::Text => "a text",
        Class::Lunar => "a lunar date",
        Class::Time => "a time of day",
        Class::Code => "a text without an order",
        Class::Number { .. } => "a number",
        Class::Boolean => "true or false",
        Class::Date => "a date",
        Class::Instant => "an instant",
        Class::Reference => "a reference",
        Class::Option => "a choice",
        Class::Letter(_) => "a grade",
        Class::List => "a list",
        Class::Ids => "a list of ids",
        Class::Path => "a way down a tree of codes",
        Class::Json => "a table or another value of many parts",
    }
}

/// The operator as written.
pub(super) fn name(op: Op) -> String {
    match serde_json::to_value(op) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// How many digits a number has.
pub(super) fn digits(number: Decimal) -> u32 {
    let mantissa = number.normalize().mantissa().unsigned_abs();
    mantissa.checked_ilog10().map_or(1, |log| log + 1)
}
