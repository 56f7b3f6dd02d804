//! Serial numbers: `KH-{yyyy}{mm}-{seq:5}`. The text before `{seq}` names the counter.

use kezhi_types::Fields;
use kezhi_types::def::entity::{FieldKind, SerialMode};
use serde_json::Value;

use super::case::Case;
use crate::app::{EntityPlan, FieldPlan};
use crate::facts::SerialNeed;

/// A pattern, cut at `{seq}`: text before it, smallest width, text after it.
struct Cut {
    prefix: String,
    width: usize,
    suffix: String,
}

/// The number that a new record wants.
pub(super) fn need(case: &Case<'_>, field: &FieldPlan) -> SerialNeed {
    let gap_free = field.def.serial_mode == Some(SerialMode::GapFree);
    SerialNeed { field: field.key.clone(), prefix: cut(case, field).prefix, gap_free }
}

/// Writes the number that was taken. Without one, as while a form is typed in, the field stays empty.
pub(super) fn fill(case: &Case<'_>, field: &FieldPlan, flat: &mut Fields) {
    if case.before.is_some() || flat.contains_key(&field.key) {
        return;
    }
    let Some(number) = case.facts.serials.get(&field.key) else { return };
    let Cut { prefix, width, suffix } = cut(case, field);
    flat.insert(field.key.clone(), Value::String(format!("{prefix}{number:0width$}{suffix}")));
}

fn cut(case: &Case<'_>, field: &FieldPlan) -> Cut {
    let pattern = field.def.serial.as_deref().unwrap_or("{seq:6}");
    let dated = |text: &str| dated(text, case.c.today());
    let Some((before, rest)) = pattern.split_once("{seq") else {
        return Cut { prefix: dated(pattern), width: 1, suffix: String::new() };
    };
    let (width, after) = rest.split_once('}').unwrap_or((rest, ""));
    let width = width.trim_start_matches(':').parse().unwrap_or(1).clamp(1, 18);
    Cut { prefix: dated(before), width, suffix: dated(after) }
}

/// A number that came with a record instead of being counted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtSerial {
    /// The serial field.
    pub field: String,
    /// The text before the number, which names its counter.
    pub prefix: String,
    /// The number.
    pub number: i64,
}

/// The numbers of a new record that its pattern could have counted: the counters must not give them again.
pub fn brought(entity: &EntityPlan, data: &Fields) -> Vec<BroughtSerial> {
    let serials = entity.fields.values().filter(|field| field.kind == FieldKind::Serial);
    serials
        .filter_map(|field| {
            let (prefix, number) = read(field.def.serial.as_deref()?, data.get(&field.key)?.as_str()?)?;
            Some(BroughtSerial { field: field.key.clone(), prefix, number })
        })
        .collect()
}

/// The text before `{seq}` and the number, where a text follows the pattern.
fn read(pattern: &str, text: &str) -> Option<(String, i64)> {
    let (before, rest) = pattern.split_once("{seq")?;
    let (_, after) = rest.split_once('}')?;
    let end = length(before, text)?;
    let (prefix, rest) = text.split_at(end);
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    // What follows may begin with digits, as `{seq}{yy}` does: they are not the number's.
    (1..=digits.min(18)).rev().find_map(|taken| {
        let fits = length(after, &rest[taken..]) == Some(rest.len() - taken);
        fits.then(|| rest[..taken].parse().ok()).flatten().map(|number| (prefix.to_owned(), number))
    })
}

/// How many bytes of `text` a part of the pattern stands for.
fn length(part: &str, text: &str) -> Option<usize> {
    let mut part = part;
    let mut at = 0;
    while !part.is_empty() {
        let rest = text.get(at..)?;
        let dated = [("{yyyy}", 4), ("{yy}", 2), ("{mm}", 2), ("{dd}", 2)];
        if let Some((name, digits)) = dated.into_iter().find(|(name, _)| part.starts_with(name)) {
            let number = rest.get(..digits)?;
            if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (at, part) = (at + digits, &part[name.len()..]);
        } else {
            let letter = part.chars().next()?;
            if !rest.starts_with(letter) {
                return None;
            }
            (at, part) = (at + letter.len_utf8(), &part[letter.len_utf8()..]);
        }
    }
    Some(at)
}

fn dated(text: &str, today: jiff::civil::Date) -> String {
    text.replace("{yyyy}", &format!("{:04}", today.year()))
        .replace("{yy}", &format!("{:02}", today.year().rem_euclid(100)))
        .replace("{mm}", &format!("{:02}", today.month()))
        .replace("{dd}", &format!("{:02}", today.day()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_brought_is_read_by_the_pattern() {
        for (pattern, text, found) in [
            ("KH-{yyyy}{mm}-{seq:5}", "KH-202503-00041", Some(("KH-202503-", 41))),
            ("KH-{yyyy}{mm}-{seq:5}", "KH-202503-123456", Some(("KH-202503-", 123_456))),
            ("{seq}{yy}", "1226", Some(("", 12))),
            ("客{seq:3}号", "客007号", Some(("客", 7))),
            ("KH-{seq}", "600003", None),
            ("KH-{seq}", "KH-", None),
            ("KH-{seq}", "KH-12a", None),
            ("KH-{yyyy}-{seq}", "KH-20x5-1", None),
            ("{seq}", "99999999999999999999", None),
        ] {
            let expected = found.map(|(prefix, number)| (prefix.to_owned(), number));
            assert_eq!(read(pattern, text), expected, "{pattern} {text}");
        }
    }
}
