//! What each kind of field accepts, how it is normalised to the stored form, and how it compares.

mod list;
mod moment;
mod number;
mod pattern;
mod text;

use kezhi_types::def::entity::{FieldDef, FieldKind};
use kezhi_types::query::Shape;
use kezhi_types::{Violation, Violations};
use serde_json::Value;

pub use self::number::{decimal, decimal_text};
pub use self::pattern::Pattern;
use crate::app::FieldPlan;

/// Decimals that values of a kind have when the field does not say.
pub fn default_scale(kind: FieldKind) -> u32 {
    match kind {
        FieldKind::Money | FieldKind::Percent => 2,
        FieldKind::Decimal => 4,
        _ => 0,
    }
}

/// How values of a kind compare.
pub fn shape(value_kind: FieldKind, scale: u32, options: &[String]) -> Shape {
    match value_kind {
        FieldKind::Integer => Shape::Integer,
        FieldKind::Money | FieldKind::Decimal | FieldKind::Percent => Shape::Decimal { scale },
        FieldKind::Boolean => Shape::Boolean,
        FieldKind::Choice | FieldKind::Grade => Shape::Option { order: options.to_vec() },
        FieldKind::Choices | FieldKind::Tags => Shape::List,
        FieldKind::Date => Shape::Date,
        FieldKind::Datetime => Shape::Instant,
        FieldKind::Relation | FieldKind::Person => Shape::Reference,
        FieldKind::Table | FieldKind::Address => Shape::Json,
        _ => Shape::Text,
    }
}

/// The kind of the value and its decimals: of a computed field its result, of others themselves. A rollup's
/// follows from the field that it aggregates; ask the catalog.
pub fn value_kind(def: &FieldDef) -> (FieldKind, u32) {
    let kind = match def.kind {
        FieldKind::Computed => def.result.unwrap_or(FieldKind::Decimal),
        kind => kind,
    };
    (kind, def.scale.unwrap_or_else(|| default_scale(kind)))
}

/// Checks a value that was sent and turns it into the stored form. What is wrong is added to `violations`;
/// the answer is then the value as sent. `null` is not a value and never passed in.
pub fn check(field: &FieldPlan, value: &Value, pointer: &str, violations: &mut Violations) -> Value {
    let result = match field.value_kind {
        FieldKind::Boolean => boolean(value),
        FieldKind::Integer => number::integer(field, value),
        FieldKind::Money | FieldKind::Decimal | FieldKind::Percent => number::scaled(field, value),
        FieldKind::Date => moment::date(value),
        FieldKind::Datetime => moment::instant(value),
        FieldKind::LunarDate => moment::lunar(value),
        FieldKind::Choice => list::choice(field, value),
        FieldKind::Choices | FieldKind::Tags => list::choices(field, value),
        FieldKind::Person | FieldKind::Relation => text::reference(value),
        FieldKind::Address => list::address(value),
        FieldKind::Table => return list::rows(field, value, pointer, violations),
        _ => text::check(field, value),
    };
    result.unwrap_or_else(|fault| {
        violations.push(fault.at(field, pointer));
        value.clone()
    })
}

/// What stands for a value where uniqueness is asked: the digits of a phone, else the value.
pub fn unique_key(field: &FieldPlan, value: &Value) -> Value {
    match (field.value_kind, value) {
        (FieldKind::Phone, Value::String(text)) => {
            Value::String(text.chars().filter(char::is_ascii_digit).collect())
        }
        _ => value.clone(),
    }
}

/// The stored form of a value that the engine reached itself: decimals rounded half up to the scale of the
/// field.
///
/// # Errors
/// A sentence, when the value is of another kind or too large for the field.
pub fn settle(field: &FieldPlan, value: &Value) -> Result<Value, String> {
    let value = match field.value_kind {
        FieldKind::Money | FieldKind::Decimal | FieldKind::Percent => {
            return number::rounded(value, field.scale);
        }
        FieldKind::Integer => return number::whole(value),
        FieldKind::Text | FieldKind::LongText if !value.is_string() => &Value::String(plain(value)),
        _ => value,
    };
    let mut violations = Violations::default();
    let settled = check(field, value, "", &mut violations);
    match violations.0.first() {
        None => Ok(settled),
        Some(violation) => Err(kezhi_types::text::sentence(
            kezhi_types::text::Language::English,
            &violation.code,
            &violation.args,
        )),
    }
}

/// Whether a value counts as absent: missing, null, `""`, `[]` and `{}`.
pub fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        Some(_) => false,
    }
}

/// One step of a JSON pointer below another.
pub fn pointer(parent: &str, key: &str) -> String {
    if key.contains(['~', '/']) {
        return format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"));
    }
    format!("{parent}/{key}")
}

/// What is wrong with a value, before it is known where it stands.
struct Fault {
    code: &'static str,
    arg: Option<(&'static str, Value)>,
}

impl Fault {
    fn new(code: &'static str) -> Self {
        Self { code, arg: None }
    }

    fn with(code: &'static str, name: &'static str, value: impl Into<Value>) -> Self {
        Self { code, arg: Some((name, value.into())) }
    }

    /// `expected` is a word of [`kezhi_types::text`].
    fn wrong_type(expected: &'static str) -> Self {
        Self::with("record.wrong_type", "expected", expected)
    }

    /// `expected` is a word of [`kezhi_types::text`].
    fn format(expected: &'static str) -> Self {
        Self::with("record.format", "expected", expected)
    }

    fn at(self, field: &FieldPlan, pointer: &str) -> Violation {
        let violation = Violation::new(self.code, pointer).with("field", field.title.clone());
        match self.arg {
            Some((name, value)) => violation.with(name, value),
            None => violation,
        }
    }
}

fn boolean(value: &Value) -> Result<Value, Fault> {
    if value.is_boolean() { Ok(value.clone()) } else { Err(Fault::wrong_type("boolean")) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
