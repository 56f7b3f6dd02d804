//! Ways into a record: by a key, into a grade, through relations.

use std::str::FromStr;

use kezhi_types::query::{Column, Part};
use kezhi_types::{Fields, Id};
use serde_json::Value;

use crate::catalog::ResolvedPath;
use crate::facts::Facts;

/// A compiled path.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// Relations walked first and the entities they lead to.
    pub(crate) hops: Vec<(Column, String)>,
    /// The column at the end.
    pub(crate) column: Column,
}

impl Access {
    pub(crate) fn new(path: &ResolvedPath) -> Self {
        Self { hops: path.hops.clone(), column: path.column.clone() }
    }

    /// The value at the end; `None` where it, or a record on the way, is absent. Of a grade its letter or score.
    pub(crate) fn get<'v>(&self, fields: &'v Fields, facts: Option<&'v Facts>) -> Option<&'v Value> {
        let mut fields = fields;
        for (column, _) in &self.hops {
            let id = Id::from_str(fields.get(&column.field)?.as_str()?).ok()?;
            fields = &facts?.records.get(&id)?.1;
        }
        let value = fields.get(&self.column.field)?;
        let value = match self.column.part {
            Part::Region => value.get("region")?,
            Part::GradeLetter => value.get("letter")?,
            Part::GradeScore => value.get("score")?,
            _ => value,
        };
        Some(value).filter(|value| !value.is_null())
    }
}
