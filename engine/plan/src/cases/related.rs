//! Answers of a store that holds nothing but the rows that a case gives.

use std::cmp::Ordering;

use jiff::tz::TimeZone;
use kezhi_types::Fields;
use kezhi_types::condition::Op;
use kezhi_types::def::scenario::CaseDef;
use kezhi_types::query::{Aggregate, Filter, RollupQuery, Shape};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::condition::{ConditionPlan, FilterContext, Reads};
use crate::facts::{Circumstances, Facts};

/// The rows as scripts and dotted paths find them.
pub fn facts(reads: &Reads, case: &CaseDef) -> Facts {
    let mut facts = Facts::default();
    for related in &reads.related {
        let rows = case.related.get(&related.entity).cloned().unwrap_or_default();
        facts.rows.insert(format!("{}.{}", related.entity, related.via), rows);
    }
    for (entity, rows) in &case.related {
        for row in rows {
            let id = row.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            facts.records.extend(id.map(|id| (id, (entity.clone(), row.clone()))));
        }
    }
    facts
}

/// Counts what conditions ask about records that point here.
pub fn answer(
    conditions: Vec<&ConditionPlan>,
    case: &CaseDef,
    (record, c, zone): (&Fields, &Circumstances, &TimeZone),
    facts: &mut Facts,
) {
    let context = FilterContext { caller: &c.caller, now: c.now, zone, record: Some(record) };
    for probe in conditions.into_iter().flat_map(|condition| condition.probes(&context)) {
        if let Filter::Related { entity, filter, .. } = &probe.filter {
            let rows =
                rows_of(case, entity).filter(|row| filter.as_deref().is_none_or(|filter| holds(filter, row)));
            facts.probes.insert(probe.number, i64::try_from(rows.count()).unwrap_or(i64::MAX));
        }
    }
}

/// The value of a rollup over the rows given; `None` where there is nothing to aggregate.
pub fn rollup(query: &RollupQuery, case: &CaseDef) -> Option<Value> {
    let rows = rows_of(case, &query.entity);
    let rows: Vec<&Fields> =
        rows.filter(|row| query.filter.as_ref().is_none_or(|filter| holds(filter, row))).collect();
    if query.aggregate == Aggregate::Count {
        return Some(rows.len().into());
    }
    let column = query.column.as_ref()?;
    let mut values: Vec<(&Fields, &Value)> =
        rows.into_iter().filter_map(|row| Some((row, present(row, &column.field)?))).collect();
    let sum = || values.iter().filter_map(|(_, value)| number(value)).sum::<Decimal>();
    match query.aggregate {
        Aggregate::Sum => Some(Value::String(sum().to_string())),
        Aggregate::Avg => {
            let average = sum().checked_div(Decimal::from(values.len()))?;
            Some(Value::String(average.to_string()))
        }
        Aggregate::Last => {
            let by = &query.by.as_ref()?.field;
            values.sort_by(|(one, _), (two, _)| order(one.get(by), two.get(by)).unwrap_or(Ordering::Equal));
            values.last().map(|(_, value)| (*value).clone())
        }
        Aggregate::Min | Aggregate::Max => {
            values.sort_by(|(_, one), (_, two)| order(Some(one), Some(two)).unwrap_or(Ordering::Equal));
            let end = if query.aggregate == Aggregate::Min { values.first() } else { values.last() };
            end.map(|(_, value)| (*value).clone())
        }
        Aggregate::Count => None,
    }
}

fn rows_of<'c>(case: &'c CaseDef, entity: &str) -> impl Iterator<Item = &'c Fields> {
    case.related.get(entity).into_iter().flatten()
}

fn present<'r>(row: &'r Fields, field: &str) -> Option<&'r Value> {
    row.get(field).filter(|value| !value.is_null())
}

fn holds(filter: &Filter, row: &Fields) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| holds(part, row)),
        Filter::Any(parts) => parts.iter().any(|part| holds(part, row)),
        Filter::Not(part) => !holds(part, row),
        Filter::Compare { path, column, op, value } if path.is_empty() => {
            let left = present(row, &column.field);
            let left = match column.shape {
                Shape::Option { .. } => left.map(|value| value.get("letter").unwrap_or(value)),
                _ => left,
            };
            compares(left, *op, value)
        }
        Filter::Compare { .. }
        | Filter::Related { .. }
        | Filter::Linked { .. }
        | Filter::Rows { .. }
        | Filter::Shared { .. } => false,
    }
}

/// A leaf as definitions mean it: comparing with what is absent is false, except for negations.
fn compares(left: Option<&Value>, op: Op, right: &Value) -> bool {
    let ordering = order(left, Some(right));
    let items = || right.as_array().into_iter().flatten();
    let among = || items().any(|item| order(left, Some(item)) == Some(Ordering::Equal));
    let has = |item: &Value| left.and_then(Value::as_array).is_some_and(|list| list.contains(item));
    let text = left.and_then(Value::as_str).map(str::to_ascii_lowercase);
    let part = right.as_str().map(str::to_ascii_lowercase);
    let texts = || text.as_deref().zip(part.as_deref());
    match op {
        Op::Eq => ordering == Some(Ordering::Equal),
        Op::Ne => ordering != Some(Ordering::Equal),
        Op::Gt => ordering == Some(Ordering::Greater),
        Op::Gte => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        Op::Lt => ordering == Some(Ordering::Less),
        Op::Lte => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Op::In => among(),
        Op::NotIn => !among(),
        Op::Contains => texts().is_some_and(|(text, part)| text.contains(part)),
        Op::NotContains => !texts().is_some_and(|(text, part)| text.contains(part)),
        Op::StartsWith => texts().is_some_and(|(text, part)| text.starts_with(part)),
        Op::Has => has(right),
        Op::HasAny => items().any(has),
        Op::HasAll => items().all(has),
        Op::Empty => is_empty(left),
        Op::NotEmpty => !is_empty(left),
        Op::Under | Op::WithinLast | Op::WithinNext | Op::Changed | Op::ChangedTo => false,
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(_) => false,
    }
}

/// Numbers by size, everything else as text; `None` where either is absent.
fn order(left: Option<&Value>, right: Option<&Value>) -> Option<Ordering> {
    let (left, right) = (left?, right?);
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Some(left.cmp(&right));
    }
    match (left, right) {
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => (left == right).then_some(Ordering::Equal),
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
