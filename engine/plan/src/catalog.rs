//! Which fields exist, of which kind, leading where: what conditions, expressions and scripts are checked
//! against. Built from the entity files before anything that refers to them is compiled.

use indexmap::IndexMap;
use kezhi_types::def::entity::{EntityDef, FieldDef, FieldKind};
use kezhi_types::def::grade::GradeDef;
use kezhi_types::query::{Aggregate, Column, Part, Shape};

use crate::problem::Problem;

/// How many relations a dotted path may follow.
pub const MOST_HOPS: usize = 3;

/// Entities by key.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// What is known of each.
    pub entities: IndexMap<String, EntityInfo>,
}

/// What is known of an entity.
#[derive(Debug, Clone, Default)]
pub struct EntityInfo {
    /// What people call it.
    pub title: String,
    /// Fields, system fields included.
    pub fields: IndexMap<String, FieldInfo>,
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldInfo {
    /// What people call it.
    pub title: String,
    /// As authored; system fields have the kind of their value.
    pub kind: FieldKind,
    /// The kind of the value: the result of computed fields and rollups.
    pub value_kind: FieldKind,
    /// Decimals of the value.
    pub scale: u32,
    /// How it compares.
    pub shape: Shape,
    /// Where it lies.
    pub part: Part,
    /// Of a relation: the entity it leads to.
    pub target: Option<String>,
    /// Keys of the options, or letters of the grade, in order.
    pub options: Vec<String>,
    /// Of a table: its columns.
    pub columns: IndexMap<String, FieldInfo>,
}

/// Where a dotted path ends.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedPath {
    /// Relations walked first: `(column of the relation, entity it leads to)`; at most [`MOST_HOPS`].
    pub hops: Vec<(Column, String)>,
    /// The field at the end; `value.score` is an integer field.
    pub field: FieldInfo,
    /// Its column; of a grade [`Part::GradeLetter`] or [`Part::GradeScore`].
    pub column: Column,
    /// Whether the end is the letter or the score of a grade.
    pub grade_part: Option<Part>,
}

impl Catalog {
    /// What the entity files say, with the system fields of every entity. Definitions that point nowhere
    /// leave their field without a target or options; the compiler reports them.
    pub fn build(entities: &IndexMap<String, EntityDef>, grades: &IndexMap<String, GradeDef>) -> Self {
        let _ = (entities, grades);
        Self::default()
    }

    /// Follows `a.b.c` from `entity`: through to-one relations, or into a grade's `letter` or `score`.
    ///
    /// # Errors
    /// `condition.unknown_field`, `condition.no_relation` or `condition.too_many_hops`, with the nearest name as help.
    pub fn resolve(&self, entity: &str, path: &str) -> Result<ResolvedPath, Problem> {
        let _ = (entity, path);
        Err(Problem::error("condition.unknown_field", "", "not yet"))
    }
}
