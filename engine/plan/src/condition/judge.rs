//! Judging a compiled condition over a record: every leaf is true or false.

use std::cell::OnceCell;
use std::cmp::Ordering;

use kezhi_types::Fields;
use kezhi_types::condition::Op;
use serde_json::Value;

use super::node::{Counted, Leaf, Node, Test};
use super::operand::{Operand, Surroundings, Zone};
use super::value::{Class, Scalar, contains, is_empty, read, starts_with};
use crate::calendar::Duration;
use crate::facts::{Facts, Sight, ids_in};

/// What a node looks at: the record or a row of one of its tables.
struct View<'a> {
    fields: &'a Fields,
    before: Option<&'a Fields>,
    facts: &'a Facts,
    around: &'a Surroundings<'a>,
}

pub(super) fn judge(node: &Node, sight: &Sight<'_>) -> bool {
    let around = Surroundings {
        caller: &sight.circumstances.caller,
        now: sight.circumstances.now,
        zone: Zone::Named(sight.circumstances, OnceCell::new()),
        record: Some(sight.parent.unwrap_or(sight.fields)),
        today: OnceCell::new(),
    };
    holds(node, &View { fields: sight.fields, before: sight.before, facts: sight.facts, around: &around })
}

fn holds(node: &Node, view: &View<'_>) -> bool {
    match node {
        Node::All(parts) => parts.iter().all(|part| holds(part, view)),
        Node::Any(parts) => parts.iter().any(|part| holds(part, view)),
        Node::Not(part) => !holds(part, view),
        Node::Rows { table, counted } => rows_hold(table.get(view.fields, None), counted, view),
        Node::Linked { links, entity, counted } => {
            let named = ids_in(links.get(view.fields, None));
            let records = named.iter().filter_map(|id| view.facts.records.get(id));
            let living = records.filter(|(known, _)| known == entity).map(|(_, fields)| fields);
            counted_hold(living, counted, view)
        }
        Node::Related { number, counted, .. } => {
            let count = view.facts.probes.get(number).copied().unwrap_or(0);
            compares(counted.op, count.cmp(&counted.value))
        }
        Node::Leaf(leaf) => leaf_holds(leaf, view),
    }
}

fn rows_hold(rows: Option<&Value>, counted: &Counted, view: &View<'_>) -> bool {
    let rows = rows.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    counted_hold(rows, counted, view)
}

fn counted_hold<'f>(rows: impl Iterator<Item = &'f Fields>, counted: &Counted, view: &View<'_>) -> bool {
    let fulfils = |row: &&Fields| {
        let view = View { fields: row, before: None, facts: view.facts, around: view.around };
        counted.condition.as_ref().is_none_or(|condition| holds(condition, &view))
    };
    let count = i64::try_from(rows.filter(fulfils).count()).unwrap_or(i64::MAX);
    compares(counted.op, count.cmp(&counted.value))
}

/// Whether an order satisfies a comparison.
pub(super) fn compares(op: Op, order: Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Gt => order.is_gt(),
        Op::Gte => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Lte => order.is_le(),
        _ => false,
    }
}

fn leaf_holds(leaf: &Leaf, view: &View<'_>) -> bool {
    let value = leaf.access.get(view.fields, Some(view.facts));
    match &leaf.test {
        Test::Empty { negated } => is_empty(value) != *negated,
        Test::Changed(to) => changed(leaf, to.as_ref(), value, view),
        Test::Has { .. } => has(leaf, value, view),
        Test::UnderCode(code) => {
            let codes = value.and_then(Value::as_array);
            codes.is_some_and(|codes| codes.iter().any(|above| above == code.as_str()))
        }
        test => {
            scalar_holds(leaf, test, value.and_then(|value| read(&leaf.class, value)).as_ref(), view.around)
        }
    }
}

/// The tests that look at one scalar; `None` is an absent one.
pub(super) fn scalar_holds(
    leaf: &Leaf,
    test: &Test,
    left: Option<&Scalar<'_>>,
    around: &Surroundings<'_>,
) -> bool {
    match test {
        Test::Order(op, operand) => ordered(*op, left, operand.resolve(&leaf.class, around).as_ref()),
        Test::Among { operands, negated } => {
            let mut found = false;
            operands.visit(&leaf.class, around, &mut |item| {
                found = left.is_some_and(|left| left.equals(item));
                !found
            });
            found != *negated
        }
        Test::Like(op, operand) => like(*op, left, operand.resolve(&Class::Text, around).as_ref()),
        Test::UnderCaller => left.is_some_and(|left| {
            let Scalar::Text(id) = left else { return false };
            around.caller.departments_below.iter().any(|below| below.to_string() == id.as_ref())
        }),
        Test::Within(duration) => left.is_some_and(|left| within(left, *duration, around)),
        Test::Empty { .. } | Test::Changed(_) | Test::Has { .. } | Test::UnderCode(_) => false,
    }
}

fn ordered(op: Op, left: Option<&Scalar<'_>>, right: Option<&Scalar<'_>>) -> bool {
    match left.zip(right).and_then(|(left, right)| left.compare(right)) {
        Some(order) => compares(op, order),
        None => op == Op::Ne,
    }
}

fn like(op: Op, left: Option<&Scalar<'_>>, right: Option<&Scalar<'_>>) -> bool {
    let (Some(Scalar::Text(text)), Some(Scalar::Text(part))) = (left, right) else {
        return op == Op::NotContains;
    };
    match op {
        Op::Contains => contains(text, part),
        Op::NotContains => !contains(text, part),
        _ => starts_with(text, part),
    }
}

/// The bounds of `within_last` and `within_next`, both included, the earlier one first.
pub(super) fn bounds(
    class: &Class,
    duration: Duration,
    around: &Surroundings<'_>,
) -> (Scalar<'static>, Scalar<'static>) {
    let (here, there) = if *class == Class::Date {
        let today = around.today();
        (Scalar::Date(today), Scalar::Date(duration.add_to_date(today)))
    } else {
        (Scalar::Instant(around.now), Scalar::Instant(duration.add(around.now, around.zone())))
    };
    if duration.amount < 0 { (there, here) } else { (here, there) }
}

fn within(value: &Scalar<'_>, duration: Duration, around: &Surroundings<'_>) -> bool {
    let class = if matches!(value, Scalar::Date(_)) { Class::Date } else { Class::Instant };
    let (first, last) = bounds(&class, duration, around);
    ordered(Op::Gte, Some(value), Some(&first)) && ordered(Op::Lte, Some(value), Some(&last))
}

fn has(leaf: &Leaf, value: Option<&Value>, view: &View<'_>) -> bool {
    let (Test::Has { operands, all }, Some(items)) = (&leaf.test, value.and_then(Value::as_array)) else {
        return false;
    };
    let holds = |wanted: &Scalar<'_>| matches!(wanted, Scalar::Text(wanted) if items.iter().any(|item| item == wanted.as_ref()));
    let mut verdict = *all;
    let present = operands.visit(&Class::Text, view.around, &mut |wanted| {
        verdict = holds(wanted);
        verdict == *all
    });
    present && verdict
}

/// Whether the value differs from the one before (and now is `to`). On create every non-empty value has changed.
fn changed(leaf: &Leaf, to: Option<&Operand>, value: Option<&Value>, view: &View<'_>) -> bool {
    let before = view.before.and_then(|before| leaf.access.get(before, None));
    if same(&leaf.class, before, value) {
        return false;
    }
    let Some(to) = to else { return true };
    let left = value.and_then(|value| read(&leaf.class, value));
    ordered(Op::Eq, left.as_ref(), to.resolve(&leaf.class, view.around).as_ref())
}

fn same(class: &Class, before: Option<&Value>, value: Option<&Value>) -> bool {
    if is_empty(before) || is_empty(value) {
        return is_empty(before) && is_empty(value);
    }
    match before.and_then(|before| read(class, before)).zip(value.and_then(|value| read(class, value))) {
        Some((before, value)) => before.equals(&value),
        None => before == value,
    }
}
