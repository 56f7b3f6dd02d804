//! Filters that give nothing away: on rows where the caller may not read a field, it counts as absent; records
//! that the caller may not read are not there.

use std::cmp::Ordering;

use kezhi_types::condition::Op;
use kezhi_types::query::{Column, Filter};
use kezhi_types::{Caller, Timestamp};

use crate::access::{self, Action, RowScope};
use crate::app::{AppPlan, EntityPlan};

pub(super) struct Guard<'a> {
    pub app: &'a AppPlan,
    pub caller: &'a Caller,
    pub now: Timestamp,
}

/// The same filter, seen with the caller's eyes.
pub(super) fn guard(eyes: &Guard<'_>, entity: &EntityPlan, filter: Filter) -> Filter {
    if eyes.caller.is_unlimited() {
        return filter;
    }
    let every = |parts: Vec<Filter>| parts.into_iter().map(|part| guard(eyes, entity, part)).collect();
    match filter {
        Filter::All(parts) => Filter::All(every(parts)),
        Filter::Any(parts) => Filter::Any(every(parts)),
        Filter::Not(part) => Filter::Not(Box::new(guard(eyes, entity, *part))),
        Filter::Compare { path, column, op, value } => {
            let scope = eyes.along(entity, &path, &column);
            within(scope, holds_for_nothing(op), Filter::Compare { path, column, op, value })
        }
        Filter::Rows { column, filter, op, value } => {
            let scope = eyes.here(entity, &column.field, false);
            let filter = filter.map(|filter| Box::new(in_rows(eyes, *filter)));
            within(scope, compare(0, op, value), Filter::Rows { column, filter, op, value })
        }
        // Nobody asks this: it comes from the caller's own scope.
        shared @ Filter::Shared { .. } => shared,
        Filter::Linked { column, entity: other, filter, op, value } => {
            let scope = eyes.here(entity, &column.field, false);
            let inner = match eyes.app.entity(&other) {
                Some(plan) => {
                    let asked = filter.map(|filter| guard(eyes, plan, *filter));
                    let readable = access::row_scope(eyes.app, plan, eyes.caller, Action::Read, eyes.now);
                    both(readable.into_filter(), asked)
                }
                None => Some(Filter::Any(Vec::new())),
            };
            let linked = Filter::Linked { column, entity: other, filter: inner.map(Box::new), op, value };
            within(scope, compare(0, op, value), linked)
        }
        Filter::Related { entity: other, via, filter, op, value } => {
            let inner = match eyes.app.entity(&other) {
                Some(plan) => {
                    let asked = filter.map(|filter| guard(eyes, plan, *filter));
                    let seen = eyes.here(plan, &via.field, true).into_filter();
                    both(seen, asked)
                }
                None => Some(Filter::Any(Vec::new())),
            };
            Filter::Related { entity: other, via, filter: inner.map(Box::new), op, value }
        }
    }
}

/// The same for a row of a sub-table: its columns are read with the table, what lies behind them is held to rights of its
/// own.
fn in_rows(eyes: &Guard<'_>, filter: Filter) -> Filter {
    let every = |parts: Vec<Filter>| parts.into_iter().map(|part| in_rows(eyes, part)).collect();
    match filter {
        Filter::All(parts) => Filter::All(every(parts)),
        Filter::Any(parts) => Filter::Any(every(parts)),
        Filter::Not(part) => Filter::Not(Box::new(in_rows(eyes, *part))),
        Filter::Compare { path, column, op, value } => {
            let scope = eyes.behind(&path, &column);
            within(scope, holds_for_nothing(op), Filter::Compare { path, column, op, value })
        }
        // Rows have no rows of their own, and nothing points at one.
        Filter::Rows { .. } | Filter::Linked { .. } | Filter::Related { .. } | Filter::Shared { .. } => {
            Filter::Any(Vec::new())
        }
    }
}

/// Whether an absent value fulfils the operator.
fn holds_for_nothing(op: Op) -> bool {
    matches!(op, Op::Empty | Op::Ne | Op::NotIn | Op::NotContains)
}

fn both(seen: Option<Filter>, asked: Option<Filter>) -> Option<Filter> {
    match (seen, asked) {
        (Some(seen), Some(asked)) => Some(Filter::All(vec![seen, asked])),
        (seen, asked) => seen.or(asked),
    }
}

/// The rows on which everything along a path may be read; `None` for every row that may be read at all.
pub(super) fn visible(
    eyes: &Guard<'_>,
    entity: &EntityPlan,
    path: &[(Column, String)],
    column: &Column,
) -> Option<Filter> {
    if eyes.caller.is_unlimited() {
        return None;
    }
    eyes.along(entity, path, column).into_filter()
}

impl Guard<'_> {
    /// The rows on which the field may be read; every row where that is all that the caller may read anyway and
    /// the rows themselves are already held to the read scope.
    fn here(&self, entity: &EntityPlan, field: &str, foreign: bool) -> RowScope {
        let readable = access::field_scope(self.app, entity, self.caller, field, self.now);
        let rows = access::row_scope(self.app, entity, self.caller, Action::Read, self.now);
        if !foreign && readable == rows { RowScope::All } else { readable }
    }

    /// The rows on which everything along a path may be read.
    fn along(&self, entity: &EntityPlan, path: &[(Column, String)], column: &Column) -> RowScope {
        let first = path.first().map_or(column, |(relation, _)| relation);
        self.here(entity, &first.field, false).and(self.behind(path, column))
    }

    /// The rows on which everything behind the first step of a path may be read.
    fn behind(&self, path: &[(Column, String)], column: &Column) -> RowScope {
        let mut scope = RowScope::All;
        for (index, (_, target)) in path.iter().enumerate() {
            let next = path.get(index + 1).map_or(column, |(relation, _)| relation);
            let there = match self.app.entity(target) {
                Some(plan) => self.here(plan, &next.field, true),
                None => RowScope::Nothing,
            };
            scope = scope.and(match there {
                RowScope::Where(filter) => {
                    seen_through(&path[..=index], filter).map_or(RowScope::Nothing, RowScope::Where)
                }
                other => other,
            });
        }
        scope
    }
}

/// What holds inside the scope; outside it the answer for an absent value.
fn within(scope: RowScope, absent: bool, filter: Filter) -> Filter {
    match (scope, absent) {
        (RowScope::All, _) => filter,
        (RowScope::Nothing, true) => Filter::All(Vec::new()),
        (RowScope::Nothing, false) => Filter::Any(Vec::new()),
        (RowScope::Where(scope), true) => Filter::Any(vec![Filter::Not(Box::new(scope)), filter]),
        (RowScope::Where(scope), false) => Filter::All(vec![scope, filter]),
    }
}

/// A filter over the records at the end of a path, asked of the records at its start. Questions about rows
/// cannot be asked from afar.
fn seen_through(path: &[(Column, String)], filter: Filter) -> Option<Filter> {
    let every = |parts: Vec<Filter>| {
        parts.into_iter().map(|part| seen_through(path, part)).collect::<Option<Vec<_>>>()
    };
    match filter {
        Filter::All(parts) => every(parts).map(Filter::All),
        Filter::Any(parts) => every(parts).map(Filter::Any),
        Filter::Not(part) => seen_through(path, *part).map(|part| Filter::Not(Box::new(part))),
        Filter::Compare { path: further, column, op, value } => {
            let path = path.iter().cloned().chain(further).collect();
            Some(Filter::Compare { path, column, op, value })
        }
        Filter::Shared { path: further, entity, with, access, at } => {
            let path = path.iter().cloned().chain(further).collect();
            Some(Filter::Shared { path, entity, with, access, at })
        }
        Filter::Related { .. } | Filter::Linked { .. } | Filter::Rows { .. } => None,
    }
}

fn compare(count: i64, op: Op, value: i64) -> bool {
    let order = count.cmp(&value);
    match op {
        Op::Eq => order == Ordering::Equal,
        Op::Ne => order != Ordering::Equal,
        Op::Gt => order == Ordering::Greater,
        Op::Gte => order != Ordering::Less,
        Op::Lt => order == Ordering::Less,
        Op::Lte => order != Ordering::Greater,
        _ => false,
    }
}
