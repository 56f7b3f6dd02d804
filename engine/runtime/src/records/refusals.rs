//! What a refusal may say: nothing of fields that the caller may not see, and not too often in a minute that somewhere a
//! value is taken.

use kezhi_plan::access;
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_types::def::role::FieldRight;
use kezhi_types::{Caller, Violation, Violations};
use serde_json::Value;

use crate::error::Error;
use crate::runtime::Runtime;

/// Refusals a minute that tell somebody that a value is taken.
const TAKEN: u32 = 120;
/// What stands for the name of a field that may not be named.
const SOME_FIELD: &str = "…";

impl Runtime {
    /// Refuses whoever has heard within a minute too often that a value is taken: one bit at a time tells much.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub(crate) fn may_guess(&self, caller: &Caller) -> Result<(), Error> {
        if caller.is_unlimited() {
            return Ok(());
        }
        self.0.guesses.take(caller.id, TAKEN, self.0.clock.unmoved()).map(drop)
    }

    /// Counts what was refused because a value is taken.
    pub(crate) fn count_guesses<'v>(&self, caller: &Caller, refused: impl Iterator<Item = &'v Violations>) {
        let taken = |found: &Violations| found.0.iter().any(|one| one.code == "record.not_unique");
        for _ in refused.filter(|found| taken(found)) {
            // Beyond the limit there is nothing left to count.
            if let Ok(told) = self.0.guesses.take(caller.id, TAKEN, self.0.clock.unmoved()) {
                told.keep();
            }
        }
    }

    /// A refusal as the caller may hear it.
    pub(super) fn heard(&self, caller: &Caller, entity: &str, error: Error) -> Error {
        let Error::Invalid(found) = error else { return error };
        self.count_guesses(caller, std::iter::once(&found));
        match self.plan() {
            Ok(plan) => match plan.entity(entity) {
                Some(entity) => Error::Invalid(nameless((&plan, entity), caller, found)),
                None => Error::Invalid(found),
            },
            Err(_) => Error::Invalid(found),
        }
    }
}

/// Violations without the names of fields that the caller may not see on any record. That something is wrong is said, for
/// the record is not saved; where, only those may know who see the field.
pub(super) fn nameless(
    (plan, entity): (&AppPlan, &EntityPlan),
    caller: &Caller,
    found: Violations,
) -> Violations {
    if caller.is_unlimited() {
        return found;
    }
    let rights = access::field_rights(plan, entity, caller);
    let hidden = |one: &Violation| {
        let first = one.pointer.strip_prefix('/').and_then(|rest| rest.split('/').next());
        let known = first.filter(|key| entity.fields.contains_key(*key));
        // What was sent by a name that is hidden is answered by that name: it does not exist.
        one.code != "record.unknown_field" && known.is_some_and(|key| rights.of(key) == FieldRight::Hidden)
    };
    let without = |one: Violation| {
        if !hidden(&one) {
            return one;
        }
        let mut args = one.args;
        args.retain(|name, _| matches!(name.as_str(), "max" | "min" | "scale" | "expected"));
        args.insert("field".to_owned(), Value::String(SOME_FIELD.to_owned()));
        Violation { pointer: String::new(), args, ..one }
    };
    Violations(found.0.into_iter().map(without).collect())
}

/// Warnings of fields that the caller sees.
pub(super) fn visible_warnings(
    entity: &EntityPlan,
    rights: &access::FieldRights,
    mut found: Violations,
) -> Violations {
    found.0.retain(|one| {
        let first = one.pointer.strip_prefix('/').and_then(|rest| rest.split('/').next());
        let known = first.filter(|key| entity.fields.contains_key(*key));
        known.is_none_or(|key| rights.of(key) != FieldRight::Hidden)
    });
    found
}
