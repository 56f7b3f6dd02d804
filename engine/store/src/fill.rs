//! Older records get what their table newly wants of them: promoted columns, links, keys, words.

use kezhi_types::Id;

use crate::bind::{Bind, Dialect, binds};
use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;
use crate::rows::{self, promoted_names, promoted_values, words_key};
use crate::{keys, links, words};

/// Records filled in one transaction.
const BATCH: i64 = 500;
/// How often the same records are begun again.
const TRIES: usize = 20;

/// Fills the next records in the order of their ids and says how many they were. A writer may hold what this waits for while
/// it waits for what this holds: whoever is sent back begins again.
pub(crate) async fn fill_batch(conn: &mut Conn, table: &EntityTable) -> Result<i64, Error> {
    let mut tries = 0;
    loop {
        conn.run("SAVEPOINT filling", vec![]).await?;
        match fill_next(conn, table).await {
            Err(error) if error.is_transient() && tries < TRIES => tries += 1,
            outcome => return outcome,
        }
        conn.run("ROLLBACK TO SAVEPOINT filling", vec![]).await?;
    }
}

async fn fill_next(conn: &mut Conn, table: &EntityTable) -> Result<i64, Error> {
    let row = conn.row("SELECT cursor FROM entity_tables WHERE entity = $1", binds![&table.entity]).await?;
    let cursor = row.map_or(Ok(None), |row| row.maybe_id(0))?.unwrap_or(Id(uuid::Uuid::nil()));
    let lock = conn.for_update();
    let sql = format!(
        "SELECT id, data, derived, owner_id, department_id FROM \"{}\" WHERE id > $1 ORDER BY id LIMIT $2{lock}",
        table.table
    );
    let rows = conn.rows(sql, binds![cursor, BATCH]).await?;
    let mut last = cursor;
    let mut fresh = Vec::new();
    for row in &rows {
        last = row.id(0)?;
        let (data, derived) = (row.document(1)?, row.document(2)?);
        keys::of_old(table, (last, &data, &derived), &mut fresh);
        let mut sets: Vec<(String, Bind)> =
            promoted_names(table).zip(promoted_values(table, &data, &derived)).collect();
        if !table.words_ready {
            let whose = (row.maybe_id(3)?, row.maybe_id(4)?);
            let words = words::of_record(whose, &data, &derived, &table.searched);
            sets.push(("words_key".into(), words_key(&words).into()));
            match conn.dialect() {
                Dialect::Sqlite => rows::write_words(conn, table, last, &words).await?,
                Dialect::Postgres => sets.push(("words".into(), Bind::Texts(words))),
            }
        }
        rows::set(conn, table, last, sets).await?;
        links::replace(conn, table, last, &data).await?;
    }
    keys::add(conn, table, &fresh).await?;
    // Whoever writes has filled the columns from the first moment, so nobody runs after what is written meanwhile: fewer
    // than were asked for are the last.
    let cursor = if rows.len() < BATCH as usize { Id(uuid::Uuid::max()) } else { last };
    conn.run("UPDATE entity_tables SET cursor = $2 WHERE entity = $1", binds![&table.entity, cursor]).await?;
    Ok(rows.len() as i64)
}
