//! A file against the meta-schema of its kind, in sentences an author can act on.
//!
//! A validator says “not valid under any of the schemas” where a definition may take several forms. Here the
//! form that was most likely meant is found and its own findings are told.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use kezhi_types::def::files::Kind;
use serde_json::Value;

use super::schema::{self, Beside};
use super::source::{escape, last, parent};
use super::suggest::{did_you_mean, listed};
use crate::problem::Problem;

/// Every disagreement with the meta-schema.
pub fn check(kind: Kind, value: &Value) -> Vec<Problem> {
    against(schema::published(kind), schema::validator(kind), value)
}

/// The same of a file beside definitions.
pub fn check_beside(beside: Beside, value: &Value) -> Vec<Problem> {
    let (meta, validator) = beside.compiled();
    against(meta, validator, value)
}

fn against(meta: &Value, validator: &Validator, value: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for error in validator.iter_errors(value) {
        tell(&error, meta, &mut problems);
    }
    problems
}

fn tell(error: &ValidationError<'_>, meta: &Value, problems: &mut Vec<Problem>) {
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            tell_union(error, context, meta, problems);
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = known_keys(error, meta);
            for key in unexpected {
                problems.push(unknown_key(error, key, &known));
            }
        }
        _ => problems.push(tell_one(error)),
    }
}

fn tell_one(error: &ValidationError<'_>) -> Problem {
    let pointer = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            Problem::error("definition.missing_key", pointer, format!("The key `{key}` is missing."))
                .help(format!("Add `{key}`."))
        }
        ValidationErrorKind::Type { kind } => {
            let message = format!("{} should be {}.", name_of(pointer), expected_types(kind));
            Problem::error("definition.wrong_type", pointer, message)
                .help(format!("It is {}.", type_of(error.instance())))
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> =
                options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            not_an_option(pointer, error.instance(), &options)
        }
        ValidationErrorKind::Constant { expected_value } => {
            let options: Vec<&str> = expected_value.as_str().into_iter().collect();
            not_an_option(pointer, error.instance(), &options)
        }
        _ => {
            let message =
                format!("{} does not fit: {}.", name_of(pointer), error.to_string().trim_end_matches('.'));
            Problem::error("definition.wrong_value", pointer, message)
        }
    }
}

/// Tells what is wrong with a value that may take several forms.
fn tell_union(
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    meta: &Value,
    problems: &mut Vec<Problem>,
) {
    let pointer = error.instance_path().as_str();
    if let Some((at, instance, options)) = tags(pointer, context) {
        problems.push(not_an_option(&at, instance, &options));
        return;
    }
    let best = context.iter().min_by_key(|branch| misfit(pointer, branch));
    match best {
        Some(branch) if misfit(pointer, branch) < HOPELESS => {
            branch.iter().for_each(|inner| tell(inner, meta, problems));
        }
        _ => problems.push(no_form(error)),
    }
}

const HOPELESS: usize = 100;

/// How far a value is from one of its forms: wrong type or tag is hopeless, an unknown key costs more than a
/// missing one, and what is wrong deeper inside costs least.
fn misfit(pointer: &str, branch: &[ValidationError<'static>]) -> usize {
    let cost = |error: &ValidationError<'static>| {
        let here = error.instance_path().as_str() == pointer;
        match error.kind() {
            ValidationErrorKind::Type { .. } if here => HOPELESS,
            ValidationErrorKind::Constant { .. } if here || is_tag(error, pointer) => HOPELESS,
            ValidationErrorKind::AdditionalProperties { unexpected } if here => 10 * unexpected.len(),
            ValidationErrorKind::Required { .. } if here => 6,
            _ => 1,
        }
    };
    let unknown_only = branch.iter().all(|error| {
        matches!(
            error.kind(),
            ValidationErrorKind::AdditionalProperties { .. } | ValidationErrorKind::Required { .. }
        )
    });
    let total: usize = branch.iter().map(cost).sum();
    if unknown_only && total >= 6 + 20 { HOPELESS + total } else { total }
}

fn is_tag(error: &ValidationError<'_>, pointer: &str) -> bool {
    let at = error.instance_path().as_str();
    parent(at) == pointer && matches!(last(at).as_str(), "type" | "on")
}

/// Where every form is refused by a constant: the place, what stands there, and all constants.
fn tags<'a>(
    pointer: &str,
    context: &'a [Vec<ValidationError<'static>>],
) -> Option<(String, &'a Value, Vec<&'a str>)> {
    let mut found: Option<(String, &Value)> = None;
    let mut options = Vec::new();
    for branch in context {
        let error = branch.iter().find(|error| {
            let here = error.instance_path().as_str() == pointer;
            let constant = matches!(
                error.kind(),
                ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. }
            );
            constant && (here || is_tag(error, pointer))
        });
        match (error, branch.first().map(ValidationError::kind)) {
            (Some(error), _) => {
                found.get_or_insert_with(|| {
                    (error.instance_path().as_str().to_owned(), error.instance().as_ref())
                });
                match error.kind() {
                    ValidationErrorKind::Constant { expected_value } => {
                        options.extend(expected_value.as_str())
                    }
                    ValidationErrorKind::Enum { options: all } => {
                        options.extend(all.as_array().into_iter().flatten().filter_map(Value::as_str));
                    }
                    _ => {}
                }
            }
            (None, Some(ValidationErrorKind::Type { .. })) => {}
            (None, _) => return None,
        }
    }
    found.filter(|(_, value)| value.is_string()).map(|(at, value)| (at, value, options))
}

fn no_form(error: &ValidationError<'_>) -> Problem {
    let pointer = error.instance_path().as_str();
    let union = schema::definition_name(error.schema_path().as_str());
    let form = FORMS.iter().find(|(name, _, _)| *name == union);
    match form {
        Some((_, what, help)) => {
            Problem::error("definition.wrong_shape", pointer, format!("{} is not {what}.", name_of(pointer)))
                .help((*help).to_owned())
        }
        None => Problem::error(
            "definition.wrong_shape",
            pointer,
            format!("{} has a form that is not known here.", name_of(pointer)),
        )
        .help("`docs/definitions.md` has an example of every definition."),
    }
}

/// Values that may take several forms: the type, what it is, and what to write.
const FORMS: &[(&str, &str, &str)] = &[
    (
        "Condition",
        "a condition",
        "Write {\"field\", \"op\", \"value\"}, or {\"all\": […]}, {\"any\": […]}, {\"not\": …}, or {\"some\" | \"every\" | \"count\": …, \"where\": …}.",
    ),
    (
        "Grant",
        "a grant",
        "Write true, false, a scope such as \"own\" or \"department\", a list of scopes, or {\"where\": condition}.",
    ),
    (
        "Narrowed",
        "a narrowing of options",
        "Write [{\"when\", \"only\"}] for choices, or {\"where\": condition} for relations.",
    ),
    ("Recompute", "a time to grade again", "Write {\"entity\", \"via\"} or {\"daily\": \"03:00\"}."),
    (
        "Method",
        "a method of grading",
        "Write {\"table\": [{\"when\", \"points\", \"reason\"}]} or {\"script\": \"file.rhai\"}.",
    ),
    (
        "AssigneeDef",
        "somebody",
        "Write one of {\"person\"}, {\"role\"}, {\"field\"}, {\"manager_of\"}, {\"head_of\"}, {\"node\"}, {\"initiator\": true}.",
    ),
    (
        "NodeDef",
        "a node",
        "Every node has a `type`: task, approval, decision, update, create, message, wait or end.",
    ),
    (
        "TriggerDef",
        "a trigger",
        "A trigger says `on`: record_created, record_updated, grade_changed, schedule or date_field.",
    ),
    ("Policy", "a policy", "Write \"any\", \"all\", \"sequential\" or {\"ratio\": \"2/3\"}."),
];

fn unknown_key(error: &ValidationError<'_>, key: &str, known: &[&str]) -> Problem {
    let pointer = error.instance_path().as_str();
    let message = format!("{} has no key `{key}`.", name_of(pointer));
    let at = format!("{pointer}/{}", escape(key));
    Problem::error("definition.unknown_key", at, message).help(did_you_mean(key, known.iter().copied()))
}

/// The keys that the schema around an error knows.
fn known_keys<'a>(error: &ValidationError<'_>, meta: &'a Value) -> Vec<&'a str> {
    let around = parent(error.schema_path().as_str());
    let properties = meta.pointer(around).and_then(|schema| schema.get("properties"));
    properties
        .and_then(Value::as_object)
        .map(|keys| keys.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

fn not_an_option(pointer: &str, value: &Value, options: &[&str]) -> Problem {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown: String = shown.chars().take(60).collect();
    let message = format!("{} cannot be `{shown}`.", name_of(pointer));
    Problem::error("definition.not_an_option", pointer, message)
        .help(did_you_mean(&shown, options.iter().copied()))
}

fn name_of(pointer: &str) -> String {
    match last(pointer) {
        key if key.is_empty() => "The definition".to_owned(),
        key if key.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("Item {key} of `{}`", last(parent(pointer)))
        }
        key => format!("`{key}`"),
    }
}

fn expected_types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => article(&one.to_string()),
        TypeKind::Multiple(many) => {
            let names: Vec<String> = many.iter().map(|one| one.to_string()).collect();
            listed(names.iter().map(String::as_str).filter(|name| *name != "null"))
        }
    }
}

fn article(name: &str) -> String {
    match name {
        "object" => "an object in braces".to_owned(),
        "array" => "a list in brackets".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "boolean" => "true or false".to_owned(),
        "null" => "null".to_owned(),
        _ => "a text in double quotes".to_owned(),
    }
}

fn type_of(value: &Value) -> String {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(kind: Kind, value: &Value) -> Vec<String> {
        check(kind, value)
            .into_iter()
            .map(|problem| {
                format!("{} {} {} {}", problem.pointer, problem.code, problem.message, problem.help)
            })
            .collect()
    }

    #[test]
    fn a_slip_in_a_condition_is_told_as_a_slip_in_a_condition() {
        let view =
            |condition: Value| json!({ "title": "x", "entity": "a", "type": "table", "where": condition });
        assert_eq!(
            told(Kind::View, &view(json!({ "all": [{ "field": "a", "op": "equals", "value": 1 }] }))),
            [
                "/where/all/0/op definition.not_an_option `op` cannot be `equals`. There are 21 to choose from, among them `eq`, `ne`, `gt`, `gte`, `lt`, `lte`, `in` and `not_in`."
            ]
        );
        assert_eq!(told(Kind::View, &view(json!({ "feild": "a", "op": "eq", "value": 1 }))).len(), 2);
        assert!(
            told(Kind::View, &view(json!(7)))[0]
                .starts_with("/where definition.wrong_shape `where` is not a condition.")
        );
        assert!(told(Kind::View, &view(json!({ "x": 1, "y": 2, "z": 3 })))[0].contains("wrong_shape"));
    }

    #[test]
    fn a_node_of_an_unknown_type_offers_the_nearest() {
        let workflow = json!({ "title": "x", "entity": "a", "trigger": { "on": "record_created" }, "start": "a",
            "nodes": { "a": { "type": "aproval" }, "b": { "type": "end", "outcom": "done" } } });
        assert_eq!(
            told(Kind::Workflow, &workflow),
            [
                "/nodes/a/type definition.not_an_option `type` cannot be `aproval`. Did you mean `approval`?",
                "/nodes/b/outcom definition.unknown_key `b` has no key `outcom`. Did you mean `outcome`?",
            ]
        );
    }

    #[test]
    fn keys_and_types_are_told_plainly() {
        let entity = json!({ "titel": "x", "properties": { "a": { "title": 7, "x-kind": "txt" } } });
        assert_eq!(
            told(Kind::Entity, &entity),
            [
                " definition.missing_key The key `title` is missing. Add `title`.",
                "/properties/a/title definition.wrong_type `title` should be a text in double quotes. It is a number.",
                "/properties/a/x-kind definition.not_an_option `x-kind` cannot be `txt`. Did you mean `text`?",
                "/titel definition.unknown_key The definition has no key `titel`. Did you mean `title`?",
            ]
        );
    }
}
