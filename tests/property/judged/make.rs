//! Random records and random conditions about them: every operator, nested, through relations, over the rows of
//! tables and over the records that point here. `@customer/3` stands for the id of the fourth customer.

use kezhi_types::{Fields, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;
/// Texts with what tends to go wrong: case, width, 中文, combining marks, wildcards, digits, beyond 16 bits.
const TEXTS: [&str; 15] =
    ["a", "A", "ab", "B%", "_b", "安", "张三", "張三", "ａ", "é", "e\u{301}", "10", "9", "İ", "𠮷"];
const PLACES: [&str; 3] = ["retail", "food", "cosmetics"];

pub struct Maker {
    pub records: Vec<(&'static str, Vec<Value>)>,
    now: Timestamp,
}

/// What the values of a field are.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Decimal,
    Boolean,
    Choice(&'static [&'static str]),
    Letter,
    Date,
    Instant,
    Customer,
    /// Many of them.
    Customers,
    Person,
    List(&'static [&'static str]),
    Table,
}

fn pick<'a>(random: &mut StdRng, of: &[&'a str]) -> &'a str {
    of.choose(random).expect("there is something to choose from")
}

fn date(at: Timestamp) -> String {
    at.to_string()[..10].to_owned()
}

fn money(random: &mut StdRng) -> String {
    format!("{}.{:02}", random.random_range(0..4), [0, 5, 50, 99][random.random_range(0..4)])
}

impl Maker {
    /// So many records of each entity; customers first, because the others point at them.
    pub fn new(random: &mut StdRng, now: Timestamp, wanted: &[(&'static str, usize)]) -> Self {
        let mut maker = Self { records: Vec::new(), now };
        for (entity, count) in wanted {
            let records = (0..*count)
                .map(|number| match *entity {
                    "customer" => maker.customer(random, number),
                    "order" => maker.order(random),
                    _ => maker.visit(random),
                })
                .collect();
            maker.records.push((entity, records));
        }
        maker
    }

    fn customers(&self) -> usize {
        self.records.first().map_or(0, |(_, records)| records.len())
    }

    fn some_customer(&self, random: &mut StdRng) -> Value {
        if random.random_bool(0.2) { Value::Null } else { self.customer_id(random) }
    }

    fn customer_id(&self, random: &mut StdRng) -> Value {
        json!(format!("@customer/{}", random.random_range(0..self.customers())))
    }

    fn around(&self, random: &mut StdRng) -> Timestamp {
        // Never near an edge of a day or of a span that counts from now.
        Timestamp(self.now.0 + random.random_range(-40..40) * DAY + 5 * 3_600_000 + 7)
    }

    fn customer(&self, random: &mut StdRng, number: usize) -> Value {
        let mut record = Fields::new();
        record.insert("name".into(), json!(pick(random, &TEXTS)));
        let mut put = |key: &str, chance: f64, value: Value, random: &mut StdRng| {
            if random.random_bool(chance) {
                record.insert(key.into(), value);
            }
        };
        let (staff, budget, percent) = (random.random_range(0..5), money(random), money(random));
        put("staff", 0.7, json!(staff), random);
        put("budget", 0.7, json!(budget), random);
        put("discount", 0.5, json!(percent), random);
        put("newsletter", 0.0, json!(true), random);
        let (industry, notes) = (pick(random, &PLACES), pick(random, &TEXTS));
        put("industry", 0.7, json!(industry), random);
        put("notes", 0.5, json!(notes), random);
        let tags: Vec<&str> = ["x", "y", "z"].choose_multiple(random, 2).copied().collect();
        put("tags", 0.6, json!(tags), random);
        let channels: Vec<&str> = ["web", "shop", "phone"].choose_multiple(random, 1).copied().collect();
        put("channels", 0.5, json!(channels), random);
        let (since, met_at) = (date(self.around(random)), self.around(random));
        put("since", 0.7, json!(since), random);
        put("met_at", 0.7, json!(met_at.to_string()), random);
        put("advisor", 0.4, json!("@me"), random);
        // Those of the batch before are there.
        let before = number / 20 * 20;
        if before > 0 {
            let referrer = format!("@customer/{}", random.random_range(0..before));
            put("referrer", 0.7, json!(referrer), random);
        }
        Value::Object(record)
    }

    fn visit(&self, random: &mut StdRng) -> Value {
        let mut guests: Vec<Value> = Vec::new();
        for _ in 0..random.random_range(0..4) {
            let guest = self.customer_id(random);
            if !guests.contains(&guest) {
                guests.push(guest);
            }
        }
        let guests = if guests.is_empty() { Value::Null } else { json!(guests) };
        json!({ "subject": pick(random, &TEXTS), "customer": self.some_customer(random), "guests": guests })
    }

    fn order(&self, random: &mut StdRng) -> Value {
        let lines: Vec<Value> = (0..random.random_range(0..4))
            .map(|_| {
                json!({ "product": pick(random, &TEXTS), "quantity": random.random_range(1..4), "price": money(random) })
            })
            .collect();
        let status = pick(random, &["draft", "paid", "cancelled"]);
        // A rule wants it to be no more than the amount, which may be nothing.
        let discount = if random.random_bool(0.5) { json!("0.00") } else { Value::Null };
        json!({ "customer": self.customer_id(random), "lines": lines, "status": status, "discount": discount })
    }
}

/// Fields of an entity that a condition may ask of itself.
fn fields(entity: &str) -> &'static [(&'static str, Kind)] {
    match entity {
        "customer" => &[
            ("name", Kind::Text),
            ("notes", Kind::Text),
            ("staff", Kind::Integer),
            ("budget", Kind::Decimal),
            ("discount", Kind::Decimal),
            ("newsletter", Kind::Boolean),
            ("industry", Kind::Choice(&PLACES)),
            ("value", Kind::Letter),
            ("value.score", Kind::Integer),
            ("since", Kind::Date),
            ("met_at", Kind::Instant),
            ("referrer", Kind::Customer),
            ("advisor", Kind::Person),
            ("tags", Kind::List(&["x", "y", "z"])),
            ("channels", Kind::List(&["web", "shop", "phone"])),
        ],
        "order" => &[
            ("customer", Kind::Customer),
            ("status", Kind::Choice(&["draft", "paid", "cancelled"])),
            ("discount", Kind::Decimal),
            ("lines", Kind::Table),
            // A lookup.
            ("industry", Kind::Choice(&PLACES)),
        ],
        "lines" => &[("product", Kind::Text), ("quantity", Kind::Integer), ("price", Kind::Decimal)],
        _ => &[("subject", Kind::Text), ("customer", Kind::Customer), ("guests", Kind::Customers)],
    }
}

/// A random condition over records of `entity`, or over the rows of the table `lines`.
pub fn condition(random: &mut StdRng, maker: &Maker, entity: &str, levels: usize) -> Value {
    if levels == 0 || random.random_bool(0.3) {
        return leaf(random, maker, entity);
    }
    let part = |random: &mut StdRng| condition(random, maker, entity, levels - 1);
    match random.random_range(0..5) {
        0 => json!({ "all": (0..random.random_range(1..4)).map(|_| part(random)).collect::<Vec<_>>() }),
        1 | 2 => json!({ "any": (0..random.random_range(1..4)).map(|_| part(random)).collect::<Vec<_>>() }),
        3 => json!({ "not": part(random) }),
        _ => many(random, maker, entity, levels - 1),
    }
}

/// A question about rows of a table or records that point here.
fn many(random: &mut StdRng, maker: &Maker, entity: &str, levels: usize) -> Value {
    let known = |name: &str| maker.records.iter().any(|(known, _)| *known == name);
    let (path, inner) = match entity {
        "customer" if random.random_bool(0.5) && known("order") => ("order.customer", "order"),
        "customer" if random.random_bool(0.5) && known("visit") => ("visit.customer", "visit"),
        "customer" if random.random_bool(0.5) && known("visit") => ("visit.guests", "visit"),
        "customer" => ("customer.referrer", "customer"),
        "order" => ("lines", "lines"),
        "visit" => ("guests", "customer"),
        _ => return leaf(random, maker, entity),
    };
    // Named records are asked for their own values and along their relations.
    let inner = match path {
        "guests" if levels == 0 => leaf(random, maker, inner),
        "guests" => json!({ "any": [leaf(random, maker, inner), { "not": leaf(random, maker, inner) }] }),
        _ => condition(random, maker, inner, levels.min(1)),
    };
    match random.random_range(0..4) {
        0 => json!({ "some": path, "where": inner }),
        1 => json!({ "every": path, "where": inner }),
        2 => {
            let op = pick(random, &["eq", "ne", "gt", "gte", "lt", "lte"]);
            json!({ "count": path, "where": inner, "op": op, "value": random.random_range(0..3) })
        }
        _ => json!({ "count": path, "op": "gte", "value": random.random_range(0..3) }),
    }
}

/// One comparison, of a field of the record or of one at the end of up to three relations.
fn leaf(random: &mut StdRng, maker: &Maker, entity: &str) -> Value {
    let mut path = String::new();
    let mut at = entity;
    for _ in 0..3 {
        let relation = match at {
            "customer" => "referrer",
            "order" | "visit" => "customer",
            _ => break,
        };
        if random.random_bool(0.75) {
            break;
        }
        path = format!("{path}{relation}.");
        at = "customer";
    }
    let (field, kind) = *fields(at).choose(random).expect("an entity has fields");
    let field = format!("{path}{field}");
    if random.random_bool(0.12) || matches!(kind, Kind::Table) {
        return json!({ "field": field, "op": pick(random, &["empty", "not_empty"]) });
    }
    let (op, value) = compared(random, maker, kind);
    json!({ "field": field, "op": op, "value": value })
}

fn compared(random: &mut StdRng, maker: &Maker, kind: Kind) -> (&'static str, Value) {
    let ordered = pick(random, &["eq", "ne", "gt", "gte", "lt", "lte"]);
    let equal = pick(random, &["eq", "ne"]);
    let among = pick(random, &["in", "not_in"]);
    let several = random.random_bool(0.3);
    match kind {
        Kind::Text if several => (among, json!([pick(random, &TEXTS), pick(random, &TEXTS)])),
        Kind::Text if random.random_bool(0.5) => {
            (pick(random, &["contains", "not_contains", "starts_with"]), json!(pick(random, &TEXTS)))
        }
        Kind::Text => (ordered, json!(pick(random, &TEXTS))),
        Kind::Integer if several => (among, json!([random.random_range(0..5), 10])),
        Kind::Integer => (ordered, json!(random.random_range(0..5))),
        Kind::Decimal if several => (among, json!([money(random), 1, "2.500"])),
        // Also literals without decimals, and with more than the field has.
        Kind::Decimal => {
            let literal =
                [json!(money(random)), json!(random.random_range(0..4)), json!("1.005"), json!("0.9900")];
            (ordered, literal.choose(random).expect("four").clone())
        }
        Kind::Boolean => (equal, json!(random.random_bool(0.5))),
        Kind::Choice(options) if several => (among, json!([pick(random, options), pick(random, options)])),
        Kind::Choice(options) => (equal, json!(pick(random, options))),
        Kind::Letter if several => (among, json!(["A", "B"])),
        Kind::Letter => (ordered, json!(pick(random, &["A", "B", "C"]))),
        Kind::Date if several => {
            (pick(random, &["within_last", "within_next"]), json!(pick(random, &["10d", "2w", "1month"])))
        }
        Kind::Date if random.random_bool(0.4) => (ordered, json!({ "ref": "today", "plus": "-12d" })),
        Kind::Date => (ordered, json!(date(maker.around(random)))),
        Kind::Instant if several => {
            (pick(random, &["within_last", "within_next"]), json!(pick(random, &["100h", "10d", "1month"])))
        }
        Kind::Instant if random.random_bool(0.3) => (ordered, json!({ "ref": "now", "plus": "-9d" })),
        Kind::Instant if random.random_bool(0.3) => (ordered, json!({ "ref": "today", "plus": "3d" })),
        Kind::Instant => (ordered, json!(maker.around(random).to_string())),
        Kind::Customer if several => (among, json!([maker.customer_id(random), maker.customer_id(random)])),
        Kind::Customer => (equal, maker.customer_id(random)),
        Kind::Customers if several => ("has", maker.customer_id(random)),
        Kind::Customers => {
            let two = json!([maker.customer_id(random), maker.customer_id(random)]);
            (pick(random, &["has_any", "has_all"]), two)
        }
        Kind::Person => (equal, json!({ "ref": "caller.id" })),
        Kind::List(options) if several => ("has", json!(pick(random, options))),
        Kind::List(options) => {
            (pick(random, &["has_any", "has_all"]), json!([pick(random, options), pick(random, options)]))
        }
        Kind::Table => ("not_empty", Value::Null),
    }
}
