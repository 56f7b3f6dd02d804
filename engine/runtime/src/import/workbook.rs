//! Excel workbooks since 2007, read cell by cell.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::ops::ControlFlow;

use calamine::{Data, DataRef, ExcelDateTime, Reader as _, Xlsx, XlsxError};
use jiff::civil::{DateTime, Time};

use super::guard;
use super::sheet::{COLUMNS, Cell, Each, Format, Row, Unreadable, broken, holds_anything, trimmed};

/// The most rows of a sheet.
const ROWS: u32 = 1_048_576;

/// A workbook since 2007 that is what it says.
pub(super) fn inspect(mut file: File, sheet: Option<&str>) -> Result<Format, Unreadable> {
    guard::check(&mut file)?;
    let mut book = open(file)?;
    let names = wanted(book.sheet_names(), sheet)?;
    for name in names {
        let mut found = false;
        rows(&mut book, &name, &mut |_| {
            found = true;
            ControlFlow::Break(())
        })?;
        if found {
            return Ok(Format::Workbook { sheet: name });
        }
    }
    Err(Unreadable::Empty)
}

/// Gives the rows of a sheet.
pub(super) fn read(file: File, sheet: &str, each: &mut Each<'_>) -> Result<(), Unreadable> {
    rows(&mut open(file)?, sheet, each)
}

fn open(mut file: File) -> Result<Xlsx<BufReader<File>>, Unreadable> {
    file.seek(SeekFrom::Start(0)).map_err(broken)?;
    Xlsx::new(BufReader::new(file)).map_err(broken)
}

/// The sheets to look at: the one that is named, else all.
pub(super) fn wanted(names: Vec<String>, sheet: Option<&str>) -> Result<Vec<String>, Unreadable> {
    match sheet {
        None => Ok(names),
        Some(sheet) if names.iter().any(|name| name == sheet) => Ok(vec![sheet.to_owned()]),
        Some(sheet) => Err(Unreadable::NoSheet(sheet.to_owned())),
    }
}

fn rows(book: &mut Xlsx<BufReader<File>>, sheet: &str, each: &mut Each<'_>) -> Result<(), Unreadable> {
    let mut cells = match book.worksheet_cells_reader(sheet) {
        // A sheet of charts has no cells.
        Err(XlsxError::NotAWorksheet(_) | XlsxError::UnexpectedNode("worksheet")) => return Ok(()),
        cells => cells.map_err(broken)?,
    };
    let mut row = Row { number: 0, cells: Vec::new() };
    while let Some(found) = cells.next_cell().map_err(broken)? {
        let (at, column) = found.get_position();
        let (number, column) = (u64::from(at) + 1, column as usize);
        if column >= COLUMNS {
            return Err(Unreadable::TooWide(number));
        }
        if at >= ROWS || number < row.number {
            return Err(Unreadable::Broken(format!("row {number} stands behind row {}", row.number)));
        }
        if number != row.number {
            let full = std::mem::replace(&mut row, Row { number, cells: Vec::new() });
            if holds_anything(&full) && each(full).is_break() {
                return Ok(());
            }
        }
        let value = cell_ref(found.get_value());
        if value != Cell::Empty {
            row.cells.resize(row.cells.len().max(column + 1), Cell::Empty);
            row.cells[column] = value;
        }
    }
    if holds_anything(&row) {
        let _ = each(row);
    }
    Ok(())
}

fn cell_ref(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::SharedString(text) => trimmed(text),
        other => cell(&Data::from(other.clone())),
    }
}

pub(super) fn cell(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Number(*number as f64),
        // Larger than any number; a spreadsheet shows it as this error.
        Data::Float(number) if !number.is_finite() => Cell::Error("#NUM!".to_owned()),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) => trimmed(text),
        Data::Bool(value) => Cell::Boolean(*value),
        Data::DateTime(moment) if moment.is_datetime() => {
            civil(moment).map_or(Cell::Number(moment.as_f64()), Cell::Moment)
        }
        Data::DateTime(span) => Cell::Number(span.as_f64()),
        Data::DateTimeIso(text) | Data::DurationIso(text) => trimmed(text),
        Data::Error(error) => Cell::Error(error.to_string()),
    }
}

/// The moment that a serial number of a workbook stands for, in no zone; none where it lies outside the calendar.
fn civil(moment: &ExcelDateTime) -> Option<DateTime> {
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let part = |value: u8| i8::try_from(value).ok();
    let date = jiff::civil::Date::new(i16::try_from(year).ok()?, part(month)?, part(day)?).ok()?;
    let nanos = i32::from(milli) * 1_000_000;
    let time = Time::new(part(hour)?, part(minute)?, part(second)?, nanos).ok()?;
    Some(date.to_datetime(time))
}
