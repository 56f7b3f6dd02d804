//! The header of a list of people or departments, in 中文 and English, and what is wrong with its rows.

use std::collections::BTreeMap;

use kezhi_types::text::sentence;
use kezhi_types::{Caller, Fields, Violation, Violations};

use crate::error::Error;
use crate::import::{CellProblem, RefusedRow, TextRow};

/// A column: its key, and what people write above it.
pub(super) type Column = (&'static str, &'static [&'static str]);

/// Rows under a header that was understood.
pub(super) struct Sheet<'r> {
    places: BTreeMap<&'static str, usize>,
    headers: &'r [String],
    /// Rows below the header.
    pub rows: &'r [TextRow],
    /// Headers that name nothing known.
    pub ignored: Vec<String>,
}

impl<'r> Sheet<'r> {
    /// Finds the columns in the first row; `wanted` is the key without which nothing can be done.
    ///
    /// # Errors
    /// `people.no_header`.
    pub fn of(rows: &'r [TextRow], columns: &[Column], wanted: &[&'static str]) -> Result<Self, Error> {
        let (headers, rows) =
            rows.split_first().map_or((&[][..], rows), |(first, rest)| (&*first.cells, rest));
        let (mut places, mut ignored) = (BTreeMap::new(), Vec::new());
        for (place, header) in headers.iter().enumerate().filter(|(_, header)| !header.is_empty()) {
            let plain = header.trim().trim_end_matches(['*', '＊']).to_lowercase().replace([' ', '_'], "");
            let known = columns.iter().find(|(key, names)| {
                key.replace('_', "") == plain || names.iter().any(|name| *name == plain)
            });
            match known {
                Some((key, _)) if !places.contains_key(key) => drop(places.insert(*key, place)),
                _ => ignored.push(header.clone()),
            }
        }
        if !wanted.iter().any(|key| places.contains_key(key)) {
            let names: Vec<&str> = columns.iter().filter_map(|(_, names)| names.first().copied()).collect();
            let missing = Violation::new("people.no_header", "").with("columns", names.join("、"));
            return Err(Violations::from(missing).into());
        }
        Ok(Self { places, headers, rows, ignored })
    }

    /// What a row says in a column; nothing where the file has no such column.
    pub fn cell<'c>(&self, row: &'c TextRow, key: &str) -> Option<&'c str> {
        let place = *self.places.get(key)?;
        Some(row.cells.get(place).map_or("", |cell| cell.trim()))
    }

    /// The same, nothing where the cell is empty.
    pub fn filled<'c>(&self, row: &'c TextRow, key: &str) -> Option<&'c str> {
        self.cell(row, key).filter(|text| !text.is_empty())
    }

    /// What is wrong with a row, at the columns that its pointers name.
    ///
    /// # Errors
    /// What concerns more than this row.
    pub fn refused(&self, caller: &Caller, row: &TextRow, error: Error) -> Result<RefusedRow, Error> {
        let found = match error {
            Error::Invalid(found) => found,
            Error::Denied { action, subject } => {
                let code = "access.denied";
                Violation::new(code, "").with("action", action).with("subject", subject).into()
            }
            error => return Err(error),
        };
        let problems = found.0.iter().map(|found| self.problem(caller, row, found)).collect();
        Ok(RefusedRow { row: row.number.cast_signed(), problems })
    }

    fn problem(&self, caller: &Caller, row: &TextRow, found: &Violation) -> CellProblem {
        let key = found.pointer.trim_start_matches('/');
        let place = self.places.get(key).copied();
        let header = place.and_then(|place| self.headers.get(place)).cloned();
        let message = found.message.clone();
        CellProblem {
            row: None,
            column: place.map(crate::import::column_name),
            header,
            value: place.and_then(|place| row.cells.get(place)).cloned().filter(|text| !text.is_empty()),
            code: found.code.clone(),
            pointer: found.pointer.clone(),
            message: message.unwrap_or_else(|| sentence(caller.language, &found.code, &found.args)),
            rule: None,
        }
    }
}

/// Several names in a cell.
pub(super) fn several(text: &str) -> Vec<String> {
    let parts = text.split(['、', ';', '；', '|', ',', '，']).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A problem of one cell.
pub(super) fn wrong(code: &str, key: &str, value: &str) -> Error {
    Violations::from(Violation::new(code, format!("/{key}")).with("value", value)).into()
}

/// A row that means what an earlier one does.
pub(super) fn repeated(key: &str, row: u64) -> Error {
    let args = Fields::from_iter([("row".to_owned(), row.into())]);
    Violations::from(Violation { args, ..Violation::new("import.key_repeated", format!("/{key}")) }).into()
}
