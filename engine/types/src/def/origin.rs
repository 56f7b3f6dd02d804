//! Where the values of a field come from when the release that brings it goes live.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::entity::{FieldDef, FieldKind};

impl FieldDef {
    /// A field of a kind that says nothing else.
    pub fn bare(kind: FieldKind) -> Self {
        let bare = serde_json::json!({ "title": "", "x-kind": kind });
        serde_json::from_value(bare).expect("a title and a kind are a field")
    }

    /// Where its values come from, however it was authored.
    pub fn origin(&self) -> Option<FromDef> {
        self.from.clone().or_else(|| self.renamed_from.clone().map(FromDef::Field))
    }

    /// The field of the release before from which its values come.
    pub fn source_field(&self) -> Option<&str> {
        match &self.from {
            Some(FromDef::Field(field)) => Some(field),
            Some(FromDef::Expression(_)) => None,
            None => self.renamed_from.as_deref(),
        }
    }

    /// The expression over the record as it was from which its values come.
    pub fn source_expression(&self) -> Option<&str> {
        match &self.from {
            Some(FromDef::Expression(expression)) => Some(expression),
            _ => None,
        }
    }
}

/// Where the values of a field come from: `{"field": "old_key"}` or `{"expression": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FromDef {
    /// Another field of the release before; of another kind, converted by rule.
    Field(String),
    /// An expression over the record as the release before had it.
    Expression(String),
}
