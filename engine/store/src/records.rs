//! Records of entities: the documents, their promoted columns and their words, in one statement where possible.

use kezhi_types::query::{Column, Layout};
use kezhi_types::{Fields, Id, Record, Timestamp};
use serde_json::Value;

use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

async fn get_record(conn: &mut Conn, entity: &str, id: Id) -> Result<Option<Record>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn get_records(conn: &mut Conn, entity: &str, ids: &[Id]) -> Result<Vec<Record>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

async fn taken(conn: &mut Conn, entity: &str, column: &Column, value: &Value, except: Option<Id>) -> Result<Option<Id>, Error> {
    Err(Error::Unsupported("unfinished".into()))
}

reads! {
    /// One record, in the bin or not. Not locked: see [`Tx::lock_record`].
    fn get_record(entity: &str, id: Id) -> Option<Record> = get_record;
    /// Those of the records that exist, in the bin or not, in no order. Not locked: see [`Tx::lock_records`].
    fn get_records(entity: &str, ids: &[Id]) -> Vec<Record> = get_records;
    /// The living record other than `except` that has this value, compared as the unique column is:
    /// text trimmed, and for `phone` fields by its digits when the caller passes them so.
    fn taken(entity: &str, column: &Column, value: &Value, except: Option<Id>) -> Option<Id> = taken;
}

impl Tx {
    /// One record, in the bin or not, with its row locked until this transaction ends.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn lock_record(&mut self, entity: &str, id: Id) -> Result<Option<Record>, Error> {
        Err(Error::Unsupported("unfinished".into()))
    }

    /// Those of the records that exist, locked in the order of their ids, so that two that lock the same
    /// records never wait for each other. Lock entities in the order of their keys.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn lock_records(&mut self, entity: &str, ids: &[Id]) -> Result<Vec<Record>, Error> {
        Err(Error::Unsupported("unfinished".into()))
    }

    /// Stores a new record with everything that its layout promotes and searches.
    ///
    /// # Errors
    /// [`Error::NotUnique`] naming the field; [`Error::UnknownEntity`].
    pub async fn insert_record(&mut self, record: &Record, layout: &Layout) -> Result<(), Error> {
        self.insert_records(std::slice::from_ref(record), layout).await
    }

    /// Stores many new records of one entity in as few statements as possible.
    ///
    /// # Errors
    /// As [`Tx::insert_record`]; which record it was is not said.
    pub async fn insert_records(&mut self, records: &[Record], layout: &Layout) -> Result<(), Error> {
        Err(Error::Unsupported("unfinished".into()))
    }

    /// Stores everything about a known record but `id`, `created_at`, `created_by` and `deleted_at`.
    ///
    /// # Errors
    /// As [`Tx::insert_record`].
    pub async fn update_record(&mut self, record: &Record, layout: &Layout) -> Result<(), Error> {
        Err(Error::Unsupported("unfinished".into()))
    }

    /// Stores only `derived` and `stale` of a known record (taken from `record`); its version stays.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn update_derived(&mut self, record: &Record, layout: &Layout) -> Result<(), Error> {
        Err(Error::Unsupported("unfinished".into()))
    }

    /// Puts a record into the bin; `false` when it is there already or does not exist.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`].
    pub async fn delete_record(&mut self, entity: &str, id: Id, by: Id, at: Timestamp) -> Result<bool, Error> {
        Err(Error::Unsupported("unfinished".into()))
    }

    /// Takes a record out of the bin; `false` when it is not there.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when its place was taken meanwhile.
    pub async fn restore_record(&mut self, entity: &str, id: Id) -> Result<bool, Error> {
        Err(Error::Unsupported("unfinished".into()))
    }
}
