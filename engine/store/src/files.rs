//! Files that people sent: what each is, and which fields of which records hold or held it. Their bytes lie elsewhere.

use kezhi_types::{Id, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bind::{Bind, Row, binds, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its identifier.
    pub id: Id,
    /// What whoever sent it calls it, without any path.
    pub name: String,
    /// Its media type: `image/png`.
    pub media: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal digits.
    pub hash: String,
    /// Who sent it.
    pub by: Id,
    /// When.
    pub at: Timestamp,
    /// How far it is.
    pub state: FileState,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Its bytes are on their way.
    Coming,
    /// Whole, and held by no record yet; only whoever sent it reads it.
    Pending,
    /// A record holds or held it.
    Attached,
    /// Nothing holds it; its bytes are being removed.
    Going,
}

/// A field of a record that holds a file, or held it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUse {
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// Key of the field; of a column the key of its table.
    pub field: String,
}

const FILE: &str = "id, name, media, size, hash, person, at, state";

fn file(row: &Row) -> Result<StoredFile, Error> {
    Ok(StoredFile {
        id: row.id(0)?,
        name: row.text(1)?,
        media: row.text(2)?,
        size: u64::try_from(row.int(3)?).unwrap_or(0),
        hash: row.text(4)?,
        by: row.id(5)?,
        at: row.at(6)?,
        state: row.name(7)?,
    })
}

/// `$1,$2,…`
fn list(ids: &[Id]) -> (String, Vec<Bind>) {
    let places: Vec<String> = (1..=ids.len()).map(|place| format!("${place}")).collect();
    (places.join(","), ids.iter().map(|id| Bind::from(*id)).collect())
}

async fn files_by_ids(conn: &mut Conn, ids: &[Id]) -> Result<Vec<StoredFile>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(256) {
        let (places, values) = list(ids);
        let sql = format!("SELECT {FILE} FROM files WHERE id IN ({places})");
        for row in conn.rows(sql, values).await? {
            found.push(file(&row)?);
        }
    }
    Ok(found)
}

async fn file_uses(
    conn: &mut Conn,
    id: Id,
    after: Option<&FileUse>,
    limit: u32,
) -> Result<Vec<FileUse>, Error> {
    let rows = match after {
        None => {
            let sql = "SELECT entity, record, field FROM file_uses WHERE file = $1 \
                       ORDER BY entity, record, field LIMIT $2";
            conn.rows(sql, binds![id, limit]).await?
        }
        Some(place) => {
            let sql = "SELECT entity, record, field FROM file_uses WHERE file = $1 \
                       AND (entity, record, field) > ($2, $3, $4) ORDER BY entity, record, field LIMIT $5";
            conn.rows(sql, binds![id, &place.entity, place.record, &place.field, limit]).await?
        }
    };
    rows.iter()
        .map(|row| Ok(FileUse { entity: row.text(0)?, record: row.id(1)?, field: row.text(2)? }))
        .collect()
}

async fn held_in(conn: &mut Conn, entity: &str, records: &[Id]) -> Result<Vec<(Id, FileUse)>, Error> {
    let mut found = Vec::new();
    for records in records.chunks(256) {
        let places: Vec<String> = (2..records.len() + 2).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT file, record, field FROM file_uses WHERE entity = $1 AND record IN ({})",
            places.join(",")
        );
        let mut values = binds![entity];
        values.extend(records.iter().map(|id| Bind::from(*id)));
        for row in conn.rows(sql, values).await? {
            let place = FileUse { entity: entity.to_owned(), record: row.id(1)?, field: row.text(2)? };
            found.push((row.id(0)?, place));
        }
    }
    Ok(found)
}

async fn files_called(
    conn: &mut Conn,
    (person, since): (Id, Timestamp),
    names: &[String],
) -> Result<Vec<(String, Id)>, Error> {
    let mut found = Vec::new();
    for names in names.chunks(256) {
        let places: Vec<String> = (3..names.len() + 3).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT name, id FROM files WHERE person = $1 AND at > $2 AND state IN ('pending', 'attached') \
             AND name IN ({}) ORDER BY id",
            places.join(",")
        );
        let mut values = binds![person, since];
        values.extend(names.iter().map(Bind::from));
        for row in conn.rows(sql, values).await? {
            found.push((row.text(0)?, row.id(1)?));
        }
    }
    Ok(found)
}

async fn loose_files_of(conn: &mut Conn, person: Id, since: Timestamp) -> Result<i64, Error> {
    let sql = "SELECT COUNT(*) FROM files WHERE state <> 'attached' AND at > $2 AND person = $1";
    conn.row(sql, binds![person, since]).await?.map_or(Ok(0), |row| row.int(0))
}

async fn going_files(conn: &mut Conn, limit: u32) -> Result<Vec<Id>, Error> {
    let sql = "SELECT id FROM files WHERE state = 'going' ORDER BY at LIMIT $1";
    conn.rows(sql, binds![limit]).await?.iter().map(|row| row.id(0)).collect()
}

reads! {
    /// Those of the files that there are, in no order.
    fn files_by_ids(ids: &[Id]) -> Vec<StoredFile> = files_by_ids;
    /// Which fields of which records hold or held a file, in their order, those behind a place.
    fn file_uses(id: Id, after: Option<&FileUse>, limit: u32) -> Vec<FileUse> = file_uses;
    /// Which files the fields of some records of an entity hold or held.
    fn held_in(entity: &str, records: &[Id]) -> Vec<(Id, FileUse)> = held_in;
    /// Those of the files of a person, sent after an instant, that are called so.
    fn files_called(of: (Id, Timestamp), names: &[String]) -> Vec<(String, Id)> = files_called;
    /// How many files of a person, sent after an instant, no record holds.
    fn loose_files_of(person: Id, since: Timestamp) -> i64 = loose_files_of;
    /// Files whose bytes are to be removed.
    fn going_files(limit: u32) -> Vec<Id> = going_files;
}

impl Tx {
    /// Notes a file whose bytes are about to come.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_file(&mut self, file: &StoredFile) -> Result<(), Error> {
        let sql = format!("INSERT INTO files ({FILE}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)");
        let mut values = binds![file.id, &file.name, &file.media];
        values.extend(binds![i64::try_from(file.size).unwrap_or(i64::MAX), &file.hash, file.by, file.at]);
        values.push(name_of(&file.state));
        self.conn.run(sql, values).await.map(drop)
    }

    /// Notes that the bytes of a file are all there; `false` where it was given up meanwhile.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn complete_file(&mut self, file: &StoredFile) -> Result<bool, Error> {
        let sql = "UPDATE files SET media = $2, size = $3, hash = $4, state = 'pending' WHERE id = $1 AND state = 'coming'";
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        Ok(self.conn.run(sql, binds![file.id, &file.media, size, &file.hash]).await? == 1)
    }

    /// Notes that a field of a record holds these files; `false` where one of them was given up meanwhile.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn hold_files(&mut self, place: &FileUse, ids: &[Id]) -> Result<bool, Error> {
        for id in ids {
            let sql =
                "UPDATE files SET state = 'attached' WHERE id = $1 AND state IN ('pending', 'attached')";
            if self.conn.run(sql, binds![*id]).await? == 0 {
                return Ok(false);
            }
            let sql = "INSERT INTO file_uses (file, entity, record, field) VALUES ($1,$2,$3,$4) ON CONFLICT DO NOTHING";
            self.conn.run(sql, binds![*id, &place.entity, place.record, &place.field]).await?;
        }
        Ok(true)
    }

    /// Gives up files that came before an instant and that no record holds.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn give_up_files(&mut self, before: Timestamp) -> Result<u64, Error> {
        let sql = "UPDATE files SET state = 'going' WHERE state IN ('coming', 'pending') AND at < $1";
        self.conn.run(sql, binds![before]).await
    }

    /// Gives up one file that no record holds.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn give_up_file(&mut self, id: Id) -> Result<(), Error> {
        let sql = "UPDATE files SET state = 'going' WHERE id = $1 AND state IN ('coming', 'pending')";
        self.conn.run(sql, binds![id]).await.map(drop)
    }

    /// Forgets files whose bytes are gone.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn forget_files(&mut self, ids: &[Id]) -> Result<(), Error> {
        for ids in ids.chunks(256) {
            let (places, values) = list(ids);
            let sql = format!("DELETE FROM files WHERE state = 'going' AND id IN ({places})");
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }
}

/// Gives up the files that no record holds or held any more, after records were taken out for good.
pub(crate) async fn abandon(conn: &mut Conn) -> Result<(), Error> {
    let sql = "UPDATE files SET state = 'going' WHERE state = 'attached' \
               AND NOT EXISTS (SELECT 1 FROM file_uses WHERE file_uses.file = files.id)";
    conn.run(sql, vec![]).await.map(drop)
}
