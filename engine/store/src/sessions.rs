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
    /// When the person last proved who they are.
    pub proved_at: Timestamp,
    /// How they signed in: `password`, `passkey`, `oidc`.
    pub way: String,
    /// Whether a second factor is still owed; then nothing else is answered.
    pub half: bool,
    /// Whether a second factor, or a passkey that stands for two, was given.
    pub strong: bool,
    /// The network address they came from when they signed in.
    pub network: String,
    /// The browser, as it calls itself, shortened.
    pub agent: String,
}

const SESSION: &str =
    "token_hash, csrf, person, created_at, seen_at, expires_at, proved_at, way, half, strong, network, agent";

fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        token_hash: row.text(0)?,
        csrf: row.text(1)?,
        person: row.id(2)?,
        created_at: row.at(3)?,
        seen_at: row.at(4)?,
        expires_at: row.at(5)?,
        proved_at: row.at(6)?,
        way: row.text(7)?,
        half: row.bool(8)?,
        strong: row.bool(9)?,
        network: row.text(10)?,
        agent: row.text(11)?,
    })
}

async fn session_by_hash(conn: &mut Conn, token_hash: &str) -> Result<Option<Session>, Error> {
    let sql = format!("SELECT {SESSION} FROM sessions WHERE token_hash = $1");
    conn.row(sql, binds![token_hash]).await?.as_ref().map(session).transpose()
}

async fn sessions_of(conn: &mut Conn, person: Id) -> Result<Vec<Session>, Error> {
    let sql = format!("SELECT {SESSION} FROM sessions WHERE person = $1 ORDER BY seen_at DESC, token_hash");
    conn.rows(sql, binds![person]).await?.iter().map(session).collect()
}

reads! {
    /// The session with this hash, expired or not.
    fn session(token_hash: &str) -> Option<Session> = session_by_hash;
    /// The sessions of a person, used last first, expired or not.
    fn sessions_of(person: Id) -> Vec<Session> = sessions_of;
}

impl Tx {
    /// Stores a new session.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_session(&mut self, session: &Session) -> Result<(), Error> {
        let sql = format!("INSERT INTO sessions ({SESSION}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)");
        let values = binds![
            &session.token_hash,
            &session.csrf,
            session.person,
            session.created_at,
            session.seen_at,
            session.expires_at,
            session.proved_at,
            &session.way,
            session.half,
            session.strong,
            &session.network,
            &session.agent,
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

    /// Ends every session of a person but one.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_other_sessions(&mut self, person: Id, kept: &str) -> Result<u64, Error> {
        let sql = "DELETE FROM sessions WHERE person = $1 AND token_hash <> $2";
        self.conn.run(sql, binds![person, kept]).await
    }

    /// Notes that a second factor was given in this session.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn strengthen_session(&mut self, token_hash: &str) -> Result<(), Error> {
        let sql = "UPDATE sessions SET strong = 1 WHERE token_hash = $1";
        self.conn.run(sql, binds![token_hash]).await.map(drop)
    }

    /// Stores another hash for a person's password, unless it was changed meanwhile.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn rehash_password(&mut self, person: Id, from: &str, to: &str) -> Result<(), Error> {
        let sql = "UPDATE users SET password = $3 WHERE id = $1 AND password = $2";
        self.conn.run(sql, binds![person, from, to]).await.map(drop)
    }

    /// Removes sessions that ended before `now`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_expired_sessions(&mut self, now: Timestamp) -> Result<u64, Error> {
        self.conn.run("DELETE FROM sessions WHERE expires_at < $1", binds![now]).await
    }
}
