//! Records that stand against a field's becoming unique.

use kezhi_types::Id;

use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::reads;

/// Living records that share a value of a field which is to be unique.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubles {
    /// How many records share a value with another.
    pub records: i64,
    /// The first of them, those that share a value beside one another.
    pub examples: Vec<Id>,
}

/// Examples that are told.
const EXAMPLES: u32 = 10;

async fn doubles(conn: &mut Conn, entity: &str, field: &str) -> Result<Doubles, Error> {
    let table = conn.catalog().entity(entity)?.clone();
    doubles_in(conn, &table, field).await
}

/// The same of a table that nobody asks yet.
pub(crate) async fn doubles_in(conn: &mut Conn, table: &EntityTable, field: &str) -> Result<Doubles, Error> {
    let unique = table.columns.iter().filter(|column| column.promotion.column.field == field);
    let Some(name) = unique.filter_map(|column| column.unique_name.as_deref()).next() else {
        return Ok(Doubles::default());
    };
    let living = format!("FROM \"{}\" WHERE deleted_at IS NULL AND \"{name}\" IS NOT NULL", table.table);
    let shared = format!(
        "SELECT \"{name}\" AS value, COUNT(*) AS number {living} GROUP BY \"{name}\" HAVING COUNT(*) > 1"
    );
    let sql = format!("SELECT CAST(COALESCE(SUM(number), 0) AS BIGINT) FROM ({shared}) AS shared");
    let records = conn.row(sql, vec![]).await?.map_or(Ok(0), |row| row.int(0))?;
    let sql = format!(
        "SELECT id {living} AND \"{name}\" IN (SELECT value FROM ({shared} ORDER BY 1 LIMIT {EXAMPLES}) AS first) \
         ORDER BY \"{name}\", id LIMIT {EXAMPLES}"
    );
    let examples = conn.rows(sql, vec![]).await?.iter().map(|row| row.id(0)).collect::<Result<_, _>>()?;
    Ok(Doubles { records, examples })
}

reads! {
    /// What stands against a unique field. The layout that wants it unique must have been asked for: a refused
    /// [`crate::Store::ensure_layout`] leaves the column with the values that are compared.
    fn doubles(entity: &str, field: &str) -> Doubles = doubles;
}
