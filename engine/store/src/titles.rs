//! What records are called.

use std::collections::HashMap;

use kezhi_types::Id;
use kezhi_types::query::{Column, Shape};

use crate::bind::Bind;
use crate::conn::Conn;
use crate::error::Error;
use crate::sql::{Source, Sql};
use crate::tx::{padded, reads};

async fn titles(
    conn: &mut Conn,
    entity: &str,
    column: &Column,
    ids: &[Id],
) -> Result<HashMap<Id, String>, Error> {
    let text_column = Column { shape: Shape::Text, ..column.clone() };
    let mut titles = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(256) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let source = sql.source(entity)?;
        let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
        let place = sql.place(&source, &text_column)?;
        let list = sql.bind_all(padded(ids).into_iter().map(Bind::from).collect());
        let text = format!(
            "SELECT {alias}.id, CAST({} AS TEXT) FROM \"{}\" {alias} WHERE {alias}.id IN ({list})",
            place.expression, table.table
        );
        for row in conn.rows(text, sql.binds).await? {
            if let Some(title) = row.maybe_text(1)? {
                titles.insert(row.id(0)?, title);
            }
        }
    }
    Ok(titles)
}

reads! {
    /// What records are called: the text of one column, of those that exist and have it.
    fn titles(entity: &str, column: &Column, ids: &[Id]) -> HashMap<Id, String> = titles;
}
