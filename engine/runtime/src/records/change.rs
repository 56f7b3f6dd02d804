//! What a caller wants changed and under which circumstances.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_plan::app::{AppPlan, DuplicatePlan, EntityPlan};
use kezhi_plan::facts::Circumstances;
use kezhi_store::{Change as Changed, HistoryKind, HistoryRow};
use kezhi_types::def::role::FieldRight;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Fields, Id, Record, Timestamp, Violations};

use super::verdicts::Verdicts;

/// One change of one record.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A new record.
    Create {
        /// Its entity.
        entity: String,
        /// Its id, where something else must name it already.
        id: Option<Id>,
        /// What was sent, `owner` possibly among it.
        fields: Fields,
    },
    /// A JSON merge patch of a record.
    Update {
        /// Its entity.
        entity: String,
        /// The record.
        id: Id,
        /// What was sent: absent keys keep their value, null clears.
        fields: Fields,
        /// The version the change was made to, where the caller knows it.
        version: Option<i64>,
    },
}

/// Under which circumstances changes are made. One per transaction.
#[derive(Debug, Clone)]
pub struct WriteContext {
    /// The plan that the whole transaction obeys.
    pub plan: Arc<AppPlan>,
    /// Who asks.
    pub caller: Caller,
    /// Through which door.
    pub entrance: Entrance,
    /// The instant.
    pub now: Timestamp,
    /// How many workflow steps lie between a person and this change.
    pub depth: u32,
    /// Rules that the caller has confirmed.
    pub confirmed: BTreeSet<String>,
    /// Whether workflows shall hear of it.
    pub workflows: bool,
    /// Whose rights count.
    pub rights: Rights,
    /// The run that acts, if a workflow does.
    pub run: Option<Id>,
    /// What scripts have said already; where there is none, they judge while the transaction waits.
    pub verdicts: Option<Verdicts>,
}

/// Whose rights count.
#[derive(Debug, Clone, PartialEq)]
pub enum Rights {
    /// The caller's roles.
    Caller,
    /// Everything is permitted; rules hold all the same.
    Full,
    /// An open task's fields, for its assignee on the run's record; other fields are answered like unknown ones.
    Task(IndexMap<String, FieldRight>),
}

/// What one change has done.
#[derive(Debug, Clone)]
pub struct Written {
    /// The record as it is stored now.
    pub record: Record,
    /// The record as it stood.
    pub before: Option<Record>,
    /// Fields that changed, authored and derived; empty when nothing did.
    pub changed: Vec<String>,
    /// What the caller should know all the same.
    pub warnings: Violations,
}

impl WriteContext {
    /// The circumstances for judging an operation.
    pub fn circumstances(&self, operation: RuleOperation) -> Circumstances {
        Circumstances {
            now: self.now,
            zone: self.plan.zone.clone(),
            caller: self.caller.clone(),
            entrance: self.entrance,
            operation,
            confirmed: self.confirmed.clone(),
        }
    }

    /// The same circumstances for what stood so before: it needs no confirmation to stand so again.
    pub(crate) fn confirming_all(self) -> Self {
        Self { confirmed: every_rule(&self.plan), ..self }
    }

    /// What history is told of a record as it is stored now.
    pub(super) fn history(&self, record: &Record, kind: HistoryKind, changes: Vec<Changed>) -> HistoryRow {
        HistoryRow {
            entity: record.entity.clone(),
            record: record.id,
            version: record.version,
            at: self.now,
            by: self.caller.id,
            by_name: self.caller.name.clone(),
            entrance: self.entrance,
            release: self.plan.release,
            depth: self.depth,
            kind,
            run: self.run,
            changes,
        }
    }

    /// The context of the engine acting for a workflow or a template: full rights, every rule, rules of level
    /// confirm confirmed by itself.
    pub fn system(plan: Arc<AppPlan>, name: &str, entrance: Entrance, now: Timestamp, depth: u32) -> Self {
        let confirmed = every_rule(&plan);
        Self {
            plan,
            caller: Caller::system(name),
            entrance,
            now,
            depth,
            confirmed,
            workflows: true,
            rights: Rights::Full,
            run: None,
            verdicts: None,
        }
    }
}

/// The names under which rules are confirmed, those for duplicates among them.
fn every_rule(plan: &AppPlan) -> BTreeSet<String> {
    let named = |entity: &Arc<EntityPlan>| {
        let rules = entity.rules.iter().map(|rule| rule.key.clone());
        rules.chain(entity.duplicates.iter().map(DuplicatePlan::rule)).collect::<Vec<_>>()
    };
    plan.entities.values().flat_map(named).collect()
}
