//! One record: what the next release has of it, what that changes, and what was refused.

use std::collections::BTreeMap;

use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Fields, Record, Violations};
use serde_json::Value;

use super::convert::means_the_same;
use super::{Change, Evolution, How, KeptStep, Reason, Step, convert, value_of};
use crate::app::FieldPlan;
use crate::facts::{Circumstances, Facts, Sight};
use crate::kind;

/// What an evolution kept of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// The evolution.
    pub generation: i64,
    /// The values that it changed, as they were.
    pub was: Fields,
    /// What became of them.
    pub became: Fields,
}

/// What has been done to an entity since a release that comes back was live: evolution to steps, the oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Back(pub BTreeMap<i64, Vec<KeptStep>>);

impl Back {
    /// Whether values of the field went into others, or went.
    pub fn knows(&self, field: &str) -> bool {
        self.0.values().flatten().any(|step| step.sources.iter().any(|source| source == field))
    }

    /// The values that nobody has changed since, as they were when the release was live.
    fn originals(&self, record: &Record, earlier: &[Earlier]) -> Fields {
        let mut state: BTreeMap<String, (Value, bool)> = BTreeMap::new();
        for (key, value) in &record.data {
            state.insert(key.clone(), (value.clone(), false));
        }
        for kept in earlier {
            let Some(steps) = self.0.get(&kept.generation) else { continue };
            let stands = |key: &String| state.get(key).map_or(&Value::Null, |(value, _)| value);
            let became = |key: &String| kept.became.get(key).unwrap_or(&Value::Null);
            let mut before = state.clone();
            before.retain(|key, _| !kept.became.contains_key(key));
            for (source, value) in &kept.was {
                let mut targets = steps
                    .iter()
                    .filter(|step| step.sources.contains(source))
                    .filter_map(|step| step.field.as_ref());
                if targets.all(|target| stands(target) == became(target)) {
                    before.insert(source.clone(), (value.clone(), true));
                }
            }
            state = before;
        }
        state
            .into_iter()
            .filter(|(_, (_, original))| *original)
            .map(|(key, (value, _))| (key, value))
            .collect()
    }
}

/// What becomes of a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The authored document of the next release.
    pub data: Fields,
    /// The derived document, as far as it stays.
    pub derived: Fields,
    /// Values that are not what they were, by the keys of the old release.
    pub was: Fields,
    /// What became of them, by the keys of the next; null where nothing did.
    pub became: Fields,
    /// The steps, by their place, for which the record had a value.
    pub had: Vec<usize>,
    /// The values that have no form in the next release; they become absent.
    pub refused: Vec<Refused>,
}

impl Outcome {
    /// Whether the record is not what it was, or something of it is kept: `2026-03-01` as a date, a text and a lunar date is
    /// written alike and is not the same.
    pub fn is_changed(&self, record: &Record) -> bool {
        self.data != record.data || self.derived != record.derived || !self.was.is_empty()
    }
}

/// A value that is not converted.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The place of the step.
    pub step: usize,
    /// The value as it was.
    pub value: Value,
    /// Why.
    pub reason: Reason,
}

impl Evolution {
    /// Decides what becomes of a record. `earlier` are the values that the evolutions kept which an earlier release takes
    /// back, newest first.
    pub fn turn(&self, record: &Record, earlier: &[Earlier]) -> Outcome {
        let mut outcome = Outcome::default();
        let originals = self.back.as_ref().map(|back| back.originals(record, earlier)).unwrap_or_default();
        let mut results = Fields::new();
        for (place, step) in self.steps.iter().enumerate() {
            let source = step.sources.first();
            let value = source.and_then(|key| value_of(&record.data, &record.derived, key));
            let some = step.sources.iter().any(|key| value_of(&record.data, &record.derived, key).is_some());
            let result = match (&step.how, self.new.fields.get(&step.field)) {
                (How::Drop, _) | (_, None) => Ok(None),
                (_, Some(field)) if fits(field, originals.get(&step.field)) => {
                    Ok(originals.get(&step.field).cloned())
                }
                (How::Convert, Some(field)) => self.converted(field, value, (step, record, earlier)),
                (How::Expression(expression), Some(field)) => self.computed(field, expression, record),
            };
            if some || matches!(result, Ok(Some(_)) | Err(_)) {
                outcome.had.push(place);
            }
            match result {
                Ok(Some(value)) => _ = results.insert(step.field.clone(), value),
                Ok(None) => {}
                Err(reason) => {
                    let value = value.cloned().unwrap_or(Value::Null);
                    outcome.refused.push(Refused { step: place, value, reason });
                }
            }
        }
        self.documents(record, &results, &mut outcome);
        outcome
    }

    fn converted(
        &self,
        field: &FieldPlan,
        value: Option<&Value>,
        (step, record, earlier): (&Step, &Record, &[Earlier]),
    ) -> Result<Option<Value>, Reason> {
        let before = step.sources.first().and_then(|key| self.old.fields.get(key));
        if let (Some(before), Some(value)) = (before, value) {
            return convert(before, field, value, (&self.zone, self.language));
        }
        if before.is_some() {
            return Ok(None);
        }
        // Its values went into others, and those have been changed since or were never its own.
        let targets = self.back.iter().flat_map(|back| back.0.values().flatten());
        let mut targets = targets
            .filter(|step_back| step_back.sources.contains(&step.field))
            .filter_map(|step_back| step_back.field.as_ref());
        let kept = earlier.iter().any(|kept| kept.was.contains_key(&step.field));
        let lost = targets.any(|target| record.data.get(target).is_some_and(|value| !value.is_null()));
        if kept || lost {
            return Err(Reason::new("evolution.no_original", field, &Value::Null));
        }
        Ok(None)
    }

    fn computed(
        &self,
        field: &FieldPlan,
        expression: &crate::expr::ExprPlan,
        record: &Record,
    ) -> Result<Option<Value>, Reason> {
        let circumstances = Circumstances {
            now: self.now,
            zone: self.zone_name.clone(),
            caller: Caller::system("evolution"),
            entrance: Entrance::Derived,
            operation: RuleOperation::Update,
            confirmed: std::collections::BTreeSet::new(),
        };
        let (flat, facts) = (record.flat(), Facts::default());
        let sight =
            Sight { fields: &flat, before: None, parent: None, facts: &facts, circumstances: &circumstances };
        let failed = |error: String| {
            let mut reason = Reason::new("evolution.expression", field, &Value::Null);
            reason.0.args.insert("error".to_owned(), error.into());
            reason
        };
        let value = expression.eval(&sight).map_err(failed)?;
        let Some(value) = value.filter(|value| !kind::is_empty(Some(value))) else { return Ok(None) };
        let value = match super::read::option_of(field, &value) {
            Some(option) => option,
            None => value,
        };
        kind::settle(field, &value).map(Some).map_err(failed)
    }

    /// Both documents, and what of them is not as it was.
    fn documents(&self, record: &Record, results: &Fields, outcome: &mut Outcome) {
        let concerned = |key: &String| self.step(key).is_some_and(|step| step.change != Change::Drop);
        for (key, field) in &self.new.fields {
            if concerned(key) {
                outcome.data.extend(results.get(key).map(|value| (key.clone(), value.clone())));
            } else if field.is_derived() {
                outcome.derived.extend(record.derived.get(key).map(|value| (key.clone(), value.clone())));
            } else {
                outcome.data.extend(record.data.get(key).map(|value| (key.clone(), value.clone())));
            }
        }
        for (key, value) in record.data.iter().filter(|(_, value)| !value.is_null()) {
            if outcome.data.get(key) != Some(value) {
                outcome.was.insert(key.clone(), value.clone());
            }
        }
        for step in self.steps.iter().filter(|step| step.changes_meaning()) {
            let source = step.sources.first().and_then(|key| Some((key, record.data.get(key)?)));
            let Some((key, value)) = source.filter(|(_, value)| !value.is_null()) else { continue };
            if results.get(&step.field) == Some(value) {
                outcome.was.insert(key.clone(), value.clone());
            }
        }
        if outcome.was.is_empty() && results.is_empty() {
            return;
        }
        for step in self.steps.iter().filter(|step| step.change != Change::Drop) {
            let before = record.data.get(&step.field).filter(|value| !value.is_null());
            let after = results.get(&step.field);
            if before != after || step.sources.iter().any(|source| outcome.was.contains_key(source)) {
                outcome.became.insert(step.field.clone(), after.cloned().unwrap_or(Value::Null));
            }
        }
    }
}

impl Step {
    /// Whether a value may be written as it was and mean something else.
    fn changes_meaning(&self) -> bool {
        let kinds = self.from.zip(self.to);
        matches!(self.how, How::Convert) && kinds.is_some_and(|(from, to)| !means_the_same(from, to))
    }
}

/// Whether a value that was kept may stand in the field again.
fn fits(field: &FieldPlan, value: Option<&Value>) -> bool {
    let Some(value) = value else { return false };
    let mut violations = Violations::default();
    kind::check(field, value, "", &mut violations);
    violations.0.iter().all(|found| found.code == kind::UNKNOWN_CODE)
}
