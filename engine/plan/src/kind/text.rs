//! Texts: what is stored as sent, and the kinds of text that have a form of their own.

use kezhi_types::Id;
use kezhi_types::def::entity::FieldKind;
use serde_json::Value;

use super::Fault;
use crate::app::FieldPlan;
use crate::written;

pub(super) fn check(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let Value::String(sent) = value else { return Err(Fault::wrong_type("text")) };
    if sent.contains('\0') {
        return Err(Fault::new("record.text"));
    }
    let text = match field.value_kind {
        FieldKind::Phone => sent.trim(),
        _ => sent,
    };
    if text.is_empty() {
        return Ok(Value::String(String::new()));
    }
    match field.value_kind {
        FieldKind::Phone if !is_phone(text) => return Err(Fault::format("phone")),
        FieldKind::Email if !is_email(text) => return Err(Fault::format("email")),
        FieldKind::Url if !is_url(text) => return Err(Fault::format("url")),
        _ => {}
    }
    let normal = written::normal(field.value_kind, text).transpose().map_err(Fault::misfit)?;
    let text = normal.as_deref().unwrap_or(text);
    within(field, text.chars().count())?;
    if field.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
        return Err(Fault::new("record.pattern"));
    }
    Ok(Value::String(text.to_owned()))
}

/// Whether so many characters are neither too many nor too few for the field.
pub(super) fn within(field: &FieldPlan, length: usize) -> Result<(), Fault> {
    if let Some(max) = field.def.max_length.filter(|max| length > *max as usize) {
        return Err(Fault::with("record.too_long", "max", max));
    }
    if let Some(min) = field.def.min_length.filter(|min| length < *min as usize) {
        return Err(Fault::with("record.too_short", "min", min));
    }
    Ok(())
}

/// An id in its one written form.
pub(super) fn reference(value: &Value) -> Result<Value, Fault> {
    let id = value.as_str().and_then(|text| text.parse::<Id>().ok());
    id.map(|id| Value::String(id.to_string())).ok_or(Fault::wrong_type("id"))
}

/// Five digits (the service numbers of China) to twenty, and what people write between them.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let known = |letter: char| letter.is_ascii_digit() || "+-–—() .#*/xX转,;".contains(letter);
    (5..=20).contains(&digits) && text.chars().count() <= 40 && text.chars().all(known)
}

/// Whether a text is an e-mail address: one `@`, a domain of at least two labels, at most 254 bytes.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain =
        |letter: char| !letter.is_whitespace() && !letter.is_control() && !"<>()[],;:\\\"@".contains(letter);
    let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    (1..=64).contains(&local.len())
        && text.len() <= 254
        && local.chars().all(plain)
        && dots(local)
        && domain.contains('.')
        && dots(domain)
        && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
}

fn is_url(text: &str) -> bool {
    let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| lower.starts_with(scheme).then(|| &text[scheme.len()..]));
    let Some(rest) = rest else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    text.len() <= 2048
        && !host.is_empty()
        && !host.starts_with([':', '.'])
        && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}
