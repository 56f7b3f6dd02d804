//! Brings what SQLite's log holds to the database file, beside the writer.
//!
//! Left to itself, the COMMIT that finds the log long copies all of it, and nobody writes for some 40 ms. Here a thread
//! with a connection of its own copies it while the writer goes on. What was added meanwhile is little: the writer
//! copies that itself, so that nothing is left and the log begins anew with the next change.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::sqlite::Sqlite;

/// Pages of a log that is long: 4 MiB. A longer one would be copied in one go that the disk answers late.
const LONG: u32 = 1_000;
/// Pages of a log that is too long to wait for the thread: 256 MiB.
const TOO_LONG: u32 = 64_000;
/// Pages that the writer copies itself in a moment.
const FEW: i64 = 128;
/// How often the thread goes after a writer that adds more than it copies.
const ROUNDS: usize = 4;

/// Nothing is copied.
const IDLE: u8 = 0;
/// The thread is copying.
const COPYING: u8 = 1;
/// The rest is for the writer.
const REST: u8 = 2;

/// The thread, which ends with this.
pub(crate) struct Checkpoints {
    stage: Arc<AtomicU8>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread for the database of this file. Where none can be started the writer copies everything.
    pub fn new(path: &Path) -> Self {
        let stage = Arc::new(AtomicU8::new(IDLE));
        let (wake, woken) = sync_channel(1);
        let (path, known) = (path.to_owned(), stage.clone());
        let work = move || copy(&path, &woken, &known);
        let thread = std::thread::Builder::new().name("checkpoints".into()).spawn(work).ok();
        Self { stage, wake: Some(wake), thread }
    }

    /// To be asked after each COMMIT, with the pages that the log holds: whether the writer shall copy what is left now.
    pub fn due(&self, pages: u32) -> bool {
        match self.stage.load(Ordering::Acquire) {
            REST => {
                self.stage.store(IDLE, Ordering::Release);
                true
            }
            IDLE if pages >= LONG => {
                // Told before it is woken: it may be done before this goes on.
                self.stage.store(COPYING, Ordering::Release);
                let told = self.wake.as_ref().is_some_and(|wake| wake.try_send(()).is_ok());
                if !told {
                    self.stage.store(IDLE, Ordering::Release);
                }
                !told
            }
            _ => pages >= TOO_LONG,
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread: copies whenever it is woken, until nobody can wake it any more.
fn copy(path: &Path, woken: &Receiver<()>, stage: &AtomicU8) {
    let mut connection = None;
    while woken.recv().is_ok() {
        for _ in 0..ROUNDS {
            if connection.is_none() {
                connection = Sqlite::beside(path).ok();
            }
            let left = connection.as_ref().and_then(|sqlite| sqlite.checkpoint().ok());
            if left.is_none_or(|left| left <= FEW) {
                break;
            }
        }
        stage.store(REST, Ordering::Release);
    }
}
