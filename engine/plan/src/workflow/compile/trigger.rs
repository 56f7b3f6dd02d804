//! What starts a run.

use std::collections::BTreeSet;

use jiff::civil::Time;
use kezhi_types::condition::Condition;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::workflow::{EachDef, TriggerDef};

use super::{Compiler, Sign, unknown};
use crate::condition::{ConditionPlan, Scope};
use crate::workflow::plan::{DatePlan, TriggerPlan};
use crate::workflow::schedule::SchedulePlan;

impl Compiler<'_> {
    pub(super) fn trigger(&mut self) -> Option<TriggerPlan> {
        match &self.def.trigger {
            TriggerDef::RecordCreated { when } => {
                Some(TriggerPlan::Created { when: self.when(when.as_ref(), Change::Askable)? })
            }
            TriggerDef::RecordUpdated { changed, when } => {
                let changed = self.changed(changed);
                Some(TriggerPlan::Updated { changed, when: self.when(when.as_ref(), Change::Askable)? })
            }
            TriggerDef::GradeChanged { field, when } => {
                self.grade_field(field.as_deref());
                let when = self.when(when.as_ref(), Change::Askable)?;
                Some(TriggerPlan::Graded { field: field.clone(), when })
            }
            TriggerDef::Schedule { cron, zone, each } => self.schedule(cron, zone.as_deref(), each),
            TriggerDef::DateField { .. } => self.date_field(),
        }
    }

    /// The outer `None` says that the condition is wrong.
    #[allow(clippy::option_option, reason = "no condition and a wrong condition are different things")]
    fn when(&mut self, when: Option<&Condition>, change: Change) -> Option<Option<ConditionPlan>> {
        let Some(condition) = when else { return Some(None) };
        self.trigger_condition(condition, change, "/trigger/when").map(Some)
    }

    fn trigger_condition(
        &mut self,
        condition: &Condition,
        change: Change,
        pointer: &str,
    ) -> Option<ConditionPlan> {
        let mut scope = Scope::of(self.scope.catalog, &self.def.entity, &self.probes);
        scope.may_change = change == Change::Askable;
        let plan = ConditionPlan::compile(condition, &scope);
        self.keep(plan, pointer).inspect(|plan| self.trigger_reads.merge(plan.reads()))
    }

    fn changed(&mut self, fields: &[String]) -> BTreeSet<String> {
        let known = &self.scope.catalog.entities[&self.def.entity].fields;
        let missing: Vec<_> =
            fields.iter().enumerate().filter(|(_, field)| !known.contains_key(*field)).collect();
        for (index, field) in missing {
            let help =
                "Name fields of the workflow's entity, or leave `changed` out to hear of every change.";
            let pointer = format!("/trigger/changed/{index}");
            self.error("workflow.unknown_field", pointer, unknown("field", field), help);
        }
        fields.iter().cloned().collect()
    }

    fn grade_field(&mut self, field: Option<&str>) {
        let known = &self.scope.catalog.entities[&self.def.entity].fields;
        let grades = |kind: FieldKind| kind == FieldKind::Grade;
        match field {
            Some(field) if known.get(field).is_some_and(|info| grades(info.kind)) => {}
            Some(field) => {
                let message = format!("`{field}` is not a grade field of this entity");
                self.error("workflow.not_a_grade", "/trigger/field", message, "Name a field of kind grade.");
            }
            None if known.values().any(|info| grades(info.kind)) => {}
            None => {
                let help = "Add a field of kind grade to the entity, or choose another trigger.";
                self.error(
                    "workflow.not_a_grade",
                    "/trigger/on",
                    "this entity has no grade that could change",
                    help,
                );
            }
        }
    }

    fn schedule(&mut self, cron: &str, zone: Option<&str>, each: &EachDef) -> Option<TriggerPlan> {
        if each.entity != self.def.entity {
            let message =
                format!("the schedule visits `{}`, the workflow is about `{}`", each.entity, self.def.entity);
            let help = "Let both name the same entity: a run is about the record that it was started for.";
            self.error("workflow.other_entity", "/trigger/each/entity", message, help);
        }
        let condition = match &each.condition {
            Some(condition) => {
                Some(self.trigger_condition(condition, Change::NotAskable, "/trigger/each/where")?)
            }
            None => None,
        };
        match SchedulePlan::parse(cron, zone) {
            Ok(schedule) => Some(TriggerPlan::Schedule { schedule: Box::new(schedule), each: condition }),
            Err((member, message)) => {
                let help = "Write five fields, minute hour day month weekday, such as `0 9 * * 1-5`, and an IANA zone.";
                self.error("workflow.schedule", format!("/trigger/{member}"), message, help);
                None
            }
        }
    }

    fn date_field(&mut self) -> Option<TriggerPlan> {
        let TriggerDef::DateField { field, offset, at, yearly, when } = &self.def.trigger else {
            return None;
        };
        let when = self.when(when.as_ref(), Change::NotAskable);
        let kind =
            self.scope.catalog.entities[&self.def.entity].fields.get(field).map(|info| info.value_kind);
        let Some(kind @ (FieldKind::Date | FieldKind::Datetime | FieldKind::LunarDate)) = kind else {
            let message = format!("`{field}` is not a date, datetime or lunar_date of this entity");
            self.error("workflow.not_a_date", "/trigger/field", message, "Name a field that holds a date.");
            return None;
        };
        if *yearly && kind == FieldKind::Datetime {
            let help = "Use a date field for what comes back every year.";
            self.error(
                "workflow.not_a_date",
                "/trigger/yearly",
                "an instant does not come back every year",
                help,
            );
        }
        let offset = match offset {
            Some(text) => Some(self.duration(text, "/trigger/offset", Sign::Any)?),
            None => None,
        };
        if offset.is_some_and(|offset| !offset.is_calendar()) {
            let help = "Use days, weeks, months or years, and `at` for the time of day.";
            self.error("workflow.duration", "/trigger/offset", "the offset is shorter than a day", help);
        }
        let at = self.time_of_day(at.as_deref())?;
        let at = at.or((kind != FieldKind::Datetime).then(|| Time::constant(9, 0, 0, 0)));
        let yearly = *yearly || kind == FieldKind::LunarDate;
        let date = DatePlan { field: field.clone(), kind, offset, at, yearly };
        Some(TriggerPlan::Date { date, when: when? })
    }

    #[allow(clippy::option_option, reason = "no time and a wrong time are different things")]
    fn time_of_day(&mut self, at: Option<&str>) -> Option<Option<Time>> {
        let Some(text) = at else { return Some(None) };
        let parsed = text
            .split_once(':')
            .and_then(|(hour, minute)| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok());
        if parsed.is_none() {
            let message = format!("`{text}` is not a time of day");
            self.error("workflow.time", "/trigger/at", message, "Write it as `09:00`.");
        }
        parsed.map(Some)
    }
}

/// Whether a condition may ask what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Askable,
    NotAskable,
}
