//! Values that are kept encrypted: how they are told from others, and what stands for them wherever they are shown.

use serde_json::Value;

/// What stands for a secret wherever a record is shown, and where history tells of it.
pub const COVER: &str = "***";
/// How every sealed value begins: `sealed:v1:<key>:<base64>`. Nobody may write a value that begins so.
pub const PREFIX: &str = "sealed:v1:";

/// Whether a value is sealed.
pub fn is_sealed(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(PREFIX))
}

/// A value as anybody may see it: what is sealed is covered.
pub fn covered(value: &Value) -> Value {
    if is_sealed(value) { Value::String(COVER.to_owned()) } else { value.clone() }
}
