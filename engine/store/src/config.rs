//! Where the database is and how careful its writing is.

use std::path::PathBuf;

/// How to open a workspace's database.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Where it is.
    pub url: DatabaseUrl,
    /// PostgreSQL: the workspace's schema, made if missing; `public` when absent.
    pub schema: Option<String>,
    /// SQLite: how careful a commit is.
    pub synchronous: Synchronous,
}

impl StoreConfig {
    /// A SQLite file, acknowledged is durable.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self { url: DatabaseUrl::Sqlite(path.into()), schema: None, synchronous: Synchronous::Full }
    }

    /// A schema of a PostgreSQL database.
    pub fn postgres(url: impl Into<String>, schema: Option<String>) -> Self {
        Self { url: DatabaseUrl::Postgres(url.into()), schema, synchronous: Synchronous::Full }
    }
}

/// Where a database is.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// The path of a file; made, with its folder, if missing.
    Sqlite(PathBuf),
    /// `postgres://user:password@host:port/database`.
    Postgres(String),
}

/// How careful a SQLite commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// The disk has it when commit returns.
    #[default]
    Full,
    /// A power failure may lose the last commits, never the file.
    Normal,
}
