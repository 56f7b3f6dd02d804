//! What a script may return.

use rhai::{Dynamic, Map};
use serde_json::{Value, json};

use super::ScriptKind;
use super::values::datum;
use crate::functions::datum::Datum;

/// Most reasons, and most characters of one, as of a message.
const MOST_REASONS: usize = 8;
const LONGEST: usize = 200;

pub(super) fn check(kind: ScriptKind, answer: &Dynamic) -> Result<Value, String> {
    match kind {
        ScriptKind::Grade => grade(answer),
        ScriptKind::Rule => rule(answer),
    }
}

fn grade(answer: &Dynamic) -> Result<Value, String> {
    const WANTED: &str = "a grade's script returns #{score: 82, reasons: [\"…\"]}";
    let map = answer.as_map_ref().map_err(|_| WANTED.to_owned())?;
    only(&map, &["score", "reasons"], WANTED)?;
    let score = map.get("score").map(datum).and_then(|score| score.integer());
    let score = score
        .and_then(|score| i32::try_from(score).ok())
        .ok_or_else(|| format!("{WANTED}; `score` is an integer"))?;
    let reasons = match map.get("reasons").map(datum) {
        None | Some(Datum::Absent) => Vec::new(),
        Some(Datum::List(items)) => items
            .into_iter()
            .map(|item| match item {
                Datum::Text(text) => Ok(short(&text)),
                _ => Err(format!("{WANTED}; `reasons` are texts")),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(format!("{WANTED}; `reasons` is a list")),
    };
    Ok(json!({"score": score, "reasons": reasons.into_iter().take(MOST_REASONS).collect::<Vec<_>>()}))
}

fn rule(answer: &Dynamic) -> Result<Value, String> {
    const WANTED: &str = "a rule's script returns true, false or #{ok: false, field: \"…\", message: \"…\"}";
    if let Ok(ok) = answer.as_bool() {
        return Ok(json!({"ok": ok}));
    }
    let map = answer.as_map_ref().map_err(|_| WANTED.to_owned())?;
    only(&map, &["ok", "field", "message"], WANTED)?;
    let ok = map.get("ok").and_then(|ok| ok.as_bool().ok()).ok_or_else(|| WANTED.to_owned())?;
    let mut checked = json!({"ok": ok});
    for key in ["field", "message"] {
        match map.get(key).map(datum) {
            None | Some(Datum::Absent) => {}
            Some(Datum::Text(text)) => checked[key] = Value::String(short(&text)),
            Some(_) => return Err(format!("{WANTED}; `{key}` is a text")),
        }
    }
    Ok(checked)
}

fn only(map: &Map, known: &[&str], wanted: &str) -> Result<(), String> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{wanted}, not `{key}`")),
        None => Ok(()),
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}
