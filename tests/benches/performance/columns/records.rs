//! The customers of the million as rows to be bound: eleven fields in one document, two that the engine would derive in
//! the other, and their typed copies where a way has them.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::ways::{Dialect, FIELDS, Field, Kind, SYSTEM, Scheme, TABLE, Way};
use crate::million::people::{Customer, Customers, DEPARTMENTS, OWNERS};

/// A moment in 2026, in milliseconds.
const BEGUN: i64 = 1_772_000_000_000;
/// The first id of records, of owners and of departments.
const RECORDS: u128 = 0x019a_a0b0_0000_7000_8000_0000_0000_0000;
const PEOPLE: u128 = 0x019a_a0b0_0000_7000_9000_0000_0000_0000;
const OFFICES: u128 = 0x019a_a0b0_0000_7000_a000_0000_0000_0000;
/// Hundredths: what a changed amount and a sum of orders stay below.
const MOST: u64 = 12_000_000;
/// Spreads the numbers of records over all of them.
const SPREAD: u64 = 2_654_435_761;

/// A value to be bound.
#[derive(Debug, Clone)]
pub enum Value {
    Int(i64),
    Text(String),
    Id(Uuid),
    /// A JSON document.
    Document(String),
}

/// The id of the record with this number; ids of later numbers are larger.
pub fn id(number: u64) -> Uuid {
    Uuid::from_u128(RECORDS + u128::from(number))
}

/// One of the first `rows` numbers; all turn up as the turns go on, in no order.
pub fn any(turn: u64, rows: u64) -> u64 {
    turn.wrapping_mul(SPREAD) % rows
}

/// The rows that are loaded first, in the order of their numbers.
pub fn loaded(scheme: Scheme) -> impl Iterator<Item = Vec<Value>> {
    Customers::loaded().zip(0..).map(move |(customer, number)| row(scheme, &customer, number))
}

/// So many rows of another seed, with the ids of the first; give each its own by [`renumber`].
pub fn fresh(scheme: Scheme, rows: usize) -> Vec<Vec<Value>> {
    let customers = Customers::new(7, 5_000_000).take(rows);
    customers.zip(0..).map(|(customer, number)| row(scheme, &customer, number)).collect()
}

/// Gives a row another id.
pub fn renumber(row: &mut [Value], number: u64) {
    if let Some(first) = row.first_mut() {
        *first = Value::Id(id(number));
    }
}

/// The statement that inserts so many rows, each bound as [`loaded`] gives it.
pub fn insert(scheme: Scheme, rows: usize) -> String {
    let mut names: Vec<String> =
        SYSTEM.iter().chain(&["data", "derived"]).map(|name| (*name).to_owned()).collect();
    if scheme.way == Way::Columns {
        names.extend(FIELDS.iter().map(|field| format!("f_{}", field.key)));
    }
    let places = |row: usize| {
        let each = names.iter().enumerate().map(|(at, name)| {
            let bound = scheme.bound(row * names.len() + at + 1);
            let document = name == "data" || name == "derived";
            if document && scheme.way == Way::Binary { format!("jsonb({bound})") } else { bound }
        });
        format!("({})", each.collect::<Vec<_>>().join(", "))
    };
    let rows: Vec<String> = (0..rows).map(places).collect();
    format!("INSERT INTO {TABLE} ({}) VALUES {}", names.join(", "), rows.join(", "))
}

/// The statement that sets one text field of the record with the first bound value as its id; see [`changed`].
pub fn update(scheme: Scheme, key: &str) -> String {
    let [id, at, text, typed] = [1, 2, 3, 4].map(|nth| scheme.bound(nth));
    let data = match (scheme.dialect, scheme.way) {
        (Dialect::Sqlite, Way::Binary) => format!("jsonb_set(data, '$.{key}', {text})"),
        (Dialect::Sqlite, _) => format!("json_set(data, '$.{key}', {text})"),
        (Dialect::Postgres, _) => format!("jsonb_set(data, '{{{key}}}', to_jsonb({text}))"),
    };
    let column = if has_column(scheme, key) { format!(", f_{key} = {typed}") } else { String::new() };
    format!(
        "UPDATE {TABLE} SET version = version + 1, updated_at = {at}, data = {data}{column} WHERE id = {id}"
    )
}

/// What [`update`] binds for the `nth` change: one of the first `rows` records gets a decimal below [`MOST`].
pub fn changed(scheme: Scheme, key: &str, (nth, rows): (u64, u64)) -> Vec<Value> {
    let hundredths = any(nth, MOST);
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let mut values = vec![Value::Id(id(any(nth, rows))), Value::Int(BEGUN), Value::Text(text)];
    if has_column(scheme, key) {
        values.push(Value::Int(hundredths as i64));
    }
    values
}

fn has_column(scheme: Scheme, key: &str) -> bool {
    scheme.way == Way::Columns && FIELDS.iter().any(|field| field.key == key)
}

fn row(scheme: Scheme, customer: &Customer, number: u64) -> Vec<Value> {
    let Customer { fields: data, owner } = customer;
    let spent = any(number, MOST);
    let derived = json!({
        "spent": format!("{}.{:02}", spent / 100, spent % 100),
        "value": { "letter": data["grade"], "score": data["score"] },
    });
    let person = Uuid::from_u128(PEOPLE + (owner % OWNERS) as u128);
    let department = Uuid::from_u128(OFFICES + (owner % DEPARTMENTS) as u128);
    let at = BEGUN + number as i64;
    let mut values = vec![
        Value::Id(id(number)),
        Value::Int(1),
        Value::Int(at),
        Value::Id(person),
        Value::Int(at),
        Value::Id(person),
        Value::Id(person),
        Value::Id(department),
        Value::Document(data.to_string()),
        Value::Document(derived.to_string()),
    ];
    if scheme.way == Way::Columns {
        values.extend(
            FIELDS.iter().map(|field| typed(field, if field.document == "data" { data } else { &derived })),
        );
    }
    values
}

/// The value of a promoted field, as its column holds it.
fn typed(field: &Field, document: &Json) -> Value {
    let found = field.path.iter().fold(document, |value, key| &value[*key]);
    let text = || found.as_str().expect("the seeded rows have every field");
    match field.kind {
        Kind::Text => Value::Text(text().to_owned()),
        Kind::Integer => Value::Int(found.as_i64().expect("the seeded rows have every field")),
        Kind::Hundredths => Value::Int(text().replace('.', "").parse().expect("an amount has two decimals")),
    }
}
