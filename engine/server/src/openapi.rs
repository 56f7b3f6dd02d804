//! The API described as OpenAPI 3.1: the table of routes, and this workspace's entities as its schemas.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::auth::Asking;
use crate::routes::TABLE;

/// `GET /api/openapi.json`.
pub async fn document(State(app): State<App>, Asking(caller): Asking) -> Response {
    let mut paths = Map::new();
    for route in TABLE {
        let parameters: Vec<Value> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let operation = json!({
            "summary": route.summary,
            "parameters": parameters,
            "responses": {
                "2XX": { "description": "Done." },
                "4XX": { "description": "Refused.", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } },
            },
        });
        let item = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(route.method.to_owned(), operation);
        }
    }
    let mut schemas = Map::from_iter([("Problem".to_owned(), problem_schema())]);
    if let Ok(plan) = app.runtime().plan() {
        for entity in plan.entities.values().filter(|entity| app.runtime().may_know(&plan, entity, &caller)) {
            let mut schema = crate::routes::schema_of(&plan, entity, &caller);
            kezhi_plan::kind::fill_schema(&mut schema);
            schemas.insert(entity.key.clone(), schema);
        }
    }
    axum::Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Kezhi", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": { "schemas": schemas },
    }))
    .into_response()
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
