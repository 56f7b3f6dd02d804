//! A compiled condition as a question for the store: the same meaning as judging, references made literals.

use kezhi_types::condition::Op;
use kezhi_types::query::{Column, Filter, Part, Shape};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::judge::{bounds, scalar_holds};
use super::node::{Counted, Leaf, Node, Test};
use super::operand::{Operands, Surroundings};
use super::value::{Class, Scalar};

const TRUE: Filter = Filter::All(Vec::new());
const FALSE: Filter = Filter::Any(Vec::new());

pub(super) fn filter(node: &Node, around: &Surroundings<'_>) -> Filter {
    let each = |parts: &[Node]| parts.iter().map(|part| filter(part, around)).collect();
    match node {
        Node::All(parts) => Filter::All(each(parts)),
        Node::Any(parts) => Filter::Any(each(parts)),
        Node::Not(part) => Filter::Not(Box::new(filter(part, around))),
        Node::Rows { table, counted } => Filter::Rows {
            column: table.column.clone(),
            filter: counted_filter(counted, around),
            op: counted.op,
            value: counted.value,
        },
        Node::Linked { links, entity, counted } => Filter::Linked {
            column: links.column.clone(),
            entity: entity.clone(),
            filter: counted_filter(counted, around),
            op: counted.op,
            value: counted.value,
        },
        Node::Related { entity, via, counted, .. } => Filter::Related {
            entity: entity.clone(),
            via: via.clone(),
            filter: counted_filter(counted, around),
            op: counted.op,
            value: counted.value,
        },
        Node::Leaf(leaf) => leaf_filter(leaf, around),
    }
}

fn counted_filter(counted: &Counted, around: &Surroundings<'_>) -> Option<Box<Filter>> {
    counted.condition.as_ref().map(|condition| Box::new(filter(condition, around)))
}

fn leaf_filter(leaf: &Leaf, around: &Surroundings<'_>) -> Filter {
    if let Class::Letter(letters) = &leaf.class
        && !matches!(leaf.test, Test::Empty { .. } | Test::Changed(_))
    {
        return letter_filter(leaf, letters, around);
    }
    match &leaf.test {
        Test::Order(op, operand) => match operand.resolve(&leaf.class, around) {
            Some(value) => order_filter(leaf, *op, &value),
            None => constant(*op == Op::Ne),
        },
        Test::Among { operands, negated } => among_filter(leaf, operands, *negated, around),
        Test::Like(op, operand) => match operand.resolve(&Class::Text, around) {
            Some(value) => leaf.compare(*op, json(&value, &leaf.access.column)),
            None => constant(*op == Op::NotContains),
        },
        Test::Has { operands, all } => has_filter(leaf, operands, *all, around),
        Test::UnderCaller => {
            let below = around.caller.departments_below.iter().map(|id| Value::String(id.to_string()));
            leaf.compare(Op::In, Value::Array(below.collect()))
        }
        Test::UnderCode(code) => leaf.compare(Op::Has, Value::String(code.clone())),
        Test::Within(duration) => {
            let (first, last) = bounds(&leaf.class, *duration, around);
            Filter::All(vec![order_filter(leaf, Op::Gte, &first), order_filter(leaf, Op::Lte, &last)])
        }
        Test::Empty { negated: false } => leaf.compare(Op::Empty, Value::Null),
        Test::Empty { negated: true } => leaf.compare(Op::NotEmpty, Value::Null),
        Test::Changed(_) => FALSE,
    }
}

fn constant(holds: bool) -> Filter {
    if holds { TRUE } else { FALSE }
}

impl Leaf {
    fn compare(&self, op: Op, value: Value) -> Filter {
        Filter::Compare { path: self.access.hops.clone(), column: self.access.column.clone(), op, value }
    }
}

/// Letters have an order that the store does not know: the letters that fulfil the test are listed.
fn letter_filter(leaf: &Leaf, letters: &[String], around: &Surroundings<'_>) -> Filter {
    let rank = |place: usize| Scalar::Rank(i32::try_from(place).map_or(i32::MIN, |place| -place));
    let listed = |wanted: bool| {
        let fulfil = letters
            .iter()
            .enumerate()
            .filter(|(place, _)| scalar_holds(leaf, &leaf.test, Some(&rank(*place)), around) == wanted);
        Value::Array(fulfil.map(|(_, letter)| Value::String(letter.clone())).collect())
    };
    let holds_when_absent = scalar_holds(leaf, &leaf.test, None, around);
    if holds_when_absent {
        leaf.compare(Op::NotIn, listed(false))
    } else {
        leaf.compare(Op::In, listed(true))
    }
}

/// One comparison. A number between two values of the column's scale moves to the lower one, so that the
/// column's scaled integers answer as exact decimals would.
fn order_filter(leaf: &Leaf, op: Op, value: &Scalar<'_>) -> Filter {
    let (Class::Number { scale, .. }, Scalar::Number(number)) = (&leaf.class, value) else {
        return leaf.compare(op, json(value, &leaf.access.column));
    };
    let lower = number.round_dp_with_strategy(*scale, RoundingStrategy::ToNegativeInfinity);
    let op = match op {
        _ if lower == *number => op,
        Op::Gt | Op::Gte => Op::Gt,
        Op::Lt | Op::Lte => Op::Lte,
        other => return constant(other == Op::Ne),
    };
    leaf.compare(op, json(&Scalar::Number(lower), &leaf.access.column))
}

fn among_filter(leaf: &Leaf, operands: &Operands, negated: bool, around: &Surroundings<'_>) -> Filter {
    let Some(values) = operands.collect(&leaf.class, around) else {
        return constant(negated);
    };
    let fits = |value: &&Scalar<'_>| match (value, &leaf.class) {
        (Scalar::Number(number), Class::Number { scale, .. }) => number.normalize().scale() <= *scale,
        _ => true,
    };
    let values = values.iter().filter(fits).map(|value| json(value, &leaf.access.column)).collect();
    leaf.compare(if negated { Op::NotIn } else { Op::In }, Value::Array(values))
}

fn has_filter(leaf: &Leaf, operands: &Operands, all: bool, around: &Surroundings<'_>) -> Filter {
    let Some(values) = operands.collect(&Class::Text, around) else {
        return FALSE;
    };
    let mut values: Vec<_> = values.iter().map(|value| json(value, &leaf.access.column)).collect();
    match (operands, values.pop()) {
        (Operands::One(_), Some(value)) => leaf.compare(Op::Has, value),
        (_, last) => {
            values.extend(last);
            leaf.compare(if all { Op::HasAll } else { Op::HasAny }, Value::Array(values))
        }
    }
}

/// The value in the JSON form of the column's kind.
fn json(value: &Scalar<'_>, column: &Column) -> Value {
    match value {
        Scalar::Text(text) => Value::String(text.to_string()),
        Scalar::Number(number) => number_json(*number, column),
        Scalar::Boolean(flag) => Value::Bool(*flag),
        Scalar::Date(date) => Value::String(date.to_string()),
        Scalar::Lunar(date) => Value::String(date.to_string()),
        Scalar::Instant(instant) => Value::String(instant.to_string()),
        Scalar::Rank(_) => Value::Null,
    }
}

fn number_json(number: Decimal, column: &Column) -> Value {
    match (&column.shape, column.part) {
        (Shape::Decimal { scale }, _) => {
            let mut scaled = number;
            scaled.rescale(*scale);
            Value::String(scaled.to_string())
        }
        (_, Part::GradeScore) | (Shape::Integer, _) => {
            let whole =
                number.to_i64().unwrap_or(if number.is_sign_negative() { i64::MIN } else { i64::MAX });
            Value::from(whole)
        }
        _ => Value::String(number.to_string()),
    }
}
