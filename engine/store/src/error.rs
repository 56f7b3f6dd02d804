//! Why the store refused or could not finish.

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
    Database(#[source] sqlx::Error),

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
    /// Whether the whole transaction may be tried again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Conflict)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|inner| inner.code().map(|code| code.to_string()));
        match code.as_deref() {
            Some("40001" | "40P01") => Self::Conflict,
            Some("13" | "53100") => Self::DiskFull,
            Some("5" | "261" | "517") => Self::Conflict,
            _ if error.to_string().contains("integer overflow") => Self::TooLarge("integer overflow".into()),
            _ => Self::Database(error),
        }
    }
}

impl Error {
    /// Names the field, when the error is a violated unique index.
    pub(crate) fn unique_as(self, entity: &str, field: &str) -> Self {
        match self {
            Self::Database(error)
                if error.as_database_error().is_some_and(|inner| inner.is_unique_violation()) =>
            {
                Self::NotUnique { entity: entity.to_owned(), field: field.to_owned() }
            }
            other => other,
        }
    }
}
