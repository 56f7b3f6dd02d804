//! Why the store refused or could not finish.

use rusqlite::{ErrorCode, ffi};
use sea_orm::sqlx;

/// What the store answers when it does not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique field's value is taken by another living record.
    #[error("the value of `{field}` is taken by another record of `{entity}`")]
    NotUnique {
        /// The entity.
        entity: String,
        /// The field.
        field: String,
    },

    /// The database was written by a newer engine.
    #[error("the database is at step `{found}`, this engine knows steps to `{known}`; use the newer engine")]
    Newer {
        /// The newest step found in the database that this engine does not know.
        found: String,
        /// The newest step that this engine knows.
        known: String,
    },

    /// Another process holds the database.
    #[error("another process holds {0}")]
    Busy(String),

    /// The entity has no table; its layout was never ensured.
    #[error("there is no table for the entity `{0}`")]
    UnknownEntity(String),

    /// An operator that SQL cannot judge, such as `changed`.
    #[error("the store cannot judge {0}")]
    Unsupported(String),

    /// A sum or an average left the range of the type; nothing is ever rounded silently.
    #[error("a sum of `{0}` is too large")]
    TooLarge(String),

    /// A question took longer in the database than it may.
    #[error("a question took longer than it may")]
    TooSlow,

    /// A text holds U+0000, which PostgreSQL neither stores nor looks for.
    #[error("a text holds a character that is no text")]
    NoText,

    /// Another transaction stood in the way (deadlock or serialisation); the whole transaction may be tried again.
    #[error("the transaction ran into another one and may be tried again")]
    Conflict,

    /// The disk or the volume is full.
    #[error("the disk is full")]
    DiskFull,

    /// A stored value is not what the engine wrote.
    #[error("stored data is damaged: {0}")]
    Damaged(String),

    /// The group's COMMIT failed, for the reason given; nothing of the transaction remains.
    #[error("the commit failed: {0}")]
    CommitFailed(String),

    /// The database could not be reached or answered an error.
    #[error("the database failed: {0}")]
    Database(#[source] DatabaseError),

    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migration(#[from] sea_orm::DbErr),

    /// The folder or the lock file could not be used.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl Error {
    /// Whether nothing can be stored at present: the database is away, or its disk is full.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::DiskFull | Self::CommitFailed(_) | Self::Io { .. } => true,
            Self::Database(error) => error.is_away(),
            _ => false,
        }
    }

    /// Whether the whole transaction may be tried again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

/// What a database's driver said.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum DatabaseError {
    /// SQLite.
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL, and SQLite while it is brought to this engine's step.
    Sqlx(#[from] sqlx::Error),
}

impl DatabaseError {
    /// SQLite's extended result code, or PostgreSQL's `SQLSTATE`.
    fn code(&self) -> Option<String> {
        match self {
            Self::Sqlite(error) => error.sqlite_error().map(|error| error.extended_code.to_string()),
            Self::Sqlx(error) => error.as_database_error()?.code().map(|code| code.into_owned()),
        }
    }

    /// Whether the database cannot be reached or used at all.
    fn is_away(&self) -> bool {
        match self {
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly)
            ),
            Self::Sqlx(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed,
            ) => true,
            // PostgreSQL: no connection, too few resources, an operator's intervention.
            Self::Sqlx(sqlx::Error::Database(inner)) => inner.code().is_some_and(|code| {
                code.len() == 5 && ["08", "53", "57"].iter().any(|class| code.starts_with(class))
            }),
            Self::Sqlx(_) => false,
        }
    }

    /// The column or index whose uniqueness was violated, if that is what happened.
    pub(crate) fn not_unique(&self) -> Option<String> {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, Some(message))) => {
                let unique = matches!(
                    error.extended_code,
                    ffi::SQLITE_CONSTRAINT_UNIQUE
                        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                        | ffi::SQLITE_CONSTRAINT_ROWID
                );
                let name = message.rsplit('.').next().unwrap_or_default();
                unique.then(|| name.trim_matches('\'').to_owned())
            }
            Self::Sqlite(_) => None,
            Self::Sqlx(error) => {
                let error = error.as_database_error().filter(|error| error.is_unique_violation())?;
                Some(error.constraint().unwrap_or_default().to_owned())
            }
        }
    }

    /// Whether a read was given up because it took too many steps.
    pub(crate) fn is_interrupted(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted))
    }
}

impl<T: Into<DatabaseError>> From<T> for Error {
    fn from(error: T) -> Self {
        let error = error.into();
        match error.code().as_deref() {
            Some("40001" | "40P01") => Self::Conflict,
            Some("13" | "53100") => Self::DiskFull,
            Some("5" | "261" | "517") => Self::Conflict,
            Some("57014") => Self::TooSlow,
            Some("22021" | "22P05") => Self::NoText,
            Some("22003") => Self::TooLarge("a number".into()),
            _ if error.to_string().contains("integer overflow") => Self::TooLarge("integer overflow".into()),
            _ => Self::Database(error),
        }
    }
}

impl Error {
    /// Names the field, when the error is a violated unique index.
    pub(crate) fn unique_as(self, entity: &str, field: &str) -> Self {
        match self {
            Self::Database(error) if error.not_unique().is_some() => {
                Self::NotUnique { entity: entity.to_owned(), field: field.to_owned() }
            }
            other => other,
        }
    }
}
