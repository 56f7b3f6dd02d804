//! A file as rows of cells: an Excel workbook by its first bytes, else a CSV text in UTF-8, UTF-16 or GB18030.

use std::io::Cursor;

use calamine::{Data, ExcelDateTime, Reader as _, open_workbook_auto_from_rs};
use encoding_rs::{Encoding, GB18030};
use jiff::civil::{DateTime, Time};

/// What a ZIP archive, and so a workbook since 2007, begins with.
const ZIP: &[u8] = b"PK\x03\x04";
/// What a workbook before 2007 begins with.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
/// How much of a text decides about its delimiter, in bytes.
const SAMPLE: usize = 8 * 1024;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Boolean(bool),
    /// A number that the workbook shows as a date, with the serial number it is stored as.
    Moment(DateTime),
    /// `#N/A` and the like.
    Error(String),
}

/// One row that is not empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// Its number as people see it, from 1.
    pub(super) number: u64,
    /// Its cells, from column A.
    pub(super) cells: Vec<Cell>,
}

/// Why a file cannot be read; its sentence is `import.<code>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Neither a workbook nor a text.
    NotAWorkbook,
    /// It begins like a workbook and is none.
    Broken(String),
    /// No row holds anything.
    Empty,
}

/// The rows of a file; of a workbook those of the sheet named, else of the first that holds anything.
pub(super) fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Vec<Row>, Unreadable> {
    let rows = if bytes.starts_with(ZIP) || bytes.starts_with(COMPOUND) {
        workbook(bytes, sheet)?
    } else {
        text(bytes)?
    };
    if rows.is_empty() { Err(Unreadable::Empty) } else { Ok(rows) }
}

fn workbook(bytes: &[u8], sheet: Option<&str>) -> Result<Vec<Row>, Unreadable> {
    let broken = |error: calamine::Error| Unreadable::Broken(error.to_string());
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let names: Vec<String> = match sheet {
        Some(name) => vec![name.to_owned()],
        None => book.sheet_names(),
    };
    for name in names {
        let range = book.worksheet_range(&name).map_err(broken)?;
        let Some((top, left)) = range.start() else { continue };
        let numbered = range.rows().zip(u64::from(top) + 1..);
        let rows: Vec<Row> = numbered
            .map(|(cells, number)| Row {
                number,
                cells: std::iter::repeat_n(Cell::Empty, left as usize)
                    .chain(cells.iter().map(cell))
                    .collect(),
            })
            .filter(holds_anything)
            .collect();
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

fn cell(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Number(*number as f64),
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

fn text(bytes: &[u8]) -> Result<Vec<Row>, Unreadable> {
    let text = decoded(bytes)?;
    if text.trim_start().starts_with('<') {
        return Err(Unreadable::NotAWorkbook);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Unreadable::Broken(error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        rows.push(Row { number, cells: record.iter().map(trimmed).collect() });
    }
    rows.retain(holds_anything);
    Ok(rows)
}

fn decoded(bytes: &[u8]) -> Result<String, Unreadable> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let (text, wrong) = encoding.decode_without_bom_handling(&bytes[length..]);
        return if wrong { Err(Unreadable::NotAWorkbook) } else { Ok(text.into_owned()) };
    }
    if bytes.contains(&0) {
        return Err(Unreadable::NotAWorkbook);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    match GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) if is_writing(&text) => Ok(text.into_owned()),
        _ => Err(Unreadable::NotAWorkbook),
    }
}

/// Almost any bytes are GB18030 of something; control characters say that it was no text.
fn is_writing(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
}

/// Whichever delimiter stands most often near the beginning.
fn delimiter(text: &str) -> u8 {
    let count = |delimiter: u8| text.bytes().take(SAMPLE).filter(|byte| *byte == delimiter).count();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn trimmed(text: &str) -> Cell {
    match text.trim() {
        "" => Cell::Empty,
        text => Cell::Text(text.to_owned()),
    }
}

fn holds_anything(row: &Row) -> bool {
    row.cells.iter().any(|cell| *cell != Cell::Empty)
}

/// What a column is called in a spreadsheet: 0 is A, 26 is AA.
pub(super) fn letters(index: usize) -> String {
    let mut name = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        rest -= 1;
        name.insert(0, b'A' + u8::try_from(rest % 26).unwrap_or(0));
        rest /= 26;
    }
    String::from_utf8(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(cells: &[Cell]) -> Vec<&str> {
        cells.iter().map(|cell| if let Cell::Text(text) = cell { text.as_str() } else { "" }).collect()
    }

    #[test]
    fn a_text_is_read_in_the_encodings_that_spreadsheets_write() {
        let sentence = "客户名称,手机\n周敏,13900000001\n\n";
        let with_mark = [b"\xef\xbb\xbf".as_slice(), sentence.as_bytes()].concat();
        let (gb, _, _) = GB18030.encode(sentence);
        let mut wide = vec![0xff, 0xfe];
        wide.extend(sentence.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes));
        for bytes in [sentence.as_bytes(), &with_mark, &gb, &wide] {
            let rows = read(bytes, None).expect("a text");
            assert_eq!(rows.len(), 2);
            assert_eq!((rows[1].number, text_of(&rows[1].cells)), (2, vec!["周敏", "13900000001"]));
        }
    }

    #[test]
    fn what_is_no_file_of_rows_is_refused_with_the_reason() {
        assert_eq!(read(b"", None), Err(Unreadable::Empty));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\x00\x00", None), Err(Unreadable::NotAWorkbook));
        assert_eq!(read(b"<html><table></table></html>", None), Err(Unreadable::NotAWorkbook));
        assert!(matches!(read(b"PK\x03\x04 and then nothing", None), Err(Unreadable::Broken(_))));
    }

    #[test]
    fn columns_are_named_as_in_a_spreadsheet() {
        let names: Vec<String> = [0, 25, 26, 701, 702].into_iter().map(letters).collect();
        assert_eq!(names, ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
