//! Sign-ins. Rows, so that a restart signs nobody out.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Hash of the cookie's value; the value itself is nowhere.
    pub token_hash: String,
    /// What unsafe requests must repeat in `X-CSRF-Token`.
    pub csrf: String,
    /// Who signed in.
    pub person: Id,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends unless used.
    pub expires_at: Timestamp,
}

fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        token_hash: row.text(0)?,
        csrf: row.text(1)?,
        person: row.id(2)?,
        created_at: row.at(3)?,
        seen_at: row.at(4)?,
        expires_at: row.at(5)?,
    })
}

async fn session_by_hash(conn: &mut Conn, token_hash: &str) -> Result<Option<Session>, Error> {
    let sql = "SELECT token_hash, csrf, person, created_at, seen_at, expires_at FROM sessions WHERE token_hash = $1";
    conn.row(sql, binds![token_hash]).await?.as_ref().map(session).transpose()
}

reads! {
    /// The session with this hash, expired or not.
    fn session(token_hash: &str) -> Option<Session> = session_by_hash;
}

impl Tx {
    /// Stores a new session.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_session(&mut self, session: &Session) -> Result<(), Error> {
        let sql = "INSERT INTO sessions (token_hash, csrf, person, created_at, seen_at, expires_at) \
                   VALUES ($1,$2,$3,$4,$5,$6)";
        let values = binds![
            &session.token_hash,
            &session.csrf,
            session.person,
            session.created_at,
            session.seen_at,
            session.expires_at,
        ];
        self.conn.rows(sql, values).await.map(drop)
    }

    /// Notes that a session was used and lives until `expires_at`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn touch_session(
        &mut self,
        token_hash: &str,
        seen_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        let sql = "UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE token_hash = $1";
        self.conn.rows(sql, binds![token_hash, seen_at, expires_at]).await.map(drop)
    }

    /// Ends one session.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_session(&mut self, token_hash: &str) -> Result<(), Error> {
        self.conn.rows("DELETE FROM sessions WHERE token_hash = $1", binds![token_hash]).await.map(drop)
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_sessions_of(&mut self, person: Id) -> Result<u64, Error> {
        self.conn.run("DELETE FROM sessions WHERE person = $1", binds![person]).await
    }

    /// Removes sessions that ended before `now`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_expired_sessions(&mut self, now: Timestamp) -> Result<u64, Error> {
        self.conn.run("DELETE FROM sessions WHERE expires_at < $1", binds![now]).await
    }
}
