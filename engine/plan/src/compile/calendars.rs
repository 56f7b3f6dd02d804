//! Work calendars: spans of the week and days that differ.

use std::collections::BTreeSet;

use jiff::civil::Date;
use kezhi_types::def::calendar::CalendarDef;
use kezhi_types::said;

use super::load::Sources;
use super::report::Report;
use super::source::Source;
use crate::problem::Problem;

/// Checks every calendar.
pub fn check(sources: &Sources<'_>, report: &mut Report) {
    for loaded in sources.calendars.values() {
        check_week(&loaded.def, &loaded.source, report);
        check_days(&loaded.def, &loaded.source, report);
    }
}

fn check_week(def: &CalendarDef, source: &Source, report: &mut Report) {
    if def.week.values().all(Vec::is_empty) {
        let problem =
            Problem::error("calendar.week", "/week", said!("一周里没有工作时间。", "Nobody ever works."));
        report.add(
            source,
            problem.help(said!(
                "至少写一天：{{\"mon\": [\"09:00-18:00\"]}}。",
                "Name at least one day: {{\"mon\": [\"09:00-18:00\"]}}."
            )),
        );
    }
    for (day, spans) in &def.week {
        let name = format!("{day:?}").to_lowercase();
        let mut earlier = 0;
        for (index, text) in spans.iter().enumerate() {
            let at = format!("/week/{name}/{index}");
            match span(text) {
                Some((from, to)) if from < to && from >= earlier => earlier = to,
                Some((from, to)) if from < to => {
                    let message = said!(
                        "`{text}` 开始时，前一段还没有结束。",
                        "`{text}` begins before the span in front of it has ended."
                    );
                    report.add(source, Problem::error("calendar.week", at, message));
                }
                _ => {
                    let message = said!("`{text}` 不是一段时间。", "`{text}` is not a span of hours.");
                    let problem = Problem::error("calendar.week", at, message);
                    report.add(
                        source,
                        problem.help(said!(
                            "写成 `09:00-18:00`，结束可以是 `24:00`。",
                            "Write `09:00-18:00`; the end may be `24:00`."
                        )),
                    );
                }
            }
        }
    }
}

fn check_days(def: &CalendarDef, source: &Source, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for (list, days) in [("holidays", &def.holidays), ("workdays", &def.workdays)] {
        for (index, text) in days.iter().enumerate() {
            let at = format!("/{list}/{index}");
            let problem = match text.parse::<Date>() {
                Err(_) => Problem::error(
                    "calendar.day",
                    at,
                    said!("`{text}` 不是日期。", "`{text}` is not a date."),
                )
                .help(said!("写成 `2026-10-01`。", "Write it as `2026-10-01`.")),
                Ok(day) if !seen.insert(day) => Problem::error(
                    "calendar.day",
                    at,
                    said!("`{text}` 出现了两次。", "`{text}` is named twice."),
                )
                .help(said!("删去其中一个。", "Remove one of the two.")),
                Ok(_) => continue,
            };
            report.add(source, problem);
        }
    }
}

/// Minutes of the day from and to.
fn span(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    Some((minutes(from)?, minutes(to)?))
}

fn minutes(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= 24 * 60).then_some(total)
}
