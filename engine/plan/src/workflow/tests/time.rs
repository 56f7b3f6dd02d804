//! Time: schedules across changes of the clock, working hours, dates that come back.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kezhi_types::Timestamp;
use kezhi_types::def::calendar::CalendarDef;
use kezhi_types::query::{Column, Filter, Part, Shape};
use serde_json::{Value, json};

use super::{compile, workflow};
use crate::calendar::Duration;
use crate::workflow::due::{Calendars, deadline};
use crate::workflow::plan::{DatePlan, DuePlan, TriggerPlan};
use crate::workflow::schedule::SchedulePlan;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

#[track_caller]
fn fires(cron: &str, zone: &str, from: &str, expected: &[&str]) {
    let schedule = SchedulePlan::parse(cron, Some(zone)).expect("a schedule");
    let times = std::iter::successors(Some(at(from)), |last| schedule.next_after(*last, &TimeZone::UTC));
    let told: Vec<String> =
        times.skip(1).take(expected.len()).map(|time| time.to_string().replace(":00.000Z", "Z")).collect();
    assert_eq!(told, expected, "{cron} in {zone}");
}

#[test]
fn a_time_that_does_not_exist_is_due_right_after_the_gap() {
    fires(
        "30 2 * * *",
        "America/New_York",
        "2026-03-07T12:00:00Z",
        &["2026-03-08T07:00Z", "2026-03-09T06:30Z"],
    );
    fires("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-03-29T01:00Z", "2026-03-30T00:30Z"]);
}

#[test]
fn a_time_that_exists_twice_is_due_once() {
    fires(
        "30 1 * * *",
        "America/New_York",
        "2026-10-31T12:00:00Z",
        &["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    );
    fires("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", &["2026-10-25T00:30Z", "2026-10-26T01:30Z"]);
}

#[test]
fn every_quarter_means_every_real_quarter() {
    let schedule = SchedulePlan::parse("*/15 * * * *", Some("Europe/Berlin")).expect("a schedule");
    let count = |from: &str, to: &str| {
        let times = std::iter::successors(schedule.next_after(at(from), &TimeZone::UTC), |last| {
            schedule.next_after(*last, &TimeZone::UTC)
        });
        times.take_while(|time| *time <= at(to)).count()
    };
    assert_eq!(count("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 92);
    assert_eq!(count("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 100);
}

#[test]
fn rare_days_are_found_and_impossible_ones_end() {
    fires("0 0 29 2 *", "Asia/Shanghai", "2026-01-01T00:00:00Z", &["2028-02-28T16:00Z"]);
    let never = SchedulePlan::parse("0 0 31 2 *", None);
    assert!(
        never.is_err()
            || never.is_ok_and(|plan| plan.next_after(at("2026-01-01T00:00:00Z"), &TimeZone::UTC).is_none())
    );
}

fn office() -> Calendars {
    let week = ["09:00-12:00", "13:30-18:00"];
    let def: CalendarDef = serde_json::from_value(json!({
        "title": "办公",
        "week": { "mon": week, "tue": week, "wed": week, "thu": week, "fri": week },
        "holidays": ["2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"],
        "workdays": ["2026-10-10"]
    }))
    .expect("a calendar");
    Calendars::from([("office".to_owned(), Arc::new(def))])
}

#[track_caller]
fn due(after: &str, opened: &str, expected: &str) {
    let zone = TimeZone::get("Asia/Shanghai").expect("a known zone");
    let after = Duration::parse(after).expect("a duration");
    let plan = DuePlan { after, calendar: Some("office".to_owned()), steps: Vec::new() };
    let (due, _) = deadline(&plan, at(&format!("{opened}:00+08:00")), &zone, &office());
    assert_eq!(
        due.to_jiff().to_zoned(zone).strftime("%Y-%m-%dT%H:%M").to_string(),
        expected,
        "{after:?} from {opened}"
    );
}

#[test]
fn a_working_day_passes_weekends_holidays_and_makes_up() {
    due("1d", "2026-09-25T15:00", "2026-09-28T15:00");
    due("2d", "2026-09-30T10:00", "2026-10-09T10:00");
    due("3d", "2026-09-30T10:00", "2026-10-10T10:00");
    due("1d", "2026-09-26T10:00", "2026-09-29T09:00");
    due("4h", "2026-09-25T16:00", "2026-09-28T11:00");
    due("3h", "2026-09-28T09:00", "2026-09-28T12:00");
    due("30min", "2026-09-28T12:15", "2026-09-28T14:00");
}

fn date_plan(trigger: Value) -> DatePlan {
    let mut def = workflow(json!({}), json!({ "end": { "type": "end" } }));
    def["trigger"] = trigger;
    def["trigger"]["on"] = json!("date_field");
    match compile(def).expect("it compiles").trigger {
        TriggerPlan::Date { date, .. } => date,
        other => panic!("not a date: {other:?}"),
    }
}

/// Whether the value is due on the day, and whether the store would have offered it.
#[track_caller]
fn due_on(plan: &DatePlan, value: &str, day: &str) -> Option<String> {
    let zone = TimeZone::get("Asia/Shanghai").expect("a known zone");
    let day: Date = day.parse().expect("a day");
    let column = Column { field: plan.field.clone(), part: Part::Data, shape: Shape::Date };
    let found = plan.due_on(&json!(value), day, &zone);
    if found.is_some() {
        assert!(
            offers(&plan.filter_on(&column, day, &zone), value),
            "the store would not offer {value} on {day}"
        );
    }
    found.map(|(key, due)| format!("{key} {}", due.to_jiff().to_zoned(zone).strftime("%m-%d %H:%M")))
}

fn offers(filter: &Filter, value: &str) -> bool {
    use kezhi_types::condition::Op;
    match filter {
        Filter::All(parts) => parts.iter().all(|part| offers(part, value)),
        Filter::Compare { op: Op::In, value: list, .. } => {
            list.as_array().is_some_and(|list| list.contains(&json!(value)))
        }
        Filter::Compare { op: Op::Gte, value: bound, .. } => Some(at(value)) >= bound.as_str().map(at),
        Filter::Compare { op: Op::Lt, value: bound, .. } => Some(at(value)) < bound.as_str().map(at),
        _ => false,
    }
}

#[test]
fn a_date_is_due_once_and_a_yearly_one_every_year() {
    let once = date_plan(json!({ "field": "signed", "offset": "-3d" }));
    assert_eq!(due_on(&once, "2026-03-04", "2026-03-01").as_deref(), Some("2026-03-04 03-01 09:00"));
    assert_eq!(due_on(&once, "2025-03-04", "2026-03-01"), None);
    let yearly = date_plan(json!({ "field": "signed", "yearly": true, "at": "08:30" }));
    assert_eq!(due_on(&yearly, "1990-03-01", "2026-03-01").as_deref(), Some("2026 03-01 08:30"));
    assert_eq!(due_on(&yearly, "2030-03-01", "2026-03-01"), None, "not before the first time");
    assert_eq!(due_on(&yearly, "2000-02-29", "2026-02-28").as_deref(), Some("2026 02-28 08:30"));
    assert_eq!(due_on(&yearly, "2000-02-29", "2028-02-28"), None);
    assert_eq!(due_on(&yearly, "2000-02-29", "2028-02-29").as_deref(), Some("2028 02-29 08:30"));
}

#[test]
fn an_offset_over_the_turn_of_the_year_keeps_the_year_of_the_date() {
    let before = date_plan(json!({ "field": "signed", "yearly": true, "offset": "-3d" }));
    assert_eq!(due_on(&before, "1990-01-02", "2026-12-30").as_deref(), Some("2027 12-30 09:00"));
    let month = date_plan(json!({ "field": "signed", "offset": "1month" }));
    for signed in ["2026-01-28", "2026-01-29", "2026-01-31"] {
        assert!(due_on(&month, signed, "2026-02-28").is_some(), "{signed}");
    }
}

#[test]
fn a_lunar_birthday_moves_and_a_leap_month_falls_back() {
    let lunar = date_plan(json!({ "field": "birthday", "at": "09:00" }));
    assert_eq!(due_on(&lunar, "1990-01-01", "2026-02-17").as_deref(), Some("2026 02-17 09:00"), "春节");
    assert_eq!(due_on(&lunar, "1990-08-15", "2026-09-25").as_deref(), Some("2026 09-25 09:00"), "中秋");
    assert_eq!(due_on(&lunar, "1990-08-15", "2026-09-24"), None);
    assert_eq!(
        due_on(&lunar, "1990-L05-05", "2026-06-19").as_deref(),
        Some("2026 06-19 09:00"),
        "no leap month in 2026"
    );
}

#[test]
fn an_instant_is_due_to_the_minute() {
    let meeting = date_plan(json!({ "field": "meets_at", "offset": "-1d" }));
    let due = due_on(&meeting, "2026-03-02T06:15:00.000Z", "2026-03-01");
    assert_eq!(due.as_deref(), Some("2026-03-02T06:15:00.000Z 03-01 14:15"));
}
