//! The one SQLite writer and its turns.
//!
//! A turn holds the writer from `begin` to its end. The first turn of a group opens a transaction, each
//! turn lies in a savepoint of it, and the group is committed by the turn that finds nobody waiting behind
//! it, or that is the 32nd, or that ends more than 2 ms after the group opened. A commit is acknowledged
//! only after its group's COMMIT, which succeeds or fails for all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

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
    group: Vec<oneshot::Sender<Result<(), String>>>,
}

/// The right to write, from `begin` to `commit` or drop.
pub(crate) struct Turn {
    writer: Writer,
    state: Option<OwnedMutexGuard<State>>,
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

    /// Waits for a turn and opens its savepoint.
    pub async fn begin(&self) -> Result<Turn, Error> {
        let mut turn = Turn { writer: self.clone(), state: Some(self.lock().await) };
        let state = turn.state();
        if state.opened.is_none() {
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut state.connection).await?;
            state.opened = Some(Instant::now());
        }
        sqlx::query("SAVEPOINT turn").execute(&mut state.connection).await?;
        Ok(turn)
    }

    /// Waits for a turn outside any group, for what must be committed before anybody else writes.
    pub async fn begin_alone(&self) -> Result<Turn, Error> {
        let mut state = self.lock().await;
        state.commit_group().await;
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut state.connection).await?;
        state.opened = Some(Instant::now());
        sqlx::query("SAVEPOINT turn").execute(&mut state.connection).await?;
        Ok(Turn { writer: self.clone(), state: Some(state) })
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

    /// Ends the turn well and returns once its group is on the disk.
    pub async fn commit(mut self) -> Result<(), Error> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state.take().expect("a turn ends once");
        let writer = self.writer.clone();
        // The end of a turn must not be cut short by a caller that goes away.
        tokio::spawn(async move {
            match sqlx::query("RELEASE turn").execute(&mut state.connection).await {
                Ok(_) => state.group.push(sender),
                Err(error) => {
                    let _ = sender.send(Err(error.to_string()));
                    state.fail_group(&error.to_string()).await;
                }
            }
            end(&writer, state).await;
        });
        match receiver.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(Error::CommitFailed(reason)),
            Err(_) => Err(Error::CommitFailed("the writer went away".into())),
        }
    }

    /// Ends the turn well, commits at once and runs `then` before anybody else gets a turn.
    pub async fn commit_alone(mut self, then: impl FnOnce()) -> Result<(), Error> {
        let mut state = self.state.take().expect("a turn ends once");
        let (sender, receiver) = oneshot::channel();
        match sqlx::query("RELEASE turn").execute(&mut state.connection).await {
            Ok(_) => {
                state.group.push(sender);
                state.commit_group().await;
            }
            Err(error) => {
                state.fail_group(&error.to_string()).await;
                return Err(error.into());
            }
        }
        match receiver.await {
            Ok(Ok(())) => then(),
            Ok(Err(reason)) => return Err(Error::CommitFailed(reason)),
            Err(_) => return Err(Error::CommitFailed("the writer went away".into())),
        }
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut state) = self.state.take() else { return };
        let writer = self.writer.clone();
        let Ok(handle) = tokio::runtime::Handle::try_current() else { return };
        handle.spawn(async move {
            let undone = sqlx::raw_sql("ROLLBACK TO turn; RELEASE turn").execute(&mut state.connection).await;
            if let Err(error) = undone {
                // SQLite has already rolled the whole transaction back, and with it the group.
                state.fail_group(&error.to_string()).await;
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
        if self.opened.take().is_none() {
            return;
        }
        let result = sqlx::query("COMMIT").execute(&mut self.connection).await;
        if let Err(error) = result {
            self.opened = Some(Instant::now());
            self.fail_group(&error.to_string()).await;
            return;
        }
        for waiting in self.group.drain(..) {
            let _ = waiting.send(Ok(()));
        }
    }

    async fn fail_group(&mut self, reason: &str) {
        let _ = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await;
        self.opened = None;
        for waiting in self.group.drain(..) {
            let _ = waiting.send(Err(reason.to_owned()));
        }
    }
}
