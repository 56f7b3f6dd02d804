//! One datum of an entity, and the doors through which one comes in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::Id;
use crate::time::Timestamp;

/// Field keys to values, in the order of the entity.
pub type Fields = serde_json::Map<String, Value>;

/// The keys that every record carries and no entity may define.
pub const SYSTEM_KEYS: [&str; 12] = [
    "id",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "deleted_at",
    "owner",
    "department",
    "stale",
    "masked",
    "warnings",
];

/// One stored record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its identifier.
    pub id: Id,
    /// Key of its entity.
    pub entity: String,
    /// Counts changes of authored fields, from 1.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: Option<Id>,
    /// When an authored field last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Option<Id>,
    /// Whose it is; entities with `x-owner` only.
    pub owner: Option<Id>,
    /// The owner's department when the owner was set.
    pub department: Option<Id>,
    /// When it went to the recycle bin.
    pub deleted_at: Option<Timestamp>,
    /// Authored fields. A field without a value is absent.
    pub data: Fields,
    /// Computed fields, rollups and grades. A field without a value is absent.
    pub derived: Fields,
    /// Derived fields that wait to be recomputed.
    #[serde(default)]
    pub stale: Vec<String>,
}

impl Record {
    /// The value of an authored, derived or system field; `None` when absent or null.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.data.get(field).or_else(|| self.derived.get(field)).filter(|value| !value.is_null())
    }

    /// The record as conditions, scripts and callers read it: system keys, then authored, then derived fields.
    pub fn flat(&self) -> Fields {
        let mut flat = self.system();
        flat.extend(self.data.iter().map(|(key, value)| (key.clone(), value.clone())));
        flat.extend(self.derived.iter().map(|(key, value)| (key.clone(), value.clone())));
        flat
    }

    /// The system keys alone, absent ones as null.
    pub fn system(&self) -> Fields {
        let mut fields = Fields::new();
        let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        put("id", Value::String(self.id.to_string()));
        put("version", self.version.into());
        put("created_at", Value::String(self.created_at.to_string()));
        put("created_by", optional(self.created_by));
        put("updated_at", Value::String(self.updated_at.to_string()));
        put("updated_by", optional(self.updated_by));
        put("owner", optional(self.owner));
        put("department", optional(self.department));
        if let Some(at) = self.deleted_at {
            put("deleted_at", Value::String(at.to_string()));
        }
        if !self.stale.is_empty() {
            put("stale", self.stale.clone().into());
        }
        fields
    }
}

fn optional(id: Option<Id>) -> Value {
    id.map_or(Value::Null, |id| Value::String(id.to_string()))
}

/// Through which door a change came. All of them lead to the one write path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Entrance {
    /// The record API.
    Api,
    /// A generated form.
    Form,
    /// Many operations in one request.
    Batch,
    /// A file.
    Import,
    /// A node of a workflow.
    Workflow,
    /// A person's task.
    Task,
    /// A template's reference or sample data.
    Template,
    /// A merge of records, or its undo.
    Merge,
    /// The work of somebody who leaves, on its way to whoever takes it over.
    Handover,
    /// A consequence of another record's change.
    Derived,
}

impl Entrance {
    /// The stored and published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Form => "form",
            Self::Batch => "batch",
            Self::Import => "import",
            Self::Workflow => "workflow",
            Self::Task => "task",
            Self::Template => "template",
            Self::Merge => "merge",
            Self::Handover => "handover",
            Self::Derived => "derived",
        }
    }
}
