//! Whole numbers below 2⁵³ and exact decimals in a fixed scale.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::Fault;
use crate::app::FieldPlan;

/// The first whole number that JSON cannot carry exactly.
const BEYOND: i64 = 1 << 53;
/// Digits of a decimal, those after the point included.
const DIGITS: u32 = 15;

/// The decimal that a stored or authored value stands for: decimal text or a whole number.
pub fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => number.as_i64().map(Decimal::from),
        _ => None,
    }
}

/// The best rating where the field does not say.
const BEST: u32 = 5;

/// A decimal in full scale: `12.50`.
pub fn decimal_text(number: Decimal, scale: u32) -> String {
    let mut number = number.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
    number.rescale(scale);
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number.to_string()
}

pub(super) fn integer(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let Value::Number(number) = value else { return Err(Fault::wrong_type("integer")) };
    if number.is_f64() {
        return Err(Fault::wrong_type("integer"));
    }
    let too_large = || Fault::with("record.too_large", "max", BEYOND - 1);
    let number = number.as_i64().ok_or_else(too_large)?;
    if number >= BEYOND {
        return Err(too_large());
    }
    if number <= -BEYOND {
        return Err(Fault::with("record.too_small", "min", 1 - BEYOND));
    }
    if let Some(min) = field.def.minimum.filter(|min| number < *min) {
        return Err(Fault::with("record.too_small", "min", min));
    }
    if let Some(max) = field.def.maximum.filter(|max| number > *max) {
        return Err(Fault::with("record.too_large", "max", max));
    }
    Ok(number.into())
}

/// How many of the stars of a rating; none is 0.
pub(super) fn rating(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let number = value.as_i64().filter(|_| !value.is_f64()).ok_or(Fault::wrong_type("integer"))?;
    let best = i64::from(field.def.best.unwrap_or(BEST));
    if number < 0 {
        return Err(Fault::with("record.too_small", "min", 0));
    }
    if number > best {
        return Err(Fault::with("record.too_large", "max", best));
    }
    Ok(number.into())
}

pub(super) fn scaled(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let number = match value {
        Value::String(text) => parse(text),
        Value::Number(number) => number.as_i64().map(Decimal::from),
        _ => None,
    };
    let number = number.ok_or(Fault::wrong_type("decimal"))?;
    if number.scale() > field.scale {
        return Err(Fault::with("record.scale", "scale", field.scale));
    }
    if !fits(number, field.scale) {
        return Err(Fault::with("record.too_many_digits", "max", DIGITS));
    }
    if let Some(min) = &field.def.decimal_minimum
        && parse(min).is_some_and(|bound| number < bound)
    {
        return Err(Fault::with("record.too_small", "min", min.as_str()));
    }
    if let Some(max) = &field.def.decimal_maximum
        && parse(max).is_some_and(|bound| number > bound)
    {
        return Err(Fault::with("record.too_large", "max", max.as_str()));
    }
    Ok(Value::String(decimal_text(number, field.scale)))
}

/// A result in the scale of a field, rounded half up.
pub(super) fn rounded(value: &Value, scale: u32) -> Result<Value, String> {
    let number = decimal(value).ok_or_else(|| format!("`{value}` is not a number"))?;
    if !fits(number, scale) {
        return Err(format!("{number} has more than {DIGITS} digits"));
    }
    Ok(Value::String(decimal_text(number, scale)))
}

/// A result as a whole number, rounded half up.
pub(super) fn whole(value: &Value) -> Result<Value, String> {
    let number = decimal(value).ok_or_else(|| format!("`{value}` is not a number"))?;
    let text = decimal_text(number, 0);
    match text.parse::<i64>() {
        Ok(number) if number.abs() < BEYOND => Ok(number.into()),
        _ => Err(format!("{text} is too large for a whole number")),
    }
}

/// Digits, at most one point with digits on both sides, at most one minus.
fn parse(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > 40 || !plain(whole) || !plain(fraction) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

fn fits(number: Decimal, scale: u32) -> bool {
    let mut limit = Decimal::from(10_i64.pow(DIGITS));
    if limit.set_scale(scale).is_err() {
        return false;
    }
    number.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero).abs() < limit
}
