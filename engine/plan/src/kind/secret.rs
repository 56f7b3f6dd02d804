//! What is kept encrypted. In here it is plain while a change of it is judged, and sealed ever after.

use kezhi_types::sealed::is_sealed;
use serde_json::Value;

use super::Fault;
use super::text::within;
use crate::app::FieldPlan;

/// Characters of a secret, when the field does not say.
const MOST: usize = 4096;

/// A new value, as it was sent. A text that looks like a sealed one is refused: nobody but the engine seals.
pub(super) fn check(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let Value::String(text) = value else { return Err(Fault::wrong_type("text")) };
    if text.contains('\0') || is_sealed(value) {
        return Err(Fault::new("record.text"));
    }
    let length = text.chars().count();
    if length == 0 {
        return Ok(value.clone());
    }
    within(field, length)?;
    if field.def.max_length.is_none() && length > MOST {
        return Err(Fault::with("record.too_long", "max", MOST));
    }
    if field.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
        return Err(Fault::new("record.pattern"));
    }
    Ok(value.clone())
}
