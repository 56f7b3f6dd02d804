//! The workspace's own settings and the answers kept for repeated requests.

use kezhi_types::{Id, Timestamp};
use serde_json::Value;

use crate::bind::{Row, binds, json_text};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// What is kept of a request that carried an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Hash of the request's body.
    pub request_hash: String,
    /// The HTTP status; `None` while the request still runs.
    pub status: Option<i64>,
    /// The answer's body and the headers worth repeating.
    pub response: Value,
    /// When the request came.
    pub at: Timestamp,
}

fn answer(row: &Row) -> Result<Answer, Error> {
    Ok(Answer {
        request_hash: row.text(0)?,
        status: row.maybe_int(1)?,
        response: row.json(2)?,
        at: row.at(3)?,
    })
}

async fn setting(conn: &mut Conn, key: &str) -> Result<Option<Value>, Error> {
    let row = conn.row("SELECT value FROM settings WHERE key = $1", binds![key]).await?;
    row.map(|row| row.json(0)).transpose()
}

async fn settings(conn: &mut Conn) -> Result<Vec<(String, Value)>, Error> {
    let rows = conn.rows("SELECT key, value FROM settings ORDER BY key", vec![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.json(1)?))).collect()
}

async fn find_answer(conn: &mut Conn, caller: Id, route: &str, key: &str) -> Result<Option<Answer>, Error> {
    let sql = "SELECT request_hash, status, response, at FROM idempotency \
               WHERE caller = $1 AND route = $2 AND key = $3";
    conn.row(sql, binds![caller, route, key]).await?.as_ref().map(answer).transpose()
}

reads! {
    /// One setting: `zone`, `title`, `language`, `currency`, …
    fn setting(key: &str) -> Option<Value> = setting;
    /// Every setting, by key.
    fn settings() -> Vec<(String, Value)> = settings;
    /// What is kept of an idempotent request.
    fn answer(caller: Id, route: &str, key: &str) -> Option<Answer> = find_answer;
}

impl Tx {
    /// Stores one setting.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn save_setting(&mut self, key: &str, value: &Value) -> Result<(), Error> {
        let sql = "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.conn.rows(sql, vec![key.into(), json_text(value)]).await.map(drop)
    }

    /// Claims an idempotency key for a request that now runs; `false` when it is known already.
    ///
    /// # Errors
    /// Only when the database fails.
    #[allow(clippy::too_many_arguments, reason = "caller, route and key are one name, which only these use")]
    pub async fn claim_answer(
        &mut self,
        caller: Id,
        route: &str,
        key: &str,
        request_hash: &str,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let sql = "INSERT INTO idempotency (caller, route, key, request_hash, status, response, at) \
                   VALUES ($1,$2,$3,$4,NULL,'null',$5) ON CONFLICT DO NOTHING";
        Ok(self.conn.run(sql, binds![caller, route, key, request_hash, at]).await? == 1)
    }

    /// Keeps the answer of a claimed key.
    ///
    /// # Errors
    /// Only when the database fails.
    #[allow(clippy::too_many_arguments, reason = "caller, route and key are one name, which only these use")]
    pub async fn keep_answer(
        &mut self,
        caller: Id,
        route: &str,
        key: &str,
        status: i64,
        response: &Value,
    ) -> Result<(), Error> {
        let sql =
            "UPDATE idempotency SET status = $4, response = $5 WHERE caller = $1 AND route = $2 AND key = $3";
        let mut values = binds![caller, route, key, status];
        values.push(json_text(response));
        self.conn.rows(sql, values).await.map(drop)
    }

    /// Forgets a claim whose request failed before it did anything.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn drop_answer(&mut self, caller: Id, route: &str, key: &str) -> Result<(), Error> {
        let sql = "DELETE FROM idempotency WHERE caller = $1 AND route = $2 AND key = $3";
        self.conn.rows(sql, binds![caller, route, key]).await.map(drop)
    }

    /// Forgets answers older than `before`, and claims that never ended.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_old_answers(&mut self, before: Timestamp) -> Result<u64, Error> {
        self.conn.run("DELETE FROM idempotency WHERE at < $1", binds![before]).await
    }
}
