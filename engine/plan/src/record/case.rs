//! What is being judged, put together once so that every step looks at the same things.

use kezhi_types::{Fields, Record};
use serde_json::Value;

use crate::app::EntityPlan;
use crate::condition::FilterContext;
use crate::facts::{Circumstances, Facts, Sight};

/// One judgement: an entity, the record as it stood, the answers of the store, time and identity.
pub(crate) struct Case<'a> {
    pub entity: &'a EntityPlan,
    pub before: Option<&'a Record>,
    /// `before`, flat.
    pub stood: Option<Fields>,
    pub facts: &'a Facts,
    pub c: &'a Circumstances,
    pub scripts: Scripts,
}

/// Whether scripts of rules and grades run here. Only a child process may say yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    Run,
    /// Grades keep what they were, rules are passed over.
    Leave,
}

impl<'a> Case<'a> {
    pub fn new(
        entity: &'a EntityPlan,
        before: Option<&'a Record>,
        facts: &'a Facts,
        c: &'a Circumstances,
    ) -> Self {
        Self { entity, before, stood: before.map(Record::flat), facts, c, scripts: Scripts::Run }
    }

    /// The same without scripts.
    pub fn without_scripts(self) -> Self {
        Self { scripts: Scripts::Leave, ..self }
    }

    /// What conditions and expressions of the record look at.
    pub fn sight<'s>(&'s self, fields: &'s Fields) -> Sight<'s> {
        Sight { fields, before: self.stood.as_ref(), parent: None, facts: self.facts, circumstances: self.c }
    }

    /// What conditions and expressions of a row look at.
    pub fn row_sight<'s>(&'s self, row: &'s Fields, record: &'s Fields) -> Sight<'s> {
        Sight { fields: row, before: None, parent: Some(record), facts: self.facts, circumstances: self.c }
    }

    /// What references of a condition resolve to when it becomes a question for the store.
    pub fn context<'s>(&'s self, record: &'s Fields, zone: &'s jiff::tz::TimeZone) -> FilterContext<'s> {
        FilterContext { caller: &self.c.caller, now: self.c.now, zone, record: Some(record) }
    }

    /// The value that is stored, authored or derived; `None` on create and where it is absent.
    pub fn stored(&self, field: &str) -> Option<&'a Value> {
        self.before.and_then(|record| record.value(field))
    }

    /// The rows of a sub-table as they are stored.
    pub fn stored_rows(&self, table: &str) -> &'a [Value] {
        self.stored(table).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The rows of a sub-table in a flat record.
pub(super) fn rows<'f>(fields: &'f Fields, table: &str) -> &'f [Value] {
    fields.get(table).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The row with the same id among others.
pub(super) fn same_row<'r>(row: &Fields, others: &'r [Value]) -> Option<&'r Fields> {
    let id = row.get("id")?;
    others.iter().filter_map(Value::as_object).find(|other| other.get("id") == Some(id))
}
