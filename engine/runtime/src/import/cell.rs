//! A cell as the value of a field. Spreadsheets know texts, numbers and dates; people write the rest in words.
//!
//! Nothing is guessed that could be wrong in silence: what cannot be read stays what it is, so that the one
//! judgement of records refuses it, with every other problem of its row.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use kezhi_plan::app::FieldPlan;
use kezhi_plan::kind;
use kezhi_plan::regions;
pub(crate) use kezhi_plan::written::people::BETWEEN;
use kezhi_plan::written::people::{self, narrow};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Timestamp, Violation, Violations};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::sheet::Cell;

/// From here on a spreadsheet's number has lost digits: it keeps fifteen.
const DIGITS_KEPT: f64 = 1e15;
/// The last day of a spreadsheet's calendar as a serial number; larger numbers are written dates such as 20240305.
const LAST_SERIAL: f64 = 2_958_465.0;
/// How much of a cell is told, in characters.
const TOLD: usize = 200;
/// What stands between the levels of a tree in one cell.
pub(crate) const PARTED: [char; 5] = ['/', '>', '-', '、', '，'];
/// Words for units of durations, those that end like another first.
const UNITS: [(&str, &str); 10] = [
    ("分钟", "min"),
    ("小时", "h"),
    ("个月", "month"),
    ("星期", "w"),
    ("天", "d"),
    ("日", "d"),
    ("周", "w"),
    ("月", "month"),
    ("年", "y"),
    ("秒", "s"),
];

/// Why a cell holds no value of its field.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    code: &'static str,
    value: String,
}

impl Fault {
    pub(super) fn new(code: &'static str, value: impl Into<String>) -> Self {
        let value: String = value.into();
        Self { code, value: value.chars().take(TOLD).collect() }
    }

    /// The violation of the field, below `parent` (`""`, `/lines/0`).
    pub(super) fn at(self, field: &FieldPlan, parent: &str) -> Violation {
        self.of(&field.title, &kind::pointer(parent, &field.key))
    }

    /// The violation of what is called `title`.
    pub(super) fn of(self, title: &str, pointer: &str) -> Violation {
        Violation::new(self.code, pointer).with("field", title).with("value", self.value)
    }
}

/// The value of a cell that is not empty, for any kind but references. What is not readable comes back as the text
/// that stands there.
pub(super) fn value(field: &FieldPlan, cell: &Cell, zone: &TimeZone) -> Result<Value, Fault> {
    if let Cell::Error(error) = cell {
        return Err(Fault::new("import.cell_error", error.clone()));
    }
    let as_it_is = || Value::String(plain(cell));
    Ok(match field.kind {
        FieldKind::Integer | FieldKind::Rating => amount(cell).and_then(whole).unwrap_or_else(as_it_is),
        FieldKind::Decimal | FieldKind::Percent | FieldKind::Money => {
            amount(cell).map_or_else(as_it_is, |number| Value::String(number.normalize().to_string()))
        }
        FieldKind::Boolean => boolean(cell).map_or_else(as_it_is, Value::Bool),
        FieldKind::Choice => Value::String(option(field, &plain(cell))),
        FieldKind::Choices | FieldKind::Tags => list(field, &plain(cell)),
        FieldKind::Date => date(cell).map_or_else(as_it_is, |date| Value::String(date.to_string())),
        FieldKind::Datetime => {
            instant(cell, zone).map_or_else(as_it_is, |instant| Value::String(instant.to_string()))
        }
        FieldKind::Time => time(cell).map_or_else(as_it_is, Value::String),
        FieldKind::Duration => Value::String(duration(&plain(cell))),
        FieldKind::LunarDate => Value::String(lunar(cell)),
        FieldKind::Phone => Value::String(phone(cell)?),
        FieldKind::Address => match serde_json::from_str(&plain(cell)) {
            Ok(address @ Value::Object(_)) => address,
            _ => address(&plain(cell)),
        },
        FieldKind::Cascade => cascade(field, &plain(cell)),
        FieldKind::Location => location(&plain(cell)).unwrap_or_else(as_it_is),
        FieldKind::Json | FieldKind::Table => {
            serde_json::from_str(&plain(cell)).unwrap_or_else(|_| as_it_is())
        }
        _ => Value::String(written(cell)?),
    })
}

/// What people see in the cell, near enough: for messages and for kinds that are words.
pub(super) fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Error(text) => text.clone(),
        Cell::Number(number) => shortest(*number),
        Cell::Boolean(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Cell::Moment(moment) if moment.time() == jiff::civil::Time::midnight() => moment.date().to_string(),
        Cell::Moment(moment) => moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// A text, or a number that has not lost digits.
fn written(cell: &Cell) -> Result<String, Fault> {
    match cell {
        Cell::Number(number) if number.abs() >= DIGITS_KEPT => {
            Err(Fault::new("import.digits_lost", plain(cell)))
        }
        _ => Ok(plain(cell)),
    }
}

/// Programs that read a column of phones as numbers write them back as `13900000001.0`.
fn phone(cell: &Cell) -> Result<String, Fault> {
    let text = written(cell)?;
    match text.strip_suffix(".0") {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(digits.to_owned()),
        _ => Ok(text),
    }
}

/// A number without an exponent and without the digits that binary fractions leave behind.
fn shortest(number: f64) -> String {
    exact(number).map_or_else(|| number.to_string(), |number| number.normalize().to_string())
}

/// The fifteen digits that a spreadsheet shows.
fn exact(number: f64) -> Option<Decimal> {
    Decimal::from_scientific(&format!("{number:.14e}")).ok()
}

/// A number, or a text that people write for one: `¥1,234.50`, `（300）`, `12.5%`.
pub(super) fn amount(cell: &Cell) -> Option<Decimal> {
    match cell {
        Cell::Number(number) => exact(*number),
        Cell::Text(text) => people::number(text),
        _ => None,
    }
}

fn whole(number: Decimal) -> Option<Value> {
    let number = number.normalize();
    (number.scale() == 0).then(|| number.to_string().parse::<i64>().ok()).flatten().map(Value::from)
}

fn boolean(cell: &Cell) -> Option<bool> {
    match cell {
        Cell::Boolean(value) => Some(*value),
        _ => people::boolean(&plain(cell)),
    }
}

/// The key of an option, given by key or by label.
fn option(field: &FieldPlan, text: &str) -> String {
    let options = field.def.options.iter().flatten();
    let labelled = |key: &&String| {
        let label = field.def.labels.get(*key);
        key.eq_ignore_ascii_case(text) || label.is_some_and(|label| label.trim().eq_ignore_ascii_case(text))
    };
    options.clone().find(labelled).cloned().unwrap_or_else(|| text.to_owned())
}

fn list(field: &FieldPlan, text: &str) -> Value {
    if let Ok(items) = serde_json::from_str::<Vec<String>>(text) {
        return items.iter().map(|item| Value::String(option(field, item))).collect();
    }
    let parts = text.split(BETWEEN).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| Value::String(option(field, part))).collect()
}

/// A day: a date of the workbook, its serial number, or one of the ways in which people write it.
pub(super) fn date(cell: &Cell) -> Option<Date> {
    match cell {
        Cell::Moment(moment) => Some(moment.date()),
        Cell::Number(number) if (1.0..=LAST_SERIAL).contains(number) => {
            of_serial(*number).map(|moment| moment.date())
        }
        Cell::Number(_) => people::date(&plain(cell)),
        Cell::Text(text) => written_moment(text).map(|moment| moment.date()),
        _ => None,
    }
}

/// Day 60 of the calendar of 1900 never was, so days before it are one further on.
fn of_serial(serial: f64) -> Option<DateTime> {
    let epoch = jiff::civil::date(1899, 12, if serial < 60.0 { 31 } else { 30 });
    let seconds = (serial.fract() * 86_400.0).round() as i64;
    let day = epoch.checked_add(jiff::Span::new().days(serial.trunc() as i64)).ok()?;
    day.at(0, 0, 0, 0).checked_add(jiff::Span::new().seconds(seconds)).ok()
}

/// A day, or one with a time of day behind it.
fn written_moment(text: &str) -> Option<DateTime> {
    people::moment(text).or_else(|| people::date(text).map(|day| day.at(0, 0, 0, 0)))
}

/// An instant; without an offset it is meant in the zone of the workspace.
fn instant(cell: &Cell, zone: &TimeZone) -> Option<Timestamp> {
    let civil = match cell {
        Cell::Moment(moment) => *moment,
        Cell::Number(number) if (1.0..=LAST_SERIAL).contains(number) => of_serial(*number)?,
        Cell::Text(text) => match Timestamp::parse(text) {
            Ok(instant) => return Some(instant),
            Err(_) => written_moment(text)?,
        },
        _ => return None,
    };
    zone.to_ambiguous_zoned(civil).compatible().ok().map(|zoned| Timestamp::from(zoned.timestamp()))
}

/// `浙江省杭州市西湖区文三路1号`: the divisions with which it begins, and what is left.
fn address(text: &str) -> Value {
    let (region, detail) = regions::read(text);
    match (region.is_empty(), detail.is_empty()) {
        (true, _) => json!({ "detail": text }),
        (false, true) => json!({ "region": region }),
        (false, false) => json!({ "region": region, "detail": detail }),
    }
}

/// Whether a text in a cell is read as this very value.
pub(crate) fn reads_as(field: &FieldPlan, text: &str, meant: &Value) -> bool {
    let read = value(field, &Cell::Text(text.to_owned()), &TimeZone::UTC);
    let mut faults = Violations::default();
    read.is_ok_and(|read| kind::check(field, &read, "", &mut faults) == *meant)
        && faults.0.iter().all(|fault| fault.code == kind::UNKNOWN_CODE)
}

/// A way down a tree: codes from the top as a JSON list, names or codes with a sign between them, or the last code alone.
/// What is not known stays as it is.
fn cascade(field: &FieldPlan, text: &str) -> Value {
    if let Ok(codes) = serde_json::from_str::<Vec<String>>(text) {
        return json!(codes);
    }
    if kind::is_code(field, text) {
        return json!(kind::code_path(field, text));
    }
    if field.def.options.is_none()
        && let (path, "") = regions::read(text)
        && !path.is_empty()
    {
        return json!(path);
    }
    let mut path: Vec<&str> = Vec::new();
    for part in text.split(PARTED).map(str::trim).filter(|part| !part.is_empty()) {
        let above = path.last().copied().unwrap_or_default();
        let options = field.def.options.iter().flatten().map(String::as_str);
        let below = options.filter(|code| code.starts_with(above) && *code != above);
        let named = below.filter(|code| *code == part || kind::code_name(field, code) == part);
        path.push(named.min_by_key(|code| code.len()).unwrap_or(part));
    }
    json!(path)
}

/// A time of day: what a workbook keeps as part of a day, or a text.
fn time(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Moment(moment) => Some(moment.time().strftime("%H:%M:%S").to_string()),
        Cell::Number(part) if (0.0..1.0).contains(part) => {
            Some(of_serial(*part + 1.0)?.time().strftime("%H:%M:%S").to_string())
        }
        Cell::Text(text) => Some(text.chars().map(narrow).collect::<String>().trim().to_owned()),
        _ => None,
    }
}

/// `30d`, or what people write for it: `30天`, `2 小时`.
fn duration(text: &str) -> String {
    let text: String = text.chars().map(narrow).filter(|letter| !letter.is_whitespace()).collect();
    let written = UNITS.iter().find_map(|(word, unit)| Some(format!("{}{unit}", text.strip_suffix(word)?)));
    written.unwrap_or(text)
}

/// `31.2304,121.4737`, latitude first.
fn location(text: &str) -> Option<Value> {
    if let Ok(place @ Value::Object(_)) = serde_json::from_str(text) {
        return Some(place);
    }
    let text: String = text.chars().map(narrow).collect();
    let (lat, lng) = text.split_once([',', '、', ' '])?;
    Some(json!({ "lat": lat.trim(), "lng": lng.trim() }))
}

/// `1990-05-15`, with `L` or 闰 before a leap month; the same signs between as in a date.
fn lunar(cell: &Cell) -> String {
    let text = plain(cell);
    let day = text.trim_start_matches("农历").trim_end_matches(['日', '号']);
    let parts: Vec<&str> = day.split(['-', '/', '.', '年', '月']).collect();
    let [year, month, day] = parts.as_slice() else { return text };
    let leap = if month.starts_with(['L', '闰']) { "L" } else { "" };
    match (month.trim_start_matches(['L', '闰']).parse::<u8>(), day.parse::<u8>()) {
        (Ok(month), Ok(day)) => format!("{year}-{leap}{month:02}-{day:02}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn a_day_is_read_as_it_is_stored_and_as_people_write_it() {
        let day = Some(jiff::civil::date(2024, 3, 5));
        for cell in [
            "2024/3/5",
            "2024-03-05",
            "20240305",
            "2024年3月5日",
            "2024.3.5",
            "2024-03-05 08:30:00",
            "２０２４/３/５",
        ] {
            assert_eq!(date(&text(cell)), day, "{cell}");
        }
        assert_eq!(date(&Cell::Number(45_356.0)), day);
        assert_eq!(date(&Cell::Number(20_240_305.0)), day);
        assert_eq!(date(&Cell::Number(59.0)), Some(jiff::civil::date(1900, 2, 28)));
        for cell in ["2024-13-01", "3/5", "24/3/5", "昨天", "2024-03-05 上午"] {
            assert_eq!(date(&text(cell)), None, "{cell}");
        }
    }

    #[test]
    fn an_amount_is_exact_whatever_stands_around_it() {
        let read = |cell: &Cell| amount(cell).map(|number| number.normalize().to_string());
        assert_eq!(read(&Cell::Number(0.1 + 0.2)).as_deref(), Some("0.3"));
        assert_eq!(read(&Cell::Number(1_234_567.89)).as_deref(), Some("1234567.89"));
        for (cell, number) in
            [("¥1,234.50", "1234.5"), ("（300）", "-300"), ("12.5%", "12.5"), ("１００元", "100")]
        {
            assert_eq!(read(&text(cell)).as_deref(), Some(number), "{cell}");
        }
        // In half of the world twelve and a half, here perhaps a slip: it is never 1250.
        for cell in ["十万", "12,50", "1.234,56"] {
            assert_eq!(read(&text(cell)), None, "{cell}");
        }
    }

    #[test]
    fn a_phone_that_became_a_number_is_a_phone_again() {
        assert_eq!(phone(&Cell::Number(13_900_000_001.0)).expect("a phone"), "13900000001");
        assert_eq!(phone(&text("13900000001.0")).expect("a phone"), "13900000001");
        assert!(phone(&Cell::Number(1.234_567_890_123_456e17)).is_err());
    }

    #[test]
    fn a_time_of_day_without_an_offset_is_meant_in_the_zone_of_the_workspace() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let read = |cell: &Cell| instant(cell, &zone).map(|instant| instant.to_string());
        assert_eq!(read(&text("2024/3/5 8:00")).as_deref(), Some("2024-03-05T00:00:00.000Z"));
        assert_eq!(read(&Cell::Number(45_356.5)).as_deref(), Some("2024-03-05T04:00:00.000Z"));
        assert_eq!(read(&text("2024-03-05T08:00:00+09:00")).as_deref(), Some("2024-03-04T23:00:00.000Z"));
    }

    #[test]
    fn a_lunar_day_keeps_its_leap_month() {
        assert_eq!(lunar(&text("1990年闰5月15日")), "1990-L05-15");
        assert_eq!(lunar(&text("1990/5/15")), "1990-05-15");
        assert_eq!(lunar(&text("五月十五")), "五月十五");
    }
}
