//! A file against the meta-schema of its kind, in sentences an author can act on.
//!
//! A validator says “not valid under any of the schemas” where a definition may take several forms. Here the
//! form that was most likely meant is found and its own findings are told.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use kezhi_types::def::files::Kind;
use kezhi_types::{Said, said};
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
            Problem::error(
                "definition.missing_key",
                pointer,
                said!("缺少 `{key}`。", "The key `{key}` is missing."),
            )
            .help(said!("请添加 `{key}`。", "Add `{key}`."))
        }
        ValidationErrorKind::Type { kind } => {
            let message = said!("{}应为{}。", "{} should be {}."; name_of(pointer), expected_types(kind));
            Problem::error("definition.wrong_type", pointer, message)
                .help(said!("现在是{}。", "It is {}."; type_of(error.instance())))
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
            let said = error.to_string();
            let said = said.trim_end_matches('.');
            let message = said!("{}不合适：{said}。", "{} does not fit: {said}."; name_of(pointer));
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
    let name = name_of(pointer);
    let Some((_, what, help)) = FORMS.iter().find(|(known, _, _)| *known == union) else {
        let message = said!("{}的形式不对。", "{} has a form that is not known here."; name);
        return Problem::error("definition.wrong_shape", pointer, message).help(said!(
            "`docs/definitions.md` 里有每种定义的例子。",
            "`docs/definitions.md` has an example of every definition."
        ));
    };
    let message = said!("{}不是{}。", "{} is not {}."; name, what.said());
    Problem::error("definition.wrong_shape", pointer, message).help(help.said())
}

/// A fixed text in both languages.
struct Both(&'static str, &'static str);

impl Both {
    fn said(&self) -> Said {
        Said { zh: self.0.to_owned(), en: self.1.to_owned() }
    }
}

/// Values that may take several forms: the type, what it is, and what to write.
const FORMS: &[(&str, Both, Both)] = &[
    (
        "Condition",
        Both("条件", "a condition"),
        Both(
            "写成 {\"field\", \"op\", \"value\"}，或 {\"all\": […]}、{\"any\": […]}、{\"not\": …}，或 {\"some\" | \"every\" | \"count\": …, \"where\": …}。",
            "Write {\"field\", \"op\", \"value\"}, or {\"all\": […]}, {\"any\": […]}, {\"not\": …}, or {\"some\" | \"every\" | \"count\": …, \"where\": …}.",
        ),
    ),
    (
        "Grant",
        Both("权限范围", "a grant"),
        Both(
            "写 true、false、\"own\" 或 \"department\" 之类的范围、几个范围的列表，或 {\"where\": 条件}。",
            "Write true, false, a scope such as \"own\" or \"department\", a list of scopes, or {\"where\": condition}.",
        ),
    ),
    (
        "Narrowed",
        Both("对选项的限制", "a narrowing of options"),
        Both(
            "选择字段写 [{\"when\", \"only\"}]，关联字段写 {\"where\": 条件}。",
            "Write [{\"when\", \"only\"}] for choices, or {\"where\": condition} for relations.",
        ),
    ),
    (
        "Recompute",
        Both("重新评级的时机", "a time to grade again"),
        Both(
            "写 {\"entity\", \"via\"} 或 {\"daily\": \"03:00\"}。",
            "Write {\"entity\", \"via\"} or {\"daily\": \"03:00\"}.",
        ),
    ),
    (
        "Method",
        Both("评级方法", "a method of grading"),
        Both(
            "写 {\"table\": [{\"when\", \"points\", \"reason\"}]} 或 {\"script\": \"file.rhai\"}。",
            "Write {\"table\": [{\"when\", \"points\", \"reason\"}]} or {\"script\": \"file.rhai\"}.",
        ),
    ),
    (
        "AssigneeDef",
        Both("处理人", "somebody"),
        Both(
            "从 {\"person\"}、{\"role\"}、{\"field\"}、{\"manager_of\"}、{\"head_of\"}、{\"node\"}、{\"initiator\": true} 中选一种。",
            "Write one of {\"person\"}, {\"role\"}, {\"field\"}, {\"manager_of\"}, {\"head_of\"}, {\"node\"}, {\"initiator\": true}.",
        ),
    ),
    (
        "NodeDef",
        Both("节点", "a node"),
        Both(
            "每个节点都有 `type`：task、approval、decision、update、create、message、wait 或 end。",
            "Every node has a `type`: task, approval, decision, update, create, message, wait or end.",
        ),
    ),
    (
        "TriggerDef",
        Both("触发条件", "a trigger"),
        Both(
            "触发条件要写 `on`：record_created、record_updated、grade_changed、schedule 或 date_field。",
            "A trigger says `on`: record_created, record_updated, grade_changed, schedule or date_field.",
        ),
    ),
    (
        "Policy",
        Both("通过方式", "a policy"),
        Both(
            "写 \"any\"、\"all\"、\"sequential\" 或 {\"ratio\": \"2/3\"}。",
            "Write \"any\", \"all\", \"sequential\" or {\"ratio\": \"2/3\"}.",
        ),
    ),
];

fn unknown_key(error: &ValidationError<'_>, key: &str, known: &[&str]) -> Problem {
    let pointer = error.instance_path().as_str();
    let message = said!("{}里没有 `{key}` 这一项。", "{} has no key `{key}`."; name_of(pointer));
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
    let message = said!("{}不能是 `{shown}`。", "{} cannot be `{shown}`."; name_of(pointer));
    Problem::error("definition.not_an_option", pointer, message)
        .help(did_you_mean(&shown, options.iter().copied()))
}

fn name_of(pointer: &str) -> Said {
    let key = last(pointer);
    match key.parse::<usize>() {
        _ if key.is_empty() => said!("定义", "The definition"),
        Ok(index) => {
            let list = last(parent(pointer));
            let number = index.saturating_add(1);
            said!("`{list}` 的第 {number} 项", "Item {index} of `{list}`")
        }
        Err(_) => said!("`{key}`", "`{key}`"),
    }
}

fn expected_types(kind: &TypeKind) -> Said {
    match kind {
        TypeKind::Single(one) => article(&one.to_string()),
        TypeKind::Multiple(many) => {
            let names: Vec<String> = many.iter().map(|one| one.to_string()).collect();
            listed(names.iter().map(String::as_str).filter(|name| *name != "null"))
        }
    }
}

fn article(name: &str) -> Said {
    match name {
        "object" => said!("花括号里的对象", "an object in braces"),
        "array" => said!("方括号里的列表", "a list in brackets"),
        "integer" => said!("整数", "a whole number"),
        "number" => said!("数字", "a number"),
        "boolean" => said!("true 或 false", "true or false"),
        "null" => said!("null", "null"),
        _ => said!("双引号里的文本", "a text in double quotes"),
    }
}

fn type_of(value: &Value) -> Said {
    match value {
        Value::Null => said!("空（null）", "null"),
        Value::Bool(_) => said!("是/否", "true or false"),
        Value::Number(_) => said!("数字", "a number"),
        Value::String(_) => said!("文本", "a text"),
        Value::Array(_) => said!("列表", "a list"),
        Value::Object(_) => said!("对象", "an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(kind: Kind, value: &Value) -> Vec<String> {
        check(kind, value)
            .into_iter()
            .map(|problem| {
                format!("{} {} {} {}", problem.pointer, problem.code, problem.message.en, problem.help.en)
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
