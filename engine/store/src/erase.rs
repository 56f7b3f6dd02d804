//! Taking records out for good, with everything that is kept about them.

use crate::bind::{Bind, Dialect, binds};
use crate::catalog::EntityTable;
use crate::conn::Conn;
use crate::error::Error;

/// Tables that keep rows about a record, by `entity` and `record`.
const ABOUT: [&str; 6] = ["history", "comments", "events", "stale", "outbox", "incidents"];

pub(crate) async fn delete_sample(conn: &mut Conn) -> Result<u64, Error> {
    let catalog = conn.catalog();
    let mut gone = 0;
    for table in catalog.entities() {
        gone += erase_sample(conn, table).await?;
    }
    conn.run("DELETE FROM sample", vec![]).await?;
    Ok(gone)
}

async fn erase_sample(conn: &mut Conn, table: &EntityTable) -> Result<u64, Error> {
    let these = "SELECT record FROM sample WHERE entity = $1";
    let runs = format!("SELECT id FROM runs WHERE entity = $1 AND record IN ({these})");
    let entity = || -> Vec<Bind> { binds![&table.entity] };
    for about in ["visits", "tasks", "timers", "outbox", "incidents"] {
        conn.run(format!("DELETE FROM {about} WHERE run IN ({runs})"), entity()).await?;
    }
    conn.run(format!("DELETE FROM runs WHERE entity = $1 AND record IN ({these})"), entity()).await?;
    for about in ABOUT.into_iter().chain(["date_triggers"]) {
        conn.run(format!("DELETE FROM {about} WHERE entity = $1 AND record IN ({these})"), entity()).await?;
    }
    if conn.dialect() == Dialect::Sqlite && !table.searched.is_empty() {
        let sql = format!(
            "DELETE FROM \"{}\" WHERE rowid IN (SELECT row FROM \"{}\" WHERE id IN ({these}))",
            table.words, table.table
        );
        conn.run(sql, entity()).await?;
    }
    conn.run(format!("DELETE FROM \"{}\" WHERE id IN ({these})", table.table), entity()).await
}
