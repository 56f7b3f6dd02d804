//! What is asked of a list: one comparison, a page. What a change says: operations with and without a path.

use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bad;

/// The most resources on a page.
const PAGE: usize = 200;
/// The most operations of a change.
const OPERATIONS: usize = 1_000;

/// What is asked of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::routes) struct Listed {
    filter: Option<String>,
    /// From 1.
    start_index: Option<i64>,
    count: Option<i64>,
}

/// `attribute eq "value"`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::routes) struct Filter {
    /// In lower case: attributes are compared without it.
    pub attribute: String,
    pub value: String,
}

impl Listed {
    /// The comparison, where one was sent.
    pub fn filter(&self) -> Result<Option<Filter>, Response> {
        let Some(text) = self.filter.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        comparison(text).map(Some).ok_or_else(|| bad("invalidFilter", "attribute eq \"value\""))
    }

    /// A page of what was found, as a list.
    pub fn page(&self, found: &[Value]) -> Value {
        let start = usize::try_from(self.start_index.unwrap_or(1).max(1)).unwrap_or(1);
        let count = self.count.map_or(PAGE, |count| usize::try_from(count.max(0)).unwrap_or(0)).min(PAGE);
        let page: Vec<&Value> = found.iter().skip(start - 1).take(count).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": found.len(),
            "startIndex": start,
            "itemsPerPage": page.len(),
            "Resources": page,
        })
    }
}

fn comparison(text: &str) -> Option<Filter> {
    let (attribute, rest) = text.split_once(char::is_whitespace)?;
    let (operator, value) = rest.trim_start().split_once(char::is_whitespace)?;
    if !operator.eq_ignore_ascii_case("eq") {
        return None;
    }
    let value: Value = serde_json::from_str(value.trim()).ok()?;
    let value = match value {
        Value::String(text) => text,
        Value::Bool(flag) => flag.to_string(),
        _ => return None,
    };
    let attribute = attribute.to_ascii_lowercase();
    let attribute = attribute.rsplit(':').next().unwrap_or(&attribute);
    let attribute = attribute.trim_end_matches(".value").to_owned();
    Some(Filter { attribute, value })
}

/// A change of a resource.
#[derive(Debug, Deserialize)]
pub(in crate::routes) struct Patch {
    #[serde(rename = "Operations", alias = "operations")]
    operations: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    op: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    value: Value,
}

/// What is done with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::routes) enum Act {
    Add,
    Replace,
    Remove,
}

/// One attribute, what is done with it, and with which value.
#[derive(Debug, Clone)]
pub(in crate::routes) struct Edit {
    pub act: Act,
    /// `active`, `name.givenName`, `members`, `members[value eq "…"]`.
    pub path: String,
    pub value: Value,
}

impl Patch {
    /// The operations attribute by attribute: a value without a path names its attributes itself.
    pub fn edits(self) -> Result<Vec<Edit>, Response> {
        if self.operations.len() > OPERATIONS {
            return Err(bad("tooMany", format!("{OPERATIONS}")));
        }
        let mut edits = Vec::new();
        for Operation { op, path, value } in self.operations {
            let act = match op.to_ascii_lowercase().as_str() {
                "add" => Act::Add,
                "replace" => Act::Replace,
                "remove" => Act::Remove,
                _ => return Err(bad("invalidSyntax", "op: add, replace, remove")),
            };
            match (path, value) {
                (Some(path), value) => edits.push(Edit { act, path: local(&path), value }),
                (None, Value::Object(members)) => edits.extend(each(act, members)),
                (None, _) => return Err(bad("noTarget", "path")),
            }
        }
        Ok(edits)
    }
}

fn each(act: Act, members: Map<String, Value>) -> impl Iterator<Item = Edit> {
    members.into_iter().flat_map(move |(path, value)| match value {
        // An extension is an object under its own name.
        Value::Object(inner) if path.starts_with("urn:") => {
            inner.into_iter().map(|(path, value)| Edit { act, path, value }).collect::<Vec<_>>()
        }
        value => vec![Edit { act, path: local(&path), value }],
    })
}

/// A path without the name of its schema.
fn local(path: &str) -> String {
    if !path.starts_with("urn:") {
        return path.to_owned();
    }
    path.rsplit(':').next().unwrap_or(path).to_owned()
}

/// A text of a value: itself, or its `value`.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => members.get("value").and_then(text_of),
        _ => None,
    }
}

/// A truth: some directories write it as a text.
pub(super) fn flag_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comparison_is_understood_and_nothing_else() {
        let read = |text: &str| comparison(text).map(|filter| (filter.attribute, filter.value));
        assert_eq!(read(r#"userName eq "li""#), Some(("username".into(), "li".into())));
        assert_eq!(read(r#"urn:x:User:userName EQ "a \"b\"""#), Some(("username".into(), "a \"b\"".into())));
        assert_eq!(read("active eq true"), Some(("active".into(), "true".into())));
        for wrong in
            ["userName", "userName eq", "userName co \"li\"", "userName eq li", "a eq \"x\" and b eq \"y\""]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_change_without_a_path_is_a_change_of_each_attribute() {
        let patch = json!({ "Operations": [
            { "op": "Replace", "value": { "active": "False", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "华东" } } },
            { "op": "remove", "path": "members[value eq \"1\"]" },
        ]});
        let patch: Patch = serde_json::from_value(patch).expect("a change");
        let edits = patch.edits().expect("understood");
        let paths: Vec<&str> = edits.iter().map(|edit| edit.path.as_str()).collect();
        assert_eq!(paths, ["active", "department", "members[value eq \"1\"]"]);
        assert_eq!(flag_of(&edits[0].value), Some(false));
    }
}
