//! Each kind as plain JSON Schema, so that any validator reads an entity.

use serde_json::{Map, Value, json};

/// A time of day as stored.
const TIME: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$";
/// A duration as stored.
const DURATION: &str = "^-?[0-9]{1,9}(s|min|h|d|w|month|y)$";
/// A lunar day as stored.
const LUNAR: &str = "^[0-9]{4}-L?(0[1-9]|1[0-2])-([0-2][0-9]|30)$";
/// A decimal as stored.
const DECIMAL: &str = "^-?[0-9]{1,15}(\\.[0-9]{1,6})?$";

/// Fills in what follows from `x-kind` in an entity's schema, and in the rows of its tables. What the author wrote
/// stays.
pub fn fill(schema: &mut Value) {
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for field in properties.values_mut() {
        if let Some(items) = field.get_mut("items") {
            fill(items);
        }
        let Some(field) = field.as_object_mut() else { continue };
        let kind = field.get("x-kind").and_then(Value::as_str).unwrap_or_default();
        let kind = match (kind, field.get("x-result").and_then(Value::as_str)) {
            ("computed", result) => result.unwrap_or("decimal"),
            (kind, _) => kind,
        };
        let Value::Object(filled) = of(kind, field) else { continue };
        if filled.get("items").is_some_and(|items| items.get("type").is_some()) {
            field.remove("enum");
        }
        for (keyword, value) in filled {
            field.entry(keyword).or_insert(value);
        }
    }
}

/// The keywords that follow from a kind.
fn of(kind: &str, field: &Map<String, Value>) -> Value {
    match kind {
        "integer" => json!({ "type": "integer" }),
        "rating" => {
            json!({ "type": "integer", "minimum": 0, "maximum": field.get("x-max").cloned().unwrap_or(json!(5)) })
        }
        "boolean" => json!({ "type": "boolean" }),
        "money" | "decimal" | "percent" => json!({ "type": "string", "pattern": DECIMAL }),
        "date" => json!({ "type": "string", "format": "date" }),
        "datetime" => json!({ "type": "string", "format": "date-time" }),
        "time" => json!({ "type": "string", "pattern": TIME }),
        "duration" => json!({ "type": "string", "pattern": DURATION }),
        "lunar_date" => json!({ "type": "string", "pattern": LUNAR }),
        "email" => json!({ "type": "string", "format": "email" }),
        "url" => json!({ "type": "string", "format": "uri" }),
        "color" => json!({ "type": "string", "pattern": "^#([0-9a-f]{6}|[0-9a-f]{8})$" }),
        "id_card" => json!({ "type": "string", "pattern": "^[0-9]{17}[0-9X]$" }),
        "company_code" => json!({ "type": "string", "pattern": "^[0-9A-HJ-NP-RTUWXY]{18}$" }),
        "person" | "department" | "relation" => json!({ "type": "string", "format": "uuid" }),
        "choices" | "tags" => {
            let mut items = json!({ "type": "string" });
            if let Some(options) = field.get("enum") {
                items["enum"] = options.clone();
            }
            json!({ "type": "array", "items": items, "uniqueItems": true })
        }
        "people" | "departments" | "relations" => {
            json!({ "type": "array", "items": { "type": "string", "format": "uuid" }, "uniqueItems": true })
        }
        "cascade" => json!({ "type": "array", "items": { "type": "string" }, "maxItems": 8 }),
        "table" => json!({ "type": "array" }),
        "address" => parts(&json!({
            "region": { "type": "array", "items": { "type": "string" } },
            "detail": { "type": "string", "maxLength": 500 }
        })),
        "location" => {
            let mut place = parts(&json!({
                "lat": { "type": "number", "minimum": -90, "maximum": 90 },
                "lng": { "type": "number", "minimum": -180, "maximum": 180 }
            }));
            place["required"] = json!(["lat", "lng"]);
            place
        }
        "attachment" | "image" => json!({ "type": "array", "items": file() }),
        "signature" => file(),
        "grade" => json!({ "type": "object", "properties": {
            "letter": { "type": "string" }, "score": { "type": "integer" },
            "reasons": { "type": "array" }, "overridden": { "type": "boolean" } } }),
        "lookup" => json!({ "readOnly": true }),
        "json" | "rollup" => json!({}),
        _ => json!({ "type": "string" }),
    }
}

fn file() -> Value {
    let mut file = parts(&json!({
        "id": { "type": "string", "format": "uuid" }, "name": { "type": "string" },
        "type": { "type": "string" }, "size": { "type": "integer", "minimum": 0 }
    }));
    file["required"] = json!(["id"]);
    file
}

fn parts(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
