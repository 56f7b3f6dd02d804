//! The columns of a file: which fields, in which order, under which headers.

use kezhi_plan::access;
use kezhi_plan::app::{AppPlan, EntityPlan, FieldPlan};
use kezhi_types::Caller;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::FieldRight;
use kezhi_types::text::Language;

/// One column of the file.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub key: String,
    pub header: String,
    /// The sub-table that it is a column of.
    pub table: Option<String>,
}

impl Column {
    /// Its field; none for a system field.
    pub fn field<'e>(&self, entity: &'e EntityPlan) -> Option<&'e FieldPlan> {
        match &self.table {
            Some(table) => entity.fields.get(table)?.columns.get(&self.key),
            None => entity.fields.get(&self.key),
        }
    }
}

/// `id` and the readable fields in the order of the entity's file, or those that were asked for.
pub(super) fn columns(
    plan: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    (asked, labels): (Option<Vec<String>>, bool),
) -> Vec<Column> {
    let rights = access::field_rights(plan, entity, caller);
    let readable = || entity.fields.keys().filter(|key| rights.of(key) != FieldRight::Hidden).cloned();
    let keys = asked.unwrap_or_else(|| readable().collect());
    let keys = std::iter::once("id".to_owned()).chain(keys.into_iter().filter(|key| key != "id"));
    let mut columns = Vec::new();
    for key in keys {
        let field = entity.fields.get(&key);
        let header = |title: &str| if labels { title.to_owned() } else { key.clone() };
        match field {
            Some(table) if table.kind == FieldKind::Table => {
                for column in table.columns.values() {
                    let header = if labels {
                        format!("{}.{}", table.title, column.title)
                    } else {
                        format!("{key}.{}", column.key)
                    };
                    columns.push(Column { key: column.key.clone(), header, table: Some(key.clone()) });
                }
            }
            Some(field) => {
                let header = header(&field.title);
                columns.push(Column { key, header, table: None });
            }
            None => {
                let header = if labels { titled(&key, caller.language) } else { &key }.to_owned();
                columns.push(Column { key, header, table: None });
            }
        }
    }
    columns
}

/// What a system field is called; `id` is called so everywhere, so that an import finds it.
fn titled(key: &str, language: Language) -> &str {
    let (chinese, english) = match key {
        "version" => ("版本", "Version"),
        "created_at" => ("创建时间", "Created at"),
        "created_by" => ("创建人", "Created by"),
        "updated_at" => ("修改时间", "Changed at"),
        "updated_by" => ("修改人", "Changed by"),
        "owner" => ("负责人", "Owner"),
        "department" => ("部门", "Department"),
        other => (other, other),
    };
    if language == Language::Chinese { chinese } else { english }
}
