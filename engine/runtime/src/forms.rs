//! Forms while somebody types, and what they send in.

use std::sync::Arc;

use kezhi_plan::access::{self, Action, FieldRights, RowScope};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::calendar::Duration;
use kezhi_plan::form::{self, FormState};
use kezhi_types::def::role::FieldRight;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::def::screen::FormDef;
use kezhi_types::{Caller, Entrance, Fields, Id, Record, Timestamp, Violation, Violations};
use serde_json::Value;

use crate::audit::Note;
use crate::error::Error;
use crate::records::{Manner, RecordView, entity_known};
use crate::runtime::Runtime;

/// A form and its entity, in the plan that both are of.
pub type KnownForm = (Arc<AppPlan>, Arc<FormDef>, Arc<EntityPlan>);

impl Runtime {
    /// The form with this key and its entity, if the caller may know of it.
    ///
    /// # Errors
    /// Not found.
    pub fn form(&self, caller: &Caller, key: &str) -> Result<KnownForm, Error> {
        let plan = self.plan()?;
        let unknown = || Error::NotFound { kind: "form", key: key.to_owned() };
        let form = plan.forms.get(key).cloned().ok_or_else(unknown)?;
        let entity = entity_known(&plan, caller, &form.entity).map_err(|_| unknown())?.clone();
        Ok((plan, form, entity))
    }

    /// How a form stands with these values; nothing is stored and no script runs.
    ///
    /// # Errors
    /// Not found.
    pub async fn evaluate_form(
        &self,
        caller: &Caller,
        key: &str,
        (record, values): (Option<Id>, Fields),
    ) -> Result<FormState, Error> {
        let (plan, form, entity) = self.form(caller, key)?;
        self.may_guess(caller)?;
        let (before, rights) = match record {
            Some(id) => {
                let (record, rights) = self.readable_with(&plan, caller, &entity.key, id).await?;
                (Some(record), rights)
            }
            None => (None, Arc::new(access::field_rights(&plan, &entity, caller))),
        };
        let manner = Manner::default();
        let operation = if before.is_some() { RuleOperation::Update } else { RuleOperation::Create };
        let circumstances = self.context(caller, Entrance::Form, &manner)?.circumstances(operation);
        let before: Option<&Record> = before.as_ref();
        // What may not be written is not tried either: an answer would tell of it.
        let mut values = values;
        values.retain(|key, _| !entity.fields.contains_key(key) || rights.of(key) == FieldRight::Write);
        let reader = self.0.store.reader();
        let known = self.read_parents((&entity, before), &values, &circumstances).await?;
        let facts = Self::facts_read(&reader, &entity, (before, &values), known, &circumstances).await?;
        let state = form::evaluate(&plan, &form, (before, values), &facts, &circumstances);
        let mut shown = [(access::visible(&entity, state.values, &rights), rights)];
        self.look_up(&plan, caller, (&entity, &mut shown), None).await?;
        let [(values, rights)] = shown;
        self.count_guesses(caller, std::iter::once(&state.violations));
        Ok(seen_state(&entity, &rights, FormState { values, ..state }))
    }

    /// Saves what a form was filled with, as create or patch.
    ///
    /// # Errors
    /// As for records, and what only this form requires.
    pub async fn submit_form(
        &self,
        caller: &Caller,
        key: &str,
        (record, values, manner): (Option<Id>, Fields, Manner),
    ) -> Result<RecordView, Error> {
        let (plan, form, entity) = self.form(caller, key)?;
        let before = match record {
            Some(id) => Some(self.readable(&plan, caller, &entity.key, id).await?),
            None => None,
        };
        let fields = form::submission(&plan, &form, before.as_ref(), values)?;
        match record {
            None => self.create_record(caller, Entrance::Form, &entity.key, (fields, manner)).await,
            Some(id) => self.update_record(caller, Entrance::Form, (&entity.key, id), (fields, manner)).await,
        }
    }

    /// Which actions a caller may take on an entity at all.
    pub fn actions(&self, plan: &AppPlan, caller: &Caller, entity: &EntityPlan) -> Vec<(&'static str, bool)> {
        let now = self.0.clock.now();
        [
            Action::Create,
            Action::Update,
            Action::Delete,
            Action::Export,
            Action::Import,
            Action::Share,
            Action::Transfer,
            Action::Merge,
        ]
        .into_iter()
        .map(|action| {
            (action.as_str(), access::row_scope(plan, entity, caller, action, now) != RowScope::Nothing)
        })
        .collect()
    }

    /// Whether the caller may know of the entity.
    pub fn may_know(&self, plan: &AppPlan, entity: &EntityPlan, caller: &Caller) -> bool {
        access::may_know(plan, entity, caller)
    }

    /// The entity with this key and the plan it belongs to, if the caller may know of it.
    ///
    /// # Errors
    /// Unknown entity.
    pub fn entity(&self, caller: &Caller, key: &str) -> Result<(Arc<AppPlan>, Arc<EntityPlan>), Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?.clone();
        Ok((plan, entity))
    }

    /// What the workspace is called.
    ///
    /// # Errors
    /// The store's.
    pub async fn title(&self) -> Result<String, Error> {
        let title = self.0.store.reader().setting("title").await?;
        Ok(title.as_ref().and_then(Value::as_str).unwrap_or("Kezhi 客制").to_owned())
    }

    /// Moves the clock forward by a duration such as `7d` and does what became due.
    ///
    /// # Errors
    /// Denied without `use_builder`; a text that is no duration.
    pub async fn move_clock(&self, caller: &Caller, by: &str) -> Result<Timestamp, Error> {
        self.require(caller, "use_builder")?;
        let zone = self.plan()?.zone.clone();
        let zone = jiff::tz::TimeZone::get(&zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let wrong =
            |_| Error::from(Violations::from(Violation::new("clock.duration", "/advance").with("value", by)));
        let duration = Duration::parse(by).map_err(wrong)?;
        let now = self.0.clock.now();
        let then = duration.add(now, &zone);
        self.note_alone(Note::new("clock", "moved", caller, now).detail("by", by)).await?;
        self.0.clock.advance((then.0 - now.0).max(0));
        self.settle().await?;
        Ok(self.0.clock.now())
    }
}

/// How a form stands as far as the caller sees its fields.
fn seen_state(entity: &EntityPlan, rights: &FieldRights, mut state: FormState) -> FormState {
    let sees = |key: &str| !entity.fields.contains_key(key) || rights.of(key) != FieldRight::Hidden;
    state.visible.retain(|key, _| sees(key));
    state.required.retain(|key, _| sees(key));
    state.readonly.retain(|key, _| sees(key));
    state.options.retain(|key, _| sees(key));
    for found in [&mut state.violations, &mut state.warnings] {
        found.0.retain(|one| {
            one.pointer.strip_prefix('/').and_then(|rest| rest.split('/').next()).is_none_or(sees)
        });
    }
    state
}
