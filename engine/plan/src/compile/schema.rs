//! The meta-schemas: one JSON Schema a kind of definition, generated from the `…Def` types.
//!
//! They are written to `templates/schema/` for editors and the builder, and the compiler checks every file
//! against them first.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use kezhi_types::def::files::Kind;
use kezhi_types::def::{calendar, entity, grade, manifest, role, rule, scenario, screen, share, workflow};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

/// The meta-schema of a kind, as published.
pub fn meta_schema(kind: Kind) -> Value {
    let mut schema = match kind {
        Kind::Manifest => generated::<manifest::ManifestDef>(),
        Kind::Entity => generated::<entity::EntityDef>(),
        Kind::Form => generated::<screen::FormDef>(),
        Kind::View => generated::<screen::ViewDef>(),
        Kind::Rule => generated::<rule::RuleDef>(),
        Kind::Grade => generated::<grade::GradeDef>(),
        Kind::Workflow => generated::<workflow::WorkflowDef>(),
        Kind::Message => generated::<screen::MessageDef>(),
        Kind::Role => generated::<role::RoleDef>(),
        Kind::Menu => generated::<screen::MenuDef>(),
        Kind::Calendar => generated::<calendar::CalendarDef>(),
        Kind::Share => generated::<share::ShareDef>(),
    };
    let definitions = schema.get("$defs").cloned().unwrap_or(Value::Null);
    merge_tagged(&mut schema, &definitions);
    drop_unused(&mut schema);
    schema
}

/// Files beside definitions that have a meta-schema of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beside {
    /// `scenarios/*.json`
    Scenario,
    /// `rules/*.cases.json`, `grades/*.cases.json`
    Cases,
}

impl Beside {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Scenario, Self::Cases];

    /// The file in `templates/schema/` that holds its meta-schema.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Scenario => "scenario.schema.json",
            Self::Cases => "cases.schema.json",
        }
    }

    /// The text of that file.
    pub fn file_text(self) -> String {
        pretty(&self.compiled().0)
    }

    /// Its meta-schema, plain and compiled.
    pub(super) fn compiled(self) -> &'static (Value, Validator) {
        static COMPILED: LazyLock<BTreeMap<Beside, (Value, Validator)>> = LazyLock::new(|| {
            let compile = |beside| {
                let schema = match beside {
                    Beside::Scenario => generated::<scenario::ScenarioDef>(),
                    Beside::Cases => generated::<Vec<scenario::CaseDef>>(),
                };
                let validator = jsonschema::options().build(&schema);
                (beside, (schema, validator.expect("a generated schema is a schema")))
            };
            Beside::ALL.into_iter().map(compile).collect()
        });
        &COMPILED[&self]
    }
}

/// The file in `templates/schema/` that holds the meta-schema of a kind.
pub fn file_name(kind: Kind) -> String {
    format!("{}.schema.json", kind.name())
}

/// The text of that file.
pub fn file_text(kind: Kind) -> String {
    pretty(&meta_schema(kind))
}

fn pretty(schema: &Value) -> String {
    let text = serde_json::to_string_pretty(schema).expect("a schema is plain JSON");
    format!("{text}\n")
}

/// The compiled meta-schema of a kind.
pub(super) fn validator(kind: Kind) -> &'static Validator {
    static VALIDATORS: LazyLock<BTreeMap<Kind, Validator>> = LazyLock::new(|| {
        let compile = |kind| {
            let validator = jsonschema::options().build(published(kind));
            (kind, validator.expect("a generated schema is a schema"))
        };
        Kind::ALL.into_iter().map(compile).collect()
    });
    &VALIDATORS[&kind]
}

/// The meta-schema of a kind, made once.
pub(super) fn published(kind: Kind) -> &'static Value {
    static PUBLISHED: LazyLock<BTreeMap<Kind, Value>> =
        LazyLock::new(|| Kind::ALL.into_iter().map(|kind| (kind, meta_schema(kind))).collect());
    &PUBLISHED[&kind]
}

/// The name of the definition that a schema path lies in; the empty text outside any.
pub(super) fn definition_name(path: &str) -> &str {
    let name = path.rsplit_once("/$defs/").map_or("", |(_, rest)| rest);
    name.split('/').next().unwrap_or_default()
}

fn generated<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    Schema::into(generator.into_root_schema_for::<T>())
}

/// `{"$ref": X, "properties": {"type": …}}` with X closed can never hold: the tag is unknown to X. The members
/// of X are put beside the tag instead.
fn merge_tagged(schema: &mut Value, definitions: &Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") {
                inline(object, definitions);
            }
            object.values_mut().for_each(|value| merge_tagged(value, definitions));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| merge_tagged(value, definitions)),
        _ => {}
    }
}

fn inline(object: &mut Map<String, Value>, definitions: &Value) {
    let Some(Value::String(reference)) = object.get("$ref") else {
        return;
    };
    let Some(Value::Object(target)) =
        reference.strip_prefix("#/$defs/").and_then(|name| definitions.get(name))
    else {
        return;
    };
    object.shift_remove("$ref");
    for (key, value) in target {
        match (object.get_mut(key), value) {
            (Some(Value::Object(mine)), Value::Object(theirs)) => mine.extend(theirs.clone()),
            (Some(Value::Array(mine)), Value::Array(theirs)) => mine.extend(theirs.iter().cloned()),
            (Some(_), _) => {}
            (None, _) => {
                object.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Removes definitions that nothing names any more.
fn drop_unused(schema: &mut Value) {
    loop {
        let text = schema.to_string();
        let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) else {
            return;
        };
        let before = definitions.len();
        definitions.retain(|name, _| text.contains(&format!("\"#/$defs/{name}\"")));
        if definitions.len() == before {
            return;
        }
    }
}
