//! What starts a run.

use std::collections::BTreeSet;

use jiff::civil::Time;
use kezhi_types::condition::Condition;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::workflow::{EachDef, TriggerDef};
use kezhi_types::said;

use super::{Compiler, Sign, unknown};
use crate::condition::{ConditionPlan, Scope};
use crate::suggest::did_you_mean;
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
            let help = did_you_mean(field, known.keys().map(String::as_str));
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
                let message = said!(
                    "`{field}` 不是这个实体的等级字段",
                    "`{field}` is not a grade field of this entity"
                );
                self.error(
                    "workflow.not_a_grade",
                    "/trigger/field",
                    message,
                    said!("请写等级字段。", "Name a field of kind grade."),
                );
            }
            None if known.values().any(|info| grades(info.kind)) => {}
            None => {
                let help = said!(
                    "请给实体添加等级字段，或者换一种触发方式。",
                    "Add a field of kind grade to the entity, or choose another trigger."
                );
                self.error(
                    "workflow.not_a_grade",
                    "/trigger/on",
                    said!("这个实体没有等级字段", "this entity has no grade that could change"),
                    help,
                );
            }
        }
    }

    fn schedule(&mut self, cron: &str, zone: Option<&str>, each: &EachDef) -> Option<TriggerPlan> {
        if each.entity != self.def.entity {
            let message = said!(
                "定时触发的是 `{}`，流程属于 `{}`",
                "the schedule visits `{}`, the workflow is about `{}`",
                each.entity,
                self.def.entity
            );
            let help = said!(
                "两处要写同一个实体：流程针对触发它的记录。",
                "Let both name the same entity: a run is about the record that it was started for."
            );
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
                let help = said!(
                    "写五段：分 时 日 月 星期，例如 `0 9 * * 1-5`，再写时区名。",
                    "Write five fields, minute hour day month weekday, such as `0 9 * * 1-5`, and an IANA zone."
                );
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
            let message = said!(
                "`{field}` 不是这个实体的日期、日期时间或农历日期字段",
                "`{field}` is not a date, datetime or lunar_date of this entity"
            );
            self.error(
                "workflow.not_a_date",
                "/trigger/field",
                message,
                said!("请写日期字段。", "Name a field that holds a date."),
            );
            return None;
        };
        if *yearly && kind == FieldKind::Datetime {
            let help = said!("每年重复的请用日期字段。", "Use a date field for what comes back every year.");
            self.error(
                "workflow.not_a_date",
                "/trigger/yearly",
                said!("日期时间不会每年重复", "an instant does not come back every year"),
                help,
            );
        }
        let offset = match offset {
            Some(text) => Some(self.duration(text, "/trigger/offset", Sign::Any)?),
            None => None,
        };
        if offset.is_some_and(|offset| !offset.is_calendar()) {
            let help = said!(
                "请用天、周、月或年，时刻写在 `at`。",
                "Use days, weeks, months or years, and `at` for the time of day."
            );
            self.error(
                "workflow.duration",
                "/trigger/offset",
                said!("提前或推后不足一天", "the offset is shorter than a day"),
                help,
            );
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
            let message = said!("`{text}` 不是一天中的时刻", "`{text}` is not a time of day");
            self.error(
                "workflow.time",
                "/trigger/at",
                message,
                said!("写成 `09:00`。", "Write it as `09:00`."),
            );
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
