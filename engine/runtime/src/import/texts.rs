//! A small file, CSV or XLSX, as rows of texts: for lists that are held in memory.

use std::ops::ControlFlow;
use std::path::Path;

use kezhi_types::{Caller, Violation, Violations};

use super::sheet::{self, COLUMNS, Unreadable};
use super::{bad_file, cell};
use crate::error::Error;
use crate::runtime::Runtime;

/// A row that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextRow {
    /// Its number as people see it, from 1.
    pub number: u64,
    /// Its cells, from column A; what is missing behind the last is empty.
    pub cells: Vec<String>,
}

impl Runtime {
    /// Every row of a file, the header with them.
    ///
    /// # Errors
    /// [`Error::BadFile`]; `people.too_many_rows` beyond `most` rows.
    pub(crate) async fn text_rows(
        &self,
        caller: &Caller,
        (name, path): (&str, &Path),
        most: usize,
    ) -> Result<Vec<TextRow>, Error> {
        let place = self.sheet_at(path);
        let work = tokio::task::spawn_blocking(move || {
            let format = sheet::inspect(&place, None)?;
            let mut rows = Vec::new();
            sheet::read(&place, &format, &mut |row| {
                let row = row.within(COLUMNS);
                rows.push(TextRow { number: row.number, cells: row.cells.iter().map(cell::plain).collect() });
                if rows.len() <= most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            Ok(rows)
        });
        let rows = work.await.unwrap_or_else(|error| Err(Unreadable::Broken(error.to_string())));
        let rows = rows.map_err(|why| bad_file(caller, name, &why))?;
        if rows.len() > most {
            let many = Violation::new("people.too_many_rows", "").with("max", most.saturating_sub(1));
            return Err(Violations::from(many).into());
        }
        Ok(rows)
    }
}
