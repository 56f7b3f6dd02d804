//! One record against one [`EntityPlan`]: from what the caller sent to what may be stored.
//!
//! The steps run in the order of the `mod` lines below. None of them reads the clock or the database:
//! `facts` holds what the store knew and `circumstances` who asks when, so a record judged twice is judged the
//! same way.

use kezhi_types::{Fields, Id, Record, Violations};

use crate::app::{AppPlan, EntityPlan};
use crate::facts::{Circumstances, Facts, Judged, Needs};

/// What `facts` does not answer yet of what judging this record asks.
///
/// The runtime asks the store and calls again until nothing is missing, at most five rounds: a path of three
/// relations is found one relation at a time. No script runs here.
pub fn needs(
    app: &AppPlan,
    entity: &EntityPlan,
    before: Option<&Record>,
    input: &Fields,
    facts: &Facts,
    c: &Circumstances,
) -> Needs {
    let _ = (app, entity, before, input, facts, c);
    Needs::default()
}

/// Completes and judges a record that is about to be written.
///
/// `before` is the stored record for an update and `None` for a create. Keys absent from `input` keep their
/// stored value; an explicit `null` clears it. On create `input` may carry `owner`, which conditions then see;
/// without it the record is taken to belong to the caller.
///
/// # Errors
/// All [`Violations`] of shape and demand together, or, where those are clean, of the rules.
pub fn judge(
    app: &AppPlan,
    entity: &EntityPlan,
    before: Option<&Record>,
    input: Fields,
    facts: &Facts,
    c: &Circumstances,
) -> Result<Judged, Violations> {
    let _ = (app, entity, before, input, facts, c);
    Err(Violations::default())
}

/// What `facts` does not answer yet of what [`derive`] asks.
pub fn derive_needs(
    app: &AppPlan,
    entity: &EntityPlan,
    record: &Record,
    facts: &Facts,
    c: &Circumstances,
) -> Needs {
    let _ = (app, entity, record, facts, c);
    Needs::default()
}

/// Rollups, computed fields and grades of a stored record, anew. `data` is as it was.
pub fn derive(app: &AppPlan, entity: &EntityPlan, record: &Record, facts: &Facts, c: &Circumstances) -> Judged {
    let _ = (app, entity, facts, c);
    Judged {
        data: record.data.clone(),
        derived: record.derived.clone(),
        changed: Vec::new(),
        changed_derived: Vec::new(),
        stale: Vec::new(),
        warnings: Violations::default(),
    }
}

/// What `facts` does not answer yet of what [`judge_delete`] asks.
pub fn delete_needs(
    app: &AppPlan,
    entity: &EntityPlan,
    record: &Record,
    facts: &Facts,
    c: &Circumstances,
) -> Needs {
    let _ = (app, entity, record, facts, c);
    Needs::default()
}

/// Judges the rules on `delete`; the answer is their warnings.
///
/// # Errors
/// The rules that refuse, or that want to be confirmed.
pub fn judge_delete(
    app: &AppPlan,
    entity: &EntityPlan,
    record: &Record,
    facts: &Facts,
    c: &Circumstances,
) -> Result<Violations, Violations> {
    let _ = (app, entity, record, facts, c);
    Ok(Violations::default())
}

/// Splits the system keys off a write body: `(the entity's fields, the owner that was asked for)`.
///
/// System keys are refused unless equal to what is stored; `owner` may be named on create.
///
/// # Errors
/// `record.read_only` for every system key with another value, `record.wrong_type` for an owner that is no id.
pub fn system_keys(input: Fields, before: Option<&Record>) -> Result<(Fields, Option<Id>), Violations> {
    let _ = before;
    Ok((input, None))
}

/// What people call a record: the value of its title field, else its serial, else the entity's title.
pub fn title(entity: &EntityPlan, fields: &Fields) -> String {
    let _ = fields;
    entity.title.clone()
}
