//! The one SQLite writer and its turns.
//!
//! A turn holds the writer from `begin` to its end. The first turn of a group opens a transaction, each
//! turn lies in a savepoint of it, and the group is committed by the turn that finds nobody waiting behind
//! it, or that is the 32nd, or that ends more than 2 ms after the group opened. A commit is acknowledged
//! only after its group's COMMIT, which succeeds or fails for all of them.
//!
//! Every statement sent to the driver's thread costs two thread switches, which is more than most statements
//! take. So what answers nothing (opening, appending, releasing) waits and goes with the next that does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::bind::{Bind, bind_sqlite};
use crate::error::Error;

const GROUP_TURNS: usize = 32;
const GROUP_TIME: Duration = Duration::from_millis(2);

/// The writer, shared by all who want a turn.
#[derive(Clone)]
pub(crate) struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
}

struct State {
    connection: SqliteConnection,
    /// When the open group's transaction began; `None` between groups.
    opened: Option<Instant>,
    /// Turns that ended well and wait for the group's COMMIT.
    group: Vec<oneshot::Sender<Result<(), Error>>>,
}

/// The right to write, from `begin` to `commit` or drop.
pub(crate) struct Turn {
    writer: Writer,
    state: Option<OwnedMutexGuard<State>>,
    /// Whether the savepoint has been opened; it is with the first statement.
    started: bool,
    waiting: Batch,
}

/// Statements that go to the driver together.
#[derive(Default)]
pub(crate) struct Batch {
    sql: String,
    binds: Vec<Bind>,
}

impl Batch {
    /// Adds a statement, whose places are numbered from 1, behind the others.
    fn push(&mut self, sql: &str, binds: Vec<Bind>) {
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
        let offset = self.binds.len();
        self.binds.extend(binds);
        if offset == 0 {
            self.sql.push_str(sql);
            return;
        }
        let mut rest = sql;
        while let Some(at) = rest.find('$') {
            let (before, after) = rest.split_at(at + 1);
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            self.sql.push_str(before);
            match after[..digits].parse::<usize>() {
                Ok(number) => self.sql.push_str(&(number + offset).to_string()),
                Err(_) => self.sql.push_str(&after[..digits]),
            }
            rest = &after[digits..];
        }
        self.sql.push_str(rest);
    }

    pub fn query(self) -> sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
        self.binds.into_iter().fold(sqlx::query(AssertSqlSafe(self.sql)), bind_sqlite)
    }
}

/// Counts somebody who waits for a turn, however the waiting ends.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Writer {
    pub async fn open(options: &SqliteConnectOptions) -> Result<Self, Error> {
        let connection = SqliteConnection::connect_with(options).await?;
        let state = State { connection, opened: None, group: Vec::new() };
        Ok(Self { state: Arc::new(Mutex::new(state)), waiting: Arc::default() })
    }

    async fn lock(&self) -> OwnedMutexGuard<State> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waiting = Waiting(self.waiting.clone());
        let state = self.state.clone().lock_owned().await;
        drop(waiting);
        state
    }

    /// Waits for a turn. Its savepoint is opened with its first statement.
    pub async fn begin(&self) -> Turn {
        let state = self.lock().await;
        Turn { writer: self.clone(), state: Some(state), started: false, waiting: Batch::default() }
    }

    /// Waits for a turn outside any group, for what must be committed before anybody else writes.
    pub async fn begin_alone(&self) -> Turn {
        let mut turn = self.begin().await;
        turn.state().commit_group().await;
        turn
    }

    /// Ends every open group; nobody may begin afterwards.
    pub async fn close(&self) {
        let mut state = self.lock().await;
        state.commit_group().await;
        let _ = sqlx::raw_sql("PRAGMA optimize").execute(&mut state.connection).await;
    }
}

impl Turn {
    fn state(&mut self) -> &mut State {
        self.state.as_mut().expect("a turn holds the writer until it ends")
    }

    pub fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.state().connection
    }

    /// Keeps a statement whose answer nobody needs until the next one is sent.
    pub fn later(&mut self, sql: &str, binds: Vec<Bind>) {
        self.waiting.push(sql, binds);
    }

    /// A statement behind everything that must come before it. Rows of the batch are its rows.
    pub fn batch(&mut self, sql: &str, binds: Vec<Bind>) -> Batch {
        let mut batch = self.flush().unwrap_or_default();
        batch.push(sql, binds);
        batch
    }

    /// What must come before the next statement, if anything.
    pub fn flush(&mut self) -> Option<Batch> {
        let waiting = std::mem::take(&mut self.waiting);
        if self.started {
            return (!waiting.sql.is_empty()).then_some(waiting);
        }
        self.started = true;
        let mut batch = Batch::default();
        let state = self.state();
        if state.opened.is_none() {
            batch.push("BEGIN IMMEDIATE", vec![]);
            state.opened = Some(Instant::now());
        }
        batch.push("SAVEPOINT turn", vec![]);
        if !waiting.sql.is_empty() {
            batch.push(&waiting.sql, waiting.binds);
        }
        Some(batch)
    }

    /// Ends the turn well and returns once its group is on the disk.
    pub async fn commit(mut self) -> Result<(), Error> {
        if !self.started && self.waiting.sql.is_empty() {
            return Ok(());
        }
        let group = self.state().group.len() + 1;
        let last = self.writer.waiting.load(Ordering::SeqCst) == 0 || group >= GROUP_TURNS;
        self.finish(last).await
    }

    /// Ends the turn well, commits at once and runs `then` before anybody else gets a turn.
    pub async fn commit_alone(mut self, then: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        self.finish_and(true, then).await
    }

    async fn finish(&mut self, last: bool) -> Result<(), Error> {
        self.finish_and(last, || ()).await
    }

    async fn finish_and(&mut self, last: bool, then: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let batch = self.batch(if last { "RELEASE turn; COMMIT" } else { "RELEASE turn" }, vec![]);
        let mut state = self.state.take().expect("a turn ends once");
        let (sender, receiver) = oneshot::channel();
        let writer = self.writer.clone();
        // The end of a turn must not be cut short by a caller that goes away.
        tokio::spawn(async move {
            match batch.query().execute(&mut state.connection).await {
                Ok(_) => {
                    state.group.push(sender);
                    if last {
                        then();
                        state.acknowledge();
                    }
                }
                Err(error) => {
                    state.undo(&error.to_string()).await;
                    let _ = sender.send(Err(error.into()));
                }
            }
            end(&writer, state).await;
        });
        receiver.await.unwrap_or_else(|_| Err(Error::CommitFailed("the writer went away".into())))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut state) = self.state.take() else { return };
        let (writer, started) = (self.writer.clone(), self.started);
        let Ok(handle) = tokio::runtime::Handle::try_current() else { return };
        handle.spawn(async move {
            if started {
                state.undo("the transaction before it broke").await;
            }
            end(&writer, state).await;
        });
    }
}

/// Passes the turn on, or commits the group if this turn was its last.
async fn end(writer: &Writer, mut state: OwnedMutexGuard<State>) {
    let old = state.opened.is_some_and(|opened| opened.elapsed() >= GROUP_TIME);
    if writer.waiting.load(Ordering::SeqCst) == 0 || state.group.len() >= GROUP_TURNS || old {
        state.commit_group().await;
        return;
    }
    drop(state);
    // Whoever waits may go away without ever taking the turn; somebody must still commit.
    let writer = writer.clone();
    tokio::spawn(async move {
        tokio::time::sleep(GROUP_TIME).await;
        let mut state = writer.state.lock().await;
        if state.opened.is_some_and(|opened| opened.elapsed() >= GROUP_TIME) {
            state.commit_group().await;
        }
    });
}

impl State {
    async fn commit_group(&mut self) {
        if self.opened.is_none() {
            return;
        }
        match sqlx::query("COMMIT").execute(&mut self.connection).await {
            Ok(_) => self.acknowledge(),
            Err(error) => self.fail_group(&error.to_string()).await,
        }
    }

    /// The group is on the disk.
    fn acknowledge(&mut self) {
        self.opened = None;
        for waiting in self.group.drain(..) {
            let _ = waiting.send(Ok(()));
        }
    }

    /// Takes back the turn that just broke and keeps the rest of its group, or loses all of it when SQLite has
    /// already rolled the whole transaction back.
    async fn undo(&mut self, reason: &str) {
        if sqlx::raw_sql("ROLLBACK TO turn; RELEASE turn").execute(&mut self.connection).await.is_err() {
            self.fail_group(reason).await;
        }
    }

    async fn fail_group(&mut self, reason: &str) {
        let _ = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await;
        self.opened = None;
        for waiting in self.group.drain(..) {
            let _ = waiting.send(Err(Error::CommitFailed(reason.to_owned())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::binds;

    #[test]
    fn places_of_later_statements_move_behind_those_of_earlier_ones() {
        let mut batch = Batch::default();
        batch.push("SAVEPOINT turn", vec![]);
        batch.push("INSERT INTO a VALUES ($1, $2)", binds![1_i64, 2_i64]);
        batch.push("SELECT json_extract(b, '$.\"x\"') FROM b WHERE c = $2 AND d = $1", binds![3_i64, 4_i64]);
        assert_eq!(
            batch.sql,
            "SAVEPOINT turn; INSERT INTO a VALUES ($1, $2); \
             SELECT json_extract(b, '$.\"x\"') FROM b WHERE c = $4 AND d = $3"
        );
        assert_eq!(batch.binds, binds![1_i64, 2_i64, 3_i64, 4_i64]);
    }
}
