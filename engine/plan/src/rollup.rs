//! What the change of one record does to the rollups that count it, told without asking the others.
//!
//! Counts and sums move by what came and went. A smallest or largest value moves when something beyond it comes; when
//! it goes itself the others must be asked. Averages and last ones are always asked for.

use std::cmp::Ordering;

use kezhi_types::query::{Aggregate, Column, Shape};
use kezhi_types::{Fields, Record};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::app::FieldPlan;
use crate::facts::{Circumstances, Facts, Sight};
use crate::kind;

/// What a record that is counted adds to a rollup: nothing but itself, or its value.
type Share = Option<Value>;

/// One step of a rollup: a record that was counted, or is counted now.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// What went and what came.
    Known {
        /// The share before; none for a record that was not counted.
        went: Option<Share>,
        /// The share now.
        came: Option<Share>,
    },
    /// Only the store can say.
    Unknown,
}

/// The step of a rollup when a record that it may count becomes another, comes (`before` is none) or goes.
pub fn step(
    field: &FieldPlan,
    before: Option<&Record>,
    after: Option<&Record>,
    circumstances: &Circumstances,
) -> Step {
    if !moves(field) {
        return Step::Unknown;
    }
    let share = |record: Option<&Record>| record.and_then(|record| share(field, record, circumstances));
    Step::Known { went: share(before), came: share(after) }
}

/// The rollup after these steps, from what is stored; none where only the store can say.
pub fn moved(field: &FieldPlan, stored: Option<&Value>, steps: &[Step]) -> Option<Value> {
    if !moves(field) {
        return None;
    }
    match field.rollup.as_ref()?.aggregate {
        Aggregate::Count => counted(stored?.as_i64()?, steps).map(Value::from),
        Aggregate::Sum => summed(field, stored?, steps),
        Aggregate::Min => beyond(field, stored?, steps, Ordering::Less),
        Aggregate::Max => beyond(field, stored?, steps, Ordering::Greater),
        Aggregate::Avg | Aggregate::Last => None,
    }
}

/// Whether what is stored can be moved at all: the record alone decides whether it is counted, and nothing was lost by
/// rounding.
fn moves(field: &FieldPlan) -> bool {
    let Some(rollup) = &field.rollup else { return false };
    let alone = field.rollup_where.as_ref().is_none_or(|condition| condition.reads().is_alone());
    let fits = |column: &Column| match (&column.shape, &field.shape) {
        (Shape::Integer, Shape::Integer) | (Shape::Date, Shape::Date) => true,
        (Shape::Decimal { scale }, Shape::Decimal { scale: kept }) => kept >= scale,
        _ => false,
    };
    alone
        && match rollup.aggregate {
            Aggregate::Count => true,
            Aggregate::Sum | Aggregate::Min | Aggregate::Max => rollup.column.as_ref().is_some_and(fits),
            Aggregate::Avg | Aggregate::Last => false,
        }
}

/// What a record adds; none where it is not counted.
fn share(field: &FieldPlan, record: &Record, circumstances: &Circumstances) -> Option<Share> {
    let counted = field.rollup_where.as_ref().is_none_or(|condition| {
        let (fields, facts): (Fields, Facts) = (record.flat(), Facts::default());
        let sight = Sight { fields: &fields, before: None, parent: None, facts: &facts, circumstances };
        condition.judge(&sight)
    });
    let column = field.rollup.as_ref()?.column.as_ref();
    counted.then(|| column.and_then(|column| record.value(&column.field)).cloned())
}

fn counted(stored: i64, steps: &[Step]) -> Option<i64> {
    steps.iter().try_fold(stored, |count, step| match step {
        Step::Known { went, came } => Some(count + i64::from(came.is_some()) - i64::from(went.is_some())),
        Step::Unknown => None,
    })
}

fn summed(field: &FieldPlan, stored: &Value, steps: &[Step]) -> Option<Value> {
    let size = |share: &Option<Share>| match share {
        Some(Some(value)) => kind::decimal(value),
        _ => Some(Decimal::ZERO),
    };
    let sum = steps.iter().try_fold(kind::decimal(stored)?, |sum, step| match step {
        Step::Known { went, came } => sum.checked_add(size(came)?)?.checked_sub(size(went)?),
        Step::Unknown => None,
    })?;
    kind::settle(field, &Value::String(sum.to_string())).ok()
}

/// The value furthest in a direction; none where the furthest one went.
fn beyond(field: &FieldPlan, stored: &Value, steps: &[Step], direction: Ordering) -> Option<Value> {
    let mut furthest = stored;
    for step in steps {
        let Step::Known { went, came } = step else { return None };
        let (went, came) = (went.iter().flatten().next(), came.iter().flatten().next());
        let reaches = |value: &Value| {
            order(value, furthest).map(|order| order == direction || order == Ordering::Equal)
        };
        match came {
            Some(value) if reaches(value)? => furthest = value,
            _ if went.map_or(Some(false), reaches)? => return None,
            _ => {}
        }
    }
    kind::settle(field, furthest).ok()
}

/// Numbers by size, days by the calendar.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (kind::decimal(one), kind::decimal(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        (None, None) => Some(one.as_str()?.cmp(other.as_str()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::app::AppPlan;
    use crate::fixture::{app, circumstances, record, thing};

    /// A customer whose rollups count paid orders, and all of them.
    fn customer() -> AppPlan {
        let rollup = |aggregate: &str, more: Value| {
            let mut rollup = json!({ "entity": "order", "via": "thing", "aggregate": aggregate });
            rollup.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            json!({ "title": aggregate, "x-kind": "rollup", "x-rollup": rollup })
        };
        let paid = json!({ "field": "paid", "op": "eq", "value": true });
        let amount = json!({ "field": "amount" });
        app(&[
            (
                "entities/thing.json",
                json!({ "title": "客户", "properties": {
                    "orders": rollup("count", json!({ "where": paid })),
                    "spent": rollup("sum", json!({ "field": "amount", "where": paid })),
                    "dearest": rollup("max", amount.clone()),
                    "first": rollup("min", json!({ "field": "day" })),
                    "usual": rollup("avg", amount),
                } }),
            ),
            (
                "entities/order.json",
                json!({ "title": "订单", "properties": {
                    "thing": { "title": "客户", "x-kind": "relation", "x-relation": { "entity": "thing" } },
                    "amount": { "title": "金额", "x-kind": "money" },
                    "day": { "title": "日期", "x-kind": "date" },
                    "paid": { "title": "已付", "x-kind": "boolean" } } }),
            ),
        ])
    }

    fn order(amount: &str, day: &str, paid: bool) -> Record {
        record(json!({ "amount": amount, "day": day, "paid": paid }), json!({}))
    }

    fn after(field: &str, stored: Value, changes: &[(Option<&Record>, Option<&Record>)]) -> Option<Value> {
        let app = customer();
        let field = &thing(&app).fields[field];
        let steps: Vec<Step> =
            changes.iter().map(|(before, after)| step(field, *before, *after, &circumstances())).collect();
        moved(field, Some(&stored), &steps)
    }

    #[test]
    fn counts_and_sums_move_by_what_is_counted() {
        let (paid, open) = (order("0.10", "2026-01-02", true), order("5.00", "2026-01-03", false));
        let dearer = order("0.30", "2026-01-02", true);
        assert_eq!(after("orders", json!(3), &[(None, Some(&paid)), (None, Some(&open))]), Some(json!(4)));
        assert_eq!(
            after("orders", json!(3), &[(Some(&open), Some(&paid)), (Some(&paid), None)]),
            Some(json!(3))
        );
        assert_eq!(
            after("spent", json!("1.10"), &[(None, Some(&paid)), (None, Some(&open))]),
            Some(json!("1.20"))
        );
        assert_eq!(after("spent", json!("1.10"), &[(Some(&paid), Some(&dearer))]), Some(json!("1.30")));
        assert_eq!(after("spent", json!("1.10"), &[(Some(&paid), Some(&open))]), Some(json!("1.00")));
        assert_eq!(after("spent", json!("1.10"), &[]), Some(json!("1.10")));
    }

    #[test]
    fn an_extreme_moves_outwards_and_is_asked_for_when_it_goes() {
        let (small, large) = (order("1.00", "2026-01-02", true), order("9.00", "2026-03-01", true));
        assert_eq!(after("dearest", json!("5.00"), &[(None, Some(&large))]), Some(json!("9.00")));
        assert_eq!(after("dearest", json!("5.00"), &[(Some(&small), None)]), Some(json!("5.00")));
        assert_eq!(after("dearest", json!("9.00"), &[(Some(&large), None)]), None);
        assert_eq!(after("dearest", json!("9.00"), &[(Some(&large), Some(&small))]), None);
        assert_eq!(after("dearest", json!("1.00"), &[(Some(&small), Some(&large))]), Some(json!("9.00")));
        assert_eq!(after("first", json!("2026-02-01"), &[(None, Some(&small))]), Some(json!("2026-01-02")));
        assert_eq!(after("first", json!("2026-01-02"), &[(Some(&small), None)]), None);
    }

    #[test]
    fn an_average_is_always_asked_for() {
        assert_eq!(after("usual", json!("5.00"), &[(None, Some(&order("1.00", "2026-01-02", true)))]), None);
        assert_eq!(after("usual", json!("5.00"), &[]), None);
    }
}
