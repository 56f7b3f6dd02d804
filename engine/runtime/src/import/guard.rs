//! Whether a workbook may be opened at all. It is a ZIP archive, so a small file may claim, or hold, more than any
//! machine has; whoever opens it first finds out too late. Every part is unpacked once into nothing and measured.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::sheet::{Unreadable, broken};

/// The most that all parts together may unpack to, in bytes: some 20 sheets of a million rows.
const WHOLE: u64 = 4 * 1024 * 1024 * 1024;
/// The most that a part may unpack to that is held in memory as it is.
const PART: u64 = 32 * 1024 * 1024;
/// The most that the texts of all cells may unpack to; they are held in memory.
const TEXTS: u64 = 384 * 1024 * 1024;
/// The most elements among the texts: some three million texts.
const TEXT_ELEMENTS: u64 = 12_000_000;
/// The longest run without an element: a cell holds 32,767 characters at most.
const LONGEST: u64 = 1024 * 1024;
/// The most parts of an archive.
const PARTS: usize = 10_000;
/// How far from its end the list of the parts is announced, in bytes.
const TAIL: u64 = 65_557;

/// Refuses what is larger inside than a workbook can be.
pub(super) fn check(file: &mut File) -> Result<(), Unreadable> {
    few_parts(file)?;
    file.seek(SeekFrom::Start(0)).map_err(broken)?;
    let mut archive = ZipArchive::new(BufReader::new(&*file)).map_err(broken)?;
    let mut left = WHOLE;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(broken)?;
        let shown = part.name().map_err(broken)?.into_owned();
        let name = shown.to_lowercase();
        let most = most(&name).min(left);
        if part.size() > most {
            return Err(Unreadable::Bomb(shown));
        }
        let elements = if name.ends_with("sharedstrings.xml") { TEXT_ELEMENTS } else { u64::MAX };
        let markup = name.ends_with(".xml") || name.ends_with(".rels");
        match measure(&mut part, most, (markup, elements))? {
            Some(size) => left -= size,
            None => return Err(Unreadable::Bomb(shown)),
        }
    }
    Ok(())
}

/// How much a part of this name may hold.
fn most(name: &str) -> u64 {
    let whole = ["styles.xml", "workbook.xml", ".rels", "[content_types].xml"];
    if name.ends_with("sharedstrings.xml") {
        TEXTS
    } else if whole.iter().any(|end| name.ends_with(end)) {
        PART
    } else {
        WHOLE
    }
}

/// Unpacks a part; its size, or nothing where it goes beyond what it may hold.
fn measure(
    part: &mut impl Read,
    most: u64,
    (markup, elements): (bool, u64),
) -> Result<Option<u64>, Unreadable> {
    let mut bytes = vec![0; 64 * 1024];
    let (mut size, mut run, mut found) = (0_u64, 0_u64, 0_u64);
    loop {
        let length = part.read(&mut bytes).map_err(broken)?;
        if length == 0 {
            return Ok(Some(size));
        }
        size += length as u64;
        if markup {
            let mut rest = &bytes[..length];
            while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
                run = 0;
                found += 1;
                rest = &rest[at + 1..];
            }
            run += rest.len() as u64;
        }
        if size > most || run > LONGEST || found > elements {
            return Ok(None);
        }
    }
}

/// The list of the parts is read as a whole, so it must not be long.
fn few_parts(file: &mut File) -> Result<(), Unreadable> {
    let length = file.seek(SeekFrom::End(0)).map_err(broken)?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).map_err(broken)?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail).map_err(broken)?;
    let ends = tail.windows(12).filter(|window| window.starts_with(b"PK\x05\x06"));
    let parts = ends.map(|end| usize::from(u16::from_le_bytes([end[10], end[11]]))).max();
    match parts {
        Some(parts) if parts > PARTS => Err(Unreadable::Bomb(format!("{parts}"))),
        _ => Ok(()),
    }
}
