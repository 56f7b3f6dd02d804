//! The one SQLite writer and its turns.
//!
//! A turn holds the writer from `begin` to its end. The first turn of a group opens a transaction, each turn
//! behind it lies in a savepoint of it, and the group is committed by the turn that finds nobody waiting behind
//! it, or that is the 32nd, or that ends more than 2 ms after the group opened. A commit is acknowledged
//! only after its group's COMMIT, which succeeds or fails for all of them. The first turn needs no savepoint,
//! in which SQLite would keep a copy of every page that the turn touches: it is taken back with the transaction.
//!
//! Statements run on the thread of the task that holds the turn; COMMIT, which waits for the disk, on a
//! thread that may wait.
//!
//! The words of records are written before the COMMIT, all those of a group together: the index of words brings what it
//! has gathered to its pages at every savepoint, which costs more than the record. A statement that asks for words
//! finds them written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::bind::{Bind, SqliteRow, pieces_of, places};
use crate::checkpoint::Checkpoints;
use crate::error::Error;
use crate::sqlite::Sqlite;

/// How a statement about words names their table.
const WORDS: &str = "\"w_";
/// Records whose words one statement writes.
const WORDS_TOGETHER: usize = 1_024;
const GROUP_TURNS: usize = 32;
const GROUP_TIME: Duration = Duration::from_millis(2);

/// The writer, shared by all who want a turn.
#[derive(Clone)]
pub(crate) struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
}

/// The words of a record that wait to be written.
pub(crate) struct Words {
    /// The table of the entity's words.
    pub table: String,
    /// The record's row.
    pub row: i64,
    /// The words, blanks between them.
    pub words: String,
}

struct State {
    sqlite: Sqlite,
    checkpoints: Checkpoints,
    /// Words of turns that ended well, oldest first.
    words: Vec<Words>,
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
    /// What the turn lies in since its first statement.
    lies_in: Option<Extent>,
    /// Words of this turn, oldest first.
    words: Vec<Words>,
    /// Words of turns before it that were written inside its savepoint, and wait again if it is undone.
    written: Vec<Words>,
}

/// What is taken back when a turn breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of the transaction: the turn is the first of its group.
    Transaction,
    /// The turn's savepoint.
    Savepoint,
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
    /// The writer of the file at `path` on this connection.
    pub fn new(sqlite: Sqlite, path: &Path) -> Self {
        let (words, group, checkpoints) = (Vec::new(), Vec::new(), Checkpoints::new(path));
        let state = State { sqlite, checkpoints, words, opened: None, group, live_release: None };
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
        Turn::new(self, self.lock().await)
    }

    /// Waits for a turn outside any group, for what must be committed before anybody else writes.
    pub async fn begin_alone(&self) -> Result<Turn, Error> {
        let state = commit(self.lock().await).await?;
        Ok(Turn::new(self, state))
    }

    /// Ends every open group; nobody may begin afterwards.
    pub async fn close(&self) {
        if let Ok(state) = commit(self.lock().await).await {
            let _ = state.sqlite.batch("PRAGMA optimize");
        }
    }
}

impl Turn {
    fn new(writer: &Writer, state: OwnedMutexGuard<State>) -> Self {
        let (words, written) = (Vec::new(), Vec::new());
        Self { writer: writer.clone(), state: Some(state), lies_in: None, words, written }
    }

    /// Lets the words of a record be written with those of its group.
    pub fn write_words(&mut self, words: Words) {
        self.words.push(words);
    }

    /// Writes the words that wait, where a statement is about words.
    fn words_for(&mut self, sql: &str) -> Result<(), Error> {
        let waiting = !self.words.is_empty() || !self.state().words.is_empty();
        if !waiting || !sql.contains(WORDS) {
            return Ok(());
        }
        self.sqlite()?;
        let earlier = std::mem::take(&mut self.state().words);
        let own = std::mem::take(&mut self.words);
        let result = self.state().write(&earlier).and_then(|()| self.state().write(&own));
        self.written.extend(earlier);
        result
    }

    fn state(&mut self) -> &mut State {
        self.state.as_mut().expect("a turn holds the writer until it ends")
    }

    /// The connection, inside what is taken back when the turn breaks.
    fn sqlite(&mut self) -> Result<&Sqlite, Error> {
        if self.lies_in.is_none() {
            self.lies_in = Some(self.state().open()?);
        }
        Ok(&self.state().sqlite)
    }

    /// Runs a statement and returns the number of rows it touched.
    pub fn run(&mut self, sql: &str, binds: &[Bind]) -> Result<u64, Error> {
        self.words_for(sql)?;
        self.sqlite()?.run(sql, binds)
    }

    /// All rows of a statement.
    pub fn rows(&mut self, sql: &str, binds: &[Bind]) -> Result<Vec<SqliteRow>, Error> {
        self.words_for(sql)?;
        self.sqlite()?.rows(sql, binds)
    }

    /// The live release, where a turn has read it and none has changed it since.
    pub fn live_release(&mut self) -> &mut Option<i64> {
        &mut self.state().live_release
    }

    /// Ends the turn well and returns once its group is on the disk.
    pub async fn commit(mut self) -> Result<(), Error> {
        let Some(extent) = self.lies_in else { return Ok(()) };
        let (words, written) = (std::mem::take(&mut self.words), std::mem::take(&mut self.written));
        let mut state = self.state.take().expect("a turn ends once");
        state.release(extent, words, written)?;
        let (sender, receiver) = oneshot::channel();
        state.group.push(sender);
        end(&self.writer, state);
        receiver.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Ends the turn well, commits at once and runs `then` before anybody else gets a turn.
    pub async fn commit_alone(mut self, then: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        self.sqlite()?;
        let extent = self.lies_in.unwrap_or(Extent::Savepoint);
        let (words, written) = (std::mem::take(&mut self.words), std::mem::take(&mut self.written));
        let mut state = self.state.take().expect("a turn ends once");
        let done = tokio::task::spawn_blocking(move || {
            state.release(extent, words, written)?;
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
        if let Some(extent) = self.lies_in {
            let written = std::mem::take(&mut self.written);
            state.undo(extent, written, &Error::CommitFailed("the transaction before it broke".into()));
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
    /// Opens the transaction of a group, or the savepoint of a turn in it.
    fn open(&mut self) -> Result<Extent, Error> {
        if self.opened.is_some() {
            self.sqlite.run("SAVEPOINT turn", &[])?;
            return Ok(Extent::Savepoint);
        }
        self.sqlite.run("BEGIN IMMEDIATE", &[])?;
        self.opened = Some(Instant::now());
        Ok(Extent::Transaction)
    }

    /// Ends the turn's savepoint, or takes the turn back. `words` are the turn's, `written` as in [`Turn`].
    fn release(&mut self, extent: Extent, words: Vec<Words>, written: Vec<Words>) -> Result<(), Error> {
        if extent == Extent::Savepoint
            && let Err(error) = self.sqlite.run("RELEASE turn", &[])
        {
            self.undo(extent, written, &error);
            return Err(error);
        }
        self.words.extend(words);
        Ok(())
    }

    /// Writes words of records, each record's last. Many in a statement: with each, the index of words brings what it has
    /// gathered to its pages.
    fn write(&self, words: &[Words]) -> Result<(), Error> {
        let mut last = BTreeMap::<(&str, i64), &str>::new();
        for one in words {
            last.insert((&one.table, one.row), &one.words);
        }
        let last: Vec<_> = last.into_iter().collect();
        for same in last.chunk_by(|((one, _), _), ((other, _), _)| one == other) {
            for piece in pieces_of(WORDS_TOGETHER, same) {
                let table = piece[0].0.0;
                let binds: Vec<Bind> = piece
                    .iter()
                    .flat_map(|((_, row), words)| [Bind::from(*row), Bind::from(*words)])
                    .collect();
                let places = places(piece.len(), 2);
                let sql = format!("INSERT OR REPLACE INTO \"{table}\" (rowid, words) VALUES {places}");
                self.sqlite.run(&sql, &binds)?;
            }
        }
        Ok(())
    }

    /// Brings the group to the disk and tells its turns how that went.
    fn commit_group(&mut self) -> Result<(), Error> {
        if self.opened.is_none() {
            return Ok(());
        }
        let words = std::mem::take(&mut self.words);
        let done = self.write(&words).and_then(|()| self.sqlite.run("COMMIT", &[]));
        if let Err(error) = done {
            self.fail_group(&error);
            return Err(failed(&error));
        }
        self.opened = None;
        for turn in self.group.drain(..) {
            let _ = turn.send(Ok(()));
        }
        if self.checkpoints.due(Sqlite::logged()) {
            // What could not be copied now is copied the next time.
            let _ = self.sqlite.checkpoint();
        }
        Ok(())
    }

    /// Takes back the turn that just broke and keeps the rest of its group, or loses all of it when SQLite has
    /// already rolled the whole transaction back.
    fn undo(&mut self, extent: Extent, written: Vec<Words>, reason: &Error) {
        self.live_release = None;
        self.words.splice(0..0, written);
        let whole = extent == Extent::Transaction;
        if whole || self.sqlite.batch("ROLLBACK TO turn; RELEASE turn").is_err() {
            self.fail_group(reason);
        }
    }

    fn fail_group(&mut self, reason: &Error) {
        let _ = self.sqlite.batch("ROLLBACK");
        self.live_release = None;
        self.opened = None;
        self.words.clear();
        for turn in self.group.drain(..) {
            let _ = turn.send(Err(failed(reason)));
        }
    }
}
