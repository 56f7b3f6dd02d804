//! One way down a tree of codes: options of a cascade, divisions of an address.
//!
//! A code stands below the longest other code with which its own begins: `3301` below `33`, `330106` below `3301`.

use serde_json::Value;

use super::Fault;
use crate::app::FieldPlan;
use crate::regions;

/// Levels of a tree.
const LEVELS: usize = 8;
/// Characters of a code.
const CODE: usize = 64;

/// `["33", "3301"]`, top first; of the field's own options, or of the divisions of China where it has none.
pub(super) fn cascade(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let codes = texts(value).ok_or(Fault::wrong_type("codes"))?;
    way(&codes, &|code| is_known(field, code))?;
    Ok(value.clone())
}

/// The divisions of an address.
pub(super) fn region(value: &Value) -> Result<(), Fault> {
    let codes = texts(value).ok_or(Fault::wrong_type("address"))?;
    way(&codes, &|code| regions::name(code).is_some())
}

/// Whether a code is an option of the field.
pub fn is_known(field: &FieldPlan, code: &str) -> bool {
    match &field.def.options {
        Some(options) => options.iter().any(|option| option == code),
        None => regions::name(code).is_some(),
    }
}

/// What people call a code of the field; the code itself where it is not known.
pub fn name<'c>(field: &'c FieldPlan, code: &'c str) -> &'c str {
    match field.def.labels.get(code) {
        Some(label) => label,
        None if field.def.options.is_none() => regions::name(code).unwrap_or(code),
        None => code,
    }
}

/// The codes from the top down to an option of the field, itself included.
pub fn path<'c>(field: &FieldPlan, code: &'c str) -> Vec<&'c str> {
    let begun = code.char_indices().map(|(at, letter)| &code[..at + letter.len_utf8()]);
    begun.filter(|begun| is_known(field, begun)).collect()
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    let items = value.as_array().filter(|items| items.len() <= LEVELS)?;
    let plain =
        |text: &&str| !text.is_empty() && text.chars().count() <= CODE && !text.chars().any(char::is_control);
    items.iter().map(|item| item.as_str().filter(plain)).collect()
}

/// Whether each code is known and stands right below the one before it.
fn way(codes: &[&str], is_known: &dyn Fn(&str) -> bool) -> Result<(), Fault> {
    if let Some(unknown) = codes.iter().find(|code| !is_known(code)) {
        return Err(Fault::with(super::UNKNOWN_CODE, "value", *unknown));
    }
    let mut above = None;
    for code in codes {
        let begun = code.char_indices().map(|(at, _)| &code[..at]);
        let nearest = begun.filter(|begun| !begun.is_empty() && is_known(begun)).last();
        if nearest != above {
            return Err(Fault::with("record.not_below", "value", *code));
        }
        above = Some(*code);
    }
    Ok(())
}
