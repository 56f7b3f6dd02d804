//! Published apps: numbered, immutable, each with the text of all its files.

use indexmap::IndexMap;
use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds, json_text};
use crate::conn::{Conn, Kind};
use crate::error::Error;
use crate::tx::{Tx, reads};

/// A release without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Counts from 1.
    pub number: i64,
    /// When it was published.
    pub at: Timestamp,
    /// Who published it.
    pub by: Id,
    /// Why.
    pub note: String,
    /// The release whose content it restored.
    pub restored_from: Option<i64>,
}

/// Paths such as `entities/customer.json` to the text of the file, in path order.
pub type Files = IndexMap<String, String>;

const RELEASE: &str = "number, at, person, note, restored_from";

fn release(row: &Row) -> Result<Release, Error> {
    Ok(Release {
        number: row.int(0)?,
        at: row.at(1)?,
        by: row.id(2)?,
        note: row.text(3)?,
        restored_from: row.maybe_int(4)?,
    })
}

async fn live_release_number(conn: &mut Conn) -> Result<i64, Error> {
    if let Some(Some(known)) = conn.live_release() {
        return Ok(*known);
    }
    let row = conn.row("SELECT number, layout FROM live_release", vec![]).await?;
    let (number, layout) = row.map_or(Ok((0, 0)), |row| Ok::<_, Error>((row.int(0)?, row.int(1)?)))?;
    if let Some(place) = conn.live_release() {
        *place = Some(number);
    }
    // Another process over the same database may have changed the tables; nobody does while this transaction is open.
    if matches!(conn.kind, Kind::Transaction(_)) {
        conn.renew_catalog(number, layout).await?;
    }
    Ok(number)
}

async fn releases(conn: &mut Conn) -> Result<Vec<Release>, Error> {
    let sql = format!("SELECT {RELEASE} FROM releases ORDER BY number DESC");
    conn.rows(sql, vec![]).await?.iter().map(release).collect()
}

async fn release_by_number(conn: &mut Conn, number: i64) -> Result<Option<Release>, Error> {
    let sql = format!("SELECT {RELEASE} FROM releases WHERE number = $1");
    conn.row(sql, binds![number]).await?.as_ref().map(release).transpose()
}

async fn release_files(conn: &mut Conn, number: i64) -> Result<Option<Files>, Error> {
    let row = conn.row("SELECT files FROM releases WHERE number = $1", binds![number]).await?;
    row.map(|row| row.json(0)).transpose()
}

reads! {
    /// The number of the live release; 0 before the first.
    fn live_release_number() -> i64 = live_release_number;
    /// Every release, newest first.
    fn releases() -> Vec<Release> = releases;
    /// One release.
    fn release(number: i64) -> Option<Release> = release_by_number;
    /// The files of one release.
    fn release_files(number: i64) -> Option<Files> = release_files;
}

impl Tx {
    /// Locks the live release against others that publish. Answers its number.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lock_live_release(&mut self) -> Result<i64, Error> {
        let sql = format!("SELECT number FROM live_release{}", self.conn.for_update());
        let row = self.conn.row(sql, vec![]).await?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// Stores a release and makes it the live one. Its number must be the live one's plus 1.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when the number exists.
    pub async fn insert_release(&mut self, release: &Release, files: &Files) -> Result<(), Error> {
        if let Some(known) = self.conn.live_release() {
            *known = None;
        }
        let sql = "INSERT INTO releases (number, at, person, note, restored_from, files) VALUES ($1,$2,$3,$4,$5,$6)";
        let mut values = binds![release.number, release.at, release.by, &release.note, release.restored_from];
        values.push(json_text(files));
        self.conn.run(sql, values).await.map_err(|error| error.unique_as("release", "number"))?;
        self.conn.rows("UPDATE live_release SET number = $1", binds![release.number]).await.map(drop)
    }
}
