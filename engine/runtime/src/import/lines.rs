//! Rows of cells as records in the making. A record takes one row, or several where it has sub-tables: rows that
//! hold nothing but columns of sub-tables belong to the record above them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use kezhi_plan::app::{AppPlan, EntityPlan, FieldPlan};
use kezhi_plan::kind::names_files;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Fields, Id, Violation, Violations};
use serde_json::{Map, Value};

use super::HELD;
use super::cell::{self, Fault};
use super::columns::{Column, Header, ID, OWNER};
use super::names::{Names, items};
use super::sheet::{Cell, Row};
use crate::error::Error;

/// The most rows of one record.
const ROWS: usize = 1_000;

/// The rows of one record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unit {
    pub(super) rows: Vec<Row>,
}

impl Unit {
    /// The number of its first row.
    pub(super) fn row(&self) -> u64 {
        self.rows.first().map_or(0, |row| row.number)
    }

    /// The number of its last row.
    pub(super) fn last(&self) -> u64 {
        self.rows.last().map_or(0, |row| row.number)
    }
}

/// Puts rows together to records.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    open: Option<Unit>,
    /// About how much memory the open record takes, in bytes.
    weight: usize,
}

impl Gathering {
    /// Takes the next row; gives the record above it once that is complete.
    pub(super) fn add(&mut self, header: &Header, row: Row) -> Option<Unit> {
        let weight = row.weight();
        match &mut self.open {
            Some(unit) if unit.rows.len() < ROWS && self.weight < HELD && goes_on(header, &row) => {
                self.weight += weight;
                unit.rows.push(row);
                None
            }
            _ => {
                self.weight = weight;
                self.open.replace(Unit { rows: vec![row] })
            }
        }
    }

    /// The last record.
    pub(super) fn end(self) -> Option<Unit> {
        self.open
    }
}

/// Whether a row holds columns of sub-tables only.
fn goes_on(header: &Header, row: &Row) -> bool {
    let filled = |column: &&Column| row.cells.get(column.index).is_some_and(|cell| *cell != Cell::Empty);
    let mut of_table = header.columns.iter().filter(filled).map(|column| column.of_table().is_some());
    of_table.next() == Some(true) && of_table.all(|of_table| of_table)
}

/// A record in the making, and what its cells did not say.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The number of its first row.
    pub(super) row: u64,
    /// The fields.
    pub(super) fields: Fields,
    /// Whose it is, where the row says so.
    pub(super) owner: Option<Id>,
    /// The id that the row names.
    pub(super) id: Option<String>,
    /// What is wrong with its cells.
    pub(super) problems: Violations,
    /// For each sub-table the numbers of the rows that its rows come from.
    pub(super) tables: BTreeMap<String, Vec<u64>>,
}

/// Turns rows into lines.
pub(super) struct Reading<'a> {
    pub(super) plan: &'a AppPlan,
    pub(super) entity: &'a EntityPlan,
    pub(super) header: &'a Header,
    /// Whether an empty cell clears its field.
    pub(super) clears: bool,
}

impl Reading<'_> {
    /// The lines of some units, once every name in them has been looked up.
    pub(super) async fn lines(&self, names: &mut Names, units: &[Unit]) -> Result<Vec<Line>, Error> {
        for column in &self.header.columns {
            if self.field(column).is_some_and(|field| names_files(field.kind)) {
                let rows = units.iter().flat_map(|unit| &unit.rows);
                let cells = rows.filter_map(|row| row.cells.get(column.index));
                let called: Vec<String> =
                    cells.filter(|cell| **cell != Cell::Empty).map(cell::plain).collect();
                names.learn_files(&called).await?;
            }
            let points =
                |field: &&FieldPlan| matches!(field.kind, FieldKind::Relation | FieldKind::Relations);
            let Some(field) = self.field(column).filter(points) else { continue };
            let rows = units.iter().flat_map(|unit| &unit.rows);
            let cells = rows.filter_map(|row| row.cells.get(column.index));
            let called = cells.filter(|cell| **cell != Cell::Empty).map(cell::plain);
            let called: BTreeSet<String> = match field.kind {
                FieldKind::Relations => {
                    called.flat_map(|cell| items(&cell).map(str::to_owned).collect::<Vec<_>>()).collect()
                }
                _ => called.collect(),
            };
            names.learn(self.plan, field, called).await?;
        }
        let zone = TimeZone::get(&self.plan.zone).unwrap_or(TimeZone::UTC);
        Ok(units.iter().map(|unit| self.line(unit, names, &zone)).collect())
    }

    fn field(&self, column: &Column) -> Option<&FieldPlan> {
        match column.of_table() {
            Some((table, key)) => self.entity.fields.get(table)?.columns.get(key),
            None => self.entity.fields.get(&column.field),
        }
    }

    fn line(&self, unit: &Unit, names: &Names, zone: &TimeZone) -> Line {
        let mut line = Line {
            row: unit.row(),
            fields: Fields::new(),
            owner: None,
            id: None,
            problems: Violations::default(),
            tables: BTreeMap::new(),
        };
        for column in self.header.columns.iter().filter(|column| column.of_table().is_none()) {
            let cell = unit.rows.first().and_then(|row| row.cells.get(column.index));
            self.one(&mut line, column, cell.unwrap_or(&Cell::Empty), (names, zone));
        }
        let tables: BTreeSet<&str> =
            self.header.columns.iter().filter_map(|column| Some(column.of_table()?.0)).collect();
        for table in tables {
            self.table(&mut line, table, unit, (names, zone));
        }
        line
    }

    fn one(&self, line: &mut Line, column: &Column, cell: &Cell, (names, zone): (&Names, &TimeZone)) {
        if *cell == Cell::Empty {
            if self.clears && self.entity.fields.contains_key(&column.field) {
                line.fields.insert(column.field.clone(), Value::Null);
            }
            return;
        }
        match (column.field.as_str(), self.entity.fields.get(&column.field)) {
            (_, Some(field)) => {
                let value = value(field, cell, (names, zone));
                let value = value.unwrap_or_else(|fault| {
                    line.problems.push(fault.at(field, ""));
                    no_value(field, cell)
                });
                line.fields.insert(column.field.clone(), value);
            }
            (OWNER, _) => match names.person(&cell::plain(cell)) {
                Ok(person) => line.owner = Some(person),
                Err(fault) => line.problems.push(fault.of(&column.header, "/owner")),
            },
            (ID, _) => line.id = Some(cell::plain(cell)),
            // The release of another minute had this field.
            (key, None) => line
                .problems
                .push(Violation::new("record.unknown_field", format!("/{key}")).with("field", key)),
        }
    }

    fn table(&self, line: &mut Line, table: &str, unit: &Unit, (names, zone): (&Names, &TimeZone)) {
        let Some(plan) = self.entity.fields.get(table) else { return };
        let columns: Vec<(&Column, &FieldPlan)> = self
            .header
            .columns
            .iter()
            .filter_map(|column| {
                let (of, key) = column.of_table()?;
                Some((column, plan.columns.get(key)?)).filter(|_| of == table)
            })
            .collect();
        let (mut rows, mut numbers) = (Vec::new(), Vec::new());
        for row in &unit.rows {
            let mut fields = Map::new();
            for (column, field) in &columns {
                let Some(cell) = row.cells.get(column.index).filter(|cell| **cell != Cell::Empty) else {
                    continue;
                };
                let value = value(field, cell, (names, zone)).unwrap_or_else(|fault| {
                    line.problems.push(fault.at(field, &format!("/{table}/{}", rows.len())));
                    no_value(field, cell)
                });
                fields.insert(field.key.clone(), value);
            }
            if !fields.is_empty() {
                rows.push(Value::Object(fields));
                numbers.push(row.number);
            }
        }
        if !rows.is_empty() || self.clears {
            line.fields.insert(table.to_owned(), Value::Array(rows));
            line.tables.insert(table.to_owned(), numbers);
        }
    }
}

fn value(field: &FieldPlan, cell: &Cell, (names, zone): (&Names, &TimeZone)) -> Result<Value, Fault> {
    let id = |id: Id| Value::String(id.to_string());
    match (field.kind, cell) {
        (_, Cell::Error(_)) => cell::value(field, cell, zone),
        (FieldKind::Person, _) => names.person(&cell::plain(cell)).map(id),
        (FieldKind::People, _) => names.people(&cell::plain(cell)).map(listed),
        (FieldKind::Department, _) => names.department(&cell::plain(cell)).map(id),
        (FieldKind::Departments, _) => names.departments(&cell::plain(cell)).map(listed),
        (FieldKind::Relation, _) => names.record(field, &cell::plain(cell)).map(id),
        (FieldKind::Relations, _) => names.records(field, &cell::plain(cell)).map(listed),
        (kind, _) if names_files(kind) => names.files(field, &cell::plain(cell)),
        _ => cell::value(field, cell, zone),
    }
}

fn listed(ids: Vec<Id>) -> Value {
    ids.into_iter().map(|id| Value::String(id.to_string())).collect()
}

/// A value of no kind that the field takes: the judgement of the row refuses it and goes on.
fn no_value(field: &FieldPlan, cell: &Cell) -> Value {
    match field.kind {
        FieldKind::Boolean => Value::String(cell::plain(cell)),
        // All but this is JSON that is kept.
        FieldKind::Json => Value::String("\0".to_owned()),
        _ => Value::Bool(false),
    }
}
