//! The workbook of wrong rows: the columns of the file, wrong cells in red, and a last column that says why.

use std::collections::HashSet;

use rust_xlsxwriter::{Color, Format as Look, Worksheet, XlsxError};

use super::columns::Header;
use super::kept::Kept;
use super::report::CellProblem;
use super::sheet::{Cell, letters};
use super::{GUARDED, cell};

/// The most rows of a sheet.
const ROWS: usize = 1_048_576;

/// A sheet of wrong rows.
pub(super) struct Table<'s> {
    sheet: &'s mut Worksheet,
    next: u32,
    /// The column of the reason, behind the last of the file.
    reason: u16,
    /// Of cells that are right, and of wrong ones.
    looks: [Looks; 2],
}

/// How cells look.
struct Looks {
    plain: Look,
    day: Look,
    moment: Look,
}

impl Looks {
    fn on(plain: Look) -> Self {
        let day = plain.clone().set_num_format("yyyy-mm-dd");
        Self { day, moment: plain.clone().set_num_format("yyyy-mm-dd hh:mm:ss"), plain }
    }
}

impl<'s> Table<'s> {
    /// Begins with the header; `reason` stands above the last column.
    pub(super) fn begin(sheet: &'s mut Worksheet, header: &Header, reason: &str) -> Result<Self, XlsxError> {
        let column = u16::try_from(header.titles.len()).unwrap_or(u16::MAX).min(16_383);
        for (index, title) in (0..column).zip(&header.titles) {
            sheet.write_string(0, index, title)?;
        }
        sheet.write_string(0, column, reason)?;
        Ok(Self {
            sheet,
            next: 1,
            reason: column,
            looks: [
                Looks::on(Look::new()),
                Looks::on(Look::new().set_background_color(Color::RGB(0x00FD_E2E2))),
            ],
        })
    }

    /// Whether a wrong record still finds room on the sheet.
    pub(super) fn has_room(&self, kept: &Kept) -> bool {
        self.next as usize + kept.cells.len().max(1) <= ROWS
    }

    /// A wrong record with all of its rows, or only why it is wrong where its cells were not kept.
    pub(super) fn add(&mut self, kept: &Kept) -> Result<(), XlsxError> {
        let wrong: HashSet<&str> = kept.problems.iter().filter_map(|found| found.column.as_deref()).collect();
        let nothing = [Vec::new()];
        let rows = if kept.cells.is_empty() { &nothing } else { kept.cells.as_slice() };
        for (place, cells) in rows.iter().enumerate() {
            for (index, cell) in (0..self.reason).zip(cells) {
                let is_wrong = wrong.contains(letters(usize::from(index)).as_str());
                self.cell(index, cell, is_wrong)?;
            }
            if place == 0 {
                let why = |found: &CellProblem| match &found.header {
                    Some(header) => format!("{header}：{}", found.message),
                    None => found.message.clone(),
                };
                let why: Vec<String> = kept.problems.iter().map(why).collect();
                let why: String = why.join("\n").chars().take(32_000).collect();
                self.sheet.write_string(self.next, self.reason, why)?;
            }
            self.next += 1;
        }
        Ok(())
    }

    fn cell(&mut self, column: u16, cell: &Cell, wrong: bool) -> Result<(), XlsxError> {
        let row = self.next;
        let looks = &self.looks[usize::from(wrong)];
        let look = &looks.plain;
        match cell {
            Cell::Empty if wrong => self.sheet.write_blank(row, column, look)?,
            Cell::Empty => return Ok(()),
            Cell::Number(number) => self.sheet.write_number_with_format(row, column, *number, look)?,
            Cell::Boolean(value) => self.sheet.write_boolean_with_format(row, column, *value, look)?,
            Cell::Text(text) if text.starts_with(GUARDED) => {
                self.sheet.write_string_with_format(row, column, format!("'{text}"), look)?
            }
            Cell::Text(text) | Cell::Error(text) => {
                self.sheet.write_string_with_format(row, column, text, look)?
            }
            Cell::Moment(moment) => {
                let midnight = moment.time() == jiff::civil::Time::midnight();
                let shape = if midnight { &looks.day } else { &looks.moment };
                match serial(*moment) {
                    Some(number) => self.sheet.write_number_with_format(row, column, number, shape)?,
                    None => self.sheet.write_string_with_format(row, column, cell::plain(cell), look)?,
                }
            }
        };
        Ok(())
    }
}

/// A moment as a spreadsheet counts it: days since the eve of 1900; none before March of that year.
pub(crate) fn serial(moment: jiff::civil::DateTime) -> Option<f64> {
    let epoch = jiff::civil::date(1899, 12, 30);
    let days = moment.date().since((jiff::Unit::Day, epoch)).ok()?.get_days();
    let time = moment.time();
    let seconds =
        f64::from(time.hour()) * 3_600.0 + f64::from(time.minute()) * 60.0 + f64::from(time.second());
    (days > 60).then(|| f64::from(days) + seconds / 86_400.0)
}
