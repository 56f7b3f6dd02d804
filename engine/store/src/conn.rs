//! One connection of any sort: a turn on the SQLite writer, a SQLite reader, a PostgreSQL transaction
//! or reader. Everything that asks or tells the database goes through its three verbs.

use std::sync::Arc;

use sea_orm::sqlx::{self, AssertSqlSafe, Postgres, Sqlite, pool::PoolConnection};

use crate::bind::{Bind, Dialect, Row, bind_postgres, bind_sqlite};
use crate::catalog::{Catalog, SharedCatalog};
use crate::error::Error;
use crate::writer::Turn;

/// A connection, with what is known of the tables.
pub(crate) struct Conn {
    pub kind: Kind,
    catalog: SharedCatalog,
}

pub(crate) enum Kind {
    Turn(Box<Turn>),
    Reader(PoolConnection<Sqlite>),
    Transaction(Box<sqlx::Transaction<'static, Postgres>>),
    PostgresReader(PoolConnection<Postgres>),
}

impl Conn {
    pub fn new(kind: Kind, catalog: SharedCatalog) -> Self {
        Self { kind, catalog }
    }

    pub fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Turn(_) | Kind::Reader(_) => Dialect::Sqlite,
            Kind::Transaction(_) | Kind::PostgresReader(_) => Dialect::Postgres,
        }
    }

    /// The tables as they are now; a later call may see more columns.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.get()
    }

    /// ` FOR UPDATE` where rows are locked one by one; nothing where there is one writer.
    pub fn for_update(&self) -> &'static str {
        match self.kind {
            Kind::Transaction(_) => " FOR UPDATE",
            _ => "",
        }
    }

    /// ` FOR UPDATE SKIP LOCKED` for queues.
    pub fn skip_locked(&self) -> &'static str {
        match self.kind {
            Kind::Transaction(_) => " FOR UPDATE SKIP LOCKED",
            _ => "",
        }
    }

    /// Runs a statement and returns the number of rows it touched.
    pub async fn run(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<u64, Error> {
        let sql = AssertSqlSafe(sql.into());
        let done = match &mut self.kind {
            Kind::Turn(turn) => {
                // Alone, because a batch answers the rows that all its statements touched.
                if let Some(before) = turn.flush() {
                    before.query().execute(turn.connection()).await?;
                }
                sqlite_query(sql, binds).execute(turn.connection()).await?.rows_affected()
            }
            Kind::Reader(reader) => sqlite_query(sql, binds).execute(&mut **reader).await?.rows_affected(),
            Kind::Transaction(tx) => postgres_query(sql, binds).execute(&mut ***tx).await?.rows_affected(),
            Kind::PostgresReader(reader) => {
                postgres_query(sql, binds).execute(&mut **reader).await?.rows_affected()
            }
        };
        Ok(done)
    }

    /// Runs a statement whose answer nobody needs, at the latest with the commit, which then tells its error.
    pub async fn later(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<(), Error> {
        match &mut self.kind {
            Kind::Turn(turn) => {
                turn.later(&sql.into(), binds);
                Ok(())
            }
            _ => self.run(sql, binds).await.map(drop),
        }
    }

    /// All rows of a statement.
    pub async fn rows(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<Vec<Row>, Error> {
        let sql = AssertSqlSafe(sql.into());
        let rows = match &mut self.kind {
            Kind::Turn(turn) => {
                let batch = turn.batch(sql.0.as_str(), binds);
                sqlite_rows(batch.query().fetch_all(turn.connection()).await?)
            }
            Kind::Reader(reader) => sqlite_rows(sqlite_query(sql, binds).fetch_all(&mut **reader).await?),
            Kind::Transaction(tx) => postgres_rows(postgres_query(sql, binds).fetch_all(&mut ***tx).await?),
            Kind::PostgresReader(reader) => {
                postgres_rows(postgres_query(sql, binds).fetch_all(&mut **reader).await?)
            }
        };
        Ok(rows)
    }

    /// The first row of a statement, if there is one.
    pub async fn row(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, binds).await?.into_iter().next())
    }
}

type SqliteQuery = sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>;
type PostgresQuery = sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments>;

fn sqlite_query(sql: AssertSqlSafe<String>, binds: Vec<Bind>) -> SqliteQuery {
    binds.into_iter().fold(sqlx::query(sql), bind_sqlite)
}

fn postgres_query(sql: AssertSqlSafe<String>, binds: Vec<Bind>) -> PostgresQuery {
    binds.into_iter().fold(sqlx::query(sql), bind_postgres)
}

fn sqlite_rows(rows: Vec<sqlx::sqlite::SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

fn postgres_rows(rows: Vec<sqlx::postgres::PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}
