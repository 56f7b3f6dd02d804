//! What became of the rows of an import: how many, and every wrong cell with its place, its code and a sentence; as a
//! list, and as a workbook that holds only the wrong rows, to be put right and sent again.

use std::collections::{HashMap, HashSet};

use kezhi_plan::app::EntityPlan;
use kezhi_store::{JobRow, RowFate};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Id, Violation, Violations};
use rust_xlsxwriter::{Workbook, XlsxError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::columns::{Column, Header};
use super::kept::{Keeping, Kept};
use super::keys::Importing;
use super::lines::{Line, Unit};
use super::sheet::{Cell, Format, Row, letters};
use super::slice::Fate;
use super::wrong::Table;
use super::{ImportOptions, KIND, Spec, cell, guess};
use crate::error::Error;
use crate::jobs::{JobView, Upload};
use crate::records::Written;
use crate::runtime::Runtime;

/// Wrong rows told with the job itself; the rest is asked for.
const TOLD: u32 = 200;
/// Rows with warnings that are told.
const WARNED: usize = 100;
/// Wrong rows read at a time.
const PAGE: u32 = 500;
/// The most of a cell that is told with what is wrong with it, in characters.
const VALUE: usize = 200;

/// A row that is not stored, or stored with a warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Its number in the file, from 1.
    pub row: i64,
    /// Everything that is wrong with it.
    pub problems: Vec<CellProblem>,
}

/// What is wrong with a cell, or with a row where no column is named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellProblem {
    /// The row of the cell, where that is not the record's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// `F`; absent where the file has no column for the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands above the cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What stands in it, at most 200 characters of it; absent for a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// As for records: `record.required`, `record.not_unique` …, or `import.…`.
    pub code: String,
    /// Where in the record: `/phone`.
    pub pointer: String,
    /// The sentence, in the language of the caller.
    pub message: String,
    /// Key of the rule that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// How many rows became what.
pub(super) struct Counts {
    created: i64,
    updated: i64,
    unchanged: i64,
    warned: i64,
    /// The first rows that were stored with a warning.
    warnings: Vec<Value>,
    /// Of this slice.
    pub(super) refused: i64,
}

impl Counts {
    pub(super) fn of(result: &Value) -> Self {
        let count = |key: &str| result[key].as_i64().unwrap_or(0);
        Self {
            created: count("created"),
            updated: count("updated"),
            unchanged: count("unchanged"),
            warned: count("warned"),
            warnings: result["warnings"].as_array().cloned().unwrap_or_default(),
            refused: 0,
        }
    }

    pub(super) fn add(&mut self, fate: &Fate) {
        match fate {
            Fate::Created(_) => self.created += 1,
            Fate::Refused(_) => self.refused += 1,
            Fate::Updated(written) => {
                self.updated += 1;
                self.unchanged += i64::from(written.changed.is_empty());
            }
        }
    }

    /// A row that was stored, and what its sender should know all the same.
    pub(super) fn warn(&mut self, row: RefusedRow) {
        self.warned += 1;
        if self.warnings.len() < WARNED {
            self.warnings.extend(serde_json::to_value(row));
        }
    }

    pub(super) fn put(self, result: &mut Value) {
        result["created"] = self.created.into();
        result["updated"] = self.updated.into();
        result["unchanged"] = self.unchanged.into();
        result["warned"] = self.warned.into();
        result["warnings"] = self.warnings.into();
    }
}

/// The result of an import that has not begun: how the file was understood.
pub(super) fn opening(
    entity: &EntityPlan,
    (header, rows): (&Header, &[Row]),
    (options, format): (&ImportOptions, &Format),
) -> Value {
    let below: Vec<Row> = rows.iter().filter(|row| row.number > header.row).cloned().collect();
    let mapped: serde_json::Map<String, Value> =
        header.columns.iter().map(|column| (column.header.clone(), json!(column.field))).collect();
    let unmapped: Vec<&str> = header.unmapped().map(|(_, title)| title).collect();
    let guessed: Vec<Value> = header
        .unmapped()
        .map(|(index, title)| json!({ "header": title, "kind": guess::kind(&below, index) }))
        .collect();
    let columns: Vec<Value> = header
        .titles
        .iter()
        .enumerate()
        .filter(|(_, title)| !title.is_empty())
        .map(|(index, title)| {
            let field = header.columns.iter().find(|column| column.index == index).map(|column| &column.field);
            json!({ "column": letters(index), "header": title, "field": field, "kind": guess::kind(&below, index) })
        })
        .collect();
    let sheet = match format {
        Format::Workbook { sheet } | Format::OldWorkbook { sheet } => json!(sheet),
        Format::Text { .. } => Value::Null,
    };
    json!({
        "created": 0, "updated": 0, "unchanged": 0, "warned": 0, "warnings": [], "dry_run": options.dry_run, "mode": options.mode(),
        "title": entity.title, "sheet": sheet, "mapped": mapped, "unmapped": unmapped, "guessed": guessed,
        "columns": columns,
    })
}

/// What an undo must know of a record that was changed.
pub(super) fn changes(entity: &EntityPlan, written: &Written) -> Value {
    let authored = |field: &&String| entity.fields.get(*field).is_some_and(|field| !field.is_derived());
    let value = |record: Option<&kezhi_types::Record>, field: &str| {
        record.and_then(|record| record.data.get(field)).cloned().unwrap_or(Value::Null)
    };
    let one = |field: &String| json!({ "field": field, "from": value(written.before.as_ref(), field), "to": value(Some(&written.record), field) });
    written.changed.iter().filter(authored).map(one).collect()
}

/// A refused row with everything that is wrong, what its cells did not say before what was judged of them.
pub(super) fn refused(
    importing: &Importing<'_>,
    (unit, line): (&Unit, &Line),
    judged: Violations,
    keeping: &mut Keeping,
) -> Value {
    let known: HashSet<&str> = line.problems.0.iter().map(|problem| problem.pointer.as_str()).collect();
    let judged = judged.0.into_iter().filter(|violation| !known.contains(violation.pointer.as_str()));
    let found = line.problems.0.iter().cloned().chain(judged);
    keeping.note(unit, problems(importing, (unit, line), found))
}

/// A row that was stored with warnings.
pub(super) fn warned(
    importing: &Importing<'_>,
    unit: &Unit,
    line: &Line,
    warnings: &Violations,
) -> RefusedRow {
    let problems = problems(importing, (unit, line), warnings.0.iter().cloned());
    RefusedRow { row: line.row.cast_signed(), problems }
}

fn problems(
    importing: &Importing<'_>,
    row: (&Unit, &Line),
    found: impl Iterator<Item = Violation>,
) -> Vec<CellProblem> {
    let columns = &importing.spec.header.columns;
    let by_field: HashMap<&str, &Column> =
        columns.iter().map(|column| (column.field.as_str(), column)).collect();
    found.map(|found| problem(importing, row, &by_field, found)).collect()
}

fn problem(
    importing: &Importing<'_>,
    (unit, line): (&Unit, &Line),
    by_field: &HashMap<&str, &Column>,
    violation: Violation,
) -> CellProblem {
    let steps: Vec<&str> = violation.pointer.split('/').skip(1).collect();
    let (field, row) = match steps.as_slice() {
        [table, place, key, ..] if line.tables.contains_key(*table) => {
            let rows = &line.tables[*table];
            let row = place.parse::<usize>().ok().and_then(|place| rows.get(place)).copied();
            (format!("{table}.{key}"), row.unwrap_or(line.row))
        }
        [field, ..] => ((*field).to_owned(), line.row),
        [] => (String::new(), line.row),
    };
    let column = by_field.get(field.as_str());
    let found = unit.rows.iter().find(|candidate| candidate.number == row);
    let cell = column.and_then(|column| found?.cells.get(column.index)).filter(|cell| **cell != Cell::Empty);
    let message = sentence(importing.caller.language, &violation.code, &violation.args);
    let is_secret = importing.entity.fields.get(&field).is_some_and(|field| field.kind == FieldKind::Secret);
    let told = |cell: &Cell| {
        let text = cell::plain(cell);
        let longer = text.char_indices().nth(VALUE).map(|(end, _)| format!("{}…", &text[..end]));
        longer.unwrap_or(text)
    };
    CellProblem {
        row: (row != line.row).then_some(row),
        column: column.map(|column| column.letters()),
        header: column.map(|column| column.header.clone()),
        value: cell.filter(|_| !is_secret).map(told),
        code: violation.code,
        pointer: violation.pointer,
        message: violation.message.unwrap_or(message),
        rule: violation.rule,
    }
}

/// What is kept of a record that an undo had to leave.
pub(super) fn left(violations: &Violations, caller: &Caller) -> Value {
    let problem = |found: &Violation| CellProblem {
        row: None,
        column: None,
        header: None,
        value: None,
        code: found.code.clone(),
        pointer: found.pointer.clone(),
        message: found.message.clone().unwrap_or_else(|| sentence(caller.language, &found.code, &found.args)),
        rule: found.rule.clone(),
    };
    let problems = violations.0.iter().map(problem).collect();
    serde_json::to_value(Kept::told(problems)).unwrap_or_default()
}

impl Runtime {
    /// A job that the caller started, with the first of what it refused.
    ///
    /// # Errors
    /// Not found, also for what somebody else started.
    pub async fn job(&self, caller: &Caller, id: Id) -> Result<JobView, Error> {
        let mut view = JobView::from(self.job_of(caller, id).await?);
        if !view.result["undone_by"].is_null() && !self.is_undone(&view.result).await? {
            // It can be gone on with.
            view.result["undone_by"] = Value::Null;
        }
        self.hear_of_release(&view).await?;
        if view.errors > 0 {
            let refused = self.refused_rows(id, (0, TOLD)).await?;
            view.result["refused"] = serde_json::to_value(refused).unwrap_or_default();
            if view.kind == KIND {
                view.result["error_file"] = format!("/api/jobs/{id}/errors?format=xlsx").into();
            }
        } else {
            view.result["refused"] = json!([]);
        }
        Ok(view)
    }

    /// The same without its rows, for whoever looks whether it has moved.
    ///
    /// # Errors
    /// Not found.
    pub async fn job_in_short(&self, caller: &Caller, id: Id) -> Result<JobView, Error> {
        Ok(JobView::from(self.job_of(caller, id).await?))
    }

    /// Rows that a job of the caller's refused, 500 at a time, behind the row `after`.
    ///
    /// # Errors
    /// Not found.
    pub async fn job_errors(&self, caller: &Caller, id: Id, after: i64) -> Result<Vec<RefusedRow>, Error> {
        self.job_of(caller, id).await?;
        self.refused_rows(id, (after, PAGE)).await
    }

    async fn refused_rows(&self, id: Id, (after, limit): (i64, u32)) -> Result<Vec<RefusedRow>, Error> {
        let rows = self.0.store.reader().job_rows(id, &[RowFate::Refused], after, limit).await?;
        let one = |row: JobRow| RefusedRow { row: row.row, problems: Kept::from(row.note).problems };
        Ok(rows.into_iter().map(one).collect())
    }

    /// The wrong rows of an import as a workbook in the data folder: the columns of the file, and one that says why; what does
    /// not fit on one sheet goes on the next. The file is gone with the value.
    ///
    /// # Errors
    /// Not found, also for what is no import or refused nothing: `file.not_found`.
    pub async fn error_workbook(&self, caller: &Caller, id: Id) -> Result<Upload, Error> {
        let job = self.job_of(caller, id).await?;
        if job.kind != KIND || job.errors == 0 {
            return Err(Error::NotFound { kind: "file", key: id.to_string() });
        }
        let spec: Spec =
            serde_json::from_value(job.spec).map_err(|error| Error::Internal(error.to_string()))?;
        let file = self.receive().await?;
        let broken = |error: XlsxError| Error::Internal(format!("a workbook could not be written: {error}"));
        let mut book = Workbook::new();
        book.set_tempdir(file.folder()).map_err(broken)?;
        let reason = sentence(caller.language, "import.reason", &kezhi_types::Fields::new());
        let sheet = book.add_worksheet_with_constant_memory().map_err(broken)?;
        let mut table = Table::begin(sheet, &spec.header, &reason).map_err(broken)?;
        let mut after = 0;
        loop {
            let rows = self.0.store.reader().job_rows(id, &[RowFate::Refused], after, PAGE).await?;
            let Some(last) = rows.last().map(|row| row.row) else { break };
            after = last;
            for row in rows {
                let kept = Kept::from(row.note).opened(&self.0.secrets, id)?;
                if !table.has_room(&kept) {
                    let sheet = book.add_worksheet_with_constant_memory().map_err(broken)?;
                    table = Table::begin(sheet, &spec.header, &reason).map_err(broken)?;
                }
                table.add(&kept).map_err(broken)?;
            }
        }
        let target = file.path().to_owned();
        tokio::task::spawn_blocking(move || book.save(&target))
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
            .map_err(broken)?;
        Ok(file)
    }
}
