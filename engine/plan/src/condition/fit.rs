//! Which operator fits which class of values, and what people call them.

use kezhi_types::condition::Op;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::Part;
use kezhi_types::{Said, said};
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

/// Every operator that can be asked of a class of values, in the order of the documentation.
pub(super) fn fitting<'a>(class: &'a Class, path: &'a ResolvedPath) -> impl Iterator<Item = Op> + 'a {
    const ALL: [Op; 21] = [
        Op::Eq,
        Op::Ne,
        Op::Gt,
        Op::Gte,
        Op::Lt,
        Op::Lte,
        Op::In,
        Op::NotIn,
        Op::Contains,
        Op::NotContains,
        Op::StartsWith,
        Op::Has,
        Op::HasAny,
        Op::HasAll,
        Op::Under,
        Op::WithinLast,
        Op::WithinNext,
        Op::Empty,
        Op::NotEmpty,
        Op::Changed,
        Op::ChangedTo,
    ];
    ALL.into_iter().filter(move |op| fits(*op, class, path))
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
pub(super) fn noun(class: &Class) -> Said {
    match class {
        Class::Text => said!("文本", "a text"),
        Class::Lunar => said!("农历日期", "a lunar date"),
        Class::Time => said!("时刻", "a time of day"),
        Class::Code => said!("没有先后的文本", "a text without an order"),
        Class::Number { .. } => said!("数字", "a number"),
        Class::Boolean => said!("是/否", "true or false"),
        Class::Date => said!("日期", "a date"),
        Class::Instant => said!("日期时间", "an instant"),
        Class::Reference => said!("关联", "a reference"),
        Class::Option => said!("单选", "a choice"),
        Class::Letter(_) => said!("等级", "a grade"),
        Class::List => said!("列表", "a list"),
        Class::Ids => said!("关联列表", "a list of ids"),
        Class::Path => said!("级联选择", "a way down a tree of codes"),
        Class::Json => said!("子表之类由多部分组成的值", "a table or another value of many parts"),
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
