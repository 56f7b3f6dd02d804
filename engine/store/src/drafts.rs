//! What is being edited: the files that differ from the live release.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One edited file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// `entities/customer.json`.
    pub path: String,
    /// The new text; `None` when the file is removed.
    pub text: Option<String>,
    /// The etag of the live text that it was edited from; `None` for a new file.
    pub base_etag: Option<String>,
    /// The release that it was edited from.
    pub base_release: i64,
    /// The etag of the new text.
    pub etag: String,
    /// Who edited it last.
    pub by: Id,
    /// When.
    pub at: Timestamp,
}

const DRAFT: &str = "path, text, base_etag, base_release, etag, person, at";

fn draft(row: &Row) -> Result<DraftFile, Error> {
    Ok(DraftFile {
        path: row.text(0)?,
        text: row.maybe_text(1)?,
        base_etag: row.maybe_text(2)?,
        base_release: row.int(3)?,
        etag: row.text(4)?,
        by: row.id(5)?,
        at: row.at(6)?,
    })
}

async fn draft_files(conn: &mut Conn) -> Result<Vec<DraftFile>, Error> {
    conn.rows(format!("SELECT {DRAFT} FROM draft_files ORDER BY path"), vec![])
        .await?
        .iter()
        .map(draft)
        .collect()
}

async fn draft_file(conn: &mut Conn, path: &str) -> Result<Option<DraftFile>, Error> {
    let sql = format!("SELECT {DRAFT} FROM draft_files WHERE path = $1");
    conn.row(sql, binds![path]).await?.as_ref().map(draft).transpose()
}

reads! {
    /// Every edited file, by path.
    fn draft_files() -> Vec<DraftFile> = draft_files;
    /// One edited file; `None` when it is as in the live release.
    fn draft_file(path: &str) -> Option<DraftFile> = draft_file;
}

impl Tx {
    /// Stores an edited file over what the draft had of it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_draft_file(&mut self, file: &DraftFile) -> Result<(), Error> {
        let sql = "INSERT INTO draft_files (path, text, base_etag, base_release, etag, person, at) \
                   VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (path) DO UPDATE SET text = excluded.text, \
                   base_etag = excluded.base_etag, base_release = excluded.base_release, etag = excluded.etag, \
                   person = excluded.person, at = excluded.at";
        let values =
            binds![&file.path, &file.text, &file.base_etag, file.base_release, &file.etag, file.by, file.at,];
        self.conn.rows(sql, values).await.map(drop)
    }

    /// Forgets the edit of one file.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_draft_file(&mut self, path: &str) -> Result<(), Error> {
        self.conn.rows("DELETE FROM draft_files WHERE path = $1", binds![path]).await.map(drop)
    }

    /// Forgets the edit of one file if it is still this one; `false` when somebody has edited it meanwhile.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn take_draft_file(&mut self, file: &DraftFile) -> Result<bool, Error> {
        let sql = "DELETE FROM draft_files WHERE path = $1 AND etag = $2 AND base_release = $3 AND person = $4 \
                   AND at = $5 AND text IS NOT DISTINCT FROM $6 AND base_etag IS NOT DISTINCT FROM $7";
        let values =
            binds![&file.path, &file.etag, file.base_release, file.by, file.at, &file.text, &file.base_etag];
        Ok(self.conn.run(sql, values).await? == 1)
    }

    /// Lets the edit of a file, if there is one, stand on another text of it: on what a release has just made of it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn rebase_draft_file(
        &mut self,
        path: &str,
        base_etag: Option<&str>,
        release: i64,
    ) -> Result<(), Error> {
        let sql = "UPDATE draft_files SET base_etag = $2, base_release = $3 WHERE path = $1";
        self.conn.run(sql, binds![path, base_etag, release]).await.map(drop)
    }

    /// Forgets every edit.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn discard_draft(&mut self) -> Result<u64, Error> {
        self.conn.run("DELETE FROM draft_files", vec![]).await
    }
}
