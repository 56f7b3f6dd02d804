//! Workbooks as programs before 2007 wrote them, small enough to be made by hand, and such as nobody writes.

/// How far a sheet says that it reaches: rows and columns behind its last.
pub type Reach = (u32, u16);

const SECTOR: usize = 512;
const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;
const TABLE: u32 = 0xffff_fffd;

/// A workbook with one sheet of texts: `(row, column, text)`, both from 0, the text in letters that UTF-16 knows.
pub fn bytes(cells: &[(u16, u16, &str)], reach: Reach) -> Vec<u8> {
    file(&sheets(cells, reach), END)
}

/// A workbook whose list of parts never ends.
pub fn endless() -> Vec<u8> {
    file(&sheets(&[(0, 0, "a")], (1, 1)), 1)
}

/// The stream of a workbook: what is said of all sheets, then the sheet.
fn sheets(cells: &[(u16, u16, &str)], (rows, columns): Reach) -> Vec<u8> {
    let begin = |kind: u16| [0x0600_u16, kind, 0, 0, 0, 0, 0, 0].map(u16::to_le_bytes).concat();
    let name = b"\x06\x00Sheet1";
    let globals = record(0x0809, &begin(5)).len() + (4 + 6 + name.len()) + 4;
    let at = u32::try_from(globals).expect("a small workbook").to_le_bytes();
    let mut stream = record(0x0809, &begin(5));
    stream.extend(record(0x0085, &[at.as_slice(), &[0, 0], name].concat()));
    stream.extend(record(0x000a, &[]));
    stream.extend(record(0x0809, &begin(0x10)));
    let reach = [&0_u32.to_le_bytes()[..], &rows.to_le_bytes(), &[0, 0], &columns.to_le_bytes(), &[0, 0]];
    stream.extend(record(0x0200, &reach.concat()));
    for (row, column, text) in cells {
        let letters: Vec<u16> = text.encode_utf16().collect();
        let length = u16::try_from(letters.len()).expect("a short text");
        let mut cell = [*row, *column, 0, length].map(u16::to_le_bytes).concat();
        cell.push(1);
        cell.extend(letters.iter().flat_map(|letter| letter.to_le_bytes()));
        stream.extend(record(0x0204, &cell));
    }
    stream.extend(record(0x000a, &[]));
    stream
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a short record");
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

/// A compound file around the stream: a table of sectors, the list of parts, whose next sector is `next`, and the stream.
fn file(stream: &[u8], next: u32) -> Vec<u8> {
    let mut stream = stream.to_vec();
    // What is shorter lies elsewhere.
    stream.resize(stream.len().max(4096).next_multiple_of(SECTOR), 0);
    let sectors = u32::try_from(stream.len() / SECTOR).expect("a small workbook");
    let mut head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    head.extend([0; 16]);
    head.extend([0x3e_u16, 3, 0xfffe, 9, 6, 0, 0, 0].map(u16::to_le_bytes).concat());
    head.extend([0, 1, 1, 0, 4096, END, 0, END, 0, 0].map(u32::to_le_bytes).concat());
    head.resize(SECTOR, 0xff);
    let mut table = vec![TABLE, next];
    table.extend((3..2 + sectors).chain([END]));
    table.resize(SECTOR / 4, FREE);
    let table = table.into_iter().flat_map(u32::to_le_bytes);
    let length = u32::try_from(stream.len()).expect("a small workbook");
    let mut parts = part("Root Entry", 5, (END, 0), 1);
    parts.extend(part("Workbook", 2, (2, length), FREE));
    parts.resize(SECTOR, 0);
    head.into_iter().chain(table).chain(parts).chain(stream).collect()
}

fn part(name: &str, kind: u8, (start, length): (u32, u32), child: u32) -> Vec<u8> {
    let mut part: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    part.resize(64, 0);
    part.extend(u16::try_from(2 * (name.len() + 1)).expect("a short name").to_le_bytes());
    part.extend([kind, 1]);
    part.extend([FREE, FREE, child].map(u32::to_le_bytes).concat());
    part.resize(116, 0);
    part.extend([start, length, 0].map(u32::to_le_bytes).concat());
    part
}
