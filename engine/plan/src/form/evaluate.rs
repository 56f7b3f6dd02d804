//! A form while somebody types, and when it is sent.

use std::collections::BTreeMap;

use kezhi_types::def::screen::{FormDef, FormFieldDef};
use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::{Fields, Record, Violation, Violations};
use serde::Serialize;
use serde_json::Value;

use crate::app::{AppPlan, EntityPlan, FieldPlan};
use crate::facts::{Circumstances, Facts, Sight};
use crate::kind;
use crate::record::{self, Case, Settled};

/// How a form stands with the values typed so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FormState {
    /// Every value of the record, completed: defaults, computed fields, grades.
    pub values: Fields,
    /// Field to whether it is shown.
    pub visible: BTreeMap<String, bool>,
    /// Field to whether it must be filled in.
    pub required: BTreeMap<String, bool>,
    /// Field to whether it cannot be changed.
    pub readonly: BTreeMap<String, bool>,
    /// Choice fields to the options offered now.
    pub options: BTreeMap<String, Vec<String>>,
    /// What would refuse the record if it were saved now; scripts have not been asked.
    pub violations: Violations,
    /// What would be said if it were saved now.
    pub warnings: Violations,
}

/// How the form stands with these values. Runs no script and stores nothing; an unknown entity gives an empty
/// state.
pub fn evaluate(
    app: &AppPlan,
    form: &FormDef,
    (before, values): (Option<&Record>, Fields),
    facts: &Facts,
    c: &Circumstances,
) -> FormState {
    let Some(entity) = app.entity(&form.entity) else { return FormState { values, ..FormState::default() } };
    let case = Case::new(entity, before, facts, c).without_scripts();
    let mut input = values;
    input.retain(|key, _| !is_filled_by_engine(entity, key));
    with_defaults(form, before, &mut input);
    let owner = input.get("owner").cloned();
    let (settled, mut violations) = record::weigh(&case, input, owner.as_ref());
    missing(form, entity, &settled, &mut violations);
    let mut state = FormState { violations, ..FormState::default() };
    let sight = case.sight(&settled.flat);
    for (key, field) in &entity.fields {
        let narrowed = form.fields.get(key);
        let visible = !settled.hidden.contains(key) && !narrowed.is_some_and(|form| form.hidden);
        state.visible.insert(key.clone(), visible);
        state.required.insert(key.clone(), visible && is_required(entity, field, narrowed, &sight));
        state.readonly.insert(key.clone(), is_readonly(field, narrowed, &sight));
        if let Some(all) = &field.def.options {
            let offered = record::offered(field, &sight).unwrap_or(all);
            state.options.insert(key.clone(), offered.to_vec());
        }
    }
    let Settled { mut flat, warnings, .. } = settled;
    flat.retain(|key, _| entity.fields.contains_key(key));
    FormState { values: flat, warnings, ..state }
}

/// What a submission of this form may carry, with the form's own defaults; then it is judged as any record.
///
/// # Errors
/// `record.required` for what only this form requires, `record.read_only` for what it does not let change.
pub fn submission(
    app: &AppPlan,
    form: &FormDef,
    before: Option<&Record>,
    mut values: Fields,
) -> Result<Fields, Violations> {
    let Some(entity) = app.entity(&form.entity) else { return Ok(values) };
    let mut violations = Violations::default();
    for (key, narrowed) in &form.fields {
        let Some(field) = entity.fields.get(key) else { continue };
        let at = kind::pointer("", key);
        let stored = before.and_then(|record| record.value(key));
        let sent = values.get(key);
        if (narrowed.hidden || narrowed.readonly) && sent.is_some() {
            let expected = stored.or(if before.is_none() { narrowed.default.as_ref() } else { None });
            if sent != expected && sent != Some(&Value::Null) {
                violations.push(Violation::new("record.read_only", at).with("field", field.title.clone()));
            } else {
                values.remove(key);
            }
            continue;
        }
        let value = if sent.is_some() { sent } else { stored.or(narrowed.default.as_ref()) };
        let is_plain = field.show.is_none();
        if narrowed.required && is_plain && kind::is_empty(value) {
            violations.push(Violation::new("record.required", at).with("field", field.title.clone()));
        }
    }
    with_defaults(form, before, &mut values);
    violations.into_result().map(|()| values)
}

/// Derived fields and serial numbers that a page sends back, and system keys.
fn is_filled_by_engine(entity: &EntityPlan, key: &str) -> bool {
    let field = entity.fields.get(key);
    let derived = field.is_some_and(fills_itself);
    derived || key != "owner" && SYSTEM_KEYS.contains(&key)
}

fn fills_itself(field: &FieldPlan) -> bool {
    field.is_derived() || field.lookup.is_some() || field.def.serial.is_some()
}

fn with_defaults(form: &FormDef, before: Option<&Record>, values: &mut Fields) {
    if before.is_some() {
        return;
    }
    for (key, narrowed) in &form.fields {
        if let Some(default) = narrowed.default.as_ref().filter(|_| !values.contains_key(key)) {
            values.insert(key.clone(), default.clone());
        }
    }
}

fn missing(form: &FormDef, entity: &EntityPlan, settled: &Settled, violations: &mut Violations) {
    for (key, _) in form.fields.iter().filter(|(_, narrowed)| narrowed.required) {
        let Some(field) = entity.fields.get(key).filter(|_| !settled.hidden.contains(key)) else { continue };
        let at = kind::pointer("", key);
        if kind::is_empty(settled.flat.get(key))
            && !violations.0.iter().any(|violation| violation.pointer == at)
        {
            violations.push(Violation::new("record.required", at).with("field", field.title.clone()));
        }
    }
}

fn is_required(
    entity: &EntityPlan,
    field: &FieldPlan,
    form: Option<&FormFieldDef>,
    sight: &Sight<'_>,
) -> bool {
    entity.required.contains(&field.key)
        || form.is_some_and(|form| form.required)
        || field.require.as_ref().is_some_and(|require| require.judge(sight))
}

fn is_readonly(field: &FieldPlan, form: Option<&FormFieldDef>, sight: &Sight<'_>) -> bool {
    fills_itself(field)
        || form.is_some_and(|form| form.readonly)
        || field.readonly.as_ref().is_some_and(|readonly| readonly.judge(sight))
}
