//! CSV texts: which encoding, which sign between cells, and the rows, with no more of the file in memory than a row.

use std::cell::Cell as Counter;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use encoding_rs::{CoderResult, Decoder, DecoderResult, Encoding, GB18030, UTF_8};

use super::sheet::{COLUMNS, Each, Format, Row, Unreadable, broken, holds_anything, trimmed};

/// How much is read at a time, in bytes.
const PIECE: usize = 64 * 1024;
/// How much of a text decides about the sign between cells, in bytes.
const SAMPLE: usize = 64 * 1024;
/// The longest row, in bytes of UTF-8.
const LONGEST_ROW: u64 = 8 * 1024 * 1024;
/// What is put behind a text: a row of its own where every quotation mark is closed, else the end of the last cell. No
/// text has its first character.
const END: &str = "\u{3}\n";
/// Signs between cells, the likeliest first.
const SIGNS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// So many letters beyond ASCII that are UTF-8 say that a text is, even where one of them later is not.
const CONVINCING: usize = 6;

/// Finds out encoding and sign.
pub(super) fn inspect(mut file: File) -> Result<Format, Unreadable> {
    let encoding = encoding(&mut file)?;
    let mut sample = Vec::with_capacity(SAMPLE);
    let again = file.try_clone().map_err(broken)?;
    Decoded::new(again, encoding)?.take(SAMPLE as u64).read_to_end(&mut sample).map_err(broken)?;
    let sample = String::from_utf8_lossy(&sample);
    if sample.trim_start().starts_with('<') {
        return Err(Unreadable::NotAWorkbook);
    }
    if sample.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    let delimiter = delimiter(&sample);
    let mut rows = Rows::new(file, (encoding, delimiter))?;
    while rows.next()? {}
    Ok(Format::Text { encoding: encoding.name().to_owned(), delimiter })
}

/// Gives the rows.
pub(super) fn read(
    file: File,
    (encoding, delimiter): (&str, u8),
    each: &mut Each<'_>,
) -> Result<(), Unreadable> {
    let encoding = Encoding::for_label(encoding.as_bytes()).unwrap_or(UTF_8);
    let mut rows = Rows::new(file, (encoding, delimiter))?;
    while rows.next()? {
        let cells = rows.record.iter().map(|cell| trimmed(&String::from_utf8_lossy(cell))).collect();
        let row = Row { number: rows.number, cells };
        if holds_anything(&row) && each(row).is_break() {
            return Ok(());
        }
    }
    Ok(())
}

/// The rows of a text, one after the other.
struct Rows {
    reader: csv::Reader<Leash<Even<Decoded>>>,
    allowance: Rc<Counter<u64>>,
    record: csv::ByteRecord,
    /// The number of the row in `record`.
    number: u64,
}

impl Rows {
    fn new(file: File, (encoding, delimiter): (&'static Encoding, u8)) -> Result<Self, Unreadable> {
        let allowance = Rc::new(Counter::new(LONGEST_ROW));
        let even = Even { inner: Decoded::new(file, encoding)?, last: b'\n', end: END.as_bytes() };
        let leashed = Leash { inner: even, read: 0, allowance: allowance.clone() };
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(PIECE)
            .from_reader(leashed);
        Ok(Self { reader, allowance, record: csv::ByteRecord::new(), number: 0 })
    }

    /// Goes to the next row; `false` behind the last one.
    fn next(&mut self) -> Result<bool, Unreadable> {
        let before = self.reader.position().clone();
        self.allowance.set(before.byte() + LONGEST_ROW);
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => return Err(wrong(&error, before.line())),
        }
        // Behind its last line, without those that stand in its cells and the empty ones before it.
        let inside = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        self.number = self.reader.position().line().saturating_sub(1 + inside);
        if self.record.as_slice() == &END.as_bytes()[..1] {
            return Ok(false);
        }
        if self.record.as_slice().ends_with(END.as_bytes()) {
            // Its last line end stands in a cell as well.
            return Err(Unreadable::RowTooLong(self.number + 1));
        }
        if self.record.len() > COLUMNS {
            return Err(Unreadable::TooWide(self.number));
        }
        Ok(true)
    }
}

fn wrong(error: &csv::Error, line: u64) -> Unreadable {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            Unreadable::RowTooLong(line)
        }
        _ => broken(error),
    }
}

/// The encoding of the whole file: what its mark says, else UTF-8, else GB18030.
fn encoding(file: &mut File) -> Result<&'static Encoding, Unreadable> {
    let mut mark = [0; 3];
    let length = file.read(&mut mark).map_err(broken)?;
    if let Some((encoding, skipped)) = Encoding::for_bom(&mark[..length]) {
        let wrong = first_wrong(file, (encoding, skipped as u64))?;
        return wrong.map_or(Ok(encoding), |wrong| Err(Unreadable::Encoding(wrong.at)));
    }
    let Some(wrong) = first_wrong(file, (UTF_8, 0))? else { return Ok(UTF_8) };
    if wrong.control {
        return Err(Unreadable::NotAWorkbook);
    }
    if wrong.surrogate || wrong.convincing {
        return Err(Unreadable::Encoding(wrong.at));
    }
    match first_wrong(file, (GB18030, 0))? {
        None => Ok(GB18030),
        Some(wrong) if wrong.control => Err(Unreadable::NotAWorkbook),
        Some(_) => Err(Unreadable::Encoding(wrong.at)),
    }
}

/// The first place where a text is not what it should be.
#[derive(Debug)]
struct Wrong {
    /// The byte.
    at: u64,
    /// A control character, which no text has.
    control: bool,
    /// Half a surrogate pair, which only broken UTF-8 has.
    surrogate: bool,
    /// Enough before it was right.
    convincing: bool,
}

fn first_wrong(
    file: &mut File,
    (encoding, skipped): (&'static Encoding, u64),
) -> Result<Option<Wrong>, Unreadable> {
    file.seek(SeekFrom::Start(skipped)).map_err(broken)?;
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut bytes, mut text) = (vec![0; PIECE], vec![0; PIECE * 4]);
    let (mut at, mut beyond) = (skipped, 0_usize);
    loop {
        let length = file.read(&mut bytes).map_err(broken)?;
        let piece = &bytes[..length];
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(piece, &mut text, length == 0);
        let said = std::str::from_utf8(&text[..written]).unwrap_or_default();
        beyond += said.chars().filter(|letter| !letter.is_ascii()).count();
        let wrong =
            |at, control, surrogate| Wrong { at, control, surrogate, convincing: beyond >= CONVINCING };
        if said.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
            return Ok(Some(wrong(at, true, false)));
        }
        match result {
            DecoderResult::InputEmpty if length == 0 => return Ok(None),
            DecoderResult::Malformed(broken, after) => {
                let begins = at + read as u64 - u64::from(broken) - u64::from(after);
                return Ok(Some(wrong(begins, false, is_surrogate(file, begins))));
            }
            _ => at += read as u64,
        }
    }
}

/// Whether half a surrogate pair begins here, as programs write it that think in UTF-16.
fn is_surrogate(file: &mut File, at: u64) -> bool {
    let mut three = [0; 3];
    let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut three));
    read.is_ok() && three[0] == 0xed && three[1] >= 0xa0 && three[2] & 0xc0 == 0x80
}

/// The sign that gives the most rows the same number of cells, and more than one.
fn delimiter(sample: &str) -> u8 {
    let mut best = (0, b',');
    for sign in SIGNS {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(sign)
            .from_reader(sample.as_bytes());
        let mut widths = std::collections::BTreeMap::<usize, usize>::new();
        for record in reader.records().map_while(Result::ok).take(50) {
            *widths.entry(record.len()).or_default() += 1;
        }
        let score = widths.into_iter().map(|(width, rows)| (width - 1) * rows * rows).max().unwrap_or(0);
        if score > best.0 {
            best = (score, sign);
        }
    }
    best.1
}

/// A file as UTF-8 without its mark.
struct Decoded {
    file: BufReader<File>,
    /// None where the bytes are UTF-8 already.
    decoder: Option<Decoder>,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

impl Decoded {
    fn new(mut file: File, encoding: &'static Encoding) -> Result<Self, Unreadable> {
        let mut mark = [0; 3];
        file.seek(SeekFrom::Start(0)).map_err(broken)?;
        let length = file.read(&mut mark).map_err(broken)?;
        let skipped = Encoding::for_bom(&mark[..length]).map_or(0, |(_, skipped)| skipped);
        file.seek(SeekFrom::Start(skipped as u64)).map_err(broken)?;
        Ok(Self {
            file: BufReader::with_capacity(PIECE, file),
            decoder: (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling()),
            ready: Vec::new(),
            given: 0,
            ended: false,
        })
    }
}

impl Read for Decoded {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return self.file.read(to) };
        while self.given == self.ready.len() && !self.ended {
            let mut bytes = [0; 8 * 1024];
            let length = self.file.read(&mut bytes)?;
            self.ended = length == 0;
            self.given = 0;
            self.ready.resize(length * 4 + 16, 0);
            let (result, _, written, _) =
                decoder.decode_to_utf8(&bytes[..length], &mut self.ready, self.ended);
            debug_assert_eq!(
                result,
                CoderResult::InputEmpty,
                "four bytes hold any character of these encodings"
            );
            self.ready.truncate(written);
        }
        let length = to.len().min(self.ready.len() - self.given);
        to[..length].copy_from_slice(&self.ready[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

/// A text whose lines all end with a line feed, the last one too, so that they can be counted, and with [`END`] behind it.
struct Even<R> {
    inner: R,
    /// The last byte that was read.
    last: u8,
    /// What is left of the end.
    end: &'static [u8],
}

impl<R: Read> Read for Even<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let length = self.inner.read(to)?;
            if length == 0 {
                if !matches!(self.last, b'\n' | b'\r') && !to.is_empty() {
                    (to[0], self.last) = (b'\n', b'\n');
                    return Ok(1);
                }
                return self.end.read(to);
            }
            let mut kept = 0;
            for at in 0..length {
                let byte = to[at];
                if byte != b'\n' || self.last != b'\r' {
                    to[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
                self.last = byte;
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

/// A reader that stops where a row has become too long.
struct Leash<R> {
    inner: R,
    read: u64,
    /// How many bytes may still be read from the beginning of the file.
    allowance: Rc<Counter<u64>>,
}

impl<R: Read> Read for Leash<R> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(to)?;
        self.read += length as u64;
        if self.read > self.allowance.get() {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    /// The rows of a text in UTF-8: their numbers and how many cells they have.
    fn rows_of(text: &str) -> Result<Vec<(u64, usize)>, Unreadable> {
        let path = std::env::temp_dir().join(format!("kezhi-lines-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, text).expect("a temporary file can be written");
        let mut rows = Vec::new();
        let file = File::open(&path).expect("it is there");
        let read = read(file, ("UTF-8", b','), &mut |row| {
            rows.push((row.number, row.cells.len()));
            ControlFlow::Continue(())
        });
        let _ = std::fs::remove_file(&path);
        read.map(|()| rows)
    }

    #[test]
    fn a_quotation_mark_that_nothing_closes_is_told_with_its_row() {
        for (text, row) in
            [("a,b\n1,x\n\n2,\"y\n", 4), ("a,b\n1,\"x\n2,y\n3,z", 2), ("a,b\n1,\"x\n\n", 2), ("a,\"b", 1)]
        {
            assert_eq!(rows_of(text), Err(Unreadable::RowTooLong(row)), "{text:?}");
        }
        assert_eq!(rows_of("a,b\n1,\"x\n\"\n"), Ok(vec![(1, 2), (2, 2)]));
        assert_eq!(rows_of("a,b\n1,\"\"\n\n"), Ok(vec![(1, 2), (2, 2)]));
    }

    #[test]
    fn rows_have_the_number_of_their_first_line_whatever_ends_lines() {
        for end in ["\n", "\r\n", "\r"] {
            for last in ["", end] {
                let lines = ["a,b", "1,\"x", "y\"", "", "2,z"].join(end) + last;
                let rows = rows_of(&lines).expect("a text");
                assert_eq!(rows, [(1, 2), (2, 2), (5, 2)], "{end:?} {last:?}");
            }
        }
    }
}
