//! What it takes to speak with bare PostgreSQL.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

/// The way to a schema of the database at `postgres://…`.
///
/// # Panics
/// When the address is none.
pub fn options(url: &str, schema: &str) -> PgConnectOptions {
    let options = PgConnectOptions::from_str(url).expect("an address of PostgreSQL");
    options.options([("search_path", schema)]).disable_statement_logging()
}

/// Runs statements that give nothing.
///
/// # Panics
/// When the server refuses.
pub async fn run(connection: &mut PgConnection, statements: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// `PostgreSQL 15.18, fsync=on, synchronous_commit=on, shared_buffers=1GB`
///
/// # Panics
/// When the server does not tell.
pub async fn told(connection: &mut PgConnection) -> String {
    let sql = "SELECT current_setting('server_version'), current_setting('fsync'), \
               current_setting('synchronous_commit'), current_setting('shared_buffers')";
    let row = sqlx::query(sql).fetch_one(connection).await.expect("the server knows its settings");
    let setting = |at: usize| row.get::<String, _>(at);
    let version = setting(0);
    let version = version.split_whitespace().next().unwrap_or_default();
    let [fsync, commit, buffers] = [1, 2, 3].map(setting);
    format!("PostgreSQL {version}, fsync={fsync}, synchronous_commit={commit}, shared_buffers={buffers}")
}
