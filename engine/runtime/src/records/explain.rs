//! Why: how a grade was reached, what a computed field says, which role lets the caller do what.

use std::sync::Arc;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::facts::{Circumstances, Facts, Sight};
use kezhi_plan::{compile, grade, record};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Fields, Id, Record};
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::entity_known;
use super::verbs::Manner;
use crate::error::Error;
use crate::runtime::Runtime;
use crate::scripts::{Answer, JudgeQuestion, Question};

/// A grade to be tried, possibly one that is not saved yet.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GradeTrial {
    /// The grade as it would be; the draft's when absent.
    pub grade: Option<Value>,
    /// The record to grade.
    pub record: Option<Id>,
    /// Or a record that does not exist; or changes to the one that does.
    pub values: Option<Fields>,
}

impl Runtime {
    /// Why a record stands as it does.
    ///
    /// # Errors
    /// Not found, also for what the caller may not read.
    pub async fn explain(&self, caller: &Caller, (key, id): (&str, Id)) -> Result<Value, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?;
        let (record, rights) = self.readable_with(&plan, caller, key, id).await?;
        let question = self.question_about(&plan, caller, (entity, &record)).await?;
        let mut grades = Vec::new();
        for field in entity.fields.values().filter(|field| field.grade.is_some()) {
            if rights.of(&field.key) < kezhi_types::def::role::FieldRight::Read {
                continue;
            }
            let Some(found) = &field.grade else { continue };
            let mut said = self.graded(&plan, &found.key, question.clone()).await?;
            access::tell_grade((&plan, entity), caller, (&field.key, &rights), &mut said);
            if let Some(said) = said.as_object_mut() {
                said.insert("field".into(), json!(field.key));
                said.insert("grade".into(), json!(found.key));
                said.insert("title".into(), json!(field.title));
                said.insert("release".into(), json!(plan.release));
                let stored = record.value(&field.key).cloned().unwrap_or(Value::Null);
                said.insert("overridden".into(), stored.get("overridden").cloned().unwrap_or(json!(false)));
            }
            grades.push(said);
        }
        let computed: Vec<Value> = entity
            .fields
            .values()
            .filter(|field| field.compute.is_some() && rights.may_read(&field.key))
            .map(|field| json!({ "field": field.key, "expression": field.def.compute, "value": record.value(&field.key) }))
            .collect();
        let mut access = Fields::new();
        for action in [Action::Read, Action::Update, Action::Delete] {
            let why = self.why((&plan, caller.language), caller, (entity, &record), (action, None)).await?;
            access.insert(action.as_str().to_owned(), json!(why.says));
        }
        Ok(json!({ "grades": grades, "computed": computed, "access": access }))
    }

    /// Tries a grade on a record, or on values, without storing anything.
    ///
    /// # Errors
    /// Denied without `use_builder`; diagnostics of the grade; not found.
    pub async fn try_grade(&self, caller: &Caller, key: &str, trial: GradeTrial) -> Result<Value, Error> {
        self.require(caller, "use_builder")?;
        let mut folder = self.draft_folder().await?;
        if let Some(grade) = &trial.grade {
            let text =
                serde_json::to_string_pretty(grade).map_err(|error| Error::BadFile(error.to_string()))?;
            folder.0.insert(format!("grades/{key}.json"), text);
        }
        let compiled = crate::releases::compiled(folder, 0).await?;
        let plan = compiled.plan.ok_or(Error::Definitions(compiled.diagnostics))?;
        let found =
            plan.grades.get(key).ok_or_else(|| Error::NotFound { kind: "grade", key: key.to_owned() })?;
        let entity =
            plan.entity(&found.def.entity).ok_or_else(|| Error::UnknownEntity(found.def.entity.clone()))?;
        let now = self.0.clock.now();
        let context = self.context(caller, Entrance::Api, &Manner::default())?;
        let live = self.plan()?;
        let known = live.entity(&entity.key);
        let (mut subject, rights) = match trial.record {
            Some(id) => {
                let (record, rights) = self.readable_with(&live, caller, &entity.key, id).await?;
                (record, Some(rights))
            }
            None => {
                let rights = known.map(|known| Arc::new(access::field_rights(&live, known, caller)));
                (super::create::blank(&context, entity, Id::new(now), (None, None)), rights)
            }
        };
        subject.data.extend(trial.values.unwrap_or_default());
        // Whoever writes the question must not learn from the answer what they may not read: everything that the draft
        // derives counts, by the rights that are live.
        if let (Some(known), Some(rights)) = (known, &rights) {
            let mut reads = compile::grade_reads(found);
            let derived = entity.fields.values().filter(|field| field.is_derived());
            derived.for_each(|field| reads.merge(&compile::derives_from(field)));
            if !caller.is_unlimited() && !access::may_know_inputs((&live, known), caller, rights, &reads) {
                return Err(Error::denied(Action::Read.as_str(), format!("grades/{key}")));
            }
        }
        let question = self.question_about(&plan, caller, (entity, &subject)).await?;
        let mut said = self.graded(&plan, key, question).await?;
        // What is stored is told by the rights that are live; a draft may widen them and moves nothing yet.
        if let (Some(known), Some(rights)) = (known, &rights) {
            access::tell_grade((&live, known), caller, (&found.def.field, rights), &mut said);
        }
        Ok(said)
    }

    /// Grades in process, or in a child where a script takes part.
    async fn graded(&self, plan: &AppPlan, key: &str, question: JudgeQuestion) -> Result<Value, Error> {
        let scripted = plan.entity(&question.entity).is_some_and(|entity| entity.scripted);
        if !scripted {
            return grade_in_process(plan, key, &question).map_err(Error::Script);
        }
        let question = Question::Grade { grade: key.to_owned(), question: Box::new(question) };
        match self.0.scripts.ask(plan, &question).await? {
            Answer::Json(said) => Ok(said),
            Answer::Failed(why) => Err(Error::Script(why)),
            other => Err(Error::Script(format!("an unexpected answer: {other:?}"))),
        }
    }

    /// Everything that deriving a record looks at, read without a transaction.
    async fn question_about(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, record): (&EntityPlan, &Record),
    ) -> Result<JudgeQuestion, Error> {
        let circumstances = Circumstances {
            now: self.0.clock.now(),
            zone: plan.zone.clone(),
            caller: caller.clone(),
            entrance: Entrance::Api,
            operation: RuleOperation::Update,
            confirmed: Manner::default().confirmed,
        };
        let facts = self.facts_to_derive(entity, record, &circumstances).await?;
        Ok(JudgeQuestion {
            entity: entity.key.clone(),
            before: Some(record.clone()),
            input: Fields::new(),
            facts,
            circumstances,
        })
    }
}

/// Grades a stored record and says how: `{letter, score, reasons, overridden, rows, inputs}`.
///
/// # Errors
/// A sentence when there is no such grade or its script fails.
pub fn grade_in_process(plan: &AppPlan, key: &str, question: &JudgeQuestion) -> Result<Value, String> {
    let entity = plan.entity(&question.entity).ok_or("there is no such entity")?;
    let found = plan.grades.get(key).ok_or("there is no such grade")?;
    let stored = question.before.as_ref().ok_or("there is nothing to grade")?;
    let derived = record::derive(entity, stored, &question.facts, &question.circumstances);
    let fields = derived.apply(stored.clone()).flat();
    let facts: &Facts = &question.facts;
    let sight =
        Sight { fields: &fields, before: None, parent: None, facts, circumstances: &question.circumstances };
    let outcome = grade::grade(found, &sight)?;
    let mut said = serde_json::to_value(&outcome.grade).map_err(|error| error.to_string())?;
    if let Some(said) = said.as_object_mut() {
        said.insert("rows".into(), serde_json::to_value(&outcome.rows).map_err(|error| error.to_string())?);
        said.insert("inputs".into(), Value::Object(outcome.inputs));
    }
    Ok(said)
}
