//! What belongs to a person.

use kezhi_types::Id;

use crate::conn::Conn;
use crate::error::Error;
use crate::sql::{Source, Sql};
use crate::tx::reads;

async fn owned_ids(
    conn: &mut Conn,
    entity: &str,
    owner: Id,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<Id>, Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let Source::Table { table, .. } = sql.source(entity)? else { unreachable!("a table was asked for") };
    let after = after.unwrap_or(Id::from_bytes([0; 16]));
    let (owner, after, limit) = (sql.bind(owner), sql.bind(after), sql.bind(limit));
    let text = format!(
        "SELECT id FROM \"{}\" WHERE owner_id = {owner} AND deleted_at IS NULL AND id > {after} ORDER BY id LIMIT {limit}",
        table.table
    );
    conn.rows(text, sql.binds).await?.iter().map(|row| row.id(0)).collect()
}

async fn owned_count(conn: &mut Conn, entity: &str, owner: Id) -> Result<i64, Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let Source::Table { table, .. } = sql.source(entity)? else { unreachable!("a table was asked for") };
    let owner = sql.bind(owner);
    let text =
        format!("SELECT COUNT(*) FROM \"{}\" WHERE owner_id = {owner} AND deleted_at IS NULL", table.table);
    let row = conn.row(text, sql.binds).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

reads! {
    /// Living records of a person, by id, behind the record `after`.
    fn owned_ids(entity: &str, owner: Id, after: Option<Id>, limit: u32) -> Vec<Id> = owned_ids;
    /// How many living records a person has.
    fn owned_count(entity: &str, owner: Id) -> i64 = owned_count;
}
