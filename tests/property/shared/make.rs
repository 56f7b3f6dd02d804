//! Random records of the entity in `tests/cases`, and random conditions about them.

use kezhi_types::Timestamp;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

pub const ME: &str = "01980000-0000-7000-8000-0000000000c1";
pub const MY_DEPARTMENT: &str = "01980000-0000-7000-8000-0000000000d1";
const OTHERS: [&str; 2] = ["01980000-0000-7000-8000-0000000000a1", "01980000-0000-7000-8000-0000000000a2"];
const GONE: &str = "01980000-0000-7000-8000-0000000000ff";

pub const OPERATORS: [&str; 21] = [
    "eq",
    "ne",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "not_in",
    "contains",
    "not_contains",
    "starts_with",
    "has",
    "has_any",
    "has_all",
    "under",
    "within_last",
    "within_next",
    "empty",
    "not_empty",
    "changed",
    "changed_to",
];

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// One of these texts.
    Texts(&'static [&'static str]),
    /// Some of these texts.
    Lists(&'static [&'static str]),
    /// One way down a tree.
    Ways(&'static [&'static [&'static str]]),
    Integer,
    Money,
    Decimal,
    Boolean,
    Date,
    Instant,
    Letter,
    Address,
    Spot,
    Json,
    Table,
}

/// Case, width, 中文, combining marks, wildcards, digits that look like numbers, beyond 16 bits, nothing.
const WORDS: &[&str] = &[
    "a",
    "A",
    "ab",
    "B%",
    "_b",
    "安",
    "张三",
    "張三",
    "ａ",
    "é",
    "e\u{301}",
    "10",
    "9",
    "007",
    "7",
    "10.0",
    "10.00",
    "İ",
    "𠮷",
    "￮",
    "2026-11-22",
    "true",
    "",
];
const IDS: &[&str] = &[OTHERS[0], OTHERS[1], GONE, ME];
const PEOPLE: &[&str] = &[ME, OTHERS[0], GONE];
const DEPARTMENTS: &[&str] = &[MY_DEPARTMENT, OTHERS[0]];
const LUNAR: &[&str] =
    &["1990-05-15", "1990-05-30", "1990-L05-01", "1990-L05-15", "1990-06-01", "2001-04-30", "2001-L04-01"];
const TIMES: &[&str] = &["00:00:00", "08:30:00", "09:05:00", "18:00:00", "23:59:59"];

pub const FIELDS: &[(&str, Kind)] = &[
    ("name", Kind::Texts(WORDS)),
    ("note", Kind::Texts(WORDS)),
    ("pieces", Kind::Integer),
    ("limit", Kind::Integer),
    ("amount", Kind::Money),
    ("budget", Kind::Money),
    ("ratio", Kind::Decimal),
    ("discount", Kind::Decimal),
    ("active", Kind::Boolean),
    ("industry", Kind::Texts(&["retail", "food", "cosmetics"])),
    ("colors", Kind::Lists(&["red", "green", "blue"])),
    ("tags", Kind::Lists(&["x", "X", "安", "10", "7"])),
    ("day", Kind::Date),
    ("due", Kind::Date),
    ("at", Kind::Instant),
    ("until", Kind::Instant),
    ("created_at", Kind::Instant),
    ("birthday", Kind::Texts(LUNAR)),
    ("met", Kind::Texts(LUNAR)),
    ("phone", Kind::Texts(&["13800000001", "13800000002", "+8613800000001"])),
    ("email", Kind::Texts(&["a@b.cn", "A@b.cn"])),
    ("site", Kind::Texts(&["https://a.cn/", "https://A.cn/x"])),
    ("code", Kind::Texts(&["S-0001", "S-0002", "S-10000"])),
    ("manager", Kind::Texts(PEOPLE)),
    ("owner", Kind::Texts(PEOPLE)),
    ("team", Kind::Lists(PEOPLE)),
    ("unit", Kind::Texts(DEPARTMENTS)),
    ("units", Kind::Lists(DEPARTMENTS)),
    ("parent", Kind::Texts(IDS)),
    ("parent.name", Kind::Texts(WORDS)),
    ("parent.amount", Kind::Money),
    ("parent.parent.day", Kind::Date),
    ("peers", Kind::Lists(IDS)),
    ("origin", Kind::Texts(WORDS)),
    ("story", Kind::Texts(&["<p>a</p>", ""])),
    ("stars", Kind::Integer),
    ("opens", Kind::Texts(TIMES)),
    ("closes", Kind::Texts(TIMES)),
    ("term", Kind::Texts(&["30d", "1month", "2h"])),
    ("tint", Kind::Texts(&["#1677ff", "#000000"])),
    ("sku", Kind::Texts(&["6901234567892", "690"])),
    ("license", Kind::Texts(&["91350100M000100Y43"])),
    ("card", Kind::Texts(&["11010519491231002X"])),
    ("area", Kind::Ways(&[&["33"], &["33", "3301"], &["33", "3301", "330106"], &["44", "4403"]])),
    ("goods", Kind::Ways(&[&["A"], &["A", "A1"], &["A", "A1", "A12"], &["B"]])),
    ("place", Kind::Address),
    ("spot", Kind::Spot),
    ("extra", Kind::Json),
    ("lines", Kind::Table),
    ("doubled", Kind::Money),
    ("total", Kind::Money),
    ("children", Kind::Integer),
    ("value", Kind::Letter),
    ("value.score", Kind::Integer),
];

const COLUMNS: &[(&str, Kind)] = &[
    ("product", Kind::Texts(WORDS)),
    ("price", Kind::Money),
    ("qty", Kind::Integer),
    ("on", Kind::Date),
    ("done", Kind::Boolean),
    ("sample", Kind::Texts(IDS)),
];

fn pick<'a>(random: &mut StdRng, of: &[&'a str]) -> &'a str {
    of.choose(random).expect("there is something to choose from")
}

fn some<'a>(random: &mut StdRng, of: &[&'a str]) -> Vec<&'a str> {
    let count = random.random_range(1..=of.len().min(3));
    of.choose_multiple(random, count).copied().collect()
}

fn money(random: &mut StdRng) -> String {
    pick(random, &["0.00", "-0.01", "1.00", "1.50", "9.99", "10.00", "100.00", "9999999999999.99"]).to_owned()
}

/// An instant near `now`: on it, around it, on days and months before and after.
fn near(random: &mut StdRng, now: &str) -> Timestamp {
    const HOUR: i64 = 3_600_000;
    let steps =
        [0, 1, -1, HOUR, -HOUR, 24 * HOUR, -24 * HOUR, 23 * HOUR, -25 * HOUR, 7 * 24 * HOUR, -30 * 24 * HOUR];
    let now = Timestamp::parse(now).expect("an instant");
    Timestamp(
        now.0 + steps.choose(random).expect("there are steps") + 24 * HOUR * random.random_range(-2..=2),
    )
}

fn value(random: &mut StdRng, kind: Kind, now: &str) -> Value {
    match kind {
        Kind::Texts(texts) => json!(pick(random, texts)),
        Kind::Lists(texts) => json!(some(random, texts)),
        Kind::Ways(ways) => json!(ways.choose(random).expect("there are ways")),
        Kind::Integer => {
            let number = *[0, 1, -1, 7, 10, 9_007_199_254_740_991_i64].choose(random).expect("there are six");
            json!(number)
        }
        Kind::Money => json!(money(random)),
        Kind::Decimal => json!(pick(random, &["0.0000", "0.3000", "0.3001", "12.5000", "-3.0000"])),
        Kind::Boolean => json!(random.random_bool(0.5)),
        Kind::Date => json!(near(random, now).to_string()[..10]),
        Kind::Instant => json!(near(random, now).to_string()),
        Kind::Letter => {
            json!({ "letter": pick(random, &["A", "B", "C"]), "score": random.random_range(0..11) * 10, "reasons": [], "overridden": false })
        }
        Kind::Address if random.random_bool(0.3) => json!({ "detail": "路 1 号" }),
        Kind::Address => {
            let region = *[["33", "3301"], ["44", "4403"]].choose(random).expect("there are two");
            json!({ "region": region, "detail": "路 1 号" })
        }
        Kind::Spot => json!({ "lat": 31.2304, "lng": 121.4737 }),
        Kind::Json => {
            [json!({}), json!({ "a": 1 }), json!([]), json!([1])].choose(random).cloned().unwrap_or_default()
        }
        Kind::Table => (0..random.random_range(0..4)).map(|_| fields(random, COLUMNS, now)).collect(),
    }
}

fn fields(random: &mut StdRng, of: &[(&str, Kind)], now: &str) -> Value {
    let mut fields = serde_json::Map::new();
    for (field, kind) in of {
        // What lies behind a relation, and part of a grade, are not fields of their own; a lookup is read there too.
        if field.contains('.') || *field == "origin" {
            continue;
        }
        let value = match random.random_range(0..10) {
            0 | 1 => continue,
            2 => Value::Null,
            _ => value(random, *kind, now),
        };
        fields.insert((*field).to_owned(), value);
    }
    Value::Object(fields)
}

/// A record as the store has it around `now`.
pub fn record(random: &mut StdRng, now: &str) -> Value {
    fields(random, FIELDS, now)
}

/// The records that relations may lead to.
pub fn others() -> Value {
    json!({
        OTHERS[0]: { "id": OTHERS[0], "name": "张三", "amount": "10.00", "parent": OTHERS[1] },
        OTHERS[1]: { "id": OTHERS[1], "name": "a", "day": "2026-11-22", "parent": GONE },
    })
}

/// One comparison; whether the field takes the operator is for the engine to say.
pub fn leaf(random: &mut StdRng, field: &str, kind: Kind, op: &str) -> Value {
    if matches!(op, "empty" | "not_empty" | "changed") {
        return json!({ "field": field, "op": op });
    }
    let now = "2026-11-22T04:00:00.000Z";
    let operand = match op {
        "within_last" | "within_next" => {
            json!(pick(random, &["1d", "30d", "2w", "1month", "1y", "25h", "90min"]))
        }
        "under" if random.random_bool(0.4) => json!({ "ref": "caller.department" }),
        "under" => json!(pick(random, &["33", "3301", "44", "A", "A1", "B"])),
        "in" | "not_in" | "has_any" | "has_all" => {
            let one = |random: &mut StdRng| single(random, kind, now);
            (0..random.random_range(1..4)).map(|_| one(random)).collect()
        }
        _ if random.random_bool(0.25) => reference(random, kind),
        _ => single(random, kind, now),
    };
    json!({ "field": field, "op": op, "value": operand })
}

/// One value that a field of the kind, or its items, may be compared with.
fn single(random: &mut StdRng, kind: Kind, now: &str) -> Value {
    match kind {
        Kind::Lists(texts) => json!(pick(random, texts)),
        Kind::Letter => json!(pick(random, &["A", "B", "C"])),
        // Also literals with another number of decimals than the field has.
        Kind::Money | Kind::Decimal if random.random_bool(0.4) => {
            [json!(1), json!(10), json!("1.005"), json!("0.3"), json!("9.990"), json!("-0")]
                .choose(random)
                .cloned()
                .unwrap_or_default()
        }
        Kind::Instant if random.random_bool(0.2) => json!("2026-11-22T12:00:00+08:00"),
        kind => value(random, kind, now),
    }
}

/// Who asks, a moment, or another field of the record.
fn reference(random: &mut StdRng, kind: Kind) -> Value {
    let same: Vec<&str> = FIELDS
        .iter()
        .filter(|(field, other)| *other == kind && !field.contains('.') && *field != "origin")
        .map(|(field, _)| *field)
        .collect();
    let mut names: Vec<String> = same.iter().map(|field| format!("record.{field}")).collect();
    match kind {
        Kind::Date => names.push("today".to_owned()),
        Kind::Instant => names.extend(["today", "now", "record.day"].map(str::to_owned)),
        Kind::Integer => names.push("record.amount".to_owned()),
        Kind::Texts(_) | Kind::Lists(_) => {
            names.extend(["caller.id", "caller.department"].map(str::to_owned))
        }
        _ => {}
    }
    let name = names.choose(random).cloned().unwrap_or_default();
    if matches!(kind, Kind::Date | Kind::Instant) && random.random_bool(0.6) {
        let plus = pick(random, &["-1d", "1d", "-30d", "2w", "1month", "-1month", "1y", "-1h", "90min"]);
        return json!({ "ref": name, "plus": plus });
    }
    json!({ "ref": name })
}

fn any_leaf(random: &mut StdRng, of: &[(&str, Kind)]) -> Value {
    let (field, kind) = *of.choose(random).expect("there are fields");
    let op = pick(random, &OPERATORS);
    leaf(random, field, kind, op)
}

/// A tree of comparisons, with questions about rows and about records that are named.
pub fn condition(random: &mut StdRng, levels: usize) -> Value {
    if levels == 0 {
        return any_leaf(random, FIELDS);
    }
    let inside = |random: &mut StdRng| condition(random, levels - 1);
    match random.random_range(0..9) {
        0 => json!({ "all": (0..random.random_range(0..4)).map(|_| inside(random)).collect::<Vec<_>>() }),
        1 => json!({ "any": (0..random.random_range(0..4)).map(|_| inside(random)).collect::<Vec<_>>() }),
        2 => json!({ "not": inside(random) }),
        3 => json!({ "some": "lines", "where": rows(random) }),
        4 => json!({ "every": "lines", "where": rows(random) }),
        5 => {
            let op = pick(random, &["eq", "ne", "gt", "gte", "lt", "lte"]);
            json!({ "count": "lines", "where": rows(random), "op": op, "value": random.random_range(0..3) })
        }
        6 => {
            json!({ "some": "peers", "where": { "field": "name", "op": "eq", "value": pick(random, WORDS) } })
        }
        _ => any_leaf(random, FIELDS),
    }
}

/// A condition on a row: of its columns, also against the record around it.
fn rows(random: &mut StdRng) -> Value {
    match random.random_range(0..5) {
        0 => json!({ "all": [any_leaf(random, COLUMNS), any_leaf(random, COLUMNS)] }),
        1 => json!({ "not": any_leaf(random, COLUMNS) }),
        2 => {
            json!({ "field": "price", "op": pick(random, &["gt", "lte"]), "value": { "ref": "record.amount" } })
        }
        _ => any_leaf(random, COLUMNS),
    }
}
