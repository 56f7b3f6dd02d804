//! Text with marks: headings, lists, links, tables. What could run or load behind the reader's back is taken out
//! before it is stored, so that nothing that shows a record has to be trusted to do it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use serde_json::Value;

use super::Fault;
use super::text::within;
use crate::app::FieldPlan;

/// Bytes of markup that are looked at; much more than a page.
const MOST: usize = 128 * 1024;
/// Elements that are looked at: what is nested without end takes time that grows with the square of the depth.
const ELEMENTS: usize = 4_000;
/// Elements that say something although they hold no text.
const SPEAKING: [&str; 2] = ["<img", "<hr"];

/// HTML with harmless elements only; markup without text is empty. `minLength` and `maxLength` count the
/// characters that people read.
pub(super) fn rich_text(field: &FieldPlan, value: &Value) -> Result<Value, Fault> {
    let Value::String(sent) = value else { return Err(Fault::wrong_type("text")) };
    if sent.contains('\0') {
        return Err(Fault::new("record.text"));
    }
    if sent.len() > MOST {
        return Err(Fault::with("record.too_large_bytes", "max", MOST / 1024));
    }
    let begun = sent.as_bytes().windows(2).filter(|pair| pair[0] == b'<' && pair[1].is_ascii_alphabetic());
    if begun.count() > ELEMENTS {
        return Err(Fault::with("record.too_much_markup", "max", ELEMENTS));
    }
    let clean = cleaner().clean(sent).to_string();
    let read = words(&clean);
    let length = read.trim().chars().count();
    if length == 0 && !SPEAKING.iter().any(|element| clean.contains(element)) {
        return Ok(Value::String(String::new()));
    }
    within(field, length)?;
    Ok(Value::String(clean))
}

/// Markup that was stored as the text that people read, a line for a line.
pub fn readable(clean: &str) -> String {
    let lines = clean.replace("<br>", "\n").replace("</p><p>", "\n\n").replace("</li><li>", "\n");
    words(&lines).trim().to_owned()
}

/// What people read of clean markup.
fn words(clean: &str) -> String {
    let mut none = ammonia::Builder::empty();
    none.clean_content_tags(HashSet::new());
    let text = none.clean(clean).to_string();
    text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The one cleaner: no script, style, form, frame or event; links and pictures by http, https, mailto, tel or
/// within the workspace.
fn cleaner() -> &'static ammonia::Builder<'static> {
    static CLEANER: OnceLock<ammonia::Builder<'static>> = OnceLock::new();
    CLEANER.get_or_init(|| {
        let mut builder = ammonia::Builder::default();
        builder
            .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
            .url_relative(ammonia::UrlRelative::Custom(Box::new(within_the_workspace)))
            .link_rel(Some("noopener noreferrer nofollow"));
        builder
    })
}

/// `/api/files/…`, but neither another host nor a path relative to where it happens to be shown.
fn within_the_workspace(url: &str) -> Option<Cow<'_, str>> {
    let inside = url.starts_with('/') && !url.starts_with("//") && !url.contains('\\');
    inside.then_some(Cow::Borrowed(url))
}
