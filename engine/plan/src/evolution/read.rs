//! Texts read as values of other kinds. What cannot be read for certain is not read.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use kezhi_types::Timestamp;
use kezhi_types::def::entity::FieldKind as K;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::app::FieldPlan;
use crate::kind;
use crate::regions;
use crate::written::people::{BETWEEN, boolean, date, moment, narrow, number};

/// The value that a text stands for, not yet judged by the field's limits; `None` where no text stands for one.
pub fn value(field: &FieldPlan, text: &str, zone: &TimeZone) -> Option<Result<Value, ()>> {
    let written = text;
    let text = text.trim();
    let read = |value: Option<Value>| value.ok_or(());
    Some(match field.kind {
        K::Text | K::LongText => Ok(json!(written)),
        K::Phone
        | K::Email
        | K::Url
        | K::IdCard
        | K::CompanyCode
        | K::Barcode
        | K::Color
        | K::Time
        | K::Duration
        | K::Serial
        | K::LunarDate => Ok(json!(text)),
        K::Integer | K::Rating => read(number(text).and_then(whole)),
        K::Decimal | K::Money | K::Percent => {
            read(number(text).map(|number| json!(number.normalize().to_string())))
        }
        K::Boolean => read(boolean(text).map(Value::Bool)),
        K::Choice => read(option(field, text).map(Value::String)),
        K::Choices | K::Tags => read(list(field, text)),
        K::Cascade => read(cascade(field, text)),
        K::Date => read(whole_day(text).map(|day| json!(day.to_string()))),
        K::Datetime => read(instant(text, zone).map(|at| json!(at.to_string()))),
        K::Address => {
            let (region, detail) = regions::read(text);
            Ok(match (region.is_empty(), detail.is_empty()) {
                (true, _) => json!({ "detail": text }),
                (false, true) => json!({ "region": region }),
                (false, false) => json!({ "region": region, "detail": detail }),
            })
        }
        K::Location => read(place(text)),
        K::Json => serde_json::from_str(text).map_err(|_| ()),
        _ => return None,
    })
}

/// Text as markup that shows it: a paragraph for each that is set apart by an empty line.
pub fn markup(text: &str) -> String {
    let plain = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace("\r\n", "\n");
    let paragraphs = plain.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    paragraphs.map(|part| format!("<p>{}</p>", part.replace('\n', "<br>"))).collect()
}

/// The key of an option, given by its key or by what people call it.
pub fn option(field: &FieldPlan, text: &str) -> Option<String> {
    let Some(options) = &field.def.options else { return (!text.is_empty()).then(|| text.to_owned()) };
    let by_key = options.iter().find(|key| key.as_str() == text);
    let called = |key: &&String| {
        let label = field.def.labels.get(*key).map_or(key.as_str(), String::as_str);
        label.trim().eq_ignore_ascii_case(text) || key.eq_ignore_ascii_case(text)
    };
    by_key.or_else(|| options.iter().find(called)).cloned()
}

fn list(field: &FieldPlan, text: &str) -> Option<Value> {
    let mut items: Vec<String> = Vec::new();
    for part in text.split(BETWEEN).map(str::trim).filter(|part| !part.is_empty()) {
        let item = option(field, part)?;
        if !items.contains(&item) {
            items.push(item);
        }
    }
    (!items.is_empty()).then(|| json!(items))
}

fn cascade(field: &FieldPlan, text: &str) -> Option<Value> {
    if kind::is_code(field, text) {
        return Some(json!(kind::code_path(field, text)));
    }
    if field.def.options.is_none() {
        let (path, rest) = regions::read(text);
        return (rest.is_empty() && !path.is_empty()).then(|| json!(path));
    }
    let last = text.rsplit('/').next().unwrap_or_default().trim();
    let mut named = field.def.options.iter().flatten().filter(|code| kind::code_name(field, code) == last);
    let found = named.next().filter(|_| named.next().is_none())?;
    Some(json!(kind::code_path(field, found)))
}

fn whole(number: Decimal) -> Option<Value> {
    let number = number.normalize();
    (number.scale() == 0).then(|| number.to_string().parse::<i64>().ok()).flatten().map(Value::from)
}

/// A day, also with a midnight behind it; another time of day would be lost.
fn whole_day(text: &str) -> Option<Date> {
    date(text).or_else(|| moment(text).filter(|at| at.time() == Time::midnight()).map(|at| at.date()))
}

/// An instant; without an offset it is meant in the zone of the workspace, a day alone as its beginning.
fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = Timestamp::parse(text) {
        return Some(at);
    }
    let civil = moment(text).or_else(|| date(text).map(|day| day.to_datetime(Time::midnight())))?;
    zone.to_ambiguous_zoned(civil).compatible().ok().map(|zoned| Timestamp::from(zoned.timestamp()))
}

/// `31.2304,121.4737`, latitude first.
fn place(text: &str) -> Option<Value> {
    let text: String = text.chars().map(narrow).collect();
    let (lat, lng) = text.split_once([',', '、', ' '])?;
    let number = |part: &str| part.trim().parse::<serde_json::Number>().ok();
    Some(json!({ "lat": number(lat)?, "lng": number(lng)? }))
}

/// A text that names an option of the field, as the value that the field holds; `None` for other fields and values.
pub fn option_of(field: &FieldPlan, value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    match field.kind {
        K::Choice => option(field, text).map(Value::String),
        K::Choices | K::Tags => list(field, text),
        _ => None,
    }
}
