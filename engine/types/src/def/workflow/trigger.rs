//! What starts a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;

/// What starts a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriggerDef {
    /// A record came into being.
    RecordCreated {
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
    /// A record changed.
    RecordUpdated {
        /// Only if one of these fields changed; any when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changed: Vec<String>,
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
    /// The letter of a grade changed.
    GradeChanged {
        /// The grade field; any grade of the entity when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
    /// By the clock.
    Schedule {
        /// Five fields: minute hour day month weekday.
        cron: String,
        /// An IANA zone; the workspace's when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// A run for each of these records.
        each: EachDef,
    },
    /// Days before or after a date of the record; a lunar date recurs each year, a date does so with `yearly`.
    DateField {
        /// The date, datetime or lunar_date.
        field: String,
        /// A signed duration in days or larger: `-3d`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offset: Option<String>,
        /// `HH:MM` in the workspace's zone; 09:00 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        /// Every year on that month and day (always so for lunar dates).
        #[serde(default, skip_serializing_if = "is_false")]
        yearly: bool,
        /// Only if it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<Condition>,
    },
}

/// The records a schedule visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EachDef {
    /// Their entity: the workflow's own.
    pub entity: String,
    /// Which; all when absent.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

fn is_false(value: &bool) -> bool {
    !value
}
