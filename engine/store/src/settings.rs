//! The workspace's own settings.

use serde_json::Value;

use crate::bind::{binds, json_text};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

async fn setting(conn: &mut Conn, key: &str) -> Result<Option<Value>, Error> {
    let row = conn.row("SELECT value FROM settings WHERE key = $1", binds![key]).await?;
    row.map(|row| row.json(0)).transpose()
}

async fn settings(conn: &mut Conn) -> Result<Vec<(String, Value)>, Error> {
    let rows = conn.rows("SELECT key, value FROM settings ORDER BY key", vec![]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.json(1)?))).collect()
}

reads! {
    /// One setting: `zone`, `title`, `language`, `currency`, …
    fn setting(key: &str) -> Option<Value> = setting;
    /// Every setting, by key.
    fn settings() -> Vec<(String, Value)> = settings;
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
}
