//! The second step: one walk of the fields in the order in which they read one another. Defaults, what is
//! hidden, rows, and everything that the engine fills.

use std::collections::BTreeSet;

use kezhi_types::def::entity::{FieldKind, OnHide};
use kezhi_types::{Fields, Violation, Violations};
use serde_json::Value;

use super::case::Case;
use super::{derive, serial, table};
use crate::app::{DefaultPlan, FieldPlan};
use crate::facts::Sight;
use crate::kind;

/// A record, complete.
pub(crate) struct Settled {
    /// System keys, authored and derived fields; what is absent is not there.
    pub flat: Fields,
    /// Fields that are not shown.
    pub hidden: BTreeSet<String>,
    /// What was dropped or could not be reached.
    pub warnings: Violations,
}

/// Lays what was sent over what was stored and completes it.
pub(crate) fn walk(case: &Case<'_>, sent: &Fields, owner: Option<&Value>) -> Settled {
    let mut settled =
        Settled { flat: start(case, owner), hidden: BTreeSet::new(), warnings: Violations::default() };
    for (key, value) in sent {
        match value {
            Value::Null => _ = settled.flat.remove(key),
            value => _ = settled.flat.insert(key.clone(), value.clone()),
        }
    }
    for key in &case.entity.order {
        if let Some(field) = case.entity.fields.get(key) {
            settle(case, field, sent, &mut settled);
        }
    }
    settled
}

/// The record before anything is laid over it: as stored, or a new one of the caller's.
fn start(case: &Case<'_>, owner: Option<&Value>) -> Fields {
    if let Some(stood) = &case.stood {
        return stood.clone();
    }
    let caller = Value::String(case.c.caller.id.to_string());
    let now = Value::String(case.c.now.to_string());
    let mut fields = Fields::new();
    fields.insert("version".to_owned(), 1.into());
    for (at, by) in [("created_at", "created_by"), ("updated_at", "updated_by")] {
        fields.insert(at.to_owned(), now.clone());
        fields.insert(by.to_owned(), caller.clone());
    }
    let person = case.c.caller.kind == kezhi_types::CallerKind::Person;
    let owner = owner.cloned().or_else(|| (case.entity.owner && person).then_some(caller));
    if let Some(owner) = owner {
        fields.insert("owner".to_owned(), owner);
    }
    if let Some(department) = case.c.caller.department.filter(|_| case.entity.owner && person) {
        fields.insert("department".to_owned(), Value::String(department.to_string()));
    }
    fields
}

fn settle(case: &Case<'_>, field: &FieldPlan, sent: &Fields, settled: &mut Settled) {
    if case.before.is_none()
        && !sent.contains_key(&field.key)
        && let Some(value) = default(field, &case.sight(&settled.flat))
    {
        settled.flat.insert(field.key.clone(), value);
    }
    let shown = field.show.as_ref().is_none_or(|show| show.judge(&case.sight(&settled.flat)));
    if !shown {
        settled.hidden.insert(field.key.clone());
        if hide(case, field, sent, settled) {
            return;
        }
    }
    match field.kind {
        FieldKind::Serial => serial::fill(case, field, &mut settled.flat),
        FieldKind::Table => table::settle(case, field, &mut settled.flat, &mut settled.warnings),
        _ if field.is_derived() => derive::fill(case, field, &mut settled.flat, &mut settled.warnings),
        _ => {}
    }
}

/// What becomes of a hidden value; true when the field is settled with that.
fn hide(case: &Case<'_>, field: &FieldPlan, sent: &Fields, settled: &mut Settled) -> bool {
    let kept = match field.on_hide {
        OnHide::Keep => return false,
        OnHide::Clear => None,
        OnHide::Ignore => case.stored(&field.key).cloned(),
    };
    let dropped = sent.get(&field.key).filter(|value| !kind::is_empty(Some(value)));
    if dropped.is_some_and(|value| kept.as_ref() != Some(value)) {
        let warning = Violation::new("record.hidden_dropped", kind::pointer("", &field.key));
        settled.warnings.push(warning.with("field", field.title.clone()));
    }
    match kept {
        Some(value) => _ = settled.flat.insert(field.key.clone(), value),
        None => _ = settled.flat.remove(&field.key),
    }
    true
}

/// The value that a new record or row starts with. An expression that fails gives none.
pub(crate) fn default(field: &FieldPlan, sight: &Sight<'_>) -> Option<Value> {
    let c = sight.circumstances;
    let value = match field.default.as_ref()? {
        DefaultPlan::Literal(value) => value.clone(),
        DefaultPlan::CallerId if c.caller.id == kezhi_types::Id::SYSTEM => return None,
        DefaultPlan::CallerId => Value::String(c.caller.id.to_string()),
        DefaultPlan::Today => Value::String(c.today().to_string()),
        DefaultPlan::Now => Value::String(c.now.to_string()),
        DefaultPlan::Expr(expr) => expr.eval(sight).ok().flatten()?,
    };
    kind::settle(field, &value).ok()
}
