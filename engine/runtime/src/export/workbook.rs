//! An export as an Excel workbook, written to a file row by row; what does not fit on one sheet goes on the next.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::value::Cell;
use super::{Column, Plan};
use crate::error::Error;
use crate::import::serial;
use crate::jobs::Upload;
use crate::runtime::Runtime;

/// The most rows of a sheet.
const ROWS: u32 = 1_048_576;
/// Digits that a spreadsheet keeps of a number; longer ones are written as texts.
const DIGITS: usize = 15;
/// The most characters of a cell.
const CHARACTERS: usize = 32_767;

impl Runtime {
    /// The whole file; it is gone with the value.
    pub(super) async fn export_workbook(&self, plan: Plan) -> Result<Upload, Error> {
        let file = self.receive().await?;
        self.write_workbook(&plan, &file).await?;
        Ok(file)
    }

    async fn write_workbook(&self, plan: &Plan, file: &Upload) -> Result<(), Error> {
        let mut book = Workbook::new();
        book.set_tempdir(file.folder()).map_err(|error| broken(&error))?;
        let looks = Looks::new();
        let mut pages = self.pages(plan.question.clone());
        let mut row = 0;
        let mut sheet = begin(&mut book, &plan.columns).map_err(|error| broken(&error))?;
        while let Some(page) = pages.recv().await {
            let records = page?;
            for cells in self.rows_of(plan, records).await? {
                if row + 1 == ROWS {
                    row = 0;
                    sheet = begin(&mut book, &plan.columns).map_err(|error| broken(&error))?;
                }
                row += 1;
                write(sheet, row, &cells, &looks).map_err(|error| broken(&error))?;
            }
        }
        let path = file.path().to_owned();
        let saved = tokio::task::spawn_blocking(move || book.save(&path)).await;
        saved.map_err(|error| Error::Internal(error.to_string()))?.map_err(|error| broken(&error))
    }
}

struct Looks {
    day: Format,
    moment: Format,
}

impl Looks {
    fn new() -> Self {
        Self {
            day: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        }
    }
}

fn begin<'b>(book: &'b mut Workbook, columns: &[Column]) -> Result<&'b mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet_with_constant_memory()?;
    for (index, column) in (0..).zip(columns) {
        sheet.write_string(0, index, &column.header)?;
    }
    Ok(sheet)
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[Cell], looks: &Looks) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Cell::Empty => continue,
            Cell::Boolean(value) => sheet.write_boolean(row, column, *value)?,
            Cell::Number(text) => match short(text) {
                Some(number) => sheet.write_number(row, column, number)?,
                None => sheet.write_string(row, column, text)?,
            },
            Cell::Moment(moment, text) => match serial(*moment) {
                Some(number) => {
                    let midnight = moment.time() == jiff::civil::Time::midnight() && text.len() == 10;
                    let look = if midnight { &looks.day } else { &looks.moment };
                    sheet.write_number_with_format(row, column, number, look)?
                }
                None => sheet.write_string(row, column, text)?,
            },
            Cell::Text(text) if text.len() > CHARACTERS => {
                sheet.write_string(row, column, text.chars().take(CHARACTERS).collect::<String>())?
            }
            Cell::Text(text) => sheet.write_string(row, column, text)?,
        };
    }
    Ok(())
}

/// A number that a spreadsheet keeps as it is.
fn short(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits > DIGITS { None } else { text.parse().ok() }
}

fn broken(error: &XlsxError) -> Error {
    Error::Internal(format!("a workbook could not be written: {error}"))
}
