//! A value as a cell: what stands in the file for each kind of field, so that an import reads it back.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use kezhi_plan::access::{self, FieldRights};
use kezhi_plan::app::FieldPlan;
use kezhi_plan::kind;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::FieldRight;
use kezhi_types::sealed::{COVER, is_sealed};
use kezhi_types::text::Language;
use kezhi_types::{Id, Record, Timestamp};
use serde_json::Value;

use super::{Column, Plan};
use crate::import::{GUARDED, reads_as};

/// What is written for a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    /// A text, kept from being a formula.
    Text(String),
    /// A number in its exact decimal form.
    Number(String),
    Boolean(bool),
    /// A day, or a moment of the workspace's zone; with how it is written in a text.
    Moment(DateTime, String),
}

impl Cell {
    /// As it stands in a text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Number(text) | Self::Moment(_, text) => Cow::Borrowed(text),
            Self::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        }
    }
}

/// Turns records of one page into cells.
pub(super) struct Reader<'p> {
    /// Each column with its field; none for a system field.
    columns: Vec<(&'p Column, Option<&'p FieldPlan>)>,
    labels: bool,
    language: Language,
    /// Names of records and people, where labels are wanted.
    titles: BTreeMap<String, String>,
    zone: TimeZone,
}

impl<'p> Reader<'p> {
    pub(super) fn new(plan: &'p Plan, titles: BTreeMap<String, String>) -> Self {
        let columns = plan.columns.iter().map(|column| (column, column.field(&plan.entity))).collect();
        let zone = TimeZone::get(&plan.plan.zone).unwrap_or(TimeZone::UTC);
        Self { columns, labels: plan.labels, language: plan.caller.language, titles, zone }
    }

    /// The rows of a record as far as `rights` show it: one, or as many as its longest sub-table has.
    pub(super) fn rows(&self, record: &Record, rights: &FieldRights) -> Vec<Vec<Cell>> {
        let rows_of = |column: &Column| {
            let table = column.table.as_ref().filter(|table| rights.may_read(table));
            let rows = table.and_then(|table| record.value(table));
            rows.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
        };
        let longest = self.columns.iter().map(|(column, _)| rows_of(column).len()).max().unwrap_or(0).max(1);
        let cell =
            |number: usize, (column, field): &(&Column, Option<&FieldPlan>)| match (&column.table, field) {
                (Some(_), _) => {
                    let row = rows_of(column).get(number);
                    self.cell(*field, FieldRight::Read, row.and_then(|row| row.get(&column.key)))
                }
                (None, _) if number > 0 => Cell::Empty,
                (None, Some(_)) => self.cell(*field, rights.of(&column.key), record.value(&column.key)),
                (None, None) => self.system(record, &column.key),
            };
        (0..longest).map(|number| self.columns.iter().map(|column| cell(number, column)).collect()).collect()
    }

    fn cell(&self, field: Option<&FieldPlan>, right: FieldRight, value: Option<&Value>) -> Cell {
        let (Some(field), Some(value)) = (field, value.filter(|value| !value.is_null())) else {
            return Cell::Empty;
        };
        match right {
            FieldRight::Hidden => Cell::Empty,
            _ if field.kind == FieldKind::Secret || is_sealed(value) => Cell::Text(COVER.to_owned()),
            FieldRight::Masked => Cell::Text(guarded(access::mask(field, value))),
            FieldRight::Read | FieldRight::Write => self.value(field, value),
        }
    }

    fn value(&self, field: &FieldPlan, value: &Value) -> Cell {
        match (field.value_kind, value) {
            (_, Value::Bool(_)) if self.labels => Cell::Text(self.words(field, value)),
            (_, Value::Bool(value)) => Cell::Boolean(*value),
            (_, Value::Number(number)) => Cell::Number(number.to_string()),
            (
                FieldKind::Integer | FieldKind::Decimal | FieldKind::Money | FieldKind::Percent,
                Value::String(number),
            ) => Cell::Number(number.clone()),
            (FieldKind::Date, Value::String(text)) => match text.parse::<jiff::civil::Date>() {
                Ok(date) => Cell::Moment(date.to_datetime(jiff::civil::Time::midnight()), text.clone()),
                Err(_) => Cell::Text(guarded(text.clone())),
            },
            (FieldKind::Datetime, Value::String(text)) => self.moment(text),
            (FieldKind::Person | FieldKind::Department | FieldKind::Relation, Value::String(id)) => {
                Cell::Text(guarded(self.titles.get(id).unwrap_or(id).clone()))
            }
            (FieldKind::Grade, Value::Object(_)) => match self.words(field, value) {
                letter if letter.is_empty() => Cell::Empty,
                letter => Cell::Text(guarded(letter)),
            },
            (FieldKind::Cascade | FieldKind::Location, _) if self.labels => self.readable(field, value),
            (FieldKind::Address, Value::Object(address))
                if self.labels || address.keys().all(|key| key == "detail") =>
            {
                self.readable(field, value)
            }
            (FieldKind::Attachment | FieldKind::Image, Value::Array(files)) => {
                let files = files.iter().filter_map(|file| self.file(file));
                Cell::Text(guarded(self.joined(&files.collect::<Vec<_>>())))
            }
            (FieldKind::Signature, file) => {
                Cell::Text(guarded(self.file(file).unwrap_or_default().to_owned()))
            }
            (_, Value::String(text)) => Cell::Text(guarded(self.label(field, text).to_owned())),
            (FieldKind::Choices | FieldKind::Tags, Value::Array(items)) => {
                let texts = items.iter().filter_map(Value::as_str).map(|text| self.label(field, text));
                Cell::Text(guarded(self.joined(&texts.collect::<Vec<_>>())))
            }
            (FieldKind::Relations | FieldKind::People | FieldKind::Departments, Value::Array(items)) => {
                let ids = items.iter().filter_map(Value::as_str);
                let named = ids.map(|id| self.titles.get(id).map_or(id, String::as_str));
                Cell::Text(guarded(self.joined(&named.collect::<Vec<_>>())))
            }
            (_, value) => Cell::Text(guarded(value.to_string())),
        }
    }

    /// As people read it.
    fn words(&self, field: &FieldPlan, value: &Value) -> String {
        kind::cell_text(field, value, kind::Reader { language: self.language, zone: &self.zone })
    }

    /// As people read it, where an import reads this very value from that, else as JSON.
    fn readable(&self, field: &FieldPlan, value: &Value) -> Cell {
        let words = Some(self.words(field, value)).filter(|words| reads_as(field, words, value));
        Cell::Text(guarded(words.unwrap_or_else(|| value.to_string())))
    }

    fn label<'t>(&self, field: &'t FieldPlan, text: &'t str) -> &'t str {
        let label = field.def.labels.get(text).filter(|_| self.labels);
        label.map_or(text, String::as_str)
    }

    /// The name of a file for people, else its id.
    fn file<'v>(&self, file: &'v Value) -> Option<&'v str> {
        file.get(if self.labels { "name" } else { "id" })?.as_str()
    }

    /// Items with a sign between them, or a JSON list where an item holds such a sign itself.
    fn joined(&self, texts: &[&str]) -> String {
        let apart = texts.iter().any(|text| text.contains(crate::import::BETWEEN) || text.starts_with('['));
        if apart {
            return serde_json::to_string(texts).unwrap_or_default();
        }
        texts.join(if self.labels { "、" } else { ";" })
    }

    /// In the zone of the workspace for people, else as the API gives it.
    fn moment(&self, text: &str) -> Cell {
        let Some(instant) = Timestamp::parse(text).ok().filter(|_| self.labels) else {
            return Cell::Text(text.to_owned());
        };
        let Ok(instant) = jiff::Timestamp::from_millisecond(instant.0) else {
            return Cell::Text(text.to_owned());
        };
        let civil = instant.to_zoned(self.zone.clone()).datetime();
        Cell::Moment(civil, civil.strftime("%Y-%m-%d %H:%M:%S").to_string())
    }

    fn system(&self, record: &Record, key: &str) -> Cell {
        let id = |id: Option<Id>| match id.map(|id| id.to_string()) {
            Some(id) => Cell::Text(guarded(self.titles.get(&id).unwrap_or(&id).clone())),
            None => Cell::Empty,
        };
        match key {
            "id" => Cell::Text(record.id.to_string()),
            "version" => Cell::Number(record.version.to_string()),
            "created_at" => self.moment(&record.created_at.to_string()),
            "updated_at" => self.moment(&record.updated_at.to_string()),
            "created_by" => id(record.created_by),
            "updated_by" => id(record.updated_by),
            "owner" => id(record.owner),
            "department" => id(record.department),
            _ => Cell::Empty,
        }
    }
}

/// A text that no spreadsheet takes for a formula. One that would look as if it had been treated so is treated once
/// more, so that taking one sign away always gives the text back.
pub(crate) fn guarded(text: String) -> String {
    if text.trim_start_matches('\'').starts_with(GUARDED) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_text_that_a_spreadsheet_would_reckon_is_kept_from_it() {
        for formula in ["=1+1", "+86 139", "-5", "@SUM(A1)", "\tx", "'=1"] {
            assert_eq!(guarded(formula.to_owned()), format!("'{formula}"));
        }
        for text in ["", "张三", "'t Hooft", "a=b"] {
            assert_eq!(guarded(text.to_owned()), text);
        }
    }
}
