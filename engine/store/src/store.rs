//! Opening and closing a workspace's database.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::str::FromStr;

use kezhi_migrations::{Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection as _, Pool, Postgres, Row as _};
use sea_orm::{SqlxPostgresConnector, SqlxSqliteConnector};

use crate::catalog::SharedCatalog;
use crate::config::{DatabaseUrl, StoreConfig, Synchronous};
use crate::conn::{Conn, Kind};
use crate::error::Error;
use crate::reader::{ReadPool, Reader};
use crate::readers::SqliteReaders;
use crate::sqlite::Sqlite;
use crate::tx::Tx;
use crate::writer::Writer;

/// Connections to PostgreSQL, readers and writers together.
const POSTGRES_CONNECTIONS: u32 = 20;
/// Whoever writes holds this lock with the others; whoever changes tables or makes a release live, alone. So the release
/// and the columns that a transaction has found stay those of the workspace until it ends, whichever process asks.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock_shared(hashtext(current_schema())::bigint)";
const BEGIN_ALONE: &str = "BEGIN; SELECT pg_advisory_xact_lock(hashtext(current_schema())::bigint)";
/// Statements kept prepared on each connection to PostgreSQL.
const STATEMENTS: usize = 512;

/// A workspace's database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) writing: Writing,
    reader: Reader,
    pub(crate) catalog: SharedCatalog,
    /// Held by whoever publishes in this process.
    pub(crate) publishing: std::sync::Arc<tokio::sync::Mutex<()>>,
    /// Held as long as the store lives, so that no second process writes to the file.
    _lock: Option<std::sync::Arc<File>>,
}

#[derive(Clone)]
pub(crate) enum Writing {
    Sqlite(Writer),
    Postgres(Pool<Postgres>),
}

impl Store {
    /// Opens the database, making it if need be, and brings it to this engine's step.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process holds the SQLite file, [`Error::Newer`] when a newer engine wrote
    /// it, [`Error::Io`], [`Error::Database`] or [`Error::Migration`] when it cannot be reached or brought up.
    pub async fn open(config: &StoreConfig) -> Result<Self, Error> {
        let store = match &config.url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path, config.synchronous).await?,
            DatabaseUrl::Postgres(url) => Self::open_postgres(url, config.schema.as_deref()).await?,
        };
        let mut conn = store.reader.connect().await?;
        store.catalog.load(&mut conn).await?;
        drop(conn);
        Ok(store)
    }

    /// Begins the one way to write. On SQLite it waits for its turn.
    ///
    /// # Errors
    /// [`Error::Database`] when the database cannot be reached.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let kind = match &self.writing {
            Writing::Sqlite(writer) => Kind::Turn(Box::new(writer.begin().await)),
            Writing::Postgres(pool) => Kind::Transaction(Box::new(pool.begin_with(BEGIN).await?)),
        };
        Ok(Tx { conn: Conn::new(kind, self.catalog.clone()), batch: None, held: HashMap::new() })
    }

    /// Begins a transaction beside which nobody writes, in no process: it waits for those that are open, and the others wait
    /// for it. For what all others rely on: the live release, and the columns of tables.
    ///
    /// # Errors
    /// [`Error::Database`] when the database cannot be reached.
    pub async fn begin_alone(&self) -> Result<Tx, Error> {
        let kind = match &self.writing {
            Writing::Sqlite(writer) => Kind::Turn(Box::new(writer.begin_alone().await?)),
            Writing::Postgres(pool) => Kind::Transaction(Box::new(pool.begin_with(BEGIN_ALONE).await?)),
        };
        let mut tx = Tx { conn: Conn::new(kind, self.catalog.clone()), batch: None, held: HashMap::new() };
        tx.live_release_number().await?;
        Ok(tx)
    }

    /// Reads of committed data.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The next number of counter `name` in `scope`, in a short transaction of its own: gaps are possible.
    /// Never call it while holding a [`Tx`]: on SQLite it would wait for itself.
    ///
    /// # Errors
    /// As [`Store::begin`] and [`Tx::commit`].
    pub async fn next_serial(&self, name: &str, scope: &str) -> Result<i64, Error> {
        let mut tx = self.begin().await?;
        let number = tx.next_serial(name, scope).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// Ends everything open and lets the database go.
    pub async fn close(self) {
        if let Writing::Sqlite(writer) = &self.writing {
            writer.close().await;
        }
        match &self.reader.pool {
            ReadPool::Sqlite(readers) => readers.close(),
            ReadPool::Postgres(pool) => pool.close().await,
        }
    }

    async fn open_sqlite(path: &Path, synchronous: Synchronous) -> Result<Self, Error> {
        let lock = lock_file(path)?;
        // The connection that will write comes first, because it is the one that makes the file as it should be.
        let writer = Writer::new(Sqlite::writer(path, synchronous)?, path);
        migrate_sqlite(path).await?;
        let readers = SqliteReaders::new(path);
        Ok(Self::assemble(Writing::Sqlite(writer), ReadPool::Sqlite(readers), Some(lock)))
    }

    async fn open_postgres(url: &str, schema: Option<&str>) -> Result<Self, Error> {
        let schema = schema.unwrap_or("public");
        let options = PgConnectOptions::from_str(url)?
            .options([("search_path", schema)])
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging();
        // The pool would try for half a minute; whoever starts a server wants to hear at once.
        sqlx::PgConnection::connect_with(&options).await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        migrate_postgres(&pool, schema).await?;
        Ok(Self::assemble(Writing::Postgres(pool.clone()), ReadPool::Postgres(pool), None))
    }

    fn assemble(writing: Writing, pool: ReadPool, lock: Option<File>) -> Self {
        let catalog = SharedCatalog::default();
        let reader = Reader { pool, catalog: catalog.clone() };
        Self {
            writing,
            reader,
            catalog,
            publishing: std::sync::Arc::default(),
            _lock: lock.map(std::sync::Arc::new),
        }
    }
}

/// Takes `<file>.lock`, which the operating system gives back when the process ends, however it ends.
fn lock_file(path: &Path) -> Result<File, Error> {
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |source| Error::Io { path, source }
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // What a company knows of its customers is for the account that serves it alone.
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io(folder))?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = Path::new(&name);
    let private = |name: &Path| {
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(name).map_err(io(name))
    };
    let file = private(name)?;
    match file.try_lock() {
        // The files that SQLite puts beside the database are as private as it is.
        Ok(()) => private(path).map(|_| file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Busy(path.display().to_string())),
        Err(std::fs::TryLockError::Error(source)) => Err(io(name)(source)),
    }
}

fn refuse_newer(applied: impl Iterator<Item = String>) -> Result<(), Error> {
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let unknown = applied.filter(|name| !known.contains(name)).max();
    match (unknown, known.into_iter().max()) {
        (Some(found), known) => Err(Error::Newer { found, known: known.unwrap_or_default() }),
        (None, _) => Ok(()),
    }
}

/// Brings a file up to date, over a connection of the library that the steps are written for.
async fn migrate_sqlite(path: &Path) -> Result<(), Error> {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(false).disable_statement_logging();
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let done = async {
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'";
        if sqlx::query(names).fetch_optional(&pool).await?.is_some() {
            let rows = sqlx::query("SELECT version FROM seaql_migrations").fetch_all(&pool).await?;
            refuse_newer(rows.iter().map(|row| row.get::<String, _>(0)))?;
        }
        Ok(Migrator::up(&SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone()), None).await?)
    }
    .await;
    pool.close().await;
    done
}

/// Brings a schema up to date; nodes that start together take turns.
async fn migrate_postgres(pool: &Pool<Postgres>, schema: &str) -> Result<(), Error> {
    let mut turn = pool.acquire().await?;
    sqlx::query("SELECT pg_advisory_lock(hashtext($1)::bigint)").bind(schema).execute(&mut *turn).await?;
    let quoted = schema.replace('"', "\"\"");
    let result = async {
        let made = format!("CREATE SCHEMA IF NOT EXISTS \"{quoted}\"");
        sqlx::raw_sql(AssertSqlSafe(made)).execute(pool).await?;
        let known = "SELECT 1 FROM information_schema.tables WHERE table_schema = $1 AND table_name = 'seaql_migrations'";
        if sqlx::query(known).bind(schema).fetch_optional(pool).await?.is_some() {
            let rows = sqlx::query("SELECT version FROM seaql_migrations").fetch_all(pool).await?;
            refuse_newer(rows.iter().map(|row| row.get::<String, _>(0)))?;
        }
        Ok(Migrator::up(&SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()), None).await?)
    }
    .await;
    sqlx::query("SELECT pg_advisory_unlock(hashtext($1)::bigint)").bind(schema).execute(&mut *turn).await?;
    result
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}
