//! Values of several parts: a place on the map, any JSON.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::Fault;
use super::number::decimal;

/// Decimals of a degree that are kept: about a centimetre.
const DECIMALS: u32 = 7;
/// Bytes of a JSON value.
const BYTES: usize = 64 * 1024;
/// Levels of a JSON value.
const DEPTH: usize = 32;

/// `{"lat": 31.2304, "lng": 121.4737}` in degrees, as numbers or decimal texts.
pub(super) fn location(value: &Value) -> Result<Value, Fault> {
    let wrong = || Fault::wrong_type("location");
    let Value::Object(sent) = value else { return Err(wrong()) };
    if sent.keys().any(|key| key != "lat" && key != "lng") {
        return Err(wrong());
    }
    let degrees = |key: &str, most: i64| {
        let degrees = sent.get(key).and_then(number).ok_or_else(wrong)?;
        if degrees.abs() > Decimal::from(most) {
            return Err(Fault::format("location"));
        }
        degrees.round_dp(DECIMALS).to_f64().ok_or_else(wrong)
    };
    Ok(json!({ "lat": degrees("lat", 90)?, "lng": degrees("lng", 180)? }))
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => number.as_f64().and_then(|number| Decimal::try_from(number).ok()),
        other => decimal(other),
    }
}

/// Any JSON of at most 64 kB and 32 levels.
pub(super) fn json(value: &Value) -> Result<Value, Fault> {
    let text = value.to_string();
    if text.len() > BYTES {
        return Err(Fault::with("record.too_large_bytes", "max", BYTES / 1024));
    }
    if text.contains("\\u0000") && holds_nul(value) {
        return Err(Fault::new("record.text"));
    }
    plain(value, DEPTH).ok_or(Fault::with("record.too_deep", "max", DEPTH))
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// Whole numbers as whole numbers, so that both databases give back what was stored; `None` where it is too deep.
fn plain(value: &Value, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| plain(item, depth)).collect::<Option<_>>()?)
        }
        Value::Object(map) => {
            let parts = map.iter().map(|(key, value)| Some((key.clone(), plain(value, depth)?)));
            Value::Object(parts.collect::<Option<Map<_, _>>>()?)
        }
        Value::Number(number) if number.is_f64() => whole(number.as_f64()?).unwrap_or_else(|| value.clone()),
        other => other.clone(),
    })
}

fn whole(number: f64) -> Option<Value> {
    let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    exact.then(|| Value::from(number as i64))
}
