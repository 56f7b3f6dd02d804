//! Serial numbers: `KH-{yyyy}{mm}-{seq:5}`. The text before `{seq}` names the counter.

use kezhi_types::Fields;
use kezhi_types::def::entity::SerialMode;
use serde_json::Value;

use super::case::Case;
use crate::app::FieldPlan;
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

fn dated(text: &str, today: jiff::civil::Date) -> String {
    text.replace("{yyyy}", &format!("{:04}", today.year()))
        .replace("{yy}", &format!("{:02}", today.year().rem_euclid(100)))
        .replace("{mm}", &format!("{:02}", today.month()))
        .replace("{dd}", &format!("{:02}", today.day()))
}
