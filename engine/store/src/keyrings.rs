//! What opens an account, or the list of accounts, without a password: one-time links, and tokens of directories. Only
//! hashes are stored.

use kezhi_types::{Id, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bind::{Row, binds, json_text, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// A first password.
    Invite,
    /// Another password in place of a forgotten one.
    Reset,
}

/// A link by which somebody chooses their password, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLink {
    /// Hash of the link's token; the token itself is nowhere.
    pub token_hash: String,
    /// Whose password.
    pub person: Id,
    /// What for.
    pub purpose: LinkPurpose,
    /// Who made it.
    pub created_by: Id,
    /// When.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

/// The token of a directory that keeps people and teams up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryToken {
    /// Its identifier.
    pub id: Id,
    /// What people call the directory.
    pub name: String,
    /// Hash of the token; the token itself is nowhere.
    pub token_hash: String,
    /// Roles of the people that it makes.
    pub roles: Vec<String>,
    /// Who made it.
    pub created_by: Id,
    /// When.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub used_at: Option<Timestamp>,
}

const LINK: &str = "token_hash, person, purpose, created_by, created_at, expires_at";
const TOKEN: &str = "id, name, token_hash, roles, created_by, created_at, expires_at, used_at";

fn link(row: &Row) -> Result<AccountLink, Error> {
    Ok(AccountLink {
        token_hash: row.text(0)?,
        person: row.id(1)?,
        purpose: row.name(2)?,
        created_by: row.id(3)?,
        created_at: row.at(4)?,
        expires_at: row.at(5)?,
    })
}

fn token(row: &Row) -> Result<DirectoryToken, Error> {
    Ok(DirectoryToken {
        id: row.id(0)?,
        name: row.text(1)?,
        token_hash: row.text(2)?,
        roles: row.json(3)?,
        created_by: row.id(4)?,
        created_at: row.at(5)?,
        expires_at: row.maybe_at(6)?,
        used_at: row.maybe_at(7)?,
    })
}

async fn account_link(conn: &mut Conn, token_hash: &str) -> Result<Option<AccountLink>, Error> {
    let sql = format!("SELECT {LINK} FROM account_links WHERE token_hash = $1");
    conn.row(sql, binds![token_hash]).await?.as_ref().map(link).transpose()
}

async fn directory_token(conn: &mut Conn, token_hash: &str) -> Result<Option<DirectoryToken>, Error> {
    let sql = format!("SELECT {TOKEN} FROM directory_tokens WHERE token_hash = $1");
    conn.row(sql, binds![token_hash]).await?.as_ref().map(token).transpose()
}

async fn directory_tokens(conn: &mut Conn) -> Result<Vec<DirectoryToken>, Error> {
    let sql = format!("SELECT {TOKEN} FROM directory_tokens ORDER BY id");
    conn.rows(sql, vec![]).await?.iter().map(token).collect()
}

reads! {
    /// The link with this hash, expired or not.
    fn account_link(token_hash: &str) -> Option<AccountLink> = account_link;
    /// The directory's token with this hash, expired or not.
    fn directory_token(token_hash: &str) -> Option<DirectoryToken> = directory_token;
    /// Every token of a directory, oldest first.
    fn directory_tokens() -> Vec<DirectoryToken> = directory_tokens;
}

impl Tx {
    /// Stores a new link, and forgets those that ended before it was made.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_account_link(&mut self, link: &AccountLink) -> Result<(), Error> {
        self.conn.run("DELETE FROM account_links WHERE expires_at < $1", binds![link.created_at]).await?;
        let sql = format!("INSERT INTO account_links ({LINK}) VALUES ($1,$2,$3,$4,$5,$6)");
        let mut values = binds![&link.token_hash, link.person];
        values.push(name_of(&link.purpose));
        values.extend(binds![link.created_by, link.created_at, link.expires_at]);
        self.conn.run(sql, values).await.map(drop)
    }

    /// Takes a link back so that it opens nothing any more; `false` when somebody was faster.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn use_account_link(&mut self, token_hash: &str) -> Result<bool, Error> {
        let sql = "DELETE FROM account_links WHERE token_hash = $1";
        Ok(self.conn.run(sql, binds![token_hash]).await? == 1)
    }

    /// Takes every link of a person back; answers how many there were.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_account_links_of(&mut self, person: Id) -> Result<u64, Error> {
        self.conn.run("DELETE FROM account_links WHERE person = $1", binds![person]).await
    }

    /// Stores a new token of a directory.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_directory_token(&mut self, token: &DirectoryToken) -> Result<(), Error> {
        let sql = format!("INSERT INTO directory_tokens ({TOKEN}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)");
        let mut values = binds![token.id, &token.name, &token.token_hash];
        values.push(json_text(&token.roles));
        values.extend(binds![token.created_by, token.created_at, token.expires_at, token.used_at]);
        self.conn.run(sql, values).await.map(drop)
    }

    /// Notes that a token was used.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn touch_directory_token(&mut self, id: Id, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE directory_tokens SET used_at = $2 WHERE id = $1";
        self.conn.run(sql, binds![id, at]).await.map(drop)
    }

    /// Takes a token away; `false` when there is none.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_directory_token(&mut self, id: Id) -> Result<bool, Error> {
        Ok(self.conn.run("DELETE FROM directory_tokens WHERE id = $1", binds![id]).await? == 1)
    }
}
