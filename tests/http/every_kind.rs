//! Every kind of field, one row of `tests/cases/kinds.json` each: what is taken and stored, what is refused, what a condition
//! finds, what an export writes for programs and for people, and what an import reads. With a column of its own where
//! the kind can have one, and without.

use std::collections::BTreeSet;

use kezhi_tests::client::path_of;
use kezhi_tests::files::{download, import};
use kezhi_tests::{Backend, Client, TestServer, on_both, tree};
use serde_json::{Map, Value, json};

use super::files::{PNG, sent};

on_both!(every_kind_is_stored_found_exported_and_imported);

/// Kinds that no column of their own can hold.
const NO_COLUMN: [&str; 19] = [
    "choices",
    "tags",
    "people",
    "departments",
    "cascade",
    "address",
    "table",
    "rich_text",
    "location",
    "json",
    "grade",
    "rollup",
    "relations",
    "lookup",
    "attachment",
    "image",
    "signature",
    "secret",
    "computed",
];
/// Kinds whose value follows from other entities, made once.
const OF_ONE_ENTITY: [&str; 2] = ["rollup", "grade"];

/// What stands for `@name` in the cases.
type Known = Vec<(String, Value)>;

fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(tree::root().join("tests/cases/kinds.json")).expect("the cases");
    serde_json::from_str(&text).expect("JSON")
}

fn kind(case: &Value) -> &str {
    case["kind"].as_str().expect("a kind")
}

/// The field of a kind; `department` alone would be the record's own.
fn field_of(case: &Value) -> String {
    format!("a_{}", kind(case))
}

/// A case with what is known only now in the place of its `@names`.
fn resolved(value: &Value, known: &Known) -> Value {
    match value {
        Value::String(text) => {
            let found = known.iter().find(|(name, _)| name == text).map(|(_, value)| value.clone());
            let within = |text: &String| {
                let ids = known.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
                ids.fold(text.clone(), |text, (name, id)| text.replace(name.as_str(), id))
            };
            found.unwrap_or_else(|| Value::String(within(text)))
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, known)).collect(),
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), resolved(value, known))).collect()
        }
        other => other.clone(),
    }
}

/// Entities with a field of every kind, called as its kind.
async fn publish(admin: &Client) {
    let fields = |indexed: bool| -> Map<String, Value> {
        let field = |case: &Value| {
            let kind = kind(case);
            let mut field = json!({ "title": format!("{kind}列"), "x-kind": kind });
            if indexed && !NO_COLUMN.contains(&kind) {
                field["x-index"] = json!(true);
            }
            let own = case["field"].as_object().cloned().unwrap_or_default();
            field.as_object_mut().expect("an object").extend(own);
            (field_of(case), field)
        };
        let cases = cases();
        let kept = cases.iter().filter(|case| !indexed || !OF_ONE_ENTITY.contains(&kind(case)));
        kept.map(field).collect()
    };
    let entity =
        |title: &str, fields| json!({ "title": title, "x-title-field": "a_text", "properties": fields });
    let part = json!({ "title": "部分", "properties": {
        "whole": { "title": "整体", "x-kind": "relation", "x-relation": { "entity": "sample", "on_delete": "clear" } } } });
    let grade = json!({ "title": "等级", "entity": "sample", "field": "a_grade",
        "method": { "table": [{ "when": { "field": "a_integer", "op": "gte", "value": 1 }, "points": 100, "reason": "有件数" }] },
        "bands": [{ "letter": "A", "at_least": 70 }, { "letter": "B", "at_least": 0 }] });
    for (path, file) in [
        ("entities/sample", entity("样品", fields(false))),
        ("entities/filed", entity("归档", fields(true))),
        ("entities/part", part),
        ("grades/sample_value", grade),
    ] {
        let answer = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
}

async fn known(server: &TestServer, admin: &Client) -> Known {
    let sales =
        admin.post("/api/departments", &json!({ "key": "sales", "title": "销售部" })).await.expect(201);
    let me = admin.get("/api/me").await.expect(200);
    let ann = server.sign_in("ann").await.get("/api/me").await.expect(200);
    let other = admin.create("sample", &json!({ "a_text": "另一条" })).await;
    let (paper, photo) = (sent(admin, "合同.txt", "a").await, sent(admin, "照片.png", PNG).await);
    let pairs = [
        // Longer names first: one may begin like another.
        ("@paper.id", paper["id"].clone()),
        ("@photo.id", photo["id"].clone()),
        ("@paper", paper),
        ("@photo", photo),
        ("@nobody", json!("01980000-0000-7000-8000-0000000000a1")),
        ("@sales", sales["id"].clone()),
        ("@admin", me["name"].clone()),
        ("@other", other["id"].clone()),
        ("@ann", ann["id"].clone()),
        ("@me", me["id"].clone()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Whether `value` holds everything that `wanted` says; rows of tables have ids besides.
fn holds(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(value), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| value.get(key).is_some_and(|value| holds(value, wanted)))
        }
        (Value::Array(value), Value::Array(wanted)) => {
            value.len() == wanted.len()
                && value.iter().zip(wanted).all(|(value, wanted)| holds(value, wanted))
        }
        (value, wanted) => value == wanted,
    }
}

/// The first row of a CSV text by its header.
fn row(text: &[u8]) -> Vec<(String, String)> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut reader = csv::Reader::from_reader(text);
    let header = reader.headers().expect("a header").clone();
    let row = reader.records().next().expect("a row").expect("CSV");
    header.iter().zip(row.iter()).map(|(key, cell)| (key.to_owned(), cell.to_owned())).collect()
}

async fn every_kind_is_stored_found_exported_and_imported(backend: Backend) {
    let documented = std::fs::read_to_string(tree::root().join("docs/definitions.md")).expect("the manual");
    let table = documented.split("| kind | value in JSON |").nth(1).expect("the table of kinds");
    let table = table.split("\n\n").next().unwrap_or_default().lines().skip(2);
    let kinds: BTreeSet<&str> = table
        .flat_map(|line| line.split('|').nth(1).unwrap_or_default().split([',', '·']))
        .map(str::trim)
        .collect();
    let cases = cases();
    let covered: BTreeSet<&str> = cases.iter().map(kind).collect();
    assert_eq!(covered, kinds, "every kind of the manual has its case");

    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    publish(&admin).await;
    let known = known(&server, &admin).await;
    let cases: Vec<Value> = cases.iter().map(|case| resolved(case, &known)).collect();
    for entity in ["sample", "filed"] {
        let cases: Vec<&Value> =
            cases.iter().filter(|case| entity == "sample" || !OF_ONE_ENTITY.contains(&kind(case))).collect();
        let sent: Map<String, Value> = cases
            .iter()
            .filter(|case| case["made"] != json!(true))
            .map(|case| (field_of(case), case["sent"].clone()))
            .collect();
        let made = admin.create(entity, &Value::Object(sent)).await;
        if entity == "sample" {
            for _ in 0..2 {
                admin.create("part", &json!({ "whole": made["id"] })).await;
            }
        }
        stored(&admin, entity, (&cases, &made)).await;
        refused(&admin, entity, &cases).await;
        found(&admin, entity, (&cases, &made["id"])).await;
        exported(&admin, entity, (&cases, &made["id"])).await;
        imported(&admin, entity, &cases).await;
    }
}

async fn stored(admin: &Client, entity: &str, (cases, made): (&[&Value], &Value)) {
    let record = admin.record(entity, made).await;
    for case in cases {
        // The other record took the first number.
        let wanted = if kind(case) == "serial" && entity == "sample" {
            json!("S-0002")
        } else {
            case["stored"].clone()
        };
        assert!(holds(&record[field_of(case)], &wanted), "{entity}.{}: {record:#}", kind(case));
    }
    let again = admin.patch(&path_of(entity, made), &json!({ "a_text": "甲 乙" })).await.expect(200);
    assert_eq!(again["version"], made["version"], "nothing has changed");
}

async fn refused(admin: &Client, entity: &str, cases: &[&Value]) {
    for case in cases {
        for wrong in case["wrong"].as_array().expect("a list") {
            let (code, below) = wrong[1]
                .as_str()
                .expect("a code")
                .split_once(' ')
                .unwrap_or((wrong[1].as_str().expect("a code"), ""));
            let sent = Value::Object(Map::from_iter([(field_of(case), wrong[0].clone())]));
            let answer = admin.post(&format!("/api/entities/{entity}/records"), &sent).await;
            assert_eq!(answer.status, 422, "{entity}.{} {}: {answer:?}", kind(case), wrong[0]);
            answer.violations(&[&format!("record.{code} /{}{below}", field_of(case))]);
        }
    }
}

async fn found(admin: &Client, entity: &str, (cases, id): (&[&Value], &Value)) {
    for case in cases {
        for (key, expected) in [("finds", 1), ("misses", 0)] {
            for condition in case[key].as_array().expect("a list") {
                if kind(case) == "serial" && entity == "sample" {
                    continue;
                }
                let op = condition[0].as_str().expect("an operator");
                let (path, op) = op.split_once(' ').unwrap_or(("", op));
                let mut asked = json!({ "field": format!("{}{path}", field_of(case)), "op": op });
                if !condition[1].is_null() {
                    asked["value"] = condition[1].clone();
                }
                let both = json!({ "where": { "all": [{ "field": "id", "op": "eq", "value": id }, asked] } });
                let page = admin.post(&format!("/api/entities/{entity}/query"), &both).await.expect(200);
                let count = page["items"].as_array().map(Vec::len);
                assert_eq!(count, Some(expected), "{entity}.{} {condition}", kind(case));
            }
        }
    }
}

async fn exported(admin: &Client, entity: &str, (cases, id): (&[&Value], &Value)) {
    let one = json!({ "field": "id", "op": "eq", "value": id }).to_string();
    let one: String = one.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for (labels, key) in [("false", "raw"), ("true", "shown")] {
        let path = format!("/api/entities/{entity}/export?format=csv&labels={labels}&where={one}");
        let row = row(&download(admin, &path).await);
        for case in cases.iter().filter(|case| !case[key].is_null()) {
            let name = if labels == "true" { format!("{}列", kind(case)) } else { field_of(case) };
            let cell =
                row.iter().find(|(header, _)| *header == name || header.starts_with(&format!("{name}.")));
            let cell = cell.map(|(_, cell)| cell.as_str());
            let wanted = if kind(case) == "serial" && entity == "sample" {
                "S-0002"
            } else {
                case[key].as_str().expect("a text")
            };
            // The keys of an object come in the order of the database.
            let read = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
            if read(wanted).is_some_and(|wanted| cell.and_then(read) == Some(wanted)) {
                continue;
            }
            assert_eq!(cell, Some(wanted), "{entity}.{} with labels={labels}: {row:#?}", kind(case));
        }
        let update = json!({ "mode": "update", "key": "id" });
        for format in ["csv", "xlsx"] {
            let path = path.replace("=csv", &format!("={format}"));
            let again = import(admin, entity, download(admin, &path).await, &update).await;
            let result = (&again["result"]["unchanged"], &again["errors"]);
            assert_eq!(result, (&json!(1), &json!(0)), "{format} with labels={labels}: {again:#}");
        }
    }
}

async fn imported(admin: &Client, entity: &str, cases: &[&Value]) {
    let read: Vec<&&Value> = cases.iter().filter(|case| !case["cell"].is_null()).collect();
    let mut sheet = csv::Writer::from_writer(Vec::new());
    let header = |case: &&&Value| match case["column"].as_str() {
        Some(column) => format!("{}.{column}", field_of(case)),
        None => format!("{}列", kind(case)),
    };
    sheet.write_record(read.iter().map(header)).expect("into memory");
    sheet.write_record(read.iter().map(|case| case["cell"].as_str().expect("a text"))).expect("into memory");
    let job = import(admin, entity, sheet.into_inner().expect("into memory"), &json!({})).await;
    assert_eq!((&job["result"]["created"], &job["errors"]), (&json!(1), &json!(0)), "{entity}: {job:#}");
    let page =
        admin.get(&format!("/api/entities/{entity}/records?sort=-created_at&limit=1")).await.expect(200);
    for case in read {
        assert!(
            holds(&page["items"][0][field_of(case)], &case["stored"]),
            "{entity}.{}: {page:#}",
            kind(case)
        );
    }
}
