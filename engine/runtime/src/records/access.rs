//! Why somebody may do something with a record, or what they lack: for themselves, and for whoever makes roles.

use kezhi_plan::access::{self, Action, Why};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::facts::{Circumstances, Facts};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::text::Language;
use kezhi_types::{Caller, Entrance, Id, Record};
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::entity_known;
use super::verbs::Manner;
use crate::error::Error;
use crate::runtime::Runtime;

/// What is asked of a record.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessAsked {
    /// Who; the caller when absent.
    pub person: Option<Id>,
    /// What they would do; everything that a record can be asked for when absent.
    pub action: Option<String>,
    /// A field of it.
    pub field: Option<String>,
}

impl Runtime {
    /// Which role, share rule or share lets a person do something with a record, or which is missing:
    /// `{person: {id, name}, items: [{action, allowed, says, because, missing, field?}]}`.
    ///
    /// # Errors
    /// Not found, also for what the caller may not read; denied without `manage_roles` where it is about somebody else;
    /// `access.action`; `query.unknown_field`.
    pub async fn access(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        asked: AccessAsked,
    ) -> Result<Value, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?;
        let (record, rights) = self.readable_with(&plan, caller, key, id).await?;
        if let Some(field) = asked
            .field
            .as_deref()
            .filter(|field| rights.of(field) < kezhi_types::def::role::FieldRight::Masked)
        {
            let args = json!({ "field": field }).as_object().cloned().unwrap_or_default();
            return Err(Error::Query { code: "query.unknown_field", args, unreadable: false });
        }
        let actions: Vec<Action> = match &asked.action {
            None => Action::ALL
                .into_iter()
                .filter(|action| !matches!(action, Action::Create | Action::Import | Action::Claim))
                .collect(),
            Some(name) => {
                let known = Action::ALL.into_iter().find(|action| action.as_str() == name);
                let args = json!({ "action": name }).as_object().cloned().unwrap_or_default();
                vec![known.ok_or(Error::Query { code: "access.action", args, unreadable: false })?]
            }
        };
        let person = self.asked_about(caller, asked.person).await?;
        let mut items = Vec::new();
        for action in actions {
            let why = self
                .why((&plan, caller.language), &person, (entity, &record), (action, asked.field.as_deref()))
                .await?;
            items.push(told(action, &why));
        }
        Ok(json!({ "person": { "id": person.id, "name": person.name }, "items": items }))
    }

    /// Why a person may or may not, as things stand, in a language.
    pub(super) async fn why(
        &self,
        (plan, language): (&AppPlan, Language),
        person: &Caller,
        (entity, record): (&EntityPlan, &Record),
        asked: (Action, Option<&str>),
    ) -> Result<Why, Error> {
        let circumstances =
            self.context(person, Entrance::Api, &Manner::default())?.circumstances(RuleOperation::Update);
        let facts = self.facts_of_access((plan, entity), asked.0, record, &circumstances).await?;
        Ok(access::explain(plan, entity, asked, (record, &facts), (&circumstances, language)))
    }

    /// Refuses a caller who may read the record and may not do this with it.
    pub(super) async fn allowed(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (record, action): (&Record, Action),
    ) -> Result<(), Error> {
        let entity = entity_known(plan, caller, &record.entity)?;
        let circumstances: Circumstances =
            self.context(caller, Entrance::Api, &Manner::default())?.circumstances(RuleOperation::Update);
        let facts: Facts = self.facts_of_access((plan, entity), action, record, &circumstances).await?;
        Ok(access::check(plan, entity, action, (record, &facts), &circumstances)?)
    }

    async fn asked_about(&self, caller: &Caller, person: Option<Id>) -> Result<Caller, Error> {
        let Some(person) = person.filter(|person| *person != caller.id) else { return Ok(caller.clone()) };
        self.require(caller, "manage_roles")?;
        let directory = self.directory().await?;
        let user = directory.users.get(&person);
        let user = user.ok_or_else(|| Error::NotFound { kind: "user", key: person.to_string() })?;
        Ok(directory.caller(user))
    }
}

fn told(action: Action, why: &Why) -> Value {
    let missing: Vec<Value> =
        why.missing.iter().map(|(key, title)| json!({ "key": key, "title": title })).collect();
    let mut told = json!({
        "action": action.as_str(), "allowed": why.allowed, "says": why.says, "because": why.because,
        "missing": missing,
    });
    if let Some(right) = why.field {
        told["field"] = json!(right);
    }
    told
}
