//! What a question may cost, told before anything is asked of it. How long it takes all the same, the store limits.

use serde_json::Value;

use super::{LEAVES, QueryError};

/// `some`, `every` and `count` of one question, and how deep they may lie inside one another.
const ROWS: usize = 20;
const DEPTH: usize = 3;
/// Values that a condition lists in all, and those that a list is asked for (`has_any`, `has_all`, `under`).
const VALUES: usize = 5_000;
const MEMBERS: usize = 200;
/// Parts of a condition, those that hold nothing included, for each comparison that it may have.
const PARTS: usize = 3;
/// Fields that are asked for by name.
const FIELDS: usize = 1_000;
/// Relations that are included.
const INCLUDES: usize = 20;

/// What a condition asks of the store.
#[derive(Default)]
struct Cost {
    leaves: usize,
    parts: usize,
    rows: usize,
    depth: usize,
    values: usize,
    members: usize,
}

/// Refuses a condition that asks too much, before it is read.
///
/// # Errors
/// `query.too_many_leaves`, `query.too_many_rows`, `query.too_many_values`.
pub(super) fn check(condition: &Value) -> Result<(), QueryError> {
    let mut cost = Cost::default();
    cost.add(condition, 0);
    if cost.leaves > LEAVES || cost.parts > LEAVES * PARTS {
        return Err(QueryError::new("query.too_many_leaves", 422).with("max", LEAVES));
    }
    if cost.rows > ROWS || cost.depth > DEPTH {
        return Err(QueryError::new("query.too_many_rows", 422).with("max", ROWS).with("depth", DEPTH));
    }
    for (listed, most) in [(cost.members, MEMBERS), (cost.values, VALUES)] {
        if listed > most {
            return Err(QueryError::new("query.too_many_values", 422).with("max", most));
        }
    }
    Ok(())
}

/// Refuses more names than a question may hold.
///
/// # Errors
/// `query.too_many_names`.
pub(super) fn names(fields: &[String], include: &[String]) -> Result<(), QueryError> {
    let most = if include.len() > INCLUDES { INCLUDES } else { FIELDS };
    if include.len() > INCLUDES || fields.len() > FIELDS {
        return Err(QueryError::new("query.too_many_names", 422).with("max", most));
    }
    Ok(())
}

impl Cost {
    /// Adds a part of a condition that lies inside so many questions about rows. JSON is no deeper than 64.
    fn add(&mut self, part: &Value, inside: usize) {
        self.parts += 1;
        match part {
            Value::Array(parts) => parts.iter().for_each(|part| self.add(part, inside)),
            Value::Object(map) => {
                let rows = ["some", "every", "count"].iter().any(|key| map.contains_key(*key));
                let inside = inside + usize::from(rows);
                self.rows += usize::from(rows);
                self.depth = self.depth.max(inside);
                self.leaves += usize::from(rows || map.contains_key("op"));
                let listed = map.get("value").and_then(Value::as_array).map_or(0, Vec::len);
                let op = map.get("op").and_then(Value::as_str).unwrap_or_default();
                self.values += listed;
                if op.starts_with("has") || op == "under" {
                    self.members = self.members.max(listed);
                }
                for key in ["all", "any", "not", "where"] {
                    if let Some(part) = map.get(key) {
                        self.add(part, inside);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(condition: &Value) -> Option<&'static str> {
        check(condition).err().map(|error| error.code)
    }

    #[test]
    fn what_a_question_asks_is_counted() {
        let leaf = json!({ "field": "name", "op": "eq", "value": "x" });
        let many = |count: usize, part: Value| json!({ "any": vec![part; count] });
        let nested =
            |depth: usize| (0..depth).fold(leaf.clone(), |inner, _| json!({ "some": "a.b", "where": inner }));
        let listing = |count: usize| json!({ "field": "name", "op": "in", "value": vec!["x"; count] });
        for (asked, refused) in [
            (leaf.clone(), None),
            (many(200, leaf.clone()), None),
            (many(201, leaf.clone()), Some("query.too_many_leaves")),
            (many(1_001, json!({ "all": [] })), Some("query.too_many_leaves")),
            (nested(3), None),
            (nested(4), Some("query.too_many_rows")),
            (many(20, json!({ "count": "a.b", "op": "gt", "value": 1 })), None),
            (many(21, json!({ "count": "a.b", "op": "gt", "value": 1 })), Some("query.too_many_rows")),
            (listing(5_000), None),
            (many(2, listing(2_501)), Some("query.too_many_values")),
            (json!({ "field": "tags", "op": "has_any", "value": vec!["x"; 200] }), None),
            (
                json!({ "field": "tags", "op": "has_any", "value": vec!["x"; 201] }),
                Some("query.too_many_values"),
            ),
            (json!({ "not": { "not": listing(5_001) } }), Some("query.too_many_values")),
        ] {
            assert_eq!(code(&asked), refused);
        }
        let names_of = |count: usize| vec!["name".to_owned(); count];
        assert!(names(&names_of(1_000), &names_of(20)).is_ok());
        assert!(names(&names_of(1_001), &[]).is_err() && names(&[], &names_of(21)).is_err());
    }
}
