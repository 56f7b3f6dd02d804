//! The one SQLite writer and its turns.
//!
//! A turn holds the writer from `begin` to its end. The first turn of a group opens a transaction, each
//! turn lies in a savepoint of it, and the group is committed by the turn that finds nobody waiting behind
//! it, or that is the 32nd, or that ends more than 2 ms after the group opened. A commit is acknowledged
//! only after its group's COMMIT, which succeeds or fails for all of them.
//!
//! Statements run on the thread of the task that holds the turn; COMMIT, which waits for the disk, on a
//! thread that may wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::bind::{Bind, SqliteRow};
use crate::error::Error;
use crate::sqlite::Sqlite;

const GROUP_TURNS: usize = 32;
const GROUP_TIME: Duration = Duration::from_millis(2);

/// The writer, shared by all who want a turn.
#[derive(Clone)]
pub(crate) struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
}

struct State {
    sqlite: Sqlite,
    /// When the open group's transaction began; `None` between groups.
    opened: Option<Instant>,
    /// Turns that ended well and wait for the group's COMMIT.
    group: Vec<oneshot::Sender<Result<(), Error>>>,
    /// The live release as a turn read it. No other process writes, so it stays until a turn changes it.
    live_release: Option<i64>,
}

/// The right to write, from `begin` to `commit` or drop.
pub(crate) struct Turn {
    writer: Writer,
    state: Option<OwnedMutexGuard<State>>,
    /// Whether the savepoint has been opened; it is with the first statement.
    started: bool,
}

/// Somebody who waits for a turn. Who gives up as the last must see to it that the open group is committed.
struct Waiting<'a> {
    writer: &'a Writer,
    served: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let last = self.writer.waiting.fetch_sub(1, Ordering::SeqCst) == 1;
        if let (false, true, Ok(runtime)) = (self.served, last, Handle::try_current()) {
            let writer = self.writer.clone();
            runtime.spawn(async move { drop(writer.begin().await) });
        }
    }
}

impl Writer {
    pub fn new(sqlite: Sqlite) -> Self {
        let state = State { sqlite, opened: None, group: Vec::new(), live_release: None };
        Self { state: Arc::new(Mutex::new(state)), waiting: Arc::default() }
    }

    async fn lock(&self) -> OwnedMutexGuard<State> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut waiting = Waiting { writer: self, served: false };
        let state = self.state.clone().lock_owned().await;
        waiting.served = true;
        state
    }

    /// Waits for a turn. Its savepoint is opened with its first statement.
    pub async fn begin(&self) -> Turn {
        Turn { writer: self.clone(), state: Some(self.lock().await), started: false }
    }

    /// Waits for a turn outside any group, for what must be committed before anybody else writes.
    pub async fn begin_alone(&self) -> Result<Turn, Error> {
        let state = commit(self.lock().await).await?;
        Ok(Turn { writer: self.clone(), state: Some(state), started: false })
    }

    /// Ends every open group; nobody may begin afterwards.
    pub async fn close(&self) {
        if let Ok(state) = commit(self.lock().await).await {
            let _ = state.sqlite.batch("PRAGMA optimize");
        }
    }
}

impl Turn {
    fn state(&mut self) -> &mut State {
        self.state.as_mut().expect("a turn holds the writer until it ends")
    }

    /// The connection, inside the turn's savepoint.
    fn sqlite(&mut self) -> Result<&Sqlite, Error> {
        if !self.started {
            let state = self.state();
            if state.opened.is_none() {
                state.sqlite.run("BEGIN IMMEDIATE", &[])?;
                state.opened = Some(Instant::now());
            }
            state.sqlite.run("SAVEPOINT turn", &[])?;
            self.started = true;
        }
        Ok(&self.state().sqlite)
    }

    /// Runs a statement and returns the number of rows it touched.
    pub fn run(&mut self, sql: &str, binds: &[Bind]) -> Result<u64, Error> {
        self.sqlite()?.run(sql, binds)
    }

    /// All rows of a statement.
    pub fn rows(&mut self, sql: &str, binds: &[Bind]) -> Result<Vec<SqliteRow>, Error> {
        self.sqlite()?.rows(sql, binds)
    }

    /// The live release, where a turn has read it and none has changed it since.
    pub fn live_release(&mut self) -> &mut Option<i64> {
        &mut self.state().live_release
    }

    /// Ends the turn well and returns once its group is on the disk.
    pub async fn commit(mut self) -> Result<(), Error> {
        if !self.started {
            return Ok(());
        }
        let mut state = self.state.take().expect("a turn ends once");
        state.release()?;
        let (sender, receiver) = oneshot::channel();
        state.group.push(sender);
        end(&self.writer, state);
        receiver.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Ends the turn well, commits at once and runs `then` before anybody else gets a turn.
    pub async fn commit_alone(mut self, then: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        self.sqlite()?;
        let mut state = self.state.take().expect("a turn ends once");
        let done = tokio::task::spawn_blocking(move || {
            state.release()?;
            state.commit_group()?;
            then();
            Ok(())
        });
        done.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut state) = self.state.take() else { return };
        if self.started {
            state.undo(&Error::CommitFailed("the transaction before it broke".into()));
        }
        end(&self.writer, state);
    }
}

/// Passes the writer on, or commits the group if this turn was its last.
fn end(writer: &Writer, mut state: OwnedMutexGuard<State>) {
    let Some(opened) = state.opened else { return };
    let waiting = writer.waiting.load(Ordering::SeqCst) > 0;
    if waiting && state.group.len() < GROUP_TURNS && opened.elapsed() < GROUP_TIME {
        return;
    }
    // What the COMMIT answers is told to the turns of the group.
    match Handle::try_current() {
        Ok(runtime) => _ = runtime.spawn_blocking(move || _ = state.commit_group()),
        Err(_) => _ = state.commit_group(),
    }
}

/// Commits the open group on a thread that may wait for the disk.
async fn commit(mut state: OwnedMutexGuard<State>) -> Result<OwnedMutexGuard<State>, Error> {
    if state.opened.is_none() {
        return Ok(state);
    }
    let done = tokio::task::spawn_blocking(move || {
        let _ = state.commit_group();
        state
    });
    done.await.map_err(|_| gone())
}

/// Why a group was not committed, told to each of its turns: a full disk is called so.
fn failed(reason: &Error) -> Error {
    match reason {
        Error::DiskFull => Error::DiskFull,
        Error::CommitFailed(reason) => Error::CommitFailed(reason.clone()),
        other => Error::CommitFailed(other.to_string()),
    }
}

fn gone() -> Error {
    Error::CommitFailed("the writer went away".into())
}

impl State {
    /// Ends the turn's savepoint, or takes the turn back.
    fn release(&mut self) -> Result<(), Error> {
        self.sqlite.run("RELEASE turn", &[]).map(drop).inspect_err(|error| self.undo(error))
    }

    /// Brings the group to the disk and tells its turns how that went.
    fn commit_group(&mut self) -> Result<(), Error> {
        if self.opened.is_none() {
            return Ok(());
        }
        if let Err(error) = self.sqlite.run("COMMIT", &[]) {
            self.fail_group(&error);
            return Err(failed(&error));
        }
        self.opened = None;
        for turn in self.group.drain(..) {
            let _ = turn.send(Ok(()));
        }
        Ok(())
    }

    /// Takes back the turn that just broke and keeps the rest of its group, or loses all of it when SQLite has
    /// already rolled the whole transaction back.
    fn undo(&mut self, reason: &Error) {
        self.live_release = None;
        if self.sqlite.batch("ROLLBACK TO turn; RELEASE turn").is_err() {
            self.fail_group(reason);
        }
    }

    fn fail_group(&mut self, reason: &Error) {
        let _ = self.sqlite.batch("ROLLBACK");
        self.live_release = None;
        self.opened = None;
        for turn in self.group.drain(..) {
            let _ = turn.send(Err(failed(reason)));
        }
    }
}
