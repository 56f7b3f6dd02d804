//! What a store must answer to a filter, said a second time and as plainly as possible: the filter of a condition
//! is held against it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use kezhi_types::query::{Filter, Part, Shape};
use rust_decimal::Decimal;

use crate::facts::ids_in;

use super::{Column, Fields, Id, Op, Timestamp, Value};

/// All records there are.
pub(super) struct World<'a> {
    pub(super) records: &'a BTreeMap<Id, Fields>,
    pub(super) related: &'a BTreeMap<String, Vec<Fields>>,
}

impl World<'_> {
    pub(super) fn matches(&self, filter: &Filter, record: &Fields) -> bool {
        match filter {
            Filter::All(parts) => parts.iter().all(|part| self.matches(part, record)),
            Filter::Any(parts) => parts.iter().any(|part| self.matches(part, record)),
            Filter::Not(part) => !self.matches(part, record),
            Filter::Compare { path, column, op, value } => {
                let mut record = Some(record);
                for (relation, _) in path {
                    let id = record.and_then(|record| record.get(&relation.field)).and_then(Value::as_str);
                    record = id.and_then(|id| id.parse().ok()).and_then(|id: Id| self.records.get(&id));
                }
                compare(record.and_then(|record| cell(record, column)), column, *op, value)
            }
            Filter::Related { op, value, .. } => is(*op, self.count(filter).cmp(value)),
            Filter::Linked { column, filter, op, value, .. } => {
                let named = ids_in(record.get(&column.field));
                let living = named.iter().filter_map(|id| self.records.get(id));
                let count =
                    living.filter(|row| filter.as_ref().is_none_or(|filter| self.matches(filter, row)));
                is(*op, (count.count() as i64).cmp(value))
            }
            Filter::Rows { column, filter, op, value } => {
                let rows = record.get(&column.field).and_then(Value::as_array).into_iter().flatten();
                let rows = rows.filter_map(Value::as_object);
                let count =
                    rows.filter(|row| filter.as_ref().is_none_or(|filter| self.matches(filter, row))).count();
                is(*op, (count as i64).cmp(value))
            }
            Filter::Shared { .. } => false,
        }
    }

    /// How many rows a question about related records finds.
    pub(super) fn count(&self, filter: &Filter) -> i64 {
        let Filter::Related { entity, via, filter, .. } = filter else { panic!("no question: {filter:?}") };
        let rows = self.related.get(&format!("{entity}.{}", via.field)).into_iter().flatten();
        rows.filter(|row| filter.as_ref().is_none_or(|filter| self.matches(filter, row))).count() as i64
    }
}

fn cell<'r>(record: &'r Fields, column: &Column) -> Option<&'r Value> {
    let value = record.get(&column.field)?;
    let value = match column.part {
        Part::Region => value.get("region")?,
        Part::GradeLetter => value.get("letter")?,
        Part::GradeScore => value.get("score")?,
        _ => value,
    };
    Some(value).filter(|value| !value.is_null())
}

fn is(op: Op, order: Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Gt => order.is_gt(),
        Op::Gte => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Lte => order.is_le(),
        _ => panic!("{op:?} orders nothing"),
    }
}

/// The order of two values of a column; a decimal literal must come in full scale.
fn order(left: &Value, right: &Value, column: &Column) -> Ordering {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    match &column.shape {
        Shape::Integer => left.as_i64().cmp(&Some(right.as_i64().expect("an integer"))),
        Shape::Decimal { scale } => {
            let right: Decimal = text(right).parse().expect("a decimal");
            assert_eq!(right.scale(), *scale, "a scaled literal");
            let left: Decimal = text(left).parse().expect("a decimal");
            left.cmp(&right)
        }
        Shape::Boolean => left.as_bool().cmp(&right.as_bool()),
        Shape::Lunar => {
            let key = |value: &Value| match text(value).split_once("-L") {
                Some((year, rest)) => format!("{year}-{}L{}", &rest[..2], &rest[2..]),
                None => text(value),
            };
            key(left).cmp(&key(right))
        }
        Shape::Instant => Timestamp::parse(&text(left)).cmp(&Timestamp::parse(&text(right))),
        _ => text(left).cmp(&text(right)),
    }
}

fn compare(left: Option<&Value>, column: &Column, op: Op, right: &Value) -> bool {
    let list = || right.as_array().expect("an array").iter();
    let among = |left: &Value| list().any(|item| order(left, item, column).is_eq());
    let items = |left: &Value| left.as_array().cloned().unwrap_or_default();
    let lower = |value: &Value| value.as_str().expect("a text").to_ascii_lowercase();
    let is_empty = left.is_none_or(|left| {
        left == ""
            || left.as_array().is_some_and(Vec::is_empty)
            || left.as_object().is_some_and(Fields::is_empty)
    });
    match (op, left) {
        (Op::Empty, _) => is_empty,
        (Op::NotEmpty, _) => !is_empty,
        (Op::Ne | Op::NotIn | Op::NotContains, None) => true,
        (_, None) => false,
        (Op::In, Some(left)) => among(left),
        (Op::NotIn, Some(left)) => !among(left),
        (Op::Contains, Some(left)) => lower(left).contains(&lower(right)),
        (Op::NotContains, Some(left)) => !lower(left).contains(&lower(right)),
        (Op::StartsWith, Some(left)) => lower(left).starts_with(&lower(right)),
        (Op::Has, Some(left)) => items(left).contains(right),
        (Op::HasAny, Some(left)) => list().any(|item| items(left).contains(item)),
        (Op::HasAll, Some(left)) => list().all(|item| items(left).contains(item)),
        (op, Some(left)) => is(op, order(left, right, column)),
    }
}
