//! What people write. Here texts that have one written form: what may be written and what is stored.

mod company_code;
mod id_card;
/// Numbers, days and words as people write them.
pub mod people;

use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Said, said};

use crate::calendar::Duration;

/// Characters of a barcode.
const BARCODE: usize = 256;

/// Why a text is none of its kind: a code of [`kezhi_types::text`] and the word for what was expected, where the
/// sentence has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit {
    /// The code.
    pub code: &'static str,
    /// A word of [`kezhi_types::text`].
    pub expected: Option<&'static str>,
}

impl Misfit {
    fn new(code: &'static str) -> Self {
        Self { code, expected: None }
    }

    fn format(expected: &'static str) -> Self {
        Self { code: "record.format", expected: Some(expected) }
    }
}

/// The stored form of a text that is not empty; `None` for kinds whose texts are stored as sent.
///
/// # Errors
/// What is wrong with it.
pub fn normal(kind: FieldKind, text: &str) -> Option<Result<String, Misfit>> {
    Some(match kind {
        FieldKind::Time => time(text).ok_or(Misfit::format("time")),
        FieldKind::Duration => duration(text).ok_or(Misfit::format("duration")),
        FieldKind::Color => color(text).ok_or(Misfit::format("color")),
        FieldKind::Barcode => barcode(text).ok_or(Misfit::format("barcode")),
        FieldKind::CompanyCode => company_code::normal(text),
        FieldKind::IdCard => id_card::normal(text),
        _ => return None,
    })
}

/// Whether a text stands as it would be stored.
pub fn is_normal(kind: FieldKind, text: &str) -> bool {
    normal(kind, text).is_none_or(|normal| normal.is_ok_and(|normal| normal == text))
}

/// What a value of such a kind looks like, for authors.
pub fn example(kind: FieldKind) -> Option<Said> {
    Some(match kind {
        FieldKind::Time => said!("时刻（如 \"08:30:00\"）", "a time of day such as \"08:30:00\""),
        FieldKind::Duration => said!("时长（如 \"30d\"）", "a duration such as \"30d\""),
        FieldKind::Color => said!("颜色（如 \"#1677ff\"）", "a colour such as \"#1677ff\""),
        FieldKind::CompanyCode => {
            said!("18 位的统一社会信用代码", "a unified social credit code of 18 capital letters and digits")
        }
        FieldKind::IdCard => said!("18 位的身份证号", "an identity card number of 18 characters"),
        _ => return None,
    })
}

/// `8:30`, `08:30` and `08:30:00` are `08:30:00`.
fn time(text: &str) -> Option<String> {
    let mut parts = text.trim().split(':');
    let hour = part(parts.next()?, 1, 23)?;
    let minute = part(parts.next()?, 2, 59)?;
    let second = parts.next().map_or(Some(0), |second| part(second, 2, 59))?;
    parts.next().is_none().then(|| format!("{hour:02}:{minute:02}:{second:02}"))
}

/// One or two digits, at least so many, up to `most`.
fn part(text: &str, fewest: usize, most: u8) -> Option<u8> {
    let plain = (fewest..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && *number <= most)
}

/// `030d` is `30d`.
fn duration(text: &str) -> Option<String> {
    let text = text.trim();
    let duration = Duration::parse(text).ok()?;
    let unit = text.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    Some(format!("{}{unit}", duration.amount))
}

/// `#ABC` is `#aabbcc`; with eight digits the last two say how opaque it is.
fn color(text: &str) -> Option<String> {
    let digits = text.trim().strip_prefix('#')?.to_ascii_lowercase();
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        3 => Some(format!("#{}", digits.chars().flat_map(|digit| [digit, digit]).collect::<String>())),
        6 | 8 => Some(format!("#{digits}")),
        _ => None,
    }
}

/// What a scanner reads: printable characters in one line.
fn barcode(text: &str) -> Option<String> {
    let text = text.trim();
    let length = text.chars().count();
    ((1..=BARCODE).contains(&length) && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// Whether the first two digits of a division are those of a province, a municipality, Hong Kong, Macau or Taiwan.
fn is_province(digits: &str) -> bool {
    let known = [11..=15, 21..=23, 31..=37, 41..=46, 50..=54, 61..=65, 71..=71, 81..=83];
    digits.parse::<u8>().is_ok_and(|province| known.iter().any(|some| some.contains(&province)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_becomes_one_form() {
        for (kind, written, stored) in [
            (FieldKind::Time, "8:30", Some("08:30:00")),
            (FieldKind::Time, " 23:59:59 ", Some("23:59:59")),
            (FieldKind::Time, "24:00", None),
            (FieldKind::Time, "8:5", None),
            (FieldKind::Time, "08:30:00.5", None),
            (FieldKind::Time, "+8:30", None),
            (FieldKind::Duration, "030d", Some("30d")),
            (FieldKind::Duration, "+2h", Some("2h")),
            (FieldKind::Duration, "-1month", Some("-1month")),
            (FieldKind::Duration, "2 days", None),
            (FieldKind::Duration, "1.5h", None),
            (FieldKind::Color, "#ABC", Some("#aabbcc")),
            (FieldKind::Color, "#1677FF", Some("#1677ff")),
            (FieldKind::Color, "#1677ff80", Some("#1677ff80")),
            (FieldKind::Color, "red", None),
            (FieldKind::Color, "#12345", None),
            (FieldKind::Color, "#12é", None),
            (FieldKind::Barcode, " 6901234567892 ", Some("6901234567892")),
            (FieldKind::Barcode, "a\nb", None),
        ] {
            let normal = normal(kind, written).and_then(Result::ok);
            assert_eq!(normal.as_deref(), stored, "{kind:?} {written}");
        }
        assert!(is_normal(FieldKind::Time, "08:30:00") && !is_normal(FieldKind::Time, "08:30"));
        assert!(is_normal(FieldKind::Text, "whatever"));
    }
}
