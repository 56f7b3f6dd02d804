//! Customers that look like customers: thirteen fields, about 540 bytes as JSON, the same from the same seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const INDUSTRIES: [&str; 8] =
    ["manufacturing", "finance", "technology", "retail", "health", "education", "logistics", "energy"];
const REGIONS: [&str; 6] = ["north", "south", "east", "west", "central", "overseas"];
const STATUSES: [&str; 5] = ["lead", "active", "paused", "lost", "closed"];
const PLACES: [&str; 8] =
    ["Harbour", "Summit", "Willow", "Granite", "Meadow", "Lantern", "Orchard", "Compass"];
const TRADES: [&str; 6] = ["Trading", "Foods", "Medical", "Software", "Textile", "Shipping"];
const WORDS: [&str; 16] = [
    "asked",
    "for",
    "a",
    "new",
    "offer",
    "before",
    "the",
    "quarter",
    "ends",
    "delivery",
    "and",
    "payment",
    "were",
    "discussed",
    "call",
    "again",
];

/// The customer with this number.
pub fn customer(number: u64) -> Value {
    let mut dice = StdRng::seed_from_u64(number);
    let place = PLACES[dice.random_range(0..PLACES.len())];
    let trade = TRADES[dice.random_range(0..TRADES.len())];
    // Few are large: the product of two even distributions leans to the small.
    let amount = dice.random_range(0..2_000) * dice.random_range(0..250);
    let notes: Vec<&str> =
        (0..dice.random_range(25..55)).map(|_| WORDS[dice.random_range(0..WORDS.len())]).collect();
    json!({
        "code": format!("C{number:08}"),
        "name": format!("{place} {trade} {number:06}"),
        "phone": format!("+86 138 {:04} {:04}", dice.random_range(0..10_000), dice.random_range(0..10_000)),
        "email": format!("office{number}@{}.example", place.to_lowercase()),
        "industry": INDUSTRIES[dice.random_range(0..INDUSTRIES.len())],
        "region": REGIONS[dice.random_range(0..REGIONS.len())],
        "amount": format!("{amount}.{:02}", dice.random_range(0..100)),
        "score": dice.random_range(0..=100),
        "staff": dice.random_range(1..500),
        "birthday": format!("{}-{:02}-{:02}", dice.random_range(1950..2005), dice.random_range(1..13), dice.random_range(1..29)),
        "status": STATUSES[dice.random_range(0..STATUSES.len())],
        "newsletter": dice.random_bool(0.3),
        "notes": notes.join(" "),
    })
}
