//! Forms while somebody types, and what they send in.

use std::sync::Arc;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::form::{self, FormState};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::def::screen::FormDef;
use kezhi_types::{Caller, Entrance, Fields, Id, Record};

use crate::error::Error;
use crate::records::{Manner, RecordView, entity_known};
use crate::runtime::Runtime;

impl Runtime {
    /// The form with this key and its entity, if the caller may know of it.
    ///
    /// # Errors
    /// Not found.
    pub fn form(&self, caller: &Caller, key: &str) -> Result<(Arc<AppPlan>, Arc<FormDef>, Arc<EntityPlan>), Error> {
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
        let before = match record {
            Some(id) => Some(self.readable(&plan, caller, &entity.key, id).await?),
            None => None,
        };
        let manner = Manner::default();
        let operation = if before.is_some() { RuleOperation::Update } else { RuleOperation::Create };
        let circumstances = self.context(caller, Entrance::Form, &manner)?.circumstances(operation);
        let before: Option<&Record> = before.as_ref();
        let reader = self.0.store.reader();
        let facts = self.facts_read(&reader, &plan, &entity, before, &values, &circumstances).await?;
        let mut state = form::evaluate(&plan, &form, before, values, &facts, &circumstances);
        let rights = access::field_rights(&plan, &entity, caller);
        state.values = access::visible(&entity, state.values, &rights);
        Ok(state)
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
        let rights = |action: Action| {
            let circumstances = self.context(caller, Entrance::Api, &Manner::default());
            circumstances.is_ok_and(|context| {
                let circumstances = context.circumstances(RuleOperation::Create);
                let facts = kezhi_plan::facts::Facts::default();
                access::check(plan, entity, action, None, &facts, &circumstances).is_ok()
            })
        };
        vec![
            ("create", rights(Action::Create)),
            ("update", rights(Action::Update)),
            ("delete", rights(Action::Delete)),
            ("export", rights(Action::Export)),
            ("import", rights(Action::Import)),
            ("transfer", rights(Action::Transfer)),
        ]
    }
}
