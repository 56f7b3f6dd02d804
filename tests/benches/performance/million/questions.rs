//! What sixteen callers ask of a million customers.

use std::sync::Arc;

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::company::{BATCH, Company};
use super::people::Customers;
use crate::caller::Requests;
use crate::limits::PAGE;
use crate::seeded::Dice;
use crate::workspace::{any, escaped, write};

const RECORDS: &str = "/api/entities/customer/records";
const INDUSTRIES: [&str; 8] =
    ["manufacturing", "finance", "technology", "retail", "health", "education", "logistics", "energy"];
const AMOUNTS: [&str; 5] = ["1000", "10000", "30000", "60000", "100000"];
/// Fresh rows that are ready to be sent, so that making them takes nothing from the engine.
const FRESH: usize = 20_000;

/// One customer by id.
pub fn get(company: &Company) -> Requests {
    let (staff, ids) = (company.staff.clone(), company.visible.clone());
    Arc::new(move |request| write(request, &format!("GET {RECORDS}/{}", any(&ids)), &staff, None))
}

/// A page of an industry's customers above an amount, the largest first.
pub fn list(company: &Company, count: &'static str) -> Requests {
    let staff = company.staff.clone();
    let paths: Vec<String> = INDUSTRIES
        .iter()
        .flat_map(|industry| AMOUNTS.iter().map(move |amount| question(industry, amount)))
        .map(|question| {
            format!("GET {RECORDS}?where={}&sort=-amount&limit={PAGE}&count={count}", escaped(&question))
        })
        .collect();
    Arc::new(move |request| write(request, one(&paths), &staff, None))
}

fn question(industry: &str, amount: &str) -> Value {
    json!({ "all": [
        { "field": "industry", "op": "eq", "value": industry },
        { "field": "amount", "op": "gt", "value": amount },
    ] })
}

/// A page of what is found under one of these words.
pub fn search(company: &Company, words: &[&str]) -> Requests {
    let staff = company.staff.clone();
    let paths: Vec<String> = words
        .iter()
        .map(|word| format!("GET {RECORDS}?q={}&limit={PAGE}&count=none", escaped_text(word)))
        .collect();
    Arc::new(move |request| write(request, one(&paths), &staff, None))
}

/// Four digits of a phone, any.
pub fn search_digits(company: &Company) -> Requests {
    let staff = company.staff.clone();
    Arc::new(move |request| {
        let digits = rand::rng().random_range(0..10_000);
        write(request, &format!("GET {RECORDS}?q={digits:04}&limit={PAGE}&count=none"), &staff, None);
    })
}

/// Count and sum of all customers by a field.
pub fn totals(company: &Company, by: &str) -> Requests {
    let boss = company.boss.clone();
    let body = json!({ "group_by": [by], "measures": [{ "count": "*" }, { "sum": "amount" }] });
    Arc::new(move |request| write(request, "POST /api/entities/customer/aggregate", &boss, Some(&body)))
}

/// A new customer.
pub fn create(company: &Company) -> Requests {
    let (staff, next, rows) = (company.staff.clone(), company.next.clone(), fresh(7));
    Arc::new(move |request| {
        let number = Company::number(&next) as usize;
        write(request, &format!("POST {RECORDS}"), &staff, Some(&rows[number % rows.len()]));
    })
}

/// A change of one field.
pub fn update(company: &Company) -> Requests {
    let (staff, ids) = (company.staff.clone(), company.visible.clone());
    Arc::new(move |request| {
        let fields = json!({ "score": rand::rng().random_range(0..=100) });
        write(request, &format!("PATCH {RECORDS}/{}", any(&ids)), &staff, Some(&fields));
    })
}

/// A thousand new customers at once.
pub fn batch(company: &Company) -> Requests {
    let boss = company.boss.clone();
    let rows = fresh(11);
    let bodies: Vec<Value> = rows
        .chunks(BATCH)
        .map(|rows| {
            let operations: Vec<Value> =
                rows.iter().map(|row| json!({ "op": "create", "record": row })).collect();
            json!({ "operations": operations })
        })
        .collect();
    Arc::new(move |request| {
        let body = bodies.choose(&mut rand::rng()).expect("there are batches");
        write(request, "POST /api/entities/customer/batch", &boss, Some(body));
    })
}

fn fresh(seed: u32) -> Vec<Value> {
    let start = u64::from(Dice::new(seed).between(2_000_000, 9_000_000));
    Customers::new(seed, start).take(FRESH).map(|customer| customer.fields).collect()
}

fn one(of: &[String]) -> &str {
    of.choose(&mut rand::rng()).expect("there are questions")
}

fn escaped_text(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
