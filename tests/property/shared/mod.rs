//! Random cases for the judges of conditions: `tests/cases/random.json`. The engine says here what each is, holds the
//! filter it would ask the store (`engine/plan/src/condition/tests`), both databases answer those that a stored record and
//! no clock decide, and the interface judges the same file (`builder-ui/src/definition/condition.test.ts`). The file is made
//! from a seed; this proves it fresh.
//!
//! `KEZHI_WRITE_CASES=1` writes it.

/// Random records and conditions over the entity of `tests/cases`.
mod make;
/// The same cases asked of both databases.
mod asked;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;

use kezhi_plan::catalog::Catalog;
use kezhi_plan::condition::{ConditionPlan, Scope};
use kezhi_plan::facts::{Circumstances, Facts, Sight};
use kezhi_tests::tree;
use kezhi_types::condition::Condition;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, CallerKind, Entrance, Fields, Timestamp};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use self::make::{FIELDS, ME, MY_DEPARTMENT, OPERATORS, condition, leaf, record};

const FILE: &str = "tests/cases/random.json";
const SEED: u64 = 20_261_122;
/// Instants near which something changes: midnight, daylight saving on either half, leap days, the end of a year.
const MOMENTS: [(&str, &str); 8] = [
    ("2026-11-22T04:00:00.000Z", "Asia/Shanghai"),
    ("2026-11-21T16:00:00.000Z", "Asia/Shanghai"),
    ("2026-03-29T00:59:59.999Z", "Europe/Berlin"),
    ("2026-10-25T01:30:00.000Z", "Europe/Berlin"),
    ("2028-02-29T23:30:00.000Z", "America/New_York"),
    ("2026-04-04T15:00:00.000Z", "Australia/Lord_Howe"),
    ("2026-12-31T18:29:59.000Z", "Asia/Kolkata"),
    ("2026-09-06T04:10:00.000Z", "America/Santiago"),
];

/// The engine's judgement over the entity of `tests/cases`.
struct Engine {
    catalog: Catalog,
}

impl Engine {
    fn new() -> Self {
        let read = |file: &str| {
            let text = std::fs::read_to_string(tree::root().join("tests/cases").join(file));
            text.expect("the definitions of the cases can be read")
        };
        let entity = |file: &str| serde_json::from_str(&read(file)).expect("an entity");
        let entities =
            [("sample".to_owned(), entity("entity.json")), ("child".to_owned(), entity("child.json"))];
        let grade = serde_json::from_str(&read("grade.json")).expect("a grade");
        let grades = [("sample_value".to_owned(), grade)];
        Self { catalog: Catalog::build(&entities.into_iter().collect(), &grades.into_iter().collect()) }
    }

    /// Whether the case holds; `None` where the engine does not take the condition.
    fn judge(&self, case: &Value) -> Option<bool> {
        let condition: Condition = serde_json::from_value(case["condition"].clone()).ok()?;
        let probes = Cell::new(0);
        let mut scope = Scope::of(&self.catalog, "sample", &probes);
        scope.may_change = true;
        let plan = ConditionPlan::compile(&condition, &scope).ok()?;
        let mut caller = Caller::system("test");
        caller.kind = CallerKind::Person;
        caller.id = ME.parse().expect("an id");
        caller.department = Some(MY_DEPARTMENT.parse().expect("an id"));
        caller.departments_below = caller.department.into_iter().collect();
        let circumstances = Circumstances {
            now: Timestamp::parse(case["now"].as_str().unwrap_or(MOMENTS[0].0)).expect("an instant"),
            zone: case["zone"].as_str().unwrap_or(MOMENTS[0].1).to_owned(),
            caller,
            entrance: Entrance::Api,
            operation: RuleOperation::Update,
            confirmed: Default::default(),
        };
        let none = BTreeMap::new();
        let records = case.get("records").and_then(Value::as_object);
        let records = records.map_or(none, |records| {
            let one = |(id, fields): (&String, &Value)| {
                let fields = fields.as_object().expect("a record").clone();
                (id.parse().expect("an id"), ("sample".to_owned(), fields))
            };
            records.iter().map(one).collect()
        });
        let facts = Facts { records, ..Facts::default() };
        let before: Option<&Fields> = case.get("before").and_then(Value::as_object);
        let fields = case["record"].as_object().expect("a record");
        Some(plan.judge(&Sight {
            fields,
            before,
            parent: None,
            facts: &facts,
            circumstances: &circumstances,
        }))
    }
}

/// The day in the zone, as the interface is told it.
fn today(now: &str, zone: &str) -> String {
    let now = Timestamp::parse(now).expect("an instant");
    now.to_jiff().to_zoned(jiff::tz::TimeZone::get(zone).expect("a zone")).date().to_string()
}

/// Names of fields that the condition speaks of, with those that `record.…` names.
fn spoken_of(condition: &Value, found: &mut Vec<String>) {
    match condition {
        Value::Object(map) => {
            for (key, value) in map {
                let name = value
                    .as_str()
                    .filter(|_| matches!(key.as_str(), "field" | "ref" | "some" | "every" | "count"));
                if let Some(name) = name {
                    let name = name.strip_prefix("record.").unwrap_or(name);
                    found.push(name.split('.').next().unwrap_or_default().to_owned());
                }
                spoken_of(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| spoken_of(item, found)),
        _ => {}
    }
}

/// Keeps of a record what the condition speaks of, so that the file can be read.
fn narrowed(record: &Value, condition: &Value) -> Value {
    let mut names = Vec::new();
    spoken_of(condition, &mut names);
    if names.iter().any(|name| name == "origin") {
        // What a lookup reads lies behind its relation.
        names.push("parent".to_owned());
    }
    let fields = record.as_object().expect("a record").iter();
    let fields = fields.filter(|(key, _)| names.iter().any(|name| name == *key));
    Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// A case of the condition over a random record at a random moment, judged; `None` where it cannot be asked.
fn case(random: &mut StdRng, engine: &Engine, condition: &Value) -> Option<(Value, bool)> {
    let text = condition.to_string();
    // The first moment is the one that both judges take where a case says none.
    let reads_time = text.contains("ref") || text.contains("within");
    let (now, zone) =
        if reads_time { *MOMENTS.choose(random).expect("there are moments") } else { MOMENTS[0] };
    let before = random.random_bool(0.7).then(|| record(random, now));
    let mut case = json!({ "condition": condition, "record": narrowed(&record(random, now), condition) });
    if text.contains("changed") {
        // Half of what is asked for a change stays as it was.
        case["before"] = before.map_or(Value::Null, |before| {
            if random.random_bool(0.3) { case["record"].clone() } else { narrowed(&before, condition) }
        });
        if case["before"].is_null() {
            case.as_object_mut().expect("a case").remove("before");
        }
    }
    if ["parent", "peers", "origin", "sample"].iter().any(|far| text.contains(far)) {
        case["records"] = make::others();
    }
    if reads_time {
        case["now"] = json!(now);
        case["zone"] = json!(zone);
        case["today"] = json!(today(now, zone));
    }
    let holds = engine.judge(&case)?;
    if text.contains("caller") {
        case["caller"] = json!({ "id": ME, "department": MY_DEPARTMENT, "roles": [] });
    }
    case["expect"] = json!(holds);
    Some((case, holds))
}

/// Every operator on every field that takes it, once true and once false where it can be; then trees of them.
fn cases() -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(SEED);
    let engine = Engine::new();
    let mut cases = Vec::new();
    for (field, kind) in FIELDS {
        for op in OPERATORS {
            let mut wanted = vec![true, false];
            for _ in 0..60 {
                let asked = leaf(&mut random, field, *kind, op);
                if let Some((case, holds)) = case(&mut random, &engine, &asked)
                    && let Some(at) = wanted.iter().position(|wanted| *wanted == holds)
                {
                    wanted.remove(at);
                    cases.push(case);
                }
                if wanted.is_empty() {
                    break;
                }
            }
        }
    }
    let mut trees = [0, 0];
    while trees != [120, 120] {
        let asked = condition(&mut random, 3);
        let Some((case, holds)) = case(&mut random, &engine, &asked) else { continue };
        let count = &mut trees[usize::from(holds)];
        if *count < 120 {
            *count += 1;
            cases.push(case);
        }
    }
    cases
}

#[test]
fn the_random_cases_are_fresh() {
    let mut text = String::from("[\n");
    let cases = cases();
    for (at, case) in cases.iter().enumerate() {
        let mut named = serde_json::Map::from_iter([("name".to_owned(), json!(format!("random {at}")))]);
        named.extend(case.as_object().expect("a case").clone());
        let comma = if at + 1 < cases.len() { "," } else { "" };
        writeln!(text, "  {}{comma}", Value::Object(named)).expect("a text takes all");
    }
    text.push_str("]\n");
    let file = tree::root().join(FILE);
    if std::env::var_os("KEZHI_WRITE_CASES").is_some() {
        std::fs::write(&file, &text).expect("the cases can be written");
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "{FILE} is not what the seed gives: KEZHI_WRITE_CASES=1 writes it");
    assert!(cases.len() > 900, "the cases ask little: {}", cases.len());
}
