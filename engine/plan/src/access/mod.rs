//! Who may do what to which records and fields. Rights add up over the roles that a caller holds.

use std::fmt;

use indexmap::IndexMap;
use kezhi_types::def::role::{FieldRight, RoleDef};
use kezhi_types::query::Filter;
use kezhi_types::{Caller, Fields, Record, Timestamp, Violations};

use crate::app::{AppPlan, EntityPlan};
use crate::catalog::Catalog;
use crate::facts::{Circumstances, Facts, Needs};
use crate::problem::Problem;

/// A role, compiled.
#[derive(Debug)]
pub struct RolePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: RoleDef,
}

impl RolePlan {
    /// Checks a role against the catalog.
    ///
    /// # Errors
    /// Every problem, with pointers into the role.
    pub fn compile(key: &str, def: &RoleDef, catalog: &Catalog) -> Result<Self, Vec<Problem>> {
        let _ = catalog;
        Ok(Self { key: key.to_owned(), def: def.clone() })
    }
}

/// What somebody wants to do with records of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Action {
    Create,
    Read,
    Update,
    Delete,
    Restore,
    Export,
    Import,
    Share,
    Transfer,
    Claim,
    Merge,
}

/// Which rows an action reaches.
#[derive(Debug, Clone, PartialEq)]
pub enum RowScope {
    /// Every row.
    All,
    /// No row.
    Nothing,
    /// The rows that fulfil the filter.
    Where(Filter),
}

/// The caller may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the caller may not {action} `{entity}`")]
pub struct Denied {
    /// Key of the entity.
    pub entity: String,
    /// What was asked.
    pub action: Action,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What a caller may do with each field of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRights(pub IndexMap<String, FieldRight>);

impl FieldRights {
    /// The right on one field; hidden for a field that does not exist.
    pub fn of(&self, field: &str) -> FieldRight {
        self.0.get(field).copied().unwrap_or(FieldRight::Hidden)
    }
}

/// The rows that the caller's roles let the action reach.
pub fn row_scope(app: &AppPlan, entity: &EntityPlan, caller: &Caller, action: Action, now: Timestamp) -> RowScope {
    let _ = (app, entity, caller, action, now);
    RowScope::All
}

/// Whether the caller may do this to the record; without a record, whether there may be any row at all.
///
/// # Errors
/// [`Denied`] when no role allows it.
pub fn check(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    record: Option<&Record>,
    facts: &Facts,
    c: &Circumstances,
) -> Result<(), Denied> {
    let _ = (app, entity, action, record, facts, c);
    Ok(())
}

/// What `facts` does not answer yet of what [`check`] asks about this record.
pub fn needs(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    record: &Record,
    facts: &Facts,
    c: &Circumstances,
) -> Needs {
    let _ = (app, entity, action, record, facts, c);
    Needs::default()
}

/// What the caller may do with each field: the strongest right among the roles that hold the entity.
pub fn field_rights(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> FieldRights {
    let _ = (app, entity, caller);
    FieldRights(IndexMap::new())
}

/// The same on one record: only roles count whose read scope contains it.
pub fn field_rights_on(
    app: &AppPlan,
    entity: &EntityPlan,
    record: &Record,
    facts: &Facts,
    c: &Circumstances,
) -> FieldRights {
    let _ = (record, facts);
    field_rights(app, entity, &c.caller)
}

/// A flat record as the caller may see it: hidden fields left out, masked ones as text and named in `masked`.
pub fn visible(entity: &EntityPlan, fields: Fields, rights: &FieldRights) -> Fields {
    let _ = (entity, rights);
    fields
}

/// Takes from a write body what the caller may write: `(what remains, warnings)`.
///
/// A value equal to what is stored, or to its masked text, is dropped; the latter with a warning.
///
/// # Errors
/// `record.unknown_field` for hidden and unknown fields, `record.read_only` for fields without `write`.
pub fn writable(
    entity: &EntityPlan,
    rights: &FieldRights,
    input: Fields,
    before: Option<&Record>,
) -> Result<(Fields, Violations), Violations> {
    let _ = (entity, rights, before);
    Ok((input, Violations::default()))
}

/// Whether one of the caller's roles may do this: `publish`, `use_builder`, `build:<folder>`, …
pub fn may(app: &AppPlan, caller: &Caller, right: &str) -> bool {
    let _ = (app, caller, right);
    true
}

/// One sentence saying which role allows the action on the record, or that none does.
pub fn why(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    record: &Record,
    facts: &Facts,
    c: &Circumstances,
) -> String {
    let _ = (app, entity, action, record, facts, c);
    String::new()
}
