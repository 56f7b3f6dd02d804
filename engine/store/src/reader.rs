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
    pub(crate) is_patient: bool,
}

#[derive(Clone)]
pub(crate) enum ReadPool {
    Sqlite(SqliteReaders),
    Postgres {
        /// Connections on which a statement may take so long and no longer.
        questions: Pool<Postgres>,
        /// Connections on which it may take as long as it likes.
        patient: Pool<Postgres>,
    },
}

impl Reader {
    /// The same reads for work that nobody waits for: as long as they take, and in no question's way.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { is_patient: true, ..self }
    }

    pub(crate) async fn connect(&self) -> Result<Conn, Error> {
        let kind = match &self.pool {
            ReadPool::Sqlite(readers) => Kind::Reader(readers.take(self.is_patient)?),
            ReadPool::Postgres { patient, .. } if self.is_patient => {
                Kind::PostgresReader(patient.acquire().await?)
            }
            ReadPool::Postgres { questions, .. } => Kind::PostgresReader(questions.acquire().await?),
        };
        Ok(Conn::new(kind, self.catalog.clone()))
    }
}
