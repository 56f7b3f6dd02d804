//! Pages of records in a stable order, counts, matches and titles.

use std::collections::HashMap;

use kezhi_types::query::{Column, Count, CountMode, Filter, Query};
use kezhi_types::{Id, Record};

use crate::conn::Conn;
use crate::error::Error;
use crate::tx::reads;

/// A page of records.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// At most `limit` records, in order.
    pub records: Vec<Record>,
    /// Whether more follow.
    pub has_more: bool,
    /// How many there are in all, when asked.
    pub count: Option<Count>,
}

async fn list(conn: &mut Conn, query: &Query) -> Result<Page, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn count(conn: &mut Conn, query: &Query, mode: CountMode) -> Result<Option<Count>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn matches(conn: &mut Conn, entity: &str, filter: &Filter, id: Id) -> Result<bool, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn matching(conn: &mut Conn, entity: &str, filter: &Filter, ids: &[Id]) -> Result<Vec<Id>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn ids(conn: &mut Conn, entity: &str, filter: Option<&Filter>, after: Option<Id>, limit: u32) -> Result<Vec<Id>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn titles(conn: &mut Conn, entity: &str, column: &Column, ids: &[Id]) -> Result<HashMap<Id, String>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

reads! {
    /// A page of an entity: living records, or those in the bin.
    fn list(query: &Query) -> Page = list;
    /// How many records answer a query, paging aside.
    fn count(query: &Query, mode: CountMode) -> Option<Count> = count;
    /// Whether a record, in the bin or not, fulfils a filter.
    fn matches(entity: &str, filter: &Filter, id: Id) -> bool = matches;
    /// Those of the records that fulfil a filter, in no order.
    fn matching(entity: &str, filter: &Filter, ids: &[Id]) -> Vec<Id> = matching;
    /// Living records by id, for walks over everything: continue after the last id given.
    fn ids(entity: &str, filter: Option<&Filter>, after: Option<Id>, limit: u32) -> Vec<Id> = ids;
    /// What records are called: the text of one column, of those that exist and have it.
    fn titles(entity: &str, column: &Column, ids: &[Id]) -> HashMap<Id, String> = titles;
}
