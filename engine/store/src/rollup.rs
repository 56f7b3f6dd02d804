//! Aggregates over the records that point at others, exact to the last decimal.

use std::collections::HashMap;

use kezhi_types::Id;
use kezhi_types::query::{Filter, RollupQuery};
use serde_json::Value;

use crate::conn::Conn;
use crate::error::Error;
use crate::tx::reads;

async fn rollup(conn: &mut Conn, query: &RollupQuery, parents: &[Id]) -> Result<HashMap<Id, Value>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn count_related(conn: &mut Conn, entity: &str, filter: &Filter) -> Result<i64, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

reads! {
    /// The aggregate for each parent, in the JSON form of a stored value: count a number, sum and avg a
    /// number or decimal text as the column is (avg of scale + 2, half up), min, max and last as the column.
    /// A parent without children has count 0 and sum 0; for the others it is absent from the map.
    fn rollup(query: &RollupQuery, parents: &[Id]) -> HashMap<Id, Value> = rollup;
    /// How many living records of `entity` fulfil the filter; for guards such as `on_delete: refuse`.
    fn count_related(entity: &str, filter: &Filter) -> i64 = count_related;
}
