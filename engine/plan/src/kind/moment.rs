//! Days and instants.

use jiff::civil::Date;
use kezhi_types::Timestamp;
use serde_json::Value;

use super::Fault;
use crate::calendar::LunarDate;

/// `2026-03-01`.
pub(super) fn date(value: &Value) -> Result<Value, Fault> {
    let Value::String(text) = value else { return Err(Fault::wrong_type("date")) };
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain && text.parse::<Date>().is_ok() {
        return Ok(value.clone());
    }
    Err(Fault::format("date"))
}

/// Any offset in, `2026-03-01T08:00:00.000Z` out; without an offset it is not an instant.
pub(super) fn instant(value: &Value) -> Result<Value, Fault> {
    let Value::String(text) = value else { return Err(Fault::wrong_type("datetime")) };
    let instant = Timestamp::parse(text).map_err(|_| Fault::format("datetime"))?;
    let year = instant.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).year();
    if !(1..=9999).contains(&year) {
        return Err(Fault::format("datetime"));
    }
    Ok(Value::String(instant.to_string()))
}

/// `1990-05-15`, leap month `1990-L05-15`; the day must exist in that year.
pub(super) fn lunar(value: &Value) -> Result<Value, Fault> {
    let Value::String(text) = value else { return Err(Fault::wrong_type("lunar_date")) };
    let known = LunarDate::parse(text).ok().and_then(LunarDate::to_solar);
    known.map(|_| value.clone()).ok_or(Fault::format("lunar_date"))
}
