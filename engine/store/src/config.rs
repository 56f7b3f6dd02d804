//! Where the database is and how careful its writing is.

use std::path::PathBuf;
use std::time::Duration;

/// How long a question may take in the database where nothing else is said.
const QUESTION: Duration = Duration::from_secs(10);

/// How to open a workspace's database.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Where it is.
    pub url: DatabaseUrl,
    /// PostgreSQL: the workspace's schema, made if missing; `public` when absent.
    pub schema: Option<String>,
    /// SQLite: how careful a commit is.
    pub synchronous: Synchronous,
    /// How long one statement of a [`crate::Reader`] may take; as long as it likes when absent.
    pub question_limit: Option<Duration>,
}

impl StoreConfig {
    /// A SQLite file, acknowledged is durable; a question may take ten seconds.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::at(DatabaseUrl::Sqlite(path.into()), None)
    }

    /// A schema of a PostgreSQL database; a question may take ten seconds.
    pub fn postgres(url: impl Into<String>, schema: Option<String>) -> Self {
        Self::at(DatabaseUrl::Postgres(url.into()), schema)
    }

    fn at(url: DatabaseUrl, schema: Option<String>) -> Self {
        Self { url, schema, synchronous: Synchronous::Full, question_limit: Some(QUESTION) }
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
