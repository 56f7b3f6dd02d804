//! What is asked of each way and told to it: the statements and the values that they bind.

use super::records::{self, Value};
use super::ways::{Dialect, Scheme, TABLE, Way};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The 50 records of an industry with the largest amounts above one; an index begins with the two.
    Page,
    /// How many records of a grade have an amount above one; an index begins with the two.
    CountIndexed,
    /// How many records of a region have at least a score; no index begins with either.
    CountOther,
    /// Count and sum of the amounts by grade; an index begins with the two.
    GroupIndexed,
    /// Count and sum of the amounts by region; no index begins with it.
    GroupOther,
    /// So many new records in a transaction.
    Insert(usize),
    /// One field of so many records in a transaction.
    Update(&'static str, usize),
}

const INDUSTRIES: [&str; 8] =
    ["manufacturing", "finance", "technology", "retail", "health", "education", "logistics", "energy"];
const REGIONS: [&str; 5] = ["north", "south", "east", "west", "overseas"];
const GRADES: [&str; 4] = ["A", "B", "C", "D"];
/// Hundredths; half of all amounts are above the third.
const AMOUNTS: [i64; 5] = [100_000, 1_000_000, 3_000_000, 6_000_000, 10_000_000];
const SCORES: [i64; 3] = [20, 50, 80];

impl Work {
    /// Whether it changes nothing.
    pub fn reads(self) -> bool {
        !matches!(self, Self::Insert(_) | Self::Update(..))
    }

    /// Its statement; an insert is of `rows` rows.
    pub fn statement(self, scheme: Scheme, rows: usize) -> String {
        let [industry, region, grade, amount, score] =
            ["industry", "region", "grade", "amount", "score"].map(|key| scheme.place(key));
        let (first, second) = (scheme.bound(1), scheme.bound(2));
        let from = format!("FROM {TABLE} WHERE deleted_at IS NULL");
        match self {
            Self::Page => format!(
                "SELECT {} {from} AND {industry} = {first} AND {amount} > {second} ORDER BY {amount} DESC, id DESC LIMIT 50",
                whole(scheme)
            ),
            Self::CountIndexed => {
                format!("SELECT COUNT(*) {from} AND {grade} = {first} AND {amount} > {second}")
            }
            Self::CountOther => {
                format!("SELECT COUNT(*) {from} AND {region} = {first} AND {score} >= {second}")
            }
            Self::GroupIndexed => format!("SELECT {grade}, COUNT(*), SUM({amount}) {from} GROUP BY {grade}"),
            Self::GroupOther => format!("SELECT {region}, COUNT(*), SUM({amount}) {from} GROUP BY {region}"),
            Self::Insert(_) => records::insert(scheme, rows),
            Self::Update(key, _) => records::update(scheme, key),
        }
    }

    /// What a read binds, another thing each turn.
    pub fn asked(self, turn: u64) -> Vec<Value> {
        let turn = turn as usize;
        let both = |text: &str, number: i64| vec![Value::Text(text.to_owned()), Value::Int(number)];
        match self {
            Self::Page => both(INDUSTRIES[turn % 8], AMOUNTS[turn % 5]),
            Self::CountIndexed => both(GRADES[turn % 4], AMOUNTS[turn % 5]),
            Self::CountOther => both(REGIONS[turn % 5], SCORES[turn % 3]),
            _ => Vec::new(),
        }
    }
}

/// The columns that the engine reads of a record, its documents as text.
fn whole(scheme: Scheme) -> &'static str {
    match (scheme.dialect, scheme.way) {
        (Dialect::Sqlite, Way::Binary) => {
            "id, version, created_at, created_by, updated_at, updated_by, owner_id, department_id, deleted_at, \
             json(data), json(derived), stale"
        }
        _ => {
            "id, version, created_at, created_by, updated_at, updated_by, owner_id, department_id, deleted_at, \
             data, derived, stale"
        }
    }
}
