//! Values along dotted paths, for titles, messages and writes.

use kezhi_types::sealed::{covered, is_sealed};
use kezhi_types::{Fields, Id};
use serde_json::{Map, Value, json};

use super::plan::ValuePlan;
use super::state::RunSnapshot;
use crate::condition::Reads;
use crate::facts::Sight;

/// The value at `customer.owner` of the record in sight; `None` where any step is absent, and for a secret.
pub fn at<'a>(sight: &Sight<'a>, path: &str) -> Option<&'a Value> {
    let mut steps = path.split('.');
    let mut value = sight.fields.get(steps.next()?)?;
    for step in steps {
        value = match value {
            Value::Object(map) => map.get(step)?,
            Value::String(id) => sight.facts.records.get(&id.parse::<Id>().ok()?)?.1.get(step)?,
            _ => return None,
        };
    }
    Some(value).filter(|value| !value.is_null() && !is_sealed(value))
}

/// The person or record that a path names.
pub fn id_at(sight: &Sight<'_>, path: &str) -> Option<Id> {
    at(sight, path)?.as_str()?.parse().ok()
}

/// What a node writes. Absent values become null, a grade its letter.
///
/// # Errors
/// One sentence: which expression failed and why.
pub fn written(plan: &ValuePlan, run: &RunSnapshot, sight: &Sight<'_>) -> Result<Value, String> {
    let value = match plan {
        ValuePlan::Literal(value) => Some(value.clone()),
        ValuePlan::Record(path) => at(sight, path).map(plain),
        ValuePlan::Var(name) => run.run.vars.get(name).cloned(),
        ValuePlan::Today => Some(json!(sight.circumstances.today().to_string())),
        ValuePlan::Now => Some(json!(sight.circumstances.now.to_string())),
        ValuePlan::Initiator => Some(json!(run.run.initiator)),
        ValuePlan::Expr(expr) => expr.eval(sight).map_err(|error| format!("`{}`: {error}", expr.source()))?,
    };
    Ok(value.unwrap_or(Value::Null))
}

/// What templates see: `record` with the records that `reads` follows nested in it, and `run`.
pub fn template_context(sight: &Sight<'_>, reads: &Reads, run: &RunSnapshot) -> Value {
    let mut record: Fields = sight.fields.iter().map(|(key, value)| (key.clone(), covered(value))).collect();
    for read in reads.paths.iter().filter(|read| read.table.is_none()) {
        let names: Vec<&str> = read.hops.iter().map(|(relation, _)| relation.as_str()).collect();
        let full = names.iter().copied().chain([read.field.as_str()]).collect::<Vec<_>>().join(".");
        if let Some(value) = at(sight, &full) {
            nest(&mut record, &names, &read.field, plain(value));
        }
    }
    for (key, path) in &reads.lookups {
        if let Some(value) = at(sight, path) {
            let steps: Vec<&str> = key.split('.').collect();
            let (last, before) = steps.split_last().expect("a text has a first step");
            nest(&mut record, before, last, plain(value));
        }
    }
    json!({ "record": record, "vars": run.run.vars, "run": { "id": run.run.id, "workflow": run.run.workflow } })
}

fn nest(fields: &mut Fields, relations: &[&str], field: &str, value: Value) {
    let Some((first, rest)) = relations.split_first() else {
        fields.insert(field.to_owned(), value);
        return;
    };
    let inner = fields.entry((*first).to_owned()).or_insert(Value::Null);
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(map) = inner {
        nest(map, rest, field, value);
    }
}

fn plain(value: &Value) -> Value {
    value.get("letter").unwrap_or(value).clone()
}
