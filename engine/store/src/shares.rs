//! Records that are shared with somebody, one by one. One row for each record and whom it is shared with.

use kezhi_types::share::Access;
use kezhi_types::{Id, Timestamp};

use crate::bind::{Bind, Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// What stands where a share does not end.
const NEVER: i64 = i64::MAX;

/// One record opened to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its identifier.
    pub id: Id,
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// With whom; see [`kezhi_types::share`].
    pub subject: String,
    /// What they may do.
    pub access: Access,
    /// Who shared it.
    pub by: Id,
    /// When.
    pub at: Timestamp,
    /// When it ends; `None` for never.
    pub until: Option<Timestamp>,
}

const SHARE: &str = "id, entity, record, subject, may_write, person, at, ends_at";

fn share(row: &Row) -> Result<Share, Error> {
    let until = row.int(7)?;
    Ok(Share {
        id: row.id(0)?,
        entity: row.text(1)?,
        record: row.id(2)?,
        subject: row.text(3)?,
        access: access(row.bool(4)?),
        by: row.id(5)?,
        at: row.at(6)?,
        until: (until != NEVER).then_some(Timestamp(until)),
    })
}

fn access(may_write: bool) -> Access {
    if may_write { Access::Write } else { Access::Read }
}

async fn shares_of(conn: &mut Conn, entity: &str, record: Id) -> Result<Vec<Share>, Error> {
    let sql = format!("SELECT {SHARE} FROM record_shares WHERE record = $1 AND entity = $2 ORDER BY at, id");
    conn.rows(sql, binds![record, entity]).await?.iter().map(share).collect()
}

async fn shared(
    conn: &mut Conn,
    entity: &str,
    record: Id,
    with: &[String],
    at: Timestamp,
) -> Result<Option<Access>, Error> {
    if with.is_empty() {
        return Ok(None);
    }
    let mut values = binds![record, entity, at];
    values.extend(with.iter().map(Bind::from));
    let list = (4..=values.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT MAX(may_write) FROM record_shares WHERE record = $1 AND entity = $2 AND ends_at > $3 AND subject IN ({list})"
    );
    let found = conn.row(sql, values).await?;
    Ok(found.map(|row| row.maybe_int(0)).transpose()?.flatten().map(|may_write| access(may_write != 0)))
}

async fn shared_with(conn: &mut Conn) -> Result<Vec<(String, String)>, Error> {
    let rows = conn.rows("SELECT subject, entity FROM share_subjects".to_owned(), vec![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

async fn team_named(conn: &mut Conn, key: &str) -> Result<Option<(Id, String)>, Error> {
    let id = key.parse::<Id>().ok();
    let sql = "SELECT id, title FROM teams WHERE key = $1 OR id = $2";
    let row = conn.row(sql.to_owned(), binds![key, id]).await?;
    row.map(|row| Ok((row.id(0)?, row.text(1)?))).transpose()
}

reads! {
    /// With whom a record is shared, oldest first, ended shares included.
    fn shares_of(entity: &str, record: Id) -> Vec<Share> = shares_of;
    /// The most that a share of this record allows any of these at an instant.
    fn shared(entity: &str, record: Id, with: &[String], at: Timestamp) -> Option<Access> = shared;
    /// Everybody with whom anything was ever shared, and the entities of what it was: `(subject, entity)`.
    fn shared_with() -> Vec<(String, String)> = shared_with;
    /// A team by its key or id, with what it is called.
    fn team_named(key: &str) -> Option<(Id, String)> = team_named;
}

impl Tx {
    /// Shares a record; what was shared with the same before is replaced, and keeps its identifier. Answers the share as it
    /// stands, and the one that it replaced.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_share(&mut self, new: &Share) -> Result<(Share, Option<Share>), Error> {
        let sql = format!(
            "SELECT {SHARE} FROM record_shares WHERE record = $1 AND entity = $2 AND subject = $3{}",
            self.conn.for_update()
        );
        let known = self.conn.row(sql, binds![new.record, &new.entity, &new.subject]).await?;
        let known = known.as_ref().map(share).transpose()?;
        let stored = Share { id: known.as_ref().map_or(new.id, |known| known.id), ..new.clone() };
        let sql = format!(
            "INSERT INTO record_shares ({SHARE}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8) \
             ON CONFLICT (record, entity, subject) DO UPDATE SET may_write = excluded.may_write, \
             person = excluded.person, at = excluded.at, ends_at = excluded.ends_at"
        );
        let until = stored.until.map_or(NEVER, |until| until.0);
        let mut values = binds![stored.id, &stored.entity, stored.record, &stored.subject];
        values.extend(binds![stored.access == Access::Write, stored.by, stored.at, until]);
        self.conn.run(sql, values).await?;
        let sql = "INSERT INTO share_subjects (subject, entity) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        self.conn.run(sql, binds![&stored.subject, &stored.entity]).await?;
        Ok((stored, known))
    }

    /// Ends a share of a record for good; answers it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_share(
        &mut self,
        (entity, record): (&str, Id),
        id: Id,
    ) -> Result<Option<Share>, Error> {
        let sql = format!("SELECT {SHARE} FROM record_shares WHERE id = $1 AND record = $2 AND entity = $3");
        let known = self.conn.row(sql, binds![id, record, entity]).await?;
        self.conn.run("DELETE FROM record_shares WHERE id = $1 AND record = $2", binds![id, record]).await?;
        known.as_ref().map(share).transpose()
    }
}
