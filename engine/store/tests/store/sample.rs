//! Customers and orders for the cases.

use std::sync::atomic::{AtomicI64, Ordering};

use kezhi_types::condition::Op;
use kezhi_types::query::{Column, CountMode, Filter, Layout, Part, Promotion, Query, Shape, Sort};
use kezhi_types::{Id, Record, Timestamp};
use serde_json::{Value, json};

/// Ids grow in the order in which records are made.
static MADE: AtomicI64 = AtomicI64::new(0);

pub const NOW: Timestamp = Timestamp(1_772_352_000_000);

pub fn column(field: &str, shape: Shape) -> Column {
    Column { field: field.into(), part: Part::Data, shape }
}

pub fn name() -> Column {
    column("name", Shape::Text)
}
pub fn phone() -> Column {
    column("phone", Shape::Text)
}
pub fn budget() -> Column {
    column("budget", Shape::Decimal { scale: 2 })
}
pub fn visits() -> Column {
    column("visits", Shape::Integer)
}
pub fn level() -> Column {
    column("level", Shape::Option { order: vec!["gold".into(), "silver".into(), "bronze".into()] })
}
pub fn vip() -> Column {
    column("vip", Shape::Boolean)
}
pub fn birthday() -> Column {
    column("birthday", Shape::Date)
}
pub fn contacted() -> Column {
    column("contacted", Shape::Instant)
}
pub fn referrer() -> Column {
    column("referrer", Shape::Reference)
}
pub fn tags() -> Column {
    column("tags", Shape::List)
}
pub fn lines() -> Column {
    column("lines", Shape::Json)
}
pub fn grade() -> Column {
    Column {
        field: "value".into(),
        part: Part::GradeLetter,
        shape: Shape::Option { order: vec!["A".into(), "B".into(), "C".into()] },
    }
}
pub fn score() -> Column {
    Column { field: "value".into(), part: Part::GradeScore, shape: Shape::Integer }
}
pub fn customer() -> Column {
    column("customer", Shape::Reference)
}
pub fn amount() -> Column {
    column("amount", Shape::Decimal { scale: 2 })
}
pub fn status() -> Column {
    column("status", Shape::Text)
}

pub fn promote(column: Column) -> Promotion {
    Promotion { column, unique: false, digits: false }
}

/// Customers with nothing promoted: every question reads the documents.
pub fn bare() -> Layout {
    Layout { entity: "customer".into(), promoted: vec![], indexes: vec![], searched: vec![], matched: vec![] }
}

/// Customers with everything promoted.
pub fn full() -> Layout {
    let columns =
        [name(), budget(), visits(), level(), vip(), birthday(), contacted(), referrer(), grade(), score()];
    let mut promoted: Vec<Promotion> = columns.into_iter().map(promote).collect();
    promoted.push(Promotion { column: phone(), unique: true, digits: true });
    Layout {
        entity: "customer".into(),
        promoted,
        indexes: vec![vec!["name".into()], vec!["level".into(), "budget".into()], vec!["updated_at".into()]],
        searched: vec![name(), phone()],
        matched: vec![],
    }
}

pub fn bare_orders() -> Layout {
    Layout { entity: "order".into(), promoted: vec![], indexes: vec![], searched: vec![], matched: vec![] }
}

pub fn full_orders() -> Layout {
    let promoted = [customer(), amount(), status()].map(promote).to_vec();
    Layout {
        entity: "order".into(),
        promoted,
        indexes: vec![vec!["customer".into()]],
        searched: vec![],
        matched: vec![],
    }
}

pub fn record(entity: &str, data: Value) -> Record {
    let Value::Object(data) = data else { panic!("fields are an object") };
    Record {
        id: Id::new(NOW.plus_millis(MADE.fetch_add(1, Ordering::Relaxed))),
        entity: entity.into(),
        version: 1,
        created_at: NOW,
        created_by: Some(Id::SYSTEM),
        updated_at: NOW,
        updated_by: Some(Id::SYSTEM),
        owner: None,
        department: None,
        deleted_at: None,
        data,
        derived: serde_json::Map::new(),
        stale: vec![],
    }
}

pub fn customer_of(data: Value) -> Record {
    record("customer", data)
}

pub fn graded(data: Value, letter: &str, score: i64) -> Record {
    let mut record = customer_of(data);
    record.derived.insert("value".into(), json!({"letter": letter, "score": score, "reasons": []}));
    record
}

pub fn order_of(customer: Id, amount: &str, status: &str) -> Record {
    record("order", json!({"customer": customer.to_string(), "amount": amount, "status": status}))
}

pub fn compare(column: Column, op: Op, value: Value) -> Filter {
    Filter::Compare { path: vec![], column, op, value }
}

pub fn query(filter: Option<Filter>, sort: Vec<Sort>) -> Query {
    Query {
        entity: "customer".into(),
        filter,
        words: None,
        sort,
        limit: 100,
        after: None,
        count: CountMode::Capped,
        bin: false,
    }
}

pub fn names(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| record.data["name"].as_str().unwrap_or_default().to_owned()).collect()
}
