//! The API described as OpenAPI 3.1: the table of routes with what each takes and answers (`openapi/operations.json`), and
//! this workspace's entities as its schemas.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::auth::Asking;
use crate::routes::{Route, TABLE};

/// What the table of routes does not say of itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    schemas: Map<String, Value>,
    /// By method and path: `get /api/users`.
    operations: BTreeMap<String, Operation>,
}

/// What one route takes and answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Operation {
    /// The statuses of what is done.
    done: Vec<u16>,
    /// Parameters of the query and their schemas.
    query: BTreeMap<String, Value>,
    /// The schema of a JSON body.
    body: Option<Value>,
    /// The schema of a form with a file.
    multipart: Option<Value>,
    /// Whether the body is a file as it is.
    text: bool,
    /// Statuses of refusals beside those that follow from method, path and body.
    also: Vec<u16>,
    /// What is answered where it is not JSON: a media type, `file` or `any` for one of several, `none` for nothing.
    kind: Option<String>,
}

static DESCRIBED: LazyLock<Described> = LazyLock::new(|| {
    serde_json::from_str(include_str!("openapi/operations.json")).expect("a test reads the embedded file")
});

/// `GET /api/openapi.json`.
pub async fn document(State(app): State<App>, Asking(caller): Asking) -> Response {
    let mut schemas = DESCRIBED.schemas.clone();
    schemas.insert("Problem".to_owned(), problem_schema());
    let mut known = Known::default();
    if let Ok(plan) = app.runtime().plan() {
        for entity in plan.entities.values().filter(|entity| app.runtime().may_know(&plan, entity, &caller)) {
            let mut schema = crate::routes::schema_of(&plan, entity, &caller);
            kezhi_plan::kind::fill_schema(&mut schema);
            schemas.insert(entity.key.clone(), schema);
            known.entities.push(entity.key.clone());
        }
        let of = |entity: &String| known.entities.contains(entity);
        let forms = plan.forms.iter().filter(|(_, form)| of(&form.entity)).map(|(key, _)| key.clone());
        known.forms = forms.collect();
        let grades =
            plan.grades.iter().filter(|(_, grade)| of(&grade.def.entity)).map(|(key, _)| key.clone());
        known.grades = grades.collect();
    }
    axum::Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Kezhi", "version": env!("CARGO_PKG_VERSION") },
        "security": [{ "session": [] }, { "token": [] }],
        "paths": paths(&known),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": crate::auth::session_cookie(&app) },
                "token": { "type": "http", "scheme": "bearer" },
            },
        },
    }))
    .into_response()
}

/// Keys that stand in paths, as far as the caller may know them.
#[derive(Debug, Default)]
struct Known {
    entities: Vec<String>,
    forms: Vec<String>,
    grades: Vec<String>,
}

fn paths(known: &Known) -> Map<String, Value> {
    let mut paths = Map::new();
    for route in TABLE {
        let told = DESCRIBED.operations.get(&name_of(route)).cloned().unwrap_or_default();
        let item = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(route.method.to_owned(), operation(route, &told, known));
        }
    }
    paths
}

fn name_of(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn operation(route: &Route, told: &Operation, known: &Known) -> Value {
    let mut parameters: Vec<Value> = places(route)
        .map(|name| {
            let examples = examples(route, name, known);
            let mut schema = json!({ "type": "string", "minLength": 1 });
            if !examples.is_empty() {
                schema["examples"] = json!(examples);
            }
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    parameters.extend(
        told.query.iter().map(|(name, schema)| json!({ "name": name, "in": "query", "schema": schema })),
    );
    let mut operation = json!({
        "operationId": name_of(route).replace(['/', ' ', '{', '}', '.'], "_"),
        "summary": route.summary,
        "parameters": parameters,
        "responses": responses(route, told),
    });
    if let Some((media, schema)) = body(told) {
        operation["requestBody"] = json!({ "required": true, "content": { media: { "schema": schema } } });
    }
    operation
}

/// The names in braces of a path.
fn places(route: &Route) -> impl Iterator<Item = &'static str> {
    route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// Values that may stand in a place of a path.
fn examples(route: &Route, name: &str, known: &Known) -> Vec<String> {
    let these = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    match name {
        "entity" => known.entities.clone(),
        "form" => known.forms.clone(),
        "grade" => known.grades.clone(),
        "number" => these(&["1"]),
        "folder" => these(&["entities", "forms", "rules", "manifest"]),
        "action" if route.path.starts_with("/api/tasks") => {
            these(&["approve", "reject", "complete", "transfer", "comment"])
        }
        "action" if route.path.starts_with("/api/runs") => these(&["withdraw", "terminate"]),
        "action" => these(&["retry"]),
        _ => Vec::new(),
    }
}

fn body(told: &Operation) -> Option<(&'static str, &Value)> {
    static TEXT: LazyLock<Value> = LazyLock::new(|| json!({ "type": "string" }));
    let json = told.body.as_ref().map(|schema| ("application/json", schema));
    let form = told.multipart.as_ref().map(|schema| ("multipart/form-data", schema));
    json.or(form).or_else(|| told.text.then(|| ("text/plain", &*TEXT)))
}

/// Every status that the route answers. What each refusal means, `docs/errors.md` says code by code.
fn responses(route: &Route, told: &Operation) -> Map<String, Value> {
    let mut responses = Map::new();
    for status in &told.done {
        let mut response = json!({ "description": "Done." });
        let media = match told.kind.as_deref() {
            _ if *status == 204 || *status == 304 => None,
            None => Some("application/json"),
            Some("none") => None,
            Some("file" | "any") => Some("*/*"),
            Some(media) => Some(media),
        };
        if let Some(media) = media {
            response["content"] = json!({ media: { "schema": {} } });
        }
        responses.insert(status.to_string(), response);
    }
    let content =
        json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    for status in refusals(route, told) {
        let mut content = content.clone();
        if status == 422 {
            // A batch that failed tells what became of each operation.
            content["application/json"] = json!({ "schema": {} });
        }
        if status == 503 && !route.path.starts_with("/api/") {
            content = json!({ "text/plain": { "schema": {} } });
        }
        responses.insert(status.to_string(), json!({ "description": meaning(status), "content": content }));
    }
    responses
}

fn refusals(route: &Route, told: &Operation) -> Vec<u16> {
    let mut statuses = told.also.clone();
    if !route.path.starts_with("/api/") {
        statuses.push(421);
        return statuses;
    }
    statuses.extend([400, 401, 403, 409, 421, 503]);
    if route.method != "get" {
        statuses.extend([404, 422, 507]);
    }
    if places(route).next().is_some() {
        statuses.push(404);
    }
    if body(told).is_some() || route.method != "get" {
        statuses.extend([413, 415]);
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "It cannot be read.",
        401 => "Nobody is signed in.",
        403 => "The caller may not, or the request comes from elsewhere.",
        404 => "There is none, or none that the caller may know of.",
        409 => "It cannot be done as things stand.",
        412 => "Somebody else changed it in between.",
        413 => "It is too large.",
        415 => "The body is of another type.",
        421 => "The server does not know the host.",
        422 => "It was understood and is refused.",
        428 => "`If-Match` is missing.",
        429 => "Too often; `Retry-After` says when it may be tried again.",
        503 => "It cannot be done at present.",
        507 => "The disk is full.",
        _ => "The server failed.",
    }
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "code": { "type": "string" },
            "violations": { "type": "array", "items": { "type": "object", "properties": {
                "code": { "type": "string" }, "pointer": { "type": "string" }, "message": { "type": "string" }, "rule": { "type": "string" } } } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described_and_nothing_else_is() {
        let routes: Vec<String> = TABLE.iter().map(name_of).collect();
        let unsaid: Vec<_> = routes.iter().filter(|name| !DESCRIBED.operations.contains_key(*name)).collect();
        let gone: Vec<_> = DESCRIBED.operations.keys().filter(|name| !routes.contains(name)).collect();
        assert!(
            unsaid.is_empty() && gone.is_empty(),
            "openapi/operations.json lacks {unsaid:?}, has {gone:?}"
        );
    }

    #[test]
    fn an_operation_says_what_it_takes_and_answers() {
        for route in TABLE {
            let told = &DESCRIBED.operations[&name_of(route)];
            let responses = responses(route, told);
            assert!(told.done.iter().all(|status| (200..400).contains(status)) && !told.done.is_empty());
            assert!(told.also.iter().all(|status| (400..600).contains(status)), "{}", route.path);
            let is_api = route.path.starts_with("/api/");
            assert!(!is_api || ["400", "401", "403"].iter().all(|status| responses.contains_key(*status)));
            let takes_body = matches!(route.method, "post" | "put" | "patch");
            assert!(takes_body || body(told).is_none(), "{} takes no body", route.path);
        }
    }
}
