//! Reads of committed data.

use sea_orm::sqlx::{Postgres, pool::Pool};

use crate::catalog::SharedCatalog;
use crate::conn::{Conn, Kind};
use crate::error::Error;
use crate::readers::SqliteReaders;

/// Reads what has been committed. Cheap to clone; every call takes a connection of its own.
#[derive(Clone)]
pub struct Reader {
    pub(crate) pool: ReadPool,
    pub(crate) catalog: SharedCatalog,
}

#[derive(Clone)]
pub(crate) enum ReadPool {
    Sqlite(SqliteReaders),
    Postgres(Pool<Postgres>),
}

impl Reader {
    pub(crate) async fn connect(&self) -> Result<Conn, Error> {
        let kind = match &self.pool {
            ReadPool::Sqlite(readers) => Kind::Reader(readers.take()?),
            ReadPool::Postgres(pool) => Kind::PostgresReader(pool.acquire().await?),
        };
        Ok(Conn::new(kind, self.catalog.clone()))
    }
}
