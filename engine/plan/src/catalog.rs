//! Which fields exist, of which kind, leading where: what conditions, expressions and scripts are checked
//! against. Built from the entity files before anything that refers to them is compiled.

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::{Part, Shape};

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
