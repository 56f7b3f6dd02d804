//! The one way to write: a transaction that ends with `commit` or leaves nothing behind.

use std::collections::HashMap;

use kezhi_types::Id;

use crate::conn::{Conn, Kind};
use crate::error::Error;

/// An open transaction.
///
/// On SQLite it holds the only writer until it ends, so await nothing but the store between
/// [`crate::Store::begin`] and [`Tx::commit`]. Dropping it rolls everything back.
pub struct Tx {
    pub(crate) conn: Conn,
    /// The batch that what is noted from here on belongs to.
    pub(crate) batch: Option<Id>,
    /// How many keys of duplicates it holds, by what is matched; see [`Tx::hold_keys`].
    pub(crate) held: HashMap<i64, usize>,
}

impl Tx {
    /// Makes everything durable, or nothing.
    ///
    /// # Errors
    /// [`Error::CommitFailed`], [`Error::Conflict`] or [`Error::DiskFull`]; then nothing of it was stored.
    pub async fn commit(self) -> Result<(), Error> {
        match self.conn.kind {
            Kind::Turn(turn) => turn.commit().await,
            Kind::Transaction(tx) => Ok(tx.commit().await?),
            Kind::Reader(_) | Kind::PostgresReader(_) => Ok(()),
        }
    }

    /// Marks the present state. Only PostgreSQL needs it: there, a statement that is refused spoils the transaction.
    ///
    /// # Errors
    /// [`Error::Database`] when the connection is gone.
    pub async fn savepoint(&mut self) -> Result<(), Error> {
        match self.conn.kind {
            Kind::Transaction(_) => self.conn.run("SAVEPOINT step", vec![]).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Undoes what was done since [`Tx::savepoint`], on PostgreSQL; elsewhere what a refused statement left behind stays
    /// for the end of the transaction to undo.
    ///
    /// # Errors
    /// [`Error::Database`] when the connection is gone.
    pub async fn back_to_savepoint(&mut self) -> Result<(), Error> {
        match self.conn.kind {
            Kind::Transaction(_) => self.conn.run("ROLLBACK TO SAVEPOINT step", vec![]).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Marks the present state, on both databases. Each mark is followed by [`Tx::keep`] or [`Tx::back`].
    ///
    /// # Errors
    /// [`Error::Database`] when the connection is gone.
    pub async fn mark(&mut self) -> Result<(), Error> {
        self.conn.run("SAVEPOINT part", vec![]).await.map(drop)
    }

    /// Keeps what was done since [`Tx::mark`].
    ///
    /// # Errors
    /// [`Error::Database`] when the connection is gone.
    pub async fn keep(&mut self) -> Result<(), Error> {
        self.conn.run("RELEASE SAVEPOINT part", vec![]).await.map(drop)
    }

    /// Undoes what was done since [`Tx::mark`], also after a statement that was refused.
    ///
    /// # Errors
    /// [`Error::Database`] when the connection is gone.
    pub async fn back(&mut self) -> Result<(), Error> {
        self.conn.run("ROLLBACK TO SAVEPOINT part", vec![]).await?;
        self.keep().await
    }

    /// Undoes everything now, rather than some time after the drop.
    ///
    /// # Errors
    /// [`Error::Database`] when the connection is gone; everything is undone all the same.
    pub async fn rollback(self) -> Result<(), Error> {
        match self.conn.kind {
            Kind::Transaction(tx) => Ok(tx.rollback().await?),
            other => {
                drop(other);
                Ok(())
            }
        }
    }
}

/// A list of ids for an `IN`, padded to a power of two so that few statements need preparing.
pub(crate) fn padded(ids: &[Id]) -> Vec<Id> {
    let Some(last) = ids.last() else { return Vec::new() };
    let mut padded = ids.to_vec();
    padded.resize(ids.len().next_power_of_two(), *last);
    padded
}

/// Defines reads once, for a transaction and for the reader alike.
macro_rules! reads {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $out:ty = $path:path;)*) => {
        impl $crate::tx::Tx {
            $($(#[$doc])*
            ///
            /// # Errors
            /// Only when the database fails.
            pub async fn $name(&mut self, $($arg: $type),*) -> Result<$out, $crate::error::Error> {
                $path(&mut self.conn, $($arg),*).await
            })*
        }
        impl $crate::reader::Reader {
            $($(#[$doc])*
            ///
            /// # Errors
            /// Only when the database fails.
            pub async fn $name(&self, $($arg: $type),*) -> Result<$out, $crate::error::Error> {
                let mut conn = self.connect().await?;
                $path(&mut conn, $($arg),*).await
            })*
        }
    };
}
pub(crate) use reads;
