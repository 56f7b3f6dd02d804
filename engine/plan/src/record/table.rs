//! Rows of sub-tables: ids, defaults, what is hidden, computed columns.

use kezhi_types::def::entity::OnHide;
use kezhi_types::{Fields, Id, Violation, Violations};
use serde_json::Value;

use super::case::{self, Case};
use super::settle;
use crate::app::FieldPlan;
use crate::kind;

/// Completes every row of a table field.
///
/// A row without an id gets one that follows from the instant, the record (on create: the caller), the field
/// and its place, so that judging twice gives the same ids.
pub(super) fn settle(case: &Case<'_>, table: &FieldPlan, flat: &mut Fields, warnings: &mut Violations) {
    let Some(Value::Array(rows)) = flat.remove(&table.key) else { return };
    let stored = case.stored_rows(&table.key);
    let passes = passes(table);
    let mut done = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let Value::Object(mut row) = row else { continue };
        let before = case::same_row(&row, stored);
        if !row.contains_key("id") {
            row = with_id(made_id(case, table, index), row);
        }
        let at = format!("/{}/{index}", table.key);
        let sent = row.clone();
        for pass in 1..=passes {
            let last = pass == passes;
            for column in table.columns.values() {
                settle_column(
                    case,
                    column,
                    Row { sent: &sent, before, at: &at, report: last },
                    &mut row,
                    (flat, warnings),
                );
            }
        }
        row.retain(|_, value| !value.is_null());
        done.push(Value::Object(row));
    }
    flat.insert(table.key.clone(), Value::Array(done));
}

/// Where a column of a row stands.
#[derive(Clone, Copy)]
struct Row<'a> {
    sent: &'a Fields,
    before: Option<&'a Fields>,
    at: &'a str,
    report: bool,
}

fn settle_column(
    case: &Case<'_>,
    column: &FieldPlan,
    place: Row<'_>,
    row: &mut Fields,
    (flat, warnings): (&Fields, &mut Violations),
) {
    if place.before.is_none()
        && !row.contains_key(&column.key)
        && !column.is_derived()
        && let Some(value) = settle::default(column, &case.row_sight(row, flat))
    {
        row.insert(column.key.clone(), value);
    }
    if !shown(case, column, row, flat) && column.on_hide != OnHide::Keep {
        let kept =
            place.before.filter(|_| column.on_hide == OnHide::Ignore).and_then(|row| row.get(&column.key));
        row.insert(column.key.clone(), kept.cloned().unwrap_or(Value::Null));
        return;
    }
    let Some(compute) = &column.compute else {
        if let Some(value) = place.sent.get(&column.key) {
            row.insert(column.key.clone(), value.clone());
        }
        return;
    };
    let result = compute.eval(&case.row_sight(row, flat));
    let result = result.and_then(|value| value.map(|value| kind::settle(column, &value)).transpose());
    match result {
        Ok(value) => _ = row.insert(column.key.clone(), value.unwrap_or(Value::Null)),
        Err(error) => {
            row.insert(column.key.clone(), Value::Null);
            if place.report {
                let warning = Violation::new("record.compute_failed", kind::pointer(place.at, &column.key));
                warnings.push(warning.with("field", column.title.clone()).with("error", error));
            }
        }
    }
}

/// Whether a column is shown in a row.
pub(super) fn shown(case: &Case<'_>, column: &FieldPlan, row: &Fields, flat: &Fields) -> bool {
    column.show.as_ref().is_none_or(|show| show.judge(&case.row_sight(row, flat)))
}

/// How often the columns are walked: once, and once more for each computed column where columns read computed
/// ones or are shown by condition, so that the order of the file does not matter.
fn passes(table: &FieldPlan) -> usize {
    let is_computed = |key: &String| table.columns.get(key).is_some_and(|column| column.compute.is_some());
    let reads_computed = |column: &FieldPlan| {
        let compute = column.compute.iter().flat_map(|plan| &plan.reads().fields);
        let show = column.show.iter().flat_map(|plan| &plan.reads().fields);
        compute.chain(show).any(is_computed)
    };
    let chained = table.columns.values().filter(|column| reads_computed(column)).count();
    let hidden = table.columns.values().any(|column| column.show.is_some());
    1 + chained + usize::from(hidden)
}

fn made_id(case: &Case<'_>, table: &FieldPlan, index: usize) -> Id {
    let owner = case.before.map_or(case.c.caller.id, |record| record.id);
    let version = case.before.map_or(0, |record| record.version);
    Id::derived(case.c.now, &format!("{owner}/{version}/{}/{index}", table.key))
}

fn with_id(id: Id, row: Fields) -> Fields {
    let mut with = Fields::new();
    with.insert("id".to_owned(), Value::String(id.to_string()));
    with.extend(row);
    with
}
