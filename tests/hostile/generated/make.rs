//! Requests made up from what the OpenAPI document says, some of them not as it says.

use kezhi_tests::Client;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

/// Of a hundred values so many are none that anybody would send.
const ODD: u32 = 12;
/// The deepest value that is made.
const DEEPEST: usize = 8;

/// What values are made of.
pub(super) struct Maker {
    pub random: StdRng,
    pub document: Value,
    /// Ids of records, runs and people that exist.
    pub ids: Vec<String>,
    /// Keys of fields.
    pub fields: Vec<String>,
}

/// A request and how it looks in a message.
pub(super) struct Made {
    pub request: RequestBuilder,
    pub shown: String,
}

impl Maker {
    pub fn new(random: StdRng, document: Value, ids: Vec<String>) -> Self {
        let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
        let fields = schemas
            .filter_map(|(_, schema)| schema["x-title-field"].as_str().and(schema["properties"].as_object()));
        let fields: Vec<String> = fields.flat_map(|properties| properties.keys().cloned()).collect();
        assert!(!fields.is_empty() && !ids.is_empty(), "there is something to ask for");
        Self { random, document, ids, fields }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn one(&mut self, of: &[&str]) -> String {
        (*of.choose(&mut self.random).expect("there are some")).to_owned()
    }

    /// A request of an operation.
    pub fn request(&mut self, client: &Client, method: &str, path: &str, operation: &Value) -> Made {
        let mut query = Vec::new();
        let mut path = path.to_owned();
        for parameter in operation["parameters"].as_array().cloned().unwrap_or_default() {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            if parameter["in"] == "path" {
                let value = self.place(&name, &parameter["schema"]);
                path = path.replace(&format!("{{{name}}}"), &encoded(&value));
            } else if self.chance(40) {
                let value = self.parameter(&name, &parameter["schema"]);
                query.push(format!("{}={}", encoded(&name), encoded(&value)));
            }
        }
        if self.chance(3) {
            query.push(self.one(&[
                "unknown=1",
                "limit=-1",
                "limit=x",
                "where=%7B",
                "a=%FF",
                "after=1&after=2",
                "=",
                "&&",
            ]));
        }
        let target = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let mut shown = format!("{method} {target}");
        let mut request = client.request(method.clone(), &target);
        if method == Method::POST && self.chance(10) {
            let key = self.one(&["one", "two", "three", "\u{e9}", ""]);
            request = request.header("idempotency-key", key.as_bytes());
        }
        if self.chance(10) {
            let tag = self.one(&["\"1\"", "*", "\"9999999999999999999\"", "W/\"1\"", "x", ""]);
            request = request.header("if-match", tag);
        }
        let content = operation["requestBody"]["content"].as_object().cloned().unwrap_or_default();
        for (media, schema) in content {
            let schema = &schema["schema"];
            request = match media.as_str() {
                "multipart/form-data" => {
                    let bytes = self.file();
                    shown.push_str(&format!(" {} bytes", bytes.len()));
                    request.multipart(self.form(bytes))
                }
                "text/plain" => {
                    let text = self.definition();
                    shown.push_str(&format!(" {text}"));
                    request.body(text)
                }
                _ => {
                    let text = self.body(schema);
                    shown.push_str(&format!(" {text}"));
                    let kind = if self.chance(3) { "text/plain" } else { "application/json" };
                    request.header("content-type", kind).body(text)
                }
            };
        }
        Made { request, shown: shown.chars().take(600).collect() }
    }

    /// What stands in a path.
    fn place(&mut self, name: &str, schema: &Value) -> String {
        let known: Vec<String> = schema["examples"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if !known.is_empty() && self.chance(90) {
            return known.choose(&mut self.random).expect("there are some").clone();
        }
        if name == "id" && self.chance(80) {
            return self.ids.choose(&mut self.random).expect("there are some").clone();
        }
        match name {
            "field" => self.field(),
            "file" => self.one(&["customer", "manifest", "vip", "tier.rhai", "x.json", "..", "a b"]),
            _ => self.one(&[
                "1",
                "0",
                "-1",
                "x",
                "customer",
                "a/b",
                "..",
                "%",
                "\u{0}",
                "💥",
                "00000000-0000-0000-0000-000000000000",
            ]),
        }
    }

    fn field(&mut self) -> String {
        if self.chance(90) {
            return self.fields.choose(&mut self.random).expect("there are some").clone();
        }
        self.one(&[
            "id",
            "owner",
            "created_at",
            "customer.name",
            "value.letter",
            "nope",
            "",
            "a.b.c.d.e",
            "__proto__",
        ])
    }

    fn parameter(&mut self, name: &str, schema: &Value) -> String {
        match name {
            "where" => self.body(&json!({ "$ref": "#/components/schemas/Condition" })),
            "sort" | "fields" | "include" => {
                let many = self.random.random_range(1..4);
                (0..many)
                    .map(|_| format!("{}{}", self.one(&["", "-"]), self.field()))
                    .collect::<Vec<_>>()
                    .join(",")
            }
            "q" => {
                self.one(&["甲", "wang", "138", "'", "\"", "*", "a AND b OR NEAR(", "%", "", " ", "-", "💥"])
            }
            _ => match self.value(schema, 0) {
                Value::String(text) => text,
                other => other.to_string(),
            },
        }
    }

    /// JSON that follows a schema, mostly.
    fn body(&mut self, schema: &Value) -> String {
        if self.chance(5) {
            let broken = self.one(&[
                "",
                "{",
                "null",
                "[]",
                "\"x\"",
                "1",
                "{\"a\": 1, \"a\": 2}",
                "\u{feff}{}",
                "{\"a\": 1e999}",
                "{\"a\": \"\\ud800\"}",
            ]);
            return broken;
        }
        if self.chance(2) {
            return format!("{}{}", "[".repeat(70), "]".repeat(70));
        }
        self.value(schema, 0).to_string()
    }

    /// A value of a schema; now and then another one.
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if self.chance(ODD) {
            return self.odd();
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
            if name == "Fields" {
                return self.record();
            }
            if name == "Condition" && depth > 4 {
                return json!({ "field": self.field(), "op": "not_empty" });
            }
            let schema = self.document["components"]["schemas"][name].clone();
            return self.value(&schema, depth + 1);
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        for key in ["oneOf", "anyOf", "enum"] {
            let Some(choices) = schema[key].as_array().filter(|choices| !choices.is_empty()) else {
                continue;
            };
            let chosen = choices.choose(&mut self.random).expect("there are some").clone();
            return if key == "enum" { chosen } else { self.value(&chosen, depth + 1) };
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, depth),
            Some("array") if depth < DEEPEST => {
                let many = self.random.random_range(0..4);
                Value::Array((0..many).map(|_| self.value(&schema["items"], depth + 1)).collect())
            }
            Some("boolean") => json!(self.chance(50)),
            Some("integer") => {
                json!(*[-1, 0, 1, 2, 50, 500, 501, 9_999].choose(&mut self.random).expect("some"))
            }
            Some("string") if schema["format"] == "uuid" => {
                json!(self.ids.choose(&mut self.random).expect("some"))
            }
            Some("string") => self.text(),
            _ => self.plain(),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut object = Map::new();
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let likely = if required.contains(&name.as_str()) { 97 } else { 45 };
            if self.chance(likely) && depth < DEEPEST {
                let value = match name.as_str() {
                    "field" | "some" | "every" | "count" => json!(self.field()),
                    _ => self.value(inner, depth + 1),
                };
                object.insert(name.clone(), value);
            }
        }
        if schema["additionalProperties"].is_object() && depth < DEEPEST {
            let key = self.one(&["count", "sum", "avg", "median", "distinct", "as", "x-a", "name"]);
            let value = self.field();
            object.insert(key, json!(value));
        }
        Value::Object(object)
    }

    /// Fields of a record.
    fn record(&mut self) -> Value {
        let many = self.random.random_range(0..6);
        let mut record = Map::new();
        for _ in 0..many {
            let key = self.field();
            let value = if self.chance(ODD) { self.odd() } else { self.plain() };
            record.insert(key, value);
        }
        Value::Object(record)
    }

    fn text(&mut self) -> Value {
        let field = self.field();
        let known =
            ["customer", "mia", "admin", "13800000001", "2026-03-01", "7d", "a@example.com", "A", "new"];
        if self.chance(30) { json!(field) } else { json!(self.one(&known)) }
    }

    fn plain(&mut self) -> Value {
        match self.random.random_range(0..6) {
            0 => json!(self.random.random_range(-5..100_000)),
            1 => json!(self.chance(50)),
            2 => json!(format!("{}.{}", self.random.random_range(0..999), self.random.random_range(0..99))),
            3 => json!([self.text()]),
            4 => {
                json!({ "ref": self.one(&["today", "now", "caller.id", "record.name", "x"]), "plus": "-30d" })
            }
            _ => self.text(),
        }
    }

    /// What nobody would send.
    fn odd(&mut self) -> Value {
        let texts = [
            "",
            " ",
            "\u{0}",
            "\u{7f}",
            "\u{202e}abc",
            "💥",
            "é\u{301}\u{301}",
            "'; DROP TABLE settings; --",
            "\" OR 1=1 --",
            "{{ 1 + 1 }}",
            "${jndi:ldap://x}",
            "<script>alert(1)</script>",
            "../../etc/passwd",
            "=cmd|' /C calc'!A0",
            "\r\nx-injected: 1",
            "http://127.0.0.1:1/",
            "http://169.254.169.254/",
            "%00",
            "null",
            "NaN",
            "0x10",
            "1e309",
            "9999-12-31T23:59:59.999Z",
            "-0001-01-01",
            "2026-02-30",
            "P1Y",
        ];
        match self.random.random_range(0..12) {
            0 => Value::Null,
            1 => json!(i64::MAX),
            2 => json!(i64::MIN),
            3 => json!(u64::MAX),
            4 => json!(1.5e300),
            5 => json!("x".repeat(20_000)),
            6 => json!([[[[[[[[[]]]]]]]]]),
            7 => json!({ "": { "": {} } }),
            8 => json!(vec![0; 300]),
            _ => json!(self.one(&texts)),
        }
    }

    fn file(&mut self) -> Vec<u8> {
        match self.random.random_range(0..6) {
            0 => Vec::new(),
            1 => b"name,phone\n\xe7\x94\xb2,13800000009\n".to_vec(),
            2 => b"PK\x03\x04 no archive".to_vec(),
            3 => b"\x89PNG\r\n\x1a\n no picture".to_vec(),
            4 => (0..2_000).map(|_| self.random.random()).collect(),
            _ => b"a;b;c\n1;2\n\"open".to_vec(),
        }
    }

    fn form(&mut self, bytes: Vec<u8>) -> Form {
        let name = self.one(&[
            "a.csv",
            "a.xlsx",
            "a.png",
            "a.svg",
            "../a.csv",
            "a",
            "甲.csv",
            "a.exe",
            "a\u{0}.csv",
        ]);
        let part = self.one(&["file", "file", "file", "other"]);
        let form = Form::new().part(part, Part::bytes(bytes).file_name(name));
        if self.chance(30) {
            form.text("options", self.body(&json!({ "type": "object", "properties": { "dry_run": { "type": "boolean" }, "mode": { "enum": ["create", "upsert"] }, "key": { "type": "string" } } })))
        } else {
            form
        }
    }

    /// A definition, or what somebody takes for one.
    fn definition(&mut self) -> String {
        self.one(&[
            "{}", "{", "", "null", "[]", "{\"title\": \"x\"}", "{\"title\": \"x\", \"type\": \"object\", \"properties\": {}}",
            "{\"title\": \"客户\", \"properties\": {\"name\": {\"x-kind\": \"text\"}}, \"x-title-field\": \"name\"}", "fn f() { loop {} }", "\u{0}",
        ])
    }
}

/// A text as it stands in an address.
fn encoded(text: &str) -> String {
    let letter = |byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}
