//! What is left over: tables that nobody asks any more, values that are kept no longer, evolutions that came to nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use kezhi_types::query::Layout;
use kezhi_types::{Id, Timestamp};
use sea_orm::sqlx::{self, Postgres, pool::PoolConnection};
use tokio::sync::OwnedMutexGuard;

use super::Shadow;
use crate::bind::{Dialect, binds};
use crate::catalog::EntityTable;
use crate::error::Error;
use crate::store::{Store, Writing};

/// Rows that are swept in one statement.
const SWEPT: i64 = 2_000;
/// The lock of whoever publishes, beside that of writers.
const PUBLISHING: &str = "hashtext(current_schema() || ':publish')::bigint";
/// Between two tries for the lock.
const PAUSE: Duration = Duration::from_millis(50);

/// Nobody else publishes, in no process, while this is held.
pub struct Lease {
    _here: OwnedMutexGuard<()>,
    conn: Option<PoolConnection<Postgres>>,
}

impl Lease {
    /// Gives the right back at once; dropped it comes back when the database notices.
    pub async fn end(mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        let sql = format!("SELECT pg_advisory_unlock({PUBLISHING})");
        if sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *conn).await.is_err() {
            drop(conn.detach());
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // The lock belongs to the session, so it goes with the connection.
        if let Some(conn) = self.conn.take() {
            drop(conn.detach());
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Lease")
    }
}

impl Store {
    /// The right to publish; `None` when somebody else has it and keeps it for `patience`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lease(&self, patience: Duration) -> Result<Option<Lease>, Error> {
        let waited = tokio::time::timeout(patience, self.publishing.clone().lock_owned()).await;
        let Ok(here) = waited else { return Ok(None) };
        let Writing::Postgres(pool) = &self.writing else {
            return Ok(Some(Lease { _here: here, conn: None }));
        };
        let mut conn = pool.acquire().await?;
        let tries = patience.as_millis() / PAUSE.as_millis().max(1);
        for attempt in 0..=tries {
            let sql = format!("SELECT pg_try_advisory_lock({PUBLISHING})");
            let got: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *conn).await?;
            if got {
                return Ok(Some(Lease { _here: here, conn: Some(conn) }));
            }
            if attempt < tries {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(None)
    }

    /// Drops whatever was begun for an evolution that is not this job's, or all of it; only under the [`Lease`]. Says how
    /// many there were.
    ///
    /// # Errors
    /// Only when the database fails; what is left is dropped another time.
    pub async fn drop_evolutions(&self, but: Option<Id>) -> Result<usize, Error> {
        let but = but.unwrap_or(Id(uuid::Uuid::nil()));
        let sql = "SELECT entity, generation FROM evolutions WHERE state = 'filling' AND job <> $1";
        let rows = self.reader().connect().await?.rows(sql, binds![but]).await?;
        for row in &rows {
            self.drop_evolution(&row.text(0)?, row.int(1)?).await?;
        }
        Ok(rows.len())
    }

    async fn drop_evolution(&self, entity: &str, generation: i64) -> Result<(), Error> {
        let sql = "DELETE FROM evolved WHERE entity = $1 AND generation = $2 AND record IN \
                   (SELECT record FROM evolved WHERE entity = $1 AND generation = $2 LIMIT $3)";
        while self.delete_some(sql, (entity, generation)).await? > 0 {}
        let mut tx = self.begin_alone().await?;
        let conn = &mut tx.conn;
        let old = (**conn.catalog().entity(entity)?).clone();
        let bare = Layout {
            entity: entity.to_owned(),
            promoted: Vec::new(),
            indexes: Vec::new(),
            searched: Vec::new(),
            matched: Vec::new(),
        };
        let mut shadow = Shadow::new(&old, &bare, &BTreeSet::new(), generation)?;
        // What it was to have beside its table is not known any more; the names say what belongs to it.
        shadow.fresh_words = true;
        shadow.table = EntityTable::new(entity, generation, generation);
        let end = format!(".{generation}");
        for name in tables_like(conn, &format!("l_{entity}."), &end).await? {
            conn.run(format!("DROP TABLE IF EXISTS \"{name}\""), vec![]).await?;
        }
        shadow.drop(conn).await?;
        let sql = "DELETE FROM evolutions WHERE entity = $1 AND generation = $2 AND state = 'filling'";
        conn.run(sql, binds![entity, generation]).await?;
        tx.commit().await
    }

    async fn delete_some(&self, sql: &str, (entity, generation): (&str, i64)) -> Result<u64, Error> {
        let mut tx = self.begin().await?;
        let gone = tx.conn.run(sql, binds![entity, generation, SWEPT]).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Drops tables that nobody has asked since `before`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn drop_retired(&self, before: Timestamp) -> Result<(), Error> {
        // Tables before the functions of their triggers.
        let sql = "SELECT name, sort FROM retired WHERE at < $1 ORDER BY sort DESC, name";
        let rows = self.reader().connect().await?.rows(sql, binds![before]).await?;
        for row in &rows {
            let (name, sort) = (row.text(0)?, row.text(1)?);
            let statement = match sort.as_str() {
                "function" => format!("DROP FUNCTION IF EXISTS \"{name}\"()"),
                _ => format!("DROP TABLE IF EXISTS \"{name}\""),
            };
            let mut tx = self.begin().await?;
            tx.conn.run(statement, vec![]).await?;
            tx.conn.run("DELETE FROM retired WHERE name = $1", binds![name]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Forgets the values that evolutions before `before` kept.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn sweep_evolved(&self, before: Timestamp) -> Result<(), Error> {
        let sql = "SELECT entity, generation FROM evolutions WHERE state = 'live' AND at < $1";
        let rows = self.reader().connect().await?.rows(sql, binds![before]).await?;
        for row in &rows {
            let (entity, generation) = (row.text(0)?, row.int(1)?);
            let sql = "DELETE FROM evolved WHERE entity = $1 AND generation = $2 AND record IN \
                       (SELECT record FROM evolved WHERE entity = $1 AND generation = $2 LIMIT $3)";
            while self.delete_some(sql, (&entity, generation)).await? > 0 {}
            let mut tx = self.begin().await?;
            let sql = "DELETE FROM evolutions WHERE entity = $1 AND generation = $2 AND state = 'live'";
            tx.conn.run(sql, binds![entity, generation]).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Tables whose name begins and ends so.
async fn tables_like(conn: &mut crate::conn::Conn, begins: &str, ends: &str) -> Result<Vec<String>, Error> {
    let sql = match conn.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        Dialect::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
    };
    let names: Vec<String> =
        conn.rows(sql, vec![]).await?.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
    Ok(names.into_iter().filter(|name| name.starts_with(begins) && name.ends_with(ends)).collect())
}
