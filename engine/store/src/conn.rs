//! One connection of any sort: a turn on the SQLite writer, a SQLite reader, a PostgreSQL transaction
//! or reader. Everything that asks or tells the database goes through its three verbs.

use std::sync::Arc;

use sea_orm::sqlx::{self, AssertSqlSafe, Postgres, pool::PoolConnection};
use tokio::task::coop::consume_budget;

use crate::bind::{Bind, Dialect, Row, bind_postgres};
use crate::catalog::{Catalog, SharedCatalog};
use crate::error::Error;
use crate::readers::SqliteReader;
use crate::writer::{Turn, Words};

/// A connection, with what is known of the tables.
pub(crate) struct Conn {
    pub kind: Kind,
    catalog: SharedCatalog,
}

pub(crate) enum Kind {
    Turn(Box<Turn>),
    Reader(SqliteReader),
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

    /// Makes sure that the tables are known as they are at change number `layout` under this release.
    pub async fn renew_catalog(&mut self, release: i64, layout: i64) -> Result<(), Error> {
        let catalog = self.catalog.clone();
        if let Some(alone) = catalog.renew(self, (release, layout)).await? {
            self.catalog = alone;
        }
        Ok(())
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

    /// The live release as the SQLite writer remembers it; no place to remember it elsewhere.
    pub fn live_release(&mut self) -> Option<&mut Option<i64>> {
        match &mut self.kind {
            Kind::Turn(turn) => Some(turn.live_release()),
            _ => None,
        }
    }

    /// SQLite: lets the words of a record be written with those of the turns that are committed together.
    pub fn write_words(&mut self, words: Words) {
        if let Kind::Turn(turn) = &mut self.kind {
            turn.write_words(words);
        }
    }

    /// Runs a statement and returns the number of rows it touched.
    pub async fn run(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<u64, Error> {
        let sql = sql.into();
        match &mut self.kind {
            Kind::Turn(turn) => {
                // A long turn lets others on its thread have theirs.
                consume_budget().await;
                turn.run(&sql, &binds)
            }
            Kind::Reader(reader) => reader.rows(&sql, &binds).await.map(|_| 0),
            Kind::Transaction(tx) => Ok(postgres(sql, binds).execute(&mut ***tx).await?.rows_affected()),
            Kind::PostgresReader(reader) => {
                Ok(postgres(sql, binds).execute(&mut **reader).await?.rows_affected())
            }
        }
    }

    /// All rows of a statement.
    pub async fn rows(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<Vec<Row>, Error> {
        let sql = sql.into();
        let sqlite = match &mut self.kind {
            Kind::Turn(turn) => {
                consume_budget().await;
                turn.rows(&sql, &binds)?
            }
            Kind::Reader(reader) => reader.rows(&sql, &binds).await?,
            Kind::Transaction(tx) => return postgres_rows(postgres(sql, binds).fetch_all(&mut ***tx).await),
            Kind::PostgresReader(reader) => {
                return postgres_rows(postgres(sql, binds).fetch_all(&mut **reader).await);
            }
        };
        Ok(sqlite.into_iter().map(Row::Sqlite).collect())
    }

    /// The first row of a statement, if there is one.
    pub async fn row(&mut self, sql: impl Into<String>, binds: Vec<Bind>) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, binds).await?.into_iter().next())
    }
}

type PostgresQuery = sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments>;

fn postgres(sql: String, binds: Vec<Bind>) -> PostgresQuery {
    binds.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), bind_postgres)
}

fn postgres_rows(rows: Result<Vec<sqlx::postgres::PgRow>, sqlx::Error>) -> Result<Vec<Row>, Error> {
    Ok(rows?.into_iter().map(Row::Postgres).collect())
}
