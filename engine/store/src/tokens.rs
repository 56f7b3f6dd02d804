//! Tokens by which programs speak to the API. The token itself is nowhere: its hash is.

use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds, json_text};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its identifier.
    pub id: Id,
    /// What its owner calls it.
    pub name: String,
    /// Its first letters, by which people tell tokens apart.
    pub prefix: String,
    /// Hash of the whole.
    pub hash: String,
    /// Whose rights it has at most.
    pub owner: Id,
    /// Keys of the roles that it keeps of its owner's.
    pub roles: Vec<String>,
    /// Entities that it reaches; `None` for all that its roles reach.
    pub entities: Option<Vec<String>>,
    /// Nothing is changed through it.
    pub read_only: bool,
    /// Addresses and networks from which it is heard; from everywhere where there are none.
    pub networks: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

const TOKEN: &str = "id, name, prefix, hash, owner, roles, entities, read_only, networks, created_at, expires_at, \
     used_at, revoked_at";

fn token(row: &Row) -> Result<Token, Error> {
    Ok(Token {
        id: row.id(0)?,
        name: row.text(1)?,
        prefix: row.text(2)?,
        hash: row.text(3)?,
        owner: row.id(4)?,
        roles: row.json(5)?,
        entities: row.maybe_text(6)?.map(|_| row.json(6)).transpose()?,
        read_only: row.bool(7)?,
        networks: row.json(8)?,
        created_at: row.at(9)?,
        expires_at: row.maybe_at(10)?,
        used_at: row.maybe_at(11)?,
        revoked_at: row.maybe_at(12)?,
    })
}

async fn token_by_hash(conn: &mut Conn, hash: &str) -> Result<Option<Token>, Error> {
    let sql = format!("SELECT {TOKEN} FROM tokens WHERE hash = $1");
    conn.row(sql, binds![hash]).await?.as_ref().map(token).transpose()
}

async fn token_by_id(conn: &mut Conn, id: Id) -> Result<Option<Token>, Error> {
    let sql = format!("SELECT {TOKEN} FROM tokens WHERE id = $1");
    conn.row(sql, binds![id]).await?.as_ref().map(token).transpose()
}

async fn tokens(conn: &mut Conn) -> Result<Vec<Token>, Error> {
    let sql = format!("SELECT {TOKEN} FROM tokens ORDER BY created_at DESC, id DESC");
    conn.rows(sql, vec![]).await?.iter().map(token).collect()
}

reads! {
    /// The token with this hash, ended or not.
    fn token_by_hash(hash: &str) -> Option<Token> = token_by_hash;
    /// One token.
    fn token(id: Id) -> Option<Token> = token_by_id;
    /// Every token, the newest first.
    fn tokens() -> Vec<Token> = tokens;
}

impl Tx {
    /// Stores a new token.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn insert_token(&mut self, token: &Token) -> Result<(), Error> {
        let sql = format!("INSERT INTO tokens ({TOKEN}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)");
        let entities = token.entities.as_ref().map_or(crate::bind::Bind::Text(None), json_text);
        let mut values = binds![token.id, &token.name, &token.prefix, &token.hash, token.owner];
        values.extend([
            json_text(&token.roles),
            entities,
            token.read_only.into(),
            json_text(&token.networks),
        ]);
        values.extend(binds![token.created_at, token.expires_at, token.used_at, token.revoked_at]);
        self.conn.run(sql, values).await.map(drop)
    }

    /// Takes a token back; it is not heard from then on. One that has been taken back keeps its moment.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn revoke_token(&mut self, id: Id, at: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        self.conn.run(sql, binds![id, at]).await.map(drop)
    }

    /// Notes that a token was used.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn touch_token(&mut self, id: Id, at: Timestamp) -> Result<(), Error> {
        self.conn.run("UPDATE tokens SET used_at = $2 WHERE id = $1", binds![id, at]).await.map(drop)
    }
}
