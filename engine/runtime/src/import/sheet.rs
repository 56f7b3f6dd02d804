//! A file as rows of cells, one after the other, however large it is: an Excel workbook by its first bytes, else a
//! CSV text. [`inspect`] says once what a file is; [`read`] gives its rows and may be repeated.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::PathBuf;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::{old, text, workbook};

/// What a ZIP archive, and so a workbook since 2007, begins with.
const ZIP: &[u8] = b"PK\x03\x04";
/// What a workbook before 2007 begins with.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
/// The most columns of a row, as in a spreadsheet.
pub(super) const COLUMNS: usize = 16_384;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Boolean(bool),
    /// A number that the workbook shows as a date.
    Moment(DateTime),
    /// `#N/A` and the like.
    Error(String),
}

/// One row that is not empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    /// Its number as people see it, from 1.
    pub(super) number: u64,
    /// Its cells, from column A.
    pub(super) cells: Vec<Cell>,
}

impl Row {
    /// The row without the empty cells at its end and without those beyond the first `columns`.
    pub(super) fn within(mut self, columns: usize) -> Self {
        let filled = self.cells.iter().take(columns).rposition(|cell| *cell != Cell::Empty);
        self.cells.truncate(filled.map_or(0, |last| last + 1));
        self.cells.shrink_to_fit();
        self
    }

    /// About how much memory it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        let text = |cell: &Cell| match cell {
            Cell::Text(text) | Cell::Error(text) => text.len(),
            _ => 0,
        };
        self.cells.len() * size_of::<Cell>() + self.cells.iter().map(text).sum::<usize>()
    }
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// A CSV text in this encoding, its cells parted by this byte.
    Text { encoding: String, delimiter: u8 },
    /// A workbook since 2007.
    Workbook { sheet: String },
    /// A workbook before 2007.
    OldWorkbook { sheet: String },
}

/// Why a file cannot be read; its sentence is `import.<code>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Unreadable {
    /// Neither a workbook nor a text.
    NotAWorkbook,
    /// It begins like a workbook and is none.
    Broken(String),
    /// A text in no encoding that is known, wrong from this byte on.
    Encoding(u64),
    /// A part of the workbook is, or claims to be, larger than any sheet.
    Bomb(String),
    /// A row has more columns than a spreadsheet.
    TooWide(u64),
    /// A row does not end within the most that a row may hold, or a quotation mark in it is never closed.
    RowTooLong(u64),
    /// There is no sheet of this name.
    NoSheet(String),
    /// No row holds anything.
    Empty,
}

/// Where a file lies, and the program whose child reads an old workbook: the engine's own binary.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) program: PathBuf,
}

/// What is done with each row; [`ControlFlow::Break`] ends the reading.
pub(super) type Each<'a> = dyn FnMut(Row) -> ControlFlow<()> + 'a;

/// Finds out what a file is; of a workbook the sheet named, else the first that holds anything.
pub(super) fn inspect(place: &Place, sheet: Option<&str>) -> Result<Format, Unreadable> {
    let mut file = open(place)?;
    let mut magic = [0; 4];
    let length = file.read(&mut magic).map_err(broken)?;
    file.seek(SeekFrom::Start(0)).map_err(broken)?;
    let magic = &magic[..length];
    if magic.is_empty() {
        return Err(Unreadable::Empty);
    }
    if magic == ZIP {
        return workbook::inspect(file, sheet);
    }
    if magic == COMPOUND {
        return old::inspect(&place.program, file, sheet);
    }
    text::inspect(file)
}

/// Gives every row that holds anything, in the order of the file.
pub(super) fn read(place: &Place, format: &Format, each: &mut Each<'_>) -> Result<(), Unreadable> {
    let file = open(place)?;
    match format {
        Format::Text { encoding, delimiter } => text::read(file, (encoding, *delimiter), each),
        Format::Workbook { sheet } => workbook::read(file, sheet, each),
        Format::OldWorkbook { sheet } => old::read(&place.program, file, sheet, each),
    }
}

fn open(place: &Place) -> Result<File, Unreadable> {
    File::open(&place.path).map_err(broken)
}

pub(super) fn broken(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::Broken(error.to_string())
}

/// A text without the blanks around it, and without the sign that keeps spreadsheets from reading it as a formula.
pub(super) fn trimmed(text: &str) -> Cell {
    let text = match text.strip_prefix('\'') {
        Some(guarded) if guarded.trim_start_matches('\'').starts_with(super::GUARDED) => guarded,
        _ => text.trim(),
    };
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

pub(super) fn holds_anything(row: &Row) -> bool {
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

    /// The rows of a file with these bytes.
    fn rows(bytes: &[u8]) -> Result<Vec<Row>, Unreadable> {
        let path = std::env::temp_dir().join(format!("kezhi-sheet-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, bytes).expect("a temporary file");
        let mut rows = Vec::new();
        let place = Place { path: path.clone(), program: "/nonexistent".into() };
        let outcome = inspect(&place, None).and_then(|format| {
            read(&place, &format, &mut |row| {
                rows.push(row);
                ControlFlow::Continue(())
            })
        });
        let _ = std::fs::remove_file(&path);
        outcome.map(|()| rows)
    }

    fn text_of(cells: &[Cell]) -> Vec<&str> {
        cells.iter().map(|cell| if let Cell::Text(text) = cell { text.as_str() } else { "" }).collect()
    }

    #[test]
    fn a_text_is_read_in_the_encodings_that_spreadsheets_write() {
        let sentence = "客户名称,手机\n周敏,13900000001\n\n";
        let with_mark = [b"\xef\xbb\xbf".as_slice(), sentence.as_bytes()].concat();
        let (gb, _, _) = encoding_rs::GB18030.encode(sentence);
        let mut wide = vec![0xff, 0xfe];
        wide.extend(sentence.replace(',', "\t").encode_utf16().flat_map(u16::to_le_bytes));
        for bytes in [sentence.as_bytes(), &with_mark, &gb, &wide] {
            let rows = rows(bytes).expect("a text");
            assert_eq!(rows.len(), 2);
            assert_eq!((rows[1].number, text_of(&rows[1].cells)), (2, vec!["周敏", "13900000001"]));
        }
    }

    #[test]
    fn the_sign_between_cells_is_the_one_that_makes_the_same_columns_in_every_row() {
        for (sign, other) in [(',', ';'), (';', ','), ('\t', ','), ('|', ',')] {
            let text = format!("名称{sign}备注\n甲{sign}一{other}二{other}三\n乙{sign}\"四{sign}五\"\n");
            let rows = rows(text.as_bytes()).expect("a text");
            assert_eq!(text_of(&rows[0].cells), ["名称", "备注"], "{sign}");
            assert_eq!(rows[2].cells[1], Cell::Text(format!("四{sign}五")));
        }
    }

    #[test]
    fn what_is_no_file_of_rows_is_refused_with_the_reason() {
        assert_eq!(rows(b""), Err(Unreadable::Empty));
        assert_eq!(rows(b"\x89PNG\r\n\x1a\n\x00\x00"), Err(Unreadable::NotAWorkbook));
        assert_eq!(rows(b"<html><table></table></html>"), Err(Unreadable::NotAWorkbook));
        assert!(matches!(rows(b"PK\x03\x04 and then nothing"), Err(Unreadable::Broken(_))));
        assert_eq!(rows("名称\n甲\u{0}".as_bytes()), Err(Unreadable::NotAWorkbook));
        assert_eq!(rows(b"name\n\xed\xa0\x80"), Err(Unreadable::Encoding(5)), "half a surrogate pair");
        assert_eq!(rows(b"name\n\xff\xff"), Err(Unreadable::Encoding(5)));
        assert_eq!(rows("a,".repeat(COLUMNS + 1).as_bytes()), Err(Unreadable::TooWide(1)));
        let endless = format!("name\n\"{}", "x".repeat(9 * 1024 * 1024));
        assert!(matches!(rows(endless.as_bytes()), Err(Unreadable::RowTooLong(_))));
    }

    #[test]
    fn a_text_that_was_kept_from_being_a_formula_is_itself_again() {
        assert_eq!(trimmed("'=1+1"), Cell::Text("=1+1".into()));
        assert_eq!(trimmed("'t Hooft"), Cell::Text("'t Hooft".into()));
    }

    #[test]
    fn columns_are_named_as_in_a_spreadsheet() {
        let names: Vec<String> = [0, 25, 26, 701, 702].into_iter().map(letters).collect();
        assert_eq!(names, ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
