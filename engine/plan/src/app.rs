//! Compiled definitions: plain data that `compile` fills and everything else reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::calendar::CalendarDef;
use kezhi_types::def::duplicates::DuplicateDef;
use kezhi_types::def::entity::{EntityDef, FieldDef, FieldKind, OnDelete, OnHide};
use kezhi_types::def::files::Folder;
use kezhi_types::def::manifest::ManifestDef;
use kezhi_types::def::role::RoleDef;
use kezhi_types::def::rule::RuleDef;
use kezhi_types::def::screen::{FormDef, MenuDef, ViewDef};
use kezhi_types::query::{Column, Layout, Matching, Part, RollupQuery, Shape};

use crate::access::{RolePlan, SharePlan};
use crate::catalog::Catalog;
use crate::condition::ConditionPlan;
use crate::expr::ExprPlan;
use crate::grade::GradePlan;
use crate::kind::Pattern;
use crate::message::MessagePlan;
use crate::script::ScriptPlan;
use crate::workflow::WorkflowPlan;

/// A release, compiled. Immutable; a request and a step see one from start to finish.
#[derive(Debug)]
pub struct AppPlan {
    /// Number of the release; 0 for what is not published.
    pub release: i64,
    /// The manifest.
    pub manifest: ManifestDef,
    /// Name of the workspace's zone.
    pub zone: String,
    /// Currency of money fields that name none.
    pub currency: String,
    /// What conditions and expressions were checked against.
    pub catalog: Arc<Catalog>,
    /// Entities by key.
    pub entities: IndexMap<String, Arc<EntityPlan>>,
    /// Forms by key; an entity without one has a generated form under its own key.
    pub forms: IndexMap<String, Arc<FormDef>>,
    /// Views by key; an entity without one has a generated view under its own key.
    pub views: IndexMap<String, Arc<ViewPlan>>,
    /// Grades by key.
    pub grades: IndexMap<String, Arc<GradePlan>>,
    /// Workflows by key.
    pub workflows: IndexMap<String, Arc<WorkflowPlan>>,
    /// Messages by key.
    pub messages: IndexMap<String, Arc<MessagePlan>>,
    /// Roles by key.
    pub roles: IndexMap<String, Arc<RolePlan>>,
    /// Roles as authored.
    pub role_defs: IndexMap<String, Arc<RoleDef>>,
    /// Share rules by key.
    pub shares: IndexMap<String, Arc<SharePlan>>,
    /// Menus by key.
    pub menus: IndexMap<String, Arc<MenuDef>>,
    /// Work calendars by key.
    pub calendars: IndexMap<String, Arc<CalendarDef>>,
    /// The files it was compiled from.
    pub folder: Arc<Folder>,
}

impl AppPlan {
    /// The entity with this key.
    pub fn entity(&self, key: &str) -> Option<&Arc<EntityPlan>> {
        self.entities.get(key)
    }
}

/// An entity, compiled.
#[derive(Debug)]
pub struct EntityPlan {
    /// Its key.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// As authored.
    pub def: Arc<EntityDef>,
    /// The field that names a record.
    pub title_field: Option<String>,
    /// Whether records belong to a person.
    pub owner: bool,
    /// Fields in the order of the file.
    pub fields: IndexMap<String, FieldPlan>,
    /// Keys of the fields in the order in which they are settled: what is read comes first.
    pub order: Vec<String>,
    /// Field to those that settling it reads: its visibility, default, expression or grade.
    pub settles_on: BTreeMap<String, BTreeSet<String>>,
    /// Fields without which a record is not saved.
    pub required: BTreeSet<String>,
    /// Rules in the order of their keys.
    pub rules: Vec<Arc<RulePlan>>,
    /// When two records are the same, in the order of the file.
    pub duplicates: Vec<DuplicatePlan>,
    /// Derived fields of other records that read this entity's records.
    pub feeds: Vec<Feed>,
    /// Derived fields of records that point at this entity's and read them through dotted paths.
    pub dependents: Vec<Dependent>,
    /// Derived fields whose value may change with the day, because they read `today`.
    pub dated: Vec<String>,
    /// What the store must know.
    pub layout: Layout,
    /// Whether judging a record runs a script (a rule's or a grade's) and so needs a child process.
    pub scripted: bool,
}

/// A derived field of `entity` reads records of the entity that carries this: when one of them changes, the
/// record that `via` points at (before and after) is derived again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The entity whose records are derived again.
    pub entity: String,
    /// The relation, or the many relations, on this entity that point at them.
    pub via: String,
    /// Fields of this entity that matter; a change of others is ignored. `via`, creation and deletion always matter.
    pub reads: BTreeSet<String>,
}

/// Derived fields of `entity` read records of the entity that carries this by following `path`: when one of them
/// changes, the records from which the path leads to it are derived again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// The entity whose records are derived again.
    pub entity: String,
    /// The relations followed from there, many or one: `(column, entity it leads to)`; the last leads here.
    pub path: Vec<(Column, String)>,
    /// Fields of this entity that matter.
    pub reads: BTreeSet<String>,
}

/// A field, compiled. Which members are filled follows from the kind.
#[derive(Debug)]
pub struct FieldPlan {
    /// Its key.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// What it holds.
    pub kind: FieldKind,
    /// The kind of the value: the same, or the result of a computed field, or of a rollup.
    pub value_kind: FieldKind,
    /// Decimals of the value, where it has any.
    pub scale: u32,
    /// How it compares.
    pub shape: Shape,
    /// Where it lies.
    pub part: Part,
    /// As authored.
    pub def: Arc<FieldDef>,
    /// A regular expression that a text must match somewhere.
    pub pattern: Option<Pattern>,
    /// When it is shown.
    pub show: Option<ConditionPlan>,
    /// What happens to its value while hidden.
    pub on_hide: OnHide,
    /// When it is required.
    pub require: Option<ConditionPlan>,
    /// When it cannot be changed.
    pub readonly: Option<ConditionPlan>,
    /// Of choices: the first case that holds narrows the options.
    pub cases: Vec<(ConditionPlan, Vec<String>)>,
    /// Of relations: which records are offered; judged over the target's fields, `record.x` is this record.
    pub offered: Option<ConditionPlan>,
    /// Value of a new record.
    pub default: Option<DefaultPlan>,
    /// Of a relation, or of many: where it leads and what happens when that is deleted.
    pub relation: Option<(String, OnDelete)>,
    /// Of a computed field.
    pub compute: Option<ExprPlan>,
    /// Of a rollup.
    pub rollup: Option<RollupQuery>,
    /// Of a rollup: which records count. [`Self::rollup`] holds it as a filter already; it asks neither for the
    /// caller nor for the day.
    pub rollup_where: Option<ConditionPlan>,
    /// Of a lookup.
    pub lookup: Option<LookupPlan>,
    /// Of a grade field.
    pub grade: Option<Arc<GradePlan>>,
    /// Of a table: its columns; they have no table, rollup, grade or serial among them.
    pub columns: IndexMap<String, FieldPlan>,
}

impl FieldPlan {
    /// Whether the engine fills and stores it: computed, rollup and grade. A lookup is not stored.
    pub fn is_derived(&self) -> bool {
        matches!(self.kind, FieldKind::Computed | FieldKind::Rollup | FieldKind::Grade)
    }
}

/// What a lookup reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupPlan {
    /// The relation of the record.
    pub via: String,
    /// The entity that it leads to.
    pub entity: String,
    /// The field there.
    pub field: String,
}

/// Value of a new record.
#[derive(Debug)]
pub enum DefaultPlan {
    /// A literal in the JSON form of the kind.
    Literal(serde_json::Value),
    /// The person who asks.
    CallerId,
    /// The workspace's date.
    Today,
    /// The instant.
    Now,
    /// An expression over the record.
    Expr(ExprPlan),
}

/// A rule, compiled.
#[derive(Debug)]
pub struct RulePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: Arc<RuleDef>,
    /// When it applies.
    pub when: Option<ConditionPlan>,
    /// What must hold.
    pub test: RuleTest,
}

/// What a rule asks.
#[derive(Debug)]
pub enum RuleTest {
    /// A condition.
    Must(ConditionPlan),
    /// A script.
    Script(ScriptPlan),
}

/// When two records are the same, compiled.
#[derive(Debug)]
pub struct DuplicatePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: DuplicateDef,
    /// What must agree.
    pub parts: Vec<DuplicatePartPlan>,
    /// Which records it is about.
    pub condition: Option<ConditionPlan>,
    /// The fields that it reads; where none of them changes it has nothing to say.
    pub reads: BTreeSet<String>,
}

impl DuplicatePlan {
    /// What names it among the rules: `duplicates.<key>`.
    pub fn rule(&self) -> String {
        format!("duplicates.{}", self.key)
    }
}

/// One field that must agree.
#[derive(Debug)]
pub struct DuplicatePartPlan {
    /// What is compared, and how.
    pub matching: Matching,
    /// How alike the values must be, from 0 to 1; 1 for all but similar texts.
    pub at_least: f64,
}

/// A view, compiled.
#[derive(Debug)]
pub struct ViewPlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: ViewDef,
    /// Which records.
    pub condition: Option<ConditionPlan>,
}
