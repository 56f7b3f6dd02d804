//! One record against one [`EntityPlan`]: from what the caller sent to what may be stored.
//!
//! The steps run in the order of the `mod` lines below. None of them reads the clock or the database:
//! `facts` holds what the store knew and `circumstances` who asks when, so a record judged twice is judged the
//! same way.

mod case;
mod demand;
mod derive;
mod needs;
mod rules;
mod serial;
mod settle;
mod shape;
mod system;
mod table;

use std::collections::BTreeSet;

use kezhi_types::{Fields, Record, Violation, Violations};
use serde_json::Value;

pub(crate) use self::case::Case;
pub(crate) use self::demand::offered;
use self::needs::Extent;
pub use self::rules::{RuleCase, judge_rule};
pub use self::serial::{BroughtSerial, brought as brought_serials};
pub(crate) use self::settle::Settled;
pub use self::system::{system_keys, title};
use crate::app::EntityPlan;
use crate::facts::{Circumstances, Facts, Judged, Needs};

/// What `facts` does not answer yet of what judging this record asks.
///
/// The runtime asks the store and calls again until nothing is missing, at most five rounds: a path of three
/// relations is found one relation at a time. No script runs here.
pub fn needs(
    entity: &EntityPlan,
    before: Option<&Record>,
    input: &Fields,
    facts: &Facts,
    c: &Circumstances,
) -> Needs {
    if !needs::asks(entity) {
        return Needs::default();
    }
    let case = Case::new(entity, before, facts, c).without_scripts();
    let sent = shape::check(&case, input.clone());
    let settled = settle::walk(&case, &sent.fields, input.get("owner"));
    let mut needs = needs::gather(&case, &settled.flat, Extent::Write);
    needs.serials.retain(|serial| sent.violations.is_empty() && !facts.serials.contains_key(&serial.field));
    needs
}

/// Completes and judges a record that is about to be written.
///
/// `before` is the stored record for an update and `None` for a create. Keys absent from `input` keep their
/// stored value; an explicit `null` clears it. On create `input` may carry `owner`, which conditions then see;
/// without it the record is taken to belong to the caller. Rows of sub-tables without an id get one that follows
/// from the instant, the record and their place.
///
/// # Errors
/// All [`Violations`] of shape, demand and rules together. Where something is wrong already, rules that read it are not
/// judged, and neither are scripts, which may read anything.
pub fn judge(
    entity: &EntityPlan,
    before: Option<&Record>,
    input: Fields,
    facts: &Facts,
    c: &Circumstances,
) -> Result<Judged, Violations> {
    let case = Case::new(entity, before, facts, c);
    let owner = input.get("owner").cloned();
    let (settled, violations) = weigh(&case, input, owner.as_ref());
    violations.into_result()?;
    let mut judged = judged(&case, settled);
    judged.stale = before.map(|record| record.stale.clone()).unwrap_or_default();
    Ok(judged)
}

/// Everything, as [`judge`] tells it; warnings are in [`Settled`].
pub(crate) fn weigh(case: &Case<'_>, input: Fields, owner: Option<&Value>) -> (Settled, Violations) {
    let sent = shape::check(case, input);
    let mut settled = settle::walk(case, &sent.fields, owner);
    settled.warnings.0.extend(sent.warnings.0);
    let mut violations = sent.violations;
    let wrong: Vec<String> = violations.0.iter().map(|violation| violation.pointer.clone()).collect();
    let demanded = demand::check(case, &sent.fields, &settled);
    violations.0.extend(demanded.0.into_iter().filter(|violation| !wrong.contains(&violation.pointer)));
    in_order(case.entity, &mut violations);
    let doubtful = doubtful(case.entity, &violations);
    match rules::check(case, &settled.flat, &doubtful) {
        Ok(warnings) => settled.warnings.0.extend(warnings.0),
        // What is to be confirmed is asked for when nothing else stands in the way.
        Err(refused) if !doubtful.is_empty() => {
            violations.0.extend(refused.0.into_iter().filter(|violation| violation.code != "rule.confirm"));
        }
        Err(refused) => violations = refused,
    }
    (settled, violations)
}

/// The fields about which something is wrong, and those that are settled by reading them.
fn doubtful(entity: &EntityPlan, violations: &Violations) -> BTreeSet<String> {
    let key = |violation: &Violation| violation.pointer.split('/').nth(1).unwrap_or_default().to_owned();
    let mut doubtful: BTreeSet<String> = violations.0.iter().map(key).collect();
    if doubtful.is_empty() {
        return doubtful;
    }
    for field in &entity.order {
        if entity.settles_on.get(field).is_some_and(|reads| !reads.is_disjoint(&doubtful)) {
            doubtful.insert(field.clone());
        }
    }
    doubtful
}

/// What `facts` does not answer yet of what [`derive`] asks.
pub fn derive_needs(entity: &EntityPlan, record: &Record, facts: &Facts, c: &Circumstances) -> Needs {
    let case = Case::new(entity, Some(record), facts, c).without_scripts();
    let (flat, _) = derive::walk(&case);
    needs::gather(&case, &flat, Extent::Derive)
}

/// Rollups, computed fields and grades of a stored record, anew. `data` is as it was.
pub fn derive(entity: &EntityPlan, record: &Record, facts: &Facts, c: &Circumstances) -> Judged {
    let case = Case::new(entity, Some(record), facts, c);
    let (flat, warnings) = derive::walk(&case);
    let settled = Settled { flat, hidden: Default::default(), warnings };
    let judged = judged(&case, settled);
    Judged { data: record.data.clone(), changed: Vec::new(), ..judged }
}

/// What `facts` does not answer yet of what [`judge_delete`] asks.
pub fn delete_needs(entity: &EntityPlan, record: &Record, facts: &Facts, c: &Circumstances) -> Needs {
    let case = Case::new(entity, Some(record), facts, c).without_scripts();
    needs::gather(&case, &record.flat(), Extent::Delete)
}

/// Judges the rules on `delete`; the answer is their warnings.
///
/// # Errors
/// The rules that refuse, or that want to be confirmed.
pub fn judge_delete(
    entity: &EntityPlan,
    record: &Record,
    facts: &Facts,
    c: &Circumstances,
) -> Result<Violations, Violations> {
    let c = Circumstances { operation: kezhi_types::def::rule::RuleOperation::Delete, ..c.clone() };
    let case = Case::new(entity, Some(record), facts, &c);
    rules::check(&case, &record.flat(), &BTreeSet::new())
}

/// The two documents, in the order of the entity, and what differs from before. Authored values of fields that
/// the entity no longer has stay where they are.
fn judged(case: &Case<'_>, settled: Settled) -> Judged {
    let Settled { mut flat, warnings, .. } = settled;
    let (mut data, mut derived) = (Fields::new(), Fields::new());
    for (key, field) in &case.entity.fields {
        let Some(value) = flat.remove(key).filter(|value| !value.is_null()) else { continue };
        let document = if field.is_derived() { &mut derived } else { &mut data };
        document.insert(key.clone(), value);
    }
    let nothing = Fields::new();
    let stored = case.before.map_or((&nothing, &nothing), |record| (&record.data, &record.derived));
    let gone = stored.0.iter().filter(|(key, _)| !case.entity.fields.contains_key(*key));
    data.extend(gone.map(|(key, value)| (key.clone(), value.clone())));
    Judged {
        changed: differing(stored.0, &data),
        changed_derived: differing(stored.1, &derived),
        data,
        derived,
        stale: Vec::new(),
        warnings,
    }
}

fn differing(before: &Fields, after: &Fields) -> Vec<String> {
    let moved = after.iter().filter(|(key, value)| before.get(*key) != Some(*value));
    let gone = before.iter().filter(|(key, value)| !value.is_null() && !after.contains_key(*key));
    moved.chain(gone).map(|(key, _)| key.clone()).collect()
}

/// Violations in the order of the fields, as people read a form.
fn in_order(entity: &EntityPlan, violations: &mut Violations) {
    violations.0.sort_by_key(|violation| {
        let key = violation.pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        entity.fields.get_index_of(key).unwrap_or(usize::MAX)
    });
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod property;
