//! What is kept of wrong rows: what is wrong with them, and their cells as far as that is not too much, secrets sealed.

use std::collections::BTreeSet;

use kezhi_store::Tx;
use kezhi_types::Id;
use kezhi_types::def::entity::FieldKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cell;
use super::columns::Column;
use super::keys::Importing;
use super::lines::Unit;
use super::report::CellProblem;
use super::sheet::{Cell, Row};
use crate::error::Error;
use crate::secrets::{Key, SecretKeys};

/// The most that is kept of a wrong row's cells, in bytes; of a larger one only what is wrong with it is kept.
const CELLS: usize = 512 * 1024;
/// The longest text that a cell of a workbook takes, in characters.
const CHARACTERS: usize = 32_766;
/// The most that is kept of all the wrong rows of a job, in bytes; of more only the first thing that is wrong is kept.
const ALL: u64 = 256 * 1024 * 1024;

/// What is kept of a wrong row.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) problems: Vec<CellProblem>,
    /// The cells of its rows; none where they were too much to be kept.
    #[serde(default)]
    pub(super) cells: Vec<Vec<Cell>>,
    /// Places of columns whose cells are sealed for the job.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    sealed: BTreeSet<usize>,
}

impl From<Value> for Kept {
    fn from(note: Value) -> Self {
        serde_json::from_value(note).unwrap_or_default()
    }
}

impl Kept {
    /// What is wrong, without any cells.
    pub(super) fn told(problems: Vec<CellProblem>) -> Self {
        Self { problems, ..Self::default() }
    }

    /// The row as it was sent.
    ///
    /// # Errors
    /// `secret.key`, `secret.damaged`.
    pub(super) fn opened(mut self, keys: &SecretKeys, job: Id) -> Result<Self, Error> {
        for (index, cell) in self.cells.iter_mut().flat_map(|row| row.iter_mut().enumerate()) {
            if let Cell::Text(text) = cell
                && self.sealed.contains(&index)
            {
                *text = keys.open(job, text)?;
            }
        }
        Ok(self)
    }
}

/// How wrong rows are kept.
pub(super) struct Keeping {
    job: Id,
    /// Places of columns that hold secrets, and the key that seals these; without a key they are not kept.
    secret: BTreeSet<usize>,
    key: Option<Key>,
    /// How much has been kept, in bytes.
    kept: u64,
}

impl Keeping {
    /// Goes on where the job stands.
    pub(super) async fn of(tx: &mut Tx, importing: &Importing<'_>, checkpoint: &Value) -> Self {
        let is_secret = |column: &&Column| {
            let field = importing.entity.fields.get(&column.field);
            field.is_some_and(|field| field.kind == FieldKind::Secret)
        };
        let columns = importing.spec.header.columns.iter().filter(is_secret);
        let secret: BTreeSet<usize> = columns.map(|column| column.index).collect();
        let key = if secret.is_empty() { None } else { importing.runtime.sealing_key(tx).await.ok() };
        Self { job: importing.job, secret, key, kept: checkpoint["kept"].as_u64().unwrap_or(0) }
    }

    /// How much has been kept, in bytes.
    pub(super) fn kept(&self) -> u64 {
        self.kept
    }

    /// What is kept of a record that is wrong.
    pub(super) fn note(&mut self, unit: &Unit, mut problems: Vec<CellProblem>) -> Value {
        if self.kept > ALL {
            problems.truncate(1);
        }
        let kept = Kept { problems, cells: self.cells(unit), sealed: self.secret.clone() };
        let note = serde_json::to_value(kept).unwrap_or_default();
        self.kept += note.to_string().len() as u64;
        note
    }

    fn cells(&self, unit: &Unit) -> Vec<Vec<Cell>> {
        let mut cells = unit.rows.iter().flat_map(|row| &row.cells);
        let is_long = |cell: &Cell| matches!(cell, Cell::Text(text) if text.chars().count() > CHARACTERS);
        let weight: usize = unit.rows.iter().map(Row::weight).sum();
        if weight > CELLS || self.kept > ALL || cells.any(is_long) {
            return Vec::new();
        }
        let row = |row: &Row| row.cells.iter().enumerate().map(|cell| self.cell(cell)).collect::<Vec<_>>();
        unit.rows.iter().map(row).collect()
    }

    fn cell(&self, (index, cell): (usize, &Cell)) -> Cell {
        if *cell == Cell::Empty || !self.secret.contains(&index) {
            return cell.clone();
        }
        let sealed = self.key.as_ref().and_then(|key| key.seal(self.job, &cell::plain(cell)).ok());
        sealed.map_or(Cell::Empty, Cell::Text)
    }
}
