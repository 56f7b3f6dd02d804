//! What each kind of field accepts, how it is normalised to the stored form, and how it compares.

mod cell;
mod files;
mod list;
mod markup;
mod moment;
mod number;
mod parts;
mod pattern;
mod schema;
mod secret;
mod text;
mod tree;

use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Violation, Violations};
use serde_json::Value;

pub use self::cell::{BETWEEN, Reader, text as cell_text};
pub use self::files::{PICTURES, file_size, holds_files, names_files, shown};
pub use self::markup::readable;
pub use self::number::{decimal, decimal_text};
pub use self::pattern::Pattern;
pub use self::schema::fill as fill_schema;
pub use self::text::is_email;
pub use self::tree::{is_known as is_code, name as code_name, path as code_path};
use crate::app::FieldPlan;

/// The code of a violation: a way down a tree names a code that the tree does not have.
pub const UNKNOWN_CODE: &str = "record.unknown_code";

/// Checks a value that was sent and turns it into the stored form. What is wrong is added to `violations`;
/// the answer is then the value as sent. `null` is not a value and never passed in.
pub fn check(field: &FieldPlan, value: &Value, pointer: &str, violations: &mut Violations) -> Value {
    let result = match field.value_kind {
        FieldKind::Boolean => boolean(value),
        FieldKind::Integer => number::integer(field, value),
        FieldKind::Rating => number::rating(field, value),
        FieldKind::Money | FieldKind::Decimal | FieldKind::Percent => number::scaled(field, value),
        FieldKind::Date => moment::date(value),
        FieldKind::Datetime => moment::instant(value),
        FieldKind::LunarDate => moment::lunar(value),
        FieldKind::Choice => list::choice(field, value),
        FieldKind::Choices | FieldKind::Tags => list::choices(field, value),
        FieldKind::Cascade => tree::cascade(field, value),
        FieldKind::People | FieldKind::Departments | FieldKind::Relations => list::references(field, value),
        FieldKind::Person | FieldKind::Department | FieldKind::Relation => text::reference(value),
        FieldKind::Address => list::address(value),
        FieldKind::Location => parts::location(value),
        FieldKind::Json => parts::json(value),
        FieldKind::Secret => secret::check(field, value),
        FieldKind::RichText => markup::rich_text(field, value),
        FieldKind::Signature => files::signature(field, value),
        FieldKind::Attachment | FieldKind::Image => return files::files(field, value, pointer, violations),
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
        FieldKind::Rating => &number::whole(value)?,
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

    fn misfit(misfit: crate::written::Misfit) -> Self {
        match misfit.expected {
            Some(expected) => Self::with(misfit.code, "expected", expected),
            None => Self::new(misfit.code),
        }
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
