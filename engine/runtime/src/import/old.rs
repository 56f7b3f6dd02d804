//! Excel workbooks before 2007. They are read whole, and one of a few bytes may claim more than any machine has, so a child of
//! the same binary reads them: what that takes in memory and processor time is the child's, and goes with it. Their rows come
//! back one after the other, each a line of JSON.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Cursor, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use calamine::{Reader as _, Xls};
use rustix::process::Resource;
use serde::{Deserialize, Serialize};

use super::sheet::{COLUMNS, Cell, Each, Format, Row, Unreadable, broken, holds_anything};
use super::workbook::{cell, wanted};
use crate::scripts::limit;

/// The largest workbook, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;
/// The most that a row may weigh, in bytes, and its line in JSON, where a sign may take six.
const LONGEST_ROW: usize = 8 * 1024 * 1024;
const LONGEST_LINE: u64 = 64 * 1024 * 1024;
/// Address space of the child, in bytes.
const MEMORY_LIMIT: u64 = 1024 * 1024 * 1024;
/// Its processor time, in seconds.
const PROCESSOR_LIMIT: u64 = 60;
/// Its open files.
const FILE_LIMIT: u64 = 16;
/// How a program ends that came upon what it did not expect.
const PANICKED: i32 = 101;
/// By which it learns what sheet is wanted.
const SHEET: &str = "KEZHI_SHEET";

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// The sheet whose rows follow.
    Sheet(String),
    Row(Row),
    /// Nothing follows.
    Wrong(Unreadable),
    End,
}

/// What a workbook is: the sheet named, else the first that holds anything.
pub(super) fn inspect(program: &Path, file: File, sheet: Option<&str>) -> Result<Format, Unreadable> {
    match Reading::begin(program, file, sheet)?.next()? {
        Told::Sheet(sheet) => Ok(Format::OldWorkbook { sheet }),
        Told::Wrong(why) => Err(why),
        Told::Row(_) | Told::End => Err(Unreadable::Empty),
    }
}

/// Gives the rows of a sheet.
pub(super) fn read(program: &Path, file: File, sheet: &str, each: &mut Each<'_>) -> Result<(), Unreadable> {
    let mut reading = Reading::begin(program, file, Some(sheet))?;
    loop {
        match reading.next()? {
            Told::Sheet(_) => {}
            Told::Row(row) => {
                if each(row).is_break() {
                    return Ok(());
                }
            }
            Told::Wrong(why) => return Err(why),
            Told::End => return Ok(()),
        }
    }
}

/// A child at work; it ends with the value.
struct Reading {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Reading {
    fn begin(program: &Path, mut file: File, sheet: Option<&str>) -> Result<Self, Unreadable> {
        if file.seek(SeekFrom::End(0)).map_err(broken)? > LARGEST {
            return Err(too_large());
        }
        file.rewind().map_err(broken)?;
        let child = Command::new(program)
            .arg("workbook-worker")
            .env_clear()
            // The allocator takes no room in advance, so that the limit of memory is the limit.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .env("MALLOC_ARENA_MAX", "1")
            .envs(sheet.map(|sheet| (SHEET, sheet)))
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.map_err(broken)?;
        match child.stdout.take() {
            Some(output) => Ok(Self { child, lines: BufReader::new(output) }),
            None => Err(broken("the child has no pipes")),
        }
    }

    fn next(&mut self) -> Result<Told, Unreadable> {
        let mut line = Vec::new();
        (&mut self.lines).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(broken)?;
        serde_json::from_slice(&line).map_err(|_| self.silent())
    }

    /// Why the child says no more: it stumbled over the workbook, or took too much.
    fn silent(&mut self) -> Unreadable {
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) if status.code() == Some(PANICKED) => broken("what it holds contradicts itself"),
            _ => too_large(),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn too_large() -> Unreadable {
    Unreadable::Bomb(".xls".to_owned())
}

/// The life of the child: a workbook comes in, the rows of a sheet go out.
///
/// # Errors
/// A sentence when a limit cannot be set or a pipe breaks.
pub fn workbook_worker() -> Result<(), String> {
    limit(Resource::Nofile, FILE_LIMIT)?;
    limit(Resource::Core, 0)?;
    limit(Resource::As, MEMORY_LIMIT)?;
    limit(Resource::Cpu, PROCESSOR_LIMIT)?;
    // Being nice is a courtesy: failing to be is no reason to refuse work.
    let _ = rustix::process::nice(10);
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let sheet = std::env::var(SHEET).ok();
    let mut output = BufWriter::new(std::io::stdout().lock());
    let end = match tell(bytes, sheet.as_deref(), &mut output) {
        Ok(()) => Told::End,
        Err(why) => Told::Wrong(why),
    };
    say(&mut output, &end).and_then(|()| output.flush()).map_err(|error| error.to_string())
}

/// Tells the rows of the sheet named, else of the first that holds anything.
fn tell(bytes: Vec<u8>, sheet: Option<&str>, to: &mut impl Write) -> Result<(), Unreadable> {
    let mut book = Xls::new(Cursor::new(bytes)).map_err(broken)?;
    for name in wanted(book.sheet_names(), sheet)? {
        let range = book.worksheet_range(&name).map_err(broken)?;
        let Some((top, left)) = range.start() else { continue };
        say(to, &Told::Sheet(name)).map_err(broken)?;
        for (cells, number) in range.rows().zip(u64::from(top) + 1..) {
            let before = std::iter::repeat_n(Cell::Empty, left as usize);
            let row =
                Row { number, cells: before.chain(cells.iter().map(cell)).collect() }.within(usize::MAX);
            if row.cells.len() > COLUMNS {
                return Err(Unreadable::TooWide(number));
            }
            if row.weight() > LONGEST_ROW {
                return Err(Unreadable::RowTooLong(number));
            }
            if holds_anything(&row) {
                say(to, &Told::Row(row)).map_err(broken)?;
            }
        }
        return Ok(());
    }
    Err(Unreadable::Empty)
}

fn say(to: &mut impl Write, told: &Told) -> std::io::Result<()> {
    serde_json::to_writer(&mut *to, told)?;
    to.write_all(b"\n")
}
